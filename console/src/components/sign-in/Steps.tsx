/** Where one is on a way of a few steps. */
import { Check } from 'lucide-react';

import styles from './Entrance.module.css';

export function Steps({ steps, current }: { steps: readonly string[]; current: number }) {
  return (
    <ol className={styles['steps']} aria-label="Steps">
      {steps.map((step, at) => (
        <li
          key={step}
          className={styles['step']}
          {...(at === current ? { 'aria-current': 'step' as const } : {})}
        >
          <span className={styles['number']} aria-hidden>
            {at < current ? <Check /> : at + 1}
          </span>
          {step}
          {at < current && <span className="visually-hidden"> (done)</span>}
        </li>
      ))}
    </ol>
  );
}
