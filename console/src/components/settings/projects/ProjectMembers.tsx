/** Who has a role in a project itself: added from the organization's members, changed, and removed. */
import { useQuery } from '@tanstack/react-query';
import { MoreHorizontal, Plus } from 'lucide-react';
import { useState } from 'react';

import {
  type Project,
  type ProjectMember,
  projectMembersQuery,
  removeProjectMember,
  setProjectMember,
} from '../../../api/projects';
import { useSession } from '../../../api/session';
import { pageOf, search } from '../../../lib/settings/listing';
import { Badge } from '../../../ui/Badge';
import { Button, IconButton } from '../../../ui/Button';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Card, Stack } from '../../../ui/Layout';
import { Menu, MenuItem } from '../../../ui/Menu';
import { Confirm } from '../../../ui/Modal';
import { Said } from '../../../ui/Said';
import { EmptyState } from '../../../ui/States';
import { toast } from '../../../ui/toasts';
import { ChangeRole, explainRole } from '../ChangeRole';
import { ListTools, Pager } from '../ListTools';
import { Loaded } from '../Loaded';
import { NoPermission } from '../NoPermission';
import { calledBy, PersonName } from '../PersonName';
import { roleName } from '../role-choices';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { useRoles } from '../use-roles';
import { When } from '../When';
import { AddProjectMember } from './AddProjectMember';

export function ProjectMembers({ project }: { project: Project }) {
  const { organization } = useStanding();
  const query = useQuery(projectMembersQuery(organization.id, project.id));
  return (
    <Stack gap={4}>
      <NoPermission
        permission="members.manage"
        what="change the members of this project"
        projectId={project.id}
      />
      <Loaded query={query} what="The members">
        {(members) => <ProjectMemberTable project={project} members={members} />}
      </Loaded>
    </Stack>
  );
}

interface Asked {
  member: ProjectMember;
  act: 'role' | 'remove';
}

function ProjectMemberTable({ project, members }: { project: Project; members: readonly ProjectMember[] }) {
  const { isArchived, mayChange } = useStanding();
  const { roles } = useRoles();
  const refresh = useRefresh();
  const ownId = useSession()?.user.id;
  const [words, setWords] = useState('');
  const [page, setPage] = useState(0);
  const [isAdding, setAdding] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const canChange = mayChange('members.manage', project.id);
  const found = search(members, words, ({ name, email, role }) => [name, email, roleName(roles, role)]);
  const shown = pageOf(found, page);
  const isOwn = (member: ProjectMember) => member.user_id === ownId;
  const add = canChange && (
    <Button look="primary" icon={<Plus aria-hidden />} onPress={() => setAdding(true)}>
      Add a member
    </Button>
  );
  const columns: Column<ProjectMember>[] = [
    {
      id: 'person',
      title: 'Person',
      cell: (member) => <PersonName {...member} mark={isOwn(member) && <Badge tone="accent">You</Badge>} />,
    },
    {
      id: 'role',
      title: 'Role in the project',
      width: '220px',
      cell: ({ role }) => <Said text={roleName(roles, role)} />,
    },
    { id: 'since', title: 'Since', width: '150px', cell: ({ joined_at }) => <When instant={joined_at} /> },
    {
      id: 'actions',
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      width: '56px',
      cell: (member) => (
        <ProjectMemberMenu
          name={calledBy(member)}
          canChange={canChange}
          // Whoever leaves an archived organization leaves its projects with it: the server ends no role in one alone.
          canLeave={isOwn(member) && !isArchived}
          isOwn={isOwn(member)}
          onAct={(act) => setAsked({ member, act })}
        />
      ),
    },
  ];
  const none = (
    <EmptyState title={members.length === 0 ? 'Nobody has a role in this project' : 'Nobody is called that'}>
      {members.length === 0
        ? 'People who have a role in the whole organization are not listed here for that.'
        : 'Search by name, address or role.'}
    </EmptyState>
  );
  return (
    <Card flush>
      <ListTools
        what="members"
        words={words}
        onWords={(next) => {
          setWords(next);
          setPage(0);
        }}
      >
        {add}
      </ListTools>
      <DataTable
        label={`Members of ${project.name}`}
        columns={columns}
        items={shown.items}
        keyOf={({ user_id }) => user_id}
        empty={none}
      />
      <Pager what="members" page={shown} found={found.length} all={members.length} onPage={setPage} />
      <AddProjectMember project={project} has={members} isOpen={isAdding} onClose={() => setAdding(false)} />
      {asked !== undefined && (
        <>
          <ChangeRole
            who={`${calledBy(asked.member)} in ${project.name}`}
            isOpen={asked.act === 'role'}
            onClose={() => setAsked(undefined)}
            current={asked.member.role}
            level="project"
            projectId={project.id}
            onGive={async (role) => {
              await setProjectMember(project.id, asked.member.user_id, role);
              await refresh();
              toast(`${calledBy(asked.member)} has another role in ${project.name}`);
            }}
          />
          <Confirm
            title={
              isOwn(asked.member)
                ? `Leave ${project.name}?`
                : `Remove ${calledBy(asked.member)} from ${project.name}?`
            }
            action={isOwn(asked.member) ? 'Leave' : 'Remove'}
            isOpen={asked.act === 'remove'}
            onClose={() => setAsked(undefined)}
            onConfirm={async () => {
              await removeProjectMember(project.id, asked.member.user_id);
              await refresh();
              toast(`${calledBy(asked.member)} is no member of ${project.name} any more`);
            }}
            explain={explainRole}
          >
            The role in this project ends. What the person may do by a role in the whole organization stays,
            and so does what was recorded.
          </Confirm>
        </>
      )}
    </Card>
  );
}

interface ProjectMemberMenuProps {
  name: string;
  canChange: boolean;
  canLeave: boolean;
  isOwn: boolean;
  onAct: (act: Asked['act']) => void;
}

function ProjectMemberMenu({ name, canChange, canLeave, isOwn, onAct }: ProjectMemberMenuProps) {
  if (!canChange && !canLeave) return null;
  return (
    <Menu
      label={`${name}: actions`}
      at="bottom end"
      trigger={
        <IconButton label={`More about ${name}`} size="s">
          <MoreHorizontal aria-hidden />
        </IconButton>
      }
    >
      {canChange && <MenuItem onAction={() => onAct('role')}>Change the role…</MenuItem>}
      <MenuItem bad onAction={() => onAct('remove')}>
        {isOwn ? 'Leave the project…' : 'Remove from the project…'}
      </MenuItem>
    </Menu>
  );
}
