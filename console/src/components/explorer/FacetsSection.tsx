/** One field: its values with their counts, those that are chosen first of all. */
import { ChevronRight, X } from 'lucide-react';
import { lazy, Suspense, useId, useState } from 'react';

import { fieldLabel } from '../../lib/query/known-fields';
import { numberLabel, plural } from '../../lib/text/numbers';
import { IconButton } from '../../ui/Button';
import { classes } from '../../ui/classes';
import { Skeleton } from '../../ui/States';
import { type Choice, choiceOf, sameValue } from './facet-choice';
import styles from './Facets.module.css';
import { FacetsValue } from './FacetsValue';
import { useValueLabel } from './use-value-label';
import type { FieldValues } from './use-facets';

const FacetsMore = lazy(() => import('./FacetsMore').then((module) => ({ default: module.FacetsMore })));

/** Values that are shown before somebody asks for more. */
const SHOWN_VALUES = 6;

export interface FacetsSectionProps {
  field: string;
  /** Not there yet, if undefined. */
  values: FieldValues | undefined;
  /** They are those of the question before. */
  isStale: boolean;
  chosen: ReadonlyMap<string, Choice>;
  isOpen: boolean;
  onOpenChange: () => void;
  onToggle: (value: string) => void;
  onExclude: (value: string) => void;
  onClear: () => void;
  /** Of a field that a person added: takes it away. */
  onUnpin?: (() => void) | undefined;
}

export interface ShownValue {
  readonly value: string;
  /** Undefined: not among those that were counted. */
  readonly count: number | undefined;
  readonly choice: Choice | undefined;
}

/** The values that are shown: the most frequent ones, and whatever is chosen. */
export function shownValues(
  field: string,
  values: FieldValues | undefined,
  chosen: ReadonlyMap<string, Choice>,
  most: number,
): readonly ShownValue[] {
  const counted = values?.values ?? [];
  const all = counted.map(({ value, count }) => ({ value, count, choice: choiceOf(chosen, field, value) }));
  const isCounted = (value: string) => counted.some((one) => sameValue(field, one.value, value));
  const uncounted = [...chosen]
    .filter(([value]) => !isCounted(value))
    .map(([value, choice]) => ({ value, count: undefined, choice }));
  return [...uncounted, ...all.filter(({ choice }, at) => at < most || choice !== undefined)];
}

export function FacetsSection(props: FacetsSectionProps) {
  const { field, values, isStale, chosen, isOpen, onOpenChange, onToggle, onExclude, onClear, onUnpin } =
    props;
  const [isMore, setMore] = useState(false);
  const id = useId();
  const valueLabel = useValueLabel(field);
  const label = fieldLabel(field);
  const shown = shownValues(field, values, chosen, SHOWN_VALUES);
  const greatest = Math.max(...shown.map(({ count }) => count ?? 0), 1);
  const hidden = (values?.distinct ?? 0) - shown.filter(({ count }) => count !== undefined).length;
  return (
    <section className={styles['section']} aria-labelledby={id}>
      <div className={styles['head']}>
        <h2 id={id} className={styles['heading']}>
          <button
            type="button"
            className={styles['title']}
            aria-expanded={isOpen}
            onClick={onOpenChange}
            title={field}
          >
            <ChevronRight className={styles['chevron']} aria-hidden />
            <span className={styles['name']}>{label}</span>
          </button>
        </h2>
        {chosen.size > 0 && (
          <button type="button" className={styles['clear']} onClick={onClear} aria-label={`Clear ${label}`}>
            Clear
          </button>
        )}
        {onUnpin !== undefined && (
          <IconButton label={`Remove ${label} from here`} size="s" onPress={onUnpin}>
            <X aria-hidden />
          </IconButton>
        )}
      </div>
      {isOpen && (
        <div className={classes(styles['body'], isStale && styles['stale'])}>
          {values === undefined ? (
            <Skeleton lines={3} label={`Counting ${label}`} />
          ) : isMore ? (
            <Suspense fallback={<Skeleton lines={6} label={`Counting ${label}`} />}>
              <FacetsMore
                field={field}
                chosen={chosen}
                onToggle={onToggle}
                onExclude={onExclude}
                onClose={() => setMore(false)}
              />
            </Suspense>
          ) : (
            <>
              <ul className={styles['values']} aria-label={label}>
                {shown.map((one) => (
                  <FacetsValue
                    key={one.value}
                    {...one}
                    label={valueLabel(one.value)}
                    greatest={greatest}
                    onToggle={() => onToggle(one.value)}
                    onExclude={() => onExclude(one.value)}
                  />
                ))}
              </ul>
              {shown.length === 0 && <p className={styles['note']}>No values</p>}
              {hidden > 0 && (
                <button type="button" className={styles['more']} onClick={() => setMore(true)}>
                  {`${numberLabel(hidden)} more…`}
                  <span className="visually-hidden">{` values of ${label}`}</span>
                </button>
              )}
              {values.missing > 0 && shown.length > 0 && (
                <p className={styles['note']}>{`${plural(values.missing, 'event')} without`}</p>
              )}
            </>
          )}
        </div>
      )}
    </section>
  );
}
