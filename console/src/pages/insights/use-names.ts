/**
 * What ids are called. Counting by a name would count everybody together who has it, so that the lists count by id;
 * an id says little, so its name and type are those of the newest event that has it.
 */
import { useQueries } from '@tanstack/react-query';

import { type Event, fewEvents } from '../../api/events';
import type { Ranked } from '../../components/charts/RankedList';
import { useLook } from '../../components/explorer/look';
import { writeFilter } from '../../lib/query/filters';

export type NamedField = 'actor.id' | 'target.id';
export type Words = Pick<Ranked, 'label' | 'detail'>;

function wordsIn(event: Event | undefined, field: NamedField, id: string): Words | undefined {
  const parties = field === 'actor.id' ? [event?.actor] : (event?.targets ?? []);
  // While another question is under way, the answer is that to the one before.
  const one = parties.find((party) => party?.id === id);
  return one && { label: one.name ?? one.email ?? id, detail: one.type };
}

export function useNames(field: NamedField, ids: readonly string[]): ReadonlyMap<string, Words> {
  const { organization, query } = useLook();
  const newest = useQueries({
    queries: ids.map((value) => {
      const filter = [writeFilter({ field, op: 'is', value })];
      return fewEvents(organization.id, { ...query, filter }, 1);
    }),
  });
  const known = ids.flatMap((id, at) => {
    const words = wordsIn(newest[at]?.data?.data[0], field, id);
    return words === undefined ? [] : [{ id, ...words }];
  });
  const isShared = (label: string) => known.filter((one) => one.label === label).length > 1;
  // Those who are called the same are told apart by their ids.
  return new Map(
    known.map(({ id, label, detail }) => [id, { label, detail: isShared(label) ? id : detail }]),
  );
}
