/** What ends something: each with what happens then, and a button that asks first. */
import type { ReactNode } from 'react';

import styles from './Settings.module.css';

export function Graves({ children }: { children: ReactNode }) {
  return <div className={styles['grave']}>{children}</div>;
}

export interface GraveProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

export function Grave({ title, children, action }: GraveProps) {
  return (
    <div className={styles['grave-line']}>
      <div className={styles['grave-words']}>
        <strong>{title}</strong>
        <div>{children}</div>
      </div>
      {action}
    </div>
  );
}

/** What happens, point by point. */
export function Points({ children }: { children: readonly string[] }) {
  return (
    <ul className={styles['bullets']}>
      {children.map((point) => (
        <li key={point}>{point}</li>
      ))}
    </ul>
  );
}
