/** Changing one's own password, which ends all other sessions. */
import { useState } from 'react';

import { changePassword } from '../../api/account';
import { asSentence, explain, isProblem } from '../../api/problem';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Form } from '../../ui/Layout';
import { toast } from '../../ui/toasts';
import { newPasswordMistake, NewPasswordField, PasswordField } from '../sign-in/PasswordField';

interface Mistakes {
  current?: string | undefined;
  password?: string | undefined;
}

export interface PasswordFormProps {
  email: string;
  name: string;
}

export function PasswordForm({ email, name }: PasswordFormProps) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const submit = async () => {
    if (isPending) return;
    const found: Mistakes = {
      current: current === '' ? 'Enter the password that you have now' : undefined,
      password: newPasswordMistake(password),
    };
    setMistakes(found);
    setError(undefined);
    if (found.current !== undefined || found.password !== undefined) return;
    setPending(true);
    try {
      await changePassword(current, password);
      setCurrent('');
      setPassword('');
      toast('Password changed; all other sessions have ended');
    } catch (reason) {
      if (isProblem(reason, 'wrong_password')) setMistakes({ current: 'This is not your password' });
      else if (isProblem(reason, 'unacceptable_password'))
        setMistakes({ password: asSentence(reason.message) });
      else setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label="Password"
      onSubmit={() => void submit()}
      footer={
        <Button type="submit" isPending={isPending} isDisabled={current === '' && password === ''}>
          Change the password
        </Button>
      }
    >
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      {/* So that password managers know whose password it is. */}
      <input
        className="visually-hidden"
        type="text"
        name="username"
        autoComplete="username"
        value={email}
        readOnly
        tabIndex={-1}
        aria-hidden
      />
      <PasswordField
        label="Password now"
        name="current-password"
        value={current}
        onChange={setCurrent}
        error={mistakes.current}
      />
      <NewPasswordField
        label="New password"
        name="new-password"
        value={password}
        onChange={setPassword}
        about={[name, email]}
        error={mistakes.password}
      />
    </Form>
  );
}
