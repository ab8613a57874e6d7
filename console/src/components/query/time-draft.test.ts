import { describe, expect, it } from 'vitest';

import type { RangeAsked } from '../../lib/time/resolve';
import { askedBy, instantOf, openTimes, type TimeAction, timeReducer } from './time-draft';

const clock = {
  now: Date.parse('2026-11-22T04:53:12Z'),
  zone: 'Europe/Berlin',
  weekStart: 'monday' as const,
};
const after = (range: RangeAsked, ...actions: TimeAction[]) =>
  actions.reduce(timeReducer, openTimes(range, clock));
const day = (text: string): TimeAction => ({ kind: 'day', day: text });
const time = (end: 'from' | 'to', text: string): TimeAction => ({ kind: 'time', end, text });

describe('the times of the picker', () => {
  it('asks for whole days while no time is given', () => {
    expect(askedBy(after('last_30_days', day('2026-11-03')))).toEqual({
      ok: true,
      range: { from: '2026-11-03', to: '2026-11-23' },
    });
  });

  it('asks for instants in the zone once a time is given', () => {
    const draft = after('last_30_days', day('2026-11-03'), day('2026-11-17'), time('from', '09:30'));
    expect(askedBy(draft)).toEqual({
      ok: true,
      range: { from: '2026-11-03T08:30:00.000Z', to: '2026-11-17T23:00:00.000Z' },
    });
    expect(askedBy(timeReducer(draft, time('to', '10:00')))).toMatchObject({
      range: { to: '2026-11-17T09:00:00.000Z' },
    });
  });

  it('asks for the same clock in another zone, for what was chosen by hand', () => {
    const draft = after('today', day('2026-11-03'), day('2026-11-03'), time('from', '09:30'));
    const india = timeReducer(draft, { kind: 'clock', clock: { ...clock, zone: 'Asia/Kolkata' } });
    expect(askedBy(india)).toMatchObject({ range: { from: '2026-11-03T04:00:00.000Z' } });
  });

  it('gives a range back as it was if nobody touched it, and shows its times', () => {
    const range = { from: '2026-11-03T10:00:00.000001Z', to: '2026-11-03T11:30:00Z' };
    const draft = openTimes(range, clock);
    expect(draft.times).toEqual({ from: '11:00', to: '12:30' });
    const moved = timeReducer(draft, { kind: 'clock', clock: { ...clock, zone: 'UTC' } });
    expect(moved.times).toEqual({ from: '10:00', to: '11:30' });
    expect(askedBy(moved)).toEqual({ ok: true, range });
  });

  it('forgets times with a preset', () => {
    const draft = after('today', time('from', '09:30'), { kind: 'preset', preset: 'yesterday' });
    expect(draft.times.from).toBe('');
    expect(askedBy(draft)).toEqual({ ok: true, range: 'yesterday' });
  });

  it('refuses an end that is not after the start', () => {
    const draft = after('today', day('2026-11-22'), time('from', '09:30'), time('to', '09:30'));
    expect(askedBy(draft).ok).toBe(false);
    expect(askedBy(timeReducer(draft, time('to', '09:31'))).ok).toBe(true);
  });
});

describe('a time of day', () => {
  it('is the first of two where clocks go back, and later by what was skipped where they go on', () => {
    expect(instantOf('2026-10-25', '02:30', 'Europe/Berlin')).toBe(Date.parse('2026-10-25T00:30:00Z'));
    expect(instantOf('2026-03-29', '02:30', 'Europe/Berlin')).toBe(Date.parse('2026-03-29T01:30:00Z'));
    expect(instantOf('2026-11-03', '00:00', 'Asia/Kathmandu')).toBe(Date.parse('2026-11-02T18:15:00Z'));
  });

  it('is nothing unless it is hours and minutes', () => {
    for (const text of ['24:00', '9:30', '09:60', '', 'noon']) {
      expect(instantOf('2026-11-03', text, 'UTC')).toBeUndefined();
    }
  });
});
