/** A key that was just made: its text, this once, and a call that shows that it works. */
import type { MadeKey } from '../../../api/keys';
import { useSession } from '../../../api/session';
import { firstCall } from '../../../lib/first-event/calls';
import { tryKey } from '../../../lib/settings/api-keys';
import { ShownOnce } from '../ShownOnce';
import { keyName } from './key-words';

export function KeyShown({ made, onClose }: { made: MadeKey; onClose: () => void }) {
  const person = useSession()?.user;
  const { origin } = window.location;
  const call =
    made.kind === 'ingest'
      ? firstCall('curl', {
          origin,
          key: made.key,
          person: { id: person?.id ?? 'usr_1', name: person?.name || person?.email || 'You' },
        })
      : tryKey(made.kind, origin, made.key);
  return (
    <ShownOnce
      title={`${keyName(made)}: the key`}
      isOpen
      onClose={onClose}
      secrets={[
        { label: 'API key', text: made.key },
        {
          label: made.kind === 'ingest' ? 'Record a first event with it' : 'Try it',
          text: call,
        },
      ]}
      ifLost="This server keeps no copy of it. If it gets lost, rotate the key or make another one."
    >
      Put it where you keep secrets. Programs send it as <code>Authorization: Bearer …</code>.
    </ShownOnce>
  );
}
