/**
 * What stands beside the list comes after it.
 *
 * Counting the fields of millions of events takes all cores of a small server for longer than a list does, and the
 * list is what somebody waits for. So counts are asked for once the lists have arrived that were asked for at the
 * same moment.
 *
 * What must always hold: nobody waits longer than a bound, and what is no longer wanted stops waiting at once.
 */
import type { QueryClient } from '@tanstack/react-query';

import { keyOf } from './queries';

/** How long counts wait for lists at most. */
const LONGEST_WAIT_MS = 1_000;

/** Comes once no list of the organization is on its way, or the bound is reached. */
export async function listsFirst(
  client: QueryClient,
  organizationId: string,
  signal: AbortSignal,
): Promise<void> {
  // What is rendered with this may ask for its list a little later in the same task.
  await waited(0, signal);
  const lists = client
    .getQueryCache()
    .findAll({ queryKey: keyOf(organizationId, 'events'), fetchStatus: 'fetching' });
  if (lists.length === 0) return;
  const arrived = Promise.allSettled(lists.map(async (list) => list.promise));
  await Promise.race([arrived, waited(LONGEST_WAIT_MS, signal)]);
  signal.throwIfAborted();
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    }, ms);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
}
