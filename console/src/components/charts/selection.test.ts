import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Act, NOTHING, select, selected, type Selection, spanOf } from './selection';

const COUNT = 30;
const key = (name: string, extending = false): Act => ({
  type: 'key',
  key: name,
  extends: extending,
  count: COUNT,
});
const after = (...acts: Act[]): Selection => acts.reduce(select, NOTHING);

describe('by keyboard', () => {
  it('begins at the newest bar', () => {
    expect(after(key('ArrowLeft')).at).toBe(29);
    expect(after(key('ArrowRight')).at).toBe(29);
  });

  it('moves by one, by ten, and to the ends', () => {
    expect(after(key('End'), key('ArrowLeft'), key('PageDown')).at).toBe(18);
    expect(after(key('Home'), key('PageUp'), key('ArrowRight')).at).toBe(11);
  });

  it('selects with Shift from where it was, back over itself too', () => {
    const right = after(key('Home'), key('ArrowRight'), key('ArrowRight', true), key('ArrowRight', true));
    expect(selected(right, COUNT)).toEqual([1, 3]);
    const left = after(key('Home'), key('ArrowRight'), key('ArrowRight', true), key('Home', true));
    expect(selected(left, COUNT)).toEqual([0, 1]);
  });

  it('lets go of the selection when it moves on without Shift', () => {
    const moved = after(key('Home'), key('ArrowRight', true), key('ArrowRight'));
    expect(selected(moved, COUNT)).toEqual([2, 2]);
  });

  it('keeps what is selected while a pointer passes by', () => {
    const passed = after(key('Home'), key('End', true), { type: 'point', at: 12 }, { type: 'leave' });
    expect(selected(passed, COUNT)).toEqual([0, 29]);
  });

  it('clears the selection first, and then the bar', () => {
    const once = after(key('Home'), key('ArrowRight', true), { type: 'clear' });
    expect(selected(once, COUNT)).toEqual([1, 1]);
    expect(selected(select(once, { type: 'clear' }), COUNT)).toBeUndefined();
  });
});

it('lets go of all when focus goes elsewhere', () => {
  expect(after(key('Home'), key('End', true), { type: 'blur' })).toEqual(NOTHING);
});

describe('by pointer', () => {
  it('selects from where the button went down, in both directions', () => {
    const drawn = after({ type: 'begin', at: 9 }, { type: 'point', at: 4 });
    expect(selected(drawn, COUNT)).toEqual([4, 9]);
  });

  it('points at nothing once it has left', () => {
    expect(selected(after({ type: 'point', at: 4 }, { type: 'leave' }), COUNT)).toBeUndefined();
  });
});

it('never means a bar that is not there, even when an answer has fewer of them', () => {
  const acts = fc.oneof(
    fc.record({
      type: fc.constant('key' as const),
      key: fc.constantFrom('ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End', 'x'),
      extends: fc.boolean(),
      count: fc.integer({ min: 0, max: 40 }),
    }),
    fc.record({
      type: fc.constantFrom('point' as const, 'begin' as const),
      at: fc.integer({ min: 0, max: 40 }),
    }),
    fc.record({ type: fc.constantFrom('leave' as const, 'clear' as const) }),
  );
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 20 }), fc.integer({ min: 0, max: 40 }), (all, count) => {
      const range = selected(all.reduce(select, NOTHING), count);
      if (range === undefined) return;
      expect(range[0]).toBeGreaterThanOrEqual(0);
      expect(range[0]).toBeLessThanOrEqual(range[1]);
      expect(range[1]).toBeLessThan(count);
    }),
  );
});

it('means the time from the beginning of the first bar to the end of the last', () => {
  const bars = ['a', 'b', 'c'].map((name) => ({ start: `${name}0`, end: `${name}1` }));
  expect(spanOf(bars, [0, 1])).toEqual({ from: 'a0', to: 'b1' });
  expect(spanOf(bars, [1, 9])).toBeUndefined();
  expect(spanOf(bars, undefined)).toBeUndefined();
});
