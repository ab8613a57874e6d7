/**
 * The counts of all fields that stand beside the list.
 *
 * One request asks for all of them; only a field of which something is chosen is asked for by itself, without
 * what is chosen of it, so that its other values stay in sight. So no field is ever counted twice, and there is
 * one request more for each field that is narrowed. What was there stays until the next answer is.
 */
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';

import { type EventFacets, facetsQuery } from '../../api/events';
import type { ApiQuery, QueryState } from '../../lib/query/state';
import { queryBeside } from './facet-choice';

/** Values of each field that are asked for at once; more of one field are asked for by itself. */
export const FACET_VALUES = 30;

export type FieldValues = EventFacets['facets'][string];

interface Asked {
  readonly query: ApiQuery;
  readonly fields: readonly string[];
}

/** Fields that are counted with the same query are asked for together. */
export function requestsFor(query: ApiQuery, state: QueryState, fields: readonly string[]): readonly Asked[] {
  const requests = new Map<string, { query: ApiQuery; fields: string[] }>();
  for (const field of fields) {
    const own = queryBeside(query, state, field);
    const key = JSON.stringify(Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const request = requests.get(key);
    if (request === undefined) requests.set(key, { query: own, fields: [field] });
    else request.fields.push(field);
  }
  return [...requests.values()];
}

export interface Facets {
  /** By field. What is missing has not been answered yet. */
  readonly values: ReadonlyMap<string, FieldValues>;
  /** Fields whose values are those of the question before. */
  readonly stale: ReadonlySet<string>;
  readonly error: unknown;
  readonly retry: () => void;
}

export function useFacets(
  organizationId: string,
  query: ApiQuery,
  state: QueryState,
  fields: readonly string[],
): Facets {
  const requests = requestsFor(query, state, fields);
  const answers = useQueries({
    queries: requests.map((request) =>
      facetsQuery(organizationId, request.query, request.fields, FACET_VALUES),
    ),
  });
  const fresh = new Map<string, FieldValues>();
  answers.forEach(({ data, isPlaceholderData }) => {
    // The answer that was at this place before may be about other fields: they move between requests.
    if (isPlaceholderData) return;
    for (const [field, values] of Object.entries(data?.facets ?? {})) fresh.set(field, values);
  });
  const last = useLast(organizationId, fresh);
  const stale = new Set(fields.filter((field) => !fresh.has(field)));
  return {
    values: new Map([...last, ...fresh]),
    stale,
    error: answers.find(({ error }) => error !== null)?.error ?? undefined,
    retry: () => answers.forEach((answer) => void (answer.isError && answer.refetch())),
  };
}

/** The last answer of each field, in this organization. */
function useLast(
  organizationId: string,
  fresh: ReadonlyMap<string, FieldValues>,
): ReadonlyMap<string, FieldValues> {
  const [last, setLast] = useState({ organizationId, values: fresh });
  const kept = last.organizationId === organizationId ? last.values : new Map<string, FieldValues>();
  if ([...fresh].some(([field, values]) => kept.get(field) !== values)) {
    setLast({ organizationId, values: new Map([...kept, ...fresh]) });
  }
  return kept;
}
