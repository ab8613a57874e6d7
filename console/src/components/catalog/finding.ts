/** Finding event types in the catalog: by any of their names, by what they carry, and by kind. */
import type { Catalog, CatalogEntry } from '../../api/catalog';
import { EVENT_TYPES, type EventType, type Level, LEVELS } from '../../lib/query/state';

export interface Wanted {
  text: string;
  eventType: EventType | undefined;
  level: Level | undefined;
}

export interface CategoryGroup {
  category: string;
  entries: readonly CatalogEntry[];
}

/** What an address asks for; what it cannot mean is dropped. */
export function readWanted(search: Readonly<Record<string, unknown>>): Wanted {
  const text = (name: string) => (typeof search[name] === 'string' ? search[name] : '');
  return {
    text: text('q'),
    eventType: EVENT_TYPES.find((type) => type === text('event_type')),
    level: LEVELS.find((level) => level === text('level')),
  };
}

export function writeWanted({ text, eventType, level }: Wanted): Record<string, string> {
  return {
    ...(text.trim() !== '' && { q: text }),
    ...(eventType !== undefined && { event_type: eventType }),
    ...(level !== undefined && { level }),
  };
}

function textOf(entry: CatalogEntry): string {
  const { action, name, aliases, category, badge, metadata } = entry;
  const fields = metadata.flatMap(({ key, label }) => [key, label]);
  return [name, action, ...aliases, category, badge, ...fields].join('\n').toLowerCase();
}

/** Every word of the text has to stand somewhere. */
export function findEntries(entries: readonly CatalogEntry[], wanted: Wanted): CatalogEntry[] {
  const words = wanted.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return entries.filter((entry) => {
    if (wanted.eventType !== undefined && entry.event_type !== wanted.eventType) return false;
    if (wanted.level !== undefined && entry.level !== wanted.level) return false;
    if (words.length === 0) return true;
    const text = textOf(entry);
    return words.every((word) => text.includes(word));
  });
}

/** By category, in the order in which the catalog begins each. */
export function byCategory(entries: readonly CatalogEntry[]): CategoryGroup[] {
  const groups = new Map<string, CatalogEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.category);
    if (group === undefined) groups.set(entry.category, [entry]);
    else group.push(entry);
  }
  return [...groups].map(([category, members]) => ({ category, entries: members }));
}

/**
 * Whether an event type may be the organization's own. Own ones come last, and there are at most as many as the
 * version counts changes; the server has the last word.
 */
export function mayBeOwn(catalog: Catalog, action: string): boolean {
  const changes = Number(/\+(\d+)$/.exec(catalog.version)?.[1] ?? 0);
  const place = catalog.events.findIndex((entry) => entry.action === action);
  return place >= 0 && place >= catalog.events.length - changes;
}
