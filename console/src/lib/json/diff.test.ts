import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { align } from './align';
import { diffJson, MAX_DIFF_ROWS, pathText, type DiffRow } from './diff';
import { diffWords, MAX_WORD_DIFF_UNITS } from './words';

/** A row in short: `kind path: old -> new`. */
const short = (row: DiffRow) =>
  `${row.kind} ${pathText(row.path)}: ${written(row.old)} -> ${written(row.new)}`;
const written = (value: unknown) => (value === undefined ? '–' : JSON.stringify(value));

const rows = (old: unknown, next: unknown) => diffJson(old, next).rows.map(short);

describe('a diff of JSON', () => {
  it('has the deepest values that differ, and the highest that stayed', () => {
    const old = { a: { b: 1, c: { d: [1, 2] } }, e: 'x', gone: null };
    const next = { e: 'y', a: { c: { d: [1, 2] }, b: 2 }, new: false };
    expect(rows(old, next)).toEqual([
      'changed a.b: 1 -> 2',
      'same a.c: {"d":[1,2]} -> {"d":[1,2]}',
      'changed e: "x" -> "y"',
      'removed gone: null -> –',
      'added new: – -> false',
    ]);
  });

  it('does not take null for nothing, nor a number for its text', () => {
    expect(rows({ a: null }, {})).toEqual(['removed a: null -> –']);
    expect(rows({ a: null }, { a: 0 })).toEqual(['changed a: null -> 0']);
    expect(rows(1, '1')).toEqual(['changed : 1 -> "1"']);
    expect(rows([], {})).toEqual(['changed : [] -> {}']);
    expect(rows(undefined, { a: 1 })).toEqual(['added : – -> {"a":1}']);
    expect(rows({ a: 1 }, undefined)).toEqual(['removed : {"a":1} -> –']);
    expect(rows(undefined, undefined)).toEqual([]);
  });

  it('aligns items: one put in front is one row', () => {
    expect(rows([1, 2, 3], [0, 1, 2, 3])).toEqual([
      'added [0]: – -> 0',
      'same [1]: 1 -> 1',
      'same [2]: 2 -> 2',
      'same [3]: 3 -> 3',
    ]);
    expect(rows([{ id: 1, v: 1 }, 'x'], [{ id: 1, v: 2 }, 'x'])).toEqual([
      'same [0].id: 1 -> 1',
      'changed [0].v: 1 -> 2',
      'same [1]: "x" -> "x"',
    ]);
  });

  it('is not misled by the order of members, by __proto__, or by names with dots', () => {
    const [a, b] = ['{"x":{"a":1,"b":2}}', '{"x":{"b":2,"a":1}}'].map((text) => JSON.parse(text) as unknown);
    expect(diffJson(a, b).rows.map(({ kind }) => kind)).toEqual(['same']);
    expect(rows(JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":2}'))).toEqual([
      'changed __proto__: 1 -> 2',
    ]);
    expect(rows({}, { toString: 1 })).toEqual(['added toString: – -> 1']);
    const [dotted] = diffJson({ 'a.b': { 'c/d~': 1 } }, { 'a.b': { 'c/d~': 2 } }).rows;
    expect(dotted?.pointer).toBe('/a.b/c~1d~0');
    expect(pathText(dotted?.path ?? [])).toBe('["a.b"]["c/d~"]');
  });

  it('is one row that says the same just for equal values', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (old, next) => {
        const { rows } = diffJson(old, next);
        const isSame = rows.every(({ kind }) => kind === 'same');
        expect(isSame).toBe(JSON.stringify(sorted(old)) === JSON.stringify(sorted(next)));
        expect(diffJson(old, old).rows.map(({ kind }) => kind)).toEqual(['same']);
      }),
    );
  });

  it('has all members: what is not removed is the new object, what is not added the old one', () => {
    const values = fc.constantFrom<unknown>(null, 1, 2, { x: 1 }, { x: 2 });
    const object = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), values);
    fc.assert(
      fc.property(object, object, (old, next) => {
        const { rows } = diffJson(old, next);
        const rebuilt = (without: string, side: 'old' | 'new') => {
          const whole: Record<string, unknown> = {};
          for (const row of rows) {
            const [name, inner] = row.path;
            if (name === undefined) return row[side];
            if (row.kind !== without) whole[name] = inner === undefined ? row[side] : { [inner]: row[side] };
          }
          return whole;
        };
        expect(rebuilt('removed', 'new')).toEqual({ ...next });
        expect(rebuilt('added', 'old')).toEqual({ ...old });
      }),
    );
  });

  it('is bounded, and counts what it leaves out', () => {
    const many = Object.fromEntries(Array.from({ length: MAX_DIFF_ROWS + 5 }, (_, at) => [`m${at}`, at]));
    const diff = diffJson({}, many);
    expect(diff.rows).toHaveLength(MAX_DIFF_ROWS);
    expect(diff.leftOut).toBe(5);
    // Far more cells than the table may have: replaced one by one, and still all there.
    const items = (from: number) => Array.from({ length: 5000 }, (_, at) => from + at);
    const replaced = diffJson(items(0), items(10_000));
    expect(replaced.rows.length + replaced.leftOut).toBe(5000);
    expect(replaced.rows[0]).toMatchObject({ kind: 'changed', old: 0, new: 10_000 });
    let deep: unknown = 1;
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    expect(diffJson(deep, { deep }).rows).toHaveLength(1);
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ['array', ...value.map(sorted)];
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => ['member', name, sorted(member)]);
}

describe('an alignment', () => {
  it('has all places of both sides in order, and keeps as much as can be kept', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
    fc.assert(
      fc.property(letters, letters, (before, after) => {
        const aligned = align(before, after);
        const places = (side: 'from' | 'to') => aligned.map((pair) => pair[side]).filter((at) => at >= 0);
        expect(places('from')).toEqual(before.map((_, at) => at));
        expect(places('to')).toEqual(after.map((_, at) => at));
        const same = aligned.filter(({ kind }) => kind === 'same');
        expect(same.every(({ from, to }) => before[from] === after[to])).toBe(true);
        expect(same).toHaveLength(longestCommon(before, after));
      }),
    );
  });
});

/** By its definition. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  const table = new Map<string, number>();
  const longest = (i: number, j: number): number => {
    const known = table.get(`${i} ${j}`);
    if (known !== undefined) return known;
    let length = 0;
    if (i < a.length && j < b.length) {
      length = a[i] === b[j] ? 1 + longest(i + 1, j + 1) : Math.max(longest(i + 1, j), longest(i, j + 1));
    }
    table.set(`${i} ${j}`, length);
    return length;
  };
  return longest(0, 0);
}

describe('a diff of words', () => {
  it('shows the words that changed', () => {
    expect(diffWords('Only admins may deploy.', 'Only owners may deploy today.')).toEqual([
      { kind: 'same', text: 'Only ' },
      { kind: 'removed', text: 'admins' },
      { kind: 'added', text: 'owners' },
      { kind: 'same', text: ' may deploy' },
      { kind: 'added', text: ' today' },
      { kind: 'same', text: '.' },
    ]);
  });

  it('replaces texts that have little in common, and those that are too long', () => {
    const kinds = (old: string, next: string) => diffWords(old, next).map(({ kind }) => kind);
    expect(kinds('alpha beta gamma delta', 'one two three four')).toEqual(['removed', 'added']);
    const long = 'word '.repeat(MAX_WORD_DIFF_UNITS / 5);
    expect(kinds(long, `${long.slice(0, -5)}other`)).toEqual(['same', 'removed', 'added']);
    expect(kinds(`${long}x`, `${long}y`)).toEqual(['removed', 'added']);
    expect(kinds('', 'x')).toEqual(['added']);
    expect(kinds('', '')).toEqual([]);
    expect(kinds('x', 'x')).toEqual(['same']);
  });

  it('has all of both texts, whatever they are', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.lorem({ maxCount: 12 }));
    fc.assert(
      fc.property(text, text, (old, next) => {
        const parts = diffWords(old, next);
        const without = (kind: string) =>
          parts
            .filter((part) => part.kind !== kind)
            .map((part) => part.text)
            .join('');
        expect(without('added')).toBe(old);
        expect(without('removed')).toBe(next);
      }),
    );
  });
});
