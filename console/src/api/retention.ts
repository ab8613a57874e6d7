/** How long events are kept, what would go by other rules, and what has gone. */
import { queryOptions } from '@tanstack/react-query';

import { api, data } from './client';
import { keyOf } from './queries';
import type { components } from './schema';

export type RetentionSettings = components['schemas']['RetentionSettings'];
export type ProjectRetention = components['schemas']['ProjectRetention'];
export type RetentionRule = components['schemas']['RetentionRule'];
export type RetentionPreviewed = components['schemas']['RetentionPreviewed'];
export type RetentionPreview = components['schemas']['RetentionPreview'];
export type RetentionRun = components['schemas']['RetentionRunTold'];
export type EventsTold = components['schemas']['EventsTold'];

/** How often a run is asked about that goes on, in milliseconds. */
const RUN_POLL_MS = 2000;

export function retentionQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'retention'),
    queryFn: ({ signal }) => data(api.GET('/v1/retention', { signal })),
    refetchInterval: ({ state }) => (state.data?.last_run?.status === 'running' ? RUN_POLL_MS : false),
  });
}

export function projectRetentionQuery(organizationId: string, projectId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'retention', 'projects', projectId),
    queryFn: ({ signal }) =>
      data(
        api.GET('/v1/retention/projects/{project_id}', {
          params: { path: { project_id: projectId } },
          signal,
        }),
      ),
  });
}

export function setRetention(rule: RetentionRule): Promise<RetentionSettings> {
  return data(api.PUT('/v1/retention', { body: rule }));
}

/** `inherited` takes the project's own rule away. */
export function setProjectRetention(projectId: string, rule: RetentionRule): Promise<ProjectRetention> {
  return data(
    api.PUT('/v1/retention/projects/{project_id}', {
      params: { path: { project_id: projectId } },
      body: rule,
    }),
  );
}

/** What would go if retention ran now with these rules in the place of those that are set. Nothing changes. */
export function previewQuery(organizationId: string, supposed: RetentionPreviewed) {
  return queryOptions({
    // Not among what is asked again after a change: a dry run reads much, and is asked for by a person alone.
    queryKey: ['retention-preview', organizationId, supposed],
    queryFn: ({ signal }) => data(api.POST('/v1/retention/preview', { body: supposed, signal })),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Begins a run, which goes on in the background. */
export function runRetention(): Promise<RetentionRun> {
  return data(api.POST('/v1/retention/run'));
}
