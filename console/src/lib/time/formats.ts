/**
 * Instants and durations as people read them. Everything is in one language, so that a time in a
 * screenshot means the same to everybody, and in the zone that the page shows.
 *
 * It must hold that what is no time is shown as it came, and never as another time.
 */
import { addDays } from './day';
import { localDay, wallClock } from './zone';

export const MONTHS_SHORT = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];
export const MONTHS_LONG = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS_LONG = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MILLISECOND_DIGITS = 3;
const MICROSECOND_DIGITS = 6;

export function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** The milliseconds of an instant that the API gave; undefined if it is none. */
export function parseInstant(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || !/\dT\d/.test(text) ? undefined : ms;
}

/** 22 Nov 2026 */
export function dateLabel(clock: Date): string {
  return `${clock.getUTCDate()} ${MONTHS_SHORT[clock.getUTCMonth()] ?? ''} ${clock.getUTCFullYear()}`;
}

/** 04:53, or 04:53:12 */
export function timeLabel(clock: Date, withSeconds = false): string {
  const minutes = `${twoDigits(clock.getUTCHours())}:${twoDigits(clock.getUTCMinutes())}`;
  return withSeconds ? `${minutes}:${twoDigits(clock.getUTCSeconds())}` : minutes;
}

/** The digits of a fraction of a second as they were written: a number would lose the last ones. */
function fractionOf(text: string, digits: number): string {
  const written = /\.(\d+)/.exec(text)?.[1] ?? '';
  return written.slice(0, digits).padEnd(digits, '0');
}

export type Precision = 'seconds' | 'milliseconds' | 'microseconds';

/** 22 Nov 2026, 04:53:12.120 */
export function absoluteTime(text: string, zone: string, precision: Precision = 'milliseconds'): string {
  const ms = parseInstant(text);
  if (ms === undefined) return text;
  const clock = wallClock(ms, zone);
  const whole = `${dateLabel(clock)}, ${timeLabel(clock, true)}`;
  if (precision === 'seconds') return whole;
  const digits = precision === 'milliseconds' ? MILLISECOND_DIGITS : MICROSECOND_DIGITS;
  return `${whole}.${fractionOf(text, digits)}`;
}

/** Feb 13, 10:28:22 AM; with the year, where it is not this one. */
export function timestampTime(text: string, zone: string, now: number): string {
  const ms = parseInstant(text);
  if (ms === undefined) return text;
  const clock = wallClock(ms, zone);
  const hour = clock.getUTCHours();
  const shownHour = hour % 12 === 0 ? 12 : hour % 12;
  const half = hour < 12 ? 'AM' : 'PM';
  const year = clock.getUTCFullYear();
  const isThisYear = year === wallClock(now, zone).getUTCFullYear();
  const date = `${MONTHS_SHORT[clock.getUTCMonth()] ?? ''} ${clock.getUTCDate()}${isThisYear ? '' : `, ${year}`}`;
  return `${date}, ${shownHour}:${twoDigits(clock.getUTCMinutes())}:${twoDigits(clock.getUTCSeconds())} ${half}`;
}

function shortDistance(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  return `${Math.floor(ms / HOUR)} h`;
}

/** 12 s ago, 3 h ago, in 2 min, yesterday 14:02, 13 Feb 14:02, 13 Feb 2025, 14:02 */
export function relativeTime(text: string, zone: string, now: number): string {
  const ms = parseInstant(text);
  if (ms === undefined) return text;
  const distance = Math.abs(now - ms);
  if (distance < SECOND) return 'now';
  const [day, today] = [localDay(ms, zone), localDay(now, zone)];
  if (distance < DAY / 2 || (distance < DAY && day === today)) {
    return ms > now ? `in ${shortDistance(distance)}` : `${shortDistance(distance)} ago`;
  }
  const clock = wallClock(ms, zone);
  if (day === addDays(today, -1)) return `yesterday ${timeLabel(clock)}`;
  if (day === addDays(today, 1)) return `tomorrow ${timeLabel(clock)}`;
  if (day.slice(0, 4) !== today.slice(0, 4)) return `${dateLabel(clock)}, ${timeLabel(clock)}`;
  return `${clock.getUTCDate()} ${MONTHS_SHORT[clock.getUTCMonth()] ?? ''} ${timeLabel(clock)}`;
}

/** In how many milliseconds a relative time reads differently. */
export function relativeTimeChangesIn(text: string, now: number): number {
  const ms = parseInstant(text);
  if (ms === undefined) return DAY;
  const distance = Math.abs(now - ms);
  const unit = distance < MINUTE ? SECOND : distance < HOUR ? MINUTE : HOUR;
  const since = distance % unit;
  return ms > now ? Math.max(since, 1) : unit - since;
}

/** 850 ms, 12 s, 3 min 5 s, 2 h 10 min, 4 d 3 h */
export function durationLabel(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–';
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  const steps: readonly [number, string, number, string][] = [
    [DAY, 'd', HOUR, 'h'],
    [HOUR, 'h', MINUTE, 'min'],
    [MINUTE, 'min', SECOND, 's'],
  ];
  for (const [unit, name, smaller, smallerName] of steps) {
    if (ms < unit) continue;
    const rest = Math.floor((ms % unit) / smaller);
    const whole = `${Math.floor(ms / unit)} ${name}`;
    return rest === 0 ? whole : `${whole} ${rest} ${smallerName}`;
  }
  const seconds = ms / SECOND;
  return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.floor(seconds)} s`;
}

/** What stands between the rows of two days: Today, Yesterday, or Friday, 13 February 2026. */
export function dayHeading(text: string, zone: string, now: number): string {
  const ms = parseInstant(text);
  if (ms === undefined) return '';
  const [day, today] = [localDay(ms, zone), localDay(now, zone)];
  if (day === today) return 'Today';
  if (day === addDays(today, -1)) return 'Yesterday';
  const date = new Date(`${day}T00:00:00Z`);
  const weekday = WEEKDAYS_LONG[date.getUTCDay()] ?? '';
  const month = MONTHS_LONG[date.getUTCMonth()] ?? '';
  return `${weekday}, ${date.getUTCDate()} ${month} ${date.getUTCFullYear()}`;
}

/** Whether a day begins between two rows. */
export function isOtherDay(text: string, previous: string, zone: string): boolean {
  const [ms, previousMs] = [parseInstant(text), parseInstant(previous)];
  if (ms === undefined || previousMs === undefined) return false;
  return localDay(ms, zone) !== localDay(previousMs, zone);
}
