import { describe, expect, it } from 'vitest';

import type { Bucket } from '../../api/events';
import { cutOf, mayBeSilent, silenceIn } from './silence';

const DAY = 86_400_000;
const START = Date.parse('2026-11-01T00:00:00Z');
const time = (day: number) => new Date(START + day * DAY).toISOString();
const days = (...counts: number[]): Bucket[] =>
  counts.map((count, day) => ({ start: time(day), end: time(day + 1), count }));

describe('the cut', () => {
  it('leaves a fifth of the time that has passed, at the border of a bucket', () => {
    const buckets = days(...new Array<number>(30).fill(1));
    expect(cutOf(buckets, START + 9.5 * DAY)).toEqual({
      from: time(0),
      cut: time(8),
      to: time(10),
      before: 8,
    });
    expect(cutOf(buckets, START + 100 * DAY)).toMatchObject({ cut: time(24), to: time(30) });
  });

  it('is none where there is too little time', () => {
    expect(cutOf(days(1, 1, 1, 1), START + 100 * DAY)).toBeUndefined();
    expect(cutOf(days(...new Array<number>(30).fill(1)), START + 3 * DAY)).toBeUndefined();
    expect(cutOf([], START)).toBeUndefined();
  });
});

describe('who may be silent', () => {
  const before = [
    { value: 'sync', count: 400 },
    { value: 'ada', count: 90 },
    { value: 'once', count: 2 },
  ];

  it('did much before and nothing after', () => {
    expect(mayBeSilent(before, [{ value: 'ada', count: 1 }], 8)).toEqual([{ value: 'sync', count: 400 }]);
  });

  it('is bounded', () => {
    expect(mayBeSilent(before, [], 1)).toHaveLength(1);
  });
});

describe('silence', () => {
  const cut = time(15);

  it('is steady activity, and then none', () => {
    const sync = days(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 4, ...new Array<number>(9).fill(0));
    expect(silenceIn(sync, cut)).toEqual({ first: 0, last: 10, count: 94 });
  });

  it('is that of who works on weekdays, too', () => {
    const ada = days(0, 3, 3, 3, 3, 3, 0, 0, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0);
    expect(silenceIn(ada, cut)).toMatchObject({ first: 1, last: 12 });
  });

  it('is not the end of a burst, however great', () => {
    expect(silenceIn(days(0, 0, 412, 0, 0, 1, ...new Array<number>(14).fill(0)), cut)).toBeUndefined();
    expect(
      silenceIn(days(412, 0, 0, 0, 0, 0, 0, 0, 0, 300, ...new Array<number>(10).fill(0)), cut),
    ).toBeUndefined();
  });

  it('is not that of who did anything since the cut, whatever the lists of counts said', () => {
    const late = [...new Array<number>(14).fill(5), 0, 0, 0, 0, 0, 1];
    expect(silenceIn(days(...late), cut)).toBeUndefined();
    expect(silenceIn(days(...new Array<number>(16).fill(5), 0, 0, 0, 0), cut)).toBeUndefined();
  });

  it('is not that of who was never there', () => {
    expect(silenceIn(days(...new Array<number>(20).fill(0)), cut)).toBeUndefined();
    expect(silenceIn([], cut)).toBeUndefined();
  });
});
