import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Filter } from '../../lib/query/filters';
import { readTerms } from '../../lib/query/grammar';
import { EMPTY_QUERY, type QueryState, readSearch, toApi, writeSearch } from '../../lib/query/state';
import {
  choiceOf,
  chosenOf,
  queryBeside,
  release,
  releaseField,
  toggleChoice,
  toggleExclusion,
} from './facet-choice';

const VALUES: Readonly<Record<string, readonly string[]>> = {
  category: ['Roles', 'Data "quoted" * sources', 'Guardrails'],
  user: ['Ada Obi', 'a:b\\c', 'Eve'],
  'metadata.a b': ['1', '', 'three'],
  event_type: ['Agent Operations', 'User Actions', 'System Events'],
  result: ['success', 'failed', 'denied'],
};
const FIELDS = Object.keys(VALUES);

type Made = Readonly<Record<string, string>>;

/** Every event that can be made of the values. */
const EVENTS: readonly Made[] = FIELDS.reduce<Made[]>(
  (events, field) =>
    events.flatMap((event) => (VALUES[field] ?? []).map((value) => ({ ...event, [field]: value }))),
  [{}],
);

/** Whether the server would find an event that has one value of each field. */
function finds(state: QueryState, event: Made): boolean {
  const holds = ({ field, op, value }: Filter) => (event[field] === value) === (op === 'is');
  const { filters, match, eventTypes, results } = state;
  const isJoined = match === 'any' ? filters.length === 0 || filters.some(holds) : filters.every(holds);
  const isOf = (values: readonly string[], field: string) =>
    values.length === 0 || values.includes(event[field] ?? '');
  const isSearched = readTerms(state.q).every(
    (term) => term.kind === 'field' && (event[term.field] === term.parts.join('*')) === !term.isNegated,
  );
  return isJoined && isSearched && isOf(eventTypes, 'event_type') && isOf(results, 'result');
}

/** Whether an event is what the marks beside the list promise. */
function looksRight(state: QueryState, event: Made): boolean {
  return FIELDS.every((field) => {
    const chosen = [...chosenOf(state, field)];
    const asked = chosen.filter(([, choice]) => choice === 'is').map(([value]) => value);
    const left = chosen.filter(([, choice]) => choice === 'is_not').map(([value]) => value);
    const value = event[field] ?? '';
    return (asked.length === 0 || asked.includes(value)) && !left.includes(value);
  });
}

const presses = fc.array(
  fc.constantFrom(...FIELDS).chain((field) =>
    fc.record({
      field: fc.constant(field),
      value: fc.constantFrom(...(VALUES[field] ?? [])),
      isExclusion: fc.boolean(),
    }),
  ),
  { maxLength: 8 },
);

describe('whatever is pressed, in whatever order', () => {
  it('finds exactly what the marked values promise, and survives the address', () => {
    fc.assert(
      fc.property(presses, (all) => {
        const state = all.reduce<QueryState>(
          (now, { field, value, isExclusion }) =>
            isExclusion ? toggleExclusion(now, field, value) : toggleChoice(now, field, value),
          EMPTY_QUERY,
        );
        for (const event of EVENTS) expect(finds(state, event)).toBe(looksRight(state, event));
        expect(readSearch(writeSearch(state))).toEqual(state);
      }),
      { numRuns: 150 },
    );
  });

  it('asks for what was pressed last, and for no longer when it is pressed again', () => {
    fc.assert(
      fc.property(presses, ([first, ...others]) => {
        if (first === undefined) return;
        const state = others.reduce<QueryState>(
          (now, { field, value, isExclusion }) =>
            isExclusion ? toggleExclusion(now, field, value) : toggleChoice(now, field, value),
          EMPTY_QUERY,
        );
        const { field, value } = first;
        if (chosenOf(state, field).has(value)) return;
        const asked = toggleChoice(state, field, value);
        expect(choiceOf(chosenOf(asked, field), field, value)).toBe('is');
        expect(chosenOf(toggleChoice(asked, field, value), field).has(value)).toBe(false);
        const left = toggleExclusion(state, field, value);
        expect(choiceOf(chosenOf(left, field), field, value)).toBe('is_not');
      }),
    );
  });
});

const is = (field: string, value: string): Filter => ({ field, op: 'is', value });

describe('several values of a field', () => {
  it('are any of them: two filters joined by "and" would find nothing', () => {
    const state = toggleChoice(toggleChoice(EMPTY_QUERY, 'category', 'Roles'), 'category', 'Guardrails');
    expect(state.filters).toEqual([is('category', 'Roles'), is('category', 'Guardrails')]);
    expect(state.match).toBe('any');
  });

  it('keep what else is asked, in the search, whose terms always hold', () => {
    const one = { ...EMPTY_QUERY, q: 'deploy', filters: [is('user', 'Ada Obi'), is('category', 'Roles')] };
    const state = toggleChoice(one, 'category', 'Guardrails');
    expect(state.filters).toEqual([is('category', 'Roles'), is('category', 'Guardrails')]);
    expect(state.match).toBe('any');
    expect(state.q).toBe('deploy user:"Ada Obi"');
  });

  it('of event types and results are lists of their own, and change no filter', () => {
    const state = toggleChoice(toggleChoice(EMPTY_QUERY, 'result', 'failed'), 'result', 'denied');
    expect(state.results).toEqual(['failed', 'denied']);
    expect(state.filters).toEqual([]);
  });

  it('go back to "and" when one is left', () => {
    const two = { ...EMPTY_QUERY, match: 'any' as const, filters: [is('user', 'Eve'), is('user', 'Ada')] };
    expect(release(two, 'user', 'Eve')).toMatchObject({ match: 'all', filters: [is('user', 'Ada')] });
  });

  it('are the same value in another case, where the server ignores case', () => {
    const state = { ...EMPTY_QUERY, filters: [is('category', 'ROLES')] };
    expect(toggleChoice(state, 'category', 'Roles').filters).toEqual([]);
    expect(choiceOf(chosenOf(state, 'category'), 'category', 'roles')).toBe('is');
    const typed = { ...EMPTY_QUERY, filters: [is('target.type', 'Agent')] };
    expect(toggleChoice(typed, 'target.type', 'agent').filters).toHaveLength(2);
  });

  it('were typed, perhaps: what is typed is marked, and can be let go of', () => {
    const state = { ...EMPTY_QUERY, q: 'deploy user:"Ada Obi" -result:denied user:Ev*' };
    expect([...chosenOf(state, 'user')]).toEqual([['Ada Obi', 'is']]);
    expect(toggleChoice(state, 'user', 'Ada Obi').q).toBe('deploy -result:denied user:Ev*');
    expect(toggleExclusion(state, 'result', 'denied').q).toBe('deploy user:"Ada Obi" user:Ev*');
  });
});

describe('the query that a field is counted with', () => {
  it('lacks what is chosen of that field, and nothing else', () => {
    const state = {
      ...EMPTY_QUERY,
      filters: [is('category', 'Roles'), is('user', 'Eve')],
      results: ['denied' as const],
      q: 'deploy category:Roles',
    };
    const query = toApi(state, { defaultPattern: 'organisation.*' });
    expect(queryBeside(query, state, 'category')).toEqual({
      ...query,
      filter: ['user:is:Eve'],
      q: 'deploy',
    });
    expect(queryBeside(query, state, 'result')).toEqual({ ...query, result: undefined });
    expect(queryBeside(query, state, 'target.type')).toEqual(query);
  });

  it('stays whole where "or" joins several fields', () => {
    const state = {
      ...EMPTY_QUERY,
      match: 'any' as const,
      filters: [is('category', 'Roles'), is('user', 'Eve')],
    };
    const query = toApi(state);
    expect(queryBeside(query, state, 'category')).toEqual(query);
    expect(queryBeside(query, state, 'result')).toEqual(query);
  });

  it('is the same whichever way the list is sorted', () => {
    const state = { ...EMPTY_QUERY, order: 'asc' as const };
    expect(queryBeside(toApi(state), state, 'user')).toEqual(
      queryBeside(toApi(EMPTY_QUERY), EMPTY_QUERY, 'user'),
    );
  });

  it('is without all of the values of a field once it is cleared', () => {
    const state = { ...EMPTY_QUERY, filters: [is('user', 'Eve')], q: '-user:Ada x' };
    expect(releaseField(state, 'user')).toMatchObject({ filters: [], q: 'x' });
  });
});
