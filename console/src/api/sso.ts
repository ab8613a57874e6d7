/** Single sign-on: the provider by which an organization's people sign in. Its secret goes in and never comes out. */
import { queryOptions } from '@tanstack/react-query';

import { api, data, done } from './client';
import { isProblem } from './problem';
import { keyOf } from './queries';
import type { components } from './schema';

export type SsoSettings = components['schemas']['SsoSettings'];
export type SsoChange = components['schemas']['SsoChange'];

export interface Sso {
  /** Undefined: nothing is set up. */
  settings: SsoSettings | undefined;
  /** What is registered at the provider; undefined until the server knows where people reach it. */
  redirectUrl: string | undefined;
}

export function ssoQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'sso'),
    queryFn: async ({ signal }): Promise<Sso> => {
      try {
        const settings = await data(api.GET('/v1/sso', { signal }));
        return { settings, redirectUrl: settings.redirect_url ?? undefined };
      } catch (error) {
        if (!isProblem(error, 'sso_not_set_up')) throw error;
        // That is no failure.
        return { settings: undefined, redirectUrl: error.redirectUrl };
      }
    },
  });
}

/** Replaces all of it. `check`: the provider is asked for its description first. */
export function setSso(change: SsoChange, check: boolean): Promise<SsoSettings> {
  return data(api.PUT('/v1/sso', { params: { query: { check } }, body: change }));
}

/** Asks the provider again. What is set is sent as it stands, the secret left out, so that nothing changes. */
export async function checkSso(): Promise<SsoSettings> {
  const now = await data(api.GET('/v1/sso'));
  const { issuer, client_id, domains, groups_claim, scopes, group_roles, require_group, enabled } = now;
  return setSso(
    { issuer, client_id, domains, groups_claim, scopes, group_roles, require_group, enabled },
    true,
  );
}

export function deleteSso(): Promise<void> {
  return done(api.DELETE('/v1/sso'));
}
