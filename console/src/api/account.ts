/** Signing in and out, and what a person has in their own hands: name, password, second factor, sessions. */
import { queryOptions } from '@tanstack/react-query';

import { api, data, done } from './client';
import { queryClient } from './queries';
import type { components } from './schema';
import { sessionQuery, type SignedIn } from './session';

export type SsoProvider = components['schemas']['SsoProvider'];
export type SessionInfo = components['schemas']['SessionInfo'];
export type SecondFactor = components['schemas']['SecondFactor'];

export interface Credentials {
  email: string;
  password: string;
  /** Of the authenticator app, or a recovery code. */
  code?: string;
}

/** What belongs to nobody, and what the page waits for: it is told of the session, not taken away from it. */
const OF_NOBODY: readonly unknown[] = [
  sessionQuery.queryKey[0],
  'set-up',
  'invitation-seen',
  'sso-providers',
];

/** Nothing that was kept for somebody else is shown to who signs in. */
function startAs(session: SignedIn): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => !OF_NOBODY.includes(queryKey[0]) });
  queryClient.setQueryData(sessionQuery.queryKey, session);
}

export async function signIn(credentials: Credentials): Promise<SignedIn> {
  const session = await data(api.POST('/v1/auth/login', { body: credentials }));
  startAs(session);
  return session;
}

/** How long the providers of a domain are good for, in milliseconds. */
const PROVIDERS_FRESH_MS = 5 * 60_000;

/** The organizations whose own sign-in serves an address. The answer is the same for all of a domain. */
export const ssoProvidersQuery = (email: string) =>
  queryOptions({
    queryKey: ['sso-providers', email.slice(email.lastIndexOf('@') + 1).toLowerCase()],
    queryFn: async () =>
      (await data(api.GET('/v1/auth/oidc/providers', { params: { query: { email } } }))).data,
    staleTime: PROVIDERS_FRESH_MS,
  });

/** Where a browser goes to sign in by an organization's provider. */
export function ssoAddress(organizationId: string, returnTo: string): string {
  const asked = new URLSearchParams({ organization_id: organizationId, return_to: returnTo });
  return `/v1/auth/oidc/start?${asked.toString()}`;
}

export function choosePassword(token: string, password: string): Promise<void> {
  return done(api.POST('/v1/auth/reset', { body: { token, new_password: password } }));
}

export async function changeName(name: string): Promise<void> {
  await api.PATCH('/v1/auth/profile', { body: { name } });
  await refreshSession();
}

export async function changePassword(current: string, password: string): Promise<void> {
  await api.PUT('/v1/auth/password', { body: { current, new: password } });
  await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
}

export function beginSecondFactor(password: string): Promise<SecondFactor> {
  return data(api.POST('/v1/auth/totp', { body: { password } }));
}

/** The recovery codes, which are shown this once. */
export async function confirmSecondFactor(code: string): Promise<string[]> {
  const answer = await data(api.POST('/v1/auth/totp/confirm', { body: { code } }));
  await refreshSession();
  return answer.recovery_codes;
}

export async function endSecondFactor(password: string, code: string): Promise<void> {
  await api.DELETE('/v1/auth/totp', { body: { password, code } });
  await refreshSession();
}

/** New recovery codes, which are shown this once; those before work no more. */
export async function renewRecoveryCodes(password: string, code: string): Promise<string[]> {
  const answer = await data(api.POST('/v1/auth/recovery-codes', { body: { password, code } }));
  await refreshSession();
  return answer.recovery_codes;
}

export const sessionsQuery = queryOptions({
  queryKey: ['own-sessions'],
  queryFn: async () => (await data(api.GET('/v1/auth/sessions'))).data,
});

export async function endSession(id: string): Promise<void> {
  await api.DELETE('/v1/auth/sessions/{id}', { params: { path: { id } } });
  await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
}

export async function endOtherSessions(): Promise<void> {
  await api.DELETE('/v1/auth/sessions');
  await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
}

function refreshSession(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
}
