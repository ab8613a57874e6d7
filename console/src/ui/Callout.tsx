/** A message that belongs to its place on the page. */
import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

import styles from './Callout.module.css';
import { classes } from './classes';

export type CalloutKind = 'note' | 'good' | 'warn' | 'bad';

const ICONS = { note: Info, good: CircleCheck, warn: TriangleAlert, bad: CircleAlert };

export interface CalloutProps {
  kind?: CalloutKind;
  title?: string;
  children?: ReactNode;
  /** A button or link at the end. */
  action?: ReactNode;
}

export function Callout({ kind = 'note', title, children, action }: CalloutProps) {
  const Icon = ICONS[kind];
  return (
    <div className={classes(styles['callout'], styles[kind])} role={kind === 'bad' ? 'alert' : 'status'}>
      <Icon aria-hidden />
      <div className={styles['words']}>
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <div>{children}</div>}
      </div>
      {action}
    </div>
  );
}
