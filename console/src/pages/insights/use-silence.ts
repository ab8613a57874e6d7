/**
 * Who and what went silent. Two requests count everybody before and after a cut; who is missing after it is then
 * looked at over time, a few of them at most, so that a burst is not taken for a habit.
 */
import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import {
  type Bucket,
  type CountedValue,
  type EventHistogram,
  facetsQuery,
  histogramQuery,
} from '../../api/events';
import { type Cut, cutOf, mayBeSilent, type Silence, silenceIn } from '../../components/charts/silence';
import { useLook } from '../../components/explorer/look';
import { writeFilter } from '../../lib/query/filters';
import { over } from './insights-look';

export const SILENT_FIELDS = ['user', 'action'] as const;
export type SilentField = (typeof SILENT_FIELDS)[number];

/** Most values of a field that are compared. The API gives no more at once. */
const MOST_VALUES = 500;
/** Most of each field that are looked at over time. */
const MOST_CANDIDATES = 8;

export interface Silent extends Silence {
  readonly field: SilentField;
  readonly value: string;
  readonly buckets: readonly Bucket[];
}

export interface SilenceAnswer {
  /** Undefined: the range is too short to tell. */
  readonly cut: Cut | undefined;
  /** Undefined: not there yet. */
  readonly silent: readonly Silent[] | undefined;
  readonly error: unknown;
}

interface Candidate extends CountedValue {
  readonly field: SilentField;
}

export function useSilence(histogram: EventHistogram): SilenceAnswer {
  const { organization, query } = useLook();
  const [now] = useState(() => Date.now());
  const cut = cutOf(histogram.buckets, now);
  const count = (from: string | undefined, to: string | undefined) => ({
    ...facetsQuery(organization.id, over(query, { from, to }), SILENT_FIELDS, MOST_VALUES),
    enabled: cut !== undefined,
  });
  const before = useQuery(count(cut?.from, cut?.cut));
  const after = useQuery(count(cut?.cut, cut?.to));
  const isCounted = !before.isPlaceholderData && !after.isPlaceholderData;
  const [were, are] = [before.data?.facets, after.data?.facets];
  const candidates: readonly Candidate[] | undefined =
    were !== undefined && are !== undefined && isCounted
      ? SILENT_FIELDS.flatMap((field) =>
          mayBeSilent(were[field]?.values ?? [], are[field]?.values ?? [], MOST_CANDIDATES).map((one) => ({
            ...one,
            field,
          })),
        )
      : undefined;
  const times = useQueries({
    queries: (candidates ?? []).map(({ field, value }) => {
      const filter = [writeFilter({ field, op: 'is', value })];
      const asked = { ...over(query, { from: cut?.from, to: cut?.to }), filter };
      return histogramQuery(organization.id, asked, { interval: histogram.interval });
    }),
  });
  const isDone =
    candidates !== undefined && times.every(({ data, isPlaceholderData }) => data && !isPlaceholderData);
  const silent = isDone
    ? candidates.flatMap(({ field, value }, at) => {
        const buckets = times[at]?.data?.buckets ?? [];
        const silence = cut === undefined ? undefined : silenceIn(buckets, cut.cut);
        return silence === undefined ? [] : [{ ...silence, field, value, buckets }];
      })
    : undefined;
  const error = before.error ?? after.error ?? times.find((one) => one.error !== null)?.error ?? undefined;
  return { cut, silent, error };
}
