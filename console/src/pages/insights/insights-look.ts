/**
 * What the page looks at: a range, a zone and a project, read from its own address. It is a look as the explorer
 * has one, so that the same controls change it; whatever else an address asks is left out here.
 */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';

import type { ApiQuery, QueryState } from '../../lib/query/state';
import { places } from '../../api/places';
import type { Change, Look } from '../../components/explorer/look';
import { useOrganization } from '../../components/shell/use-organization';
import {
  EMPTY_QUERY,
  effectiveRange,
  readSearch,
  type SearchInput,
  toApi,
  writeSearch,
} from '../../lib/query/state';
import { ownWeekStart } from '../../lib/time/week-start';
import { ownZone } from '../../lib/time/zones';

const NOTHING: readonly never[] = [];

/** Of an address only what this page follows. */
export function readInsights(search: SearchInput): QueryState {
  const { projectId, range, tz, weekStart } = readSearch(search);
  return { ...EMPTY_QUERY, projectId, range, tz, weekStart };
}

export function useInsightsLook(): Look {
  const organization = useOrganization();
  const search = useSearch({ from: '/signed-in/o/$organizationId/insights' });
  const navigate = useNavigate();
  const state = useMemo(() => readInsights(search), [search]);
  const change = useCallback(
    (how: Change, options: { replace?: boolean } = {}) => {
      void navigate({
        to: '/o/$organizationId/insights',
        params: { organizationId: organization.id },
        search: (before) => {
          const now = readInsights(before);
          return writeSearch(typeof how === 'function' ? how(now) : { ...now, ...how });
        },
        replace: options.replace ?? false,
      });
    },
    [navigate, organization.id],
  );
  return useMemo(
    () => ({
      organization,
      state,
      query: toApi(state, { defaultZone: ownZone(), defaultWeekStart: ownWeekStart() }),
      range: effectiveRange(state),
      zone: state.tz ?? ownZone(),
      view: undefined,
      views: NOTHING,
      columns: NOTHING,
      change,
      eventId: undefined,
      open: () => undefined,
    }),
    [organization, state, change],
  );
}

/** The address of the events that a number counts: the page's question, and something more of it. */
export function eventsOf(look: Look, more: Partial<QueryState> = {}): string {
  const { projectId, tz, weekStart } = look.state;
  return places.events(
    look.organization.id,
    writeSearch({ ...EMPTY_QUERY, projectId, tz, weekStart, range: look.range, ...more }),
  );
}

/** The same question over another time. */
export function over(
  query: ApiQuery,
  span: { from?: string | undefined; to?: string | undefined },
): ApiQuery {
  const moved = { ...query };
  delete moved.range;
  delete moved.from;
  delete moved.to;
  return {
    ...moved,
    ...(span.from !== undefined && { from: span.from }),
    ...(span.to !== undefined && { to: span.to }),
  };
}
