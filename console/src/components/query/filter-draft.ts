/**
 * The filter window's draft: rows of column, operator and value that become filters when they are applied.
 *
 * It must hold that nothing changes before Apply, that rows which are whole are applied as they read, that a row
 * which is not says what it lacks, and that all rows join the same way: AND and OR cannot be mixed.
 */
import { byteLength, readField } from '../../lib/query/fields';
import {
  distinctFilters,
  type Filter,
  type FilterOperator,
  MAX_FILTERS,
  MAX_VALUE_BYTES,
} from '../../lib/query/filters';
import { fieldLabel, KNOWN_FIELDS } from '../../lib/query/known-fields';
import { fieldOfColumn } from './suggestions';

export type Match = 'all' | 'any';

export interface FilterRow {
  /** Tells rows apart while they are typed. */
  readonly id: number;
  /** As typed: what a column is called, or a path. */
  readonly column: string;
  readonly op: FilterOperator | null;
  readonly value: string;
}

export interface FilterDraft {
  readonly match: Match;
  readonly rows: readonly FilterRow[];
  readonly nextId: number;
}

export type FilterAction =
  | { readonly kind: 'match'; readonly match: Match }
  | { readonly kind: 'add' }
  | { readonly kind: 'set'; readonly id: number; readonly set: Partial<Omit<FilterRow, 'id'>> }
  | { readonly kind: 'remove'; readonly id: number }
  | { readonly kind: 'clear' };

/** What a row lacks, by the box that lacks it. */
export interface RowMistakes {
  readonly column?: string;
  readonly op?: string;
  readonly value?: string;
}

/** A column as it is shown in its box: what it is called, where that means the same field again. */
export function columnOf(field: string): string {
  const label = fieldLabel(field);
  const isKnown = KNOWN_FIELDS.some(({ name }) => name === field);
  return isKnown && fieldOfColumn(label) === field ? label : field;
}

export function draftOfFilters(filters: readonly Filter[], match: Match): FilterDraft {
  const rows = filters.map(({ field, op, value }, id) => ({ id, column: columnOf(field), op, value }));
  return { match, rows, nextId: rows.length };
}

function setRow(row: FilterRow, set: Partial<Omit<FilterRow, 'id'>>): FilterRow {
  const next = { ...row, ...set };
  // Most filters ask for what is equal, so that is what a chosen column begins with.
  if (next.op === null && set.column !== undefined && fieldOfColumn(set.column) !== undefined) {
    return { ...next, op: 'is' };
  }
  return next;
}

export function filterReducer(draft: FilterDraft, action: FilterAction): FilterDraft {
  switch (action.kind) {
    case 'match':
      return { ...draft, match: action.match };
    case 'add': {
      if (draft.rows.length >= MAX_FILTERS) return draft;
      const row: FilterRow = { id: draft.nextId, column: '', op: null, value: '' };
      return { ...draft, rows: [...draft.rows, row], nextId: draft.nextId + 1 };
    }
    case 'set':
      return {
        ...draft,
        rows: draft.rows.map((row) => (row.id === action.id ? setRow(row, action.set) : row)),
      };
    case 'remove':
      return { ...draft, rows: draft.rows.filter(({ id }) => id !== action.id) };
    case 'clear':
      return { ...draft, match: 'all', rows: [] };
  }
}

function isUntouched(row: FilterRow): boolean {
  return row.column.trim() === '' && row.value === '';
}

/** What is wrong with the column that was typed, and which one was probably meant. */
function columnMistake(column: string): string | undefined {
  if (column.trim() === '') return 'Select a column.';
  if (fieldOfColumn(column) !== undefined) return undefined;
  const read = readField(column.trim());
  if (read.ok) return undefined;
  const { message, suggestion } = read.mistake;
  return suggestion === undefined ? message : `${message} Did you mean ${suggestion}?`;
}

/** What a row lacks; undefined if it is whole, or was never begun. */
export function rowMistakes(row: FilterRow): RowMistakes | undefined {
  if (isUntouched(row)) return undefined;
  const column = columnMistake(row.column);
  const op = row.op === null ? 'Select an operator.' : undefined;
  const tooLong = byteLength(row.value) > MAX_VALUE_BYTES;
  const value =
    row.value === ''
      ? 'Enter a value.'
      : tooLong
        ? `A value has at most ${MAX_VALUE_BYTES} bytes.`
        : undefined;
  if (column === undefined && op === undefined && value === undefined) return undefined;
  return {
    ...(column !== undefined && { column }),
    ...(op !== undefined && { op }),
    ...(value !== undefined && { value }),
  };
}

/** The filters of the draft; undefined while a row lacks something. Rows that were never begun are left out. */
export function filtersOf(draft: FilterDraft): readonly Filter[] | undefined {
  const filters: Filter[] = [];
  for (const row of draft.rows) {
    if (isUntouched(row)) continue;
    const field = fieldOfColumn(row.column);
    if (rowMistakes(row) !== undefined || field === undefined || row.op === null) return undefined;
    filters.push({ field, op: row.op, value: row.value });
  }
  return distinctFilters(filters);
}
