/**
 * What choosing a value beside the list does to the question, and which values are chosen.
 *
 * It must hold that a choice means what it looks like: what is chosen narrows what is shown, several values of
 * one field mean any of them, and values of several fields mean all of these fields. Filters join either all by
 * "and" or all by "or", so that "(A or B) and C" is asked as the filters A or B, with C in the search text, whose
 * terms always hold as well. `event_type` and `result` are lists of values of their own.
 */
import { writeFieldTerm } from '../../lib/query/completion';
import { readField } from '../../lib/query/fields';
import { type Filter, MAX_FILTERS, writeFilter } from '../../lib/query/filters';
import { readTerms, type Stretch } from '../../lib/query/grammar';
import {
  type ApiQuery,
  EVENT_TYPES,
  type EventResult,
  type EventType,
  type QueryState,
  RESULTS,
} from '../../lib/query/state';
import { fold } from '../../lib/query/words';

export type Choice = 'is' | 'is_not';

/** Whether two values are the same to the server. */
export function sameValue(field: string, a: string, b: string): boolean {
  if (a === b) return true;
  const read = readField(field);
  return read.ok && read.field.ignoresCase && fold(a) === fold(b);
}

function isAbout(filter: Filter, field: string, value: string): boolean {
  return filter.field === field && sameValue(field, filter.value, value);
}

/** A part of the search text that asks for one value of a field. */
interface ValueTerm extends Stretch {
  readonly value: string;
  readonly isNegated: boolean;
}

/** The terms of the search text that ask for one whole value of a field. */
function termsOf(q: string, field: string): readonly ValueTerm[] {
  return readTerms(q).flatMap((term) => {
    if (term.kind !== 'field' || term.field !== field) return [];
    const [value, ...behindStars] = term.parts;
    if (value === undefined || behindStars.length > 0) return [];
    return [{ from: term.from, to: term.to, value, isNegated: term.isNegated }];
  });
}

/** The search text without some of its terms. */
function withoutTerms(q: string, terms: readonly Stretch[]): string {
  let text = q;
  for (const { from, to } of terms.toSorted((a, b) => b.from - a.from)) {
    text = `${text.slice(0, from).trimEnd()} ${text.slice(to).trimStart()}`.trim();
  }
  return text;
}

const withTerm = (q: string, field: string, value: string, isNegated: boolean): string =>
  `${q.trim()} ${writeFieldTerm(field, value, isNegated)}`.trim();

/** What is chosen of a field, in order; a value that is left out is there as `is_not`. */
export function chosenOf(state: QueryState, field: string): ReadonlyMap<string, Choice> {
  const chosen = new Map<string, Choice>();
  if (field === 'event_type') state.eventTypes.forEach((value) => chosen.set(value, 'is'));
  if (field === 'result') state.results.forEach((value) => chosen.set(value, 'is'));
  for (const filter of state.filters) if (filter.field === field) chosen.set(filter.value, filter.op);
  for (const term of termsOf(state.q, field)) chosen.set(term.value, term.isNegated ? 'is_not' : 'is');
  return chosen;
}

/** Whether a value is chosen, and which way. */
export function choiceOf(
  chosen: ReadonlyMap<string, Choice>,
  field: string,
  value: string,
): Choice | undefined {
  const exact = chosen.get(value);
  if (exact !== undefined) return exact;
  for (const [other, choice] of chosen) if (sameValue(field, other, value)) return choice;
  return undefined;
}

/** One filter joins nothing: it is written as what people expect. */
function joined(state: QueryState, filters: readonly Filter[], match = state.match): QueryState {
  return { ...state, filters, match: filters.length < 2 ? 'all' : match };
}

/** The question without this value, whichever way it was chosen. */
export function release(state: QueryState, field: string, value: string): QueryState {
  const terms = termsOf(state.q, field).filter((term) => sameValue(field, term.value, value));
  const filters = state.filters.filter((filter) => !isAbout(filter, field, value));
  return {
    ...joined(state, filters),
    eventTypes: field === 'event_type' ? state.eventTypes.filter((one) => one !== value) : state.eventTypes,
    results: field === 'result' ? state.results.filter((one) => one !== value) : state.results,
    q: terms.length === 0 ? state.q : withoutTerms(state.q, terms),
  };
}

/** Whether the filters are some values of this field, any of them. */
function areAnyOf(state: QueryState, field: string): boolean {
  const { filters, match } = state;
  const isOwn = filters.every((filter) => filter.field === field && filter.op === 'is');
  return filters.length > 0 && isOwn && (filters.length === 1 || match === 'any');
}

/** Adds what always has to hold as well. */
function require(state: QueryState, filter: Filter): QueryState {
  if (state.match === 'any' && state.filters.length > 1) {
    return { ...state, q: withTerm(state.q, filter.field, filter.value, filter.op === 'is_not') };
  }
  if (state.filters.length >= MAX_FILTERS) return state;
  return joined(state, [...state.filters, filter], 'all');
}

/** Adds a value of a field of which one is chosen already: any of them. */
function widen(state: QueryState, filter: Filter): QueryState {
  if (state.filters.length >= MAX_FILTERS) return state;
  if (areAnyOf(state, filter.field)) return joined(state, [...state.filters, filter], 'any');
  const own = state.filters.filter(({ field, op }) => field === filter.field && op === 'is');
  const isTaken = state.match === 'any' && state.filters.length > 1;
  if (own.length === 0 || isTaken) {
    // The filters are any of something else: of this field there can be one value only, and it is this one.
    const terms = termsOf(state.q, filter.field).filter((term) => !term.isNegated);
    return require({ ...state, q: withoutTerms(state.q, terms) }, filter);
  }
  const others = state.filters.filter((one) => !own.includes(one));
  const q = others.reduce((text, one) => withTerm(text, one.field, one.value, one.op === 'is_not'), state.q);
  return joined({ ...state, q }, [...own, filter], 'any');
}

function choose(state: QueryState, field: string, value: string): QueryState {
  const eventType = EVENT_TYPES.find((one): one is EventType => field === 'event_type' && one === value);
  const result = RESULTS.find((one): one is EventResult => field === 'result' && one === value);
  const free = release(state, field, value);
  if (eventType !== undefined) return { ...free, eventTypes: [...free.eventTypes, eventType] };
  if (result !== undefined) return { ...free, results: [...free.results, result] };
  const isFirst = ![...chosenOf(free, field).values()].includes('is');
  const filter: Filter = { field, op: 'is', value };
  return isFirst ? require(free, filter) : widen(free, filter);
}

/** Asks for a value, or no longer, if it is asked for. */
export function toggleChoice(state: QueryState, field: string, value: string): QueryState {
  const now = choiceOf(chosenOf(state, field), field, value);
  return now === 'is' ? release(state, field, value) : choose(state, field, value);
}

/** Leaves a value out, or no longer, if it is left out. */
export function toggleExclusion(state: QueryState, field: string, value: string): QueryState {
  const now = choiceOf(chosenOf(state, field), field, value);
  const free = release(state, field, value);
  return now === 'is_not' ? free : require(free, { field, op: 'is_not', value });
}

/** The question without anything of a field. */
export function releaseField(state: QueryState, field: string): QueryState {
  return [...chosenOf(state, field).keys()].reduce((next, value) => release(next, field, value), state);
}

/**
 * The query that a field's values are counted with: the question without what is chosen of this very field, so
 * that the other values are there to be chosen. Where filters of several fields are joined by "or", they are one
 * whole, and the question stays as it is.
 */
export function queryBeside(query: ApiQuery, state: QueryState, field: string): ApiQuery {
  const { filters, match } = state;
  const own = filters.filter((filter) => filter.field === field).length;
  const isWhole = match === 'any' && own > 0 && own < filters.length;
  const released = releaseField(state, field);
  const base = isWhole ? { ...released, filters, match } : released;
  const beside: ApiQuery = { ...query };
  delete beside.filter;
  delete beside.match;
  delete beside.event_type;
  delete beside.result;
  delete beside.q;
  // How the answer is ordered says nothing of its counts.
  delete beside.order;
  return {
    ...beside,
    ...(base.filters.length > 0 && { filter: base.filters.map(writeFilter) }),
    ...(base.filters.length > 0 && base.match === 'any' && { match: base.match }),
    ...(base.eventTypes.length > 0 && { event_type: [...base.eventTypes] }),
    ...(base.results.length > 0 && { result: [...base.results] }),
    ...(base.q.trim() !== '' && { q: base.q }),
  };
}
