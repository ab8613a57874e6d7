/** Gives a member of the organization a role in a project. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { membersQuery } from '../../../api/members';
import { places } from '../../../api/places';
import { type Project, type ProjectMember, setProjectMember } from '../../../api/projects';
import { mayAnywhere } from '../../../api/session';
import { search } from '../../../lib/settings/listing';
import { Button, ButtonLink } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Combo } from '../../../ui/Combo';
import { Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import { Select } from '../../../ui/Select';
import { toast } from '../../../ui/toasts';
import { explainRole } from '../ChangeRole';
import { calledBy } from '../PersonName';
import { roleChoices } from '../role-choices';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { useRoles } from '../use-roles';

/** How many people are suggested at once. */
const SUGGESTED = 20;
const FORM = 'add-project-member';

export interface AddProjectMemberProps {
  project: Project;
  /** Who is a member already. */
  has: readonly ProjectMember[];
  isOpen: boolean;
  onClose: () => void;
}

export function AddProjectMember(props: AddProjectMemberProps) {
  return props.isOpen && <AddForm {...props} />;
}

function AddForm({ project, has, onClose }: AddProjectMemberProps) {
  const { organization, permissionsIn } = useStanding();
  const { roles, permissions } = useRoles();
  const refresh = useRefresh();
  const members = useQuery({
    ...membersQuery(organization.id),
    enabled: mayAnywhere(organization, 'members.read'),
  });
  const [typed, setTyped] = useState('');
  const [role, setRole] = useState<string | null>(null);
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  const here = new Set(has.map(({ user_id }) => user_id));
  const others = (members.data ?? []).filter(({ user_id }) => !here.has(user_id));
  const found = search(others, typed, ({ name, email }) => [name, email]).slice(0, SUGGESTED);
  const person = others.find(({ email }) => email.toLowerCase() === typed.trim().toLowerCase());
  const add = async () => {
    setError(undefined);
    if (person === undefined) {
      setError('Choose somebody of the organization who has no role in the project yet.');
      return;
    }
    if (role === null) {
      setError('Choose a role.');
      return;
    }
    setPending(true);
    try {
      await setProjectMember(project.id, person.user_id, role);
      await refresh();
      toast(`${calledBy(person)} is a member of ${project.name}`);
      onClose();
    } catch (reason) {
      setError(explainRole(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title={`Add a member to ${project.name}`}
      isOpen
      onClose={onClose}
      size="s"
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} isPending={isPending}>
            Add to the project
          </Button>
        </>
      }
    >
      <Form id={FORM} label="Add a member" onSubmit={() => void add()}>
        <Combo
          label="Member of the organization"
          value={typed}
          onChange={setTyped}
          suggestions={found.map((one) => ({
            value: one.email,
            label: one.email,
            ...(one.name === '' ? {} : { end: one.name }),
          }))}
          isLoading={members.isLoading}
          placeholder="Name or address"
          autoFocus
        />
        <Select
          label="Role in the project"
          options={roleChoices(roles, 'project', permissions, permissionsIn(project.id))}
          value={role}
          onChange={setRole}
        />
        {error !== undefined && <Callout kind="bad">{error}</Callout>}
        <Callout
          action={
            <ButtonLink size="s" href={places.settings(organization.id, 'invitations')}>
              Invite somebody
            </ButtonLink>
          }
        >
          Who does not belong to the organization yet is invited to both at once.
        </Callout>
      </Form>
    </Modal>
  );
}
