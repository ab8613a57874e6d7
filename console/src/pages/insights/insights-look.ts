/**
 * What the page looks at: a range, a zone and a project, read from its own address. It is a look as the explorer
 * has one, so that the same controls change it; whatever else an address asks is left out here.
 */
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';

import type { ApiQuery, QueryState, Span } from '../../lib/query/state';
import { places } from '../../api/places';
import type { BarLinks } from '../../components/charts/TimeChart';
import { type Change, type Look, useLook } from '../../components/explorer/look';
import { useOrganization } from '../../components/shell/use-organization';
import {
  EMPTY_QUERY,
  effectiveRange,
  readSearch,
  type SearchInput,
  toApi,
  writeSearch,
} from '../../lib/query/state';
import { resolveRange } from '../../lib/time/resolve';
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

/**
 * The events of a part of the page's time, such as a bar. A bar is a whole hour or day, and the first and the last
 * count what is within the page's time alone.
 */
export function eventsWithin(look: Look, span: Span, now: number, more: Partial<QueryState> = {}): string {
  const weekStart = look.query.week_start ?? ownWeekStart();
  const { from, to } = resolveRange(look.range, { now, zone: look.zone, weekStart });
  const isBefore = from !== undefined && Date.parse(span.from ?? '') < from;
  const isAfter = to !== undefined && Date.parse(span.to ?? '') > to;
  return eventsOf(look, {
    range: {
      from: isBefore ? new Date(from).toISOString() : span.from,
      to: isAfter ? new Date(to).toISOString() : span.to,
    },
    ...more,
  });
}

/** Where the bars of a chart lead; undefined while they are those of another time. */
export function useBarLinks(isStale: boolean, more?: Partial<QueryState>): BarLinks | undefined {
  const look = useLook();
  const router = useRouter();
  const [now] = useState(() => Date.now());
  return useMemo(
    () =>
      isStale
        ? undefined
        : {
            hrefOf: (span) => eventsWithin(look, span, now, more),
            follow: (href) => router.history.push(href),
          },
    [isStale, look, more, now, router],
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
