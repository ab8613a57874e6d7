/** Which groups of the provider give which roles. The first in this order that a person is in counts. */
import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';

import type { PermissionEntry, Role } from '../../../api/roles';
import { type GroupRole, MAX_GROUP_ROLES, moved } from '../../../lib/settings/sso';
import { Button, IconButton } from '../../../ui/Button';
import { TextField } from '../../../ui/Field';
import { Row, Stack } from '../../../ui/Layout';
import { Select } from '../../../ui/Select';
import { Words } from '../../../ui/Text';
import { roleChoices } from '../role-choices';
import styles from './GroupRoles.module.css';

export interface GroupRolesProps {
  groupRoles: readonly GroupRole[];
  onChange: (groupRoles: readonly GroupRole[]) => void;
  roles: readonly Role[];
  permissions: readonly PermissionEntry[];
  own: readonly string[];
  isDisabled: boolean;
  error: string | undefined;
}

export function GroupRoles({
  groupRoles,
  onChange,
  roles,
  permissions,
  own,
  isDisabled,
  error,
}: GroupRolesProps) {
  const choices = roleChoices(roles, 'organization', permissions, own);
  const set = (at: number, part: Partial<GroupRole>) =>
    onChange(groupRoles.map((line, index) => (index === at ? { ...line, ...part } : line)));
  return (
    <Stack gap={3}>
      {groupRoles.length === 0 ? (
        <Words tone="muted">
          None: roles are given here alone, and whoever is new begins with the default role.
        </Words>
      ) : (
        <ol className={styles['list']} aria-label="Groups and roles">
          {groupRoles.map(({ group, role }, at) => {
            const name = group.trim() === '' ? `group ${at + 1}` : group;
            // A role that is not in the list any more is still what is set.
            const options =
              choices.some(({ value }) => value === role) || role === ''
                ? choices
                : [...choices, { value: role, label: role }];
            return (
              // Lines have no names of their own: they are told apart by their places.
              <li key={at} className={styles['line']}>
                <TextField
                  label="Group"
                  hideLabel={at > 0}
                  placeholder="audit-admins"
                  mono
                  value={group}
                  onChange={(next) => set(at, { group: next })}
                  isDisabled={isDisabled}
                />
                <Select
                  label="Gives the role"
                  hideLabel={at > 0}
                  options={options}
                  value={role === '' ? null : role}
                  onChange={(next) => set(at, { role: next })}
                  isDisabled={isDisabled}
                />
                <Row gap={1} wrap={false}>
                  <IconButton
                    label={`Move ${name} up`}
                    isDisabled={isDisabled || at === 0}
                    onPress={() => onChange(moved(groupRoles, at, -1))}
                  >
                    <ArrowUp aria-hidden />
                  </IconButton>
                  <IconButton
                    label={`Move ${name} down`}
                    isDisabled={isDisabled || at === groupRoles.length - 1}
                    onPress={() => onChange(moved(groupRoles, at, 1))}
                  >
                    <ArrowDown aria-hidden />
                  </IconButton>
                  <IconButton
                    label={`Take ${name} away`}
                    isDisabled={isDisabled}
                    onPress={() => onChange(groupRoles.filter((_, index) => index !== at))}
                  >
                    <X aria-hidden />
                  </IconButton>
                </Row>
              </li>
            );
          })}
        </ol>
      )}
      {error !== undefined && (
        <p className={styles['error']} role="alert">
          {error}
        </p>
      )}
      {!isDisabled && groupRoles.length < MAX_GROUP_ROLES && (
        <Row>
          <Button
            icon={<Plus aria-hidden />}
            onPress={() => onChange([...groupRoles, { group: '', role: '' }])}
          >
            Add a group
          </Button>
        </Row>
      )}
    </Stack>
  );
}
