import { describe, expect, it } from 'vitest';

import type { Filter } from '../../lib/query/filters';
import { KNOWN_FIELDS } from '../../lib/query/known-fields';
import {
  columnOf,
  draftOfFilters,
  type FilterAction,
  filterReducer,
  filtersOf,
  rowMistakes,
} from './filter-draft';
import { fieldOfColumn } from './suggestions';

const ROLE: Filter = { field: 'event', op: 'is', value: 'Role created' };
const after = (filters: readonly Filter[], ...actions: FilterAction[]) =>
  actions.reduce(filterReducer, draftOfFilters(filters, 'all'));
const add: FilterAction = { kind: 'add' };
const set = (id: number, row: Extract<FilterAction, { kind: 'set' }>['set']): FilterAction => ({
  kind: 'set',
  id,
  set: row,
});

describe('the draft of the filter window', () => {
  it('begins with the filters that there are, and gives the same back', () => {
    const filters: Filter[] = [ROLE, { field: 'metadata.model_id', op: 'is_not', value: 'a:b' }];
    const draft = draftOfFilters(filters, 'any');
    expect(draft.rows.map(({ column }) => column)).toEqual(['Event', 'metadata.model_id']);
    expect(draft.match).toBe('any');
    expect(filtersOf(draft)).toEqual(filters);
  });

  it('makes a filter of a column by its name, an operator and a value', () => {
    const draft = after(
      [],
      add,
      set(0, { column: 'category' }),
      set(0, { op: 'is_not' }),
      set(0, { value: 'Roles' }),
    );
    expect(filtersOf(draft)).toEqual([{ field: 'category', op: 'is_not', value: 'Roles' }]);
  });

  it('takes any key of metadata for a column', () => {
    const draft = after([], add, set(0, { column: 'metadata.own key', value: 'x' }));
    expect(filtersOf(draft)).toEqual([{ field: 'metadata.own key', op: 'is', value: 'x' }]);
  });

  it('asks for what is equal once a column is chosen, but keeps an operator that was', () => {
    expect(after([], add, set(0, { column: 'Use' })).rows[0]?.op).toBeNull();
    expect(after([], add, set(0, { column: 'User' })).rows[0]?.op).toBe('is');
    expect(after([], add, set(0, { op: 'is_not' }), set(0, { column: 'User' })).rows[0]?.op).toBe('is_not');
  });

  it('gives no filters while a row that was begun lacks something, and says what', () => {
    const draft = after([ROLE], add, set(1, { value: 'x' }));
    expect(filtersOf(draft)).toBeUndefined();
    const row = draft.rows[1];
    expect(row && rowMistakes(row)).toEqual({ column: 'Select a column.', op: 'Select an operator.' });
    const valueless = after([], add, set(0, { column: 'User' })).rows[0];
    expect(valueless && rowMistakes(valueless)).toEqual({ value: 'Enter a value.' });
  });

  it('says which column was probably meant', () => {
    const row = after([], add, set(0, { column: 'catgory', op: 'is', value: 'x' })).rows[0];
    expect(row && rowMistakes(row)?.column).toContain('category');
  });

  it('leaves out rows that were never begun, and counts a filter twice given once', () => {
    expect(filtersOf(after([ROLE], add, add))).toEqual([ROLE]);
    expect(filtersOf(after([ROLE], add, set(1, { column: 'Event', value: 'Role created' })))).toEqual([ROLE]);
  });

  it('removes the row that was meant, also after others were removed and added', () => {
    const draft = after(
      [ROLE],
      add,
      set(1, { column: 'User', value: 'Ada' }),
      { kind: 'remove', id: 0 },
      add,
    );
    expect(new Set(draft.rows.map(({ id }) => id)).size).toBe(2);
    expect(filtersOf(draft)).toEqual([{ field: 'user', op: 'is', value: 'Ada' }]);
  });

  it('joins all rows the same way', () => {
    expect(after([ROLE], { kind: 'match', match: 'any' }).match).toBe('any');
    expect(after([ROLE], { kind: 'match', match: 'any' }, { kind: 'clear' })).toMatchObject({
      match: 'all',
      rows: [],
    });
  });

  it('refuses more filters than the API takes, and longer values', () => {
    const many = Array.from({ length: 80 }, () => add);
    expect(after([], ...many).rows).toHaveLength(64);
    const row = after([], add, set(0, { column: 'User', value: 'ä'.repeat(513) })).rows[0];
    expect(row && rowMistakes(row)?.value).toContain('1024');
  });
});

describe('a column', () => {
  it('means the same field however it is shown', () => {
    for (const { name } of KNOWN_FIELDS) expect(fieldOfColumn(columnOf(name))).toBe(name);
    expect(fieldOfColumn(columnOf('metadata.name'))).toBe('metadata.name');
    expect(fieldOfColumn(' ip ADDRESS ')).toBe('context.ip');
  });
});
