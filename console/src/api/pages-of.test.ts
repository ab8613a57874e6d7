import { describe, expect, it } from 'vitest';

import { allOf } from './pages-of';

describe('allOf', () => {
  it('reads every page, each from where the one before ended', async () => {
    const asked: (string | undefined)[] = [];
    const items = await allOf<number>((cursor) => {
      asked.push(cursor);
      const at = Number(cursor ?? 0);
      return Promise.resolve({ data: [at, at + 1], next_cursor: at < 4 ? String(at + 2) : null });
    });
    expect(items).toEqual([0, 1, 2, 3, 4, 5]);
    expect(asked).toEqual([undefined, '2', '4']);
  });

  it('ends although the cursors do not', async () => {
    let pages = 0;
    await allOf(() => {
      pages += 1;
      return Promise.resolve({ data: [pages], next_cursor: String(pages) });
    });
    expect(pages).toBe(20);
  });

  it('does not ask for the same page for ever', async () => {
    let pages = 0;
    await allOf(() => {
      pages += 1;
      return Promise.resolve({ data: [], next_cursor: 'same' });
    });
    expect(pages).toBe(2);
  });
});
