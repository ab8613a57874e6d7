import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  absoluteTime,
  dayHeading,
  durationLabel,
  isOtherDay,
  relativeTime,
  relativeTimeChangesIn,
  timestampTime,
} from './formats';
import { daysLabel, rangeLabel, rangeLabelWithZone, writtenRange } from './labels';

const EVENT = '2026-11-22T04:53:12.120450Z';
const NOW = Date.parse('2026-11-22T05:00:00Z');

describe('times', () => {
  it('are written in the zone, to the digit that was asked for', () => {
    expect(absoluteTime(EVENT, 'UTC')).toBe('22 Nov 2026, 04:53:12.120');
    expect(absoluteTime(EVENT, 'UTC', 'seconds')).toBe('22 Nov 2026, 04:53:12');
    expect(absoluteTime(EVENT, 'Asia/Kathmandu', 'microseconds')).toBe('22 Nov 2026, 10:38:12.120450');
    expect(absoluteTime('1969-12-31T23:59:59.999Z', 'UTC')).toBe('31 Dec 1969, 23:59:59.999');
    expect(absoluteTime('2026-11-22T04:53:12Z', 'UTC')).toBe('22 Nov 2026, 04:53:12.000');
  });

  it('are short in the security view, with the year only where it is another', () => {
    expect(timestampTime('2026-02-13T10:28:22.12Z', 'UTC', NOW)).toBe('Feb 13, 10:28:22 AM');
    expect(timestampTime('2026-02-13T00:05:09Z', 'UTC', NOW)).toBe('Feb 13, 12:05:09 AM');
    expect(timestampTime('2026-02-13T12:05:09Z', 'UTC', NOW)).toBe('Feb 13, 12:05:09 PM');
    expect(timestampTime('2025-02-13T23:28:22Z', 'UTC', NOW)).toBe('Feb 13, 2025, 11:28:22 PM');
  });

  it('are said by their distance while that is short, else by their day', () => {
    const ago = (ms: number) => relativeTime(new Date(NOW - ms).toISOString(), 'UTC', NOW);
    const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
    expect(ago(0)).toBe('now');
    expect(ago(12 * second)).toBe('12 s ago');
    expect(ago(59_999)).toBe('59 s ago');
    expect(ago(5 * minute)).toBe('5 min ago');
    expect(ago(3 * hour)).toBe('3 h ago');
    expect(ago(11 * hour)).toBe('11 h ago');
    expect(ago(15 * hour)).toBe('yesterday 14:00');
    expect(ago(2 * day)).toBe('20 Nov 05:00');
    expect(ago(400 * day)).toBe('18 Oct 2025, 05:00');
    expect(ago(-2 * minute)).toBe('in 2 min');
    expect(ago(-20 * hour)).toBe('tomorrow 01:00');
  });

  it('say when they will read differently', () => {
    expect(relativeTimeChangesIn(new Date(NOW - 12_400).toISOString(), NOW)).toBe(600);
    expect(relativeTimeChangesIn(new Date(NOW - 90_000).toISOString(), NOW)).toBe(30_000);
    expect(relativeTimeChangesIn('junk', NOW)).toBe(86_400_000);
  });

  it('are shown as they came where they are none', () => {
    for (const text of ['', 'yesterday', '12', 'Tue']) {
      expect([
        absoluteTime(text, 'UTC'),
        relativeTime(text, 'UTC', NOW),
        timestampTime(text, 'UTC', NOW),
      ]).toEqual([text, text, text]);
      expect(dayHeading(text, 'UTC', NOW)).toBe('');
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof relativeTime(text, 'UTC', NOW)).toBe('string');
      }),
    );
  });

  it('part the rows of two local days', () => {
    expect(dayHeading(EVENT, 'UTC', NOW)).toBe('Today');
    expect(dayHeading('2026-11-21T23:59:59Z', 'UTC', NOW)).toBe('Yesterday');
    expect(dayHeading('2026-02-13T10:00:00Z', 'UTC', NOW)).toBe('Friday, 13 February 2026');
    expect(isOtherDay('2026-11-22T00:00:00Z', '2026-11-21T23:59:59Z', 'UTC')).toBe(true);
    expect(isOtherDay('2026-11-22T00:00:00Z', '2026-11-21T23:59:59Z', 'Europe/Berlin')).toBe(false);
  });

  it('have durations in two units at most', () => {
    const written = [0, 850, 1500, 12_000, 185_000, 7_800_000, 97 * 3_600_000 + 3 * 3_600_000, -1, NaN];
    expect(written.map(durationLabel)).toEqual([
      '0 ms',
      '850 ms',
      '1.5 s',
      '12 s',
      '3 min 5 s',
      '2 h 10 min',
      '4 d 4 h',
      '–',
      '–',
    ]);
  });
});

describe('the label of a range', () => {
  it('names the last day that is in it, and what is common once', () => {
    for (const [from, to, label] of [
      ['2026-11-03', '2026-11-04', '3 Nov 2026'],
      ['2026-11-03', '2026-11-18', '3–17 Nov 2026'],
      ['2026-10-28', '2026-11-04', '28 Oct – 3 Nov 2026'],
      ['2025-12-28', '2026-01-04', '28 Dec 2025 – 3 Jan 2026'],
      ['2024-02-28', '2024-03-01', '28–29 Feb 2024'],
    ] as const) {
      expect(rangeLabel({ from, to }, 'America/New_York')).toBe(label);
    }
    expect(daysLabel('2026-11-03', '2026-11-03')).toBe('3 Nov 2026');
  });

  it('tells the time of what was brushed, in the zone', () => {
    const range = { from: '2026-11-03T10:00:00.000000Z', to: '2026-11-03T11:30:00.000000Z' };
    expect(rangeLabel(range, 'UTC')).toBe('3 Nov 2026, 10:00 – 11:30');
    expect(rangeLabelWithZone(range, 'America/New_York')).toBe(
      '3 Nov 2026, 05:00 – 06:30 (America/New York)',
    );
    expect(rangeLabel({ from: '2026-11-03T10:00:00Z', to: '2026-11-04T11:30:05Z' }, 'UTC')).toBe(
      '3 Nov 2026, 10:00 – 4 Nov 2026, 11:30:05',
    );
    expect(rangeLabel({ from: '2026-11-02T23:00:00Z', to: '2026-11-04T23:00:00Z' }, 'Europe/Berlin')).toBe(
      '3–4 Nov 2026',
    );
  });

  it('says which side is open', () => {
    expect(rangeLabel({ from: '2026-11-03' }, 'UTC')).toBe('From 3 Nov 2026');
    expect(rangeLabel({ to: '2026-11-03' }, 'UTC')).toBe('Until 2 Nov 2026');
    expect(rangeLabel({ to: '2026-11-03T10:00:00Z' }, 'UTC')).toBe('Before 3 Nov 2026, 10:00');
    expect(rangeLabel('last_30_days', 'UTC')).toBe('Last 30 Days');
  });

  it('writes out what a name means just now', () => {
    const clock = { now: NOW + 12_345, zone: 'UTC', weekStart: 'monday' as const };
    expect(writtenRange('last_30_days', clock)).toBe('24 Oct – 22 Nov 2026');
    expect(writtenRange('today', clock)).toBe('22 Nov 2026');
    expect(writtenRange('last_24_hours', clock)).toBe('21 Nov 2026, 05:00 – 22 Nov 2026, 05:00');
    expect(writtenRange('all_time', clock)).toBe('All Time');
    expect(writtenRange({ from: '2026-11-03', to: '2026-11-04' }, clock)).toBe('3 Nov 2026');
  });
});
