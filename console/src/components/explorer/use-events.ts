/**
 * The list of the explorer: its pages as one list, what has been recorded since, and how many there are.
 *
 * What comes while one looks is announced, and put on top when it is asked for, or at once while the tail is
 * live and the reader is at the top. Nothing that is on the screen moves by itself.
 */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';

import { type Event, eventPages, fewEvents } from '../../api/events';
import { keyOf } from '../../api/queries';
import { follow, type TailState } from '../../api/tail';
import type { Look } from './look';

/** How often it is asked whether there is more, in milliseconds. */
const ASK_EVERY_MS = 20_000;
/** Events that are held back while the reader is elsewhere; beyond them the list is read anew. */
const MAX_HELD = 500;
/** How often counts are asked anew while events come in, in milliseconds. */
const RECOUNT_MS = 5000;

const NO_EVENTS: readonly Event[] = [];

export interface Events {
  events: readonly Event[];
  total: number | undefined;
  tookMs: number | undefined;
  error: Error | null;
  isLoading: boolean;
  /** What is shown answers what was asked before. */
  isStale: boolean;
  hasMore: boolean;
  more: () => void;
  hasBefore: boolean;
  before: () => void;
  retry: () => void;
  /** How many have been recorded that are not shown. */
  waiting: number;
  showWaiting: () => void;
  freshIds: ReadonlySet<string>;
  live: TailState | 'off' | 'refused';
}

export function useEvents(look: Look, isAtTop: boolean): Events {
  const { organization, query, state } = look;
  // An address that names an event begins the list around it; opening others does not.
  const around = useAround(look);
  const pages = eventPages(organization.id, query, around);
  const answer = useInfiniteQuery(pages);
  const client = useQueryClient();
  const first = answer.data?.pages[0];
  const asOf = first?.as_of;
  const isDescending = state.order === 'desc';

  const reload = useCallback(() => {
    void client.resetQueries({ queryKey: pages.queryKey });
    void recount(client, organization.id);
  }, [client, organization.id, pages.queryKey]);

  const tail = useTail(look, answer.isPlaceholderData ? undefined : asOf, isDescending);
  const isTailed = state.live && isDescending;
  const growth = useGrowth(look, first?.total, !isTailed && !answer.isPlaceholderData);

  const take = tail.take;
  useEffect(() => {
    if (isTailed && isAtTop && tail.held.length > 0) take();
  }, [isTailed, isAtTop, tail.held.length, take]);

  const listed = useMemo(() => answer.data?.pages.flatMap((page) => page.data) ?? NO_EVENTS, [answer.data]);
  const events = useMemo(() => withFresh(tail.shown, listed), [tail.shown, listed]);
  const freshIds = useMemo(() => new Set(tail.shown.map(({ id }) => id)), [tail.shown]);

  const { fetchNextPage, fetchPreviousPage, isFetchingNextPage, isFetchingPreviousPage } = answer;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const before = useCallback(() => {
    if (!isFetchingPreviousPage) void fetchPreviousPage();
  }, [fetchPreviousPage, isFetchingPreviousPage]);

  const { refetch } = answer;
  const retry = useCallback(() => void refetch(), [refetch]);

  return {
    events,
    total: first === undefined ? undefined : first.total + tail.shown.length,
    tookMs: first?.took_ms,
    error: answer.error,
    isLoading: answer.isLoading,
    isStale: answer.isPlaceholderData,
    hasMore: answer.hasNextPage && !answer.isPlaceholderData,
    more,
    hasBefore: answer.hasPreviousPage && !answer.isPlaceholderData,
    before,
    retry,
    waiting: isTailed ? tail.held.length : growth,
    showWaiting: isTailed && !tail.isFull ? take : reload,
    freshIds,
    live: isTailed ? tail.state : 'off',
  };
}

/** The event that the address named when the page was opened, as long as the query stays the same. */
function useAround({ eventId, query }: Look): string | undefined {
  const [start] = useState({ eventId, query });
  const asked = JSON.stringify(query);
  return JSON.stringify(start.query) === asked ? start.eventId : undefined;
}

function withFresh(fresh: readonly Event[], listed: readonly Event[]): readonly Event[] {
  if (fresh.length === 0) return listed;
  const known = new Set(listed.map(({ id }) => id));
  return [...fresh.filter(({ id }) => !known.has(id)), ...listed];
}

function recount(client: ReturnType<typeof useQueryClient>, organizationId: string): Promise<unknown> {
  return Promise.all(
    ['histogram', 'facets'].map((part) =>
      client.invalidateQueries({ queryKey: keyOf(organizationId, part) }),
    ),
  );
}

/** The newest first, as the list is. */
function newestFirst(a: Event, b: Event): number {
  if (a.occurred_at !== b.occurred_at) return a.occurred_at < b.occurred_at ? 1 : -1;
  return b.index - a.index;
}

/** What came since the list was read: put on top already, or held back. */
interface Come {
  /** The list that it came after. */
  list: string;
  held: readonly Event[];
  shown: readonly Event[];
}

function withHeld(come: Come, event: Event): Come {
  // A stream that is opened anew begins where the list ended.
  const isKnown = [...come.held, ...come.shown].some(({ id }) => id === event.id);
  return isKnown || come.held.length >= MAX_HELD ? come : { ...come, held: [event, ...come.held] };
}

function useTail({ organization, query, state }: Look, asOf: number | undefined, isDescending: boolean) {
  const list = JSON.stringify([organization.id, query, asOf]);
  const nothing: Come = { list, held: NO_EVENTS, shown: NO_EVENTS };
  const [kept, setCome] = useState(nothing);
  // What came after another list belongs to that one.
  const come = kept.list === list ? kept : nothing;
  const [tailState, setTailState] = useState<TailState | 'refused'>('connecting');
  const client = useQueryClient();
  const isOn = state.live && isDescending && asOf !== undefined;
  useEffect(() => {
    if (!isOn) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = follow({
      query,
      // After the last event that the list knows of, so that none is missed in between.
      after: asOf - 1,
      onEvent: (event) => {
        setCome((before) =>
          withHeld(before.list === list ? before : { list, held: NO_EVENTS, shown: NO_EVENTS }, event),
        );
        timer ??= setTimeout(() => {
          timer = undefined;
          void recount(client, organization.id);
        }, RECOUNT_MS);
      },
      onState: setTailState,
      onRefused: () => setTailState('refused'),
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [isOn, asOf, query, client, organization.id, list]);
  const take = useCallback(() => {
    setCome((before) => ({
      ...before,
      held: NO_EVENTS,
      shown: [...before.held, ...before.shown].sort(newestFirst),
    }));
  }, []);
  return { ...come, take, state: tailState, isFull: come.held.length >= MAX_HELD };
}

/** How many more there are than the list was told, asked now and then while the page is looked at. */
function useGrowth({ organization, query }: Look, total: number | undefined, isOn: boolean): number {
  const newest = useQuery({
    ...fewEvents(organization.id, query, 1),
    enabled: isOn && total !== undefined,
    refetchInterval: ASK_EVERY_MS,
    staleTime: ASK_EVERY_MS,
  });
  if (!isOn || total === undefined || newest.data === undefined || newest.isPlaceholderData) return 0;
  return Math.max(0, newest.data.total - total);
}
