/**
 * What a range means: its instants, and its days on a calendar.
 *
 * These are the server's rules. It must hold that only `last_24_hours` rolls with the clock: all
 * other presets are whole local days, up to the end of the last one.
 */
import { isDate, isInstant } from './bounds';
import { addDays, type Day, daysIntoWeek, firstOfMonth, firstOfYear } from './day';
import type { Preset, WeekStart } from './presets';
import { localDay, startOfDay } from './zone';

const MS_PER_DAY = 86_400_000;

/** By whose clock and calendar a range is meant. */
export interface Clock {
  /** Now, in milliseconds since 1970. */
  readonly now: number;
  readonly zone: string;
  readonly weekStart: WeekStart;
}

/** Instants in milliseconds since 1970, `to` excluded. What is undefined has no bound. */
export interface Instants {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Days, both included. */
export interface Days {
  readonly first: Day;
  readonly last: Day;
}

/** A range as it is asked for: by name, or by its ends. */
export type RangeAsked = Preset | { readonly from?: string | undefined; readonly to?: string | undefined };

/** The first of a preset's days and the day after its last one; undefined where it is no whole days. */
function presetDays(preset: Preset, today: Day, weekStart: WeekStart): readonly [Day, Day] | undefined {
  const tomorrow = addDays(today, 1);
  const passed = daysIntoWeek(today, weekStart);
  switch (preset) {
    case 'all_time':
    case 'last_24_hours':
      return undefined;
    case 'today':
      return [today, tomorrow];
    case 'yesterday':
      return [addDays(today, -1), today];
    case 'this_week':
      return [addDays(today, -passed), addDays(today, 7 - passed)];
    case 'this_month':
      return [firstOfMonth(today), firstOfMonth(today, 1)];
    case 'last_month':
      return [firstOfMonth(today, -1), firstOfMonth(today)];
    case 'last_7_days':
      return [addDays(today, -6), tomorrow];
    case 'last_30_days':
      return [addDays(today, -29), tomorrow];
    case 'last_90_days':
      return [addDays(today, -89), tomorrow];
    case 'this_year':
      return [firstOfYear(today), firstOfYear(today, 1)];
    case 'last_year':
      return [firstOfYear(today, -1), firstOfYear(today)];
  }
}

/** The instant of a bound; undefined if it is none. */
export function boundToMs(bound: string, zone: string): number | undefined {
  if (isDate(bound)) return startOfDay(bound, zone);
  return isInstant(bound) ? Date.parse(bound) : undefined;
}

/** The instants of a range. */
export function resolveRange(range: RangeAsked, clock: Clock): Instants {
  const { now, zone, weekStart } = clock;
  if (typeof range === 'object') {
    const ms = (bound: string | undefined) => (bound === undefined ? undefined : boundToMs(bound, zone));
    return { from: ms(range.from), to: ms(range.to) };
  }
  if (range === 'last_24_hours') return { from: now - MS_PER_DAY, to: now };
  const days = presetDays(range, localDay(now, zone), weekStart);
  if (days === undefined) return {};
  return { from: startOfDay(days[0], zone), to: startOfDay(days[1], zone) };
}

/**
 * The days of a calendar that a range touches; undefined if it has no beginning. Without an end, it
 * is shown up to today.
 */
export function daysOfRange(range: RangeAsked, clock: Clock): Days | undefined {
  const today = localDay(clock.now, clock.zone);
  const days = typeof range === 'string' ? presetDays(range, today, clock.weekStart) : undefined;
  if (days !== undefined) return { first: days[0], last: addDays(days[1], -1) };
  const { from, to } = resolveRange(range, clock);
  if (from === undefined) return undefined;
  const first = localDay(from, clock.zone);
  const last = to === undefined ? today : localDay(Math.max(from, to - 1), clock.zone);
  return { first, last: last < first ? first : last };
}

/** The range of whole days, both included. */
export function rangeOfDays(days: Days): { from: string; to: string } {
  return { from: days.first, to: addDays(days.last, 1) };
}
