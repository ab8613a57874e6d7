/**
 * What the attributes of the element ask for.
 *
 * It must hold that any text in an attribute is followed as far as it can be, and never makes the element fail:
 * what is none of its values counts as not given.
 */
import { isColumn } from '../lib/query/fields';
import { MAX_COLUMNS, type QueryState, readSearch } from '../lib/query/state';
import { readUrlSearch } from '../lib/query/url';

export const ATTRIBUTES = ['src', 'token', 'query', 'columns', 'theme', 'page-size', 'live'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Columns that are shown unless others are asked for. */
export const DEFAULT_COLUMNS = ['occurred_at', 'event', 'user', 'description', 'result'] as const;
/** Events of a page. The server gives at most 500. */
export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 500;

export interface Settings {
  /** As it is given; undefined for the server that the script came from. */
  readonly src: string | undefined;
  readonly state: QueryState;
  readonly columns: readonly string[];
  readonly theme: Theme;
  readonly pageSize: number;
  readonly isLive: boolean;
}

export function readColumns(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names.filter(isColumn))].slice(0, MAX_COLUMNS);
}

export function readTheme(text: string | null): Theme {
  return THEMES.find((theme) => theme === text) ?? 'auto';
}

export function readPageSize(text: string | null): number {
  const size = Number(text ?? '');
  return Number.isInteger(size) && size >= 1 && size <= MAX_PAGE_SIZE ? size : DEFAULT_PAGE_SIZE;
}

export function readSettings(attribute: (name: Attribute) => string | null): Settings {
  const state = readSearch(readUrlSearch(attribute('query') ?? ''));
  const given = readColumns(attribute('columns') ?? '');
  const columns = given.length > 0 ? given : (state.columns ?? []);
  const live = attribute('live');
  const src = attribute('src')?.trim() ?? '';
  return {
    src: src === '' ? undefined : src,
    state,
    columns: columns.length > 0 ? columns : DEFAULT_COLUMNS,
    theme: readTheme(attribute('theme')),
    pageSize: readPageSize(attribute('page-size')),
    isLive: state.live || (live !== null && live !== 'false'),
  };
}
