import { describe, expect, it } from 'vitest';

import { pageOf, search } from './listing';

const people = [
  { name: 'Ada Obi', email: 'ada@quillmere.example' },
  { name: undefined, email: 'grace@quillmere.example' },
  { name: 'Linus Okafor', email: 'linus@partner.example' },
];
const texts = (person: (typeof people)[number]) => [person.name, person.email];

describe('search', () => {
  it('finds by every word, each in any text, whatever the capitals', () => {
    expect(search(people, 'OBI quill', texts)).toEqual([people[0]]);
    expect(search(people, 'obi partner', texts)).toEqual([]);
    expect(search(people, 'grace', texts)).toEqual([people[1]]);
  });

  it('finds all where nothing is asked', () => {
    expect(search(people, '  ', texts)).toEqual(people);
  });
});

describe('pageOf', () => {
  const items = Array.from({ length: 23 }, (_, n) => n);

  it('gives each item on one page, and says where it stands', () => {
    const pages = [0, 1, 2].map((page) => pageOf(items, page, 10));
    expect(pages.flatMap((page) => page.items)).toEqual(items);
    expect(pages[2]).toMatchObject({ first: 21, last: 23, pages: 3, page: 2 });
  });

  it('shows the last page in place of one that is not there', () => {
    expect(pageOf(items, 9, 10)).toMatchObject({ page: 2, first: 21 });
    expect(pageOf(items, -1, 10)).toMatchObject({ page: 0, first: 1 });
    expect(pageOf([], 3, 10)).toEqual({ items: [], page: 0, pages: 1, first: 0, last: 0 });
  });
});
