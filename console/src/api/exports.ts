/**
 * Exports that are made in the background: asked for, watched while they are made, and taken away.
 *
 * Whoever asks or takes away makes the list ask again, so that it never shows what is not so any more.
 */
import { type InfiniteData, infiniteQueryOptions } from '@tanstack/react-query';

import { api, data, done, within } from './client';
import { keyOf, queryClient } from './queries';
import type { components } from './schema';

export type Export = components['schemas']['Export'];
export type ExportPage = components['schemas']['ExportPage'];
export type ExportFormat = components['schemas']['ExportFormat'];
export type ExportStatus = components['schemas']['ExportStatus'];
export type NewExport = components['schemas']['NewExport'];

/** Exports of a page of the list. */
const PAGE_EXPORTS = 50;
/** The longest name, in characters. */
export const MAX_EXPORT_NAME_CHARS = 100;

/** How long to wait before asking again, in milliseconds; undefined: what is shown stays as it is. */
export type Pace = (exports: readonly Export[], isBroken: boolean) => number | undefined;

function exportsOf(answer: InfiniteData<ExportPage> | undefined): readonly Export[] {
  return answer?.pages.flatMap((page) => page.data) ?? [];
}

/** The exports, the newest first, page by page. They are asked for anew at the given pace. */
export function exportsQuery(organizationId: string, pace: Pace) {
  return infiniteQueryOptions({
    queryKey: keyOf(organizationId, 'exports'),
    queryFn: ({ pageParam, signal }) =>
      data(
        api.GET('/v1/exports', {
          params: { query: { limit: PAGE_EXPORTS, ...(pageParam !== '' && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // Somebody else's may have come meanwhile.
    staleTime: 0,
    refetchOnWindowFocus: true,
    // Only while the page is seen: a hidden one is asked again when it is looked at.
    refetchInterval: ({ state }) => pace(exportsOf(state.data), state.status === 'error') ?? false,
  });
}

function askAgain(organizationId: string): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: keyOf(organizationId, 'exports') });
}

export async function createExport(organizationId: string, asked: NewExport): Promise<Export> {
  const made = await data(api.POST('/v1/exports', { body: asked }));
  void askAgain(organizationId);
  return made;
}

/** Cancels what is queued or running; of what has come to its end the file and the export go. */
export async function deleteExport(organizationId: string, id: string): Promise<void> {
  await done(api.DELETE('/v1/exports/{id}', { params: { path: { id } } }));
  await askAgain(organizationId);
}

/** The address of the file, for a link. */
export function fileAddress(id: string): string {
  return within(`/v1/exports/${encodeURIComponent(id)}/download`);
}
