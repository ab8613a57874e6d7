/** Up to a hundred values of a field, and a box that searches among all of them. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';

import { completionsQuery, facetsQuery } from '../../api/events';
import { explain } from '../../api/problem';
import { fieldLabel } from '../../lib/query/known-fields';
import { fold } from '../../lib/query/words';
import { numberLabel } from '../../lib/text/numbers';
import { TextField } from '../../ui/Field';
import { Skeleton } from '../../ui/States';
import { type Choice, choiceOf, queryBeside } from './facet-choice';
import styles from './Facets.module.css';
import { FacetsValue } from './FacetsValue';
import { useLook } from './look';
import { useValueLabel } from './use-value-label';

/** Most values of one field that are shown. */
const MOST_VALUES = 100;

export interface FacetsMoreProps {
  field: string;
  chosen: ReadonlyMap<string, Choice>;
  onToggle: (value: string) => void;
  onExclude: (value: string) => void;
  onClose: () => void;
}

export function FacetsMore({ field, chosen, onToggle, onExclude, onClose }: FacetsMoreProps) {
  const { organization, query, state } = useLook();
  const [text, setText] = useState('');
  const typed = useDeferredValue(text.trim());
  const valueLabel = useValueLabel(field);
  const beside = queryBeside(query, state, field);
  const all = useQuery({
    ...facetsQuery(organization.id, beside, [field], MOST_VALUES),
    placeholderData: keepPreviousData,
  });
  const facet = all.data?.facets[field];
  const isCut = (facet?.distinct ?? 0) > MOST_VALUES;
  // What is beyond the hundred is only found by the server, which looks at beginnings.
  const found = useQuery({
    ...completionsQuery(organization.id, beside, field, typed, MOST_VALUES),
    enabled: isCut && typed !== '',
  });
  const isServed = isCut && typed !== '' && found.data !== undefined;
  const counted = isServed ? found.data.values : (facet?.values ?? []);
  const wanted = fold(typed);
  const values = isServed
    ? counted
    : counted.filter(({ value }) => fold(value).includes(wanted) || fold(valueLabel(value)).includes(wanted));
  const greatest = Math.max(...values.map(({ count }) => count), 1);
  const label = fieldLabel(field);
  const error = all.error ?? found.error;
  return (
    <div className={styles['all']}>
      <TextField
        label={`Search in ${label}`}
        hideLabel
        placeholder={isCut ? 'Begins with…' : 'Search…'}
        size="s"
        value={text}
        onChange={setText}
        autoFocus
      />
      {error !== null && <p className={styles['note']}>{explain(error)}</p>}
      {facet === undefined && error === null && <Skeleton lines={5} label={`Counting ${label}`} />}
      <ul className={styles['long']} aria-label={`Values of ${label}`}>
        {values.map(({ value, count }) => (
          <FacetsValue
            key={value}
            value={value}
            label={valueLabel(value)}
            count={count}
            choice={choiceOf(chosen, field, value)}
            greatest={greatest}
            onToggle={() => onToggle(value)}
            onExclude={() => onExclude(value)}
          />
        ))}
      </ul>
      {facet !== undefined && values.length === 0 && <p className={styles['note']}>Nothing like that</p>}
      {isCut && typed === '' && (
        <p
          className={styles['note']}
        >{`The ${MOST_VALUES} most frequent of ${numberLabel(facet?.distinct ?? 0)}`}</p>
      )}
      <button type="button" className={styles['more']} onClick={onClose}>
        Show fewer
      </button>
    </div>
  );
}
