/** Who belongs to the organization: searched and chosen on the page, since all of them are there. */
import { useState } from 'react';

import { changeRoles, MAX_AT_ONCE, type Member } from '../../../api/members';
import { useSession } from '../../../api/session';
import { pageOf, search } from '../../../lib/settings/listing';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Checkbox } from '../../../ui/Choice';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Card } from '../../../ui/Layout';
import { Said } from '../../../ui/Said';
import { EmptyState } from '../../../ui/States';
import { Words } from '../../../ui/Text';
import { toast } from '../../../ui/toasts';
import { ChangeRole } from '../ChangeRole';
import { ListTools, Pager } from '../ListTools';
import { calledBy, PersonName } from '../PersonName';
import { roleName } from '../role-choices';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { useRoles } from '../use-roles';
import { When } from '../When';
import { type MemberAct, MemberDialogs } from './MemberDialogs';
import { MemberMenu } from './MemberMenu';

const people = (count: number) => (count === 1 ? '1 member' : `${count.toLocaleString('en-US')} members`);

export function MemberTable({ members }: { members: readonly Member[] }) {
  const { mayChange, mayTakeAway } = useStanding();
  const { roles } = useRoles();
  const ownId = useSession()?.user.id;
  const [words, setWords] = useState('');
  const [page, setPage] = useState(0);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [about, setAbout] = useState<{ member: Member; act: MemberAct }>();
  const manages = mayChange('members.manage');
  const found = search(members, words, ({ name, email, role }) => [name, email, roleName(roles, role)]);
  const shown = pageOf(found, page);
  // Who was removed meanwhile is chosen no more.
  const chosen = members.filter(({ user_id }) => picked.has(user_id));
  const pick = (some: readonly Member[], isPicked: boolean) => {
    const next = new Set(picked);
    for (const { user_id } of some) {
      if (isPicked) next.add(user_id);
      else next.delete(user_id);
    }
    setPicked(next);
  };

  const box: Column<Member> = {
    id: 'box',
    title: 'Choose',
    hideTitle: true,
    width: '44px',
    cell: (member) => (
      <Checkbox
        aria-label={`Choose ${calledBy(member)}`}
        isSelected={picked.has(member.user_id)}
        onChange={(isPicked) => pick([member], isPicked)}
      />
    ),
  };
  const columns: Column<Member>[] = [
    ...(manages ? [box] : []),
    {
      id: 'person',
      title: 'Person',
      cell: (member) => (
        <PersonName {...member} mark={member.user_id === ownId && <Badge tone="accent">You</Badge>} />
      ),
    },
    {
      id: 'role',
      title: 'Role',
      width: '200px',
      cell: ({ role }) => <Said text={roleName(roles, role)} />,
    },
    { id: 'projects', title: 'Projects', width: '110px', cell: (member) => <ProjectCount member={member} /> },
    { id: 'since', title: 'Since', width: '140px', cell: ({ joined_at }) => <When instant={joined_at} /> },
    {
      id: 'actions',
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      width: '56px',
      cell: (member) => (
        <MemberMenu
          member={member}
          manages={manages}
          removes={mayTakeAway('members.manage')}
          isOwn={member.user_id === ownId}
          onAct={(act) => setAbout({ member, act })}
        />
      ),
    },
  ];

  return (
    <Card flush>
      <ListTools
        what="members"
        words={words}
        onWords={(next) => {
          setWords(next);
          setPage(0);
        }}
        isChosen={chosen.length > 0}
      >
        {manages && (
          <Chosen
            found={found}
            chosen={chosen}
            picked={picked}
            pick={pick}
            clear={() => setPicked(new Set())}
          />
        )}
      </ListTools>
      <DataTable
        label="Members"
        columns={columns}
        items={shown.items}
        keyOf={({ user_id }) => user_id}
        empty={<EmptyState title="Nobody is called that">Search by name, address or role.</EmptyState>}
      />
      <Pager what="members" page={shown} found={found.length} all={members.length} onPage={setPage} />
      {about !== undefined && (
        <MemberDialogs
          member={about.member}
          act={about.act}
          isOwn={about.member.user_id === ownId}
          onClose={() => setAbout(undefined)}
        />
      )}
    </Card>
  );
}

function ProjectCount({ member }: { member: Member }) {
  const count = Object.keys(member.projects).length;
  return count === 0 ? <Words tone="faint">None</Words> : <>{count}</>;
}

interface ChosenProps {
  found: readonly Member[];
  chosen: readonly Member[];
  picked: ReadonlySet<string>;
  pick: (members: readonly Member[], isPicked: boolean) => void;
  clear: () => void;
}

/** Chooses all that were found, and says what is done with those that are chosen. */
function Chosen({ found, chosen, picked, pick, clear }: ChosenProps) {
  const refresh = useRefresh();
  const [isChanging, setChanging] = useState(false);
  const pickedFound = found.filter(({ user_id }) => picked.has(user_id)).length;
  const isTooMany = chosen.length > MAX_AT_ONCE;
  const [first] = chosen;
  const same =
    first !== undefined && chosen.every(({ role }) => role === first.role) ? first.role : undefined;
  return (
    <>
      {chosen.length > 0 && (
        <>
          <Words strong>
            <span role="status">{people(chosen.length)} chosen</span>
          </Words>
          <Button look="primary" isDisabled={isTooMany} onPress={() => setChanging(true)}>
            {isTooMany ? `At most ${MAX_AT_ONCE} at once` : 'Change the role…'}
          </Button>
          <Button look="quiet" onPress={clear}>
            Choose none
          </Button>
        </>
      )}
      <Checkbox
        isSelected={found.length > 0 && pickedFound === found.length}
        isIndeterminate={pickedFound > 0 && pickedFound < found.length}
        isDisabled={found.length === 0}
        onChange={(isPicked) => pick(found, isPicked)}
      >
        Choose all {found.length.toLocaleString('en-US')}
      </Checkbox>
      <ChangeRole
        who={people(chosen.length)}
        isOpen={isChanging}
        onClose={() => setChanging(false)}
        current={same}
        level="organization"
        onGive={async (role) => {
          const changed = await changeRoles(
            chosen.map(({ user_id }) => user_id),
            role,
          );
          await refresh();
          clear();
          toast(changed === 0 ? 'All of them had the role already' : `${people(changed)} have another role`);
        }}
      />
    </>
  );
}
