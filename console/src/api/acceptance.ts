/** An invitation as the invited see it: what it is to, and accepting it. */
import { queryOptions } from '@tanstack/react-query';

import { api, data } from './client';
import type { components } from './schema';

export type InvitationSeen = components['schemas']['InvitationSeen'];
export type Accepted = components['schemas']['Accepted'];

/** It is forgotten as soon as no page shows it: the token is a secret. */
export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ['invitation-seen', token],
    queryFn: () => data(api.POST('/v1/invitations/lookup', { body: { token } })),
    staleTime: Infinity,
    gcTime: 0,
  });

/** Makes the account, and the member. */
export function acceptAsNewcomer(token: string, name: string, password: string): Promise<Accepted> {
  return data(api.POST('/v1/invitations/accept', { body: { token, name, password } }));
}

/** Makes whoever is signed in a member. */
export function acceptAsSelf(token: string): Promise<Accepted> {
  return data(api.POST('/v1/invitations/accept', { body: { token } }));
}
