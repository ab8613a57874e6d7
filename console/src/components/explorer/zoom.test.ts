import { describe, expect, it } from 'vitest';

import { isZoomed, sameRange, zoomedOut } from './zoom';

const hour = { from: '2026-11-03T10:00:00.000000Z', to: '2026-11-03T11:00:00.000000Z' };
const minute = { from: '2026-11-03T10:05:00.000000Z', to: '2026-11-03T10:06:00.000000Z' };

describe('zooming', () => {
  it('is told from days of a calendar, names, and open ends', () => {
    expect(isZoomed(hour)).toBe(true);
    expect(isZoomed({ from: '2026-11-03', to: '2026-11-05' })).toBe(false);
    expect(isZoomed({ from: hour.from })).toBe(false);
    expect(isZoomed('last_30_days')).toBe(false);
    expect(isZoomed(undefined)).toBe(false);
  });

  it('goes out to where it went in from, step by step, also where that is the view’s own range', () => {
    const zooms = [
      { to: hour, from: undefined },
      { to: minute, from: hour },
    ];
    expect(zoomedOut(zooms, minute)).toEqual(hour);
    expect(zoomedOut(zooms, hour)).toBeUndefined();
  });

  it('goes out to what is around, where it came by a link', () => {
    expect(zoomedOut([], hour)).toEqual({
      from: '2026-11-03T08:00:00.000Z',
      to: '2026-11-03T13:00:00.000Z',
    });
  });

  it('leaves what is no time any more', () => {
    expect(zoomedOut([], { from: '9999-01-01T00:00:00Z', to: '9999-12-31T00:00:00Z' })).toBeDefined();
    expect(zoomedOut([], 'today')).toBeUndefined();
  });

  it('knows that going to the same range is going nowhere', () => {
    expect(sameRange(hour, { ...hour })).toBe(true);
    expect(sameRange(hour, minute)).toBe(false);
    expect(sameRange('today', 'today')).toBe(true);
    expect(sameRange(undefined, hour)).toBe(false);
  });
});
