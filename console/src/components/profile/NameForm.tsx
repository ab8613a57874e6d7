/** Who one is: the name that others see, and the address that one signs in with. */
import { useState } from 'react';

import { changeName } from '../../api/account';
import { asSentence, explain, isProblem } from '../../api/problem';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { TextField } from '../../ui/Field';
import { Form } from '../../ui/Layout';
import { toast } from '../../ui/toasts';

export interface NameFormProps {
  name: string;
  email: string;
}

export function NameForm({ name, email }: NameFormProps) {
  const [text, setText] = useState(name);
  const [mistake, setMistake] = useState<string>();
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const wanted = text.trim();
  const submit = async () => {
    if (isPending) return;
    setError(undefined);
    setMistake(wanted === '' ? 'Enter your name' : undefined);
    if (wanted === '') return;
    setPending(true);
    try {
      await changeName(wanted);
      setText(wanted);
      toast('Name changed');
    } catch (reason) {
      const refused = isProblem(reason) ? reason.at('/name') : undefined;
      if (refused === undefined) setError(explain(reason));
      else setMistake(asSentence(refused));
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label="You"
      onSubmit={() => void submit()}
      footer={
        <Button type="submit" isPending={isPending} isDisabled={wanted === name}>
          Save the name
        </Button>
      }
    >
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      <TextField
        label="Name"
        name="name"
        autoComplete="name"
        value={text}
        onChange={setText}
        error={mistake}
        description="Others see it, and it stands in the log beside what you do from now on."
      />
      <TextField
        label="E-mail address"
        type="email"
        value={email}
        isReadOnly
        description="You sign in with it. It stays what it is."
      />
    </Form>
  );
}
