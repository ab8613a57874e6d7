/** The roles that there are, and what each allows. */
import { useState } from 'react';
import { Link } from 'react-aria-components';

import { places } from '../../../api/places';
import type { PermissionEntry, Role, RoleLevel } from '../../../api/roles';
import { Badge } from '../../../ui/Badge';
import { Segments } from '../../../ui/Choice';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Card, Row, Section } from '../../../ui/Layout';
import { Said } from '../../../ui/Said';
import { Words } from '../../../ui/Text';
import { useOrganization } from '../../shell/use-organization';
import { TwoLines } from '../PersonName';
import { PermissionMatrix } from '../PermissionMatrix';
import { allowedAt } from '../role-choices';

const HELD_IN: Readonly<Record<RoleLevel, string>> = { organization: 'Organization', project: 'Project' };

export interface RoleTableProps {
  roles: readonly Role[];
  permissions: readonly PermissionEntry[];
}

export function RoleTable({ roles, permissions }: RoleTableProps) {
  const organization = useOrganization();
  const columns: Column<Role>[] = [
    {
      id: 'name',
      title: 'Role',
      cell: ({ id, name, description }) => (
        <TwoLines below={description !== '' && <Said text={description} />}>
          <Link href={places.role(organization.id, id)}>
            <Said text={name} strong />
          </Link>
        </TwoLines>
      ),
    },
    {
      id: 'levels',
      title: 'Held in',
      width: '190px',
      cell: ({ levels }) => (
        <Row gap={1}>
          {levels.map((level) => (
            <Badge key={level}>{HELD_IN[level]}</Badge>
          ))}
        </Row>
      ),
    },
    {
      id: 'permissions',
      title: 'Permissions',
      width: '120px',
      cell: (role) => <PermissionCount role={role} all={permissions.length} />,
    },
    {
      id: 'kind',
      title: 'Kind',
      width: '110px',
      cell: ({ built_in }) =>
        built_in ? <Words tone="muted">Built in</Words> : <Badge tone="accent">Your own</Badge>,
    },
  ];
  return (
    <Card flush>
      <DataTable label="Roles" columns={columns} items={roles} keyOf={({ id }) => id} />
    </Card>
  );
}

function PermissionCount({ role, all }: { role: Role; all: number }) {
  const count = role.permissions.length;
  if (count === 0) return <Words tone="faint">None</Words>;
  return <>{count === all ? `All ${count}` : `${count} of ${all}`}</>;
}

/** Roles beside each other, as they count in the organization or in a project. */
export function RoleMatrix({ roles, permissions }: RoleTableProps) {
  const organization = useOrganization();
  const [level, setLevel] = useState<RoleLevel>('organization');
  const shown = roles
    .filter((role) => role.levels.includes(level))
    .map((role) => ({ ...role, permissions: allowedAt(role, level, permissions) }));
  const known = permissions.filter(({ levels }) => levels.includes(level));
  return (
    <Section
      title="What each role allows"
      actions={
        <Segments<RoleLevel>
          label="Held in"
          hideLabel
          options={[
            { value: 'organization', label: 'In the organization' },
            { value: 'project', label: 'In a project' },
          ]}
          value={level}
          onChange={setLevel}
        />
      }
    >
      <Card flush>
        <PermissionMatrix
          label={`What each role allows in ${level === 'organization' ? 'the organization' : 'a project'}`}
          permissions={known}
          roles={shown}
          hrefOf={({ id }) => places.role(organization.id, id)}
        />
      </Card>
    </Section>
  );
}
