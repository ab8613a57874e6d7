/**
 * The common subsequence of two sequences, within a bound: what stays when one becomes the other.
 *
 * Beginnings and ends that are equal are taken off first, so that a small change to a long text is
 * cheap. The table over the rest is bounded; beyond the bound the rest counts as replaced.
 */

/** Most cells of the table: about 4 MB, and some ten milliseconds. */
const MAX_CELLS = 1_000_000;

/** A pair of places, or a place that only one side has. */
export interface Aligned {
  readonly kind: 'same' | 'removed' | 'added';
  /** The place in the old sequence; −1 if it was added. */
  readonly from: number;
  /** The place in the new sequence; −1 if it was removed. */
  readonly to: number;
}

/** How two sequences align: all places of both, in order; what was removed before what was added. */
export function align(before: readonly string[], after: readonly string[]): Aligned[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const [rows, columns] = [before.length - start - end, after.length - start - end];
  const aligned: Aligned[] = [];
  for (let at = 0; at < start; at += 1) aligned.push({ kind: 'same', from: at, to: at });
  const middle =
    rows * columns > MAX_CELLS ? replaced(rows, columns) : common(before, after, start, rows, columns);
  for (const { kind, from, to } of middle) {
    aligned.push({ kind, from: from < 0 ? -1 : from + start, to: to < 0 ? -1 : to + start });
  }
  for (let at = end; at > 0; at -= 1)
    aligned.push({ kind: 'same', from: before.length - at, to: after.length - at });
  return aligned;
}

function replaced(rows: number, columns: number): Aligned[] {
  const removed = Array.from({ length: rows }, (_, from) => ({ kind: 'removed' as const, from, to: -1 }));
  const added = Array.from({ length: columns }, (_, to) => ({ kind: 'added' as const, from: -1, to }));
  return [...removed, ...added];
}

function common(
  before: readonly string[],
  after: readonly string[],
  start: number,
  rows: number,
  columns: number,
): Aligned[] {
  // lengths[r][c] is the length of the longest common subsequence of what follows r and c.
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  const length = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        before[start + row] === after[start + column]
          ? length(row + 1, column + 1) + 1
          : Math.max(length(row + 1, column), length(row, column + 1));
    }
  }
  const aligned: Aligned[] = [];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    if (row < rows && column < columns && before[start + row] === after[start + column]) {
      aligned.push({ kind: 'same', from: row, to: column });
      row += 1;
      column += 1;
    } else if (column === columns || (row < rows && length(row + 1, column) >= length(row, column + 1))) {
      aligned.push({ kind: 'removed', from: row, to: -1 });
      row += 1;
    } else {
      aligned.push({ kind: 'added', from: -1, to: column });
      column += 1;
    }
  }
  return aligned;
}
