/** The whole server, for those who own it: its organizations and its owners. */
import { queryOptions } from '@tanstack/react-query';

import { api, data } from './client';
import { queryClient } from './queries';
import type { components } from './schema';
import { sessionQuery } from './session';

export type ListedOrganization = components['schemas']['ListedOrganization'];
export type InstanceOwner = components['schemas']['InstanceOwner'];

export const allOrganizationsQuery = queryOptions({
  queryKey: ['instance', 'organizations'],
  queryFn: async () => (await data(api.GET('/v1/organizations', { params: { query: { all: true } } }))).data,
});

export const ownersQuery = queryOptions({
  queryKey: ['instance', 'owners'],
  queryFn: async () => (await data(api.GET('/v1/instance/owners'))).data,
});

/** What an organization is called and whether it is there is in the session, too. */
async function organizationsChanged(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: allOrganizationsQuery.queryKey }),
    queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  ]);
}

/** Whoever makes it is its first admin. */
export async function createOrganization(name: string): Promise<{ id: string }> {
  const made = await data(api.POST('/v1/organizations', { body: { name } }));
  await organizationsChanged();
  return made;
}

export async function changeOrganization(
  id: string,
  change: { name?: string; archived?: boolean },
): Promise<void> {
  await api.PATCH('/v1/organizations/{id}', { params: { path: { id } }, body: change });
  await organizationsChanged();
}

export async function deleteOrganization(id: string): Promise<void> {
  await api.DELETE('/v1/organizations/{id}', { params: { path: { id } } });
  await organizationsChanged();
}

export async function addOwner(email: string): Promise<void> {
  await api.POST('/v1/instance/owners', { body: { email } });
  await queryClient.invalidateQueries({ queryKey: ownersQuery.queryKey });
}

/** Whoever removes themselves owns nothing from then on. */
export async function removeOwner(userId: string): Promise<void> {
  await api.DELETE('/v1/instance/owners/{user_id}', { params: { path: { user_id: userId } } });
  await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
  await queryClient.invalidateQueries({ queryKey: ownersQuery.queryKey });
}
