/** Saved views and looks: what a view shows as a look, and a look as a view. */
import type { NewView, SavedView } from '../../api/views';
import { EMPTY_QUERY, type QueryState, type Range, readSearch, writeSearch } from '../../lib/query/state';
import { isPreset } from '../../lib/time/presets';

type Definition = SavedView['definition'];

export function viewRange(view: SavedView): Range {
  const { range } = view.definition;
  if (range === null) return 'all_time';
  if (typeof range === 'string') return isPreset(range) ? range : 'all_time';
  return { from: range.from ?? undefined, to: range.to ?? undefined };
}

/**
 * The look that a view begins with. What the view leaves open is left out, so that it follows the view: one that
 * everybody has changes nothing but itself.
 */
export function lookOf(view: SavedView): QueryState {
  const { query, sort } = view.definition;
  const asked = readSearch(query);
  return { ...asked, view: view.id, order: sort };
}

/** What has no place in the query of a view: it has one of its own there, or is of this screen only. */
const NOT_IN_QUERY = ['view', 'columns', 'split', 'live', 'range', 'from', 'to', 'tz', 'order'];

export function definitionOf(
  state: QueryState,
  columns: readonly string[],
  range: Range,
): NonNullable<NewView['definition']> {
  const search = writeSearch(state);
  const query = Object.fromEntries(
    Object.entries(search)
      .filter(([name]) => !NOT_IN_QUERY.includes(name))
      .map(([name, value]) => [name, Array.isArray(value) ? value : [value]]),
  );
  return {
    columns: [...columns],
    query,
    range: typeof range === 'string' ? range : { from: range.from ?? null, to: range.to ?? null },
    tz: state.tz ?? null,
    sort: state.order,
  };
}

/** Whether a look is what the view shows, or has gone on from there. */
export function isAsSaved(state: QueryState, view: SavedView): boolean {
  const strip = (look: QueryState) =>
    JSON.stringify(writeSearch({ ...EMPTY_QUERY, ...look, view: undefined, live: false, split: undefined }));
  return strip(state) === strip(lookOf(view));
}

export type { Definition };
