/** What a dry run says: how many events would go, from when to when, how many bytes, and of which projects. */
import type { EventsTold, RetentionPreview } from '../../../api/retention';
import { keptFor } from '../../../lib/settings/retention';
import { bytesLabel, numberLabel } from '../../../lib/text/numbers';
import { Callout } from '../../../ui/Callout';
import { Stack } from '../../../ui/Layout';
import { Said } from '../../../ui/Said';
import { Words } from '../../../ui/Text';
import { Received } from './Received';
import styles from './Retention.module.css';

export function WouldGo({ preview }: { preview: RetentionPreview }) {
  const { total, projects, further_projects: further } = preview;
  return (
    <Stack gap={3}>
      <Going told={total} />
      {projects.length > 0 && (
        <ul className={styles['breakdown']} aria-label="Of these, in projects with a rule of their own">
          {projects.map(({ project_id: id, name, in_force: kept, events, bytes }) => (
            <li key={id}>
              <span>
                <Said text={name} /> <Words tone="muted">kept {keptFor(kept)}</Words>
              </span>
              <Words tabular>
                {events === 0 ? 'nothing' : `${numberLabel(events)} (${bytesLabel(bytes)})`}
              </Words>
            </li>
          ))}
        </ul>
      )}
      {further > 0 && (
        <Words size="s" tone="muted">
          {further === 1 ? '1 further project has' : `${numberLabel(further)} further projects have`} a rule
          of their own: what would go there is in the number above.
        </Words>
      )}
    </Stack>
  );
}

function Going({ told }: { told: EventsTold }) {
  if (told.events === 0) {
    return (
      <Callout kind="good" title="Nothing would go now">
        No event is old enough yet.
      </Callout>
    );
  }
  return (
    <Callout
      kind="warn"
      title={`${numberLabel(told.events)} ${told.events === 1 ? 'event' : 'events'} would go (${bytesLabel(told.bytes)})`}
    >
      <Received told={told} />
    </Callout>
  );
}
