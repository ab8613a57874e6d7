/**
 * The time before a range, to compare with: as many days, or the month or year before.
 *
 * It must hold that it does not reach into the range, and that bars stand beside bars of their own kind: a week
 * has its quiet days, so that days are compared with the same days of the week.
 */
import type { Range, Span } from '../../lib/query/state';
import { isDate } from '../../lib/time/bounds';
import { addDays, daysBetween, firstOfMonth, firstOfYear } from '../../lib/time/day';
import { type Clock, daysOfRange, resolveRange } from '../../lib/time/resolve';
import { durationLabel } from '../../lib/time/formats';

const DAYS_PER_WEEK = 7;

export interface Previous {
  readonly range: Span;
  /** What it is called: "the 30 days before". */
  readonly label: string;
}

/** The same length of time just before; undefined where that has no end. */
function shifted(range: Range, clock: Clock): Previous | undefined {
  const { from, to } = resolveRange(range, clock);
  if (from === undefined || to === undefined || to <= from) return undefined;
  const before = new Date(from - (to - from));
  if (Number.isNaN(before.getTime()) || before.getTime() < 0) return undefined;
  return {
    range: { from: before.toISOString(), to: new Date(from).toISOString() },
    label: `the ${durationLabel(to - from)} before`,
  };
}

export function previousOf(range: Range, clock: Clock): Previous | undefined {
  if (range === 'all_time') return undefined;
  if (range === 'last_24_hours') {
    const before = shifted(range, clock);
    return before && { ...before, label: 'the 24 hours before' };
  }
  const isOfInstants = typeof range === 'object' && !(isDate(range.from ?? '') && isDate(range.to ?? ''));
  if (isOfInstants) return shifted(range, clock);
  const days = daysOfRange(range, clock);
  if (days === undefined) return undefined;
  const { first } = days;
  if (range === 'this_month' || range === 'last_month') {
    return { range: { from: firstOfMonth(first, -1), to: first }, label: 'the month before' };
  }
  if (range === 'this_year' || range === 'last_year') {
    return { range: { from: firstOfYear(first, -1), to: first }, label: 'the year before' };
  }
  const length = daysBetween(first, days.last) + 1;
  const weeks = Math.ceil(length / DAYS_PER_WEEK);
  const back = length < DAYS_PER_WEEK ? length : weeks * DAYS_PER_WEEK;
  const from = addDays(first, -back);
  return { range: { from, to: addDays(from, length) }, label: daysBefore(length, back) };
}

function daysBefore(length: number, back: number): string {
  if (length === 1) return 'the day before';
  if (back === length) return `the ${length} days before`;
  return `the same days ${back / DAYS_PER_WEEK} weeks before`;
}
