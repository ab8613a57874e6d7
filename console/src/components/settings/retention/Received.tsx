/** From when to when events were received that went or would go, and where they are in the log. */
import type { EventsTold } from '../../../api/retention';
import { numberLabel } from '../../../lib/text/numbers';
import { absoluteTime } from '../../../lib/time/formats';
import { ownZone } from '../../../lib/time/zones';

export function Received({ told }: { told: EventsTold }) {
  const { received_from: from, received_to: to, first_index: first, last_index: last } = told;
  if (from === null || to === null) return null;
  const zone = ownZone();
  return (
    <>
      Received from {absoluteTime(from, zone, 'seconds')} to {absoluteTime(to, zone, 'seconds')}
      {first !== null && last !== null && `, index ${numberLabel(first)} to ${numberLabel(last)}`}.
    </>
  );
}
