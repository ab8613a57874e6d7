/**
 * The time axis of a histogram: which buckets get a label, and which range a brush means. Bars are
 * equally wide, whatever their buckets last.
 *
 * It must hold that labels never overlap or leave the axis, and that a brush begins and ends with
 * whole buckets.
 */
import { dayOfMs, daysIntoWeek } from './day';
import { MONTHS_SHORT, timeLabel } from './formats';
import { rangeLabel } from './labels';
import type { WeekStart } from './presets';
import { wallClock } from './zone';

export type Interval = 'minute' | 'hour' | 'day' | 'week' | 'month';

/** A bucket of a histogram, as the API gives it. */
export interface BucketSpan {
  readonly start: string;
  readonly end: string;
}

export interface Tick {
  /** The bucket whose left edge it stands at. */
  readonly index: number;
  /** Pixels from the left edge of the axis. */
  readonly x: number;
  readonly label: string;
}

export interface Axis {
  readonly interval: Interval;
  readonly zone: string;
  readonly weekStart: WeekStart;
  /** Pixels. */
  readonly width: number;
  /** The width of a character of a label, in pixels. */
  readonly charWidth?: number;
}

const CHAR_PX = 7;
/** Free space between two labels, in pixels. */
const GAP_PX = 12;

/** Whether a tick may stand at a local time, from the densest choice to the sparsest. */
type Step = (clock: Date) => boolean;

const isMidnight: Step = (clock) => clock.getUTCHours() === 0 && clock.getUTCMinutes() === 0;
const minutes = (every: number): Step => {
  return (clock) => (clock.getUTCHours() * 60 + clock.getUTCMinutes()) % every === 0;
};
const hours = (every: number): Step => minutes(every * 60);
const days = (every: number): Step => {
  return (clock) => isMidnight(clock) && Math.floor(clock.getTime() / 86_400_000) % every === 0;
};
const weekFirsts = (weekStart: WeekStart): Step => {
  return (clock) => isMidnight(clock) && daysIntoWeek(dayOfMs(clock.getTime()), weekStart) === 0;
};
const everyWeek = (every: number): Step => {
  return (clock) => Math.floor(clock.getTime() / (7 * 86_400_000)) % every === 0;
};
const months = (every: number): Step => {
  return (clock) =>
    clock.getUTCDate() === 1 && (clock.getUTCFullYear() * 12 + clock.getUTCMonth()) % every === 0;
};
const years = (every: number): Step => {
  return (clock) => months(12)(clock) && clock.getUTCFullYear() % every === 0;
};
/** The first bucket of a month, where buckets are weeks. */
const monthTurns: Step = (clock) => clock.getUTCDate() <= 7;

function stepsFor(interval: Interval, weekStart: WeekStart): readonly Step[] {
  const long = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map(years);
  const monthly = [1, 3, 6].map(months);
  const daily = [days(1), days(2), weekFirsts(weekStart)];
  const hourly = [1, 2, 3, 6, 12].map(hours);
  switch (interval) {
    case 'minute':
      return [...[1, 2, 5, 10, 15, 30].map(minutes), ...hourly, ...daily, ...monthly, ...long];
    case 'hour':
      return [...hourly, ...daily, ...monthly, ...long];
    case 'day':
      return [...daily, ...monthly, ...long];
    case 'week':
      return [...[1, 2, 4].map(everyWeek), monthTurns, ...[13, 26, 52].map(everyWeek)];
    case 'month':
      return [...monthly, ...long];
  }
}

function tickLabel(clock: Date, interval: Interval): string {
  const month = MONTHS_SHORT[clock.getUTCMonth()] ?? '';
  const isYearStart = clock.getUTCMonth() === 0 && clock.getUTCDate() === 1 && isMidnight(clock);
  if (interval === 'month') return isYearStart ? String(clock.getUTCFullYear()) : month;
  const isClock = interval === 'minute' || interval === 'hour';
  if (isClock && !isMidnight(clock)) return timeLabel(clock);
  return isYearStart ? String(clock.getUTCFullYear()) : `${clock.getUTCDate()} ${month}`;
}

/** The ticks that fit, from left to right; undefined if two of them would overlap. */
function place(candidates: readonly Tick[], axis: Axis): readonly Tick[] | undefined {
  const charWidth = axis.charWidth ?? CHAR_PX;
  const ends = (tick: Tick) => tick.x + tick.label.length * charWidth;
  const inside = candidates.filter((tick) => ends(tick) <= axis.width);
  const overlap = inside.some((tick, at) => {
    const next = inside[at + 1];
    return next !== undefined && ends(tick) + GAP_PX > next.x;
  });
  return overlap ? undefined : inside;
}

/** The labels of an axis: the densest choice of round times that does not overlap. */
export function axisTicks(buckets: readonly BucketSpan[], axis: Axis): readonly Tick[] {
  const clocks = buckets.map((bucket) => wallClock(Date.parse(bucket.start), axis.zone));
  const all: Tick[] = clocks.map((clock, index) => ({
    index,
    x: (index * axis.width) / buckets.length,
    label: tickLabel(clock, axis.interval),
  }));
  for (const step of stepsFor(axis.interval, axis.weekStart)) {
    const placed = place(
      all.filter((tick) => {
        const clock = clocks[tick.index];
        return clock !== undefined && step(clock);
      }),
      axis,
    );
    if (placed === undefined) continue;
    // No round time is in the range: its beginning is better than nothing.
    return placed.length > 0 ? placed : (place(all.slice(0, 1), axis) ?? []);
  }
  return place(all.slice(0, 1), axis) ?? [];
}

/** The bucket at a place of the axis. */
export function bucketAt(x: number, width: number, count: number): number {
  if (count === 0 || width <= 0 || Number.isNaN(x)) return -1;
  return Math.min(Math.max(Math.floor((x / width) * count), 0), count - 1);
}

/** The range that was brushed from one place to another: whole buckets, at least one. */
export function brushed(
  buckets: readonly BucketSpan[],
  fromX: number,
  toX: number,
  width: number,
): { from: string; to: string } | undefined {
  const left = bucketAt(Math.min(fromX, toX), width, buckets.length);
  const right = bucketAt(Math.max(fromX, toX), width, buckets.length);
  const [first, last] = [buckets[left], buckets[right]];
  return first === undefined || last === undefined ? undefined : { from: first.start, to: last.end };
}

/** What a bucket is called where it is pointed at, such as 3 Nov 2026, 10:00 – 11:00. */
export function bucketLabel(bucket: BucketSpan, zone: string): string {
  return rangeLabel({ from: bucket.start, to: bucket.end }, zone);
}
