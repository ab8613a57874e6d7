/** How wide people made the columns: kept in this browser, by field. */
const KEY = 'evident.column-widths';
/** The widest that a column is made, in pixels. */
const MOST_PX = 1200;

export type Widths = Readonly<Record<string, number>>;

export function readWidths(): Widths {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).filter(
        (entry): entry is [string, number] =>
          typeof entry[1] === 'number' && entry[1] > 0 && entry[1] <= MOST_PX,
      ),
    );
  } catch {
    return {};
  }
}

export function keepWidths(widths: Widths): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(widths));
  } catch {
    // They last as long as the page, then.
  }
}

/** A width within its bounds. */
export function bounded(width: number, least: number): number {
  return Math.round(Math.min(Math.max(width, least), MOST_PX));
}
