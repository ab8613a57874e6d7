/** The columns of the list of API keys. */
import { MoreHorizontal } from 'lucide-react';

import type { ApiKey } from '../../../api/keys';
import { hasEnded, keyState } from '../../../lib/settings/api-keys';
import { Badge } from '../../../ui/Badge';
import { IconButton } from '../../../ui/Button';
import { copy } from '../../../ui/Copy';
import type { Column } from '../../../ui/DataTable';
import { Menu, MenuItem, MenuSeparator } from '../../../ui/Menu';
import { Said } from '../../../ui/Said';
import { Words } from '../../../ui/Text';
import { Id } from '../../events/Id';
import { When } from '../When';
import type { KeyAct } from './KeyDialogs';
import { KIND_WORDS, keyName, STATE_WORDS } from './key-words';

/** How many networks are named in a row. */
const NAMED_NETWORKS = 2;

export interface KeyColumnsProps {
  now: number;
  projectName: (id: string) => string;
  makerName: (id: string) => string;
  mayChange: (key: ApiKey) => boolean;
  mayRevoke: (key: ApiKey) => boolean;
  onAct: (key: ApiKey, act: KeyAct) => void;
}

export function keyColumns({
  now,
  projectName,
  makerName,
  mayChange,
  mayRevoke,
  onAct,
}: KeyColumnsProps): Column<ApiKey>[] {
  return [
    {
      id: 'name',
      title: 'Key',
      width: '18%',
      cell: (key) => (
        <div>
          <Said text={keyName(key)} strong />
          <Words as="div" size="s" tone="muted">
            <Id id={key.id} />
          </Words>
        </div>
      ),
    },
    {
      id: 'kind',
      title: 'Kind',
      width: '76px',
      cell: ({ kind }) => <Badge tone={KIND_WORDS[kind].tone}>{KIND_WORDS[kind].label}</Badge>,
    },
    {
      id: 'scope',
      title: 'Reaches',
      cell: ({ project_id, allowed_addresses }) => (
        <div>
          {project_id === null ? 'Organization' : <Said text={projectName(project_id)} />}
          <Networks addresses={allowed_addresses} />
        </div>
      ),
    },
    {
      id: 'used',
      title: 'Last used',
      width: '112px',
      cell: ({ last_used_at }) =>
        last_used_at === null ? <Words tone="muted">Never</Words> : <When instant={last_used_at} />,
    },
    { id: 'ends', title: 'Ends', width: '120px', cell: (key) => <End apiKey={key} /> },
    {
      id: 'made',
      title: 'Made',
      width: '176px',
      cell: ({ created_at, created_by }) => (
        <div>
          <When instant={created_at} />
          <Words as="div" size="s" tone="muted">
            {created_by === null ? 'with the organization' : <Said text={`by ${makerName(created_by)}`} />}
          </Words>
        </div>
      ),
    },
    {
      id: 'state',
      title: 'State',
      width: '104px',
      cell: (key) => {
        const state = keyState(key, now);
        return (
          <Badge tone={STATE_WORDS[state].tone} dot={state === 'works'}>
            {STATE_WORDS[state].label}
          </Badge>
        );
      },
    },
    {
      id: 'actions',
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      width: '56px',
      cell: (key) => (
        <KeyMenu apiKey={key} now={now} mayChange={mayChange(key)} mayRevoke={mayRevoke(key)} onAct={onAct} />
      ),
    },
  ];
}

function Networks({ addresses }: { addresses: readonly string[] }) {
  if (addresses.length === 0) return null;
  const more = addresses.length - NAMED_NETWORKS;
  return (
    <Words as="div" size="s" tone="muted" title={addresses.join('\n')}>
      from {addresses.slice(0, NAMED_NETWORKS).join(', ')}
      {more > 0 && ` and ${more} more`}
    </Words>
  );
}

function End({ apiKey }: { apiKey: ApiKey }) {
  if (apiKey.revoked_at !== null) return <When instant={apiKey.revoked_at} />;
  return apiKey.expires_at === null ? (
    <Words tone="muted">Never</Words>
  ) : (
    <When instant={apiKey.expires_at} />
  );
}

interface KeyMenuProps {
  apiKey: ApiKey;
  now: number;
  mayChange: boolean;
  mayRevoke: boolean;
  onAct: (key: ApiKey, act: KeyAct) => void;
}

function KeyMenu({ apiKey, now, mayChange, mayRevoke, onAct }: KeyMenuProps) {
  const state = keyState(apiKey, now);
  // One that has ended or was replaced stays as it is; the server refuses to change it.
  const isFixed = hasEnded(state) || state === 'replaced';
  const why = state === 'replaced' ? 'Another key takes its place' : 'It works no more';
  return (
    <Menu
      label={`${keyName(apiKey)}: actions`}
      at="bottom end"
      trigger={
        <IconButton label={`More about ${keyName(apiKey)}`} size="s">
          <MoreHorizontal aria-hidden />
        </IconButton>
      }
    >
      <MenuItem onAction={() => void copy(apiKey.id, 'Key id')}>Copy its id</MenuItem>
      {(mayChange || mayRevoke) && <MenuSeparator />}
      {mayChange && (
        <MenuItem
          isDisabled={isFixed}
          {...(isFixed ? { detail: why } : {})}
          onAction={() => onAct(apiKey, 'change')}
        >
          Change…
        </MenuItem>
      )}
      {mayChange && (
        <MenuItem isDisabled={isFixed} onAction={() => onAct(apiKey, 'rotate')}>
          Rotate…
        </MenuItem>
      )}
      {mayRevoke && (
        <MenuItem bad isDisabled={state === 'revoked'} onAction={() => onAct(apiKey, 'revoke')}>
          Revoke…
        </MenuItem>
      )}
    </Menu>
  );
}
