/** A part of the detail with a heading of its own. */
import { type ReactNode, type Ref, useId } from 'react';

import styles from './Part.module.css';

export interface PartProps {
  title: string;
  /** At the right of the heading. */
  actions?: ReactNode;
  children: ReactNode;
  ref?: Ref<HTMLElement>;
}

export function Part({ title, actions, children, ref }: PartProps) {
  const id = useId();
  return (
    <section ref={ref} className={styles['part']} aria-labelledby={id}>
      <div className={styles['head']}>
        <h3 id={id}>{title}</h3>
        {actions}
      </div>
      {children}
    </section>
  );
}
