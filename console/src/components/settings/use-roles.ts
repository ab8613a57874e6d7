/**
 * The roles and permissions that many of the settings speak of. Who may not read settings does not get the
 * roles: then there are none, and ids stand in place of names.
 */
import { useQuery } from '@tanstack/react-query';

import { permissionsQuery, type PermissionEntry, type Role, rolesQuery } from '../../api/roles';
import { mayAnywhere } from '../../api/session';
import { useOrganization } from '../shell/use-organization';

const NO_ROLES: readonly Role[] = [];
const NO_PERMISSIONS: readonly PermissionEntry[] = [];

export interface KnownRoles {
  roles: readonly Role[];
  permissions: readonly PermissionEntry[];
}

export function useRoles(): KnownRoles {
  const organization = useOrganization();
  const roles = useQuery({
    ...rolesQuery(organization.id),
    enabled: mayAnywhere(organization, 'settings.read'),
  });
  const permissions = useQuery(permissionsQuery(organization.id));
  return { roles: roles.data ?? NO_ROLES, permissions: permissions.data ?? NO_PERMISSIONS };
}
