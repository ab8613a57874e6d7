/**
 * What an export was asked for, as a look: for its words, for a link to the explorer, and for asking it again.
 *
 * An export may have been asked for by any program, in words that no address of the console has. It must hold
 * that such a query is never shown as another one: it is no look then, and told as it is.
 */
import type { Export } from '../../api/exports';
import { describeQuery } from '../../lib/query/describe';
import { type QueryState, readSearchStrictly, type SearchOutput, writeSearch } from '../../lib/query/state';
import { rangeLabelWithZone } from '../../lib/time/labels';

/** What the API means where nothing is said. */
const API_ZONE = 'UTC';

/** The parameters that a look has, too. */
const NAMES = new Set([
  ...['project_id', 'level', 'range', 'from', 'to', 'tz', 'week_start', 'q', 'filter', 'match', 'action'],
  ...['event_type', 'result', 'phase', 'attempt', 'reads', 'order'],
]);

/** The query as a look; undefined where the console has no words for it. */
export function lookOfExport({ query, columns }: Export): QueryState | undefined {
  if (Object.keys(query).some((name) => !NAMES.has(name))) return undefined;
  const { state, dropped } = readSearchStrictly({
    ...query,
    ...(columns.length > 0 && { columns: columns.map((column) => column.replaceAll(',', '\\,')) }),
  });
  if (dropped.length > 0) return undefined;
  return { ...state, range: state.range ?? 'all_time', tz: state.tz ?? API_ZONE };
}

/**
 * The address's parameters that show what the file has. Ranges such as "last 7 days" are those of the day when
 * it was asked for, so they are written out.
 */
export function searchOfExport(exported: Export): SearchOutput | undefined {
  const look = lookOfExport(exported);
  if (look === undefined) return undefined;
  const from = exported.range?.from ?? undefined;
  const to = exported.range?.to ?? undefined;
  const range = from === undefined && to === undefined ? ('all_time' as const) : { from, to };
  return writeSearch({ ...look, range });
}

/** The query in words; as it was sent, where there are none. */
export function describeExport(exported: Export, projectName: (id: string) => string | undefined): string {
  const look = lookOfExport(exported);
  if (look === undefined) {
    return Object.entries(exported.query)
      .flatMap(([name, values]) => values.map((value) => `${name}=${value}`))
      .join(', ');
  }
  const name = look.projectId === undefined ? undefined : projectName(look.projectId);
  return describeQuery(look, { projectName: name });
}

/** The days or instants that the range meant, where its name alone does not say it. */
export function rangeOfExport(exported: Export): string | undefined {
  const zone = exported.query['tz']?.[0] ?? API_ZONE;
  const from = exported.range?.from ?? undefined;
  const to = exported.range?.to ?? undefined;
  if (from === undefined && to === undefined) return undefined;
  return rangeLabelWithZone({ from, to }, zone);
}
