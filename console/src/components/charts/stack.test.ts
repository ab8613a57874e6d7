import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Bucket } from '../../api/events';
import { colourOf } from './colours';
import {
  boxesOf,
  bucketsPerBar,
  heightOf,
  LEAST_BAR_PX,
  MAX_SERIES,
  pathOf,
  roundUp,
  seriesOf,
  spanOfBar,
  stackOf,
} from './stack';

const HOUR = 3_600_000;

function bucket(at: number, split: Record<string, number>): Bucket {
  const count = Object.values(split).reduce((sum, one) => sum + one, 0);
  const time = (hours: number) => new Date(hours * HOUR).toISOString();
  return { start: time(at), end: time(at + 1), count, split };
}

const splits = fc.array(
  fc.dictionary(
    fc.constantFrom('Roles', 'Prompts', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'other', 'missing', '__proto__'),
    fc.integer({ min: 1, max: 1e6 }),
    { noNullPrototype: false },
  ),
  { minLength: 1, maxLength: 60 },
);

describe('series', () => {
  it('come by how much they have, with the rest and what has no value at the end', () => {
    const buckets = [bucket(0, { missing: 50, Roles: 1, other: 3, Prompts: 4 }), bucket(1, { Roles: 9 })];
    expect(seriesOf(buckets, 'category').map(({ label, total }) => [label, total])).toEqual([
      ['Roles', 10],
      ['Prompts', 4],
      ['Other', 3],
      ['Without', 50],
    ]);
  });

  it('are a few, and the rest is in one', () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`v${at}`, 100 - at]));
    const series = seriesOf([bucket(0, many)], 'category');
    expect(series).toHaveLength(MAX_SERIES + 1);
    expect(series.at(-1)).toMatchObject({ kind: 'other', total: 93 + 92 + 91 + 90 + 89 });
  });

  it('leave out no event, whatever values are called and however buckets are drawn together', () => {
    fc.assert(
      fc.property(splits, fc.integer({ min: 1, max: 400 }), (all, width) => {
        const buckets = all.map((split, at) => bucket(at, split));
        const total = buckets.reduce((sum, { count }) => sum + count, 0);
        const { bars, series } = stackOf(buckets, 'category', width);
        const drawn = bars.flatMap(({ parts }) => parts).reduce((sum, part) => sum + part, 0);
        expect(drawn).toBe(total);
        expect(series.reduce((sum, one) => sum + one.total, 0)).toBe(total);
        expect(bars[0]?.start).toBe(buckets[0]?.start);
        expect(bars.at(-1)?.end).toBe(buckets.at(-1)?.end);
      }),
    );
  });
});

describe('bars', () => {
  it('are as many as there are buckets while they have room, and never narrower than they may be', () => {
    expect(bucketsPerBar(100, 1000)).toBe(1);
    expect(bucketsPerBar(5000, 900)).toBe(Math.ceil(5000 / 300));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 30, max: 4000 }), (count, width) => {
        const bars = Math.ceil(count / bucketsPerBar(count, width));
        expect(bars * LEAST_BAR_PX).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('stand at whole pixels, beside each other, from edge to edge', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 900, max: 4000 }), (count, width) => {
        let end = 0;
        for (let at = 0; at < count; at += 1) {
          const place = spanOfBar(at, count, width);
          expect(Number.isInteger(place.x) && Number.isInteger(place.width)).toBe(true);
          expect(place.x).toBeGreaterThanOrEqual(end);
          expect(place.width).toBeGreaterThanOrEqual(1);
          end = place.x + place.width;
        }
        expect(end).toBeLessThanOrEqual(width);
        expect(spanOfBar(0, count, width).x).toBe(0);
      }),
    );
  });

  it('show one event among a million, and nothing where there is none', () => {
    const place = { x: 0, width: 5 };
    const one = { start: '', end: '', count: 1, parts: [0, 1] };
    expect(boxesOf(one, place, 100, 1_000_000).map(({ height }) => height)).toEqual([0, 1]);
    const none = { ...one, count: 0, parts: [0, 0] };
    expect(pathOf(boxesOf(none, place, 100, 10))).toBe('');
  });

  it('are as high as all parts together, without a gap and without rounding up one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 9 }), (parts) => {
        const count = parts.reduce((sum, part) => sum + part, 0);
        const boxes = boxesOf(
          { start: '', end: '', count, parts },
          { x: 0, width: 4 },
          92,
          Math.max(count, 1),
        );
        expect(boxes.reduce((sum, { height }) => sum + height, 0)).toBe(count === 0 ? 0 : 92);
        let foot = 92;
        for (const box of boxes) {
          expect(box.y + box.height).toBe(foot);
          expect(box.height).toBeGreaterThanOrEqual(0);
          foot = box.y;
        }
      }),
    );
  });

  it('leave room for events that have several values', () => {
    expect(heightOf({ start: '', end: '', count: 3, parts: [3, 2] })).toBe(5);
  });

  it('end below a round number that is no fraction of an event', () => {
    expect([0, 1, 2, 3, 7, 11, 24, 26, 1816].map(roundUp)).toEqual([1, 1, 2, 3, 8, 15, 25, 30, 2000]);
  });
});

describe('colours', () => {
  it('stay with a value, whatever its rank and however it is spelled', () => {
    const busy = seriesOf([bucket(0, { Roles: 900, Prompts: 1 })], 'category');
    const quiet = seriesOf([bucket(0, { Prompts: 900, Roles: 1, Guardrails: 5 })], 'category');
    const of = (series: typeof busy, value: string) => series.find((one) => one.value === value)?.colour;
    expect(of(busy, 'Roles')).toBe(of(quiet, 'Roles'));
    expect(colourOf('category', 'PROMPTS')).toBe(of(busy, 'Prompts'));
    expect(colourOf('metadata.model', 'x')).toBe(colourOf('metadata.model', 'x'));
  });

  it('differ among all results, among all event types, and among the most usual categories', () => {
    const distinct = (field: string, values: string[]) =>
      new Set(values.map((value) => colourOf(field, value))).size === values.length;
    expect(distinct('result', ['success', 'failed', 'denied', 'warning', 'approved', 'allowed'])).toBe(true);
    expect(
      distinct('event_type', [
        'Agent Operations',
        'Policy Changes',
        'User Actions',
        'Security Events',
        'System Events',
      ]),
    ).toBe(true);
    expect(
      distinct('category', [
        'Prompts',
        'Login/Logout',
        'System',
        'Approvals',
        'Security',
        'Evaluations',
        'Scores',
      ]),
    ).toBe(true);
  });

  it('are colours of the design, also for names that objects have of themselves', () => {
    for (const value of ['constructor', '__proto__', '', '🦊', 'x'.repeat(5000)]) {
      expect(colourOf('category', value)).toMatch(/var\(--series-[1-8]\)/);
      expect(colourOf('constructor', value)).toMatch(/var\(--series-[1-8]\)/);
    }
  });
});
