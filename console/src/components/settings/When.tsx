/** When something was or will be, as far from now, in the reader's own zone; all of it on hover. */
import { Time } from '../events/Time';

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function When({ instant }: { instant: string }) {
  return <Time instant={instant} zone={ownZone} style="relative" />;
}
