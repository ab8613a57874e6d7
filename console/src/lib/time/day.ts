/**
 * Days of the calendar, written as they stand in a URL: `2026-02-13`. They have no zone.
 *
 * It must hold that the order of texts is the order of days, and that arithmetic never leaves the
 * years 1 to 9999, where the API's calendar ends too.
 */
import type { WeekStart } from './presets';

/** A day, such as 2026-02-13. */
export type Day = string;

const MS_PER_DAY = 86_400_000;
const MIN_MS = Date.parse('0001-01-01T00:00:00Z');
const MAX_MS = Date.parse('9999-12-31T00:00:00Z');
const DAYS_PER_WEEK = 7;

/** The midnight of a day in UTC, in milliseconds. */
export function dayToMs(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** The day in UTC of an instant, in milliseconds. */
export function dayOfMs(ms: number): Day {
  return new Date(Math.min(Math.max(ms, MIN_MS), MAX_MS)).toISOString().slice(0, 10);
}

/** The day of these numbers; months count from 1. A month beyond 12 is one of a later year. */
export function dayOf(year: number, month: number, dayOfMonth: number): Day {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, dayOfMonth);
  return dayOfMs(date.getTime());
}

/** Year, month from 1, and day of the month. */
export function partsOf(day: Day): { year: number; month: number; dayOfMonth: number } {
  const [year = 1, month = 1, dayOfMonth = 1] = day.split('-').map(Number);
  return { year, month, dayOfMonth };
}

/** The day that is so many days later. */
export function addDays(day: Day, days: number): Day {
  return dayOfMs(dayToMs(day) + days * MS_PER_DAY);
}

/** How many days later the second day is. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((dayToMs(to) - dayToMs(from)) / MS_PER_DAY);
}

/** The first day of the month that is so many months later. */
export function firstOfMonth(day: Day, monthsLater = 0): Day {
  const { year, month } = partsOf(day);
  return dayOf(year, month + monthsLater, 1);
}

/** The first day of the year that is so many years later. */
export function firstOfYear(day: Day, yearsLater = 0): Day {
  return dayOf(partsOf(day).year + yearsLater, 1, 1);
}

/** The same day of another month, or the last one that it has. */
export function addMonths(day: Day, months: number): Day {
  const first = firstOfMonth(day, months);
  const last = addDays(firstOfMonth(first, 1), -1);
  return dayOf(
    partsOf(first).year,
    partsOf(first).month,
    Math.min(partsOf(day).dayOfMonth, partsOf(last).dayOfMonth),
  );
}

/** Days since Sunday. */
export function weekday(day: Day): number {
  return new Date(dayToMs(day)).getUTCDay();
}

/** How many days of its week lie before a day. */
export function daysIntoWeek(day: Day, weekStart: WeekStart): number {
  const first = weekStart === 'monday' ? 1 : 0;
  return (weekday(day) - first + DAYS_PER_WEEK) % DAYS_PER_WEEK;
}
