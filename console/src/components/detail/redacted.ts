/** Placeholders that stand where secrets were: found in a text, so that they look like what they are. */

const PLACEHOLDER = /\[redacted:[0-9a-f]{32}\]/g;
/** Most placeholders that are told apart in one text; a page has to stay quick whatever it is sent. */
export const MAX_PLACEHOLDERS = 100;

export interface Piece {
  text: string;
  isRedacted: boolean;
}

/** A text in pieces. Joined they are the text. */
export function redactedPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let found = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (found === MAX_PLACEHOLDERS) break;
    found += 1;
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), isRedacted: false });
    pieces.push({ text: match[0], isRedacted: true });
    at = match.index + match[0].length;
  }
  if (at < text.length || pieces.length === 0) pieces.push({ text: text.slice(at), isRedacted: false });
  return pieces;
}
