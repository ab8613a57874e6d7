/**
 * The values that an event has for a field, as the server finds them: what a cell shows, and what a
 * filter on the cell would meet.
 *
 * It must hold that a filter made of a value found here finds the event that it came from.
 */
import { readField } from './fields';

/** Where the first key of a field stands in the record. */
const PLACES: ReadonlyMap<string, readonly string[]> = new Map([
  ['event', ['name']],
  ['user', ['actor']],
  ['authority', ['actor', 'on_behalf_of']],
  ['target', ['targets']],
]);

/** A person is shown by the first of these that is there. */
const KNOWN_BY = ['name', 'email', 'id'];
/** Members of the record that hold people, by name alone. */
const PARTIES = new Set(['user', 'authority']);
/** Deeper values are not looked for; the server takes no deeper event. */
const MAX_DEPTH = 64;
/** Most values of one cell. */
const MAX_VALUES = 1000;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The text that a scalar is compared by; undefined for null and for what holds values. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : undefined;
}

function collect(value: unknown, path: readonly string[], found: string[], depth = MAX_DEPTH): void {
  if (depth === 0 || found.length >= MAX_VALUES) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, path, found, depth - 1);
    return;
  }
  const [key, ...rest] = path;
  if (key !== undefined) {
    collect(member(value, key), rest, found, depth - 1);
    return;
  }
  const text = scalarText(value);
  if (text !== undefined) found.push(text);
}

/** What each person of a member of the record is shown as. */
function shownParties(there: unknown): string[] {
  const parties: readonly unknown[] = Array.isArray(there) ? there : [there];
  return parties.slice(0, MAX_VALUES).flatMap((party) => {
    const texts = KNOWN_BY.map((key) => scalarText(member(party, key)));
    const shown = texts.find((text) => text !== undefined && text !== '');
    return shown === undefined ? [] : [shown];
  });
}

/** The values of a field, in the order of the event; none if it is no field. */
export function fieldValues(event: unknown, field: string): readonly string[] {
  const read = readField(field);
  if (!read.ok) return [];
  const [root = '', ...rest] = read.field.keys;
  const places = PLACES.get(root) ?? [root];
  if (PARTIES.has(read.field.name)) return places.flatMap((place) => shownParties(member(event, place)));
  const found: string[] = [];
  for (const place of places) collect(member(event, place), rest, found);
  return found;
}

/** What a column that is no field holds, as it is: `changes`, `request.body`. */
function memberValue(event: unknown, column: string): unknown {
  const [root = '', ...rest] = column.split('.');
  const [place = root] = PLACES.get(root) ?? [root];
  return rest.reduce<unknown>(member, member(event, place));
}

/** What a cell shows: the values of a field, or the JSON of a member that holds others. */
export function cellValues(event: unknown, column: string): readonly string[] {
  if (readField(column).ok) return fieldValues(event, column);
  const value = memberValue(event, column);
  return value === undefined || value === null ? [] : [JSON.stringify(value)];
}
