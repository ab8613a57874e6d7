/** The roles of an organization, the built-in ones and its own, and the one that new members begin with. */
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';

import { places } from '../../api/places';
import { permissionsQuery, rolesQuery } from '../../api/roles';
import { Loaded } from '../../components/settings/Loaded';
import { NoPermission } from '../../components/settings/NoPermission';
import { DefaultRole } from '../../components/settings/roles/DefaultRole';
import { NewRole } from '../../components/settings/roles/NewRole';
import { RoleMatrix, RoleTable } from '../../components/settings/roles/RoleTable';
import { useStanding } from '../../components/settings/standing';
import { useRefresh } from '../../components/settings/use-refresh';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Layout';
import { toast } from '../../ui/toasts';

export function Roles() {
  const { organization, mayChange } = useStanding();
  const roles = useQuery(rolesQuery(organization.id));
  const permissions = useQuery(permissionsQuery(organization.id));
  const refresh = useRefresh();
  const router = useRouter();
  const [isMaking, setMaking] = useState(false);
  return (
    <Page
      title="Roles"
      description="A role is a list of permissions with a name. Four are built in, and the same for everybody."
      actions={
        mayChange('roles.manage') && (
          <Button look="primary" icon={<Plus aria-hidden />} onPress={() => setMaking(true)}>
            New role
          </Button>
        )
      }
    >
      <NoPermission permission="roles.manage" what="change roles" />
      <Loaded query={roles} what="The roles">
        {(list) => (
          <Loaded query={permissions} what="The permissions">
            {(entries) => (
              <>
                <RoleTable roles={list} permissions={entries} />
                <DefaultRole roles={list} permissions={entries} />
                <RoleMatrix roles={list} permissions={entries} />
                <NewRole
                  roles={list}
                  permissions={entries}
                  isOpen={isMaking}
                  onClose={() => setMaking(false)}
                  onMade={async (role) => {
                    await refresh();
                    toast(`${role.name} is there: choose what it allows`);
                    router.history.push(places.role(organization.id, role.id));
                  }}
                />
              </>
            )}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}
