import { describe, expect, it } from 'vitest';

import { weekday } from '../../lib/time/day';
import type { Range } from '../../lib/query/state';
import { previousOf } from './previous';

const clock = { now: Date.parse('2026-11-22T05:30:00Z'), zone: 'UTC', weekStart: 'monday' as const };
const before = (range: Range) => previousOf(range, clock);

describe('the time before', () => {
  it('has the same days of the week', () => {
    expect(before('last_30_days')).toEqual({
      range: { from: '2026-09-19', to: '2026-10-19' },
      label: 'the same days 5 weeks before',
    });
    expect(weekday('2026-09-19')).toBe(weekday('2026-10-24'));
    expect(before('last_7_days')).toEqual({
      range: { from: '2026-11-09', to: '2026-11-16' },
      label: 'the 7 days before',
    });
  });

  it('is the day, month or year before', () => {
    expect(before('today')).toEqual({
      range: { from: '2026-11-21', to: '2026-11-22' },
      label: 'the day before',
    });
    expect(before('last_month')?.range).toEqual({ from: '2026-09-01', to: '2026-10-01' });
    expect(before('this_year')?.range).toEqual({ from: '2025-01-01', to: '2026-01-01' });
  });

  it('of a few days is just before them', () => {
    expect(before({ from: '2026-11-03', to: '2026-11-06' })).toEqual({
      range: { from: '2026-10-31', to: '2026-11-03' },
      label: 'the 3 days before',
    });
  });

  it('of instants is as long as they are apart', () => {
    expect(before('last_24_hours')).toEqual({
      range: { from: '2026-11-20T05:30:00.000Z', to: '2026-11-21T05:30:00.000Z' },
      label: 'the 24 hours before',
    });
    expect(before({ from: '2026-11-03T10:00:00Z', to: '2026-11-03T11:30:00Z' })?.range).toEqual({
      from: '2026-11-03T08:30:00.000Z',
      to: '2026-11-03T10:00:00.000Z',
    });
  });

  it('is none where there is no end to it', () => {
    expect(before('all_time')).toBeUndefined();
    expect(before({ from: '2026-11-03' })).toBeUndefined();
    expect(before({ to: '2026-11-03T10:00:00Z' })).toBeUndefined();
  });
});
