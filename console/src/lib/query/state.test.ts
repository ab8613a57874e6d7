import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PRESETS } from '../time/presets';
import { writeFilter } from './filters';
import {
  EMPTY_QUERY,
  EVENT_TYPES,
  LEVELS,
  type QueryState,
  readSearch,
  readSearchStrictly,
  RESULTS,
  toApi,
  writeSearch,
} from './state';
import { readUrlSearch, writeUrlSearch } from './url';

const FIELDS = [
  'category',
  'user',
  'actor.email',
  'metadata.a\\.b',
  'metadata.x\\:y',
  'target.id',
  'authority.name',
];

const text = (max: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength: max });
const some = <T>(values: readonly T[]) =>
  fc.uniqueArray(fc.constantFrom(...values), { maxLength: values.length });
const filter = fc.record({
  field: fc.constantFrom(...FIELDS),
  op: fc.constantFrom('is' as const, 'is_not' as const),
  value: fc.string({ unit: 'grapheme', maxLength: 40 }),
});

const anyState: fc.Arbitrary<QueryState> = fc.record(
  {
    projectId: text(20),
    levels: some(LEVELS),
    range: fc.oneof(
      fc.constantFrom(...PRESETS),
      fc.constantFrom(
        { from: '2026-02-13' },
        { to: '2024-02-29' },
        { from: '2026-02-13', to: '2026-02-14' },
        { from: '2026-02-13T10:28:22.12Z', to: '2026-02-13T12:00:00+01:00' },
      ),
    ),
    tz: fc.constantFrom('Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', 'Asia/Kathmandu'),
    weekStart: fc.constantFrom('monday' as const, 'sunday' as const),
    filters: fc.uniqueArray(filter, { maxLength: 8, selector: writeFilter }),
    match: fc.constantFrom('all' as const, 'any' as const),
    actions: fc.uniqueArray(text(20), { maxLength: 4 }),
    eventTypes: some(EVENT_TYPES),
    results: some(RESULTS),
    phase: fc.constantFrom('attempt' as const, 'outcome' as const),
    openAttempts: fc.boolean(),
    q: fc.string({ unit: 'grapheme', maxLength: 60 }),
    reads: fc.constantFrom('exclude' as const, 'include' as const),
    order: fc.constantFrom('asc' as const, 'desc' as const),
    view: text(20),
    columns: fc.uniqueArray(
      fc.constantFrom('event', 'changes', 'request.body', 'metadata.a,b', 'metadata.c\\.d'),
      {
        minLength: 1,
      },
    ),
    split: fc.constantFrom('none', 'category', 'actor.type'),
    live: fc.boolean(),
  },
  {
    requiredKeys: [
      'levels',
      'filters',
      'match',
      'actions',
      'eventTypes',
      'results',
      'openAttempts',
      'q',
      'reads',
      'order',
      'live',
    ],
  },
);

describe('the state in the URL', () => {
  it('reads back every state that it wrote', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(readSearch(writeSearch(state))).toEqual(state);
      }),
    );
  });

  it('survives the text of a URL, and drops nothing of its own', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const read = readSearchStrictly(readUrlSearch(writeUrlSearch(writeSearch(state))));
        expect(read).toEqual({ state, dropped: [] });
      }),
    );
  });

  it('leaves out what is usual, so that a plain page has a plain URL', () => {
    expect(writeSearch(EMPTY_QUERY)).toEqual({});
    expect(writeUrlSearch(writeSearch(EMPTY_QUERY))).toBe('');
  });

  it('writes the same order whatever order the state was made in', () => {
    const state: QueryState = { ...EMPTY_QUERY, q: 'ada', live: true, view: 'v', results: ['denied'] };
    expect(Object.keys(writeSearch(state))).toEqual(['view', 'q', 'result', 'live']);
  });

  it('keeps what people type readable in the address bar', () => {
    const state: QueryState = {
      ...EMPTY_QUERY,
      filters: [{ field: 'user', op: 'is', value: 'ada@example.com' }],
      columns: ['event', 'context.ip'],
    };
    expect(writeUrlSearch(writeSearch(state))).toBe(
      '?filter=user:is:ada@example.com&columns=event,context.ip',
    );
  });
});

describe('a hostile URL', () => {
  it('never fails, whatever it holds, and what is read is read the same again', () => {
    const value = fc.oneof(fc.anything(), fc.string(), fc.array(fc.string()));
    const names = [
      'range',
      'from',
      'to',
      'tz',
      'filter',
      'match',
      'action',
      'level',
      'columns',
      'split',
      'q',
    ];
    const params = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value);
    fc.assert(
      fc.property(params, (given) => {
        const state = readSearch(given);
        expect(readSearch(writeSearch(state))).toEqual(state);
      }),
    );
  });

  it('loses what cannot be followed, and says which parameters those were', () => {
    const { state, dropped } = readSearchStrictly({
      range: 'last_eon',
      tz: '+02:00',
      filter: ['category:is:Roles', 'nope:is:1', 'request.body:is:1', 'category:was:Roles', 'broken'],
      level: ['project', 'galaxy'],
      result: { success: true },
      columns: 'event,bogus',
      split: 'id',
      order: 'sideways',
      unheard_of: '1',
    });
    expect(state).toEqual({
      ...EMPTY_QUERY,
      filters: [{ field: 'category', op: 'is', value: 'Roles' }],
      levels: ['project'],
      columns: ['event'],
    });
    expect([...dropped].sort()).toEqual([
      'columns',
      'filter',
      'level',
      'order',
      'range',
      'result',
      'split',
      'tz',
    ]);
  });

  it('keeps the ends where a name and ends are given, since the server refuses both', () => {
    const { state, dropped } = readSearchStrictly({ range: 'today', from: '2026-02-13' });
    expect(state.range).toEqual({ from: '2026-02-13' });
    expect(dropped).toEqual(['range']);
  });

  it('takes no range that ends before it begins, and no day that no calendar has', () => {
    expect(readSearch({ from: '2026-02-14', to: '2026-02-14' }).range).toBeUndefined();
    expect(
      readSearch({ from: '2026-02-13T10:00:00Z', to: '2026-02-13T11:00:00+02:00' }).range,
    ).toBeUndefined();
    expect(readSearch({ from: '2025-02-29' }).range).toBeUndefined();
    expect(readSearch({ from: '2024-02-29' }).range).toEqual({ from: '2024-02-29' });
    expect(readSearch({ from: '0000-01-01' }).range).toBeUndefined();
    expect(readSearch({ from: '2026-02-13T10:00:00' }).range).toBeUndefined();
  });

  it('holds every list and text to its bound', () => {
    const many = (make: (n: number) => string) => Array.from({ length: 5000 }, (_, n) => make(n));
    const state = readSearch({
      filter: many((n) => `metadata.k:is:${n}`),
      action: many((n) => `a.${n}`),
      columns: many((n) => `metadata.k${n}`),
      q: 'x'.repeat(2049),
      view: 'v'.repeat(1000),
      project_id: 'é'.repeat(513),
    });
    expect([state.filters.length, state.actions.length, state.columns?.length]).toEqual([64, 64, 64]);
    expect([state.q, state.view, state.projectId]).toEqual(['', undefined, undefined]);
  });

  it('does not mistake inherited names for parameters', () => {
    expect(readSearch(Object.create({ q: 'inherited' }) as Record<string, unknown>).q).toBe('');
  });

  it('takes numbers and booleans that a router made of texts', () => {
    expect(readSearch({ q: 5, live: true })).toEqual({ ...EMPTY_QUERY, q: '5', live: true });
  });

  it('replaces halves of surrogate pairs, which no server would ever see', () => {
    expect(readSearch({ q: 'a\uD800b' }).q).toBe('a\uFFFDb');
  });
});

describe('the parameters of the API', () => {
  it('are those of the state, lists repeated and defaults left out', () => {
    const state: QueryState = {
      ...EMPTY_QUERY,
      projectId: 'prj_1',
      range: { from: '2026-02-13', to: '2026-02-14' },
      tz: 'Asia/Kolkata',
      filters: [{ field: 'category', op: 'is_not', value: 'a:b' }],
      match: 'any',
      actions: ['role.*', 'tool.*'],
      results: ['denied', 'failed'],
      openAttempts: true,
      q: ' ada ',
      order: 'asc',
      view: 'view_security',
      columns: ['event'],
      live: true,
    };
    expect(toApi(state)).toEqual({
      project_id: 'prj_1',
      from: '2026-02-13',
      to: '2026-02-14',
      tz: 'Asia/Kolkata',
      filter: ['category:is_not:a:b'],
      match: 'any',
      action: ['role.*', 'tool.*'],
      result: ['denied', 'failed'],
      attempt: 'open',
      q: ' ada ',
      order: 'asc',
    });
  });

  it('take what the state leaves open from the view, and at last from the console', () => {
    expect(toApi(EMPTY_QUERY)).toEqual({ range: 'last_30_days' });
    expect(toApi(EMPTY_QUERY, { defaultRange: 'last_24_hours', defaultZone: 'UTC' })).toEqual({
      range: 'last_24_hours',
      tz: 'UTC',
    });
    const chosen = { ...EMPTY_QUERY, range: 'today' as const, tz: 'Asia/Tokyo' };
    expect(toApi(chosen, { defaultRange: 'last_24_hours', defaultZone: 'UTC' })).toEqual({
      range: 'today',
      tz: 'Asia/Tokyo',
    });
  });

  it('take the pattern of the view only for an empty box, and never inside of a project', () => {
    const defaults = { defaultPattern: 'organisation.*' };
    expect(toApi(EMPTY_QUERY, defaults).action).toEqual(['organisation.*']);
    expect(toApi({ ...EMPTY_QUERY, actions: ['a.*'] }, defaults).action).toEqual(['a.*']);
    expect(toApi({ ...EMPTY_QUERY, projectId: 'prj_1' }, defaults).action).toBeUndefined();
    expect(toApi(EMPTY_QUERY, { defaultPattern: null }).action).toBeUndefined();
  });
});
