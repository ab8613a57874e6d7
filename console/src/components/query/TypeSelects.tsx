/** Event types and results: drop-downs of which any number may be chosen, with how many events each has. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';

import { facetsQuery } from '../../api/events';
import { type ApiQuery, EVENT_TYPES, RESULTS } from '../../lib/query/state';
import { compactNumber } from '../../lib/text/numbers';
import { MultiSelect, type MultiSelectOption } from '../../ui/MultiSelect';
import { useLook } from '../explorer/look';
import { without } from './suggestions';

/** The words with their counts, once the list is open: they are asked for then. */
function useCounted<Word extends string>(
  words: readonly Word[],
  label: (word: Word) => string,
  field: 'event_type' | 'result',
  isOpen: boolean,
): readonly MultiSelectOption<Word>[] {
  const { organization, query } = useLook();
  const base: ApiQuery = useMemo(() => without(query, field, 'order'), [query, field]);
  const answer = useQuery({ ...facetsQuery(organization.id, base, [field], words.length), enabled: isOpen });
  const facet = answer.data?.facets[field];
  return useMemo(() => {
    const counts = new Map(facet?.values.map(({ value, count }) => [value, count]));
    return words.map((value) => {
      const end = facet === undefined ? {} : { end: compactNumber(counts.get(value) ?? 0) };
      return { value, label: label(value), ...end };
    });
  }, [facet, label, words]);
}

const itself = (word: string) => word;
const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

export function EventTypeSelect() {
  const { state, change } = useLook();
  const [isOpen, setOpen] = useState(false);
  const options = useCounted(EVENT_TYPES, itself, 'event_type', isOpen);
  return (
    <MultiSelect
      label="Event types"
      all="All Event Types"
      several={(count) => `${count} event types`}
      options={options}
      values={state.eventTypes}
      onChange={(eventTypes) => change({ eventTypes })}
      onOpenChange={setOpen}
    />
  );
}

export function ResultSelect() {
  const { state, change } = useLook();
  const [isOpen, setOpen] = useState(false);
  const options = useCounted(RESULTS, capitalized, 'result', isOpen);
  return (
    <MultiSelect
      label="Results"
      all="All results"
      several={(count) => `${count} results`}
      options={options}
      values={state.results}
      onChange={(results) => change({ results })}
      onOpenChange={setOpen}
    />
  );
}
