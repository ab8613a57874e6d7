/**
 * The organization's log: its head, what it published, and the proofs that it only grew.
 *
 * Nothing of it is believed here. Whether it holds is for `lib/proof` to say, in this browser.
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

import { api, data } from './client';
import { keyOf } from './queries';
import type { components } from './schema';

export type LogHead = components['schemas']['LogHead'];
export type LogConsistency = components['schemas']['LogConsistency'];
export type PublishedCheckpoint = components['schemas']['PublishedCheckpoint'];

/** Rows of a page of checkpoints. */
export const PAGE_CHECKPOINTS = 50;
/** How often the head of a log that is looked at is asked for again, in milliseconds. */
const HEAD_EVERY_MS = 10_000;

export const fetchLog = (signal?: AbortSignal): Promise<LogHead> =>
  data(api.GET('/v1/log', signal === undefined ? {} : { signal }));

export function logQuery(organizationId: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'log'),
    queryFn: ({ signal }) => fetchLog(signal),
  });
}

/** The head, followed while it is on the screen. */
export function followedLogQuery(organizationId: string) {
  return queryOptions({ ...logQuery(organizationId), refetchInterval: HEAD_EVERY_MS });
}

/** The checkpoints that were published, the newest first. */
export function checkpointPages(organizationId: string) {
  return infiniteQueryOptions({
    queryKey: keyOf(organizationId, 'checkpoints'),
    queryFn: ({ pageParam, signal }) =>
      fetchCheckpoints({ limit: PAGE_CHECKPOINTS, ...(pageParam !== null && { before: pageParam }) }, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next_before,
  });
}

/** Some checkpoints, the newest below `before` first. */
export function fetchCheckpoints(query: { before?: number; limit: number }, signal?: AbortSignal) {
  return data(api.GET('/v1/log/checkpoints', { params: { query }, ...(signal !== undefined && { signal }) }));
}

/** The proof that the log of `to` events begins with that of `from`. */
export async function fetchConsistency(
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<LogConsistency> {
  const answer = await data(
    api.GET('/v1/log/consistency', {
      params: { query: { from, to } },
      ...(signal !== undefined && { signal }),
    }),
  );
  // Only who asks for text gets it.
  if (typeof answer === 'string') throw new TypeError('The consistency proof came as text.');
  return answer;
}

/** The proof of an event as the C2SP text `tlog-proof`, which other programs take. */
export async function fetchProofText(id: string): Promise<string> {
  const answer = await api.GET('/v1/events/{id}/proof', {
    params: { path: { id } },
    headers: { accept: 'text/plain' },
    parseAs: 'text',
  });
  return typeof answer.data === 'string' ? answer.data : '';
}
