/**
 * What went silent: whoever was steadily active in the first part of a range and did nothing in the last.
 *
 * Two lists of counts, before and after a cut, give those who may have: many before, none after. A count before
 * the cut says nothing of steadiness, and a list that was cut short nothing of absence, so each of them is then
 * looked at over time. It must hold that nobody is called silent who was active after the cut, or whose activity
 * was a single burst.
 */
import type { Bucket, CountedValue } from '../../api/events';

/** The last part of a range, in which nothing may have happened. */
const LAST_PART = 0.2;
/** Fewest buckets of a range in which silence can be told. */
const LEAST_BUCKETS = 10;
/** Fewest events before the cut: fewer are no habit. */
export const LEAST_EVENTS = 10;
/** Fewest buckets from the first to the last activity. */
const LEAST_ACTIVE_BUCKETS = 5;
/** How many of these must have had activity: who works on weekdays has 5 of 7. */
const LEAST_SHARE = 2 / 3;

export interface Cut {
  readonly from: string;
  readonly cut: string;
  readonly to: string;
  /** How many buckets lie before the cut. */
  readonly before: number;
}

/** Cuts the time that has passed in two, at the border of a bucket; undefined if there is too little of it. */
export function cutOf(buckets: readonly Bucket[], now: number): Cut | undefined {
  const begun = buckets.filter((bucket) => Date.parse(bucket.start) <= now);
  const before = Math.floor(begun.length * (1 - LAST_PART));
  const [first, middle, last] = [begun[0], begun[before], begun.at(-1)];
  if (begun.length < LEAST_BUCKETS || !first || !middle || !last) return undefined;
  return { from: first.start, cut: middle.start, to: last.end, before };
}

/** Who may have gone silent: many events before, and not in the list of after. */
export function mayBeSilent(
  before: readonly CountedValue[],
  after: readonly CountedValue[],
  most: number,
): readonly CountedValue[] {
  const seen = new Set(after.map(({ value }) => value));
  return before.filter(({ value, count }) => count >= LEAST_EVENTS && !seen.has(value)).slice(0, most);
}

export interface Silence {
  /** The first and the last bucket with activity. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Whether these buckets of one value show steady activity and then none since the cut. */
export function silenceIn(buckets: readonly Bucket[], cut: string): Silence | undefined {
  const cutMs = Date.parse(cut);
  const first = buckets.findIndex(({ count }) => count > 0);
  const last = buckets.findLastIndex(({ count }) => count > 0);
  const lastBucket = buckets[last];
  if (first < 0 || lastBucket === undefined || Date.parse(lastBucket.end) > cutMs) return undefined;
  const stretch = buckets.slice(first, last + 1);
  const active = stretch.filter(({ count }) => count > 0).length;
  const isSteady = stretch.length >= LEAST_ACTIVE_BUCKETS && active / stretch.length >= LEAST_SHARE;
  const count = stretch.reduce((sum, bucket) => sum + bucket.count, 0);
  return isSteady && count >= LEAST_EVENTS ? { first, last, count } : undefined;
}
