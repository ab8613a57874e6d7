/**
 * The nearest of some names, for "did you mean".
 *
 * The text comes from outside: its length and the distance are bounded. It must hold that the answer
 * for a name of ASCII letters is the one that the server's own errors give.
 */

/** Longer texts are not guessed at, in characters. */
const MAX_GUESSED_CHARS = 200;
/** Names further away than this are not meant. */
const MAX_EDITS = 3;
/** At least this many characters for each edit, so that short texts do not turn into anything. */
const CHARS_PER_EDIT = 2;

/** Case, and the choice of `-`, space or `_`, are no edits. */
function folded(text: string): string {
  return text.toLowerCase().replace(/[- ]/g, '_');
}

/** The number of inserted, deleted, replaced or swapped characters between two texts. */
export function edits(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const replaced = (previous[column - 1] ?? 0) + (isSame ? 0 : 1);
      const inserted = (current[column - 1] ?? 0) + 1;
      const deleted = (previous[column] ?? 0) + 1;
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const swapped = isSwap ? (beforePrevious[column - 2] ?? 0) + 1 : Infinity;
      current.push(Math.min(replaced, inserted, deleted, swapped));
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The candidate that is the fewest edits away, the first of equals; undefined if none is near. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > MAX_GUESSED_CHARS) return undefined;
  const meant = folded(text);
  let limit = Math.min(MAX_EDITS, Math.floor(text.length / CHARS_PER_EDIT));
  let best: string | undefined;
  for (const candidate of candidates) {
    if (limit < 0) break;
    if (Math.abs(candidate.length - text.length) > limit) continue;
    const distance = edits(meant, folded(candidate));
    if (distance > limit) continue;
    best = candidate;
    limit = distance - 1;
  }
  return best;
}
