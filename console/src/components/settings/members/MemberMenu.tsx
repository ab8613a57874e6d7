/** What can be done about a member. */
import { MoreHorizontal } from 'lucide-react';

import type { Member } from '../../../api/members';
import { places } from '../../../api/places';
import { may } from '../../../api/session';
import { writeFilter } from '../../../lib/query/filters';
import { IconButton } from '../../../ui/Button';
import { Menu, MenuItem, MenuSeparator } from '../../../ui/Menu';
import { calledBy } from '../PersonName';
import { useStanding } from '../standing';
import type { MemberAct } from './MemberDialogs';

export interface MemberMenuProps {
  member: Member;
  manages: boolean;
  /** Whether the person may remove members and sign them out, which goes on in an archived organization. */
  removes: boolean;
  isOwn: boolean;
  onAct: (act: MemberAct) => void;
}

export function MemberMenu({ member, manages, removes, isOwn, onAct }: MemberMenuProps) {
  const { organization } = useStanding();
  const name = calledBy(member);
  const hasProjects = Object.keys(member.projects).length > 0;
  const did = { field: 'actor.id', op: 'is', value: member.user_id } as const;
  const reads = may(organization, 'events.read');
  return (
    <Menu
      label={`${name}: actions`}
      at="bottom end"
      trigger={
        <IconButton label={`More about ${name}`} size="s">
          <MoreHorizontal aria-hidden />
        </IconButton>
      }
    >
      {reads && (
        <MenuItem href={places.events(organization.id, { filter: writeFilter(did) })}>
          See what the person did
        </MenuItem>
      )}
      <MenuItem
        isDisabled={!hasProjects}
        {...(hasProjects ? {} : { detail: 'None' })}
        onAction={() => onAct('projects')}
      >
        Roles in projects
      </MenuItem>
      {manages && <MenuItem onAction={() => onAct('role')}>Change the role…</MenuItem>}
      {removes && !isOwn && <MenuSeparator />}
      {manages && !isOwn && (
        <MenuItem onAction={() => onAct('password')}>Make a password reset link…</MenuItem>
      )}
      {removes && !isOwn && <MenuItem onAction={() => onAct('sessions')}>End all sessions…</MenuItem>}
      {(removes || isOwn) && <MenuSeparator />}
      {(removes || isOwn) && (
        <MenuItem bad onAction={() => onAct('remove')}>
          {isOwn ? 'Leave the organization…' : 'Remove from the organization…'}
        </MenuItem>
      )}
    </Menu>
  );
}
