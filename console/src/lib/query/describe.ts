/**
 * A query in words: for the title of a page, for a saved view's first name, for screen readers.
 *
 * It must hold that what was typed into events or filters is shown so that it cannot pass for
 * anything else, and that the words stay short, however much is asked.
 */
import { rangeLabel } from '../time/labels';
import { cutText } from '../text/shorten';
import { visibleText } from '../text/visible';
import type { Filter } from './filters';
import { fieldLabel } from './known-fields';
import { type Defaults, effectiveActions, effectiveRange, type QueryState } from './state';

/** The longest value that is told, in characters. */
const MAX_VALUE_CHARACTERS = 40;
/** Most parts of a list that are told. */
const MAX_PARTS = 4;

/** What the words are made with beside the state. */
export interface Naming extends Defaults {
  /** What the project is called. */
  readonly projectName?: string | undefined;
}

function shown(value: string): string {
  return visibleText(cutText(value, MAX_VALUE_CHARACTERS));
}

/** A list in words, at most some parts of it. */
function listed(parts: readonly string[], last: string): string {
  const told = parts.slice(0, MAX_PARTS);
  const left = parts.length - told.length;
  if (left > 0) return `${told.join(', ')} ${last} ${left} more`;
  return told.length < 2 ? told.join('') : `${told.slice(0, -1).join(', ')} ${last} ${told.at(-1) ?? ''}`;
}

/** A filter in words: Category is Roles. */
export function describeFilter(filter: Filter): string {
  const value = filter.value === '' ? 'empty' : shown(filter.value);
  return `${shown(fieldLabel(filter.field))} ${filter.op === 'is' ? 'is' : 'is not'} ${value}`;
}

function attempts(state: QueryState): string {
  if (state.openAttempts) return 'attempts without an outcome';
  if (state.phase === undefined) return '';
  return state.phase === 'attempt' ? 'attempts only' : 'outcomes only';
}

/** Everything but the range of time, each part by itself. */
export function describeConditions(state: QueryState, naming: Naming = {}): readonly string[] {
  const actions = effectiveActions(state, naming).map(shown);
  const filters = state.filters.map(describeFilter);
  const parts = [
    state.q.trim() === '' ? '' : `search “${shown(state.q.trim())}”`,
    ...(state.match === 'any' ? [listed(filters, 'or')] : filters),
    actions.length === 0 ? '' : `action ${listed(actions, 'or')}`,
    listed(state.eventTypes, 'or'),
    state.results.length === 0 ? '' : `result ${listed(state.results, 'or')}`,
    state.levels.length === 0 ? '' : `${listed(state.levels, 'or')} level`,
    attempts(state),
    state.projectId === undefined ? '' : `in ${shown(naming.projectName ?? state.projectId)}`,
    state.reads === 'include' ? 'with records of reading' : '',
  ];
  return parts.filter((part) => part !== '');
}

function rangeInWords(state: QueryState, naming: Naming): string {
  const range = effectiveRange(state, naming);
  const label = rangeLabel(range, state.tz ?? naming.defaultZone ?? 'UTC');
  return typeof range === 'string' ? label.toLowerCase() : label;
}

/** A state in words: “Category is Roles, last 30 days”. */
export function describeQuery(state: QueryState, naming: Naming = {}): string {
  const conditions = describeConditions(state, naming);
  const told = conditions.slice(0, MAX_PARTS);
  const left = conditions.length - told.length;
  const more = left > 0 ? [`${left} more`] : [];
  const first = told.length === 0 ? ['All events'] : told;
  const words = [...first, ...more, rangeInWords(state, naming)].join(', ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
