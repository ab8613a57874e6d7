/** The catalog: what is known of each action. */
import { queryOptions } from '@tanstack/react-query';

import { api, data } from './client';
import { keyOf } from './queries';
import type { components } from './schema';

export type Catalog = components['schemas']['Catalog'];
export type CatalogEntry = components['schemas']['CatalogEntry'];
export type CatalogField = components['schemas']['CatalogField'];
export type FieldType = components['schemas']['FieldType'];
export type NewEventType = components['schemas']['NewEventType'];
export type NewCatalogField = components['schemas']['NewCatalogField'];
export type ReplacedEventType = components['schemas']['ReplacedEventType'];

/** The catalog changes by hand, and rarely, in milliseconds. */
const FRESH_MS = 5 * 60_000;

export function catalogQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'catalog'),
    queryFn: ({ signal }) => data(api.GET('/v1/catalog', { signal })),
    staleTime: FRESH_MS,
  });
}

export const createEventType = (type: NewEventType): Promise<CatalogEntry> =>
  data(api.POST('/v1/catalog', { body: type }));

export const replaceEventType = (action: string, type: ReplacedEventType): Promise<CatalogEntry> =>
  data(api.PUT('/v1/catalog/{action}', { params: { path: { action } }, body: type }));
