import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { MAX_ADDRESSES, readAddresses, wrongWith } from './addresses';

describe('readAddresses', () => {
  it('takes lines, commas, semicolons and spaces apart', () => {
    const text = 'ada@a.example\ngrace@b.example, linus@c.example;mei@d.example  tom@e.example';
    expect(readAddresses(text).valid).toEqual([
      'ada@a.example',
      'grace@b.example',
      'linus@c.example',
      'mei@d.example',
      'tom@e.example',
    ]);
  });

  it('takes addresses out of what a mail program copies, names with commas included', () => {
    const text = '"Obi, Ada" <ada@a.example>, Grace Ferreira <grace@b.example>; linus@c.example';
    expect(readAddresses(text)).toEqual({
      valid: ['ada@a.example', 'grace@b.example', 'linus@c.example'],
      refused: [],
    });
  });

  it('keeps an address that stands before a name', () => {
    expect(readAddresses('ada@a.example Grace Ferreira <grace@b.example>').valid).toEqual([
      'ada@a.example',
      'grace@b.example',
    ]);
  });

  it('takes an address once, whatever its capitals', () => {
    expect(readAddresses('Ada@a.example ada@A.example').valid).toEqual(['Ada@a.example']);
  });

  it('names what is no address and does not drop it', () => {
    expect(readAddresses('ada@a.example ada grace@ @b.example a@b@c').refused).toEqual([
      'ada',
      'grace@',
      '@b.example',
      'a@b@c',
    ]);
    expect(readAddresses('Ada <>').refused).toEqual([]);
    expect(readAddresses(`${'a'.repeat(250)}@b.example`).valid).toEqual([]);
  });

  it('finds every address among any separators', () => {
    const address = fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[a-z]{1,8}$/));
    const separator = fc.constantFrom(',', ';', '\n', ' ', ', ', ';\n', '\t');
    fc.assert(
      fc.property(
        fc.uniqueArray(
          address.map(([a, b]) => `${a}@${b}`),
          { minLength: 1 },
        ),
        separator,
        (all, by) => {
          expect(readAddresses(all.join(by))).toEqual({ valid: all, refused: [] });
        },
      ),
    );
  });
});

describe('wrongWith', () => {
  it('lets good addresses pass, as many as are taken at once', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `a${n}@b.example`).join(' ');
    expect(wrongWith(readAddresses(many(MAX_ADDRESSES)))).toBeUndefined();
    expect(wrongWith(readAddresses(many(MAX_ADDRESSES + 1)))).toContain(String(MAX_ADDRESSES + 1));
  });

  it('asks for one where there is none, and names the first mistake', () => {
    expect(wrongWith(readAddresses(' , ;'))).toBe('Write an e-mail address');
    expect(wrongWith(readAddresses('a@b ada grace'))).toBe('“ada” and 1 more is no e-mail address');
  });
});
