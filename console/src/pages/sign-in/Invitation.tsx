/**
 * Accepting an invitation, by the link that the invited were given. Who has no account makes one; who has
 * one is signed in by it: having the link is not enough to act as somebody.
 */
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';

import { acceptAsSelf, type Accepted, type InvitationSeen, invitationQuery } from '../../api/acceptance';
import { signIn } from '../../api/account';
import { explain, isProblem } from '../../api/problem';
import { places } from '../../api/places';
import { queryClient } from '../../api/queries';
import { sessionQuery, type SignedIn, signOut } from '../../api/session';
import { Closed } from '../../components/sign-in/Closed';
import { Entrance } from '../../components/sign-in/Entrance';
import { NewcomerForm } from '../../components/sign-in/NewcomerForm';
import { SignInForm } from '../../components/sign-in/SignInForm';
import { useLinkToken } from '../../components/sign-in/use-link-token';
import { useTitle } from '../../components/shell/use-title';
import { absoluteTime } from '../../lib/time/formats';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Stack } from '../../ui/Layout';
import { ErrorState, Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';

const NEVER_SENT = 'never-sent';

export function Invitation() {
  useTitle('Invitation');
  const token = useLinkToken();
  const seen = useQuery({ ...invitationQuery(token ?? NEVER_SENT), enabled: token !== undefined });
  const session = useQuery(sessionQuery);

  if (token === undefined) {
    return (
      <Closed title="Open the link of your invitation">
        This page needs what stands behind the # of that link, and forgets it when it is loaded anew.
      </Closed>
    );
  }
  if (isProblem(seen.error, 'invitation_not_valid')) {
    return (
      <Closed title="This invitation does not work any more">
        It was accepted, revoked or renewed, or it has expired. Whoever invited you can send a new one. If you
        accepted it yourself, sign in.
      </Closed>
    );
  }
  if (seen.error !== null) {
    return (
      <Entrance title="Invitation">
        <ErrorState title="The invitation could not be looked up" onRetry={() => void seen.refetch()}>
          {explain(seen.error)}
        </ErrorState>
      </Entrance>
    );
  }
  if (seen.data === undefined || session.isPending) {
    return (
      <Entrance title="Invitation">
        <Skeleton lines={4} />
      </Entrance>
    );
  }
  return (
    <Entrance
      title={`Join ${seen.data.organization}`}
      description={invitedWords(seen.data)}
      foot={`The invitation is valid until ${untilWords(seen.data.expires_at)}.`}
    >
      <Acceptance
        token={token}
        seen={seen.data}
        session={session.error === null ? session.data : undefined}
        onOutdated={() => void seen.refetch()}
        onSignedOut={() => void session.refetch()}
      />
    </Entrance>
  );
}

/** Who is invited, by whom, to what. */
function invitedWords(seen: InvitationSeen): string {
  const role = seen.role_name ?? '';
  const inviter = seen.invited_by ?? '';
  const project = seen.project_name ?? '';
  const by = inviter === '' ? `${seen.email} is invited` : `${inviter} invites ${seen.email}`;
  const whole = role === '' ? '' : ` as ${role}`;
  const part = project === '' ? '' : `, and to its project ${project} as ${seen.project_role_name ?? ''}`;
  return `${by} to the audit log of ${seen.organization}${whole}${part}.`;
}

function untilWords(instant: string): string {
  return absoluteTime(instant, Intl.DateTimeFormat().resolvedOptions().timeZone, 'seconds');
}

interface AcceptanceProps {
  token: string;
  seen: InvitationSeen;
  session: SignedIn | undefined;
  /** The invitation is not any more what it was seen as. */
  onOutdated: () => void;
  onSignedOut: () => void;
}

function Acceptance({ token, seen, session, onOutdated, onSignedOut }: AcceptanceProps) {
  const router = useRouter();
  const [member, setMember] = useState<Accepted>();
  const [isEntering, setEntering] = useState(false);
  const enter = ({ organization_id: id }: Accepted) => {
    // What the session may do has just changed.
    queryClient.removeQueries({ queryKey: sessionQuery.queryKey });
    router.history.replace(places.events(id));
  };
  const enterAsNewcomer = async (accepted: Accepted, password: string) => {
    setMember(accepted);
    setEntering(true);
    try {
      await signIn({ email: accepted.email, password });
      enter(accepted);
    } catch {
      // The account is there all the same: the form below signs in to it.
      setEntering(false);
    }
  };
  if (isEntering) return <Skeleton lines={3} label="Signing in" />;
  if (member !== undefined) {
    return (
      <Stack gap={4}>
        <Callout kind="good">Your account is made, and you are a member. Sign in to go on.</Callout>
        <SignInForm onlyEmail={member.email} onSignedIn={() => enter(member)} />
      </Stack>
    );
  }
  if (session !== undefined && !isSameAddress(session.user.email, seen.email)) {
    return <SomebodyElse session={session} onSignedOut={onSignedOut} />;
  }
  if (session !== undefined) {
    return (
      <JoinAsSelf
        token={token}
        seen={seen}
        session={session}
        onAccepted={enter}
        onOutdated={onOutdated}
        onSignedOut={onSignedOut}
      />
    );
  }
  if (seen.has_account) {
    return (
      <Stack gap={4}>
        <Words as="p">You have an account here already. Sign in to accept the invitation.</Words>
        <SignInForm onlyEmail={seen.email} />
      </Stack>
    );
  }
  return (
    <NewcomerForm
      token={token}
      email={seen.email}
      organization={seen.organization}
      onAccepted={(accepted, password) => void enterAsNewcomer(accepted, password)}
      onError={onOutdated}
    />
  );
}

function isSameAddress(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

interface JoinAsSelfProps extends AcceptanceProps {
  session: SignedIn;
  onAccepted: (accepted: Accepted) => void;
}

function JoinAsSelf({ token, seen, session, onAccepted, onOutdated, onSignedOut }: JoinAsSelfProps) {
  const [error, setError] = useState<unknown>();
  const [isPending, setPending] = useState(false);
  const join = async () => {
    setPending(true);
    setError(undefined);
    try {
      onAccepted(await acceptAsSelf(token));
    } catch (reason) {
      if (isProblem(reason, 'invitation_not_valid')) onOutdated();
      if (isProblem(reason, 'sign_in_needed')) {
        // The session has ended meanwhile; the page looks who is there now.
        onSignedOut();
      }
      setError(reason);
    } finally {
      setPending(false);
    }
  };
  if (isProblem(error, 'other_person')) return <SomebodyElse session={session} onSignedOut={onSignedOut} />;
  return (
    <Stack gap={4}>
      {error !== undefined && <Callout kind="bad">{explain(error)}</Callout>}
      <Words as="p">You are signed in as {session.user.email}.</Words>
      <Button look="primary" wide isPending={isPending} onPress={() => void join()}>
        {`Join ${seen.organization}`}
      </Button>
    </Stack>
  );
}

function SomebodyElse({ session, onSignedOut }: { session: SignedIn; onSignedOut: () => void }) {
  const [error, setError] = useState<string>();
  const leave = async () => {
    try {
      await signOut();
      onSignedOut();
    } catch (reason) {
      setError(explain(reason));
    }
  };
  const isProvider = session.session.method === 'sso';
  return (
    <Stack gap={4}>
      <Callout kind="warn" title={`You are signed in as ${session.user.email}`}>
        {isProvider
          ? 'Another organization has vouched for you, which does not count here. Sign out, and sign in with your password.'
          : 'The invitation is for another address. Sign out to accept it; it stays open on this page.'}
      </Callout>
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      <Button wide onPress={() => void leave()}>
        Sign out
      </Button>
    </Stack>
  );
}
