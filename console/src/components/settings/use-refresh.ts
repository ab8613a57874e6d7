/**
 * After a change: asks again what it may have changed. That may be anything of the organization, and what the
 * person may do in it, since one may change one's own role or the organization's name.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useCallback } from 'react';

import { places } from '../../api/places';
import { keyOf } from '../../api/queries';
import { sessionQuery } from '../../api/session';
import { useOrganization } from '../shell/use-organization';

export function useRefresh(): () => Promise<void> {
  const queries = useQueryClient();
  const router = useRouter();
  const { id } = useOrganization();
  return useCallback(async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: keyOf(id) }),
      // What has been done is done, whether this answers or not: the page then shows what it knew before.
      queries.query({ ...sessionQuery, staleTime: 0 }).catch(() => undefined),
    ]);
    await router.invalidate();
  }, [queries, router, id]);
}

/** Goes where the person still belongs, once an organization is gone for that person. */
export function useGoHome(): () => Promise<void> {
  const queries = useQueryClient();
  const router = useRouter();
  return useCallback(async () => {
    // First, since the page there chooses among the organizations that the session names.
    await queries.query({ ...sessionQuery, staleTime: 0 }).catch(() => undefined);
    router.history.push(places.home);
  }, [queries, router]);
}
