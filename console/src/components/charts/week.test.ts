import { describe, expect, it } from 'vitest';

import type { Bucket } from '../../api/events';
import { fitsInHours, foldIntoDays, foldIntoWeek, shadeOf } from './week';

const HOUR = 3_600_000;
const LATER = Date.parse('2100-01-01T00:00:00Z');

/** Hours one after the other, each with as many events as `count` says. */
function hours(from: string, many: number, count: (at: number) => number): Bucket[] {
  const start = Date.parse(from);
  const time = (at: number) => new Date(start + at * HOUR).toISOString();
  return Array.from({ length: many }, (_, at) => ({ start: time(at), end: time(at + 1), count: count(at) }));
}

describe('folding into the hours of a week', () => {
  it('averages over as many of an hour as there were', () => {
    // Monday 2 November 2026 to Monday 9: two Mondays, one of each other day.
    const buckets = hours('2026-11-02T00:00:00Z', 8 * 24, () => 3);
    const week = foldIntoWeek(buckets, 'UTC', 'monday', LATER);
    expect(week[0]?.[5]).toEqual({ hours: 2, count: 6, average: 3 });
    expect(week[1]?.[5]).toEqual({ hours: 1, count: 3, average: 3 });
  });

  it('begins with the day that the week begins with', () => {
    const monday = hours('2026-11-02T10:00:00Z', 1, () => 7);
    expect(foldIntoWeek(monday, 'UTC', 'monday', LATER)[0]?.[10]?.count).toBe(7);
    expect(foldIntoWeek(monday, 'UTC', 'sunday', LATER)[1]?.[10]?.count).toBe(7);
  });

  it('goes by the clocks of the zone, where an hour may be of another day', () => {
    const late = hours('2026-11-02T20:30:00Z', 1, () => 1);
    const week = foldIntoWeek(late, 'Asia/Kolkata', 'monday', LATER);
    expect(week[1]?.[2]?.count).toBe(1);
    expect(week[0]?.flatMap(({ count }) => count).every((count) => count === 0)).toBe(true);
  });

  it('counts an hour that a clock change repeats as two, and one that it skips as none', () => {
    // In Berlin 25 October 2026 has 25 hours, 02:00 twice; 29 March has 23, without 02:00.
    const autumn = foldIntoWeek(
      hours('2026-10-24T22:00:00Z', 25, () => 1),
      'Europe/Berlin',
      'monday',
      LATER,
    );
    expect(autumn[6]?.[2]).toMatchObject({ hours: 2, average: 1 });
    const spring = foldIntoWeek(
      hours('2026-03-28T23:00:00Z', 23, () => 1),
      'Europe/Berlin',
      'monday',
      LATER,
    );
    expect(spring[6]?.[2]).toEqual({ hours: 0, count: 0, average: 0 });
  });

  it('does not count hours that have not begun as quiet', () => {
    const buckets = hours('2026-11-02T00:00:00Z', 8 * 24, () => 4);
    const now = Date.parse('2026-11-09T05:20:00Z');
    const week = foldIntoWeek(buckets, 'UTC', 'monday', now);
    expect(week[0]?.[5]).toMatchObject({ hours: 2 });
    expect(week[0]?.[6]).toMatchObject({ hours: 1, average: 4 });
  });

  it('takes a bucket that is no time for nothing', () => {
    const broken = [{ start: 'soon', end: 'later', count: 9 }];
    expect(
      foldIntoWeek(broken, 'UTC', 'monday', LATER)
        .flat()
        .every(({ count }) => count === 0),
    ).toBe(true);
  });
});

it('folds days into the days of a week', () => {
  const days = Array.from({ length: 8 }, (_, at) => ({
    start: new Date(Date.parse('2026-11-02T00:00:00Z') + at * 24 * HOUR).toISOString(),
    end: '',
    count: at === 0 ? 10 : 2,
  }));
  const week = foldIntoDays(days, 'UTC', 'monday', LATER);
  expect(week[0]).toEqual({ days: 2, count: 12, average: 6 });
  expect(week[6]).toEqual({ days: 1, count: 2, average: 2 });
});

it('asks for hours only where they fit, with those cut at either end', () => {
  expect(fitsInHours(0, 4998 * HOUR, 5000)).toBe(true);
  expect(fitsInHours(0, 4999 * HOUR, 5000)).toBe(false);
  expect(fitsInHours(NaN, NaN, 5000)).toBe(false);
});

it('shades the least that there is, but never nothing', () => {
  expect([0, 0.001, 50, 100].map((average) => shadeOf(average, 100, 6))).toEqual([0, 1, 3, 6]);
  expect(shadeOf(0, 0, 6)).toBe(0);
});
