/** The steps of a verification below each other: what was shown, and how it went. */
import { CircleCheck, CircleMinus, CircleX } from 'lucide-react';

import type { Step, StepState } from '../../lib/proof';
import { classes } from '../../ui/classes';
import styles from './Proof.module.css';

const WORDS: Record<StepState, string> = { ok: 'OK', failed: 'Failed', not_done: 'Not possible' };
const ICONS: Record<StepState, typeof CircleCheck> = {
  ok: CircleCheck,
  failed: CircleX,
  not_done: CircleMinus,
};

export function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className={styles['steps']}>
      {steps.map(({ name, title, state, reason }) => {
        const Icon = ICONS[state];
        return (
          <li key={name} className={classes(styles['step'], styles[state])}>
            <Icon aria-hidden />
            <div>
              <div className={styles['step-title']}>
                {title}
                <span className={styles['state']}>{WORDS[state]}</span>
              </div>
              <p className={styles['reason']}>{reason}</p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
