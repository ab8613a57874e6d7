/**
 * What narrows a look at events: counting it, clearing it, and beginning anew from one actor.
 *
 * It must hold that each change gives a new state and leaves the old one as it was.
 */
import type { Filter } from './filters';
import { EMPTY_QUERY, type QueryState } from './state';

/** How many filters are on: what the filter icon counts. */
export function countFilters(state: QueryState): number {
  return state.filters.length;
}

/** How many things narrow the answer, but for time, search, and scope. */
export function countNarrowing(state: QueryState): number {
  const { filters, actions, eventTypes, results, levels, phase, openAttempts } = state;
  const lists = [actions, eventTypes, results, levels].filter((list) => list.length > 0).length;
  return filters.length + lists + (phase === undefined ? 0 : 1) + (openAttempts ? 1 : 0);
}

/** Nothing narrows any more. Scope, time, order, and how it is shown stay. */
export function clearNarrowing(state: QueryState): QueryState {
  return {
    ...state,
    levels: EMPTY_QUERY.levels,
    filters: EMPTY_QUERY.filters,
    match: EMPTY_QUERY.match,
    actions: EMPTY_QUERY.actions,
    eventTypes: EMPTY_QUERY.eventTypes,
    results: EMPTY_QUERY.results,
    phase: undefined,
    openAttempts: false,
    q: '',
  };
}

/** Everything that one actor did, in the same scope and time. */
export function allByActor(state: QueryState, actorId: string): QueryState {
  const byActor: Filter = { field: 'actor.id', op: 'is', value: actorId };
  return { ...clearNarrowing(state), filters: [byActor] };
}
