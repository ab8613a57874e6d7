/** A person in a list: the name, with the address below; the address alone where there is no name. */
import type { ReactNode } from 'react';

import { Said } from '../../ui/Said';
import styles from './Settings.module.css';

export interface PersonNameProps {
  name: string;
  email: string;
  /** Beside the name, such as who one is oneself. */
  mark?: ReactNode;
}

export function PersonName({ name, email, mark }: PersonNameProps) {
  return (
    <div className={styles['person']}>
      <span className={styles['name-line']}>
        <Said text={name === '' ? email : name} strong />
        {mark}
      </span>
      {name !== '' && (
        <span>
          <Said text={email} />
        </span>
      )}
    </div>
  );
}

/** Something in a list, with more about it below. */
export function TwoLines({ children, below }: { children: ReactNode; below: ReactNode }) {
  return (
    <div className={styles['person']}>
      <span>{children}</span>
      {below !== false && <span>{below}</span>}
    </div>
  );
}

/** How a person is called in a sentence. */
export function calledBy({ name, email }: { name: string; email: string }): string {
  return name === '' ? email : name;
}
