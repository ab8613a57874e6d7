/** The log's head: how much it holds, what was signed and when, and by which key. */
import { useQuery } from '@tanstack/react-query';
import { Globe, Lock } from 'lucide-react';
import { Link } from 'react-aria-components';

import type { LogHead } from '../../api/log';
import { places } from '../../api/places';
import type { OwnOrganization } from '../../api/session';
import { numberLabel } from '../../lib/text/numbers';
import { absoluteTime } from '../../lib/time/formats';
import { Badge } from '../../ui/Badge';
import { Copyable } from '../../ui/Copy';
import { Facts, type Fact } from '../../ui/Facts';
import { Card } from '../../ui/Layout';
import { Words } from '../../ui/Text';
import { checkpointOfSizeQuery } from './checks';

export interface LogFactsProps {
  organization: OwnOrganization;
  head: LogHead;
  zone: string;
}

export function LogFacts({ organization, head, zone }: LogFactsProps) {
  const { data: published } = useQuery(checkpointOfSizeQuery(organization.id, head.size));
  const facts: Fact[] = [
    { name: 'Events', value: <Words tabular>{numberLabel(head.size)}</Words> },
    {
      name: 'Signed',
      value: (
        <Words tabular>
          {published === undefined || published === null
            ? '…'
            : `${absoluteTime(published.signed_at, zone, 'milliseconds')} ${zone}, by the server’s clock`}
        </Words>
      ),
    },
    { name: 'Root', value: <Copyable text={head.root} what="Root" /> },
    { name: 'Log', value: <Copyable text={head.origin} what="Name of the log" /> },
    {
      name: 'Verifier key',
      value: (
        <>
          <Copyable text={head.verifier_key} what="Verifier key" />
          <Words as="p" size="s" tone="muted">
            Keep it where the server’s operator cannot write: whoever can change the log could change it here.
          </Words>
        </>
      ),
    },
    { name: 'Who may read it', value: <Access organization={organization} isPublic={head.public} /> },
  ];
  if (head.minimum_index > 0) {
    facts.push({
      name: 'Removed',
      value: `The content of events below number ${numberLabel(head.minimum_index)} was removed when its time was over. Their hashes are there, so all proofs hold.`,
    });
  }
  return (
    <Card>
      <Facts facts={facts} />
    </Card>
  );
}

function Access({ organization, isPublic }: { organization: OwnOrganization; isPublic: boolean }) {
  return (
    <>
      {isPublic ? (
        <Badge tone="note" icon={<Globe aria-hidden />}>
          Public
        </Badge>
      ) : (
        <Badge icon={<Lock aria-hidden />}>Private</Badge>
      )}{' '}
      {isPublic
        ? 'Anybody may read checkpoints and entries, without a key. They tell how many events there are, when each was received and its ID, and nothing else.'
        : 'Checkpoints and entries take a key of this organization that may read.'}{' '}
      <Link href={places.settings(organization.id)}>Change it in the settings</Link>
    </>
  );
}
