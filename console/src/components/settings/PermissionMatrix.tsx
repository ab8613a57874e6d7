/** What each role allows: permissions below each other, in groups, and roles beside each other. */
import { Check, Minus } from 'lucide-react';
import { Fragment } from 'react';
import { Link } from 'react-aria-components';

import type { PermissionEntry, Role } from '../../api/roles';
import { grouped } from '../../lib/settings/permissions';
import styles from './Permissions.module.css';

export interface PermissionMatrixProps {
  label: string;
  permissions: readonly PermissionEntry[];
  roles: readonly Role[];
  /** The page of a role. */
  hrefOf?: (role: Role) => string;
}

export function PermissionMatrix({ label, permissions, roles, hrefOf }: PermissionMatrixProps) {
  const allowed = new Map(roles.map((role) => [role.id, new Set(role.permissions)]));
  return (
    // It scrolls sideways, so a keyboard has to reach it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles['scroll']} role="region" aria-label={label} tabIndex={0}>
      <table className={styles['matrix']} aria-label={label}>
        <thead>
          <tr>
            <th scope="col" className={styles['what']}>
              Permission
            </th>
            {roles.map((role) => (
              <th key={role.id} scope="col" className={styles['role']}>
                {hrefOf === undefined ? role.name : <Link href={hrefOf(role)}>{role.name}</Link>}
              </th>
            ))}
          </tr>
        </thead>
        {grouped(permissions).map(({ title, entries }) => (
          <tbody key={title}>
            <tr>
              <th scope="rowgroup" colSpan={roles.length + 1} className={styles['group']}>
                {title}
              </th>
            </tr>
            {entries.map(({ name, description }) => (
              <tr key={name}>
                <th scope="row" className={styles['what']}>
                  {description}
                  <code className={styles['detail']}>{name}</code>
                </th>
                {roles.map((role) => (
                  <Fragment key={role.id}>
                    <Cell isAllowed={allowed.get(role.id)?.has(name) ?? false} />
                  </Fragment>
                ))}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function Cell({ isAllowed }: { isAllowed: boolean }) {
  return (
    <td className={styles['cell']}>
      {isAllowed ? (
        <Check aria-hidden className={styles['yes']} />
      ) : (
        <Minus aria-hidden className={styles['no']} />
      )}
      <span className="visually-hidden">{isAllowed ? 'Yes' : 'No'}</span>
    </td>
  );
}
