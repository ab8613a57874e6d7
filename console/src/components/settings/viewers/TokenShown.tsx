/** A viewer token that was just made, this once, with the lines that show the log in a page. */
import type { MadeToken } from '../../../api/viewers';
import { embedLines } from '../../../lib/settings/viewer-tokens';
import { Said } from '../../../ui/Said';
import { ShownOnce } from '../ShownOnce';
import { When } from '../When';

export function TokenShown({ made, onClose }: { made: MadeToken; onClose: () => void }) {
  return (
    <ShownOnce
      title="The viewer token"
      isOpen
      onClose={onClose}
      secrets={[
        { label: 'Viewer token', text: made.token },
        { label: 'In a page of the issuer’s origins', text: embedLines(window.location.origin, made.token) },
      ]}
      ifLost="This server keeps no copy of it. A token cannot be revoked by itself: it ends by itself, or with its issuer."
    >
      It ends <When instant={made.expires_at} />. Its readings are recorded under{' '}
      <Said text={made.id} mono isMultiline />.
    </ShownOnce>
  );
}
