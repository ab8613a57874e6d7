import { describe, expect, it } from 'vitest';

import { readList, readWholeNumber, wrongWithList, writeList } from './lines';

describe('readList', () => {
  it('takes lines, commas, semicolons and spaces apart, each piece once and in order', () => {
    expect(readList(' b,a\n\nc;a  d ')).toEqual(['b', 'a', 'c', 'd']);
    expect(readList(writeList(['x', 'y']))).toEqual(['x', 'y']);
    expect(readList(' \n ')).toEqual([]);
  });
});

describe('wrongWithList', () => {
  const rules = { isRight: (piece: string) => piece !== 'bad', what: 'a word', most: 2, several: 'words' };

  it('names the first that is wrong, before it counts', () => {
    expect(wrongWithList(['a', 'b'], rules)).toBeUndefined();
    expect(wrongWithList(['a', 'bad', 'c'], rules)).toBe('“bad” is not a word');
    expect(wrongWithList(['a', 'b', 'c'], rules)).toBe('At most 2 words: these are 3');
  });
});

describe('readWholeNumber', () => {
  it('takes whole numbers between its bounds alone', () => {
    expect(readWholeNumber(' 30 ', 1, 30)).toBe(30);
    for (const text of ['', '0', '31', '1.5', '-1', '1e1', '0x1', '99999999999']) {
      expect(readWholeNumber(text, 1, 30)).toBeUndefined();
    }
  });
});
