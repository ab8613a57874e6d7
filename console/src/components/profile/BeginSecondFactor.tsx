/** Setting up a second factor: the password once more, the secret for the app, its first code, the codes to keep. */
import { useState } from 'react';

import { beginSecondFactor, confirmSecondFactor, type SecondFactor } from '../../api/account';
import { explain, isProblem } from '../../api/problem';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { CopyButton } from '../../ui/Copy';
import { TextField } from '../../ui/Field';
import { Form, Row } from '../../ui/Layout';
import { Modal } from '../../ui/Modal';
import { QrCode } from '../../ui/QrCode';
import { Words } from '../../ui/Text';
import { toast } from '../../ui/toasts';
import { PasswordField } from '../sign-in/PasswordField';
import styles from './Profile.module.css';
import { RecoveryCodes } from './RecoveryCodes';

/** Characters of the secret that stand together, so that it can be typed. */
const GROUP_CHARS = 4;

export interface BeginSecondFactorProps {
  email: string;
  onClose: () => void;
}

export function BeginSecondFactor({ email, onClose }: BeginSecondFactorProps) {
  const [factor, setFactor] = useState<SecondFactor>();
  const [codes, setCodes] = useState<readonly string[]>();
  const close = () => {
    if (codes !== undefined) toast('The second factor is in use');
    onClose();
  };
  return (
    <Modal
      title={codes === undefined ? 'Set up a second factor' : 'Keep your recovery codes'}
      isOpen
      onClose={close}
      mustBeClosed={factor !== undefined}
    >
      {codes !== undefined && <RecoveryCodes codes={codes} email={email} onKept={close} />}
      {codes === undefined && factor !== undefined && <Scan factor={factor} onConfirmed={setCodes} />}
      {factor === undefined && <AskPassword onBegun={setFactor} />}
    </Modal>
  );
}

function AskPassword({ onBegun }: { onBegun: (factor: SecondFactor) => void }) {
  const [password, setPassword] = useState('');
  const [mistake, setMistake] = useState<string>();
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const submit = async () => {
    if (isPending || password === '') return;
    setMistake(undefined);
    setError(undefined);
    setPending(true);
    try {
      onBegun(await beginSecondFactor(password));
    } catch (reason) {
      if (isProblem(reason, 'wrong_password')) setMistake('This is not your password');
      else setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label="Your password"
      onSubmit={() => void submit()}
      footer={
        <Button type="submit" look="primary" isPending={isPending} isDisabled={password === ''}>
          Go on
        </Button>
      }
    >
      <Words as="p">
        You need an app that makes codes, such as the one for passwords of your phone. First, say that it is
        you.
      </Words>
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      <PasswordField value={password} onChange={setPassword} error={mistake} autoFocus />
    </Form>
  );
}

interface ScanProps {
  factor: SecondFactor;
  onConfirmed: (codes: readonly string[]) => void;
}

function Scan({ factor, onConfirmed }: ScanProps) {
  const [code, setCode] = useState('');
  const [mistake, setMistake] = useState<string>();
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const submit = async () => {
    if (isPending || code.trim() === '') return;
    setMistake(undefined);
    setError(undefined);
    setPending(true);
    try {
      onConfirmed(await confirmSecondFactor(code.trim()));
    } catch (reason) {
      if (isProblem(reason, 'wrong_code')) {
        setMistake('The code is not right. See that the clock of your phone is, and take the next one');
      } else {
        setError(explain(reason));
      }
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label="First code"
      onSubmit={() => void submit()}
      footer={
        <Button type="submit" look="primary" isPending={isPending} isDisabled={code.trim() === ''}>
          Take it into use
        </Button>
      }
    >
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      <div className={styles['scan']}>
        <QrCode text={factor.uri} label="The secret as a QR code, for your authenticator app" />
        <div className={styles['beside']}>
          <Words as="p">Scan this with your authenticator app, or type the secret into it:</Words>
          <Row gap={2} wrap={false}>
            <code className={styles['secret']}>{groupsOf(factor.secret)}</code>
            <CopyButton text={factor.secret} what="Secret" />
          </Row>
        </div>
      </div>
      <TextField
        label="The code that the app shows now"
        name="code"
        mono
        autoFocus
        autoComplete="one-time-code"
        inputMode="numeric"
        value={code}
        onChange={setCode}
        error={mistake}
      />
    </Form>
  );
}

function groupsOf(secret: string): string {
  return (secret.match(new RegExp(`.{1,${GROUP_CHARS}}`, 'g')) ?? []).join(' ');
}
