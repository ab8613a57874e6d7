/**
 * Filters: one field, is or is not, one value. How they are written, and what adding and removing
 * one means.
 *
 * It must hold that a filter that was written is read back equal, whatever its value holds, and that
 * two spellings of a field are one filter.
 */
import { byteLength, fieldName } from './fields';

/** The longest value of a filter, in bytes. */
export const MAX_VALUE_BYTES = 1024;
/** Most filters of a query. */
export const MAX_FILTERS = 64;

export type FilterOperator = 'is' | 'is_not';

export interface Filter {
  /** A path, as `readField` spells it. */
  readonly field: string;
  readonly op: FilterOperator;
  readonly value: string;
}

/** Where the field of a filter ends: at its first colon that is not escaped. */
function endOfPath(text: string): number {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === ':') return at;
    if (text[at] === '\\') at += 1;
  }
  return -1;
}

/** Reads `field:is:value`; undefined if the server would refuse it. */
export function readFilter(text: string): Filter | undefined {
  const end = endOfPath(text);
  const operatorEnd = text.indexOf(':', end + 1);
  if (end < 0 || operatorEnd < 0) return undefined;
  const field = fieldName(text.slice(0, end));
  const op = text.slice(end + 1, operatorEnd);
  const value = text.slice(operatorEnd + 1);
  if (field === undefined || (op !== 'is' && op !== 'is_not')) return undefined;
  return byteLength(value) > MAX_VALUE_BYTES ? undefined : { field, op, value };
}

/** Writes a filter as the API takes it. */
export function writeFilter(filter: Filter): string {
  return `${filter.field}:${filter.op}:${filter.value}`;
}

/** Whether two filters ask for the same. */
export function same(a: Filter, b: Filter): boolean {
  return a.op === b.op && isAbout(a, b);
}

/** Whether two filters are about the same value, whichever way. */
function isAbout(a: Filter, b: Filter): boolean {
  return a.value === b.value && (fieldName(a.field) ?? a.field) === (fieldName(b.field) ?? b.field);
}

/** The filters without this one. */
export function removeFilter(filters: readonly Filter[], filter: Filter): readonly Filter[] {
  return filters.filter((other) => !same(other, filter));
}

/** The filters with this one. What it is the opposite of goes: both at once would find nothing. */
export function addFilter(filters: readonly Filter[], filter: Filter): readonly Filter[] {
  if (filters.some((other) => same(other, filter))) return filters;
  const others = filters.filter((other) => !isAbout(other, filter));
  return others.length >= MAX_FILTERS ? filters : [...others, filter];
}

/** The filters with one more that leaves this value out. */
export function excludeValue(filters: readonly Filter[], field: string, value: string): readonly Filter[] {
  return addFilter(filters, { field, op: 'is_not', value });
}

/** Removes a filter that is there, else adds it. */
export function toggleFilter(filters: readonly Filter[], filter: Filter): readonly Filter[] {
  return filters.some((other) => same(other, filter))
    ? removeFilter(filters, filter)
    : addFilter(filters, filter);
}

/** Puts one filter in the place of another; at the end if that one is gone. */
export function replaceFilter(
  filters: readonly Filter[],
  old: Filter,
  replacement: Filter,
): readonly Filter[] {
  const at = filters.findIndex((other) => same(other, old));
  if (at < 0) return addFilter(filters, replacement);
  return distinctFilters(filters.map((other, index) => (index === at ? replacement : other)));
}

/** The filters, each once, in order. */
export function distinctFilters(filters: readonly Filter[]): readonly Filter[] {
  const seen = new Set<string>();
  return filters.filter((filter) => {
    const written = writeFilter(filter);
    return seen.has(written) ? false : seen.add(written);
  });
}

/** Whether the filters ask for a value of a field, leave it out, or say nothing of it. */
export function filterState(
  filters: readonly Filter[],
  field: string,
  value: string,
): FilterOperator | undefined {
  return filters.find((filter) => isAbout(filter, { field, op: 'is', value }))?.op;
}
