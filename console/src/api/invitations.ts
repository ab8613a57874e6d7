/** Who is invited to an organization, and the links that let them in. */
import { queryOptions } from '@tanstack/react-query';

import { api, data, done } from './client';
import { keyOf } from './queries';
import type { components } from './schema';

export type Invitation = components['schemas']['Invitation'];
export type NewInvitation = components['schemas']['NewInvitation'];
/** An invitation that was made or renewed. Its link is there this once, unless it was mailed. */
export type NewLink = components['schemas']['NewLink'];

export function invitationsQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'invitations'),
    queryFn: async ({ signal }) => (await data(api.GET('/v1/invitations', { signal }))).data,
  });
}

export function invite(invitation: NewInvitation): Promise<NewLink> {
  return data(api.POST('/v1/invitations', { body: invitation }));
}

/** Makes a new link, and the one before works no more. */
export function renewInvitation(id: string): Promise<NewLink> {
  return data(api.POST('/v1/invitations/{id}/renew', { params: { path: { id } } }));
}

export function revokeInvitation(id: string): Promise<void> {
  return done(api.DELETE('/v1/invitations/{id}', { params: { path: { id } } }));
}
