/**
 * From the buckets of a histogram to bars of whole pixels: which series are told apart, how high each is.
 *
 * It must hold that nothing is left out of a bar (what is not told apart is in "Other"), that a bucket that has
 * an event is seen, and that one that has none is not.
 */
import type { Bucket } from '../../api/events';
import { type Colour, colourOf, MISSING_COLOUR, OTHER_COLOUR, PLAIN_COLOUR } from './colours';

/** Most values that have a series of their own. */
export const MAX_SERIES = 7;
/** The narrowest bar, in pixels with its gap. Buckets that would be narrower are drawn together. */
export const LEAST_BAR_PX = 3;
/** From this width on there is a gap of two pixels between bars, in pixels. */
const WIDE_BAR_PX = 14;

export type SeriesKind = 'all' | 'value' | 'other' | 'missing';

export interface Series {
  /** What tells it from others: no two kinds share one. */
  readonly key: string;
  readonly kind: SeriesKind;
  /** Of a value: the value. */
  readonly value: string;
  readonly label: string;
  readonly colour: Colour;
  readonly total: number;
}

/** A bar: one bucket, or several after each other where there are more than have room. */
export interface Bar {
  readonly start: string;
  readonly end: string;
  readonly count: number;
  /** By the order of the series. */
  readonly parts: readonly number[];
}

export interface Stack {
  readonly series: readonly Series[];
  readonly bars: readonly Bar[];
  /** How many buckets a bar is. The last may have fewer. */
  readonly perBar: number;
  readonly total: number;
}

/** Names that the API keeps for itself: a value of that name is counted as other. */
const OTHER = 'other';
const MISSING = 'missing';

function totalsOf(buckets: readonly Bucket[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { split } of buckets) {
    for (const [key, count] of Object.entries(split ?? {})) totals.set(key, (totals.get(key) ?? 0) + count);
  }
  return totals;
}

const ofAll = (total: number): Series => ({
  key: 'all',
  kind: 'all',
  value: '',
  label: 'Events',
  colour: PLAIN_COLOUR,
  total,
});

/** The series of a histogram, the greatest first, then the rest and what has no value. */
export function seriesOf(buckets: readonly Bucket[], field: string | undefined): readonly Series[] {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  if (field === undefined) return [ofAll(total)];
  const totals = totalsOf(buckets);
  const missing = totals.get(MISSING) ?? 0;
  const values = [...totals]
    .filter(([key]) => key !== OTHER && key !== MISSING)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  const own = values.slice(0, MAX_SERIES);
  const rest = values.slice(MAX_SERIES).reduce((sum, [, count]) => sum + count, totals.get(OTHER) ?? 0);
  const series: Series[] = own.map(([value, count]) => ({
    key: `value:${value}`,
    kind: 'value',
    value,
    label: value,
    colour: colourOf(field, value),
    total: count,
  }));
  if (rest > 0) {
    series.push({ key: OTHER, kind: 'other', value: '', label: 'Other', colour: OTHER_COLOUR, total: rest });
  }
  if (missing > 0) {
    series.push({
      key: MISSING,
      kind: 'missing',
      value: '',
      label: 'Without',
      colour: MISSING_COLOUR,
      total: missing,
    });
  }
  return series;
}

function partsOf(buckets: readonly Bucket[], series: readonly Series[]): number[] {
  const places = new Map(series.map(({ kind, value }, at) => [kind === 'value' ? `=${value}` : kind, at]));
  const all = places.get('all');
  const parts = series.map(() => 0);
  const add = (at: number | undefined, count: number) => {
    if (at !== undefined) parts[at] = (parts[at] ?? 0) + count;
  };
  for (const { count, split } of buckets) {
    if (all !== undefined) {
      add(all, count);
      continue;
    }
    for (const [key, part] of Object.entries(split ?? {})) {
      const own = key === MISSING ? places.get(MISSING) : key === OTHER ? undefined : places.get(`=${key}`);
      add(own ?? places.get(OTHER), part);
    }
  }
  return parts;
}

/** How many buckets have to be drawn as one bar. */
export function bucketsPerBar(count: number, width: number): number {
  const most = Math.max(Math.floor(width / LEAST_BAR_PX), 1);
  return Math.max(Math.ceil(count / most), 1);
}

/** The bars of a histogram in so many pixels. */
export function stackOf(buckets: readonly Bucket[], field: string | undefined, width: number): Stack {
  const series = seriesOf(buckets, field);
  const perBar = bucketsPerBar(buckets.length, width);
  const bars: Bar[] = [];
  for (let at = 0; at < buckets.length; at += perBar) {
    const group = buckets.slice(at, at + perBar);
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) continue;
    const count = group.reduce((sum, bucket) => sum + bucket.count, 0);
    bars.push({ start: first.start, end: last.end, count, parts: partsOf(group, series) });
  }
  return { series, bars, perBar, total: bars.reduce((sum, bar) => sum + bar.count, 0) };
}

/** How high a bar is, in events: an event with several values is in several parts. */
export function heightOf(bar: Bar): number {
  return Math.max(
    bar.count,
    bar.parts.reduce((sum, part) => sum + part, 0),
  );
}

/** What powers of ten are multiplied by to be round. */
const ROUND = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** A round number that is not below this one, and not far above it. */
export function roundUp(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = ROUND.find((times) => times * power >= value && Number.isInteger(times * power));
  return (step ?? 10) * power;
}

/** A rectangle in whole pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a bar stands from left to right. */
export function spanOfBar(at: number, count: number, width: number): { x: number; width: number } {
  const x = Math.round((at * width) / count);
  const room = Math.round(((at + 1) * width) / count) - x;
  const gap = room >= WIDE_BAR_PX ? 2 : room >= LEAST_BAR_PX ? 1 : 0;
  return { x, width: Math.max(room - gap, 1) };
}

/** The rectangles of one bar, by the order of its series; those of nothing have no height. */
export function boxesOf(
  bar: Bar,
  place: { x: number; width: number },
  height: number,
  top: number,
): readonly Box[] {
  const scale = top > 0 ? height / top : 0;
  let sum = 0;
  let below = 0;
  return bar.parts.map((part) => {
    sum += part;
    // What is there is seen, if only as one pixel at the foot.
    const above = sum > 0 ? Math.max(Math.round(sum * scale), 1) : 0;
    const box = { ...place, y: height - above, height: above - below };
    below = above;
    return box;
  });
}

/** One path for many rectangles. */
export function pathOf(boxes: readonly Box[]): string {
  return boxes
    .filter((box) => box.height > 0)
    .map((box) => `M${box.x} ${box.y}h${box.width}v${box.height}h${-box.width}z`)
    .join('');
}
