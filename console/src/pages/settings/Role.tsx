/** One role: what it allows, who holds it, and for one's own: its name and its end. */
import { useQuery } from '@tanstack/react-query';
import { useParams, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { Link } from 'react-aria-components';

import { places } from '../../api/places';
import { permissionsQuery, rolesQuery } from '../../api/roles';
import { Grave, Graves } from '../../components/settings/Grave';
import { Loaded } from '../../components/settings/Loaded';
import { NoPermission } from '../../components/settings/NoPermission';
import { DeleteRole } from '../../components/settings/roles/DeleteRole';
import { RoleForm } from '../../components/settings/roles/RoleForm';
import { useStanding } from '../../components/settings/standing';
import { useRefresh } from '../../components/settings/use-refresh';
import { Badge } from '../../ui/Badge';
import { Button, ButtonLink } from '../../ui/Button';
import { Page, Row } from '../../ui/Layout';
import { EmptyState } from '../../ui/States';
import { Words } from '../../ui/Text';

const HELD_IN = { organization: 'Held in the organization', project: 'Held in a project' } as const;

export function Role() {
  const { organization, mayChange } = useStanding();
  const { roleId = '' } = useParams({ strict: false });
  const roles = useQuery(rolesQuery(organization.id));
  const permissions = useQuery(permissionsQuery(organization.id));
  const refresh = useRefresh();
  const router = useRouter();
  const [isDeleting, setDeleting] = useState(false);
  const list = places.settings(organization.id, 'roles');
  const role = roles.data?.find(({ id }) => id === roleId);
  const isOwn = role !== undefined && !role.built_in;
  return (
    <Page
      title={role?.name ?? 'Role'}
      description={role?.built_in === true ? role.description : undefined}
      above={<Link href={list}>Roles</Link>}
    >
      <Loaded query={roles} what="The role">
        {(all) => (
          <Loaded query={permissions} what="The permissions">
            {(entries) =>
              role === undefined ? (
                <EmptyState
                  title="There is no such role"
                  action={<ButtonLink href={list}>See the roles</ButtonLink>}
                >
                  It may have been deleted.
                </EmptyState>
              ) : (
                <>
                  <Row>
                    {role.built_in ? <Badge>Built in</Badge> : <Badge tone="accent">Your own</Badge>}
                    {role.levels.map((level) => (
                      <Badge key={level}>{HELD_IN[level]}</Badge>
                    ))}
                    {role.built_in && (
                      <Words tone="muted">It is the same for everybody and cannot be changed.</Words>
                    )}
                  </Row>
                  {isOwn && <NoPermission permission="roles.manage" what="change roles" />}
                  <RoleForm
                    key={`${role.id} ${role.name} ${role.description} ${role.permissions.join()}`}
                    role={role}
                    permissions={entries}
                  />
                  {isOwn && mayChange('roles.manage') && (
                    <>
                      <Graves>
                        <Grave
                          title="Delete the role"
                          action={
                            <Button look="danger" onPress={() => setDeleting(true)}>
                              Delete…
                            </Button>
                          }
                        >
                          Whoever holds it, is invited to it or would begin with it is given another role.
                        </Grave>
                      </Graves>
                      <DeleteRole
                        role={role}
                        roles={all}
                        permissions={entries}
                        isOpen={isDeleting}
                        onClose={() => setDeleting(false)}
                        onDeleted={async () => {
                          router.history.push(list);
                          await refresh();
                        }}
                      />
                    </>
                  )}
                </>
              )
            }
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}
