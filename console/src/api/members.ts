/** Who belongs to an organization, and what an admin may do about somebody's account. */
import { queryOptions } from '@tanstack/react-query';

import { api, data, done } from './client';
import { allOf, PAGE_ITEMS } from './pages-of';
import { keyOf } from './queries';
import type { components } from './schema';

export type Member = components['schemas']['Member'];
export type PasswordResetLink = components['schemas']['PasswordResetLink'];

/** The most members that are given another role at once. */
export const MAX_AT_ONCE = 1000;

/** All members, those who joined first before the others. The API has no search: it is done on the page. */
export function membersQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'members'),
    queryFn: ({ signal }) =>
      allOf<Member>((cursor) =>
        data(
          api.GET('/v1/members', {
            params: { query: { limit: PAGE_ITEMS, ...(cursor === undefined ? {} : { cursor }) } },
            signal,
          }),
        ),
      ),
  });
}

/** Gives all of them a role in the organization, or none. Says how many had another one. */
export async function changeRoles(userIds: readonly string[], role: string): Promise<number> {
  const [only, ...others] = userIds;
  if (only !== undefined && others.length === 0) {
    await data(api.PATCH('/v1/members/{user_id}', { params: { path: { user_id: only } }, body: { role } }));
    return 1;
  }
  const { changed } = await data(api.POST('/v1/members/bulk', { body: { user_ids: [...userIds], role } }));
  return changed;
}

/** Removes a member, or leaves. */
export function removeMember(userId: string): Promise<void> {
  return done(api.DELETE('/v1/members/{user_id}', { params: { path: { user_id: userId } } }));
}

/** A link by which a member chooses a new password. It is shown this once. It can end the second factor, too. */
export function makePasswordReset(userId: string, endsSecondFactor: boolean): Promise<PasswordResetLink> {
  return data(
    api.POST('/v1/members/{user_id}/password-reset', {
      params: { path: { user_id: userId } },
      body: { end_second_factor: endsSecondFactor },
    }),
  );
}

/** Signs a member out everywhere. Says how many sessions have ended. */
export async function endSessions(userId: string): Promise<number> {
  const { ended } = await data(
    api.DELETE('/v1/members/{user_id}/sessions', { params: { path: { user_id: userId } } }),
  );
  return ended;
}
