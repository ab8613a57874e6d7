/** What machines know the event by. */
import { useQuery } from '@tanstack/react-query';

import type { Event } from '../../api/events';
import type { OwnOrganization } from '../../api/session';
import { absoluteTime } from '../../lib/time/formats';
import { Facts, type Fact } from '../../ui/Facts';
import { eventCheckQuery } from '../proof/checks';
import { useDetail } from './about';
import { Part } from './Part';
import { Shown, TextValue, Value } from './Value';

export interface TechnicalProps {
  organization: OwnOrganization;
  event: Event;
  /** Whether it is time to ask for the leaf's hash. */
  isReady: boolean;
}

export function Technical({ organization, event, isReady }: TechnicalProps) {
  const { zone } = useDetail();
  const check = useQuery({ ...eventCheckQuery(organization, event), enabled: isReady }).data;
  const id = (name: string, field: string, text: string): Fact => ({
    name,
    value: <TextValue about={{ label: name, field }} text={text} mono />,
  });
  const facts: Fact[] = [
    id('Event ID', 'id', event.id),
    id('Organization ID', 'organization_id', event.organization_id),
    {
      name: 'Actor ID',
      value: (
        <TextValue
          about={{ label: 'Actor ID', field: 'actor.id', actor: event.actor }}
          text={event.actor.id}
          mono
        />
      ),
    },
    {
      name: 'Actor Type',
      value: <TextValue about={{ label: 'Actor type', field: 'actor.type' }} text={event.actor.type} mono />,
    },
    {
      name: 'Index',
      value: (
        <Value about={{ label: 'Index', field: 'index', text: String(event.index), value: event.index }}>
          <Shown text={String(event.index)} mono />
        </Value>
      ),
    },
    {
      name: 'Received At',
      value: (
        <Value about={{ label: 'Received at', text: event.received_at }}>
          <time dateTime={event.received_at}>{absoluteTime(event.received_at, zone, 'microseconds')}</time>
        </Value>
      ),
    },
    id('Phase', 'phase', event.phase),
    id('Catalog Version', 'catalog_version', event.catalog_version),
  ];
  if (check?.leafHash !== undefined) {
    facts.push({
      name: 'Leaf Hash',
      value: (
        <Value about={{ label: 'Leaf hash', text: check.leafHash }}>
          <Shown text={check.leafHash} mono />
        </Value>
      ),
    });
  }
  return (
    <Part title="Technical Information">
      <Facts facts={facts} />
    </Part>
  );
}
