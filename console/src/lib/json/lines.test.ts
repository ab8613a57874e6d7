import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  foldsFrom,
  jsonLines,
  lineText,
  MAX_LEVELS,
  MAX_LINES,
  MAX_STRING_UNITS,
  shownLines,
  type JsonLines,
} from './lines';

const texts = (value: unknown) => jsonLines(value).lines.map(lineText);

/** A line and what it folds into. */
function foldedText(document: JsonLines, folded: ReadonlySet<number>): string[] {
  return shownLines(document, folded).map((at) => {
    const line = document.lines[at];
    if (line === undefined) return 'no line';
    return (
      lineText(line) + (folded.has(at) ? ` ${line.fold?.summary ?? ''} ${line.fold?.closing ?? ''}` : '')
    );
  });
}

describe('lines of JSON', () => {
  it('are those of indented JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const document = jsonLines(value);
        fc.pre(
          document.lines.every((line) => line.tokens.every(({ kind }) => kind !== 'mark' && kind !== 'cut')),
        );
        expect(document.lines.map(lineText).join('\n')).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  it('have tokens by kind, and the pointer of each value', () => {
    const [, name, empty, list, item] = jsonLines({ 'a/b': true, b: {}, c: [null, 1.5], d: 'x' }).lines;
    expect(name?.tokens.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'name "a/b"',
      'punctuation : ',
      'boolean true',
      'punctuation ,',
    ]);
    expect(name?.pointer).toBe('/a~1b');
    expect(empty?.tokens.at(-1)?.text).toBe('{},');
    expect(empty?.fold).toBeUndefined();
    expect(list?.fold).toEqual({ end: 6, count: 2, summary: '2 items', closing: '],' });
    expect(item).toMatchObject({ depth: 2, pointer: '/c/0', tokens: [{ kind: 'null' }, { text: ',' }] });
  });

  it('fold, also within each other', () => {
    const document = jsonLines({ a: { b: [1, 2] }, c: 3 });
    expect(foldedText(document, new Set([1]))).toEqual(['{', '  "a": { 1 member },', '  "c": 3', '}']);
    expect(foldedText(document, new Set([0, 1, 2]))).toEqual(['{ 2 members }']);
    expect(foldedText(document, new Set([2]))).toEqual([
      '{',
      '  "a": {',
      '    "b": [ 2 items ]',
      '  },',
      '  "c": 3',
      '}',
    ]);
    expect([...foldsFrom(document, 1)]).toEqual([1, 2]);
    // What is no opening line folds nothing.
    expect(shownLines(document, new Set([3, 99, -1]))).toHaveLength(document.lines.length);
  });

  it('fold to lines that close what was opened', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'large' }), (value) => {
        const { lines } = jsonLines(value);
        lines.forEach((line, at) => {
          if (line.fold === undefined) return;
          expect(lines[line.fold.end]).toMatchObject({ depth: line.depth, pointer: line.pointer });
          const inside = lines.slice(at + 1, line.fold.end);
          expect(inside.every(({ depth }) => depth > line.depth)).toBe(true);
        });
      }),
    );
  });
});

describe('hostile text', () => {
  it('is made visible in strings and in names', () => {
    const [, line] = jsonLines({ 'na\u202eme': 'a\u200bb\u0000c\ud800' }).lines;
    expect(line?.tokens.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'name "na',
      'mark ‹U+202E›',
      'name me"',
      'punctuation : ',
      'string "a',
      'mark ‹U+200B›',
      // What JSON escapes is shown as JSON escapes it.
      'string b\\u0000c\\ud800"',
    ]);
    expect(line?.tokens[1]?.title).toBe('right-to-left override');
  });

  it('never reaches a token as it is', () => {
    const suspects = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/u;
    const nasty = fc.string({
      unit: fc.constantFrom(
        'a',
        '"',
        '\\',
        '\n',
        '\u202e',
        '\u2066',
        '\u0007',
        '\u0085',
        '\udfff',
        '\ud83d\ude00',
      ),
    });
    fc.assert(
      fc.property(nasty, nasty, (name, text) => {
        for (const { tokens } of jsonLines({ [name]: [text] }).lines) {
          for (const token of tokens) expect(token.text).not.toMatch(suspects);
        }
      }),
    );
  });

  it('is cut where it is long, says how much is left out, and is shown whole on demand', () => {
    const long = 'x'.repeat(MAX_STRING_UNITS + 234);
    const [, cut] = jsonLines({ body: long }).lines;
    expect(cut?.cutUnits).toBe(234);
    expect(cut?.tokens.slice(-3)).toEqual([
      { kind: 'string', text: `"${'x'.repeat(MAX_STRING_UNITS)}` },
      { kind: 'cut', text: '… 234 more' },
      { kind: 'string', text: '"' },
    ]);
    const [, whole] = jsonLines({ body: long }, { whole: new Set(['/body']) }).lines;
    expect(whole?.cutUnits).toBeUndefined();
    expect(whole?.tokens.at(-1)?.text).toBe(`"${long}"`);
    // No pair is cut in two: half a character would look like a hostile one.
    const [emoji] = jsonLines(`${'x'.repeat(MAX_STRING_UNITS - 1)}😀${'x'.repeat(9)}`).lines;
    expect(emoji?.cutUnits).toBe(11);
    expect(emoji?.tokens[0]?.text.endsWith('x')).toBe(true);
  });

  it('that is deep or endless is cut, and says so', () => {
    let deep: unknown = [1];
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    const { lines } = jsonLines(deep);
    expect(lines).toHaveLength(2 * MAX_LEVELS + 1);
    expect(
      lines
        .map(lineText)
        .find((line) => line.includes('…'))
        ?.trim(),
    ).toBe('[… 1 item]');
    const many = jsonLines(Array.from({ length: MAX_LINES + 10 }, (_, at) => at));
    expect(many.leftOut).toBe(12);
    expect(many.lines).toHaveLength(MAX_LINES + 1);
    expect(many.lines.map(lineText).at(-1)).toBe('… 12 more lines');
    expect(shownLines(many, new Set([0]))).toEqual([0, MAX_LINES]);
  });

  it('of 200 KB is ready soon', () => {
    const item = { id: 'usr_01', name: 'Ada “Óbi”', tags: ['a', 'b'], nested: { ok: true, score: 0.25 } };
    const body = Array.from({ length: 2000 }, () => item);
    expect(JSON.stringify(body).length).toBeGreaterThan(150_000);
    const from = performance.now();
    const document = jsonLines(body);
    // Some ten milliseconds on any machine; quadratic time would take minutes.
    expect(performance.now() - from).toBeLessThan(3000);
    expect(document.lines.length + document.leftOut).toBeGreaterThan(20_000);
    expect(texts('x')).toEqual(['"x"']);
  });
});
