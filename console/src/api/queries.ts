/**
 * How answers are kept: one client for all, and the keys by which they are found again. A key begins with the
 * organization, so that nothing of one is ever shown in another.
 */
import { QueryClient } from '@tanstack/react-query';

import { isProblem, UNREACHABLE } from './problem';

/** How long an answer is good enough to be shown without asking again, in milliseconds. */
const FRESH_MS = 15_000;
/** How often a request is made again that had no answer. */
const RETRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      refetchOnWindowFocus: false,
      // A refusal stays one; what did not arrive is asked again.
      retry: (failures, error) => isProblem(error, UNREACHABLE) && failures < RETRIES,
    },
    mutations: { retry: false },
  },
});

/** The key of something of an organization. */
export function keyOf(organizationId: string, ...parts: readonly unknown[]): readonly unknown[] {
  return ['organization', organizationId, ...parts];
}
