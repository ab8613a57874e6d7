import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { allByActor, clearNarrowing, countFilters, countNarrowing } from './change';
import { describeQuery } from './describe';
import { fieldName, isColumn, readField } from './fields';
import {
  addFilter,
  excludeValue,
  type Filter,
  filterState,
  MAX_FILTERS,
  readFilter,
  removeFilter,
  replaceFilter,
  same,
  toggleFilter,
  writeFilter,
} from './filters';
import { columnLabel, fieldLabel } from './known-fields';
import { EMPTY_QUERY, type QueryState } from './state';
import { cellValues, fieldValues } from './values';

const is = (field: string, value: string): Filter => ({ field, op: 'is', value });
const isNot = (field: string, value: string): Filter => ({ field, op: 'is_not', value });

describe('fields', () => {
  it('are those of the server, by one name', () => {
    for (const [text, name] of [
      ['targets.id', 'target.id'],
      ['user', 'user'],
      ['authority', 'authority'],
      ['authority.email', 'authority.email'],
      ['metadata.a\\.b\\:c\\\\', 'metadata.a\\.b\\:c\\\\'],
      ['actor.metadata.x.y', 'actor.metadata.x.y'],
      ['changes.field', 'changes.field'],
    ] as const) {
      expect(fieldName(text)).toBe(name);
    }
  });

  it('are refused with the code that the server gives', () => {
    for (const [text, code] of [
      ['', 'bad_field'],
      ['a..b', 'bad_field'],
      ['metadata.', 'bad_field'],
      ['metadata.a\\b', 'bad_field'],
      [`metadata.${'x'.repeat(1024)}`, 'bad_field'],
      ['nope', 'unknown_field'],
      ['constructor', 'unknown_field'],
      ['actor', 'unknown_field'],
      ['actor.toString', 'unknown_field'],
      ['actor.metadata', 'unknown_field'],
      ['actor.id.x', 'unknown_field'],
      ['user.name', 'unknown_field'],
      ['metadata', 'unknown_field'],
      ['request.body', 'not_indexed'],
      ['request.body.x', 'not_indexed'],
      ['changes.old', 'not_indexed'],
    ] as const) {
      const read = readField(text);
      expect(read.ok ? 'ok' : read.mistake.code, text).toBe(code);
    }
  });

  it('are columns, and so are members that hold others', () => {
    const columns = [
      'event',
      'changes',
      'targets',
      'target',
      'request.body',
      'metadata',
      'actor',
      'actor.metadata',
    ];
    expect(columns.filter((name) => !isColumn(name))).toEqual([]);
    expect(['nope', 'request.body.x', 'changes.old.x', 'actor.nope', ''].filter(isColumn)).toEqual([]);
  });

  it('have labels, also those that only a sender knows', () => {
    expect(fieldLabel('category')).toBe('Category');
    expect(fieldLabel('metadata.model_id')).toBe('Model ID');
    expect(fieldLabel('metadata.hoursOfUsage')).toBe('Hours Of Usage');
    expect(columnLabel('occurred_at')).toBe('Date and time');
    expect(fieldLabel('not a field')).toBe('not a field');
  });
});

describe('filters', () => {
  it('are split at the first two colons that are not escaped', () => {
    expect(readFilter('context.ip:is:2001:db8::7')).toEqual(is('context.ip', '2001:db8::7'));
    expect(readFilter('metadata.a\\:b:is_not:c')).toEqual(isNot('metadata.a\\:b', 'c'));
    expect(readFilter('metadata.a\\\\:is:c')).toEqual(is('metadata.a\\\\', 'c'));
    expect(readFilter('user:is:')).toEqual(is('user', ''));
    for (const text of [
      'user:is',
      'user',
      ':is:x',
      'user:IS:x',
      `user:is:${'x'.repeat(1025)}`,
      'metadata.a\\:is:x',
    ]) {
      expect(readFilter(text), text).toBeUndefined();
    }
  });

  it('are read back as they were written, whatever the value', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('user', 'metadata.a\\:b'), (value, field) => {
        expect(readFilter(writeFilter(isNot(field, value)))).toEqual(isNot(field, value));
      }),
    );
  });

  it('are the same in two spellings of a field, but not with another value or operator', () => {
    expect(same(is('targets.id', 'x'), is('target.id', 'x'))).toBe(true);
    expect(same(is('target.id', 'x'), isNot('target.id', 'x'))).toBe(false);
    expect(same(is('target.id', 'x'), is('target.id', 'X'))).toBe(false);
  });

  it('take the place of their opposite, which together would find nothing', () => {
    const roles = is('category', 'Roles');
    expect(addFilter([roles], roles)).toEqual([roles]);
    expect(excludeValue([roles], 'category', 'Roles')).toEqual([isNot('category', 'Roles')]);
    expect(removeFilter([roles, is('user', 'a')], roles)).toEqual([is('user', 'a')]);
    expect(toggleFilter(toggleFilter([], roles), roles)).toEqual([]);
    expect(replaceFilter([roles, is('user', 'a')], roles, is('user', 'b'))).toEqual([
      is('user', 'b'),
      is('user', 'a'),
    ]);
    expect(replaceFilter([roles, is('user', 'a')], roles, is('user', 'a'))).toEqual([is('user', 'a')]);
    expect(filterState([isNot('category', 'Roles')], 'category', 'Roles')).toBe('is_not');
  });

  it('are no more than the server takes', () => {
    const many = Array.from({ length: MAX_FILTERS }, (_, at) => is('user', String(at)));
    expect(addFilter(many, is('user', 'one more'))).toBe(many);
  });
});

describe('what narrows a query', () => {
  const state = EMPTY_QUERY;

  it('is counted, and cleared without losing scope, time and view', () => {
    const narrow: QueryState = {
      ...state,
      projectId: 'prj_1',
      range: 'today',
      view: 'v',
      q: 'x',
      filters: [is('user', 'a'), is('user', 'b')],
      results: ['denied', 'failed'],
      phase: 'attempt',
    };
    expect([countFilters(narrow), countNarrowing(narrow)]).toEqual([2, 4]);
    const cleared = clearNarrowing(narrow);
    expect(cleared).toEqual({ ...state, projectId: 'prj_1', range: 'today', view: 'v' });
    expect(allByActor(narrow, 'usr_1').filters).toEqual([is('actor.id', 'usr_1')]);
  });
});

describe('the words for a query', () => {
  it('say what is shown, and for which time', () => {
    expect(describeQuery({ ...EMPTY_QUERY, filters: [is('category', 'Roles')] })).toBe(
      'Category is Roles, last 30 days',
    );
    expect(describeQuery(EMPTY_QUERY, { defaultRange: 'last_24_hours' })).toBe('All events, last 24 hours');
    expect(
      describeQuery(
        {
          ...EMPTY_QUERY,
          projectId: 'prj_1',
          match: 'any',
          filters: [is('user', 'Ada'), isNot('user', 'Bob')],
          results: ['denied', 'failed'],
          range: { from: '2026-11-03', to: '2026-11-18' },
        },
        { projectName: 'Chatbot' },
      ),
    ).toBe('User is Ada or User is not Bob, result denied or failed, in Chatbot, 3–17 Nov 2026');
    expect(describeQuery({ ...EMPTY_QUERY, q: ' deploy ', range: 'all_time' })).toBe(
      'Search “deploy”, all time',
    );
  });

  it('stay short and cannot be turned around by what was typed', () => {
    const filters = Array.from({ length: 60 }, (_, at) =>
      is(`metadata.k${at}`, '\u202E'.concat('x'.repeat(500))),
    );
    const words = describeQuery({ ...EMPTY_QUERY, filters });
    expect(words.length).toBeLessThan(400);
    expect(words).toContain('56 more');
    expect(words).not.toContain('\u202E');
  });
});

describe('the values of an event', () => {
  const event = {
    name: 'Role created',
    actor: { type: 'user', id: 'usr_1', name: '', email: 'ada@example.com' },
    on_behalf_of: [{ id: 'usr_9', name: 'Obi' }, { id: 'usr_8' }],
    targets: [
      { type: 'role', id: 'r_1' },
      { type: 'role', id: 'r_2', name: null },
    ],
    changes: [{ field: 'threshold', old: 0.4, new: 0.7 }],
    request: { status: 200, body: { a: 1 } },
    metadata: { 'a.b': [true, { c: 5 }, [1e21]], steps: [{ name: 'x' }, { name: 'y' }] },
  };

  it('are those that a filter would meet', () => {
    for (const [field, values] of [
      ['event', ['Role created']],
      ['user', ['ada@example.com']],
      ['authority', ['ada@example.com', 'Obi', 'usr_8']],
      ['authority.id', ['usr_1', 'usr_9', 'usr_8']],
      ['target.id', ['r_1', 'r_2']],
      ['target.name', []],
      ['request.status', ['200']],
      ['metadata.a\\.b', ['true', '1e+21']],
      ['metadata.a\\.b.c', ['5']],
      ['metadata.steps.name', ['x', 'y']],
      ['metadata.toString', []],
      ['nope', []],
    ] as const) {
      expect(fieldValues(event, field), field).toEqual(values);
    }
  });

  it('are JSON where a column holds members', () => {
    expect(cellValues(event, 'changes')).toEqual(['[{"field":"threshold","old":0.4,"new":0.7}]']);
    expect(cellValues(event, 'request.body')).toEqual(['{"a":1}']);
    expect(cellValues(event, 'request.response')).toEqual([]);
    expect(cellValues(null, 'user')).toEqual([]);
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom('user', 'metadata.x', 'changes', 'target.id'),
        (value, column) => {
          expect(Array.isArray(cellValues(JSON.parse(JSON.stringify({ value })) as unknown, column))).toBe(
            true,
          );
        },
      ),
    );
  });
});
