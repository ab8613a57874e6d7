/**
 * Lists that come in pages, read to their end. For lists that are searched and sorted on the page, and that the
 * server keeps short: a bound says when reading stops, so that a broken cursor cannot keep it going.
 */

/** The most items that the server gives in a page. */
export const PAGE_ITEMS = 500;
/** The most pages that are read: as many as the longest list has, 10,000 items. */
const MAX_PAGES = 20;

export interface ListPage<Item> {
  data: readonly Item[];
  next_cursor?: string | null | undefined;
}

/** All items of a list. */
export async function allOf<Item>(
  read: (cursor: string | undefined) => Promise<ListPage<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { data, next_cursor: next } = await read(cursor);
    items.push(...data);
    if (next === undefined || next === null || next === cursor) break;
    cursor = next;
  }
  return items;
}
