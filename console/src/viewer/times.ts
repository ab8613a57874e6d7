/** When something happened: as a date or as how long ago, with the other on hover. */
import { absoluteTime, relativeTime, timestampTime } from '../lib/time/formats';
import { make } from './dom';

export interface TimeLook {
  readonly zone: string;
  readonly isRelative: boolean;
}

function words(instant: string, { zone, isRelative }: TimeLook, now: number): string {
  return isRelative ? relativeTime(instant, zone, now) : timestampTime(instant, zone, now);
}

export function timeElement(instant: string, look: TimeLook): HTMLTimeElement {
  const now = Date.now();
  const exact = absoluteTime(instant, look.zone, 'microseconds');
  const title = `${exact} ${look.zone} (${relativeTime(instant, look.zone, now)})`;
  return make('time', { datetime: instant, title }, words(instant, look, now));
}

/** Says again how long ago it was, of all times within. */
export function refreshTimes(within: ParentNode, look: TimeLook): void {
  const now = Date.now();
  for (const element of within.querySelectorAll('time')) {
    const said = words(element.dateTime, look, now);
    if (element.textContent !== said) element.textContent = said;
  }
}
