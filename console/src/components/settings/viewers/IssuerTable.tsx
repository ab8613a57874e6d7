/** The issuers of viewer tokens. */
import { MoreHorizontal } from 'lucide-react';
import { useState } from 'react';

import { explain } from '../../../api/problem';
import { type Issuer, revokeIssuer } from '../../../api/viewers';
import { pageOf, search } from '../../../lib/settings/listing';
import { Button, IconButton } from '../../../ui/Button';
import { copy } from '../../../ui/Copy';
import { type Column, DataTable } from '../../../ui/DataTable';
import { Card, Row } from '../../../ui/Layout';
import { Menu, MenuItem, MenuSeparator } from '../../../ui/Menu';
import { Confirm } from '../../../ui/Modal';
import { Said } from '../../../ui/Said';
import { EmptyState } from '../../../ui/States';
import { Words } from '../../../ui/Text';
import { toast } from '../../../ui/toasts';
import { Id } from '../../events/Id';
import { Points } from '../Grave';
import { ListTools, Pager } from '../ListTools';
import { useRefresh } from '../use-refresh';
import { When } from '../When';

type Act = 'change' | 'revoke';

export interface IssuerTableProps {
  issuers: readonly Issuer[];
  mayChange: boolean;
  mayRevoke: boolean;
  onToken: (issuer: Issuer) => void;
  onChange: (issuer: Issuer) => void;
}

export function IssuerTable({ issuers, mayChange, mayRevoke, onToken, onChange }: IssuerTableProps) {
  const [words, setWords] = useState('');
  const [page, setPage] = useState(0);
  const [revoked, setRevoked] = useState<Issuer>();
  const found = search(issuers, words, ({ id, name, origins }) => [id, name, ...origins]);
  const shown = pageOf(found, page);
  const act = (issuer: Issuer, what: Act) => {
    if (what === 'change') onChange(issuer);
    else setRevoked(issuer);
  };
  const columns: Column<Issuer>[] = [
    {
      id: 'name',
      title: 'Issuer',
      cell: ({ id, name }) => (
        <div>
          <Said text={name} strong />
          <Words as="div" size="s" tone="muted">
            <Id id={id} />
          </Words>
        </div>
      ),
    },
    {
      id: 'origins',
      title: 'Pages of',
      cell: ({ origins }) =>
        origins.length === 0 ? (
          <Words tone="muted">No page: programs only</Words>
        ) : (
          <div>
            {origins.map((origin) => (
              <div key={origin}>
                <Said text={origin} mono />
              </div>
            ))}
          </div>
        ),
    },
    { id: 'made', title: 'Made', width: '150px', cell: ({ created_at }) => <When instant={created_at} /> },
    {
      id: 'actions',
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      width: '180px',
      cell: (issuer) => (
        <Row gap={1} justify="end" wrap={false}>
          {mayChange && (
            <Button size="s" onPress={() => onToken(issuer)}>
              Make a token…
            </Button>
          )}
          <IssuerMenu
            issuer={issuer}
            mayChange={mayChange}
            mayRevoke={mayRevoke}
            onAct={(what) => act(issuer, what)}
          />
        </Row>
      ),
    },
  ];
  return (
    <Card flush>
      <ListTools
        what="issuers"
        words={words}
        onWords={(next) => {
          setWords(next);
          setPage(0);
        }}
      />
      <DataTable
        label="Issuers"
        columns={columns}
        items={shown.items}
        keyOf={({ id }) => id}
        empty={<EmptyState title="No issuer like that">Search by name, id or origin.</EmptyState>}
      />
      <Pager what="issuers" page={shown} found={found.length} all={issuers.length} onPage={setPage} />
      {revoked !== undefined && <RevokeIssuer issuer={revoked} onClose={() => setRevoked(undefined)} />}
    </Card>
  );
}

interface IssuerMenuProps {
  issuer: Issuer;
  mayChange: boolean;
  mayRevoke: boolean;
  onAct: (act: Act) => void;
}

function IssuerMenu({ issuer, mayChange, mayRevoke, onAct }: IssuerMenuProps) {
  return (
    <Menu
      label={`${issuer.name}: actions`}
      at="bottom end"
      trigger={
        <IconButton label={`More about ${issuer.name}`} size="s">
          <MoreHorizontal aria-hidden />
        </IconButton>
      }
    >
      <MenuItem onAction={() => void copy(issuer.id, 'Issuer id')}>Copy its id</MenuItem>
      {mayChange && <MenuItem onAction={() => onAct('change')}>Change…</MenuItem>}
      {mayRevoke && <MenuSeparator />}
      {mayRevoke && (
        <MenuItem bad onAction={() => onAct('revoke')}>
          Revoke…
        </MenuItem>
      )}
    </Menu>
  );
}

function RevokeIssuer({ issuer, onClose }: { issuer: Issuer; onClose: () => void }) {
  const refresh = useRefresh();
  return (
    <Confirm
      title={`Revoke ${issuer.name}?`}
      action="Revoke the issuer"
      typed={issuer.name}
      isOpen
      onClose={onClose}
      onConfirm={async () => {
        await revokeIssuer(issuer.id);
        await refresh();
        toast(`${issuer.name} is revoked`);
      }}
      explain={explain}
    >
      <Points>
        {[
          'All of its tokens end at once, and pages that follow new events by them lose the connection.',
          'Your server can make no more tokens by it.',
          'There is no way back. What was done stays on the log.',
        ]}
      </Points>
    </Confirm>
  );
}
