/** Who is signed in, but belongs to no organization. */
import { Building2 } from 'lucide-react';

import { places } from '../../api/places';
import { useSession } from '../../api/session';
import { useTitle } from '../../components/shell/use-title';
import { ButtonLink } from '../../ui/Button';
import { Page } from '../../ui/Layout';
import { EmptyState } from '../../ui/States';

export function NoOrganization() {
  useTitle('No organization');
  const user = useSession()?.user;
  if (user === undefined) return null;
  return (
    <Page title="Welcome">
      <EmptyState
        title="You belong to no organization"
        icon={<Building2 aria-hidden />}
        action={
          user.instance_owner ? (
            <ButtonLink look="primary" href={places.instance}>
              Go to this server’s organizations
            </ButtonLink>
          ) : (
            <ButtonLink href={places.profile}>Go to your profile</ButtonLink>
          )
        }
      >
        {user.instance_owner
          ? 'You own this server, and can make an organization, whose first administrator you are.'
          : `You are signed in as ${user.email}. Ask an administrator to invite this address; or you were removed from the organization that you belonged to.`}
      </EmptyState>
    </Page>
  );
}
