import { describe, expect, test } from 'vitest';

import { readSearch } from '../../lib/query/state';
import { describeExport, lookOfExport, rangeOfExport, searchOfExport } from './asked';
import { exportOf } from './test-exports';

const noName = () => undefined;

describe('what an export was asked for', () => {
  test('a link shows the days that were meant then, not those of today', () => {
    const search = searchOfExport(exportOf()) ?? {};
    expect(readSearch(search).range).toEqual({
      from: '2026-10-24T00:00:00.000000Z',
      to: '2026-11-23T00:00:00.000000Z',
    });
    expect(readSearch(search).actions).toEqual(['role.*']);
  });

  test('asked again, its range means what it means now', () => {
    expect(lookOfExport(exportOf())?.range).toBe('last_30_days');
  });

  test('no range is all time, and no zone is UTC: not what the explorer begins with', () => {
    const everything = exportOf({ query: {}, range: null });
    expect(lookOfExport(everything)).toMatchObject({ range: 'all_time', tz: 'UTC' });
    expect(searchOfExport(everything)).toEqual({ range: 'all_time', tz: 'UTC' });
  });

  test.each([
    ['two phases', { phase: ['attempt', 'outcome'] }],
    ['two projects', { project_id: ['a', 'b'] }],
    ['a parameter that is not known here', { hold: ['legal'] }],
    ['a filter that is none', { filter: ['nothing'] }],
  ])('a query with %s is no look, and is told as it is', (_, query) => {
    const exported = exportOf({ query });
    expect(lookOfExport(exported)).toBeUndefined();
    expect(searchOfExport(exported)).toBeUndefined();
    const [name = '', values = []] = Object.entries<string[]>(query)[0] ?? [];
    expect(describeExport(exported, noName)).toBe(values.map((value) => `${name}=${value}`).join(', '));
  });

  test('its words name the project', () => {
    const exported = exportOf({ query: { project_id: ['prj_1'], range: ['all_time'] } });
    expect(describeExport(exported, (id) => (id === 'prj_1' ? 'Claims' : undefined))).toBe(
      'In Claims, all time',
    );
  });

  test('columns are part of the link, those with a comma too', () => {
    const search = searchOfExport(exportOf({ columns: ['occurred_at', 'metadata.a,b'] })) ?? {};
    expect(readSearch(search).columns).toEqual(['occurred_at', 'metadata.a,b']);
  });

  test('the range is written in the zone that it was asked in', () => {
    const exported = exportOf({
      query: { tz: ['Europe/Berlin'] },
      range: { from: '2026-11-01T23:00:00Z', to: '2026-11-02T23:00:00Z' },
    });
    expect(rangeOfExport(exported)).toBe('2 Nov 2026 (Europe/Berlin)');
    expect(rangeOfExport(exportOf({ range: { from: null, to: null } }))).toBeUndefined();
  });
});
