/** Invitations that nobody has accepted: renewed with a new link, or revoked. */
import { useQuery } from '@tanstack/react-query';
import { MoreHorizontal } from 'lucide-react';
import { useState } from 'react';

import { type Invitation, renewInvitation, revokeInvitation } from '../../../api/invitations';
import { membersQuery } from '../../../api/members';
import { projectsQuery } from '../../../api/projects';
import { mayAnywhere } from '../../../api/session';
import { pageOf, search } from '../../../lib/settings/listing';
import { Badge } from '../../../ui/Badge';
import { IconButton } from '../../../ui/Button';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Card } from '../../../ui/Layout';
import { Menu, MenuItem } from '../../../ui/Menu';
import { Confirm } from '../../../ui/Modal';
import { Said } from '../../../ui/Said';
import { EmptyState } from '../../../ui/States';
import { toast } from '../../../ui/toasts';
import { explainRole } from '../ChangeRole';
import { ListTools, Pager } from '../ListTools';
import { calledBy, TwoLines } from '../PersonName';
import { roleName } from '../role-choices';
import { seesProjects } from '../sections';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { useRoles } from '../use-roles';
import { When } from '../When';
import type { Outcome } from './invite-all';

type Act = 'renew' | 'revoke';

export interface InvitationTableProps {
  invitations: readonly Invitation[];
  onRenewed: (outcomes: readonly Outcome[]) => void;
}

export function InvitationTable({ invitations, onRenewed }: InvitationTableProps) {
  const { organization, isArchived, mayChange, mayTakeAway } = useStanding();
  const { roles } = useRoles();
  const refresh = useRefresh();
  const members = useQuery({
    ...membersQuery(organization.id),
    enabled: mayAnywhere(organization, 'members.read'),
  });
  const projects = useQuery({ ...projectsQuery(organization.id), enabled: seesProjects(organization) });
  const [words, setWords] = useState('');
  const [page, setPage] = useState(0);
  const [asked, setAsked] = useState<{ invitation: Invitation; act: Act }>();
  const found = search(invitations, words, ({ email, role }) => [email, roleName(roles, role)]);
  const shown = pageOf(found, page);
  const inviter = (id: string) => {
    const member = members.data?.find(({ user_id }) => user_id === id);
    return member === undefined
      ? id.startsWith('usr_')
        ? 'Somebody who has left'
        : 'An API key'
      : calledBy(member);
  };
  const projectName = (id: string) => projects.data?.find((project) => project.id === id)?.name ?? id;
  const columns: Column<Invitation>[] = [
    { id: 'email', title: 'Address', cell: ({ email }) => <Said text={email} strong /> },
    {
      id: 'role',
      title: 'Role',
      cell: ({ role, project_id, project_role }) => (
        <TwoLines
          below={
            project_id !== undefined && (
              <Said text={`${roleName(roles, project_role ?? '')} in ${projectName(project_id)}`} />
            )
          }
        >
          <Said text={roleName(roles, role)} />
        </TwoLines>
      ),
    },
    {
      id: 'by',
      title: 'Invited by',
      width: '210px',
      cell: ({ invited_by }) => <Said text={inviter(invited_by)} />,
    },
    {
      id: 'expires',
      title: 'Valid until',
      width: '170px',
      cell: ({ expired, expires_at }) =>
        expired ? <Badge tone="warn">Expired</Badge> : <When instant={expires_at} />,
    },
    {
      id: 'actions',
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      width: '56px',
      cell: (invitation) =>
        mayTakeAway('members.manage', invitation.project_id) && (
          <InvitationMenu
            email={invitation.email}
            mayRenew={mayChange('members.manage', invitation.project_id)}
            onAct={(act) => setAsked({ invitation, act })}
          />
        ),
    },
  ];
  return (
    <Card flush>
      <ListTools
        what="invitations"
        words={words}
        onWords={(next) => {
          setWords(next);
          setPage(0);
        }}
      />
      <DataTable
        label="Invitations"
        columns={columns}
        items={shown.items}
        keyOf={({ id }) => id}
        empty={<EmptyState title="Nobody like that is invited">Search by address or role.</EmptyState>}
      />
      <Pager what="invitations" page={shown} found={found.length} all={invitations.length} onPage={setPage} />
      {asked !== undefined && (
        <>
          <Confirm
            title={`Renew the invitation of ${asked.invitation.email}?`}
            action="Renew the invitation"
            isDangerous={false}
            isOpen={asked.act === 'renew'}
            onClose={() => setAsked(undefined)}
            onConfirm={async () => {
              const { email } = asked.invitation;
              const made = await renewInvitation(asked.invitation.id);
              await refresh();
              onRenewed([{ email, made }]);
            }}
            explain={explainRole}
          >
            There is a new link, valid for as long as the one before was to be. The one before works no more.
          </Confirm>
          <Confirm
            title={`Revoke the invitation of ${asked.invitation.email}?`}
            action="Revoke the invitation"
            isOpen={asked.act === 'revoke'}
            onClose={() => setAsked(undefined)}
            onConfirm={async () => {
              await revokeInvitation(asked.invitation.id);
              await refresh();
              toast(`${asked.invitation.email} is not invited any more`);
            }}
            explain={explainRole}
          >
            Its link works no more. The person can be invited again
            {isArchived && ' once the organization is brought back'}.
          </Confirm>
        </>
      )}
    </Card>
  );
}

interface InvitationMenuProps {
  email: string;
  mayRenew: boolean;
  onAct: (act: Act) => void;
}

function InvitationMenu({ email, mayRenew, onAct }: InvitationMenuProps) {
  return (
    <Menu
      label={`${email}: actions`}
      at="bottom end"
      trigger={
        <IconButton label={`More about ${email}`} size="s">
          <MoreHorizontal aria-hidden />
        </IconButton>
      }
    >
      {mayRenew && <MenuItem onAction={() => onAct('renew')}>Renew: make a new link…</MenuItem>}
      <MenuItem bad onAction={() => onAct('revoke')}>
        Revoke…
      </MenuItem>
    </Menu>
  );
}
