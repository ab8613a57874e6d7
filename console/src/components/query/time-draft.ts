/**
 * The time picker's draft: the days of the calendar, and times of day where somebody wants them.
 *
 * It must hold that a range that nobody touched is applied as it was, that times belong to the first and the
 * last day in the zone that is shown, and that a range whose end is not after its beginning is never applied.
 */
import { addDays, type Day, dayToMs } from '../../lib/time/day';
import { timeLabel } from '../../lib/time/formats';
import { openPicker, type PickerAction, pickerReducer, type PickerState } from '../../lib/time/calendar';
import { boundToMs, type Clock, type RangeAsked, rangeOfDays } from '../../lib/time/resolve';
import { offsetAt, startOfDay, wallClock } from '../../lib/time/zone';

const MS_PER_MINUTE = 60_000;
/** Clock changes this near are looked for, in milliseconds. */
const NEAR_MS = 26 * 3_600_000;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;

export interface Times {
  /** `hh:mm`, or empty for the beginning of the first day. */
  readonly from: string;
  /** `hh:mm`, or empty for the end of the last day. */
  readonly to: string;
}

export interface TimeDraft {
  readonly picker: PickerState;
  readonly times: Times;
  /** A day was clicked, or a time typed: the range is made of the days and times that are shown. */
  readonly isOwn: boolean;
}

export type TimeAction =
  PickerAction | { readonly kind: 'time'; readonly end: keyof Times; readonly text: string };

/** What a clock shows at a bound; empty for the midnight of a day. */
function timeAt(bound: string | undefined, zone: string): string {
  const ms = bound === undefined ? undefined : boundToMs(bound, zone);
  if (ms === undefined) return '';
  const shown = timeLabel(wallClock(ms, zone));
  return shown === '00:00' ? '' : shown;
}

function timesOf(range: RangeAsked, zone: string): Times {
  if (typeof range === 'string') return { from: '', to: '' };
  return { from: timeAt(range.from, zone), to: timeAt(range.to, zone) };
}

export function openTimes(range: RangeAsked, clock: Clock): TimeDraft {
  return { picker: openPicker(range, clock), times: timesOf(range, clock.zone), isOwn: false };
}

export function timeReducer(draft: TimeDraft, action: TimeAction): TimeDraft {
  if (action.kind === 'time') {
    return { ...draft, times: { ...draft.times, [action.end]: action.text }, isOwn: true };
  }
  const picker = pickerReducer(draft.picker, action);
  switch (action.kind) {
    case 'preset':
      return { picker, times: { from: '', to: '' }, isOwn: false };
    case 'day':
      return { ...draft, picker, isOwn: true };
    case 'clock':
      return {
        ...draft,
        picker,
        times: draft.isOwn ? draft.times : timesOf(picker.range, action.clock.zone),
      };
    default:
      return { ...draft, picker };
  }
}

/**
 * The instant at which a zone's clock shows a time. Of a time that comes twice it is the first; a time that is
 * skipped is as much later as was skipped.
 */
export function instantOf(day: Day, time: string, zone: string): number | undefined {
  const [, hours, minutes] = TIME.exec(time) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  const shown = dayToMs(day) + (Number(hours) * 60 + Number(minutes)) * MS_PER_MINUTE;
  const before = offsetAt(shown - NEAR_MS, zone);
  const after = offsetAt(shown + NEAR_MS, zone);
  const offset = [before, after].sort((a, b) => b - a).find((one) => offsetAt(shown - one, zone) === one);
  return shown - (offset ?? before);
}

/** The range that Apply asks for, or why there is none. */
export type TimeAsked =
  { readonly ok: true; readonly range: RangeAsked } | { readonly ok: false; readonly message: string };

export function askedBy(draft: TimeDraft): TimeAsked {
  const { picker, times, isOwn } = draft;
  const { days, clock } = picker;
  if (!isOwn || days === undefined) return { ok: true, range: picker.range };
  if (times.from === '' && times.to === '') return { ok: true, range: rangeOfDays(days) };
  const from =
    times.from === '' ? startOfDay(days.first, clock.zone) : instantOf(days.first, times.from, clock.zone);
  const to =
    times.to === ''
      ? startOfDay(addDays(days.last, 1), clock.zone)
      : instantOf(days.last, times.to, clock.zone);
  if (from === undefined || to === undefined)
    return { ok: false, message: 'A time is hours and minutes, such as 09:30.' };
  if (to <= from) return { ok: false, message: 'The end has to be after the start.' };
  return { ok: true, range: { from: new Date(from).toISOString(), to: new Date(to).toISOString() } };
}
