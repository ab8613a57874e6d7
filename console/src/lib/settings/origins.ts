/**
 * Origins as browsers send them: the server compares them as they stand, so they are put right before they are
 * sent.
 *
 * It must hold that an origin which is taken here is the one that the browser sends for that page.
 */

/** The most origins of an issuer. */
export const MAX_ORIGINS = 20;

/** The origin of what was pasted, such as a page's whole address; undefined if it has none. */
export function originOf(text: string): string | undefined {
  // A pattern stands for no page that there is.
  if (!/^https?:\/\//i.test(text) || text.includes('*') || text.includes('@')) return undefined;
  try {
    const { origin, hostname } = new URL(text);
    return hostname === '' ? undefined : origin;
  } catch {
    return undefined;
  }
}

/** Each origin of what was pasted, once; what has none stays as it is, to be told. */
export function readOrigins(pieces: readonly string[]): string[] {
  return [...new Set(pieces.map((piece) => originOf(piece) ?? piece))];
}
