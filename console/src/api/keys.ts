/** API keys: by them programs show who they are. The text of one is in the answer to its making, and nowhere else. */
import { queryOptions } from '@tanstack/react-query';

import { api, data, done } from './client';
import { allOf, PAGE_ITEMS } from './pages-of';
import { keyOf } from './queries';
import type { components } from './schema';

export type ApiKey = components['schemas']['Key'];
export type MadeKey = components['schemas']['MadeKey'];
export type NewApiKey = components['schemas']['NewApiKey'];
export type ApiKeyChange = components['schemas']['ApiKeyChange'];
export type ApiKeyRotation = components['schemas']['ApiKeyRotation'];

/** All keys that the person manages, also those that have ended, the newest first. */
export function keysQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'api-keys'),
    queryFn: async ({ signal }) => {
      const keys = await allOf<ApiKey>((cursor) =>
        data(
          api.GET('/v1/api-keys', {
            params: { query: { limit: PAGE_ITEMS, ...(cursor === undefined ? {} : { cursor }) } },
            signal,
          }),
        ),
      );
      return keys.reverse();
    },
  });
}

export function createKey(key: NewApiKey): Promise<MadeKey> {
  return data(api.POST('/v1/api-keys', { body: key }));
}

export function changeKey(id: string, change: ApiKeyChange): Promise<ApiKey> {
  return data(api.PATCH('/v1/api-keys/{id}', { params: { path: { id } }, body: change }));
}

/** Makes a key that takes the place of one, which works on for the overlap. */
export function rotateKey(id: string, rotation: ApiKeyRotation): Promise<MadeKey> {
  return data(api.POST('/v1/api-keys/{id}/rotate', { params: { path: { id } }, body: rotation }));
}

/** For good. */
export function revokeKey(id: string): Promise<void> {
  return done(api.DELETE('/v1/api-keys/{id}', { params: { path: { id } } }));
}
