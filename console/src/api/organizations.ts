/** The settings of an organization, and what ends it. */
import { queryOptions } from '@tanstack/react-query';

import { api, data, done } from './client';
import { keyOf } from './queries';
import type { components } from './schema';

export type Organization = components['schemas']['Organization'];
export type OrganizationChange = components['schemas']['OrganizationChange'];

export function organizationQuery(id: string) {
  return queryOptions({
    queryKey: keyOf(id, 'settings'),
    queryFn: ({ signal }) => data(api.GET('/v1/organizations/{id}', { params: { path: { id } }, signal })),
  });
}

export function changeOrganization(id: string, change: OrganizationChange): Promise<Organization> {
  return data(api.PATCH('/v1/organizations/{id}', { params: { path: { id } }, body: change }));
}

/** Only what is archived, and only by an owner of the instance. */
export function deleteOrganization(id: string): Promise<void> {
  return done(api.DELETE('/v1/organizations/{id}', { params: { path: { id } } }));
}
