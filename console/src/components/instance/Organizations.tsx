/** All organizations of the server, as its owners see them: by name, whether they belong to them or not. */
import { useQuery } from '@tanstack/react-query';
import { Ellipsis, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-aria-components';

import {
  allOrganizationsQuery,
  changeOrganization,
  createOrganization,
  deleteOrganization,
  type ListedOrganization,
} from '../../api/instance';
import { places } from '../../api/places';
import { explain } from '../../api/problem';
import { useSession } from '../../api/session';
import { Badge } from '../../ui/Badge';
import { Button, IconButton } from '../../ui/Button';
import { Copyable } from '../../ui/Copy';
import { type Column, DataTable } from '../../ui/DataTable';
import { Card, Row, Section } from '../../ui/Layout';
import { Menu, MenuItem } from '../../ui/Menu';
import { Confirm } from '../../ui/Modal';
import { Words } from '../../ui/Text';
import { toast } from '../../ui/toasts';
import { Time } from '../events/Time';
import { Loaded } from '../settings/Loaded';
import { NameDialog } from './NameDialog';

type Deed = 'rename' | 'archive' | 'bring-back' | 'delete';
type Open = { deed: 'create' } | { deed: Deed; organization: ListedOrganization };

export function Organizations() {
  const query = useQuery(allOrganizationsQuery);
  const own = new Set(useSession()?.organizations.map(({ id }) => id));
  const [open, setOpen] = useState<Open>();
  return (
    <Section
      title="Organizations"
      description="Each has a log, keys and members of its own, and sees nothing of the others. You see their names; of their events only where you are a member."
      actions={
        <Button icon={<Plus aria-hidden />} onPress={() => setOpen({ deed: 'create' })}>
          New organization
        </Button>
      }
    >
      <Card flush>
        <Loaded query={query} what="The organizations" lines={4}>
          {(organizations) => (
            <DataTable
              label="Organizations"
              columns={columnsOf(own, (deed, organization) => setOpen({ deed, organization }))}
              items={organizations}
              keyOf={({ id }) => id}
            />
          )}
        </Loaded>
      </Card>
      {open !== undefined && <Deeds open={open} onClose={() => setOpen(undefined)} />}
    </Section>
  );
}

function columnsOf(
  own: ReadonlySet<string>,
  onDeed: (deed: Deed, organization: ListedOrganization) => void,
): Column<ListedOrganization>[] {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [
    {
      id: 'name',
      title: 'Name',
      cell: ({ id, name, archived }) => (
        <Row gap={2}>
          {own.has(id) ? <Link href={places.events(id)}>{name}</Link> : <Words>{name}</Words>}
          {archived && <Badge tone="warn">Archived</Badge>}
          {!own.has(id) && <Badge>Not a member</Badge>}
        </Row>
      ),
    },
    { id: 'id', title: 'Id', cell: ({ id }) => <Copyable text={id} what="Id of the organization" /> },
    {
      id: 'created',
      title: 'Made',
      cell: (organization) => <Time instant={organization.created_at} zone={zone} style="relative" />,
    },
    {
      id: 'deeds',
      title: 'Actions',
      hideTitle: true,
      align: 'end',
      cell: (organization) => <DeedMenu organization={organization} onDeed={onDeed} />,
    },
  ];
}

interface DeedMenuProps {
  organization: ListedOrganization;
  onDeed: (deed: Deed, organization: ListedOrganization) => void;
}

function DeedMenu({ organization, onDeed }: DeedMenuProps) {
  const item = (deed: Deed) => ({ onAction: () => onDeed(deed, organization) });
  const label = `Actions for ${organization.name}`;
  return (
    <Menu
      label={label}
      at="bottom end"
      trigger={
        <IconButton label={label} size="s">
          <Ellipsis aria-hidden />
        </IconButton>
      }
    >
      {organization.archived ? (
        <>
          <MenuItem {...item('bring-back')}>Bring back</MenuItem>
          <MenuItem bad {...item('delete')}>
            Delete…
          </MenuItem>
        </>
      ) : (
        <>
          <MenuItem {...item('rename')}>Rename…</MenuItem>
          <MenuItem {...item('archive')}>Archive…</MenuItem>
        </>
      )}
    </Menu>
  );
}

function Deeds({ open, onClose }: { open: Open; onClose: () => void }) {
  if (open.deed === 'create') {
    return (
      <NameDialog
        title="New organization"
        label="Name"
        action="Make it"
        pointer="/name"
        onClose={onClose}
        onSubmit={async (name) => {
          await createOrganization(name);
          toast(`${name} is made; you are its first administrator`);
        }}
      >
        <Words as="p">It gets a log of its own at once. You are its first administrator.</Words>
      </NameDialog>
    );
  }
  const { deed, organization } = open;
  const { id, name } = organization;
  if (deed === 'rename') {
    return (
      <NameDialog
        title={`Rename ${name}`}
        label="Name"
        action="Rename"
        initial={name}
        pointer="/name"
        onClose={onClose}
        onSubmit={(text) => changeOrganization(id, { name: text })}
      />
    );
  }
  const common = { isOpen: true, onClose, explain };
  if (deed === 'archive') {
    return (
      <Confirm
        {...common}
        title={`Archive ${name}`}
        action="Archive"
        onConfirm={() => changeOrganization(id, { archived: true })}
      >
        <p>
          Its events stay and are read as before. Nothing is recorded any more: what its keys send is refused.
          Nothing is changed in it either, but that its admins still take away what has leaked, such as keys.
          It can be brought back.
        </p>
      </Confirm>
    );
  }
  if (deed === 'bring-back') {
    return (
      <Confirm
        {...common}
        title={`Bring ${name} back`}
        action="Bring back"
        isDangerous={false}
        onConfirm={() => changeOrganization(id, { archived: false })}
      >
        <p>Its keys record again, and its settings can be changed.</p>
      </Confirm>
    );
  }
  return (
    <Confirm
      {...common}
      title={`Delete ${name}`}
      action="Delete for good"
      typed={name}
      onConfirm={() => deleteOrganization(id)}
    >
      <p>
        There is no way back. Its keys work no more, its members belong to it no more, and its log is shown to
        nobody. Its events stay on the server’s disk until retention removes them.
      </p>
    </Confirm>
  );
}
