import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cellText, csvRows, eventJson, tsvRows } from './copy';

/** The cells of a CSV text, by the rules of RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [['']];
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const row = rows.at(-1) ?? [];
    const char = text.charAt(at);
    const append = (more: string) => (row[row.length - 1] = `${row.at(-1) ?? ''}${more}`);
    if (isQuoted && char === '"' && text[at + 1] === '"') {
      append('"');
      at += 1;
    } else if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && char === ',') row.push('');
    else if (!isQuoted && char === '\r' && text[at + 1] === '\n') {
      rows.push(['']);
      at += 1;
    } else append(char);
  }
  return rows;
}

describe('what is copied', () => {
  it('is the event as JSON that reads back equal', () => {
    const event = { id: '1', metadata: { a: [1, null] } };
    expect(eventJson(event)).toBe(
      '{\n  "id": "1",\n  "metadata": {\n    "a": [\n      1,\n      null\n    ]\n  }\n}',
    );
    expect(JSON.parse(eventJson(event))).toEqual(event);
    expect(eventJson(undefined)).toBe('');
  });

  it('is the text of a cell as it is', () => {
    expect([null, undefined, '=x', 5, false, ['a', 1], [{ a: 1 }], { b: 2 }].map(cellText)).toEqual([
      '',
      '',
      '=x',
      '5',
      'false',
      'a; 1',
      '[{"a":1}]',
      '{"b":2}',
    ]);
  });

  it('is never a formula in a table, nor has one in a part of a cell', () => {
    for (const cell of ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '＝1', ' =1', 'a;=1', 'a\n=1', '"=1']) {
      expect(parseCsv(csvRows([[cell]])), cell).toEqual([[`'${cell}`]]);
    }
    expect(csvRows([['a=b', 'x-y', '1; 2']])).toBe('a=b,x-y,1; 2');
  });

  it('keeps every cell in its place, whatever it holds', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\t', '=', ' ') });
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1 }), (rows) => {
        const read = parseCsv(csvRows(rows));
        expect(read.map((row) => row.length)).toEqual(rows.map((row) => row.length));
        read.forEach((row, at) =>
          row.forEach((text, column) => {
            const original = rows[at]?.[column] ?? '';
            expect([original, `'${original}`]).toContain(text);
          }),
        );
      }),
    );
  });

  it('has tabs and lines in quotes where tabs part the cells', () => {
    expect(
      tsvRows([
        ['a', 'b\nc'],
        ['say "x"', '1,2'],
      ]),
    ).toBe('a\t"b\nc"\n"say ""x"""\t1,2');
  });
});
