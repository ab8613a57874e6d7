/** Recovery codes, which are shown this once. */
import { useState } from 'react';

import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Checkbox } from '../../ui/Choice';
import { CopyButton } from '../../ui/Copy';
import { DownloadButton } from '../../ui/Download';
import { Row, Stack } from '../../ui/Layout';
import styles from './Profile.module.css';

export interface RecoveryCodesProps {
  codes: readonly string[];
  email: string;
  onKept: () => void;
}

export function RecoveryCodes({ codes, email, onKept }: RecoveryCodesProps) {
  const [isKept, setKept] = useState(false);
  const text = codes.join('\n');
  const file = `Evident, ${window.location.host}\nRecovery codes of ${email}; each works once.\n\n${text}\n`;
  return (
    <Stack gap={4}>
      <Callout kind="warn" title="Shown this once">
        With one of these you sign in without your authenticator app. Keep them where you can get at them when
        the app is gone. Each works once.
      </Callout>
      <ul className={styles['codes']} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Row>
        <CopyButton text={text} what="Recovery codes" size="m">
          Copy
        </CopyButton>
        <DownloadButton text={file} fileName="evident-recovery-codes.txt">
          Download
        </DownloadButton>
      </Row>
      <Row justify="between" gap={3}>
        <Checkbox isSelected={isKept} onChange={setKept}>
          I have kept these codes
        </Checkbox>
        <Button look="primary" isDisabled={!isKept} onPress={onKept}>
          Done
        </Button>
      </Row>
    </Stack>
  );
}
