import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { addDays, addMonths, daysBetween, daysIntoWeek } from './day';
import { type Preset, PRESETS } from './presets';
import { daysOfRange, rangeOfDays, resolveRange } from './resolve';
import { localDay, offsetAt, offsetLabel, startOfDay } from './zone';
import { isZone } from './zone-names';
import { matchingZones, zoneChoices } from './zones';

const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'America/St_Johns',
];
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
const resolved = (preset: Preset, now: string, zone = 'UTC', weekStart: 'monday' | 'sunday' = 'monday') => {
  const { from, to } = resolveRange(preset, { now: Date.parse(now), zone, weekStart });
  return [iso(from), iso(to)];
};

describe('the days of a zone', () => {
  it('begin at the first midnight, or at the first instant after one that is skipped', () => {
    for (const [zone, day, start] of [
      ['UTC', '2026-02-13', '2026-02-13T00:00:00.000Z'],
      ['Asia/Kathmandu', '2026-02-13', '2026-02-12T18:15:00.000Z'],
      ['America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z'],
      ['America/New_York', '2026-03-09', '2026-03-09T04:00:00.000Z'],
      ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z'],
      ['Europe/Berlin', '2026-10-26', '2026-10-25T23:00:00.000Z'],
      // A midnight that is skipped.
      ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
      ['America/Havana', '2024-03-10', '2024-03-10T05:00:00.000Z'],
      ['America/Toronto', '1919-03-31', '1919-03-31T04:30:00.000Z'],
      // A midnight that comes twice.
      ['America/Havana', '2024-11-03', '2024-11-03T04:00:00.000Z'],
      // A day that Samoa skipped.
      ['Pacific/Apia', '2011-12-29', '2011-12-29T10:00:00.000Z'],
      ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
      ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z'],
    ] as const) {
      expect(iso(startOfDay(day, zone)), `${zone} ${day}`).toBe(start);
    }
  });

  it('tile time: every instant lies in the day that is told for it', () => {
    const instant = fc.integer({ min: Date.parse('1975-01-01'), max: Date.parse('2036-01-01') });
    fc.assert(
      fc.property(instant, fc.constantFrom(...ZONES), (ms, zone) => {
        const day = localDay(ms, zone);
        expect(startOfDay(day, zone)).toBeLessThanOrEqual(ms);
        expect(startOfDay(addDays(day, 1), zone)).toBeGreaterThan(ms);
      }),
      { numRuns: 300 },
    );
  });

  it('give a clock that is set back over midnight the new day', () => {
    // In St John's the clock was set back at 00:01 to 23:01 of the day before.
    expect(localDay(Date.parse('2010-11-07T02:29:59Z'), 'America/St_Johns')).toBe('2010-11-06');
    expect(localDay(Date.parse('2010-11-07T02:45:00Z'), 'America/St_Johns')).toBe('2010-11-07');
  });

  it('know the offset of a zone at an instant, and write it', () => {
    expect(offsetLabel(offsetAt(0, 'UTC'))).toBe('UTC');
    expect(offsetLabel(offsetAt(Date.parse('2026-07-01'), 'Asia/Kathmandu'))).toBe('UTC+05:45');
    expect(offsetLabel(offsetAt(Date.parse('2026-07-01'), 'America/New_York'))).toBe('UTC−04:00');
    expect(offsetLabel(offsetAt(Date.parse('2026-01-01'), 'America/St_Johns'))).toBe('UTC−03:30');
    expect(offsetAt(-1, 'Europe/Berlin')).toBe(3_600_000);
  });
});

describe('presets', () => {
  it('are whole local days, but for the last 24 hours', () => {
    const now = '2026-11-22T04:53:12.120Z';
    for (const [preset, from, to] of [
      ['today', '2026-11-22', '2026-11-23'],
      ['yesterday', '2026-11-21', '2026-11-22'],
      ['this_week', '2026-11-16', '2026-11-23'],
      ['this_month', '2026-11-01', '2026-12-01'],
      ['last_month', '2026-10-01', '2026-11-01'],
      ['last_7_days', '2026-11-16', '2026-11-23'],
      ['last_30_days', '2026-10-24', '2026-11-23'],
      ['last_90_days', '2026-08-25', '2026-11-23'],
      ['this_year', '2026-01-01', '2027-01-01'],
      ['last_year', '2025-01-01', '2026-01-01'],
    ] as const) {
      expect(resolved(preset, now), preset).toEqual([`${from}T00:00:00.000Z`, `${to}T00:00:00.000Z`]);
    }
    expect(resolved('last_24_hours', now)).toEqual(['2026-11-21T04:53:12.120Z', now]);
    expect(resolved('all_time', now)).toEqual([undefined, undefined]);
  });

  it('begin the week on the day that was asked for', () => {
    // A Sunday.
    expect(resolved('this_week', '2026-11-22T12:00:00Z', 'UTC', 'sunday')).toEqual([
      '2026-11-22T00:00:00.000Z',
      '2026-11-29T00:00:00.000Z',
    ]);
  });

  it('hold at the ends of months and years, and on leap days', () => {
    expect(resolved('last_month', '2024-03-31T12:00:00Z')).toEqual([
      '2024-02-01T00:00:00.000Z',
      '2024-03-01T00:00:00.000Z',
    ]);
    expect(resolved('last_month', '2026-01-01T00:00:00Z')[0]).toBe('2025-12-01T00:00:00.000Z');
    expect(resolved('last_year', '2024-02-29T12:00:00Z')[0]).toBe('2023-01-01T00:00:00.000Z');
    expect(resolved('yesterday', '2024-03-01T00:00:00Z')[0]).toBe('2024-02-29T00:00:00.000Z');
  });

  it('have days of 23 and 25 hours where clocks change', () => {
    expect(resolved('today', '2026-03-08T12:00:00Z', 'America/New_York')).toEqual([
      '2026-03-08T05:00:00.000Z',
      '2026-03-09T04:00:00.000Z',
    ]);
    expect(resolved('today', '2026-10-25T12:00:00Z', 'Europe/Berlin')).toEqual([
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
  });

  it('take the day of the zone, not that of UTC', () => {
    expect(resolved('today', '2026-11-22T23:30:00Z', 'Asia/Kathmandu')[0]).toBe('2026-11-22T18:15:00.000Z');
    expect(resolved('yesterday', '2011-12-31T00:00:00Z', 'Pacific/Apia')).toEqual([
      '2011-12-30T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
    ]);
  });

  it('are the days that a calendar shows, asked for by date', () => {
    const now = fc.integer({ min: Date.parse('2000-01-01'), max: Date.parse('2035-01-01') });
    const whole = PRESETS.filter((preset) => preset !== 'all_time' && preset !== 'last_24_hours');
    fc.assert(
      fc.property(now, fc.constantFrom(...ZONES), fc.constantFrom(...whole), (ms, zone, preset) => {
        const clock = { now: ms, zone, weekStart: 'monday' as const };
        const days = daysOfRange(preset, clock);
        if (days === undefined) throw new Error('no days');
        expect(resolveRange(rangeOfDays(days), clock)).toEqual(resolveRange(preset, clock));
      }),
      { numRuns: 200 },
    );
  });

  it('show the days that they touch, and none for all time', () => {
    const clock = { now: Date.parse('2026-11-22T04:00:00Z'), zone: 'UTC', weekStart: 'monday' as const };
    expect(daysOfRange('last_24_hours', clock)).toEqual({ first: '2026-11-21', last: '2026-11-22' });
    expect(daysOfRange('all_time', clock)).toBeUndefined();
    expect(daysOfRange({ to: '2026-01-01' }, clock)).toBeUndefined();
    expect(daysOfRange({ from: '2026-11-20' }, clock)).toEqual({ first: '2026-11-20', last: '2026-11-22' });
    expect(daysOfRange({ from: '2026-11-20', to: '2026-11-21T00:00:00Z' }, clock)).toEqual({
      first: '2026-11-20',
      last: '2026-11-20',
    });
  });
});

describe('days', () => {
  it('are counted over leap days and centuries', () => {
    expect(addDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(addDays('2100-02-28', 1)).toBe('2100-03-01');
    expect(addDays('0001-01-01', -5)).toBe('0001-01-01');
    expect(addDays('9999-12-31', 5)).toBe('9999-12-31');
    expect(daysBetween('2024-01-01', '2025-01-01')).toBe(366);
    expect(addMonths('2024-01-31', 1)).toBe('2024-02-29');
    expect(addMonths('2024-03-31', -13)).toBe('2023-02-28');
    expect(daysIntoWeek('2026-11-22', 'monday')).toBe(6);
    expect(daysIntoWeek('2026-11-22', 'sunday')).toBe(0);
  });
});

describe('zones', () => {
  it('are names that browser and server know, never offsets or junk', () => {
    expect(['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'america/new_york'].map(isZone)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['', '+02:00', 'Mars/Olympus', 'UTC\n', 'x'.repeat(65), '../etc'].map(isZone)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });

  it('are offered with their offset, UTC and the own one first', () => {
    const zones = zoneChoices(Date.parse('2026-07-01'), 'Asia/Kolkata');
    expect(zones[0]).toEqual({ name: 'UTC', label: 'UTC', offset: 'UTC' });
    expect(zones[1]).toEqual({ name: 'Asia/Kolkata', label: 'Asia/Kolkata', offset: 'UTC+05:30' });
    expect(matchingZones(zones, 'new york').map((zone) => zone.name)).toContain('America/New_York');
    expect(matchingZones(zones, '-04:00').map((zone) => zone.name)).toContain('America/New_York');
    expect(matchingZones(zones, 'nowhere at all')).toEqual([]);
    expect(matchingZones(zones, '')).toHaveLength(zones.length);
  });
});
