/** What is known of the log's key, and what to do when it is another one than before. */
import { useState } from 'react';

import { explain } from '../../api/problem';
import type { OwnOrganization } from '../../api/session';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Confirm } from '../../ui/Modal';
import { Stack } from '../../ui/Layout';
import type { KeyStanding } from './check-event';
import { forget } from './memory';
import styles from './Proof.module.css';

const WORDS: Record<KeyStanding, string> = {
  first_seen:
    'This browser saw the log’s key for the first time and remembers it. Compare it once with the key that the operator gave you.',
  remembered: 'The log’s key is the one that this browser remembers.',
  changed: 'The server shows another key than this browser remembers.',
  unknown: 'The log’s key is not known here.',
};

export function KeyNote({ standing }: { standing: KeyStanding }) {
  return WORDS[standing];
}

export interface ChangedKeyProps {
  organization: OwnOrganization;
  check: { verifierKey: string | undefined; otherKey: string | undefined };
  /** It was decided to trust the new key. */
  onTrusted: () => void;
}

/** A log never changes its key by itself. Whoever trusts the new one has asked somebody. */
export function ChangedKey({ organization, check, onTrusted }: ChangedKeyProps) {
  const [asks, setAsks] = useState(false);
  return (
    <Callout
      kind="bad"
      title="The log has another key than before"
      action={
        <Button size="s" onPress={() => setAsks(true)}>
          Trust the new key…
        </Button>
      }
    >
      <Stack gap={2}>
        <p>
          A log keeps its key. Another one means that the log was replaced, or that somebody answers in the
          server’s place. Ask the operator, by another way than this page, before you go on.
        </p>
        <p>
          Remembered: <span className={styles['key']}>{check.verifierKey}</span>
        </p>
        <p>
          Shown now: <span className={styles['key']}>{check.otherKey}</span>
        </p>
      </Stack>
      <Confirm
        title="Trust the new key?"
        action="Forget the old key"
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={() => {
          forget(organization.id);
          onTrusted();
          return Promise.resolve();
        }}
        typed="I asked the operator"
        explain={explain}
      >
        This browser forgets the old key and the last checkpoint that it saw. Whatever was changed before
        cannot be found out here any more.
      </Confirm>
    </Callout>
  );
}
