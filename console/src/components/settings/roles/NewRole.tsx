/** Makes a role of the organization's own; what it allows is then chosen on its page. */
import { useState } from 'react';

import { explain, isProblem } from '../../../api/problem';
import { createRole, type PermissionEntry, type Role, type RoleLevel } from '../../../api/roles';
import { wrongWithDescription, wrongWithName } from '../../../lib/settings/names';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Radios } from '../../../ui/Choice';
import { TextField } from '../../../ui/Field';
import { Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import { Select } from '../../../ui/Select';
import { allowedAt, roleChoices } from '../role-choices';
import { useStanding } from '../standing';

const FORM = 'new-role';
/** No role: it begins with nothing. */
const NOTHING = '';

const LEVELS: readonly { value: RoleLevel; label: string; detail: string }[] = [
  { value: 'organization', label: 'The organization', detail: 'What it allows counts in every project' },
  {
    value: 'project',
    label: 'A project',
    detail: 'It has only what projects know, and counts in that project alone',
  },
];

export interface NewRoleProps {
  roles: readonly Role[];
  permissions: readonly PermissionEntry[];
  isOpen: boolean;
  onClose: () => void;
  onMade: (role: Role) => Promise<void>;
}

export function NewRole(props: NewRoleProps) {
  return props.isOpen && <NewRoleForm {...props} />;
}

interface Mistakes {
  name?: string | undefined;
  description?: string | undefined;
  other?: string | undefined;
}

function mistakesOf(error: unknown): Mistakes {
  if (isProblem(error, 'role_exists')) return { name: error.message };
  if (!isProblem(error)) return { other: explain(error) };
  const [name, description] = [error.at('/name'), error.at('/description')];
  return name === undefined && description === undefined ? { other: explain(error) } : { name, description };
}

function NewRoleForm({ roles, permissions, onClose, onMade }: NewRoleProps) {
  const { permissionsIn } = useStanding();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [level, setLevel] = useState<RoleLevel>('organization');
  const [like, setLike] = useState(NOTHING);
  const [mistakes, setMistakes] = useState<Mistakes>({});
  const [isPending, setPending] = useState(false);
  const beginnings = [
    { value: NOTHING, label: 'Nothing', detail: 'It allows nothing until you choose' },
    ...roleChoices(roles, level, permissions, permissionsIn()),
  ];
  const make = async () => {
    const wrong: Mistakes = { name: wrongWithName(name), description: wrongWithDescription(description) };
    setMistakes(wrong);
    if (wrong.name !== undefined || wrong.description !== undefined) return;
    const model = roles.find(({ id }) => id === like);
    setPending(true);
    try {
      const made = await createRole({
        name: name.trim(),
        description: description.trim(),
        level,
        permissions: model === undefined ? [] : allowedAt(model, level, permissions),
      });
      await onMade(made);
    } catch (error) {
      setMistakes(mistakesOf(error));
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title="New role"
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isPending={isPending}>
            Create, then choose permissions
          </Button>
        </>
      }
    >
      <Form id={FORM} label="New role" onSubmit={() => void make()}>
        <TextField label="Name" value={name} onChange={setName} error={mistakes.name} isRequired autoFocus />
        <TextField
          label="Description"
          description="What it is for. Whoever gives the role reads it."
          value={description}
          onChange={setDescription}
          error={mistakes.description}
        />
        <Radios
          label="Held in"
          description="It stays."
          options={LEVELS}
          value={level}
          onChange={(next) => {
            setLevel(next);
            setLike(NOTHING);
          }}
        />
        <Select
          label="Begin with what this role allows"
          options={beginnings}
          value={like}
          onChange={setLike}
        />
        {mistakes.other !== undefined && <Callout kind="bad">{mistakes.other}</Callout>}
      </Form>
    </Modal>
  );
}
