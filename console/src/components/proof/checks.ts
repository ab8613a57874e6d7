/**
 * Verifications as kept answers: asked for once, shown wherever they are needed. The code that verifies
 * comes when the first one is asked for.
 */
import { queryOptions } from '@tanstack/react-query';

import type { Event } from '../../api/events';
import { fetchCheckpoints } from '../../api/log';
import { isProblem, UNREACHABLE } from '../../api/problem';
import { keyOf } from '../../api/queries';
import { may, type OwnOrganization } from '../../api/session';

const FOREVER = Number.POSITIVE_INFINITY;
/** The server waits two seconds for a checkpoint by itself, so this is some ten seconds in all. */
const WAITS_FOR_CHECKPOINT = 4;
const WAIT_MS = 1000;
/** How often a request is made again that had no answer. */
const RETRIES = 2;

/** There is no checkpoint over the event yet. */
export const NOT_COVERED_YET = 'not_covered_yet';

export function eventCheckQuery(organization: OwnOrganization, event: Event) {
  const { id } = organization;
  return queryOptions({
    queryKey: keyOf(id, 'event-check', event.id),
    queryFn: async ({ signal }) => {
      const { checkEvent } = await import('./check-event');
      return checkEvent({ organizationId: id, mayReadLog: may(organization, 'log.read'), event, signal });
    },
    staleTime: FOREVER,
    retry: (failures, error) =>
      isProblem(error, NOT_COVERED_YET)
        ? failures < WAITS_FOR_CHECKPOINT
        : isProblem(error, UNREACHABLE) && failures < RETRIES,
    retryDelay: WAIT_MS,
  });
}

/** The published checkpoint of a size: it tells when it was signed. Undefined: there is none of that size. */
export function checkpointOfSizeQuery(organizationId: string, size: number) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'checkpoint', size),
    queryFn: async ({ signal }) => {
      const { data } = await fetchCheckpoints({ before: size + 1, limit: 1 }, signal);
      return data.find((checkpoint) => checkpoint.size === size) ?? null;
    },
    staleTime: FOREVER,
  });
}
