/** The API keys of an organization: those that work, and those that have ended. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { ApiKey, MadeKey } from '../../../api/keys';
import { membersQuery } from '../../../api/members';
import { projectsQuery } from '../../../api/projects';
import { mayAnywhere } from '../../../api/session';
import { hasEnded, keyState } from '../../../lib/settings/api-keys';
import { pageOf, search } from '../../../lib/settings/listing';
import { Segments } from '../../../ui/Choice';
import { DataTable } from '../../../ui/DataTable';
import { Card } from '../../../ui/Layout';
import { EmptyState } from '../../../ui/States';
import { useNow } from '../../events/now';
import { ListTools, Pager } from '../ListTools';
import { calledBy } from '../PersonName';
import { useStanding } from '../standing';
import { keyColumns } from './key-columns';
import { type KeyAct, KeyDialogs } from './KeyDialogs';
import { KIND_WORDS, keyName, STATE_WORDS } from './key-words';

type Shown = 'working' | 'ended' | 'all';

const SHOWN: readonly { value: Shown; label: string }[] = [
  { value: 'working', label: 'Working' },
  { value: 'ended', label: 'Ended' },
  { value: 'all', label: 'All' },
];

export interface KeyTableProps {
  keys: readonly ApiKey[];
  onMade: (key: MadeKey) => Promise<void>;
}

/** What the ids in a key stand for, as far as the person may know. */
function useKeyNames(keys: readonly ApiKey[]) {
  const { organization } = useStanding();
  const projects = useQuery(projectsQuery(organization.id));
  const members = useQuery({
    ...membersQuery(organization.id),
    enabled: mayAnywhere(organization, 'members.read'),
  });
  return {
    projectName: (id: string) => projects.data?.find((project) => project.id === id)?.name ?? id,
    makerName: (id: string) => {
      const member = members.data?.find(({ user_id }) => user_id === id);
      if (member !== undefined) return calledBy(member);
      const key = keys.find((candidate) => candidate.id === id);
      return key === undefined ? id : keyName(key);
    },
  };
}

export function KeyTable({ keys, onMade }: KeyTableProps) {
  const { mayChange, mayTakeAway } = useStanding();
  const names = useKeyNames(keys);
  const [words, setWords] = useState('');
  const [shown, setShown] = useState<Shown>('working');
  const [page, setPage] = useState(0);
  const [asked, setAsked] = useState<{ key: ApiKey; act: KeyAct }>();
  const now = useNow();
  const ofState = keys.filter(
    (key) => shown === 'all' || hasEnded(keyState(key, now)) === (shown === 'ended'),
  );
  const found = search(ofState, words, (key) => [
    key.id,
    keyName(key),
    KIND_WORDS[key.kind].label,
    STATE_WORDS[keyState(key, now)].label,
    key.project_id === null ? 'organization' : names.projectName(key.project_id),
  ]);
  const onPage = pageOf(found, page);
  const columns = keyColumns({
    now,
    ...names,
    mayChange: ({ project_id }) => mayChange('keys.manage', project_id ?? undefined),
    mayRevoke: ({ project_id }) => mayTakeAway('keys.manage', project_id ?? undefined),
    onAct: (key, act) => setAsked({ key, act }),
  });
  return (
    <Card flush>
      <ListTools
        what="keys"
        words={words}
        onWords={(next) => {
          setWords(next);
          setPage(0);
        }}
      >
        <Segments
          label="Which keys"
          hideLabel
          options={SHOWN}
          value={shown}
          onChange={(next) => {
            setShown(next);
            setPage(0);
          }}
        />
      </ListTools>
      <DataTable
        label="API keys"
        columns={columns}
        items={onPage.items}
        keyOf={({ id }) => id}
        empty={
          <EmptyState title={words === '' ? 'No such keys' : 'No key like that'}>
            {words === ''
              ? shown === 'ended'
                ? 'No key has expired or was revoked.'
                : 'No key works any more: programs can neither record nor read.'
              : 'Search by name, id, kind or project.'}
          </EmptyState>
        }
      />
      <Pager what="keys" page={onPage} found={found.length} all={keys.length} onPage={setPage} />
      {asked !== undefined && (
        <KeyDialogs apiKey={asked.key} act={asked.act} onClose={() => setAsked(undefined)} onMade={onMade} />
      )}
    </Card>
  );
}
