/** What is done to a key: it is changed, rotated or revoked. */
import { type ApiKey, type MadeKey, revokeKey } from '../../../api/keys';
import { explain } from '../../../api/problem';
import { Confirm } from '../../../ui/Modal';
import { toast } from '../../../ui/toasts';
import { Points } from '../Grave';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { When } from '../When';
import { ChangeKey } from './ChangeKey';
import { keyName } from './key-words';
import { RotateKey } from './RotateKey';

export type KeyAct = 'change' | 'rotate' | 'revoke';

export interface KeyDialogsProps {
  apiKey: ApiKey;
  act: KeyAct;
  onClose: () => void;
  onMade: (key: MadeKey) => Promise<void>;
}

export function KeyDialogs({ apiKey, act, onClose, onMade }: KeyDialogsProps) {
  const refresh = useRefresh();
  const { isArchived } = useStanding();
  const name = keyName(apiKey);
  if (act === 'change') {
    return (
      <ChangeKey
        apiKey={apiKey}
        onClose={onClose}
        onChanged={async (changed) => {
          await refresh();
          toast(`${keyName(changed)} is saved`);
          onClose();
        }}
      />
    );
  }
  if (act === 'rotate') {
    return (
      <RotateKey
        apiKey={apiKey}
        onClose={onClose}
        onMade={async (made) => {
          onClose();
          await onMade(made);
        }}
      />
    );
  }
  return (
    <Confirm
      title={`Revoke ${name}?`}
      action="Revoke the key"
      isOpen
      onClose={onClose}
      onConfirm={async () => {
        await revokeKey(apiKey.id);
        await refresh();
        toast(`${name} works no more`);
      }}
      explain={explain}
    >
      <p>
        {apiKey.last_used_at === null ? (
          'It was never used.'
        ) : (
          <>
            It was last used <When instant={apiKey.last_used_at} />.
          </>
        )}
      </p>
      <Points>
        {[
          'Whatever uses it is refused (401) at once.',
          ...(apiKey.kind === 'ingest' ? ['Events that are sent with it are not recorded.'] : []),
          isArchived
            ? 'There is no way back, and no key is made here until the organization is.'
            : 'There is no way back: make another key for what still needs one. To change over without a gap, rotate it instead.',
          'It stays in the list, since events name it.',
        ]}
      </Points>
    </Confirm>
  );
}
