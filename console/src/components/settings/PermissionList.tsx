/** Permissions in groups: what one role or key allows, as boxes to be changed, or only to be seen. */
import { Check, Minus } from 'lucide-react';
import { type ReactNode, useId } from 'react';

import type { PermissionEntry } from '../../api/roles';
import { grouped } from '../../lib/settings/permissions';
import { Checkbox } from '../../ui/Choice';
import { classes } from '../../ui/classes';
import styles from './Permissions.module.css';

export interface PermissionListProps {
  permissions: readonly PermissionEntry[];
  selected: readonly string[];
  /** Without it, nothing can be changed. */
  onChange?: (selected: readonly string[]) => void;
  /** Why a permission can be neither given nor taken; undefined if it can. */
  whyNot?: (permission: PermissionEntry) => string | undefined;
}

export function PermissionList({ permissions, selected, onChange, whyNot }: PermissionListProps) {
  const chosen = new Set(selected);
  const set = (name: string, isSelected: boolean) => {
    const kept = new Set(chosen);
    if (isSelected) kept.add(name);
    else kept.delete(name);
    // In the order of the list, so that the same choice is the same text.
    onChange?.(permissions.map((entry) => entry.name).filter((one) => kept.has(one)));
  };
  return (
    <div className={styles['list']}>
      {grouped(permissions).map(({ title, entries }) => (
        <PermissionGroup key={title} title={title}>
          {entries.map((entry) =>
            onChange === undefined ? (
              <Seen key={entry.name} permission={entry} isAllowed={chosen.has(entry.name)} />
            ) : (
              <Box
                key={entry.name}
                permission={entry}
                isAllowed={chosen.has(entry.name)}
                why={whyNot?.(entry)}
                onChange={(isSelected) => set(entry.name, isSelected)}
              />
            ),
          )}
        </PermissionGroup>
      ))}
    </div>
  );
}

interface OneProps {
  permission: PermissionEntry;
  isAllowed: boolean;
}

interface BoxProps extends OneProps {
  why: string | undefined;
  onChange: (isAllowed: boolean) => void;
}

function Box({ permission, isAllowed, why, onChange }: BoxProps) {
  return (
    <Checkbox isSelected={isAllowed} isDisabled={why !== undefined} onChange={onChange}>
      {permission.description}
      <span className={styles['detail']}>
        <code>{permission.name}</code>
        {why !== undefined && ` · ${why}`}
      </span>
    </Checkbox>
  );
}

function Seen({ permission, isAllowed }: OneProps) {
  return (
    <div className={classes(styles['seen'], !isAllowed && styles['not'])}>
      {isAllowed ? (
        <Check aria-hidden className={styles['yes']} />
      ) : (
        <Minus aria-hidden className={styles['no']} />
      )}
      <span>
        <span className="visually-hidden">{isAllowed ? 'Allowed: ' : 'Not allowed: '}</span>
        {permission.description}
        <code className={styles['detail']}>{permission.name}</code>
      </span>
    </div>
  );
}

function PermissionGroup({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <div className={styles['list-group']} role="group" aria-labelledby={id}>
      <p id={id} className={styles['list-group-title']}>
        {title}
      </p>
      {children}
    </div>
  );
}
