/** A few numbers that say the most, each with the events that it counts behind it. */
import type { ReactNode } from 'react';
import { Link } from 'react-aria-components';

import { numberLabel } from '../../lib/text/numbers';
import styles from './Figures.module.css';

export interface Figure {
  readonly label: string;
  /** Not there yet, if undefined. */
  readonly value: number | undefined;
  readonly href?: string | undefined;
  readonly note?: ReactNode;
}

export function Figures({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl className={styles['figures']}>
      {figures.map(({ label, value, href, note }) => (
        <div key={label} className={styles['figure']}>
          <dt className={styles['label']}>{label}</dt>
          <dd className={styles['value']}>
            {value === undefined ? (
              <span className={styles['waiting']} aria-label="Counting">
                –
              </span>
            ) : href === undefined ? (
              numberLabel(value)
            ) : (
              <Link href={href} className={styles['link'] ?? ''}>
                {numberLabel(value)}
              </Link>
            )}
          </dd>
          {note !== undefined && <dd className={styles['note']}>{note}</dd>}
        </div>
      ))}
    </dl>
  );
}
