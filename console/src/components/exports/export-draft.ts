/**
 * What is filled in to ask for an export, and what is asked for by it.
 *
 * It must hold that the rows that are counted are those that the file will have: both are made of the same
 * query. What is not changed in the dialog is asked as the view asks it.
 */
import type { ExportFormat, NewExport } from '../../api/exports';
import { MAX_EXPORT_NAME_CHARS } from '../../api/exports';
import { type ApiQuery, EVENT_TYPES, type EventType, type Range } from '../../lib/query/state';
import { cutText } from '../../lib/text/shorten';
import { isDate } from '../../lib/time/bounds';
import { rangeLabel } from '../../lib/time/labels';
import type { Preset } from '../../lib/time/presets';
import { daysOfRange, rangeOfDays } from '../../lib/time/resolve';

/** What there is to be exported beside all entries: what a view shows, or what an export had. */
export interface ExportSource {
  /** What it is called on the button that chooses it. */
  title: string;
  query: ApiQuery;
  columns: readonly string[];
  /** Begins the export's name; what is asked again keeps its own. */
  name: string;
  /** That of an export that is asked again. */
  format?: ExportFormat;
}

/** By whose zone and calendar ranges are meant. */
export interface Reader {
  readonly zone: string;
  readonly weekStart: 'monday' | 'sunday';
}

export const OFFERED_RANGES = [
  'last_24_hours',
  'last_7_days',
  'last_30_days',
  'this_month',
  'all_time',
] as const satisfies readonly Preset[];

/** `shown`: the source's own range, where it is none of those that are offered. */
export type TimeChoice = (typeof OFFERED_RANGES)[number] | 'shown' | 'custom';

export interface ExportDraft {
  /** Undefined: it follows what is chosen. */
  readonly name: string | undefined;
  readonly content: 'view' | 'all';
  readonly time: TimeChoice;
  /** Days, both included; empty for no bound. They count where the time is `custom`. */
  readonly firstDay: string;
  readonly lastDay: string;
  readonly eventTypes: readonly EventType[];
  readonly format: ExportFormat;
  /** Undefined: as the format is mostly used. */
  readonly columns: 'shown' | 'usual' | undefined;
  readonly withReads: boolean;
}

/** The range that a query asks. */
export function rangeOfQuery({ range, from, to }: ApiQuery): Range {
  if (range !== undefined) return range;
  return from === undefined && to === undefined ? 'all_time' : { from, to };
}

function isOffered(range: Range): range is (typeof OFFERED_RANGES)[number] {
  return OFFERED_RANGES.some((offered) => offered === range);
}

/** Everything of the source as it is. */
export function openDraft(source: ExportSource | undefined, reader: Reader, now: number): ExportDraft {
  const range: Range = source === undefined ? 'last_30_days' : rangeOfQuery(source.query);
  const days = daysOfRange(range, { ...reader, now });
  return {
    name: undefined,
    content: source === undefined ? 'all' : 'view',
    time: isOffered(range) ? range : 'shown',
    firstDay: days?.first ?? '',
    lastDay: days?.last ?? '',
    eventTypes: source?.query.event_type ?? EVENT_TYPES,
    format: source?.format ?? 'csv',
    // What had columns has them again.
    columns: source?.format !== undefined && source.columns.length > 0 ? 'shown' : undefined,
    withReads: source?.query.reads === 'include',
  };
}

/** The draft for all entries, or for those of the source again. Its types and its own range go with it. */
export function withContent(
  draft: ExportDraft,
  content: 'view' | 'all',
  source: ExportSource | undefined,
): ExportDraft {
  const eventTypes = content === 'view' ? source?.query.event_type : undefined;
  return { ...draft, content, eventTypes: eventTypes ?? EVENT_TYPES };
}

/** Which columns the file has: those of the screen for spreadsheets, else all that the format can hold. */
export function columnsOf(draft: ExportDraft): 'shown' | 'usual' {
  if (draft.content === 'all') return 'usual';
  const isSheet = draft.format === 'csv' || draft.format === 'xlsx';
  return draft.columns ?? (isSheet ? 'shown' : 'usual');
}

/** What is wrong, by the field at which it is. */
export interface DraftProblems {
  readonly name?: string;
  readonly time?: string;
  readonly eventTypes?: string;
}

function timeProblem({ time, firstDay, lastDay }: ExportDraft): string | undefined {
  if (time !== 'custom') return undefined;
  if (firstDay === '' && lastDay === '') return 'Choose the first day, the last day, or both.';
  if (firstDay !== '' && !isDate(firstDay)) return 'The first day is no day of the calendar.';
  if (lastDay !== '' && !isDate(lastDay)) return 'The last day is no day of the calendar.';
  if (firstDay !== '' && lastDay !== '' && lastDay < firstDay)
    return 'The last day has to be the first day or a later one.';
  return undefined;
}

export function problemsOf(draft: ExportDraft): DraftProblems {
  const { name, eventTypes } = draft;
  const time = timeProblem(draft);
  return {
    ...(name !== undefined && name.trim() === '' && { name: 'Give the export a name.' }),
    ...(name !== undefined &&
      Array.from(name).length > MAX_EXPORT_NAME_CHARS && {
        name: `A name has at most ${MAX_EXPORT_NAME_CHARS} characters.`,
      }),
    ...(time !== undefined && { time }),
    ...(eventTypes.length === 0 && { eventTypes: 'Choose at least one type of events.' }),
  };
}

/** The range that is chosen; undefined while its days are no range. */
function chosenRange(draft: ExportDraft, source: ExportSource | undefined): Range | undefined {
  const { time, firstDay, lastDay } = draft;
  if (time === 'shown') return source === undefined ? 'all_time' : rangeOfQuery(source.query);
  if (time !== 'custom') return time;
  if (timeProblem(draft) !== undefined) return undefined;
  const { from, to } = rangeOfDays({ first: firstDay || lastDay, last: lastDay || firstDay });
  return { from: firstDay === '' ? undefined : from, to: lastDay === '' ? undefined : to };
}

/** The query of the draft; undefined while something is wrong with it. */
export function queryOfDraft(
  draft: ExportDraft,
  source: ExportSource | undefined,
  reader: Reader,
): ApiQuery | undefined {
  const range = chosenRange(draft, source);
  if (range === undefined || draft.eventTypes.length === 0) return undefined;
  const asked = draft.content === 'view' ? source?.query : undefined;
  const rest: ApiQuery = { ...asked };
  delete rest.range;
  delete rest.from;
  delete rest.to;
  delete rest.event_type;
  delete rest.reads;
  const hasAllTypes = EVENT_TYPES.every((type) => draft.eventTypes.includes(type));
  return {
    tz: reader.zone,
    week_start: reader.weekStart,
    ...rest,
    ...(typeof range === 'string'
      ? { range }
      : {
          ...(range.from !== undefined && { from: range.from }),
          ...(range.to !== undefined && { to: range.to }),
        }),
    // In their own order, so that the same boxes are the same query.
    ...(!hasAllTypes && { event_type: EVENT_TYPES.filter((type) => draft.eventTypes.includes(type)) }),
    ...(draft.withReads && { reads: 'include' as const }),
  };
}

/** The name that the export has until somebody types another one. */
export function proposedName(draft: ExportDraft, source: ExportSource | undefined, reader: Reader): string {
  const range = chosenRange(draft, source);
  const isView = draft.content === 'view' && source !== undefined;
  const what = isView ? source.name : 'All entries';
  const isAgain = isView && source.format !== undefined;
  const when = range === undefined || isAgain ? '' : `, ${rangeLabel(range, reader.zone)}`;
  const name = cutText(`${what}${when}`, MAX_EXPORT_NAME_CHARS - 1);
  // What reads as one character may be several.
  return Array.from(name).slice(0, MAX_EXPORT_NAME_CHARS).join('');
}

/** What is sent; undefined while something is wrong. */
export function newExportOf(
  draft: ExportDraft,
  source: ExportSource | undefined,
  reader: Reader,
): NewExport | undefined {
  const query = queryOfDraft(draft, source, reader);
  if (query === undefined || Object.keys(problemsOf(draft)).length > 0) return undefined;
  const hasColumns = columnsOf(draft) === 'shown' && source !== undefined && source.columns.length > 0;
  return {
    name: draft.name?.trim() ?? proposedName(draft, source, reader),
    format: draft.format,
    ...query,
    ...(hasColumns && { columns: [...source.columns] }),
  };
}
