/**
 * Lists that are written into one field: a line each, or with commas or spaces between.
 *
 * It must hold that nothing that was written is left out in silence but what stands there twice.
 */

/** What is written, in its order, each once. */
export function readList(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((piece) => piece !== ''))];
}

/** A list as it is written into the field. */
export function writeList(items: readonly string[]): string {
  return items.join('\n');
}

export interface WrongOnes {
  /** What has to be wrong with one to be named here. */
  isRight: (piece: string) => boolean;
  /** What they should be, as in "an address or network". */
  what: string;
  /** The most that are taken. */
  most: number;
  /** Several of them, as in "addresses". */
  several: string;
}

/** What has to be put right before the list can be used; undefined if nothing has. */
export function wrongWithList(
  pieces: readonly string[],
  { isRight, what, most, several }: WrongOnes,
): string | undefined {
  const [first, ...more] = pieces.filter((piece) => !isRight(piece));
  if (first !== undefined) {
    const others = more.length === 0 ? 'is' : `and ${more.length} more are`;
    return `“${first}” ${others} not ${what}`;
  }
  return pieces.length > most ? `At most ${most} ${several}: these are ${pieces.length}` : undefined;
}

/** A whole number between bounds that was typed; undefined if it is none. */
export function readWholeNumber(text: string, least: number, most: number): number | undefined {
  const digits = text.trim();
  if (!/^\d{1,9}$/.test(digits)) return undefined;
  const number = Number(digits);
  return number >= least && number <= most ? number : undefined;
}
