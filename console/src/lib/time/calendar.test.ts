import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { axisTicks, brushed, bucketAt, bucketLabel, type BucketSpan } from './axis';
import {
  dayForKey,
  monthGrid,
  openPicker,
  type PickerAction,
  pickerReducer,
  weekdayHeads,
  yearChoices,
} from './calendar';
import { addDays } from './day';
import type { RangeAsked } from './resolve';

const clock = {
  now: Date.parse('2026-11-22T04:53:12Z'),
  zone: 'Europe/Berlin',
  weekStart: 'monday' as const,
};
const after = (range: RangeAsked, ...actions: PickerAction[]) =>
  actions.reduce(pickerReducer, openPicker(range, clock));
const day = (text: string): PickerAction => ({ kind: 'day', day: text });

describe('the calendar', () => {
  it('takes a clicked day for the first, and today for the last until another is clicked', () => {
    const once = after('last_30_days', day('2026-11-03'));
    expect(once.range).toEqual({ from: '2026-11-03', to: '2026-11-23' });
    expect(once.days).toEqual({ first: '2026-11-03', last: '2026-11-22' });
    const twice = pickerReducer(once, day('2026-11-17'));
    expect(twice.range).toEqual({ from: '2026-11-03', to: '2026-11-18' });
  });

  it('begins anew with a day before the first, and once both are set', () => {
    const before = after('all_time', day('2026-11-03'), day('2026-11-01'));
    expect(before.range).toEqual({ from: '2026-11-01', to: '2026-11-23' });
    expect(pickerReducer(before, day('2026-11-02')).range).toEqual({ from: '2026-11-01', to: '2026-11-03' });
    const third = after('all_time', day('2026-11-03'), day('2026-11-05'), day('2026-11-10'));
    expect(third.range).toEqual({ from: '2026-11-10', to: '2026-11-23' });
  });

  it('takes the same day twice for that one day, and a day to come for itself', () => {
    expect(after('today', day('2026-11-03'), day('2026-11-03')).range).toEqual({
      from: '2026-11-03',
      to: '2026-11-04',
    });
    expect(after('today', day('2026-12-03')).range).toEqual({ from: '2026-12-03', to: '2026-12-04' });
  });

  it('leaves a range alone that nobody touched, and highlights it', () => {
    const range = { from: '2026-11-03T10:00:00.000001Z', to: '2026-11-03T11:30:00Z' };
    const state = after(range, { kind: 'turn', months: -2 }, { kind: 'year', year: 2024 });
    expect(state.range).toBe(range);
    expect(state.days).toEqual({ first: '2026-11-03', last: '2026-11-03' });
    expect(state.shownMonth).toBe('2024-09-01');
  });

  it('shows the last month of a preset, and forgets a half-made choice', () => {
    const state = after('today', day('2026-11-03'), { kind: 'preset', preset: 'last_year' });
    expect(state).toMatchObject({ range: 'last_year', shownMonth: '2025-12-01', isAwaitingLast: false });
    expect(after('all_time').shownMonth).toBe('2026-11-01');
  });

  it('goes over the ends of years, and ignores months and years that there are not', () => {
    expect(after('today', { kind: 'turn', months: 2 }).shownMonth).toBe('2027-01-01');
    expect(after('today', { kind: 'month', month: 2 }).shownMonth).toBe('2026-02-01');
    expect(after('today', { kind: 'month', month: 13 }).shownMonth).toBe('2026-11-01');
    expect(after('today', { kind: 'year', year: NaN }).shownMonth).toBe('2026-11-01');
    expect(after('today', { kind: 'year', year: 123456 }).shownMonth).toBe('9999-11-01');
  });

  it('finds the days anew in another zone', () => {
    const other = { ...clock, zone: 'Pacific/Apia' };
    expect(after('today', { kind: 'clock', clock: other }).days?.first).toBe('2026-11-22');
    const late = { ...other, now: Date.parse('2026-11-22T12:00:00Z') };
    expect(after('today', { kind: 'clock', clock: late }).days?.first).toBe('2026-11-23');
  });

  it('draws six whole weeks from the first day of a week, with what is selected', () => {
    const weeks = monthGrid(after({ from: '2026-11-03', to: '2026-11-05' }));
    expect(weeks).toHaveLength(6);
    expect(weeks[0]?.[0]).toMatchObject({ day: '2026-10-26', isInMonth: false });
    const flat = weeks.flat();
    expect(flat.filter((one) => one.isSelected).map((one) => one.day)).toEqual(['2026-11-03', '2026-11-04']);
    expect(flat.filter((one) => one.isInMonth)).toHaveLength(30);
    expect(flat.filter((one) => one.isToday).map((one) => one.day)).toEqual(['2026-11-22']);
    const sunday = monthGrid(openPicker('today', { ...clock, weekStart: 'sunday' }));
    expect(sunday[0]?.[0]?.day).toBe('2026-11-01');
    expect(weekdayHeads('sunday')[0]?.long).toBe('Sunday');
    expect(weekdayHeads('monday')[6]?.long).toBe('Sunday');
  });

  it('highlights what it will ask for, whatever was clicked', () => {
    const click = fc.integer({ min: -400, max: 400 }).map((days) => day(addDays('2026-11-22', days)));
    fc.assert(
      fc.property(fc.array(click, { minLength: 1, maxLength: 6 }), (clicks) => {
        const { range, days } = after('last_30_days', ...clicks);
        if (days === undefined) throw new Error('nothing is selected');
        expect(days.first <= days.last).toBe(true);
        expect(range).toEqual({ from: days.first, to: addDays(days.last, 1) });
      }),
    );
  });

  it('offers years back to the first event, and always the one that is shown', () => {
    expect(yearChoices(after('today'), 2024)).toEqual([2026, 2025, 2024]);
    expect(yearChoices(after('today', { kind: 'year', year: 1066 }), 2024)).toContain(1066);
    expect(yearChoices(after('today', { kind: 'year', year: 2030 }), 2024)[0]).toBe(2030);
    expect(yearChoices(after('today'), -50_000).length).toBeLessThanOrEqual(200);
  });

  it('moves the focus by the keys of a calendar', () => {
    expect(dayForKey('2026-11-30', 'ArrowRight', 'monday')).toBe('2026-12-01');
    expect(dayForKey('2026-11-22', 'Home', 'monday')).toBe('2026-11-16');
    expect(dayForKey('2026-11-22', 'End', 'sunday')).toBe('2026-11-28');
    expect(dayForKey('2026-10-31', 'PageDown', 'monday')).toBe('2026-11-30');
    expect(dayForKey('2024-02-29', 'PageUp', 'monday', true)).toBe('2023-02-28');
    expect(dayForKey('2026-11-22', 'x', 'monday')).toBeUndefined();
  });
});

const HOUR = 3_600_000;
const bucketsFrom = (start: string, count: number, ms: number): BucketSpan[] =>
  Array.from({ length: count }, (_, at) => {
    const edge = (n: number) => new Date(Date.parse(start) + n * ms).toISOString();
    return { start: edge(at), end: edge(at + 1) };
  });

describe('the axis of a histogram', () => {
  const labels = (
    buckets: BucketSpan[],
    interval: 'minute' | 'hour' | 'day' | 'week' | 'month',
    width: number,
  ) => axisTicks(buckets, { interval, zone: 'UTC', weekStart: 'monday', width }).map((tick) => tick.label);

  it('labels round times, as many as fit', () => {
    expect(labels(bucketsFrom('2026-11-22T00:00:00Z', 24, HOUR), 'hour', 600)).toEqual([
      '22 Nov',
      '03:00',
      '06:00',
      '09:00',
      '12:00',
      '15:00',
      '18:00',
      '21:00',
    ]);
    expect(labels(bucketsFrom('2026-10-24T00:00:00Z', 30, 24 * HOUR), 'day', 400)).toEqual([
      '26 Oct',
      '2 Nov',
      '9 Nov',
      '16 Nov',
    ]);
    expect(labels(bucketsFrom('2026-11-22T10:00:00Z', 60, 60_000), 'minute', 300)).toEqual([
      '10:00',
      '10:10',
      '10:20',
      '10:30',
      '10:40',
      '10:50',
    ]);
  });

  it('says the year where one begins', () => {
    const months: BucketSpan[] = Array.from({ length: 14 }, (_, at) => ({
      start: new Date(Date.UTC(2025, 10 + at, 1)).toISOString(),
      end: new Date(Date.UTC(2025, 11 + at, 1)).toISOString(),
    }));
    expect(labels(months, 'month', 900).slice(0, 4)).toEqual(['Nov', 'Dec', '2026', 'Feb']);
  });

  it('follows the clock of the zone over a change', () => {
    const buckets = bucketsFrom('2026-10-24T22:00:00Z', 25, HOUR);
    const ticks = axisTicks(buckets, {
      interval: 'hour',
      zone: 'Europe/Berlin',
      weekStart: 'monday',
      width: 2000,
    });
    expect(ticks.map((tick) => tick.label).slice(0, 5)).toEqual([
      '25 Oct',
      '01:00',
      '02:00',
      '02:00',
      '03:00',
    ]);
  });

  it('never lets labels overlap or leave the axis', () => {
    const interval = fc.constantFrom(
      ['minute', 60_000] as const,
      ['hour', HOUR] as const,
      ['day', 24 * HOUR] as const,
      ['week', 7 * 24 * HOUR] as const,
      ['month', 30 * 24 * HOUR] as const,
    );
    fc.assert(
      fc.property(
        interval,
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 0, max: 4000 }),
        ([name, ms], count, width) => {
          const buckets = bucketsFrom('2026-01-05T00:00:00Z', count, ms);
          let free = 0;
          for (const tick of axisTicks(buckets, {
            interval: name,
            zone: 'UTC',
            weekStart: 'monday',
            width,
          })) {
            expect(tick.x).toBeGreaterThanOrEqual(free);
            free = tick.x + tick.label.length * 7;
            expect(free).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });

  it('turns a brush into whole buckets, drawn either way and beyond the edges', () => {
    const buckets = bucketsFrom('2026-11-22T00:00:00Z', 24, HOUR);
    expect(brushed(buckets, 105, 195, 240)).toEqual({
      from: '2026-11-22T10:00:00.000Z',
      to: '2026-11-22T20:00:00.000Z',
    });
    expect(brushed(buckets, 195, 105, 240)).toEqual(brushed(buckets, 105, 195, 240));
    expect(brushed(buckets, 5, 5, 240)?.to).toBe('2026-11-22T01:00:00.000Z');
    expect(brushed(buckets, -50, 9999, 240)).toEqual({
      from: '2026-11-22T00:00:00.000Z',
      to: '2026-11-23T00:00:00.000Z',
    });
    expect(brushed([], 0, 10, 240)).toBeUndefined();
    expect(brushed(buckets, 0, 10, 0)).toBeUndefined();
    expect(bucketAt(NaN, 240, 24)).toBe(-1);
  });

  it('names the bucket that is pointed at', () => {
    const [bucket] = bucketsFrom('2026-11-22T10:00:00Z', 1, HOUR);
    expect(bucket && bucketLabel(bucket, 'UTC')).toBe('22 Nov 2026, 10:00 – 11:00');
  });
});
