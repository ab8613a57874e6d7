import { describe, expect, test } from 'vitest';

import { EVENT_TYPES } from '../../lib/query/state';
import {
  type ExportDraft,
  type ExportSource,
  newExportOf,
  openDraft,
  proposedName,
  problemsOf,
  queryOfDraft,
  type Reader,
  withContent,
} from './export-draft';

const reader: Reader = { zone: 'Europe/Berlin', weekStart: 'monday' };
const NOW = Date.parse('2026-11-22T12:00:00Z');
const source: ExportSource = {
  title: 'This view',
  name: 'Security',
  columns: ['occurred_at', 'result'],
  query: {
    project_id: 'prj_1',
    range: 'last_7_days',
    tz: 'Europe/Berlin',
    week_start: 'monday',
    filter: ['category:is:Roles'],
    q: 'role',
    order: 'asc',
    event_type: ['Security Events'],
  },
};

function open(other: Partial<ExportDraft> = {}, of: ExportSource | undefined = source): ExportDraft {
  return { ...openDraft(of, reader, NOW), ...other };
}

describe('an export of what is shown', () => {
  test('untouched, it asks exactly what the view asks, with its columns', () => {
    expect(newExportOf(open(), source, reader)).toEqual({
      name: 'Security, Last 7 Days',
      format: 'csv',
      ...source.query,
      columns: ['occurred_at', 'result'],
    });
  });

  test('what is counted is what is asked', () => {
    const drafts = [
      open(),
      open({ time: 'custom', firstDay: '2026-11-01', lastDay: '2026-11-03' }),
      open({ withReads: true, eventTypes: ['User Actions', 'Agent Operations'] }),
      withContent(open(), 'all', source),
    ];
    for (const draft of drafts) {
      expect(newExportOf(draft, source, reader)).toMatchObject(queryOfDraft(draft, source, reader) ?? {});
    }
  });

  test('a range that is none of those offered stays as it is, to the instant', () => {
    const span = { from: '2026-11-03T09:30:00Z', to: '2026-11-03T10:00:00Z' };
    const spanned = { ...source, query: { q: 'role', ...span } };
    const draft = open({}, spanned);
    expect(draft.time).toBe('shown');
    expect(queryOfDraft(draft, spanned, reader)).toMatchObject(span);
    expect(queryOfDraft(draft, spanned, reader)).not.toHaveProperty('range');
  });

  test('files for machines have whole events unless columns are chosen', () => {
    expect(newExportOf(open({ format: 'ndjson' }), source, reader)).not.toHaveProperty('columns');
    expect(newExportOf(open({ format: 'ndjson', columns: 'shown' }), source, reader)).toHaveProperty(
      'columns',
    );
    expect(newExportOf(open({ columns: 'usual' }), source, reader)).not.toHaveProperty('columns');
  });

  test('asked again, it has its own name, format and columns again', () => {
    const again: ExportSource = { ...source, format: 'parquet' };
    expect(newExportOf(open({}, again), again, reader)).toMatchObject({
      name: 'Security',
      format: 'parquet',
      columns: ['occurred_at', 'result'],
    });
  });
});

describe('an export of all entries', () => {
  test('has no filter, search, scope or column of the view', () => {
    const asked = newExportOf(withContent(open(), 'all', source), source, reader);
    expect(asked).toEqual({
      name: 'All entries, Last 7 Days',
      format: 'csv',
      range: 'last_7_days',
      tz: 'Europe/Berlin',
      week_start: 'monday',
    });
  });

  test('and back again has those of the view', () => {
    const back = withContent(withContent(open(), 'all', source), 'view', source);
    expect(newExportOf(back, source, reader)).toEqual(newExportOf(open(), source, reader));
  });
});

describe('types and times', () => {
  test('all types are no condition, so that none is left out', () => {
    const draft = open({ eventTypes: [...EVENT_TYPES].reverse() });
    expect(queryOfDraft(draft, source, reader)).not.toHaveProperty('event_type');
  });

  test('no type is a mistake at its field, and nothing is asked', () => {
    const draft = open({ eventTypes: [] });
    expect(problemsOf(draft).eventTypes).toBeDefined();
    expect(newExportOf(draft, source, reader)).toBeUndefined();
    expect(queryOfDraft(draft, source, reader)).toBeUndefined();
  });

  test('the last day is included: the end is the day after it', () => {
    const draft = open({ time: 'custom', firstDay: '2026-10-30', lastDay: '2026-10-31' });
    const query = queryOfDraft(draft, source, reader);
    expect(query).toMatchObject({ from: '2026-10-30', to: '2026-11-01' });
    expect(query).not.toHaveProperty('range');
  });

  test('one end alone is enough', () => {
    const since = queryOfDraft(open({ time: 'custom', firstDay: '2026-10-30', lastDay: '' }), source, reader);
    expect(since).toMatchObject({ from: '2026-10-30' });
    expect(since).not.toHaveProperty('to');
    const until = queryOfDraft(open({ time: 'custom', firstDay: '', lastDay: '2026-10-30' }), source, reader);
    expect(until).toMatchObject({ to: '2026-10-31' });
    expect(until).not.toHaveProperty('from');
  });

  test.each([
    ['', ''],
    ['2026-11-02', '2026-11-01'],
    ['2026-02-30', '2026-03-01'],
  ])('days that are no range are never asked: %s to %s', (firstDay, lastDay) => {
    const draft = open({ time: 'custom', firstDay, lastDay });
    expect(problemsOf(draft).time).toBeDefined();
    expect(newExportOf(draft, source, reader)).toBeUndefined();
  });

  test('days are those of the range before, when one begins to choose', () => {
    expect(open()).toMatchObject({ firstDay: '2026-11-16', lastDay: '2026-11-22' });
  });
});

describe('the name', () => {
  test('follows the range until somebody types one', () => {
    expect(proposedName(open({ time: 'this_month' }), source, reader)).toBe('Security, This Month');
    expect(newExportOf(open({ time: 'this_month', name: '  Mine ' }), source, reader)?.name).toBe('Mine');
  });

  test('an empty or too long one is a mistake', () => {
    expect(problemsOf(open({ name: ' ' })).name).toBeDefined();
    expect(problemsOf(open({ name: '🙂'.repeat(101) })).name).toBeDefined();
    expect(problemsOf(open({ name: '🙂'.repeat(100) })).name).toBeUndefined();
  });

  test('of a view with a very long name it is cut to what the server takes', () => {
    const long = { ...source, name: 'e\u0301'.repeat(200) };
    const name = newExportOf(open({}, long), long, reader)?.name ?? '';
    expect(Array.from(name).length).toBeLessThanOrEqual(100);
    expect(name).not.toBe('');
  });
});
