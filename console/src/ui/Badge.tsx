/** A short word about the state or kind of something. The colour only repeats what the word says. */
import type { ReactNode } from 'react';

import styles from './Badge.module.css';
import { classes } from './classes';

export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'note' | 'rare' | 'accent';

export interface BadgeProps {
  tone?: Tone;
  icon?: ReactNode;
  /** A dot before the word, in place of a filled ground. */
  dot?: boolean;
  children: ReactNode;
}

export function Badge({ tone = 'plain', icon, dot = false, children }: BadgeProps) {
  return (
    <span className={classes(styles['badge'], styles[tone], dot && styles['dot'])}>
      {icon}
      <span className={styles['words']}>{children}</span>
    </span>
  );
}
