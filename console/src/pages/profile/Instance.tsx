/** This server as a whole, for the people who own it. */
import { useSession } from '../../api/session';
import { Organizations } from '../../components/instance/Organizations';
import { Owners } from '../../components/instance/Owners';
import { useTitle } from '../../components/shell/use-title';
import { Page } from '../../ui/Layout';
import { ForbiddenState } from '../../ui/States';

export function Instance() {
  useTitle('This server');
  const session = useSession();
  if (session === undefined) return null;
  const isByProvider = session.session.method === 'sso';
  if (!session.user.instance_owner || isByProvider) {
    return (
      <Page title="This server">
        <ForbiddenState>
          {isByProvider
            ? 'This page is for owners of the server who signed in with their password: a provider vouches for its organization alone.'
            : 'This page is for owners of the server. One of them can make you one.'}
        </ForbiddenState>
      </Page>
    );
  }
  return (
    <Page title="This server" description={`What is on ${window.location.host}, and who decides about it.`}>
      <Organizations />
      <Owners />
    </Page>
  );
}
