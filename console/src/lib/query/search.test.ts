import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { applyCompletion, completingAt, matchingFields, writeFieldTerm } from './completion';
import { everyField, readField } from './fields';
import { isSpace, readTerms, type Term } from './grammar';
import { KNOWN_FIELDS } from './known-fields';
import { edits, nearest } from './nearest';
import { isAnswerable, mistakesIn, searchedRuns } from './search';
import { tokensOf } from './tokens';
import { fold } from './words';

/** A term in short: `-field=part|part`, `"words"` or the text. */
function short(text: string, term: Term): string {
  if (term.kind === 'field') return `${term.isNegated ? '-' : ''}${term.field}=${term.parts.join('|')}`;
  if (term.kind === 'phrase') return `"${term.parts.join('|')}"`;
  return `${term.kind === 'refused' ? '!' : ''}${text.slice(term.from, term.to)}`;
}
const terms = (text: string) => readTerms(text).map((term) => short(text, term));
const codes = (text: string) => mistakesIn(text).map((mistake) => mistake.code);

/** Texts made of what the grammar is about. */
const grammarText = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '\\', '*', ':', '-', ' ', '.', 'ada', 'user:', '-action:', 'id:', 'metadata.a'),
      fc.constantFrom('request.body:', 'ß', '\u3000', '\u0085', '\uFEFF', '😀', 'role.*', 'result:', 'x'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('the grammar of a search', () => {
  it('takes fields, values, phrases and words for what the server takes them for', () => {
    for (const [text, meant] of [
      ['category:Guardrails', ['category=Guardrails']],
      ['-result:success', ['-result=success']],
      ['user:"Ada Obi" x', ['user=Ada Obi', 'x']],
      ['metadata.a\\.b\\:c\\\\d:odd', ['metadata.a\\.b\\:c\\\\d=odd']],
      ['metadata.my\\ key:x', ['metadata.my key=x']],
      ['metadata.my\\"key:x', ['metadata.my"key=x']],
      ['context.ip:2001:db8::7', ['context.ip=2001:db8::7']],
      ['metadata.empty:""', ['metadata.empty=']],
      ['reason:"say \\"no\\" \\\\ \\n"', ['reason=say "no" \\ \\n']],
      ['user:"ada o"*', ['user=ada o|']],
      ['user:"*A O"*i', ['user=|A O|i']],
      ['user:"Ada Obi', ['user=Ada Obi']],
      ['targets.id:g_7', ['target.id=g_7']],
      ['ada"created now"user:x', ['ada', '"created now"', 'user=x']],
      ['foo:bar', ['foo:bar']],
      ['category: Guardrails', ['category:', 'Guardrails']],
      ['metadata:x', ['metadata:x']],
      ['C:\\Temp\\x', ['C:\\Temp\\x']],
      [':x', [':x']],
      ['request.body:x', ['!request.body:x']],
      ['ada -changes.old:1', ['ada', '!-changes.old:1']],
      ['a\u0085b', ['a', 'b']],
      ['a\uFEFFb', ['a\uFEFFb']],
    ] as const) {
      expect(terms(text), text).toEqual(meant);
    }
  });

  it('has terms and tokens that tile the text, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(grammarText, fc.string({ unit: 'binary' })), (text) => {
        expect(
          tokensOf(text)
            .map((token) => token.text)
            .join(''),
        ).toBe(text);
        let at = 0;
        for (const term of readTerms(text)) {
          expect(Array.from(text.slice(at, term.from)).every(isSpace)).toBe(true);
          expect(term.to).toBeGreaterThan(term.from);
          at = term.to;
        }
      }),
    );
  });

  it('is read to its end, however long the text is', () => {
    const long = '"a\\* user:"'.repeat(20_000);
    expect(tokensOf(long).at(-1)?.to).toBe(long.length);
    expect(codes(long)).toContain('too_long');
  });

  it('tells the stars that stand for anything from those that are meant', () => {
    const kinds = tokensOf('-user:"a*\\*"* b').map((token) => `${token.kind}:${token.text}`);
    expect(kinds).toEqual([
      'minus:-',
      'field:user',
      'colon::',
      'value:"a',
      'star:*',
      'value:\\*"',
      'star:*',
      'space: ',
      'text:b',
    ]);
  });
});

describe('completion', () => {
  /** The text with `|` where the caret is. */
  const at = (marked: string) => completingAt(marked.replace('|', ''), marked.indexOf('|'));
  const taken = (marked: string, chosen: string) => {
    const { text, caret } = applyCompletion(marked.replace('|', ''), at(marked), chosen);
    return `${text.slice(0, caret)}|${text.slice(caret)}`;
  };

  it('knows what is typed at the caret', () => {
    expect(at('|')).toMatchObject({ kind: 'text', prefix: '', from: 0, to: 0 });
    expect(at('ada cat|')).toMatchObject({ kind: 'field', prefix: 'cat', from: 4, to: 7 });
    expect(at('-cat|')).toMatchObject({ kind: 'field', prefix: 'cat', from: 1, isNegated: true });
    expect(at('-|')).toMatchObject({ prefix: '', from: 1, isNegated: true });
    expect(at('category:|')).toMatchObject({ kind: 'value', field: 'category', prefix: '', from: 9, to: 9 });
    expect(at('category:Gu|')).toMatchObject({
      kind: 'value',
      field: 'category',
      prefix: 'Gu',
      from: 9,
      to: 11,
    });
    expect(at('-user:"Ada O|bi" x')).toMatchObject({ kind: 'value', prefix: 'Ada O', from: 6, to: 15 });
    expect(at('cat|egory:Gu')).toMatchObject({ kind: 'field', prefix: 'cat', from: 0, to: 8 });
    expect(at('"ada ob|')).toMatchObject({ kind: 'text' });
    expect(at('foo:b|')).toMatchObject({ kind: 'text' });
    expect(at('ada |user:x')).toMatchObject({ kind: 'field', prefix: '', from: 4, to: 8 });
    expect(at('user:x| y')).toMatchObject({ kind: 'value', prefix: 'x' });
  });

  it('writes what was chosen, with quotes only where they are needed', () => {
    expect(taken('ada cat|', 'category')).toBe('ada category:|');
    expect(taken('-cat|', 'category')).toBe('-category:|');
    expect(taken('cat|:Roles', 'category')).toBe('category:|Roles');
    expect(taken('category:Gu|', 'Guardrails')).toBe('category:Guardrails |');
    expect(taken('user:Ad| x', 'Ada Obi')).toBe('user:"Ada Obi" |x');
    expect(taken('user:"Ad|', 'Ada Obi')).toBe('user:"Ada Obi" |');
    expect(taken('user:"Ad| result:denied', 'Ada Obi')).toBe('user:"Ada Obi" |result:denied');
    expect(taken('me|', 'metadata.my key')).toBe('metadata.my\\ key:|');
    expect(taken('"a b"|', 'user')).toBe('"a b" user:|');
  });

  it('writes every value and every field so that the server looks for just that', () => {
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('"', '\\', '*', ' ', ':', 'a', '\n') }),
    );
    const field = fc.constantFrom('user', 'metadata.my key', 'metadata.a\\.b', 'metadata.q"\\\\\\:x');
    fc.assert(
      fc.property(field, value, fc.boolean(), (name, wanted, isNegated) => {
        expect(readTerms(writeFieldTerm(name, wanted, isNegated))).toMatchObject([
          { kind: 'field', field: name, parts: [wanted], isNegated, isClosed: true },
        ]);
      }),
    );
  });

  it('never fails, and leaves alone what stands before and behind', () => {
    fc.assert(
      fc.property(grammarText, fc.integer({ min: -2, max: 40 }), fc.string(), (text, caret, chosen) => {
        const completing = completingAt(text, caret);
        expect(completing.from).toBeLessThanOrEqual(completing.to);
        const done = applyCompletion(text, completing, chosen);
        expect(done.text.startsWith(text.slice(0, completing.from))).toBe(true);
        expect(done.text.endsWith(text.slice(completing.to + 1))).toBe(true);
      }),
    );
  });

  it('finds fields by name, by key and by label', () => {
    expect(matchingFields('cat')[0]?.name).toBe('category');
    expect(matchingFields('ip').map((field) => field.name)).toContain('context.ip');
    expect(matchingFields('resource').map((field) => field.name)).toContain('target.id');
    expect(matchingFields('')).toHaveLength(KNOWN_FIELDS.length);
    expect(matchingFields('zzz')).toEqual([]);
  });

  it('proposes every field that all events may have, and no other', () => {
    const proposed = KNOWN_FIELDS.map((field) => field.name);
    expect([...proposed].sort()).toEqual([...everyField()].sort());
    expect(proposed.filter((name) => !readField(name).ok)).toEqual([]);
  });
});

describe('mistakes', () => {
  it('are errors only where the server refuses', () => {
    for (const [text, code] of [
      ['request.body:x', 'not_indexed'],
      ['ada -changes.old:1', 'not_indexed'],
      ['request.body:', 'not_indexed'],
      ['id:0198*', 'exact_only'],
      ['-context.span_id:a*', 'exact_only'],
      [`user:${'v'.repeat(1025)}`, 'value_too_long'],
      ['a '.repeat(65), 'too_many_words'],
      ['-'.repeat(2049), 'too_long'],
    ] as const) {
      expect(isAnswerable(text), text).toBe(false);
      expect(codes(text), text).toContain(code);
    }
    for (const text of [
      '',
      '"',
      'foo:bar',
      'categry:x',
      'user:"a',
      '-x',
      'id:0198',
      'a '.repeat(64),
      'category:',
    ]) {
      expect(isAnswerable(text), text).toBe(true);
    }
  });

  it('say where they are and what is probably meant', () => {
    expect(mistakesIn('ada categry:Roles')).toMatchObject([
      { severity: 'hint', code: 'unknown_field', from: 4, to: 11, suggestion: 'category' },
    ]);
    expect(mistakesIn('ip:10.0.0.1')).toMatchObject([{ suggestion: 'context.ip' }]);
    expect(mistakesIn('user.name:ada')).toMatchObject([{ suggestion: 'actor.name' }]);
    expect(mistakesIn('actor.emial:ada')).toMatchObject([{ suggestion: 'actor.email' }]);
    expect(mistakesIn('result:Success')).toMatchObject([{ code: 'unknown_value', suggestion: 'success' }]);
    expect(mistakesIn('event_type:"Security Event"')).toMatchObject([{ suggestion: '"Security Events"' }]);
    expect(mistakesIn('x "ada obi')).toMatchObject([
      { code: 'open_quote', from: 2, to: 10, suggestion: '"ada obi"' },
    ]);
    expect(mistakesIn('user:"ada obi')).toMatchObject([{ code: 'open_quote', from: 5, to: 13 }]);
    expect(mistakesIn('-deleted')).toMatchObject([{ code: 'idle_minus', from: 0, to: 1 }]);
    expect(mistakesIn('category: Roles')).toMatchObject([{ code: 'missing_value', from: 0, to: 9 }]);
  });

  it('are not seen in addresses, times and plain text', () => {
    for (const text of [
      'https://example.com',
      '10:30',
      'C:\\Temp',
      'ada@example.com',
      '--',
      'a - b',
      'now: this',
    ]) {
      expect(mistakesIn(text), text).toEqual([]);
    }
  });

  it('never fail to be found, whatever was typed', () => {
    fc.assert(
      fc.property(grammarText, (text) => {
        for (const { from, to } of mistakesIn(text)) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(text.length);
        }
      }),
    );
  });
});

describe('the words that are looked for', () => {
  const runs = (text: string) =>
    searchedRuns(text).map((run) => run.map((word) => word.text + (word.isPrefix ? '…' : '')).join(' '));

  it('are those outside of fields, the last of them perhaps only a beginning', () => {
    expect(runs('Ada GUARDR user:"x y"')).toEqual(['ada', 'guardr…']);
    expect(runs('guardr "ada obi"')).toEqual(['guardr…', 'ada obi']);
    expect(runs('"created guardr')).toEqual(['created guardr…']);
    expect(runs('ada "created guardr')).toEqual(['ada', 'created guardr…']);
    expect(runs('a.b@c')).toEqual(['a', 'b', 'c…']);
    expect(runs('-- "" :')).toEqual([]);
  });

  it('are folded as the server folds them', () => {
    expect(['Straße', 'ς', 'Σ', 'İ', 'ı', 'ẞ', 'ΑΣ'].map(fold)).toEqual([
      'strasse',
      'σ',
      'σ',
      'i̇',
      'ı',
      'ss',
      'ασ',
    ]);
  });

  it('fold once and for all, character by character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(fold(fold(a))).toBe(fold(a));
        expect(fold(a + b)).toBe(fold(a) + fold(b));
      }),
    );
  });
});

describe('the nearest name', () => {
  it('is guessed as the server guesses it', () => {
    const names = ['role.created', 'role.deleted', 'tool.created', 'category', 'actor.email', 'occurred_at'];
    for (const [text, meant] of [
      ['role.creatd', 'role.created'],
      ['tool.creates', 'tool.created'],
      ['Role-Created', 'role.created'],
      ['CATEGORY', 'category'],
      ['Actor.Emial', 'actor.email'],
      ['Occurred-At', 'occurred_at'],
      ['ro', undefined],
      ['', undefined],
      ['something.else', undefined],
      ['category'.repeat(100_000), undefined],
    ] as const) {
      expect(nearest(text, names)).toBe(meant);
    }
  });

  it('counts edits like the plain definition', () => {
    const plain = (a: string, b: string): number => {
      if (a === '' || b === '') return a.length + b.length;
      const [x, y] = [a.slice(0, -1), b.slice(0, -1)];
      const replaced = plain(x, y) + (a.at(-1) === b.at(-1) ? 0 : 1);
      const best = Math.min(replaced, plain(x, b) + 1, plain(a, y) + 1);
      const isSwap = a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1);
      return isSwap ? Math.min(best, plain(a.slice(0, -2), b.slice(0, -2)) + 1) : best;
    };
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 });
    fc.assert(fc.property(word, word, (a, b) => edits(a, b) === plain(a, b)));
  });
});
