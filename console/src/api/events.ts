/**
 * Events, and what is counted over them. All of it takes the same query; what differs is the answer.
 *
 * Answers of one query are kept apart from those of another by the query's own text, so that what is on the
 * screen always belongs to what is asked.
 */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';

import { writeUrlSearch } from '../lib/query/url';
import { type ApiQuery, joinNames } from '../lib/query/state';
import { listsFirst } from './beside-lists';
import { api, data, within } from './client';
import { isProblem } from './problem';
import { keyOf } from './queries';
import type { components } from './schema';

export type Event = components['schemas']['Event'];
export type EventPage = components['schemas']['EventPage'];
export type Party = components['schemas']['Party'];
export type EventHistogram = components['schemas']['EventHistogram'];
export type Bucket = components['schemas']['Bucket'];
export type BucketInterval = components['schemas']['BucketInterval'];
export type EventFacets = components['schemas']['EventFacets'];
export type CountedValue = components['schemas']['CountedValue'];
export type EventProof = components['schemas']['EventProof'];

/** Rows of a page of the list. */
export const PAGE_ROWS = 100;
/** An event never changes. */
const FOREVER = Number.POSITIVE_INFINITY;

interface Place {
  cursor?: string;
  around?: string;
}

/** The list, page by page in both directions; it begins at the first event, or around one. */
export function eventPages(organizationId: string, query: ApiQuery, around?: string) {
  const start: Place = around === undefined ? {} : { around };
  return infiniteQueryOptions({
    queryKey: keyOf(organizationId, 'events', query, around ?? ''),
    queryFn: async ({ pageParam, signal }) => {
      const page = (place: Place) =>
        data(api.GET('/v1/events', { params: { query: { ...query, ...place, limit: PAGE_ROWS } }, signal }));
      try {
        return await page(pageParam);
      } catch (error) {
        // An event that is gone, or not for this reader, takes no list with it: that begins at its beginning.
        if (pageParam.around === undefined || !isProblem(error) || error.status !== 404) throw error;
        return page({});
      }
    },
    initialPageParam: start,
    getNextPageParam: (page): Place | undefined =>
      page.next_cursor === null ? undefined : { cursor: page.next_cursor },
    getPreviousPageParam: (page): Place | undefined =>
      page.prev_cursor === null ? undefined : { cursor: page.prev_cursor },
    // What is on the screen stays until what replaces it is there.
    placeholderData: keepPreviousData,
    staleTime: FOREVER,
  });
}

export function eventQuery(organizationId: string, id: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'event', id),
    queryFn: ({ signal }) => data(api.GET('/v1/events/{id}', { params: { path: { id } }, signal })),
    staleTime: FOREVER,
  });
}

/** A few events, for whoever needs no list: the other half of an attempt, what somebody did last. */
export function fewEvents(organizationId: string, query: ApiQuery, limit: number) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'few-events', query, limit),
    queryFn: ({ signal }) => data(api.GET('/v1/events', { params: { query: { ...query, limit } }, signal })),
    placeholderData: keepPreviousData,
  });
}

export function proofQuery(organizationId: string, id: string) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'proof', id),
    queryFn: ({ signal }) => data(api.GET('/v1/events/{id}/proof', { params: { path: { id } }, signal })),
    staleTime: FOREVER,
  });
}

export interface HistogramParameters {
  interval?: BucketInterval;
  /** Undefined: not split. */
  splitBy?: string;
}

export function histogramQuery(
  organizationId: string,
  query: ApiQuery,
  parameters: HistogramParameters = {},
) {
  const { interval, splitBy } = parameters;
  return queryOptions({
    queryKey: keyOf(organizationId, 'histogram', query, interval ?? 'auto', splitBy ?? ''),
    queryFn: async ({ client, signal }) => {
      await listsFirst(client, organizationId, signal);
      return data(
        api.GET('/v1/events/histogram', {
          params: {
            query: {
              ...query,
              ...(interval !== undefined && { interval }),
              ...(splitBy !== undefined && { split_by: splitBy }),
            },
          },
          signal,
        }),
      );
    },
    placeholderData: keepPreviousData,
  });
}

export function facetsQuery(
  organizationId: string,
  query: ApiQuery,
  fields: readonly string[],
  limit: number,
) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'facets', query, fields, limit),
    queryFn: async ({ client, signal }) => {
      await listsFirst(client, organizationId, signal);
      return data(
        api.GET('/v1/events/facets', {
          params: { query: { ...query, fields: [joinNames(fields)], limit } },
          signal,
        }),
      );
    },
    placeholderData: keepPreviousData,
  });
}

/** What a beginning may become: values of a field, or names of fields where none is given. */
export function completionsQuery(
  organizationId: string,
  query: ApiQuery,
  field: string | undefined,
  prefix: string,
  limit = 20,
) {
  return queryOptions({
    queryKey: keyOf(organizationId, 'completions', query, field ?? '', prefix, limit),
    queryFn: ({ signal }) =>
      data(
        api.GET('/v1/events/completions', {
          params: { query: { ...query, ...(field !== undefined && { field }), prefix, limit } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** The address of the query's events as they are recorded, for an `EventSource`. */
export function tailAddress(query: ApiQuery): string {
  return within(`/v1/events/tail${writeUrlSearch({ ...query })}`);
}

/** The address of the query as a CSV file. */
export function csvAddress(query: ApiQuery, columns?: readonly string[]): string {
  const search = { ...query, ...(columns !== undefined && { columns: joinNames(columns) }) };
  return within(`/v1/events/export.csv${writeUrlSearch(search)}`);
}
