/**
 * What narrows a look, as chips: each says in words what it asks, and can be taken away by itself.
 *
 * It must hold that every part of the query that the bar and the range do not show is a chip, and that without
 * all of them nothing narrows the look but those two.
 */
import type { Filter } from '../../lib/query/filters';
import { removeFilter, writeFilter } from '../../lib/query/filters';
import { fieldLabel } from '../../lib/query/known-fields';
import type { QueryState } from '../../lib/query/state';

export interface Chip {
  readonly key: string;
  /** Filters are joined with each other by AND or OR; all else always has to hold. */
  readonly kind: 'filter' | 'other';
  readonly subject: string;
  readonly verb: string;
  readonly value: string;
  /** The look without it. */
  readonly remove: (state: QueryState) => QueryState;
}

function chipOfFilter(filter: Filter): Chip {
  return {
    key: `filter ${writeFilter(filter)}`,
    kind: 'filter',
    subject: fieldLabel(filter.field),
    verb: filter.op === 'is' ? 'is' : 'is not',
    value: filter.value,
    remove: (state) => {
      const filters = removeFilter(state.filters, filter);
      return { ...state, filters, match: filters.length > 1 ? state.match : 'all' };
    },
  };
}

type ListName = 'actions' | 'eventTypes' | 'results' | 'levels';

const LISTS: readonly { name: ListName; subject: string }[] = [
  { name: 'actions', subject: 'Action' },
  { name: 'eventTypes', subject: 'Event type' },
  { name: 'results', subject: 'Result' },
  { name: 'levels', subject: 'Level' },
];

function withoutValue(state: QueryState, name: ListName, value: string): QueryState {
  const left: readonly string[] = state[name].filter((other) => other !== value);
  return { ...state, [name]: left };
}

function chipsOfList(state: QueryState, name: ListName, subject: string): Chip[] {
  const values: readonly string[] = state[name];
  return values.map((value) => ({
    key: `${name} ${value}`,
    kind: 'other',
    subject,
    verb: name === 'actions' && value.includes('*') ? 'matches' : 'is',
    value,
    remove: (before) => withoutValue(before, name, value),
  }));
}

/** The chips of a look: filters first, in their order. */
export function chipsOf(state: QueryState): readonly Chip[] {
  const chips = state.filters.map(chipOfFilter);
  for (const { name, subject } of LISTS) chips.push(...chipsOfList(state, name, subject));
  if (state.phase !== undefined) {
    chips.push({
      key: 'phase',
      kind: 'other',
      subject: 'Phase',
      verb: 'is',
      value: state.phase,
      remove: (before) => ({ ...before, phase: undefined }),
    });
  }
  if (state.openAttempts) {
    chips.push({
      key: 'attempt',
      kind: 'other',
      subject: 'Attempts',
      verb: 'without',
      value: 'an outcome',
      remove: (before) => ({ ...before, openAttempts: false }),
    });
  }
  if (state.reads === 'include') {
    chips.push({
      key: 'reads',
      kind: 'other',
      subject: 'Records of reading',
      verb: 'are',
      value: 'included',
      remove: (before) => ({ ...before, reads: 'exclude' }),
    });
  }
  return chips;
}

/** The look without any of its chips. */
export function withoutChips(state: QueryState): QueryState {
  return chipsOf(state).reduce((left, chip) => chip.remove(left), state);
}
