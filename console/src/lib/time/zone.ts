/**
 * Time zones: which local day an instant belongs to, and when a local day begins.
 *
 * These are the server's rules. It must hold that the days of a zone tile time, that an instant lies
 * in exactly one of them, and that a day begins at its first midnight or, where a clock change skips
 * that midnight, at the first instant after it. A day that a zone skipped altogether is empty.
 *
 * Formatters are slow to make, so each zone has one for as long as the page lives.
 */
import { addDays, type Day, dayOfMs, dayToMs } from './day';

const MS_PER_SECOND = 1000;
/** Clock changes this near to a midnight are looked for, in milliseconds: more than any clock was set by. */
const NEAR_MS = 26 * 3_600_000;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const made = formatters.get(zone);
  if (made !== undefined) return made;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, formatter);
  return formatter;
}

/** How far a zone's clock is ahead of UTC at an instant, in milliseconds; behind it, if negative. */
export function offsetAt(ms: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const seconds = Math.floor(ms / MS_PER_SECOND) * MS_PER_SECOND;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(seconds)) parts[type] = Number(value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const shown = new Date(0);
  shown.setUTCFullYear(year, month - 1, day);
  shown.setUTCHours(hour, minute, second);
  return shown.getTime() - seconds;
}

/** What a clock on the wall shows at an instant, as if it were UTC. */
export function wallClock(ms: number, zone: string): Date {
  return new Date(ms + offsetAt(ms, zone));
}

/** The first instant after `from`, at most `to`, at which the clock no longer is `offset` ahead. */
function changeBetween(from: number, to: number, offset: number, zone: string): number {
  let [same, other] = [from, to];
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (offsetAt(middle, zone) === offset) same = middle;
    else other = middle;
  }
  return other;
}

/** The instant at which a local day begins. */
export function startOfDay(day: Day, zone: string): number {
  const midnight = dayToMs(day);
  const before = offsetAt(midnight - NEAR_MS, zone);
  const after = offsetAt(midnight + NEAR_MS, zone);
  const isShown = (offset: number) => offsetAt(midnight - offset, zone) === offset;
  // The greater offset gives the earlier instant: of a midnight that comes twice, the first.
  const offset = [before, after].sort((a, b) => b - a).find(isShown);
  if (offset !== undefined) return midnight - offset;
  return changeBetween(midnight - NEAR_MS, midnight + NEAR_MS, before, zone);
}

/**
 * The local day that an instant lies in. A clock that is set back over midnight shows the old date
 * again after the new day has begun: it has the new day.
 */
export function localDay(ms: number, zone: string): Day {
  const shown = dayOfMs(wallClock(ms, zone).getTime());
  const next = addDays(shown, 1);
  return next > shown && startOfDay(next, zone) <= ms ? next : shown;
}

const namers = new Map<string, Intl.DateTimeFormat>();

/** What a zone is called for short at an instant, such as CET or GMT+5:45. */
export function zoneAbbreviation(ms: number, zone: string): string {
  let namer = namers.get(zone);
  if (namer === undefined) {
    namer = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'short' });
    namers.set(zone, namer);
  }
  return namer.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

/** An offset as people write it: UTC+05:45. */
export function offsetLabel(offsetMs: number): string {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  if (minutes === 0) return 'UTC';
  const two = (number: number) => String(number).padStart(2, '0');
  return `UTC${offsetMs < 0 ? '−' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
