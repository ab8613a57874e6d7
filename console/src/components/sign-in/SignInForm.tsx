/**
 * Signing in: an address and a password, a code where the account has a second factor, and the way to an
 * organization's own sign-in where the address has one.
 *
 * All fields are in the page from the start, named as password managers look for them. It must hold that
 * nothing here tells more about an account than the server does.
 */
import { useQuery } from '@tanstack/react-query';
import { LogIn } from 'lucide-react';
import { useEffect, useState } from 'react';

import { signIn, ssoAddress, ssoProvidersQuery } from '../../api/account';
import { explain, isProblem } from '../../api/problem';
import { durationLabel } from '../../lib/time/formats';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { TextField } from '../../ui/Field';
import { Form, Row, Stack } from '../../ui/Layout';
import { Words } from '../../ui/Text';
import { Or } from './Entrance';
import { PasswordField } from './PasswordField';
import { useCountdown } from './use-countdown';

/** How long nobody types before an address is looked up, in milliseconds. */
const SETTLED_MS = 350;
const ADDRESS = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
const SECOND_MS = 1000;

export interface SignInFormProps {
  /** Where an organization's own sign-in comes back to; without it there is none here. */
  returnTo?: string;
  /** The only address that may sign in here. */
  onlyEmail?: string;
  /** What the button says. */
  action?: string;
  /** Why an earlier try did not work, until there is another. */
  failure?: string | undefined;
  onSignedIn?: () => void;
}

export function SignInForm({
  returnTo,
  onlyEmail,
  action = 'Sign in',
  failure,
  onSignedIn,
}: SignInFormProps) {
  const [email, setEmail] = useState(onlyEmail ?? '');
  const [password, setPassword] = useState('');
  const [isCodeNeeded, setCodeNeeded] = useState(false);
  const [code, setCode] = useState('');
  const [isRecovery, setRecovery] = useState(false);
  const [isPending, setPending] = useState(false);
  const [isTried, setTried] = useState(false);
  const [error, setError] = useState(failure);
  const countdown = useCountdown();

  const missing = {
    email: isTried && email.trim() === '' ? 'Enter your e-mail address' : undefined,
    password: isTried && password === '' ? 'Enter your password' : undefined,
    code: isTried && code.trim() === '' ? 'Enter the code' : undefined,
  };
  const submit = async () => {
    setTried(true);
    if (isPending || countdown.seconds > 0) return;
    if (email.trim() === '' || password === '' || (isCodeNeeded && code.trim() === '')) return;
    setPending(true);
    setError(undefined);
    try {
      await signIn({ email: email.trim(), password, ...(isCodeNeeded ? { code: code.trim() } : {}) });
      onSignedIn?.();
    } catch (reason) {
      if (isProblem(reason, 'second_factor_needed')) {
        setCodeNeeded(true);
        setTried(false);
      } else {
        setCode('');
        setTried(false);
        if (isProblem(reason) && reason.status === 429) countdown.start(reason.retryAfter ?? 1);
        setError(whyNot(reason, isCodeNeeded));
      }
    } finally {
      setPending(false);
    }
  };
  const startAgain = () => {
    setCodeNeeded(false);
    setCode('');
    setPassword('');
    setError(undefined);
    setTried(false);
  };
  const waits = countdown.seconds > 0;
  const submitButton = (words: string) => (
    <Button type="submit" look="primary" wide isPending={isPending} isDisabled={waits}>
      {waits ? `Try again in ${durationLabel(countdown.seconds * SECOND_MS)}` : words}
    </Button>
  );

  return (
    <Stack gap={4}>
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      {isCodeNeeded ? (
        <Form onSubmit={() => void submit()} label="Second factor">
          <Words tone="muted">Signing in as {email.trim()}</Words>
          <CodeField isRecovery={isRecovery} value={code} onChange={setCode} error={missing.code} />
          {submitButton(action)}
          <Row justify="between">
            <Button
              look="quiet"
              size="s"
              onPress={() => {
                setCode('');
                setRecovery(!isRecovery);
              }}
            >
              {isRecovery ? 'Use the authenticator app' : 'Use a recovery code'}
            </Button>
            <Button look="quiet" size="s" onPress={startAgain}>
              Start again
            </Button>
          </Row>
        </Form>
      ) : (
        <Form onSubmit={() => void submit()} label={action}>
          <TextField
            label="E-mail address"
            name="username"
            type="email"
            autoComplete="username"
            spellCheck="false"
            value={email}
            onChange={setEmail}
            isReadOnly={onlyEmail !== undefined}
            autoFocus={onlyEmail === undefined}
            error={missing.email}
          />
          <PasswordField
            value={password}
            onChange={setPassword}
            autoFocus={onlyEmail !== undefined}
            error={missing.password}
          />
          {submitButton(action)}
        </Form>
      )}
      {!isCodeNeeded && returnTo !== undefined && <OwnSignIns email={email.trim()} returnTo={returnTo} />}
    </Stack>
  );
}

function whyNot(reason: unknown, isCodeNeeded: boolean): string {
  if (isProblem(reason, 'sign_in_refused')) {
    return isCodeNeeded
      ? 'The code is not right. Each works once, and those of the app change every half minute.'
      : 'The e-mail address or the password is not right.';
  }
  if (isProblem(reason, 'too_many_sign_ins')) return 'There were too many failed tries. Wait, and try again.';
  return explain(reason);
}

interface CodeFieldProps {
  isRecovery: boolean;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}

function CodeField({ isRecovery, value, onChange, error }: CodeFieldProps) {
  return (
    <TextField
      // A keyboard for digits does not become one for letters under the same field.
      key={String(isRecovery)}
      label={isRecovery ? 'Recovery code' : 'Code'}
      name="code"
      mono
      autoFocus
      autoComplete="one-time-code"
      spellCheck="false"
      inputMode={isRecovery ? 'text' : 'numeric'}
      value={value}
      onChange={onChange}
      error={error}
      description={
        isRecovery
          ? 'One of those that were shown when the second factor was set up. Each works once.'
          : 'The six digits that your authenticator app shows now.'
      }
    />
  );
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** What the address' organizations sign in by. Where that cannot be told, a password still does. */
function OwnSignIns({ email, returnTo }: { email: string; returnTo: string }) {
  const settled = useSettled(email);
  const { data: providers = [] } = useQuery({
    ...ssoProvidersQuery(settled),
    enabled: ADDRESS.test(settled),
  });
  if (providers.length === 0) return null;
  return (
    <>
      <Or />
      <Stack gap={2}>
        {providers.map(({ organization_id: id, organization_name: name }) => (
          <Button
            key={id}
            wide
            icon={<LogIn aria-hidden />}
            // The way leads out of the console, so it is no link of its own.
            onPress={() => window.location.assign(ssoAddress(id, returnTo))}
          >
            {`Sign in with ${name}`}
          </Button>
        ))}
      </Stack>
    </>
  );
}
