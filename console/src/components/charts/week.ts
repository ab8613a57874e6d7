/**
 * A histogram by the hour, folded into the hours of a week as clocks in the zone show them.
 *
 * It must hold that what is shown of an hour is an average over as many of that hour as there were: a range that
 * has five Mondays and four Tuesdays must not make Mondays look busier. Hours that have not begun count neither
 * way; nor does the empty time before the first event of a range without a beginning, which the API leaves out.
 */
import type { Bucket } from '../../api/events';
import { dayOfMs, daysIntoWeek } from '../../lib/time/day';
import type { WeekStart } from '../../lib/time/presets';
import { wallClock } from '../../lib/time/zone';

export const DAYS_PER_WEEK = 7;
export const HOURS_PER_DAY = 24;
const MS_PER_HOUR = 3_600_000;

export interface WeekHour {
  /** How many of this hour the range had. */
  readonly hours: number;
  /** How many events they had in all. */
  readonly count: number;
  readonly average: number;
}

/** By the days of the week from its first, then by hour. */
export type Week = readonly (readonly WeekHour[])[];

export function foldIntoWeek(
  buckets: readonly Bucket[],
  zone: string,
  weekStart: WeekStart,
  now: number,
): Week {
  const hours = Array.from({ length: DAYS_PER_WEEK }, () => new Array<number>(HOURS_PER_DAY).fill(0));
  const counts = Array.from({ length: DAYS_PER_WEEK }, () => new Array<number>(HOURS_PER_DAY).fill(0));
  for (const bucket of buckets) {
    const start = Date.parse(bucket.start);
    if (Number.isNaN(start) || start > now) continue;
    const clock = wallClock(start, zone);
    const day = daysIntoWeek(dayOfMs(clock.getTime()), weekStart);
    const hour = clock.getUTCHours();
    const [dayHours, dayCounts] = [hours[day], counts[day]];
    if (dayHours === undefined || dayCounts === undefined) continue;
    dayHours[hour] = (dayHours[hour] ?? 0) + 1;
    dayCounts[hour] = (dayCounts[hour] ?? 0) + bucket.count;
  }
  return hours.map((dayHours, day) =>
    dayHours.map((of, hour) => {
      const count = counts[day]?.[hour] ?? 0;
      return { hours: of, count, average: of === 0 ? 0 : count / of };
    }),
  );
}

export interface WeekDay {
  readonly days: number;
  readonly count: number;
  readonly average: number;
}

/** The same by days only, for what is too long to be asked for by the hour. */
export function foldIntoDays(
  buckets: readonly Bucket[],
  zone: string,
  weekStart: WeekStart,
  now: number,
): readonly WeekDay[] {
  const week = Array.from({ length: DAYS_PER_WEEK }, () => ({ days: 0, count: 0 }));
  for (const bucket of buckets) {
    const start = Date.parse(bucket.start);
    if (Number.isNaN(start) || start > now) continue;
    const day = week[daysIntoWeek(dayOfMs(wallClock(start, zone).getTime()), weekStart)];
    if (day === undefined) continue;
    day.days += 1;
    day.count += bucket.count;
  }
  return week.map(({ days, count }) => ({ days, count, average: days === 0 ? 0 : count / days }));
}

/** Whether a span has no more hours than one histogram may have buckets. */
export function fitsInHours(fromMs: number, toMs: number, most: number): boolean {
  // The first and the last hour may lie partly outside.
  return (toMs - fromMs) / MS_PER_HOUR + 2 <= most;
}

/** How dark a cell is, from 0 to `steps`. Nothing is 0, and only nothing is. */
export function shadeOf(average: number, greatest: number, steps: number): number {
  if (average <= 0 || greatest <= 0) return 0;
  return Math.min(Math.max(Math.ceil((average / greatest) * steps), 1), steps);
}
