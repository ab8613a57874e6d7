/** What happened, in the words of the people who ask first. */
import type { Event, Party } from '../../api/events';
import { absoluteTime } from '../../lib/time/formats';
import { Facts, type Fact } from '../../ui/Facts';
import { Words } from '../../ui/Text';
import { EventTypeBadge, ResultBadge, resultLabel } from '../events/badges';
import { useDetail } from './about';
import { Part } from './Part';
import { Shown, TextValue, Value } from './Value';

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

export function Overview({ event }: { event: Event }) {
  return (
    <Part title="Overview">
      <Facts facts={overviewFacts(event)} />
    </Part>
  );
}

function overviewFacts(event: Event): Fact[] {
  const { result, event_type: type, badge, level, reason, project_id: project } = event;
  const kinds = [...new Set((event.targets ?? []).map((target) => target.type))];
  return [
    { name: 'Timestamp', value: <Timestamp event={event} /> },
    {
      name: 'Result',
      value: (
        <Value about={{ label: 'Result', field: 'result', text: result }}>
          <ResultBadge result={result} />
          <span className="visually-hidden">{resultLabel(result)}</span>
        </Value>
      ),
    },
    { name: 'Actor', value: <Actor actor={event.actor} /> },
    {
      name: 'Action',
      value: (
        <>
          <TextValue
            about={{ label: 'Description', field: 'description' }}
            text={event.description ?? event.name}
            isMultiline
          />
          <br />
          <Words size="s" tone="muted">
            <TextValue about={{ label: 'Action', field: 'action' }} text={event.action} mono />
          </Words>
        </>
      ),
    },
    ...(kinds.length === 0 ? [] : [{ name: 'Resource Type', value: <ResourceTypes kinds={kinds} /> }]),
    {
      name: 'Category',
      value: <TextValue about={{ label: 'Category', field: 'category' }} text={event.category} />,
    },
    {
      name: 'Event Type',
      value: (
        <Value about={{ label: 'Event Type', field: 'event_type', text: type }}>
          {type} <EventTypeBadge type={type} badge={badge} />
        </Value>
      ),
    },
    {
      name: 'Level',
      value: (
        <Value about={{ label: 'Level', field: 'level', text: level }}>
          <Shown text={capital(level)} />
        </Value>
      ),
    },
    ...(project === undefined
      ? []
      : [
          {
            name: 'Project',
            value: <TextValue about={{ label: 'Project', field: 'project_id' }} text={project} mono />,
          },
        ]),
    ...(reason === undefined
      ? []
      : [
          {
            name: 'Reason',
            value: <TextValue about={{ label: 'Reason', field: 'reason' }} text={reason} isMultiline />,
          },
        ]),
  ];
}

function Timestamp({ event }: { event: Event }) {
  const { zone } = useDetail();
  return (
    <Value about={{ label: 'Timestamp', text: event.occurred_at }}>
      <time dateTime={event.occurred_at}>{absoluteTime(event.occurred_at, zone, 'microseconds')}</time>{' '}
      <Words tone="muted">{zone}</Words>
    </Value>
  );
}

/** By e-mail address as far as there is one, and by name beside it. */
function Actor({ actor }: { actor: Party }) {
  const { name, email, id } = actor;
  const shown = email ?? name ?? id;
  const field = email !== undefined ? 'actor.email' : name !== undefined ? 'actor.name' : 'actor.id';
  return (
    <>
      <TextValue about={{ label: 'Actor', field, actor }} text={shown} />
      {email !== undefined && name !== undefined && name !== '' && (
        <>
          <br />
          <Words tone="muted">
            <Shown text={name} />
          </Words>
        </>
      )}
    </>
  );
}

function ResourceTypes({ kinds }: { kinds: readonly string[] }) {
  return kinds.map((kind) => (
    <div key={kind}>
      <TextValue about={{ label: 'Resource Type', field: 'target.type' }} text={kind} />
    </div>
  ));
}
