/** A server that has nothing yet, and what it begins with. */
import { queryOptions } from '@tanstack/react-query';

import { api, data } from './client';
import type { components } from './schema';

export type Founded = components['schemas']['Founded'];
export type Wishes = Omit<components['schemas']['SetUp'], 'token'>;

export const setUpQuery = queryOptions({
  queryKey: ['set-up'],
  queryFn: async () => (await data(api.GET('/v1/setup'))).needed,
  staleTime: 0,
});

/** The first keys are in the answer, and nowhere else. */
export function setUp(token: string, wishes: Wishes): Promise<Founded> {
  return data(api.POST('/v1/setup', { body: { token, ...wishes } }));
}
