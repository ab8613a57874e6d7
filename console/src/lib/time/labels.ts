/**
 * A range as people read it: “Last 30 Days”, “3–17 Nov 2026”, “3 Nov 2026, 10:00 – 11:30”.
 *
 * It must hold that the last day named is one that the range has, although its end is excluded.
 */
import { addDays, type Day, partsOf } from './day';
import { dateLabel, MONTHS_SHORT, timeLabel } from './formats';
import { isPreset, presetLabel } from './presets';
import { boundToMs, type Clock, daysOfRange, type RangeAsked, resolveRange } from './resolve';
import { localDay, startOfDay, wallClock } from './zone';

const MINUTE = 60_000;

function dayLabel(day: Day): string {
  const { year, month, dayOfMonth } = partsOf(day);
  return `${dayOfMonth} ${MONTHS_SHORT[month - 1] ?? ''} ${year}`;
}

/** Days, both included: what two dates have in common is said once. */
export function daysLabel(first: Day, last: Day): string {
  if (last <= first) return dayLabel(first);
  const [a, b] = [partsOf(first), partsOf(last)];
  if (a.year !== b.year) return `${dayLabel(first)} – ${dayLabel(last)}`;
  if (a.month !== b.month) return `${a.dayOfMonth} ${MONTHS_SHORT[a.month - 1] ?? ''} – ${dayLabel(last)}`;
  return `${a.dayOfMonth}–${dayLabel(last)}`;
}

/** The day that begins at an instant, if one does. */
function dayBeginningAt(ms: number, zone: string): Day | undefined {
  const day = localDay(ms, zone);
  return startOfDay(day, zone) === ms ? day : undefined;
}

function instantLabel(ms: number, zone: string): string {
  const clock = wallClock(ms, zone);
  return `${dateLabel(clock)}, ${timeLabel(clock, ms % MINUTE !== 0)}`;
}

function betweenLabel(from: number, to: number, zone: string): string {
  const [firstDay, endDay] = [dayBeginningAt(from, zone), dayBeginningAt(to, zone)];
  if (firstDay !== undefined && endDay !== undefined) return daysLabel(firstDay, addDays(endDay, -1));
  const withSeconds = from % MINUTE !== 0 || to % MINUTE !== 0;
  const [a, b] = [wallClock(from, zone), wallClock(to, zone)];
  if (dateLabel(a) !== dateLabel(b)) return `${instantLabel(from, zone)} – ${instantLabel(to, zone)}`;
  return `${dateLabel(a)}, ${timeLabel(a, withSeconds)} – ${timeLabel(b, withSeconds)}`;
}

function openLabel(from: number | undefined, to: number | undefined, zone: string): string {
  if (from !== undefined) {
    const day = dayBeginningAt(from, zone);
    return `From ${day === undefined ? instantLabel(from, zone) : dayLabel(day)}`;
  }
  if (to === undefined) return presetLabel('all_time');
  const day = dayBeginningAt(to, zone);
  return day === undefined ? `Before ${instantLabel(to, zone)}` : `Until ${dayLabel(addDays(day, -1))}`;
}

/** What a range is called in a zone. */
export function rangeLabel(range: RangeAsked, zone: string): string {
  if (typeof range === 'string') return isPreset(range) ? presetLabel(range) : range;
  const from = range.from === undefined ? undefined : boundToMs(range.from, zone);
  const to = range.to === undefined ? undefined : boundToMs(range.to, zone);
  if (from === undefined || to === undefined) return openLabel(from, to, zone);
  return betweenLabel(from, to, zone);
}

/** The same with the zone that its days are of. */
export function rangeLabelWithZone(range: RangeAsked, zone: string): string {
  return `${rangeLabel(range, zone)} (${zone.replaceAll('_', ' ')})`;
}

/** The days or instants that a range means just now, also of one that has a name: 24 Oct – 22 Nov 2026. */
export function writtenRange(range: RangeAsked, clock: Clock): string {
  if (typeof range !== 'string') return rangeLabel(range, clock.zone);
  if (range === 'last_24_hours') {
    const { from, to } = resolveRange(range, clock);
    const minute = (ms: number | undefined) => Math.floor((ms ?? clock.now) / MINUTE) * MINUTE;
    return betweenLabel(minute(from), minute(to), clock.zone);
  }
  const days = daysOfRange(range, clock);
  return days === undefined ? rangeLabel(range, clock.zone) : daysLabel(days.first, days.last);
}

/** Whether two ranges are asked for in the same words. */
export function isSameRange(a: RangeAsked, b: RangeAsked): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return a.from === b.from && a.to === b.to;
}
