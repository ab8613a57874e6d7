/**
 * What ends an organization, for oneself or for all: leaving it, archiving it, deleting it. Each says what happens
 * to events, since that is what people fear or hope for.
 */
import { useState } from 'react';

import { changeOrganization, deleteOrganization, type Organization } from '../../../api/organizations';
import { removeMember } from '../../../api/members';
import { explain, isProblem } from '../../../api/problem';
import { may, useSession } from '../../../api/session';
import { Button } from '../../../ui/Button';
import { Section } from '../../../ui/Layout';
import { Confirm } from '../../../ui/Modal';
import { toast } from '../../../ui/toasts';
import { useOrganization } from '../../shell/use-organization';
import { explainRole } from '../ChangeRole';
import { Grave, Graves, Points } from '../Grave';
import { useGoHome, useRefresh } from '../use-refresh';

type Asked = 'archive' | 'bring-back' | 'delete' | 'leave';

export function OrganizationEnd({ settings }: { settings?: Organization }) {
  const organization = useOrganization();
  const session = useSession();
  const [asked, setAsked] = useState<Asked>();
  const owns = session?.user.instance_owner === true;
  const manages = may(organization, 'organization.manage') || owns;
  const isMember = organization.role !== undefined && organization.role !== null;
  const close = () => setAsked(undefined);
  return (
    <Section title={settings === undefined ? 'Leave' : 'Leave, archive, delete'}>
      <Graves>
        {isMember && (
          <Grave
            title="Leave the organization"
            action={<Button onPress={() => setAsked('leave')}>Leave…</Button>}
          >
            You lose your roles in it and its projects. Somebody has to invite you to come back
            {organization.archived && ', which nobody can until it is brought back'}.
          </Grave>
        )}
        {settings !== undefined && manages && !settings.archived && (
          <Grave
            title="Archive the organization"
            action={<Button onPress={() => setAsked('archive')}>Archive…</Button>}
          >
            It is read as before, with exports and proofs. Until it is brought back nothing is recorded in it,
            and nothing is changed but that something is taken away, such as a key.
          </Grave>
        )}
        {settings !== undefined && manages && settings.archived && (
          <Grave
            title="Bring the organization back"
            action={
              <Button look="primary" onPress={() => setAsked('bring-back')}>
                Bring it back…
              </Button>
            }
          >
            Events are recorded and settings are changed again, with the keys and members that it had.
          </Grave>
        )}
        {settings !== undefined && (
          <Grave
            title="Delete the organization"
            action={
              owns && (
                <Button look="danger" isDisabled={!settings.archived} onPress={() => setAsked('delete')}>
                  Delete…
                </Button>
              )
            }
          >
            {owns
              ? settings.archived
                ? 'There is no way back. Its events and its log stay on the server’s disk, where nobody reaches them.'
                : 'Archive it first. There is no way back from deleting.'
              : 'Only an owner of this server deletes an organization, once it is archived.'}
          </Grave>
        )}
      </Graves>
      <LeaveDialog isOpen={asked === 'leave'} onClose={close} />
      {settings !== undefined && (
        <>
          <ArchiveDialog settings={settings} isOpen={asked === 'archive'} onClose={close} />
          <BringBackDialog settings={settings} isOpen={asked === 'bring-back'} onClose={close} />
          <DeleteDialog settings={settings} isOpen={asked === 'delete'} onClose={close} />
        </>
      )}
    </Section>
  );
}

interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
}

function LeaveDialog({ isOpen, onClose }: DialogProps) {
  const organization = useOrganization();
  const session = useSession();
  const goHome = useGoHome();
  return (
    <Confirm
      title={`Leave ${organization.name}?`}
      action="Leave"
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={async () => {
        if (session === undefined) return;
        await removeMember(session.user.id);
        await goHome();
        toast(`You have left ${organization.name}`);
      }}
      explain={(error) => explainRole(error, organization.archived)}
    >
      <Points>
        {[
          'You lose your roles in the organization and its projects.',
          'Invitations that you made are revoked. API keys that you made stay.',
          'What you did stays on the log.',
        ]}
      </Points>
    </Confirm>
  );
}

function ArchiveDialog({ settings, isOpen, onClose }: DialogProps & { settings: Organization }) {
  const refresh = useRefresh();
  return (
    <Confirm
      title={`Archive ${settings.name}?`}
      action="Archive the organization"
      typed={settings.name}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={async () => {
        await changeOrganization(settings.id, { archived: true });
        await refresh();
        toast(`${settings.name} is archived`);
      }}
      explain={explain}
    >
      <Points>
        {[
          'Events that are sent to it are refused (403) from now on: what your platform does meanwhile is not recorded.',
          'Reading goes on: events, exports, proofs, the log. Retention goes on, too.',
          'Keys, viewer issuers and invitations can still be revoked, sessions ended and members removed; nothing else is changed meanwhile.',
          'An administrator brings it back at any time.',
        ]}
      </Points>
    </Confirm>
  );
}

function BringBackDialog({ settings, isOpen, onClose }: DialogProps & { settings: Organization }) {
  const refresh = useRefresh();
  return (
    <Confirm
      title={`Bring ${settings.name} back?`}
      action="Bring it back"
      isDangerous={false}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={async () => {
        await changeOrganization(settings.id, { archived: false });
        await refresh();
        toast(`${settings.name} is back`);
      }}
      explain={explain}
    >
      Its keys record again, and its members may change what their roles permit.
    </Confirm>
  );
}

function DeleteDialog({ settings, isOpen, onClose }: DialogProps & { settings: Organization }) {
  const goHome = useGoHome();
  return (
    <Confirm
      title={`Delete ${settings.name}?`}
      action="Delete for good"
      typed={settings.name}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={async () => {
        await deleteOrganization(settings.id);
        await goHome();
        toast(`${settings.name} is deleted`);
      }}
      explain={(error) =>
        isProblem(error, 'home_organization')
          ? 'This server was founded with this organization, and its log takes what is done to the server itself: it is never deleted. It stays archived.'
          : explain(error)
      }
    >
      <Points>
        {[
          'There is no way back.',
          'Its keys do not work any more, its members do not belong to it, and its log is shown to nobody.',
          'Its events and its log stay on the server’s disk. To remove events, set retention before: it goes on.',
        ]}
      </Points>
    </Confirm>
  );
}
