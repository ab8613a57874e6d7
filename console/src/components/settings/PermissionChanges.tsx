/** What somebody will be able to do, and no longer, once a change is made. */
import { Minus, Plus } from 'lucide-react';

import type { PermissionEntry } from '../../api/roles';
import { difference } from '../../lib/settings/permissions';
import { Words } from '../../ui/Text';
import styles from './Permissions.module.css';

export interface PermissionChangesProps {
  permissions: readonly PermissionEntry[];
  before: readonly string[];
  after: readonly string[];
}

export function PermissionChanges({ permissions, before, after }: PermissionChangesProps) {
  const { gained, lost } = difference(before, after);
  const described = (name: string) => permissions.find((entry) => entry.name === name)?.description ?? name;
  if (gained.length === 0 && lost.length === 0) {
    return <Words tone="muted">The roles allow the same.</Words>;
  }
  return (
    <ul className={styles['changes']} aria-label="What changes">
      {gained.map((name) => (
        <li key={name} className={styles['change']}>
          <Plus aria-hidden className={styles['yes']} />
          <span>
            <Words tone="muted">From now on: </Words>
            {described(name)}
          </span>
        </li>
      ))}
      {lost.map((name) => (
        <li key={name} className={styles['change']}>
          <Minus aria-hidden className={styles['no']} />
          <span>
            <Words tone="muted">No longer: </Words>
            {described(name)}
          </span>
        </li>
      ))}
    </ul>
  );
}
