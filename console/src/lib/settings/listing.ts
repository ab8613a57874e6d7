/**
 * A list that is all there, looked at by searching and a page at a time.
 *
 * It must hold that a page that is no longer there (the search has become narrower, somebody was removed) shows
 * the last one that is, and never nothing.
 */

/** Rows of a page. */
export const ROWS_PER_PAGE = 50;

/** Those that have every word in one of their texts. Capitals do not count. */
export function search<Item>(
  items: readonly Item[],
  words: string,
  textsOf: (item: Item) => readonly (string | undefined)[],
): readonly Item[] {
  const asked = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (asked.length === 0) return items;
  return items.filter((item) => {
    const texts = textsOf(item).map((text) => text?.toLowerCase() ?? '');
    return asked.every((word) => texts.some((text) => text.includes(word)));
  });
}

export interface PageOf<Item> {
  items: readonly Item[];
  /** From 0. */
  page: number;
  pages: number;
  /** The first and the last row, counted from 1; 0 if there is none. */
  first: number;
  last: number;
}

export function pageOf<Item>(items: readonly Item[], asked: number, rows = ROWS_PER_PAGE): PageOf<Item> {
  const pages = Math.max(1, Math.ceil(items.length / rows));
  const page = Math.min(Math.max(0, asked), pages - 1);
  const begin = page * rows;
  const shown = items.slice(begin, begin + rows);
  return { items: shown, page, pages, first: shown.length === 0 ? 0 : begin + 1, last: begin + shown.length };
}
