/** Invites several people at once, to the organization and to a project if that is wanted. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { NewInvitation } from '../../../api/invitations';
import { projectsQuery } from '../../../api/projects';
import { defaultRoleQuery } from '../../../api/roles';
import { mayAnywhere } from '../../../api/session';
import { readAddresses, wrongWith } from '../../../lib/settings/addresses';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { TextArea } from '../../../ui/Field';
import { Columns, Form } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import { Progress } from '../../../ui/Progress';
import { type Option, Select } from '../../../ui/Select';
import { roleChoices } from '../role-choices';
import { seesProjects } from '../sections';
import { useStanding } from '../standing';
import { useRoles } from '../use-roles';
import { inviteAll, type Outcome } from './invite-all';

const FORM = 'invite';
/** Stands for the organization's default role, and for no project. */
const NONE = '';
/** The plain role, which who manages a project only may give in the organization. */
const MEMBER = 'member';

const HOURS_OF_DAY = 24;
const VALID_FOR: readonly Option[] = [
  { value: String(HOURS_OF_DAY), label: '1 day' },
  { value: String(3 * HOURS_OF_DAY), label: '3 days' },
  { value: String(7 * HOURS_OF_DAY), label: '1 week' },
  { value: String(14 * HOURS_OF_DAY), label: '2 weeks' },
  { value: String(30 * HOURS_OF_DAY), label: '30 days' },
];

export interface InviteFormProps {
  onClose: () => void;
  onDone: (outcomes: readonly Outcome[]) => Promise<void>;
}

export function InviteForm({ onClose, onDone }: InviteFormProps) {
  const { organization, mayChange, permissionsIn } = useStanding();
  const { roles, permissions } = useRoles();
  const projects = useQuery({ ...projectsQuery(organization.id), enabled: seesProjects(organization) });
  const defaultRole = useQuery({
    ...defaultRoleQuery(organization.id),
    enabled: mayAnywhere(organization, 'settings.read'),
  });
  const everywhere = mayChange('members.manage');
  const [text, setText] = useState('');
  const [role, setRole] = useState(everywhere ? NONE : MEMBER);
  const [projectId, setProjectId] = useState(NONE);
  const [projectRole, setProjectRole] = useState<string | null>(null);
  const [hours, setHours] = useState(String(7 * HOURS_OF_DAY));
  const [error, setError] = useState<{ emails?: string | undefined; project?: string | undefined }>({});
  const [done, setDone] = useState<number>();
  const addresses = readAddresses(text);

  const send = async () => {
    const wrong = {
      emails: wrongWith(addresses),
      project: wrongWithProject(everywhere, projectId, projectRole),
    };
    setError(wrong);
    if (wrong.emails !== undefined || wrong.project !== undefined) return;
    const rest: Omit<NewInvitation, 'email'> = {
      ...(role !== NONE && { role }),
      ...(projectId !== NONE && projectRole !== null && { project_id: projectId, project_role: projectRole }),
      expires_in_hours: Number(hours),
    };
    setDone(0);
    await onDone(await inviteAll(addresses.valid, rest, setDone));
  };

  const given = projectId === NONE ? undefined : projectId;
  const count = addresses.valid.length;
  const beginsAs =
    defaultRole.data === undefined ? 'Default role' : `Default role (${defaultRole.data.name})`;
  return (
    <Modal
      title="Invite people"
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose} isDisabled={done !== undefined}>
            Cancel
          </Button>
          <Button look="primary" type="submit" form={FORM} isPending={done !== undefined}>
            {count > 1 ? `Invite ${count} people` : 'Invite'}
          </Button>
        </>
      }
    >
      <Form id={FORM} label="Invite people" onSubmit={() => void send()}>
        <TextArea
          label="E-mail addresses"
          description="One a line, or with commas. What a mail program copies works as well."
          value={text}
          onChange={setText}
          error={error.emails}
          rows={4}
          autoFocus
        />
        <Columns least={220}>
          {everywhere && (
            <Select
              label="Role in the organization"
              options={[
                { value: NONE, label: beginsAs },
                ...roleChoices(roles, 'organization', permissions, permissionsIn()),
              ]}
              value={role}
              onChange={setRole}
            />
          )}
          <Select label="Valid for" options={VALID_FOR} value={hours} onChange={setHours} />
        </Columns>
        <Columns least={220}>
          <Select
            label="Project"
            options={[
              ...(everywhere ? [{ value: NONE, label: 'None' }] : []),
              ...(projects.data ?? [])
                .filter(({ id, archived }) => !archived && mayChange('members.manage', id))
                .map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={given ?? (everywhere ? NONE : null)}
            onChange={setProjectId}
            error={error.project}
          />
          {given !== undefined && (
            <Select
              label="Role in the project"
              options={roleChoices(roles, 'project', permissions, permissionsIn(given))}
              value={projectRole}
              onChange={setProjectRole}
            />
          )}
        </Columns>
        {!everywhere && (
          <Callout>
            You manage projects, so you invite to one of them: in the organization it gives no more.
          </Callout>
        )}
        {done !== undefined && <Progress label="Inviting" value={(100 * done) / Math.max(1, count)} />}
      </Form>
    </Modal>
  );
}

function wrongWithProject(everywhere: boolean, projectId: string, role: string | null): string | undefined {
  if (projectId === NONE) return everywhere ? undefined : 'Choose the project';
  return role === null ? 'Choose a role in the project, too' : undefined;
}
