/**
 * What can be proposed where a field or a value is due: the fields that every event may have with what they
 * are called, the keys of `metadata` that the events at hand have, and values with how often they occur.
 *
 * Counts are of the events of the look without the part that is being typed, since that part is about to
 * change.
 */
import { useQuery } from '@tanstack/react-query';

import { type CountedValue, completionsQuery } from '../../api/events';
import { matchingFields } from '../../lib/query/completion';
import { isCountable, readField } from '../../lib/query/fields';
import { KNOWN_FIELDS, type KnownField } from '../../lib/query/known-fields';
import type { ApiQuery } from '../../lib/query/state';
import { useSettled } from './use-settled';

/** Values that are proposed at once. */
const MAX_VALUES = 50;
/** Names of fields that are asked for: as many as the API gives. */
const MAX_NAMES = 500;
/** Where the key of a completion has its field. */
const FIELD_IN_KEY = 4;

export interface FieldSuggestion {
  name: string;
  /** What people call it; undefined for keys that are the senders' own. */
  label: string | undefined;
  description: string | undefined;
  count: number | undefined;
}

export interface Asked<Item> {
  items: readonly Item[];
  isLoading: boolean;
}

const NO_VALUES: readonly CountedValue[] = [];

/** The part of a query that stays while another part is being typed. */
export function without(query: ApiQuery, ...names: readonly (keyof ApiQuery)[]): ApiQuery {
  return Object.fromEntries(Object.entries(query).filter(([name]) => !names.some((left) => left === name)));
}

/** How many events have a field, where that says something: what all of them have is not counted. */
function telling(names: readonly CountedValue[]): ReadonlyMap<string, number> {
  const all = Math.max(0, ...names.map(({ count }) => count));
  return new Map(names.filter(({ count }) => count < all).map(({ value, count }) => [value, count]));
}

function suggestionOf(field: KnownField, counts: ReadonlyMap<string, number>): FieldSuggestion {
  return { ...field, count: counts.get(field.name) };
}

/** The fields that a text may be the beginning of: first the known ones, then keys of metadata. */
export function suggestedFields(typed: string, names: readonly CountedValue[]): FieldSuggestion[] {
  const counts = telling(names);
  const known = new Set(KNOWN_FIELDS.map(({ name }) => name));
  const lower = typed.toLowerCase();
  const own = names.filter(({ value }) => !known.has(value) && value.toLowerCase().includes(lower));
  const begins = ({ value }: CountedValue) =>
    value
      .toLowerCase()
      .split('.')
      .some((key) => key.startsWith(lower));
  const ranked = [...own.filter(begins), ...own.filter((one) => !begins(one))];
  return [
    ...matchingFields(typed).map((field) => suggestionOf(field, counts)),
    ...ranked.map(({ value, count }) => ({ name: value, label: undefined, description: undefined, count })),
  ];
}

/** Fields for what is typed. The names are asked for once per query, since there are few. */
export function useFieldSuggestions(
  organizationId: string,
  query: ApiQuery,
  typed: string,
  isWanted: boolean,
): Asked<FieldSuggestion> {
  const answer = useQuery({
    ...completionsQuery(organizationId, query, undefined, '', MAX_NAMES),
    enabled: isWanted,
  });
  if (!isWanted) return { items: [], isLoading: false };
  return { items: suggestedFields(typed, answer.data?.values ?? NO_VALUES), isLoading: false };
}

/** Values of a field for what is typed. A field that takes whole values only has no proposals. */
export function useValueSuggestions(
  organizationId: string,
  query: ApiQuery,
  field: string | undefined,
  typed: string,
): Asked<CountedValue> {
  const settled = useSettled(typed);
  const isWanted = field !== undefined && isCountable(field);
  const answer = useQuery({
    ...completionsQuery(organizationId, query, field, settled, MAX_VALUES),
    enabled: isWanted,
    // While the next answer is awaited the last one stays, but never that of another field.
    placeholderData: (before, beforeQuery) =>
      beforeQuery?.queryKey[FIELD_IN_KEY] === field ? before : undefined,
  });
  if (!isWanted) return { items: NO_VALUES, isLoading: false };
  const values = answer.data?.values ?? NO_VALUES;
  if (settled === typed && !answer.isPlaceholderData) return { items: values, isLoading: answer.isLoading };
  const lower = typed.toLowerCase();
  return { items: values.filter(({ value }) => value.toLowerCase().startsWith(lower)), isLoading: true };
}

/** The field that a typed column means: by what it is called, else by its path. */
export function fieldOfColumn(text: string): string | undefined {
  const typed = text.trim();
  const lower = typed.toLowerCase();
  const known = KNOWN_FIELDS.find(({ label, name }) => label.toLowerCase() === lower || name === lower);
  if (known !== undefined) return known.name;
  const read = readField(typed);
  return read.ok ? read.field.name : undefined;
}
