/** Who is invited to the organization, and inviting. */
import { useQuery } from '@tanstack/react-query';
import { Mail, UserPlus } from 'lucide-react';
import { useState } from 'react';

import { invitationsQuery } from '../../api/invitations';
import { mayAnywhere } from '../../api/session';
import { InvitationTable } from '../../components/settings/invitations/InvitationTable';
import type { Outcome } from '../../components/settings/invitations/invite-all';
import { InviteForm } from '../../components/settings/invitations/InviteForm';
import { InviteOutcome } from '../../components/settings/invitations/InviteOutcome';
import { Loaded } from '../../components/settings/Loaded';
import { NoPermission } from '../../components/settings/NoPermission';
import { useStanding } from '../../components/settings/standing';
import { useAddress } from '../../components/settings/use-address';
import { useRefresh } from '../../components/settings/use-refresh';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Layout';
import { EmptyState } from '../../ui/States';

export function Invitations() {
  const { organization, isArchived, mayTakeAwayAnywhere } = useStanding();
  const query = useQuery(invitationsQuery(organization.id));
  const refresh = useRefresh();
  const { read, write } = useAddress();
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>();
  const invites = mayAnywhere(organization, 'members.manage') && !isArchived;
  const isInviting = invites && read('invite') === 'open';
  const setInviting = (isOpen: boolean) => write({ invite: isOpen ? 'open' : undefined }, { replace: true });
  const open = invites && (
    <Button look="primary" icon={<UserPlus aria-hidden />} onPress={() => setInviting(true)}>
      Invite people
    </Button>
  );
  return (
    <Page title="Invitations" description="Who is invited and has not accepted yet." actions={open}>
      {!invites && (
        <NoPermission
          permission="members.manage"
          what="invite people"
          still={mayTakeAwayAnywhere('members.manage') && 'revoke invitations'}
        />
      )}
      <Loaded query={query} what="The invitations">
        {(invitations) =>
          invitations.length === 0 ? (
            <EmptyState title="Nobody is invited" icon={<Mail aria-hidden />} action={open}>
              Whoever accepts an invitation becomes a member. Expired ones stay here for 30 days.
            </EmptyState>
          ) : (
            <InvitationTable invitations={invitations} onRenewed={setOutcomes} />
          )
        }
      </Loaded>
      {isInviting && (
        <InviteForm
          onClose={() => setInviting(false)}
          onDone={async (made) => {
            setInviting(false);
            setOutcomes(made);
            await refresh();
          }}
        />
      )}
      {outcomes !== undefined && <InviteOutcome outcomes={outcomes} onClose={() => setOutcomes(undefined)} />}
    </Page>
  );
}
