/** Signing in, and going on to where one was going. Who is signed in already goes on at once. */
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import { explain, isProblem } from '../../api/problem';
import { sessionQuery } from '../../api/session';
import { SetUpNeeded } from '../../components/sign-in/Closed';
import { Entrance } from '../../components/sign-in/Entrance';
import { SignInForm } from '../../components/sign-in/SignInForm';
import { ssoErrorInWords } from '../../components/sign-in/sso-errors';
import { useTitle } from '../../components/shell/use-title';
import { readUrlSearch } from '../../lib/query/url';
import { returnTo } from '../../lib/sign-in/return-to';
import { ErrorState, Skeleton } from '../../ui/States';

export function Login() {
  useTitle('Sign in');
  const router = useRouter();
  // As it was when the page came: on the way out the address is another one already.
  const [search] = useState(() => readUrlSearch(router.state.location.searchStr));
  const target = returnTo(search['return_to']);
  const failure = ssoErrorInWords(search['error']);
  const { data: session, error, refetch } = useQuery(sessionQuery);
  const isSignedIn = session !== undefined && error === null;
  useEffect(() => {
    if (isSignedIn) router.history.replace(target);
  }, [isSignedIn, router, target]);

  if (isProblem(error, 'setup_needed')) return <SetUpNeeded />;
  if (error !== null && !(isProblem(error) && error.status === 401)) {
    return (
      <Entrance title="Sign in">
        <ErrorState title="The sign-in is not available" onRetry={() => void refetch()}>
          {explain(error)}
        </ErrorState>
      </Entrance>
    );
  }
  return (
    <Entrance
      title="Sign in"
      foot="Forgotten the password? An administrator of your organization can make a link to choose a new one."
    >
      {error === null ? <Skeleton lines={4} /> : <SignInForm returnTo={target} failure={failure} />}
    </Entrance>
  );
}
