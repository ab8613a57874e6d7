/**
 * The look at events that the explorer shows: read from the address, and changed by going to another one.
 *
 * The address is the only place where it lives, so that Back works and a link shows the same. Whatever is on
 * the page asks here what is asked, and changes it here.
 */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { createContext, type ReactNode, use, useCallback, useMemo } from 'react';

import type { OwnOrganization } from '../../api/session';
import { DASHBOARD_VIEW, type SavedView, viewsQuery } from '../../api/views';
import {
  type ApiQuery,
  type Defaults,
  effectiveRange,
  type QueryState,
  type Range,
  readSearch,
  toApi,
  writeSearch,
} from '../../lib/query/state';
import { ownWeekStart } from '../../lib/time/week-start';
import { useOrganization } from '../shell/use-organization';
import { viewRange } from './saved';

export type Change = Partial<QueryState> | ((state: QueryState) => QueryState);

export interface Look {
  organization: OwnOrganization;
  state: QueryState;
  /** The query as the API takes it, the view's defaults in it. The same object while nothing changes. */
  query: ApiQuery;
  /** The range that counts: the address's, or the view's. */
  range: Range;
  zone: string;
  view: SavedView | undefined;
  views: readonly SavedView[];
  columns: readonly string[];
  /** Goes to another look. `replace`: Back does not return to this one. */
  change: (change: Change, options?: { replace?: boolean }) => void;
  /** The event that is open. */
  eventId: string | undefined;
  /** Opens an event, or closes the one that is open. */
  open: (id: string | undefined, options?: { replace?: boolean }) => void;
}

const LookContext = createContext<Look | undefined>(undefined);

const NO_VIEWS: readonly SavedView[] = [];
const NO_COLUMNS: readonly string[] = [];

/** The reader's own zone. */
function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function defaultsOf(view: SavedView | undefined): Defaults {
  return {
    defaultRange: view === undefined ? undefined : viewRange(view),
    defaultPattern: view?.default_pattern ?? undefined,
    defaultZone: view?.definition.tz ?? ownZone(),
    defaultWeekStart: ownWeekStart(),
  };
}

export function useLookOfAddress(): Look {
  const organization = useOrganization();
  const search = useSearch({ from: '/signed-in/o/$organizationId/events' });
  const eventId = useParams({ strict: false }).eventId;
  const navigate = useNavigate();
  const views = useQuery(viewsQuery(organization.id)).data ?? NO_VIEWS;

  const state = useMemo(() => readSearch(search), [search]);
  const view = useMemo(() => {
    const wanted = state.view ?? DASHBOARD_VIEW;
    return views.find(({ id }) => id === wanted) ?? views.find(({ id }) => id === DASHBOARD_VIEW);
  }, [state.view, views]);
  const defaults = useMemo(() => defaultsOf(view), [view]);
  const query = useMemo(() => toApi(state, defaults), [state, defaults]);

  const change = useCallback(
    (how: Change, options: { replace?: boolean } = {}) => {
      void navigate({
        to: '/o/$organizationId/events',
        params: { organizationId: organization.id },
        search: (before) => {
          const now = readSearch(before);
          return writeSearch(typeof how === 'function' ? how(now) : { ...now, ...how });
        },
        replace: options.replace ?? false,
      });
    },
    [navigate, organization.id],
  );
  const open = useCallback(
    (id: string | undefined, options: { replace?: boolean } = {}) => {
      const replace = options.replace ?? false;
      if (id === undefined) {
        void navigate({
          to: '/o/$organizationId/events',
          params: { organizationId: organization.id },
          search: (before) => before,
          replace,
        });
        return;
      }
      void navigate({
        to: '/o/$organizationId/events/$eventId',
        params: { organizationId: organization.id, eventId: id },
        search: (before) => before,
        replace,
      });
    },
    [navigate, organization.id],
  );

  return useMemo(
    () => ({
      organization,
      state,
      query,
      range: effectiveRange(state, defaults),
      zone: state.tz ?? defaults.defaultZone ?? 'UTC',
      view,
      views,
      columns: state.columns ?? view?.definition.columns ?? NO_COLUMNS,
      change,
      eventId,
      open,
    }),
    [organization, state, query, defaults, view, views, change, eventId, open],
  );
}

export function LookProvider({ look, children }: { look: Look; children: ReactNode }) {
  return <LookContext value={look}>{children}</LookContext>;
}

/** The look of the page. Whoever asks stands within the explorer. */
export function useLook(): Look {
  const look = use(LookContext);
  if (look === undefined) throw new Error('useLook is for what stands within a LookProvider');
  return look;
}
