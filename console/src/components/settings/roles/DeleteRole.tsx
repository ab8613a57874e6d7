/** Deletes a role of the organization's own; who holds it is given another one, chosen here. */
import { useState } from 'react';

import { isProblem } from '../../../api/problem';
import { deleteRole, type PermissionEntry, type Role } from '../../../api/roles';
import { Callout } from '../../../ui/Callout';
import { Stack } from '../../../ui/Layout';
import { Confirm } from '../../../ui/Modal';
import { Select } from '../../../ui/Select';
import { toast } from '../../../ui/toasts';
import { explainRole } from '../ChangeRole';
import { roleChoices } from '../role-choices';
import { useStanding } from '../standing';

/** No other role: only what nobody holds is deleted. */
const NONE = '';

export interface DeleteRoleProps {
  role: Role;
  roles: readonly Role[];
  permissions: readonly PermissionEntry[];
  isOpen: boolean;
  onClose: () => void;
  onDeleted: () => Promise<void>;
}

export function DeleteRole({ role, roles, permissions, isOpen, onClose, onDeleted }: DeleteRoleProps) {
  const { permissionsIn } = useStanding();
  const [replacement, setReplacement] = useState(NONE);
  const level = role.levels[0] ?? 'project';
  const others = roleChoices(
    roles.filter(({ id }) => id !== role.id),
    level,
    permissions,
    permissionsIn(),
  );
  return (
    <Confirm
      title={`Delete the role ${role.name}?`}
      action="Delete the role"
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={async () => {
        await deleteRole(role.id, replacement === NONE ? undefined : replacement);
        toast(`The role ${role.name} is deleted`);
        await onDeleted();
      }}
      explain={(error) =>
        isProblem(error, 'role_in_use')
          ? `${error.message.split(':')[0] ?? 'It is in use'}. Choose the role that they are given instead.`
          : explainRole(error)
      }
    >
      <Stack gap={3}>
        <Select
          label="Whoever holds it gets"
          description="Members, open invitations, groups of single sign-on and the default role: all of them, in one step."
          options={[
            { value: NONE, label: 'No other role', detail: 'Works only if nobody holds it' },
            ...others,
          ]}
          value={replacement}
          onChange={setReplacement}
        />
        <Callout>There is no way back, but a role like it can be made again.</Callout>
      </Stack>
    </Confirm>
  );
}
