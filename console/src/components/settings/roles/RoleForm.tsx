/**
 * What a role is called and allows. Built-in roles are the same for everybody and are only seen; of one's own,
 * nobody adds or takes away what they may not do themselves.
 */
import { useState } from 'react';

import { explain, isProblem } from '../../../api/problem';
import { changeRole, type PermissionEntry, type Role, type RoleChange } from '../../../api/roles';
import { wrongWithDescription, wrongWithName } from '../../../lib/settings/names';
import { lacking, sameSet } from '../../../lib/settings/permissions';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { TextField } from '../../../ui/Field';
import { Card, Form, Section } from '../../../ui/Layout';
import { Confirm } from '../../../ui/Modal';
import { toast } from '../../../ui/toasts';
import { explainRole } from '../ChangeRole';
import { PermissionChanges } from '../PermissionChanges';
import { PermissionList } from '../PermissionList';
import { beyond } from '../role-choices';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';

export interface RoleFormProps {
  role: Role;
  permissions: readonly PermissionEntry[];
}

export function RoleForm({ role, permissions }: RoleFormProps) {
  const { mayChange, permissionsIn } = useStanding();
  const isBeyond = lacking(role.permissions, permissionsIn()).length > 0;
  const canChange = !role.built_in && !isBeyond && mayChange('roles.manage');
  return (
    <>
      {!role.built_in && isBeyond && (
        <Callout title="You cannot change this role">
          {beyond(lacking(role.permissions, permissionsIn()))}
        </Callout>
      )}
      {canChange ? (
        <EditRole role={role} permissions={permissions} />
      ) : (
        <Section title="What it allows">
          <Card>
            <PermissionList permissions={ofLevels(role, permissions)} selected={role.permissions} />
          </Card>
        </Section>
      )}
    </>
  );
}

/** The permissions that the role can have at all, there where it is held. */
function ofLevels(role: Role, permissions: readonly PermissionEntry[]): PermissionEntry[] {
  return permissions.filter(({ levels }) => levels.some((level) => role.levels.includes(level)));
}

function EditRole({ role, permissions }: RoleFormProps) {
  const { permissionsIn } = useStanding();
  const refresh = useRefresh();
  const [name, setName] = useState(role.name);
  const [description, setDescription] = useState(role.description);
  const [selected, setSelected] = useState<readonly string[]>(role.permissions);
  const [mistakes, setMistakes] = useState<{ name?: string | undefined; description?: string | undefined }>(
    {},
  );
  const [error, setError] = useState<string>();
  const [asks, setAsks] = useState(false);
  const [isPending, setPending] = useState(false);
  const own = new Set(permissionsIn());
  const isSame = sameSet(role.permissions, selected);
  const isChanged = !isSame || name.trim() !== role.name || description.trim() !== role.description;
  const change: RoleChange = {
    name: name.trim(),
    description: description.trim(),
    permissions: [...selected],
  };
  const save = async () => {
    await changeRole(role.id, change);
    await refresh();
    toast(`${name.trim()} is saved`);
  };
  const submit = async () => {
    const wrong = { name: wrongWithName(name), description: wrongWithDescription(description) };
    setMistakes(wrong);
    setError(undefined);
    if (wrong.name !== undefined || wrong.description !== undefined || !isChanged) return;
    // What people may do changes with their next request: that is asked. A name is not.
    if (!isSame) {
      setAsks(true);
      return;
    }
    setPending(true);
    try {
      await save();
    } catch (reason) {
      if (isProblem(reason, 'role_exists')) setMistakes({ name: reason.message });
      else setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Form
      label={`Role ${role.name}`}
      onSubmit={() => void submit()}
      footer={
        <>
          <Button type="submit" look="primary" isPending={isPending} isDisabled={!isChanged}>
            Save the role
          </Button>
          <Button
            isDisabled={!isChanged}
            onPress={() => {
              setName(role.name);
              setDescription(role.description);
              setSelected(role.permissions);
              setMistakes({});
            }}
          >
            Undo changes
          </Button>
        </>
      }
    >
      <Card>
        <TextField label="Name" value={name} onChange={setName} error={mistakes.name} />
        <TextField
          label="Description"
          value={description}
          onChange={setDescription}
          error={mistakes.description}
        />
      </Card>
      <Section
        title="What it allows"
        description="It counts for all who hold the role, from their next request on."
      >
        <Card>
          <PermissionList
            permissions={ofLevels(role, permissions)}
            selected={selected}
            onChange={setSelected}
            whyNot={(permission) => (own.has(permission.name) ? undefined : 'you do not have it yourself')}
          />
        </Card>
      </Section>
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
      <Confirm
        title={`Change what ${role.name} allows?`}
        action="Change the role"
        isDangerous={false}
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={save}
        explain={explainRole}
      >
        <PermissionChanges permissions={permissions} before={role.permissions} after={selected} />
      </Confirm>
    </Form>
  );
}
