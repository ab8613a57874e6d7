/** When retention runs, what became of the last run, and all that was ever removed; and a run at once. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

import { membersQuery } from '../../../api/members';
import type { RetentionRun, RetentionSettings } from '../../../api/retention';
import { may } from '../../../api/session';
import { bytesLabel, numberLabel } from '../../../lib/text/numbers';
import { absoluteTime } from '../../../lib/time/formats';
import { ownZone } from '../../../lib/time/zones';
import { Badge, type Tone } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { Facts } from '../../../ui/Facts';
import { Card, Row, Section } from '../../../ui/Layout';
import { Said } from '../../../ui/Said';
import { Words } from '../../../ui/Text';
import { useOrganization } from '../../shell/use-organization';
import { calledBy } from '../PersonName';
import { useStanding } from '../standing';
import { When } from '../When';
import { Received } from './Received';
import { RunNow } from './RunNow';

const STATUS: Record<RetentionRun['status'], { label: string; tone: Tone; explained: string }> = {
  running: { label: 'Running', tone: 'note', explained: 'It goes on in the background.' },
  succeeded: { label: 'Succeeded', tone: 'good', explained: 'All that was to go is gone.' },
  failed: {
    label: 'Failed',
    tone: 'bad',
    explained:
      'The server’s log says why. It is tried again every five minutes; what went before is told here.',
  },
  interrupted: {
    label: 'Interrupted',
    tone: 'warn',
    explained: 'The server was stopped during it. What went before is told here.',
  },
};

/** Nothing goes by a run where everything is kept for ever. */
function removesNothing({ in_force, projects }: RetentionSettings): boolean {
  return in_force.keep !== 'days' && projects.every((project) => project.in_force.keep !== 'days');
}

export function Runs({ settings }: { settings: RetentionSettings }) {
  const { mayChange } = useStanding();
  const [asks, setAsks] = useState(false);
  const { last_run: run, removed, next_run_at: next } = settings;
  const keepsAll = removesNothing(settings);
  const isRunning = run?.status === 'running';
  return (
    <Section
      title="Runs"
      description="Once a day, soon after midnight UTC, what is old enough goes."
      actions={
        mayChange('retention.manage') && (
          <Button isDisabled={keepsAll || isRunning} onPress={() => setAsks(true)}>
            Run now…
          </Button>
        )
      }
    >
      {settings.waits_until !== null && (
        <Callout kind="warn">
          The server’s clock is far ahead of when the server last ran, so nothing goes by itself until{' '}
          <When instant={settings.waits_until} />. If the clock is wrong, set it right; if it is right, “Run
          now” does not wait.
        </Callout>
      )}
      <Card>
        <Facts
          facts={[
            {
              name: 'Next run',
              value: next === null ? 'None: everything is kept for ever' : <When instant={next} />,
            },
            { name: 'Last run', value: run === null ? 'There was none yet' : <Run run={run} /> },
            {
              name: 'Removed ever',
              value:
                removed === null
                  ? 'Nothing'
                  : `${numberLabel(removed.events)} events (${bytesLabel(removed.bytes)}), all below index ${numberLabel(removed.end_index)}`,
            },
            ...(removed === null || removed.minimum_index === 0
              ? []
              : [
                  {
                    name: 'Minimum index',
                    value: `${numberLabel(removed.minimum_index)}: below it the log serves hashes alone`,
                  },
                ]),
          ]}
        />
      </Card>
      {asks && <RunNow onClose={() => setAsks(false)} />}
    </Section>
  );
}

/** What a member is called; keys, and people who may not be seen, by their ids. */
function useMemberName(): (id: string) => string {
  const organization = useOrganization();
  const members = useQuery({
    ...membersQuery(organization.id),
    enabled: may(organization, 'members.read'),
  });
  return (id) => {
    const member = members.data?.find(({ user_id }) => user_id === id);
    return member === undefined ? id : calledBy(member);
  };
}

function Run({ run }: { run: RetentionRun }): ReactNode {
  const { label, tone, explained } = STATUS[run.status];
  const nameOf = useMemberName();
  return (
    <>
      <Row>
        <Badge tone={tone}>{label}</Badge>
        <span>
          <When instant={run.finished_at ?? run.started_at} />
          {run.requested_by !== null && (
            <>
              , asked for by <Said text={nameOf(run.requested_by)} />
            </>
          )}
        </span>
      </Row>
      <Words as="p" tone="muted">
        {explained}{' '}
        {run.events === 0
          ? 'Nothing was removed.'
          : `${numberLabel(run.events)} events were removed (${bytesLabel(run.bytes)}).`}{' '}
        <Received told={run} />
        {run.cutoff !== null &&
          ` What was received before ${absoluteTime(run.cutoff, ownZone(), 'seconds')} was to go.`}
      </Words>
    </>
  );
}
