/**
 * The picker of a range: presets beside a calendar.
 *
 * A click on a day makes it the first of the range, and today the last until another day is clicked.
 * That second click sets the last day; before the first, it begins anew. It must hold that what is
 * highlighted is what will be applied, and that a range that was opened and not touched stays as it
 * was, to the microsecond.
 */
import { addDays, addMonths, type Day, daysIntoWeek, firstOfMonth, partsOf } from './day';
import { MONTHS_LONG } from './formats';
import type { Preset, WeekStart } from './presets';
import { type Clock, type Days, daysOfRange, type RangeAsked, rangeOfDays } from './resolve';
import { localDay } from './zone';

const DAYS_PER_WEEK = 7;
/** Every month fits, and none makes the calendar jump. */
const WEEKS_SHOWN = 6;
const MONTHS_PER_YEAR = 12;
/** The first and the last year that a calendar shows. */
const MIN_YEAR = 1;
const MAX_YEAR = 9999;
/** Years that are offered before this one, unless the log is older. */
const YEARS_OFFERED = 10;

export interface PickerState {
  readonly clock: Clock;
  /** What Apply will ask for. */
  readonly range: RangeAsked;
  /** What is highlighted; undefined for all time. */
  readonly days: Days | undefined;
  /** The next click sets the last day. */
  readonly isAwaitingLast: boolean;
  /** The first day of the month that is shown. */
  readonly shownMonth: Day;
}

export type PickerAction =
  | { readonly kind: 'day'; readonly day: Day }
  | { readonly kind: 'preset'; readonly preset: Preset }
  /** The arrows: so many months on, or back. */
  | { readonly kind: 'turn'; readonly months: number }
  /** The drop-downs; months count from 1. */
  | { readonly kind: 'month'; readonly month: number }
  | { readonly kind: 'year'; readonly year: number }
  /** Another zone or day of the week: the same range, its days anew. */
  | { readonly kind: 'clock'; readonly clock: Clock };

function withRange(clock: Clock, range: RangeAsked): PickerState {
  const days = daysOfRange(range, clock);
  const shownMonth = firstOfMonth(days?.last ?? localDay(clock.now, clock.zone));
  return { clock, range, days, isAwaitingLast: false, shownMonth };
}

/** The picker as it opens. */
export function openPicker(range: RangeAsked, clock: Clock): PickerState {
  return withRange(clock, range);
}

function pickDay(state: PickerState, day: Day): PickerState {
  const { days, clock } = state;
  const isLast = state.isAwaitingLast && days !== undefined && day >= days.first;
  const today = localDay(clock.now, clock.zone);
  const picked = isLast ? { first: days.first, last: day } : { first: day, last: day > today ? day : today };
  return { ...state, days: picked, range: rangeOfDays(picked), isAwaitingLast: !isLast };
}

function show(state: PickerState, shownMonth: Day): PickerState {
  return { ...state, shownMonth };
}

/** The picker after something was done in it. */
export function pickerReducer(state: PickerState, action: PickerAction): PickerState {
  const { month, year } = partsOf(state.shownMonth);
  const shownOf = (newYear: number, newMonth: number) => {
    const bounded = Math.min(Math.max(newYear, MIN_YEAR), MAX_YEAR);
    return firstOfMonth(`${String(bounded).padStart(4, '0')}-${String(newMonth).padStart(2, '0')}-01`);
  };
  switch (action.kind) {
    case 'day':
      return pickDay(state, action.day);
    case 'preset':
      return withRange(state.clock, action.preset);
    case 'turn':
      return show(state, firstOfMonth(state.shownMonth, action.months));
    case 'month': {
      const isMonth = Number.isInteger(action.month) && action.month >= 1 && action.month <= MONTHS_PER_YEAR;
      return isMonth ? show(state, shownOf(year, action.month)) : state;
    }
    case 'year':
      return Number.isInteger(action.year) ? show(state, shownOf(action.year, month)) : state;
    case 'clock':
      return { ...state, clock: action.clock, days: daysOfRange(state.range, action.clock) };
  }
}

/** A day of the calendar as it is drawn. */
export interface CalendarDay {
  readonly day: Day;
  readonly dayOfMonth: number;
  /** It is one of the month that is shown, not of the one before or after. */
  readonly isInMonth: boolean;
  readonly isToday: boolean;
  readonly isSelected: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** The weeks of the month that is shown, with the days of other months that fill them. */
export function monthGrid(state: PickerState): readonly (readonly CalendarDay[])[] {
  const { shownMonth, days, clock } = state;
  const start = addDays(shownMonth, -daysIntoWeek(shownMonth, clock.weekStart));
  const today = localDay(clock.now, clock.zone);
  const cell = (offset: number): CalendarDay => {
    const day = addDays(start, offset);
    return {
      day,
      dayOfMonth: partsOf(day).dayOfMonth,
      isInMonth: day.slice(0, 7) === shownMonth.slice(0, 7),
      isToday: day === today,
      isSelected: days !== undefined && day >= days.first && day <= days.last,
      isFirst: day === days?.first,
      isLast: day === days?.last,
    };
  };
  return Array.from({ length: WEEKS_SHOWN }, (_week, week) =>
    Array.from({ length: DAYS_PER_WEEK }, (_day, day) => cell(week * DAYS_PER_WEEK + day)),
  );
}

const WEEKDAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The heads of a calendar's columns: short to be seen, long to be heard. */
export function weekdayHeads(weekStart: WeekStart): readonly { short: string; long: string }[] {
  const first = weekStart === 'monday' ? 1 : 0;
  return WEEKDAY_NAMES.map((_name, at) => {
    const long = WEEKDAY_NAMES[(at + first) % DAYS_PER_WEEK] ?? '';
    return { short: long.slice(0, 2), long };
  });
}

/** The months of the drop-down. */
export const MONTH_CHOICES: readonly { month: number; label: string }[] = MONTHS_LONG.map((label, at) => ({
  month: at + 1,
  label,
}));

/** The years of the drop-down, the latest first: back to the first event, or to the year that is shown. */
export function yearChoices(state: PickerState, firstYear?: number): readonly number[] {
  const thisYear = partsOf(localDay(state.clock.now, state.clock.zone)).year;
  const shown = partsOf(state.shownMonth).year;
  const latest = Math.max(thisYear, shown);
  // A log may hold events of any age: the drop-down does not grow with it.
  const earliest = Math.min(shown, Math.max(firstYear ?? thisYear - YEARS_OFFERED, thisYear - 100));
  const count = Math.min(latest - earliest + 1, 200);
  const years = Array.from({ length: count }, (_, back) => latest - back);
  return years.includes(shown) ? years : [...years, shown];
}

/** Where the focus goes from a day when a key is pressed; undefined if the key is none of the calendar's. */
export function dayForKey(day: Day, key: string, weekStart: WeekStart, withShift = false): Day | undefined {
  const into = daysIntoWeek(day, weekStart);
  switch (key) {
    case 'ArrowLeft':
      return addDays(day, -1);
    case 'ArrowRight':
      return addDays(day, 1);
    case 'ArrowUp':
      return addDays(day, -DAYS_PER_WEEK);
    case 'ArrowDown':
      return addDays(day, DAYS_PER_WEEK);
    case 'Home':
      return addDays(day, -into);
    case 'End':
      return addDays(day, DAYS_PER_WEEK - 1 - into);
    case 'PageUp':
      return addMonths(day, withShift ? -MONTHS_PER_YEAR : -1);
    case 'PageDown':
      return addMonths(day, withShift ? MONTHS_PER_YEAR : 1);
    default:
      return undefined;
  }
}
