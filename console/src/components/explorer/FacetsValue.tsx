/** A value with its count: a press asks for it, with Alt or by the minus it is left out. */
import { Check, Minus } from 'lucide-react';

import { numberLabel } from '../../lib/text/numbers';
import { visibleText } from '../../lib/text/visible';
import { classes } from '../../ui/classes';
import type { Choice } from './facet-choice';
import styles from './Facets.module.css';

export interface FacetsValueProps {
  value: string;
  label: string;
  count: number | undefined;
  choice: Choice | undefined;
  /** The greatest count beside it, for the length of the bar. */
  greatest: number;
  onToggle: () => void;
  onExclude: () => void;
}

export function FacetsValue({
  value,
  label,
  count,
  choice,
  greatest,
  onToggle,
  onExclude,
}: FacetsValueProps) {
  const shown = label === '' ? '(empty)' : visibleText(label);
  const isExcluded = choice === 'is_not';
  const title = label === value ? shown : `${shown} (${visibleText(value)})`;
  return (
    <li
      className={classes(
        styles['value'],
        choice !== undefined && styles['chosen'],
        isExcluded && styles['excluded'],
      )}
    >
      <button
        type="button"
        className={styles['choose']}
        aria-pressed={choice !== undefined}
        title={`${title} – with Alt: leave it out`}
        onClick={(event) => {
          // Whatever was chosen is let go of by the same press.
          if (isExcluded || (event.altKey && choice === undefined)) onExclude();
          else onToggle();
        }}
      >
        {choice !== undefined && (isExcluded ? <Minus aria-hidden /> : <Check aria-hidden />)}
        {isExcluded && <span className="visually-hidden">Left out: </span>}
        <span className={styles['text']}>{shown}</span>{' '}
        <span className={styles['count']}>{count === undefined ? '–' : numberLabel(count)}</span>
        {count !== undefined && (
          <i className={styles['bar']} style={{ width: `${(count / greatest) * 100}%` }} aria-hidden />
        )}
      </button>
      {choice === undefined && (
        <button
          type="button"
          className={styles['exclude']}
          aria-label={`Leave out ${shown}`}
          title="Leave it out"
          onClick={onExclude}
        >
          <Minus aria-hidden />
        </button>
      )}
    </li>
  );
}
