/** How long ago something was, also where lists rather show its date: in a detail the date stands beside it. */
import { plural } from '../../lib/text/numbers';
import { parseInstant, relativeTime } from '../../lib/time/formats';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Up to this long ago, the hour matters, in days. */
const NEAR_DAYS = 2;

export function agoLabel(instant: string, zone: string, now: number): string {
  const ms = parseInstant(instant);
  if (ms === undefined) return '';
  const days = Math.floor(Math.abs(now - ms) / DAY_MS);
  if (days < NEAR_DAYS) return relativeTime(instant, zone, now);
  return ms > now ? `in ${plural(days, 'day')}` : `${plural(days, 'day')} ago`;
}
