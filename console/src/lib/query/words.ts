/**
 * Words of a text, and when two of them are the same without regard to case.
 *
 * This is what the server searches by: a word is a run of letters, digits and `_` in any script,
 * folded by Unicode's full case folding and no language's own rules. It must hold that a word that
 * is marked on screen is one that the server found.
 */

const WORD = /[\p{Alphabetic}\p{Nd}\p{Nl}\p{No}_]+/gu;
/** The one letter that the rule of `fold` would confuse with another. */
const DOTLESS_I = 'ı';

/** A word of a text, as it is written, and where it stands. */
export interface WordAt {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** One character, folded. */
function foldChar(char: string): string {
  if (char === DOTLESS_I) return char;
  let folded = '';
  // Character by character: the lower case of a whole text would depend on where a sigma stands.
  for (const lower of char.toLowerCase()) {
    for (const upper of lower.toUpperCase()) folded += upper.toLowerCase();
  }
  return folded;
}

/** A text, folded. */
export function fold(text: string): string {
  let folded = '';
  for (const char of text) folded += foldChar(char);
  return folded;
}

/** The words of a text, in order. */
export function wordsOf(text: string): WordAt[] {
  return Array.from(text.matchAll(WORD), (match) => {
    const [word] = match;
    return { text: word, from: match.index, to: match.index + word.length };
  });
}

/** How much of a written word, in characters, folds to what a folded text begins with. */
export function writtenLength(word: string, foldedPrefix: string): number {
  let folded = '';
  let length = 0;
  for (const char of word) {
    if (folded.length >= foldedPrefix.length) break;
    folded += foldChar(char);
    length += char.length;
  }
  return length;
}
