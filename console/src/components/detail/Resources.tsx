/** What was acted on, each with whatever else is known of it. */
import type { Event, Party } from '../../api/events';
import { pathOf } from '../../lib/query/fields';
import { fieldLabel } from '../../lib/query/known-fields';
import { Facts, type Fact } from '../../ui/Facts';
import { Part } from './Part';
import { partyIcon, partyName } from './parties';
import styles from './Resources.module.css';
import { JsonValue, TextValue } from './Value';

/** Resources that are shown before one asks for the others. */
export const MAX_RESOURCES = 50;

export function Resources({ event }: { event: Event }) {
  const targets = event.targets ?? [];
  if (targets.length === 0) return null;
  return (
    <Part title={targets.length === 1 ? 'Resource' : `Resources (${targets.length})`}>
      <ul className={styles['list']}>
        {targets.slice(0, MAX_RESOURCES).map((target, index) => (
          <li key={`${index}:${target.id}`} className={styles['resource']}>
            <Resource target={target} />
          </li>
        ))}
      </ul>
      {targets.length > MAX_RESOURCES && (
        <p>{targets.length - MAX_RESOURCES} more are in the event’s JSON.</p>
      )}
    </Part>
  );
}

function Resource({ target }: { target: Party }) {
  return (
    <>
      <div className={styles['name']}>
        {partyIcon(target.type)}
        <TextValue about={nameAbout(target)} text={partyName(target)} strong />
      </div>
      <Facts facts={resourceFacts(target)} />
    </>
  );
}

/** What the heading of a resource is: its name, or what stands in place of one. */
function nameAbout({ name, email }: Party) {
  if (name !== undefined && name !== '') return { label: 'Resource name', field: 'target.name' };
  if (email !== undefined && email !== '') return { label: 'Resource email', field: 'target.email' };
  return { label: 'Resource ID', field: 'target.id' };
}

function resourceFacts({ type, id, email, metadata = {} }: Party): Fact[] {
  const fact = (label: string, field: string, text: string | undefined, mono = false): Fact[] =>
    text === undefined || text === ''
      ? []
      : [{ name: label, value: <TextValue about={{ label, field }} text={text} mono={mono} /> }];
  return [
    ...fact('Resource Type', 'target.type', type),
    {
      name: 'Resource ID',
      value: (
        <TextValue
          about={{ label: 'Resource ID', field: 'target.id', whole: 'See all about this resource' }}
          text={id}
          mono
        />
      ),
    },
    ...fact('Email', 'target.email', email),
    ...Object.entries(metadata).map(([key, value]) => {
      const field = pathOf(['target', 'metadata', key]);
      const label = fieldLabel(field);
      return { name: label, value: <JsonValue about={{ label, field }} value={value} /> };
    }),
  ];
}
