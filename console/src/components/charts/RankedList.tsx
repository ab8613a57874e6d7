/** What occurs most, each with its number, its part of the greatest as a bar, and where to see it. */
import type { ReactNode } from 'react';
import { Link } from 'react-aria-components';

import { numberLabel } from '../../lib/text/numbers';
import { Said } from '../../ui/Said';
import styles from './RankedList.module.css';

export interface Ranked {
  readonly key: string;
  readonly label: string;
  /** A second word, such as a type. */
  readonly detail?: string | undefined;
  readonly count: number;
  /** The events that the number counts. */
  readonly href?: string | undefined;
}

export interface RankedListProps {
  label: string;
  items: readonly Ranked[];
  isMono?: boolean;
  isStale?: boolean;
  /** How a number is written, where it is no count. */
  format?: (count: number) => string;
  empty?: ReactNode;
}

export function RankedList(props: RankedListProps) {
  const { label, items, isMono = false, isStale = false, format = numberLabel, empty } = props;
  const greatest = Math.max(...items.map(({ count }) => count), 0);
  if (items.length === 0) return <p className={styles['empty']}>{empty ?? 'Nothing in this time.'}</p>;
  return (
    <ol className={styles['list']} aria-label={label} data-stale={isStale}>
      {items.map((item) => {
        const inside = (
          <>
            <span className={styles['words']} title={item.label}>
              <Said text={item.label === '' ? '(empty)' : item.label} mono={isMono} />
              {item.detail !== undefined && <span className={styles['detail']}>{item.detail}</span>}
            </span>
            <span className={styles['count']}>{format(item.count)}</span>
            <i
              className={styles['bar']}
              style={{ width: `${greatest === 0 ? 0 : (item.count / greatest) * 100}%` }}
              aria-hidden
            />
          </>
        );
        return (
          <li key={item.key}>
            {item.href === undefined ? (
              <span className={styles['row']}>{inside}</span>
            ) : (
              <Link href={item.href} className={styles['row'] ?? ''}>
                {inside}
              </Link>
            )}
          </li>
        );
      })}
    </ol>
  );
}
