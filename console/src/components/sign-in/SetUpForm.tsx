/** What a server is to begin with: an organization, and the person who owns the server. */
import { useState } from 'react';

import { asSentence, explain, isProblem, type Problem } from '../../api/problem';
import { type Founded, setUp, type Wishes } from '../../api/set-up';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { TextField } from '../../ui/Field';
import { Form } from '../../ui/Layout';
import { newPasswordMistake, NewPasswordField } from './PasswordField';

export interface SetUpFormProps {
  token: string;
  onFounded: (founded: Founded, wishes: Wishes) => void;
  /** The link is worth nothing: neither this form nor another try will do. */
  onClosed: (problem: Problem) => void;
}

const EMPTY: Wishes = { organization: '', name: '', email: '', password: '' };

function mistakesOf({ organization, name, email, password }: Wishes): Partial<Record<keyof Wishes, string>> {
  const passwordMistake = newPasswordMistake(password);
  return {
    ...(organization.trim() === '' && { organization: 'Enter a name, such as that of your company' }),
    ...(name.trim() === '' && { name: 'Enter your name' }),
    ...(!/^[^@\s]+@[^@\s]+$/.test(email.trim()) && { email: 'Enter an address, such as ada@example.com' }),
    ...(passwordMistake !== undefined && { password: passwordMistake }),
  };
}

/** What the server found wrong, at the field that it is about. */
function refusalsOf(problem: Problem): Partial<Record<keyof Wishes, string>> {
  const at = (field: keyof Wishes) => {
    const reason = problem.at(`/${field}`);
    return reason === undefined ? {} : { [field]: asSentence(reason) };
  };
  return {
    ...at('organization'),
    ...at('name'),
    ...at('email'),
    ...at('password'),
    ...(problem.code === 'unacceptable_password' && { password: asSentence(problem.message) }),
  };
}

export function SetUpForm({ token, onFounded, onClosed }: SetUpFormProps) {
  const [wishes, setWishes] = useState(EMPTY);
  const [mistakes, setMistakes] = useState<Partial<Record<keyof Wishes, string>>>({});
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const change = (field: keyof Wishes) => (value: string) => {
    setWishes((before) => ({ ...before, [field]: value }));
    setMistakes((before) => ({ ...before, [field]: undefined }));
  };
  const submit = async () => {
    if (isPending) return;
    const found = mistakesOf(wishes);
    setMistakes(found);
    setError(undefined);
    if (Object.keys(found).length > 0) return;
    const { organization, name, email, password } = wishes;
    const sent = { organization: organization.trim(), name: name.trim(), email: email.trim(), password };
    setPending(true);
    try {
      onFounded(await setUp(token, sent), sent);
    } catch (reason) {
      if (isProblem(reason, 'link_refused', 'already_set_up')) {
        onClosed(reason);
        return;
      }
      const refused = isProblem(reason) ? refusalsOf(reason) : {};
      setMistakes(refused);
      if (Object.keys(refused).length === 0) setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label="Set up"
      onSubmit={() => void submit()}
      footer={
        <Button type="submit" look="primary" wide isPending={isPending}>
          Set up this server
        </Button>
      }
    >
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      <TextField
        label="Organization"
        name="organization"
        autoComplete="organization"
        autoFocus
        description="It gets a log of its own. More can be added later."
        value={wishes.organization}
        onChange={change('organization')}
        error={mistakes.organization}
      />
      <TextField
        label="Your name"
        name="name"
        autoComplete="name"
        value={wishes.name}
        onChange={change('name')}
        error={mistakes.name}
      />
      <TextField
        label="Your e-mail address"
        name="username"
        type="email"
        autoComplete="username"
        spellCheck="false"
        description="You sign in with it. Nothing is sent to it."
        value={wishes.email}
        onChange={change('email')}
        error={mistakes.email}
      />
      <NewPasswordField
        value={wishes.password}
        onChange={change('password')}
        about={[wishes.organization, wishes.name, wishes.email]}
        error={mistakes.password}
      />
    </Form>
  );
}
