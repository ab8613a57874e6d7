/** A short list of what leads somewhere: words, what is to be said of them, and a drawing at the end. */
import type { ReactNode } from 'react';
import { Link } from 'react-aria-components';

import { Said } from '../../ui/Said';
import styles from './Lines.module.css';

export interface Line {
  readonly key: string;
  readonly label: string;
  readonly detail: string;
  readonly href: string;
  readonly end?: ReactNode;
  readonly isMono?: boolean;
}

export function Lines({ label, lines }: { label: string; lines: readonly Line[] }) {
  return (
    <ul className={styles['lines']} aria-label={label}>
      {lines.map((line) => (
        <li key={line.key}>
          <Link href={line.href} className={styles['line'] ?? ''}>
            <span className={styles['words']}>
              <span className={styles['label']} title={line.label}>
                <Said text={line.label} mono={line.isMono ?? false} />
              </span>
              <span className={styles['detail']}>
                <Said text={line.detail} />
              </span>
            </span>
            {line.end}
          </Link>
        </li>
      ))}
    </ul>
  );
}
