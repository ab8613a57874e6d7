/** An account for somebody who was invited: a name and a password. The address is the invitation's. */
import { useState } from 'react';

import { acceptAsNewcomer, type Accepted } from '../../api/acceptance';
import { asSentence, explain, isProblem } from '../../api/problem';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { TextField } from '../../ui/Field';
import { Form } from '../../ui/Layout';
import { newPasswordMistake, NewPasswordField } from './PasswordField';

export interface NewcomerFormProps {
  token: string;
  email: string;
  organization: string;
  onAccepted: (accepted: Accepted, password: string) => void;
  /** The invitation is not what the page takes it for. */
  onError: () => void;
}

export function NewcomerForm({ token, email, organization, onAccepted, onError }: NewcomerFormProps) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [mistakes, setMistakes] = useState<{ name?: string | undefined; password?: string | undefined }>({});
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const submit = async () => {
    if (isPending) return;
    const found = {
      name: name.trim() === '' ? 'Enter your name' : undefined,
      password: newPasswordMistake(password),
    };
    setMistakes(found);
    setError(undefined);
    if (found.name !== undefined || found.password !== undefined) return;
    setPending(true);
    try {
      onAccepted(await acceptAsNewcomer(token, name.trim(), password), password);
    } catch (reason) {
      if (isProblem(reason, 'password_refused')) setMistakes({ password: asSentence(reason.message) });
      else if (isProblem(reason) && reason.at('/name') !== undefined)
        setMistakes({ name: reason.at('/name') });
      else if (isProblem(reason, 'invitation_not_valid', 'newcomer_expected', 'sign_in_needed')) onError();
      else setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label="Make an account"
      onSubmit={() => void submit()}
      footer={
        <Button type="submit" look="primary" wide isPending={isPending}>
          Make an account and join
        </Button>
      }
    >
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      <TextField
        label="E-mail address"
        name="username"
        type="email"
        autoComplete="username"
        value={email}
        isReadOnly
      />
      <TextField
        label="Your name"
        name="name"
        autoComplete="name"
        autoFocus
        value={name}
        onChange={setName}
        error={mistakes.name}
      />
      <NewPasswordField
        value={password}
        onChange={setPassword}
        about={[name, email, organization]}
        error={mistakes.password}
      />
    </Form>
  );
}
