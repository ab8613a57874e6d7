/**
 * The first page of a server, opened by the link that it printed: who owns it, the keys that are shown this
 * once, and the first event, which arrives on the page.
 */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { signIn } from '../../api/account';
import { actIn } from '../../api/client';
import { explain, type Problem } from '../../api/problem';
import { type Founded, setUpQuery, type Wishes } from '../../api/set-up';
import { sessionQuery } from '../../api/session';
import { FirstEvent } from '../../components/first-event/FirstEvent';
import { Closed, SetUpNeeded } from '../../components/sign-in/Closed';
import { Entrance } from '../../components/sign-in/Entrance';
import { FoundedKeys } from '../../components/sign-in/FoundedKeys';
import { SetUpForm } from '../../components/sign-in/SetUpForm';
import { SignInForm } from '../../components/sign-in/SignInForm';
import { Steps } from '../../components/sign-in/Steps';
import { useLinkToken } from '../../components/sign-in/use-link-token';
import { useTitle } from '../../components/shell/use-title';
import { ErrorState, Skeleton } from '../../ui/States';

const STEPS = ['Set up', 'Keep the keys', 'Send an event'];

export function SetUp() {
  useTitle('Set up');
  const token = useLinkToken();
  const [founded, setFounded] = useState<Founded>();
  const [closed, setClosed] = useState<Problem>();
  const { data: isNeeded, error, refetch } = useQuery({ ...setUpQuery, enabled: founded === undefined });

  const begin = (what: Founded, { email, password }: Wishes) => {
    setFounded(what);
    actIn(what.organization_id);
    // Should it fail, the step that needs it asks.
    void signIn({ email, password }).catch(() => undefined);
  };
  if (founded !== undefined) return <Founding founded={founded} />;
  if (closed?.code === 'already_set_up' || isNeeded === false) return <AlreadySetUp />;
  if (closed !== undefined) {
    return (
      <Closed title="This link does not work" action={null}>
        It is not the one that the server printed last: each start prints another. Look for the newest link
        where the server was started, and open that one.
      </Closed>
    );
  }
  if (token === undefined && isNeeded === true) return <SetUpNeeded />;
  return (
    <Entrance
      title="Set up this server"
      description="You will own it: you can add organizations and people later."
      above={<Steps steps={STEPS} current={0} />}
    >
      {error !== null && (
        <ErrorState title="The server does not say whether it waits for this" onRetry={() => void refetch()}>
          {explain(error)}
        </ErrorState>
      )}
      {error === null && isNeeded === undefined && <Skeleton lines={6} />}
      {isNeeded === true && token !== undefined && (
        <SetUpForm token={token} onFounded={begin} onClosed={setClosed} />
      )}
    </Entrance>
  );
}

function AlreadySetUp() {
  return (
    <Closed title="This server is set up already">
      Somebody was here before. If that was neither you nor a colleague, stop the server: it is theirs.
    </Closed>
  );
}

/** What follows once there is an organization. */
function Founding({ founded }: { founded: Founded }) {
  const [isKept, setKept] = useState(false);
  const { data: session } = useQuery({ ...sessionQuery, enabled: false });
  if (!isKept) {
    return (
      <Entrance
        title="Keep these keys"
        description="Your server is set up, and its log has begun."
        above={<Steps steps={STEPS} current={1} />}
        width="wide"
        takesFocus
      >
        <FoundedKeys founded={founded} onKept={() => setKept(true)} />
      </Entrance>
    );
  }
  return (
    <Entrance
      title="Send a first event"
      description="Run this where you like. The event appears here as soon as the server has it."
      above={<Steps steps={STEPS} current={2} />}
      width="wide"
      takesFocus
    >
      {session === undefined ? (
        <SignInForm onlyEmail={founded.owner.email} />
      ) : (
        <FirstEvent organizationId={founded.organization_id} ingestKey={founded.keys.ingest} />
      )}
    </Entrance>
  );
}
