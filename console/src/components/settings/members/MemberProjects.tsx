/** In which projects a member has a role of its own. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-aria-components';

import type { Member } from '../../../api/members';
import { places } from '../../../api/places';
import { projectsQuery } from '../../../api/projects';
import { DataTable } from '../../../ui/DataTable';
import { Modal } from '../../../ui/Modal';
import { Said } from '../../../ui/Said';
import { Words } from '../../../ui/Text';
import { useOrganization } from '../../shell/use-organization';
import { calledBy } from '../PersonName';
import { roleName } from '../role-choices';
import { seesProjects } from '../sections';
import { useRoles } from '../use-roles';

export function MemberProjects({ member, onClose }: { member: Member; onClose: () => void }) {
  const organization = useOrganization();
  const { roles } = useRoles();
  const projects = useQuery({ ...projectsQuery(organization.id), enabled: seesProjects(organization) });
  const nameOf = (id: string) => projects.data?.find((project) => project.id === id)?.name ?? id;
  return (
    <Modal title={`Roles of ${calledBy(member)} in projects`} isOpen onClose={onClose}>
      <DataTable
        label="Roles in projects"
        items={Object.entries(member.projects)}
        keyOf={([id]) => id}
        columns={[
          {
            id: 'project',
            title: 'Project',
            cell: ([id]) => (
              <Link href={places.project(organization.id, id)}>
                <Said text={nameOf(id)} strong />
              </Link>
            ),
          },
          { id: 'role', title: 'Role', cell: ([, role]) => <Said text={roleName(roles, role)} /> },
        ]}
      />
      <Words as="p" size="s" tone="muted">
        Roles in a project are changed on the project’s page.
      </Words>
    </Modal>
  );
}
