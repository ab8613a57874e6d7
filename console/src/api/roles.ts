/** Roles, what they can be made of, and the one that new members begin with. */
import { queryOptions } from '@tanstack/react-query';

import { api, data, done } from './client';
import { keyOf } from './queries';
import type { components } from './schema';

export type Role = components['schemas']['Role'];
export type RoleLevel = components['schemas']['RoleLevel'];
export type NewRole = components['schemas']['NewRole'];
export type RoleChange = components['schemas']['RoleChange'];
export type PermissionEntry = components['schemas']['PermissionEntry'];

/** All that can be allowed. It changes with the server's version only. */
export function permissionsQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'permissions'),
    queryFn: async ({ signal }) => (await data(api.GET('/v1/permissions', { signal }))).data,
    staleTime: Infinity,
  });
}

export function rolesQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'roles'),
    queryFn: async ({ signal }) => (await data(api.GET('/v1/roles', { signal }))).data,
  });
}

export function defaultRoleQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'roles', 'default'),
    queryFn: ({ signal }) => data(api.GET('/v1/roles/default', { signal })),
  });
}

export function setDefaultRole(role: string): Promise<Role> {
  return data(api.PUT('/v1/roles/default', { body: { role } }));
}

export function createRole(role: NewRole): Promise<Role> {
  return data(api.POST('/v1/roles', { body: role }));
}

export function changeRole(id: string, change: RoleChange): Promise<Role> {
  return data(api.PATCH('/v1/roles/{id}', { params: { path: { id } }, body: change }));
}

/** Deletes a role; all who hold it, are invited to it or would begin with it are given the other one. */
export function deleteRole(id: string, replaceWith?: string): Promise<void> {
  return done(
    api.DELETE('/v1/roles/{id}', {
      params: { path: { id }, query: replaceWith === undefined ? {} : { replace_with: replaceWith } },
    }),
  );
}
