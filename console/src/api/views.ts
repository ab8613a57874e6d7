/** Saved views: columns, a query, a range and an order under a name. */
import { queryOptions } from '@tanstack/react-query';

import { api, data } from './client';
import { keyOf } from './queries';
import type { components } from './schema';

export type SavedView = components['schemas']['SavedView'];
export type NewView = components['schemas']['NewView'];
export type ViewChange = components['schemas']['ViewChange'];

export const DASHBOARD_VIEW = 'view_dashboard';

export function viewsQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'views'),
    queryFn: async ({ signal }) => (await data(api.GET('/v1/views', { signal }))).data,
  });
}

export const createView = (view: NewView) => data(api.POST('/v1/views', { body: view }));

export const changeView = (id: string, change: ViewChange) =>
  data(api.PATCH('/v1/views/{id}', { params: { path: { id } }, body: change }));

export const deleteView = (id: string) => api.DELETE('/v1/views/{id}', { params: { path: { id } } });
