/** Asks once more who it is: a password and a code, before the second factor is changed. */
import { useState } from 'react';

import { explain, isProblem } from '../../api/problem';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { TextField } from '../../ui/Field';
import { Form } from '../../ui/Layout';
import { PasswordField } from '../sign-in/PasswordField';

export interface PasswordAndCodeProps {
  /** What the button says. */
  action: string;
  look: 'primary' | 'danger';
  onSubmit: (password: string, code: string) => Promise<void>;
}

export function PasswordAndCode({ action, look, onSubmit }: PasswordAndCodeProps) {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [wrong, setWrong] = useState<'password' | 'code'>();
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const submit = async () => {
    if (isPending || password === '' || code.trim() === '') return;
    setWrong(undefined);
    setError(undefined);
    setPending(true);
    try {
      await onSubmit(password, code.trim());
    } catch (reason) {
      if (isProblem(reason, 'wrong_password')) setWrong('password');
      else if (isProblem(reason, 'wrong_code')) setWrong('code');
      else setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label={action}
      onSubmit={() => void submit()}
      footer={
        <Button
          type="submit"
          look={look}
          isPending={isPending}
          isDisabled={password === '' || code.trim() === ''}
        >
          {action}
        </Button>
      }
    >
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      <PasswordField
        value={password}
        onChange={setPassword}
        autoFocus
        error={wrong === 'password' ? 'This is not your password' : undefined}
      />
      <TextField
        label="Code"
        name="code"
        mono
        autoComplete="one-time-code"
        value={code}
        onChange={setCode}
        description="Of your authenticator app, or a recovery code."
        error={wrong === 'code' ? 'The code is not right. Each works once: wait for the next one' : undefined}
      />
    </Form>
  );
}
