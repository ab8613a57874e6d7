/** Choosing a new password by the link that an administrator made. */
import { useState } from 'react';

import { choosePassword } from '../../api/account';
import { asSentence, explain, isProblem } from '../../api/problem';
import { places } from '../../api/places';
import { queryClient } from '../../api/queries';
import { Closed } from '../../components/sign-in/Closed';
import { Entrance } from '../../components/sign-in/Entrance';
import { newPasswordMistake, NewPasswordField } from '../../components/sign-in/PasswordField';
import { useLinkToken } from '../../components/sign-in/use-link-token';
import { useTitle } from '../../components/shell/use-title';
import { endsSecondFactor } from '../../lib/sign-in/link-token';
import { Button, ButtonLink } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Form, Row } from '../../ui/Layout';

type State = 'choosing' | 'chosen' | 'refused';

export function Reset() {
  useTitle('New password');
  const token = useLinkToken();
  const [state, setState] = useState<State>('choosing');
  if (state === 'chosen') {
    return (
      <Closed
        title="Your password is changed"
        action={
          <Row>
            <ButtonLink look="primary" href={places.login()}>
              Sign in
            </ButtonLink>
          </Row>
        }
      >
        All your sessions have ended, on every device. Sign in with the new password;{' '}
        {token !== undefined && endsSecondFactor(token)
          ? 'your second factor has ended, so no code is asked for. You can begin another one in your profile.'
          : 'a second factor is what it was.'}
      </Closed>
    );
  }
  if (state === 'refused') {
    return (
      <Closed title="This link does not work any more">
        It works once and for 24 hours, and a newer link replaces it. Ask an administrator of your
        organization for a new one.
      </Closed>
    );
  }
  if (token === undefined) {
    return (
      <Closed title="Open the link that you were given">
        This page needs what stands behind the # of that link, and forgets it when it is loaded anew.
      </Closed>
    );
  }
  return (
    <Entrance
      title="Choose a new password"
      description={
        endsSecondFactor(token)
          ? 'All your sessions end when you do, and so do your second factor and its recovery codes.'
          : 'All your sessions end when you do.'
      }
    >
      <ResetForm token={token} onState={setState} />
    </Entrance>
  );
}

function ResetForm({ token, onState }: { token: string; onState: (state: State) => void }) {
  const [password, setPassword] = useState('');
  const [mistake, setMistake] = useState<string>();
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const submit = async () => {
    if (isPending) return;
    const found = newPasswordMistake(password);
    setMistake(found);
    setError(undefined);
    if (found !== undefined) return;
    setPending(true);
    try {
      await choosePassword(token, password);
      // Whoever was signed in here may be nobody any more.
      queryClient.clear();
      onState('chosen');
    } catch (reason) {
      if (isProblem(reason, 'link_refused')) onState('refused');
      else if (isProblem(reason, 'unacceptable_password')) setMistake(asSentence(reason.message));
      else setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label="New password"
      onSubmit={() => void submit()}
      footer={
        <Button type="submit" look="primary" wide isPending={isPending}>
          Change the password
        </Button>
      }
    >
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      <NewPasswordField
        label="New password"
        value={password}
        onChange={(value) => {
          setPassword(value);
          setMistake(undefined);
        }}
        autoFocus
        error={mistake}
      />
    </Form>
  );
}
