/** The people who own the server: they make organizations, and choose the owners. */
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';

import { addOwner, type InstanceOwner, ownersQuery, removeOwner } from '../../api/instance';
import { explain } from '../../api/problem';
import { useSession } from '../../api/session';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { type Column, DataTable } from '../../ui/DataTable';
import { Card, Row, Section } from '../../ui/Layout';
import { Confirm } from '../../ui/Modal';
import { Words } from '../../ui/Text';
import { toast } from '../../ui/toasts';
import { Time } from '../events/Time';
import { Loaded } from '../settings/Loaded';
import { NameDialog } from './NameDialog';

export function Owners() {
  const query = useQuery(ownersQuery);
  const ownId = useSession()?.user.id;
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<InstanceOwner>();
  const isLast = query.data?.length === 1;
  return (
    <Section
      title="Owners"
      description="They make, archive and delete organizations, and choose the owners; they see no events by that. The last owner stays."
      actions={
        <Button icon={<Plus aria-hidden />} onPress={() => setAdding(true)}>
          Add an owner
        </Button>
      }
    >
      <Card flush>
        <Loaded query={query} what="The owners" lines={3}>
          {(owners) => (
            <DataTable
              label="Owners"
              columns={columnsOf(ownId, isLast, setRemoving)}
              items={owners}
              keyOf={({ user_id: id }) => id}
            />
          )}
        </Loaded>
      </Card>
      {isAdding && (
        <NameDialog
          title="Add an owner"
          label="E-mail address"
          type="email"
          action="Make an owner"
          pointer="/email"
          onClose={() => setAdding(false)}
          onSubmit={async (email) => {
            await addOwner(email);
            toast(`${email} owns this server, too`);
          }}
        >
          <Words as="p">Somebody who has an account here. Owners may remove each other, and you.</Words>
        </NameDialog>
      )}
      {removing !== undefined && (
        <Confirm
          title="Remove an owner"
          action={removing.user_id === ownId ? 'Give it up' : 'Remove'}
          isOpen
          onClose={() => setRemoving(undefined)}
          onConfirm={() => removeOwner(removing.user_id)}
          explain={explain}
        >
          <p>
            {removing.user_id === ownId
              ? 'You will not own this server any more, and this page closes. Another owner can make you one again.'
              : `${removing.email} will not own this server any more. The account and its memberships stay.`}
          </p>
        </Confirm>
      )}
    </Section>
  );
}

function columnsOf(
  ownId: string | undefined,
  isLast: boolean,
  onRemove: (owner: InstanceOwner) => void,
): Column<InstanceOwner>[] {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [
    {
      id: 'person',
      title: 'Person',
      cell: ({ user_id: id, name, email }) => (
        <Row gap={2}>
          <Words>{name === '' ? email : name}</Words>
          {name !== '' && <Words tone="muted">{email}</Words>}
          {id === ownId && <Badge tone="accent">You</Badge>}
        </Row>
      ),
    },
    {
      id: 'since',
      title: 'Since',
      cell: (owner) => <Time instant={owner.created_at} zone={zone} style="relative" />,
    },
    {
      id: 'remove',
      title: 'Remove',
      hideTitle: true,
      align: 'end',
      cell: (owner) =>
        isLast ? null : (
          <Button size="s" aria-label={`Remove ${owner.email}`} onPress={() => onRemove(owner)}>
            Remove
          </Button>
        ),
    },
  ];
}
