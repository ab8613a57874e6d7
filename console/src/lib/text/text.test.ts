import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { searchedRuns } from '../query/search';
import { markedPieces, shownRuns } from './highlight';
import { bytesLabel, compactNumber, numberLabel, percentLabel, plural, rateLabel } from './numbers';
import { cutText, shortenId } from './shorten';
import { MAX_RUNS, visibleRuns, visibleText } from './visible';

/** Text of what is dangerous, what is whole only in pairs, and what is plain. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u202E',
      '\u2066',
      '\u200B',
      '\u200D',
      '\u0000',
      '\uD800',
      '\uDC00',
      '\n',
      '\t',
      '\u00AD',
    ),
    fc.constantFrom('a', ' ', 'é', 'e\u0301', '👩‍👩‍👧', 'کتاب‌ها', '\u{E0041}', 'ß', '"', ','),
  ),
  maxLength: 40,
});

describe('ids', () => {
  it('keep their kind, their beginning and their end', () => {
    expect(shortenId('usr_01JABCDEFGHJK9F3K')).toBe('usr_01J…9F3K');
    expect(shortenId('01980000-0000-7000-8000-00000000c3d1')).toBe('0198…c3d1');
    expect(shortenId('0123456789abcdef0123')).toBe('012345…0123');
    expect(shortenId('gpt-4o-mini')).toBe('gpt-4o-mini');
    expect(shortenId('')).toBe('');
  });

  it('are never made longer, nor cut inside of a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (id) => {
        const short = shortenId(id);
        expect(short.length).toBeLessThanOrEqual(id.length);
        expect(short).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});

describe('cut texts', () => {
  it('are cut where a reader would, and only where they are too long', () => {
    expect(cutText('abcdef', 6)).toBe('abcdef');
    expect(cutText('abcdefg', 6)).toBe('abcdef…');
    expect(cutText('👩‍👩‍👧👩‍👩‍👧', 1)).toBe('👩‍👩‍👧…');
    expect(cutText('👩‍👩‍👧', 1)).toBe('👩‍👩‍👧');
    expect(cutText('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301e\u0301…');
  });

  it('stay short when one letter has a million accents, and leave no half of a character', () => {
    expect(cutText(`a${'\u0301'.repeat(1_000_000)}`, 5).length).toBeLessThan(100);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, max) => {
        expect(cutText(text, max)).not.toMatch(/\p{Cs}/u);
      }),
    );
  });
});

describe('numbers', () => {
  it('are exact with commas, or rounded with a unit', () => {
    expect([0, 999, 12345, -1234.5, NaN].map(numberLabel)).toEqual(['0', '999', '12,345', '-1,234.5', '–']);
    expect(
      [0, 999, 1000, 1234, 12_345, 123_456, 999_949, 999_951, 1_234_567, 5e15].map(compactNumber),
    ).toEqual(['0', '999', '1 k', '1.2 k', '12.3 k', '123 k', '1 M', '1 M', '1.2 M', '5000 T']);
    expect([0, 1, 1023, 1024, 1536, 262_144, 3.2 * 2 ** 30, -1].map(bytesLabel)).toEqual([
      '0 B',
      '1 B',
      '1023 B',
      '1 KiB',
      '1.5 KiB',
      '256 KiB',
      '3.2 GiB',
      '–',
    ]);
  });

  it('have rates in the unit that shows them', () => {
    expect(rateLabel(1200, 1000)).toBe('1.2 k/s');
    expect(rateLabel(12, 60_000)).toBe('12/min');
    expect(rateLabel(3, 3_600_000)).toBe('3/h');
    expect(rateLabel(0, 1000)).toBe('0/s');
    expect(rateLabel(1, 0)).toBe('–');
  });

  it('count one thing and many', () => {
    expect([plural(0, 'event'), plural(1, 'event'), plural(12_345, 'event')]).toEqual([
      '0 events',
      '1 event',
      '12,345 events',
    ]);
    expect(plural(2, 'entry', 'entries')).toBe('2 entries');
  });

  it('have shares that say nothing is nothing and all is all', () => {
    expect([percentLabel(0, 10), percentLabel(1, 1000), percentLabel(37, 100)]).toEqual([
      '0 %',
      'under 1 %',
      '37 %',
    ]);
    expect([percentLabel(999, 1000), percentLabel(5, 5), percentLabel(1, 0)]).toEqual([
      'over 99 %',
      '100 %',
      '–',
    ]);
  });
});

describe('hostile text', () => {
  it('shows what turns, hides or controls', () => {
    expect(visibleText('a\u202Eb')).toBe('a‹U+202E›b');
    expect(visibleText('a\u200B\u200B\u200Bb')).toBe('a‹U+200B ×3›b');
    expect(visibleText('\u0000\u001B[31m')).toBe('‹U+0000›‹U+001B›[31m');
    expect(visibleText('a\uD800b')).toBe('a‹U+D800›b');
    expect(visibleText('\u{E0041}')).toBe('‹U+E0041›');
    expect(visibleText('\u3164')).toBe('‹U+3164›');
    expect(visibleRuns('\u202E')[0]).toMatchObject({
      kind: 'mark',
      name: 'right-to-left override',
      source: '\u202E',
    });
  });

  it('leaves alone what people write: other scripts, families of emoji, accents', () => {
    for (const text of ['שלום', 'کتاب‌ها', 'क्‍ष', '👩‍👩‍👧', '❤️', 'e\u0301', '日本', 'a b', '\u06DD١']) {
      expect(visibleRuns(text)).toEqual([{ text, kind: 'plain', source: text }]);
    }
  });

  it('shows joiners that only hide something', () => {
    expect(visibleText('ad\u200Cmin')).toBe('ad‹U+200C›min');
    expect(visibleText('ad\u200Dmin')).toBe('ad‹U+200D›min');
  });

  it('takes line breaks and tabs for what they are where there are several lines', () => {
    expect(visibleText('a\n\tb', true)).toBe('a\n\tb');
    expect(visibleText('a\n\tb')).toBe('a‹U+000A›‹U+0009›b');
    expect(visibleText('a\r\nb', true)).toBe('a‹U+000D›\nb');
  });

  it('loses nothing, and shows nothing dangerous, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => {
        const runs = visibleRuns(text);
        expect(runs.map((run) => run.source).join('')).toBe(text);
        expect(visibleText(text)).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B\p{Cc}\p{Cs}]/u);
      }),
    );
  });

  it('bounds the pieces of a text that is all traps', () => {
    const text = 'a\u202E'.repeat(100_000);
    const runs = visibleRuns(text);
    expect(runs.length).toBeLessThanOrEqual(MAX_RUNS + 2);
    expect(runs.map((run) => run.source).join('')).toBe(text);
    expect(runs.at(-1)).toMatchObject({ kind: 'mark', name: 'left out' });
  });
});

describe('searched words', () => {
  const marked = (text: string, q: string) =>
    markedPieces(text, searchedRuns(q))
      .map((piece) => (piece.isMatch ? `[${piece.text}]` : piece.text))
      .join('');

  it('are marked as whole words, the last one as a beginning', () => {
    expect(marked('Created guardrail for ada', 'ada guard')).toBe('Created [guard]rail for [ada]');
    expect(marked('Created guardrail', 'guard created')).toBe('[Created] guardrail');
    expect(marked('g_7 g 7', 'g x')).toBe('g_7 [g] 7');
    expect(marked('ada@example.com', 'example')).toBe('ada@[example].com');
  });

  it('are marked without regard to case, as the server folds it', () => {
    expect(marked('Große STRASSE', 'straße GROSSE x')).toBe('[Große] [STRASSE]');
    expect(marked('ΣΊΣΥΦΟΣ', 'σίσυφος')).toBe('[ΣΊΣΥΦΟΣ]');
    expect(marked('Straßenbahn', 'strass')).toBe('[Straß]enbahn');
  });

  it('in quotes are marked only where they stand next to each other', () => {
    expect(marked('for ada, obi and ada', '"ada obi"')).toBe('for [ada, obi] and ada');
    expect(marked('obi ada', '"ada obi"')).toBe('obi ada');
    expect(marked('created guardrail', '"created guardr')).toBe('[created guardr]ail');
  });

  it('do not come from fields', () => {
    expect(marked('ada', 'user:ada')).toBe('ada');
    expect(marked('ada', '')).toBe('ada');
  });

  it('lose nothing of a text, and make hostile characters visible also between them', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom('a', 'a "é ß"', 'e', ''), (text, q) => {
        const runs = searchedRuns(q);
        expect(
          markedPieces(text, runs)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
        const shown = shownRuns(text, runs);
        expect(shown.map((run) => run.source).join('')).toBe(text);
        expect(shown.map((run) => run.text).join('')).toBe(visibleText(text));
      }),
    );
    expect(shownRuns('a\u202Eb c', searchedRuns('b')).map((run) => [run.text, run.isMatch])).toEqual([
      ['a', false],
      ['‹U+202E›', false],
      ['b', true],
      [' c', false],
    ]);
  });
});
