/** Who belongs to the organization. */
import { useQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';

import { membersQuery } from '../../api/members';
import { places } from '../../api/places';
import { mayAnywhere } from '../../api/session';
import { Loaded } from '../../components/settings/Loaded';
import { MemberTable } from '../../components/settings/members/MemberTable';
import { NoPermission } from '../../components/settings/NoPermission';
import { useStanding } from '../../components/settings/standing';
import { ButtonLink } from '../../ui/Button';
import { Page } from '../../ui/Layout';

export function Members() {
  const { organization, isArchived, mayTakeAway } = useStanding();
  const query = useQuery(membersQuery(organization.id));
  const invites = mayAnywhere(organization, 'members.manage') && !isArchived;
  return (
    <Page
      title="Members"
      description="Who belongs to the organization, and what they may do in it."
      actions={
        invites && (
          <ButtonLink
            look="primary"
            icon={<UserPlus aria-hidden />}
            href={`${places.settings(organization.id, 'invitations')}?invite=open`}
          >
            Invite people
          </ButtonLink>
        )
      }
    >
      <NoPermission
        permission="members.manage"
        what="change members"
        still={mayTakeAway('members.manage') && 'end sessions and remove members'}
      />
      <Loaded query={query} what="The members" lines={8}>
        {(members) => <MemberTable members={members} />}
      </Loaded>
    </Page>
  );
}
