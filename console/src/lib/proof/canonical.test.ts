import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { canonicalBytes, MAX_CANONICAL_BYTES, MAX_DEPTH } from './canonical';
import { instantText } from './entry';

const text = (value: unknown) => {
  const canonical = canonicalBytes(value);
  return canonical.ok ? new TextDecoder().decode(canonical.value) : canonical.code;
};

describe('canonical bytes', () => {
  it('are a fixed point of parsing and writing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const canonical = canonicalBytes(value);
        if (!canonical.ok) return;
        const written = new TextDecoder().decode(canonical.value);
        expect(text(JSON.parse(written))).toBe(written);
      }),
    );
  });

  it('sort names by UTF-16 code units, and keep a member that is called __proto__', () => {
    expect(text(JSON.parse('{"10":1,"9":2,"\ufb33":3,"😀":4,"__proto__":{"b":1,"a":-0.0}}'))).toBe(
      '{"10":1,"9":2,"__proto__":{"a":0,"b":1},"😀":4,"\ufb33":3}',
    );
  });

  it('refuse what has no form that all read alike', () => {
    const integers = [2 ** 53, -(2 ** 53), 1e20, 1e16];
    for (const number of [...integers, NaN, Infinity]) expect(text(number)).toBe('number');
    expect(text(1e21)).toBe('1e+21');
    expect(text(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991');
    expect(text('\ud800')).toBe('lone_surrogate');
    expect(text({ '\udc00': 1 })).toBe('lone_surrogate');
    for (const other of [undefined, () => 1, 1n, Symbol('s')]) {
      expect(text(other)).toBe('not_json');
      expect(text({ member: other })).toBe('not_json');
    }
  });

  it('are bounded in depth and length', () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
    expect(text(nested(MAX_DEPTH))).toBe('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH));
    expect(text(nested(MAX_DEPTH + 1))).toBe('too_deep');
    const circle: unknown[] = [];
    circle.push(circle);
    expect(text(circle)).toBe('too_deep');
    expect(text('x'.repeat(MAX_CANONICAL_BYTES - 2))).toHaveLength(MAX_CANONICAL_BYTES);
    expect(text('x'.repeat(MAX_CANONICAL_BYTES - 1))).toBe('too_long');
    expect(text('世'.repeat(MAX_CANONICAL_BYTES / 2))).toBe('too_long');
    expect(text(Array.from({ length: MAX_CANONICAL_BYTES }, () => 1))).toBe('too_long');
  });
});

describe('instants', () => {
  it.each([
    [0n, '1970-01-01T00:00:00.000000Z'],
    [-1n, '1969-12-31T23:59:59.999999Z'],
    [1_770_978_502_120_001n, '2026-02-13T10:28:22.120001Z'],
    [253_402_300_799_999_999n, '9999-12-31T23:59:59.999999Z'],
    [-62_135_596_800_000_000n, '0001-01-01T00:00:00.000000Z'],
    [253_402_300_800_000_000n, undefined],
    [-(1n << 63n), undefined],
  ])('are written as events write them: %s', (micros, expected) => {
    expect(instantText(micros)).toBe(expected);
  });
});
