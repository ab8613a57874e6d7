/** Names and what they stand for, below each other: the facts of one thing. */
import type { ReactNode } from 'react';

import styles from './Facts.module.css';
import { Said } from './Said';

export interface Fact {
  name: string;
  value: ReactNode;
}

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={styles['facts']}>
      {facts.map(({ name, value }, index) => (
        // What senders call their metadata may come twice.
        <div key={`${index}:${name}`} className={styles['fact']}>
          <dt>
            <Said text={name} />
          </dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
