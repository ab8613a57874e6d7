/** How far something has come. Without a value nobody knows yet. */
import { ProgressBar } from 'react-aria-components';

import styles from './Progress.module.css';

export function Progress({ label, value }: { label: string; value?: number }) {
  return (
    <ProgressBar
      aria-label={label}
      {...(value === undefined ? { isIndeterminate: true } : { value })}
      className={styles['bar'] ?? ''}
    >
      {({ percentage }) => (
        <span
          className={value === undefined ? styles['moving'] : styles['done']}
          style={{ width: `${percentage ?? 30}%` }}
        />
      )}
    </ProgressBar>
  );
}
