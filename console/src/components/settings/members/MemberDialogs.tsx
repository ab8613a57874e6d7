/**
 * What is done about one member, each asked first: another role, a link for a new password, the end of all
 * sessions, and removal. The last three are an admin's only over people whom the admin has all power over anyway.
 */
import { useRef, useState } from 'react';

import { changeRoles, endSessions, makePasswordReset, type Member, removeMember } from '../../../api/members';
import { explain, isProblem } from '../../../api/problem';
import { Checkbox } from '../../../ui/Choice';
import { Stack } from '../../../ui/Layout';
import { Confirm } from '../../../ui/Modal';
import { toast } from '../../../ui/toasts';
import { ChangeRole, explainRole } from '../ChangeRole';
import { Points } from '../Grave';
import { calledBy } from '../PersonName';
import { ShownOnce } from '../ShownOnce';
import { useStanding } from '../standing';
import { useGoHome, useRefresh } from '../use-refresh';
import { MemberProjects } from './MemberProjects';

export type MemberAct = 'role' | 'projects' | 'password' | 'sessions' | 'remove';

export interface MemberDialogsProps {
  member: Member;
  act: MemberAct;
  isOwn: boolean;
  onClose: () => void;
}

export function MemberDialogs({ member, act, isOwn, onClose }: MemberDialogsProps) {
  const refresh = useRefresh();
  const name = calledBy(member);
  switch (act) {
    case 'role':
      return (
        <ChangeRole
          who={name}
          isOpen
          onClose={onClose}
          current={member.role}
          level="organization"
          onGive={async (role) => {
            await changeRoles([member.user_id], role);
            await refresh();
            toast(`${name} has another role`);
          }}
        />
      );
    case 'projects':
      return <MemberProjects member={member} onClose={onClose} />;
    case 'password':
      return <PasswordReset member={member} onClose={onClose} />;
    case 'sessions':
      return (
        <Confirm
          title={`End all sessions of ${name}?`}
          action="End the sessions"
          isOpen
          onClose={onClose}
          onConfirm={async () => {
            const ended = await endSessions(member.user_id);
            toast(ended === 0 ? `${name} was not signed in` : `${name} is signed out everywhere`);
          }}
          explain={explainAdmin}
        >
          The person is signed out on every device, and signs in again with the same password. To keep
          somebody out, remove the member.
        </Confirm>
      );
    case 'remove':
      return <RemoveMember member={member} isOwn={isOwn} onClose={onClose} />;
  }
}

/** What is told when somebody's account is not the admin's to manage. */
function explainAdmin(error: unknown): string {
  if (isProblem(error, 'beyond_you')) {
    return 'This account is not yours to manage: the person belongs to other organizations too, owns this server, or may do more than you. Whoever has the link has the account, so only an owner of this server may do this.';
  }
  return explain(error);
}

function PasswordReset({ member, onClose }: { member: Member; onClose: () => void }) {
  const [link, setLink] = useState<string>();
  const [endsFactor, setEndsFactor] = useState(false);
  const isMade = useRef(false);
  const name = calledBy(member);
  return (
    <>
      <Confirm
        title={`Make a password reset link for ${name}?`}
        action="Make the link"
        isDangerous={false}
        isOpen={link === undefined}
        onClose={() => {
          // It closes once the link is there, too: that is then what is shown.
          if (!isMade.current) onClose();
        }}
        onConfirm={async () => {
          const made = await makePasswordReset(member.user_id, endsFactor);
          isMade.current = true;
          setLink(made.link);
        }}
        explain={explainAdmin}
      >
        <Stack gap={3}>
          <Points>
            {[
              'It works once and for 24 hours. A link that was made before works no more.',
              'Whoever has the link has the account: give it to nobody but the person.',
              endsFactor
                ? 'Once a new password is chosen, all sessions of the person end, and so do the second factor and its recovery codes.'
                : 'Once a new password is chosen, all sessions of the person end. A second factor stays in use.',
            ]}
          </Points>
          <Checkbox isSelected={endsFactor} onChange={setEndsFactor}>
            End the second factor, too: the person has lost the authenticator app and every recovery code
          </Checkbox>
        </Stack>
      </Confirm>
      <ShownOnce
        title={`Password reset link for ${name}`}
        isOpen={link !== undefined}
        onClose={onClose}
        secrets={link === undefined ? [] : [{ label: `For ${member.email}, for 24 hours`, text: link }]}
        ifLost="Make another one; this one then works no more."
      >
        {endsFactor
          ? 'It ends the second factor, too: make sure who asks for it. Pass it on so that nobody else sees it.'
          : 'Pass it on so that nobody else sees it.'}
      </ShownOnce>
    </>
  );
}

function RemoveMember({ member, isOwn, onClose }: { member: Member; isOwn: boolean; onClose: () => void }) {
  const refresh = useRefresh();
  const goHome = useGoHome();
  const { isArchived } = useStanding();
  const name = calledBy(member);
  return (
    <Confirm
      title={isOwn ? 'Leave the organization?' : `Remove ${name}?`}
      action={isOwn ? 'Leave' : 'Remove the member'}
      isOpen
      onClose={onClose}
      onConfirm={async () => {
        await removeMember(member.user_id);
        await (isOwn ? goHome() : refresh());
        toast(isOwn ? 'You have left the organization' : `${name} is no member any more`);
      }}
      explain={(error) => explainRole(error, isArchived)}
    >
      <Points>
        {[
          isOwn
            ? 'You lose your roles in the organization and its projects.'
            : 'The roles in the organization and its projects end, from the next request on.',
          'Invitations that the person made are revoked, and open password reset links die.',
          'API keys that the person made stay: look at them and revoke what is not needed.',
          'What the person did stays on the log. The account itself stays as well.',
        ]}
      </Points>
    </Confirm>
  );
}
