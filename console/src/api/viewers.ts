/** Viewer tokens, by which pages of others show events, and the issuers that they are made by. */
import { queryOptions } from '@tanstack/react-query';

import { api, data, done } from './client';
import { keyOf } from './queries';
import type { components } from './schema';

export type Issuer = components['schemas']['Issuer'];
export type NewViewerToken = components['schemas']['NewViewerToken'];
export type MadeToken = components['schemas']['MadeToken'];

/** What is set of an issuer, all of it. */
export interface IssuerText {
  name: string;
  origins: string[];
}

/** For those who issue tokens in the whole organization. */
export function issuersQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'viewer-issuers'),
    queryFn: async ({ signal }) => (await data(api.GET('/v1/viewer-issuers', { signal }))).data,
  });
}

export function createIssuer(issuer: IssuerText): Promise<Issuer> {
  return data(api.POST('/v1/viewer-issuers', { body: issuer }));
}

/** It counts for tokens that were made before, too. */
export function changeIssuer(id: string, issuer: IssuerText): Promise<Issuer> {
  return data(api.PATCH('/v1/viewer-issuers/{id}', { params: { path: { id } }, body: issuer }));
}

/** For good, and all of its tokens with it. */
export function revokeIssuer(id: string): Promise<void> {
  return done(api.DELETE('/v1/viewer-issuers/{id}', { params: { path: { id } } }));
}

/** Its text is in the answer, and nowhere else. */
export function makeToken(token: NewViewerToken): Promise<MadeToken> {
  return data(api.POST('/v1/viewer-tokens', { body: token }));
}
