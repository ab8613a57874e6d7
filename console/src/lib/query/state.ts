/**
 * The state of a look at events: what is asked, and how it is shown. All of it lives in the URL, so
 * that Back works and a link shows the same.
 *
 * It must hold that what was written is read back equal, and that no URL, however hostile, makes
 * reading fail: what cannot be followed is dropped and named in `dropped`. The names in the URL are
 * the API's own, and four more that only the console knows.
 */
import { areOutOfOrder, isBound } from '../time/bounds';
import { isPreset, type Preset, type WeekStart } from '../time/presets';
import { isZone } from '../time/zone-names';
import { byteLength, fieldName, isColumn, isCountable } from './fields';
import {
  distinctFilters,
  type Filter,
  MAX_FILTERS,
  MAX_VALUE_BYTES,
  readFilter,
  writeFilter,
} from './filters';

export const LEVELS = ['organization', 'project', 'tool', 'workflow', 'agent'] as const;
export const EVENT_TYPES = [
  'Agent Operations',
  'Policy Changes',
  'User Actions',
  'Security Events',
  'System Events',
] as const;
export const RESULTS = ['success', 'failed', 'denied', 'warning', 'approved', 'allowed'] as const;

export type Level = (typeof LEVELS)[number];
export type EventType = (typeof EVENT_TYPES)[number];
export type EventResult = (typeof RESULTS)[number];

/** From one bound, before another. Each is an RFC 3339 instant or a date; at least one is there. */
export interface Span {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A range of time as it is asked for: by name, or by its ends. */
export type Range = Preset | Span;

/** Everything that a look at events is. */
export interface QueryState {
  readonly projectId?: string | undefined;
  readonly levels: readonly Level[];
  /** Undefined: the range of the view. */
  readonly range?: Range | undefined;
  /** Undefined: the reader's own zone. */
  readonly tz?: string | undefined;
  /** Undefined: the reader's own. */
  readonly weekStart?: WeekStart | undefined;
  readonly filters: readonly Filter[];
  /** How the filters join. */
  readonly match: 'all' | 'any';
  /** Patterns; several mean any of them. */
  readonly actions: readonly string[];
  readonly eventTypes: readonly EventType[];
  readonly results: readonly EventResult[];
  readonly phase?: 'attempt' | 'outcome' | undefined;
  readonly openAttempts: boolean;
  readonly q: string;
  readonly reads: 'exclude' | 'include';
  readonly order: 'desc' | 'asc';
  /** The id or the name of a view. Undefined: the first of them. */
  readonly view?: string | undefined;
  /** Undefined: the columns of the view. */
  readonly columns?: readonly string[] | undefined;
  /** The field that the histogram is split by, or `none`. Undefined: the console's choice. */
  readonly split?: string | undefined;
  readonly live: boolean;
}

/** A look at everything. */
export const EMPTY_QUERY: QueryState = {
  levels: [],
  filters: [],
  match: 'all',
  actions: [],
  eventTypes: [],
  results: [],
  openAttempts: false,
  q: '',
  reads: 'exclude',
  order: 'desc',
  live: false,
};

/** The histogram is not split. No field can have this name. */
export const NO_SPLIT = 'none';

/** Most action patterns of a query. */
export const MAX_ACTIONS = 64;
/** The longest action pattern, in bytes. */
export const MAX_ACTION_BYTES = 256;
/** The longest search, in bytes. */
export const MAX_Q_BYTES = 2048;
/** Most columns of a table. */
export const MAX_COLUMNS = 64;
/** The longest id or name of a view, in bytes. */
const MAX_VIEW_BYTES = 256;
/** The longest list of columns, in bytes as it is written. */
const MAX_COLUMNS_BYTES = 8192;
/** Most values of one parameter that are looked at. */
const MAX_VALUES = 256;

/** What a URL asks, its values decoded. Values may come from anywhere, so they may be anything. */
export type SearchInput = Readonly<Record<string, unknown>>;
/** What is put into a URL. */
export type SearchOutput = Record<string, string | string[]>;

/** A half of a pair of surrogates is no text: the server would never see it. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** What a URL gave for each name, and which names had something that could not be followed. */
class Given {
  readonly dropped = new Set<string>();
  private readonly params: SearchInput;

  constructor(params: SearchInput) {
    this.params = params;
  }

  /** The values of a name, as texts. */
  texts(name: string): string[] {
    const value = Object.hasOwn(this.params, name) ? this.params[name] : undefined;
    if (value === undefined || value === null) return [];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    if (values.length > MAX_VALUES) this.dropped.add(name);
    return values.slice(0, MAX_VALUES).flatMap((one) => {
      if (typeof one === 'string') return [wellFormed(one)];
      if (typeof one === 'number' || typeof one === 'boolean') return [String(one)];
      this.dropped.add(name);
      return [];
    });
  }

  /** The one value of a name, if `read` takes it. */
  one<T>(name: string, read: (text: string) => T | undefined): T | undefined {
    const [first, ...more] = this.texts(name);
    if (more.length > 0) this.dropped.add(name);
    if (first === undefined) return undefined;
    const value = read(first);
    if (value === undefined) this.dropped.add(name);
    return value;
  }

  /** The values of a name that `read` takes, each once. */
  many<T>(name: string, most: number, read: (text: string) => T | undefined): T[] {
    const values = new Set<T>();
    for (const text of this.texts(name)) {
      const value = read(text);
      if (value === undefined || (values.size >= most && !values.has(value))) this.dropped.add(name);
      else values.add(value);
    }
    return [...values];
  }
}

/** Reads one of a few words. */
function wordOf<const T extends string>(words: readonly T[]): (text: string) => T | undefined {
  return (text) => words.find((word) => word === text);
}

/** Reads a text that is not empty, of a bounded length. */
function textUpTo(maxBytes: number): (text: string) => string | undefined {
  return (text) => (text !== '' && byteLength(text) <= maxBytes ? text : undefined);
}

function readRange(given: Given): Range | undefined {
  const preset = given.one('range', (text) => (isPreset(text) ? text : undefined));
  const bound = (name: string) => given.one(name, (text) => (isBound(text) ? text : undefined));
  const [from, to] = [bound('from'), bound('to')];
  if (from === undefined && to === undefined) return preset;
  if (preset !== undefined) given.dropped.add('range');
  if (from !== undefined && to !== undefined && areOutOfOrder(from, to)) {
    given.dropped.add('from').add('to');
    return undefined;
  }
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function readFilters(given: Given): readonly Filter[] {
  const read = given.texts('filter').map(readFilter);
  const filters = distinctFilters(read.filter((filter) => filter !== undefined));
  if (read.includes(undefined) || filters.length > MAX_FILTERS) given.dropped.add('filter');
  return filters.slice(0, MAX_FILTERS);
}

/** Splits names at commas; `\,` is a comma in a name. */
function splitNames(text: string): string[] {
  const names = [''];
  for (let at = 0; at < text.length; at += 1) {
    const last = names.length - 1;
    const isEscaped = text[at] === '\\' && text[at + 1] === ',';
    if (text[at] === ',') names.push('');
    else names[last] = `${names[last] ?? ''}${isEscaped ? ',' : text.charAt(at)}`;
    if (isEscaped) at += 1;
  }
  return names;
}

/** Joins names with commas, as the API reads them. */
export function joinNames(names: readonly string[]): string {
  return names.map((name) => name.replaceAll(',', '\\,')).join(',');
}

function readColumns(given: Given): readonly string[] | undefined {
  const names = given.texts('columns').flatMap((text) => {
    return byteLength(text) > MAX_COLUMNS_BYTES ? [''] : splitNames(text);
  });
  const columns = [...new Set(names.filter(isColumn))];
  if (columns.length < names.length || columns.length > MAX_COLUMNS) given.dropped.add('columns');
  return columns.length === 0 ? undefined : columns.slice(0, MAX_COLUMNS);
}

function readSplit(text: string): string | undefined {
  if (text === NO_SPLIT) return NO_SPLIT;
  return isCountable(text) ? fieldName(text) : undefined;
}

/** What a URL asks, and the names of the parameters of which something could not be followed. */
export function readSearchStrictly(params: SearchInput): { state: QueryState; dropped: readonly string[] } {
  const given = new Given(params);
  const optional = {
    projectId: given.one('project_id', textUpTo(MAX_VALUE_BYTES)),
    range: readRange(given),
    tz: given.one('tz', (text) => (isZone(text) ? text : undefined)),
    weekStart: given.one('week_start', wordOf(['monday', 'sunday'])),
    phase: given.one('phase', wordOf(['attempt', 'outcome'])),
    view: given.one('view', textUpTo(MAX_VIEW_BYTES)),
    columns: readColumns(given),
    split: given.one('split', readSplit),
  };
  const state: QueryState = {
    ...EMPTY_QUERY,
    ...optional,
    levels: given.many('level', LEVELS.length, wordOf(LEVELS)),
    filters: readFilters(given),
    match: given.one('match', wordOf(['all', 'any'])) ?? 'all',
    actions: given.many('action', MAX_ACTIONS, textUpTo(MAX_ACTION_BYTES)),
    eventTypes: given.many('event_type', EVENT_TYPES.length, wordOf(EVENT_TYPES)),
    results: given.many('result', RESULTS.length, wordOf(RESULTS)),
    openAttempts: given.one('attempt', wordOf(['open'])) !== undefined,
    q: given.one('q', (text) => (byteLength(text) <= MAX_Q_BYTES ? text : undefined)) ?? '',
    reads: given.one('reads', wordOf(['exclude', 'include'])) ?? 'exclude',
    order: given.one('order', wordOf(['desc', 'asc'])) ?? 'desc',
    live: given.one('live', wordOf(['true', 'false'])) === 'true',
  };
  return { state, dropped: [...given.dropped] };
}

/** What a URL asks. What cannot be followed is left out. */
export function readSearch(params: SearchInput): QueryState {
  return readSearchStrictly(params).state;
}

/** Puts what is there under its name, in order. */
function collect(
  entries: readonly (readonly [string, string | readonly string[] | undefined])[],
): SearchOutput {
  const output: SearchOutput = {};
  for (const [name, value] of entries) {
    if (value === undefined || value.length === 0) continue;
    output[name] = typeof value === 'string' ? value : [...value];
  }
  return output;
}

/** A word, unless it is the one that is meant anyway. */
function unless<T extends string>(usual: T, value: T): T | undefined {
  return value === usual ? undefined : value;
}

function spanOf(range: Range | undefined): Span {
  return typeof range === 'object' ? range : {};
}

/** The parameters of a URL that asks this: only what is not usual, always in the same order. */
export function writeSearch(state: QueryState): SearchOutput {
  const span = spanOf(state.range);
  return collect([
    ['view', state.view],
    ['project_id', state.projectId],
    ['level', state.levels],
    ['range', typeof state.range === 'string' ? state.range : undefined],
    ['from', span.from],
    ['to', span.to],
    ['tz', state.tz],
    ['week_start', state.weekStart],
    ['q', state.q],
    ['filter', state.filters.map(writeFilter)],
    ['match', unless('all', state.match)],
    ['action', state.actions],
    ['event_type', state.eventTypes],
    ['result', state.results],
    ['phase', state.phase],
    ['attempt', state.openAttempts ? 'open' : undefined],
    ['reads', unless('exclude', state.reads)],
    ['order', unless('desc', state.order)],
    ['columns', state.columns === undefined ? undefined : joinNames(state.columns)],
    ['split', state.split],
    ['live', state.live ? 'true' : undefined],
  ]);
}

/** The parameters of a query, as every call that asks for events takes them. */
export interface ApiQuery {
  project_id?: string;
  level?: Level[];
  range?: Preset;
  from?: string;
  to?: string;
  tz?: string;
  week_start?: WeekStart;
  filter?: string[];
  match?: 'all' | 'any';
  action?: string[];
  event_type?: EventType[];
  result?: EventResult[];
  phase?: 'attempt' | 'outcome';
  attempt?: 'open';
  q?: string;
  reads?: 'exclude' | 'include';
  order?: 'desc' | 'asc';
}

/** What a state leaves open. */
export interface Defaults {
  /** The range of the view. */
  readonly defaultRange?: Range | undefined;
  /** What an empty box for actions stands for while no project is looked at. */
  readonly defaultPattern?: string | null | undefined;
  /** The reader's own zone. */
  readonly defaultZone?: string | undefined;
  /** The reader's own first day of the week. */
  readonly defaultWeekStart?: WeekStart | undefined;
}

/** The console's own default range. */
export const DEFAULT_RANGE: Preset = 'last_30_days';

/** The range that a state means, once its view has filled in what it leaves open. */
export function effectiveRange(state: QueryState, defaults: Defaults = {}): Range {
  return state.range ?? defaults.defaultRange ?? DEFAULT_RANGE;
}

/** The action patterns that a state means. */
export function effectiveActions(state: QueryState, defaults: Defaults = {}): readonly string[] {
  const { defaultPattern } = defaults;
  const isDefault = state.actions.length === 0 && state.projectId === undefined;
  return isDefault && defaultPattern ? [defaultPattern] : state.actions;
}

/** The API's parameters for a state. */
export function toApi(state: QueryState, defaults: Defaults = {}): ApiQuery {
  const range = effectiveRange(state, defaults);
  const span = spanOf(range);
  const tz = state.tz ?? defaults.defaultZone;
  const weekStart = state.weekStart ?? defaults.defaultWeekStart;
  const actions = effectiveActions(state, defaults);
  const { projectId, levels, filters, eventTypes, results, phase, q } = state;
  return {
    ...(projectId !== undefined && { project_id: projectId }),
    ...(levels.length > 0 && { level: [...levels] }),
    ...(typeof range === 'string' && { range }),
    ...(span.from !== undefined && { from: span.from }),
    ...(span.to !== undefined && { to: span.to }),
    ...(tz !== undefined && { tz }),
    ...(weekStart !== undefined && { week_start: weekStart }),
    ...(filters.length > 0 && { filter: filters.map(writeFilter) }),
    ...(filters.length > 0 && state.match === 'any' && { match: state.match }),
    ...(actions.length > 0 && { action: [...actions] }),
    ...(eventTypes.length > 0 && { event_type: [...eventTypes] }),
    ...(results.length > 0 && { result: [...results] }),
    ...(phase !== undefined && { phase }),
    ...(state.openAttempts && { attempt: 'open' as const }),
    ...(q.trim() !== '' && { q }),
    ...(state.reads === 'include' && { reads: state.reads }),
    ...(state.order === 'asc' && { order: state.order }),
  };
}
