/** Who is signed in, and what that person may do where. */
import { queryOptions, useQuery } from '@tanstack/react-query';

import { api, data } from './client';
import { queryClient } from './queries';
import type { components } from './schema';

export type SignedIn = components['schemas']['SignedInAs'];
export type OwnOrganization = components['schemas']['OwnOrganization'];
export type OwnProject = components['schemas']['OwnProject'];

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => data(api.GET('/v1/auth/session')),
  staleTime: 60_000,
});

/** The session of a page that is only shown to who is signed in. */
export function useSession(): SignedIn | undefined {
  return useQuery(sessionQuery).data;
}

export async function signOut(): Promise<void> {
  await api.POST('/v1/auth/logout');
  queryClient.clear();
}

/** Everything that a role can permit, as `GET /v1/permissions` names it. */
export type Permission =
  | 'events.record'
  | 'events.read'
  | 'events.export'
  | 'log.read'
  | 'metrics.read'
  | 'settings.read'
  | 'members.read'
  | 'organization.manage'
  | 'catalog.manage'
  | 'projects.create'
  | 'projects.manage'
  | 'members.manage'
  | 'roles.manage'
  | 'keys.manage'
  | 'viewers.issue'
  | 'views.share'
  | 'retention.manage'
  | 'sso.manage';

/** Whether the person may do that in the whole organization. */
export function may(organization: OwnOrganization, permission: Permission): boolean {
  return organization.permissions.includes(permission);
}

/** Whether the person may do that in the organization, or in one of its projects. */
export function mayAnywhere(organization: OwnOrganization, permission: Permission): boolean {
  return (
    may(organization, permission) ||
    organization.projects.some((project) => project.permissions.includes(permission))
  );
}

/** Whether the person may do that in that project. */
export function mayIn(organization: OwnOrganization, projectId: string, permission: Permission): boolean {
  return (
    may(organization, permission) ||
    organization.projects.some(
      (project) => project.id === projectId && project.permissions.includes(permission),
    )
  );
}
