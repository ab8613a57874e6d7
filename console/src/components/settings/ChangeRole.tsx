/**
 * Gives somebody, or several, another role: what it lets them do and no longer is said before it is given. What
 * the person who gives may not do is not offered.
 */
import { useState } from 'react';

import { explain, isProblem } from '../../api/problem';
import type { RoleLevel } from '../../api/roles';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Stack } from '../../ui/Layout';
import { Modal } from '../../ui/Modal';
import { Select } from '../../ui/Select';
import { PermissionChanges } from './PermissionChanges';
import { allowedAt, roleChoices } from './role-choices';
import { useStanding } from './standing';
import { useRoles } from './use-roles';

export interface ChangeRoleProps {
  /** Who it is about, as in "Ada Obi" or "3 members". */
  who: string;
  isOpen: boolean;
  onClose: () => void;
  /** The role before; undefined where it is not the same for all. */
  current: string | undefined;
  level: RoleLevel;
  projectId?: string;
  onGive: (role: string) => Promise<void>;
}

export function ChangeRole(props: ChangeRoleProps) {
  const { isOpen, onClose, who, projectId } = props;
  // Only while it is open, so that it begins anew each time.
  return (
    isOpen && (
      <ChangeRoleForm
        {...props}
        onClose={onClose}
        who={who}
        {...(projectId === undefined ? {} : { projectId })}
      />
    )
  );
}

function ChangeRoleForm({ who, onClose, current, level, projectId, onGive }: ChangeRoleProps) {
  const { roles, permissions } = useRoles();
  const { permissionsIn } = useStanding();
  const [chosen, setChosen] = useState<string | null>(null);
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const choices = roleChoices(roles, level, permissions, permissionsIn(projectId));
  const before = roles.find(({ id }) => id === current);
  const after = roles.find(({ id }) => id === chosen);
  const isOther = chosen !== null && chosen !== current;
  const give = async () => {
    if (chosen === null) return;
    setPending(true);
    setError(undefined);
    try {
      await onGive(chosen);
      onClose();
    } catch (reason) {
      setError(explainRole(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title={`Role of ${who}`}
      isOpen
      onClose={onClose}
      size="s"
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" isDisabled={!isOther} isPending={isPending} onPress={() => void give()}>
            Give the role
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        <Select
          label={level === 'project' ? 'Role in the project' : 'Role in the organization'}
          options={choices}
          value={chosen ?? current ?? null}
          onChange={setChosen}
          description="It counts from the next request on. Nobody gives or takes what they do not have."
        />
        {isOther && before !== undefined && after !== undefined && (
          <PermissionChanges
            permissions={permissions}
            before={allowedAt(before, level, permissions)}
            after={allowedAt(after, level, permissions)}
          />
        )}
        {error !== undefined && <Callout kind="bad">{error}</Callout>}
      </Stack>
    </Modal>
  );
}

/** What is told when a role was not given or taken. */
export function explainRole(error: unknown, isArchived = false): string {
  if (isProblem(error, 'last_admin')) {
    const first = isArchived ? 'Bring it back and make' : 'Make';
    return `An organization keeps an Organization Admin, and this would leave none. ${first} somebody else one first.`;
  }
  return explain(error);
}
