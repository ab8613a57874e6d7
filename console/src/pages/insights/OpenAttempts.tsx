/** What was announced and has no outcome, the newest first. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { fewEvents } from '../../api/events';
import { places } from '../../api/places';
import { explain } from '../../api/problem';
import { type Line, Lines } from '../../components/charts/Lines';
import { useLook } from '../../components/explorer/look';
import { plural } from '../../lib/text/numbers';
import { relativeTime } from '../../lib/time/formats';
import { writeSearch } from '../../lib/query/state';
import { ButtonLink } from '../../ui/Button';
import { Card } from '../../ui/Layout';
import { Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';
import { eventsOf } from './insights-look';

const SHOWN = 6;

export function OpenAttempts() {
  const look = useLook();
  const [now] = useState(() => Date.now());
  const { data, error } = useQuery(
    fewEvents(look.organization.id, { ...look.query, attempt: 'open' }, SHOWN),
  );
  const search = writeSearch({ ...look.state, range: look.range, openAttempts: true });
  const line = (event: NonNullable<typeof data>['data'][number]): Line => ({
    key: event.id,
    label: event.description ?? event.name,
    detail: `${event.actor.name ?? event.actor.email ?? event.actor.id}, ${relativeTime(event.occurred_at, look.zone, now)}`,
    href: places.event(look.organization.id, event.id, search),
  });
  return (
    <Card
      level={2}
      title="Attempts without an outcome"
      actions={
        data !== undefined &&
        data.total > 0 && (
          <ButtonLink size="s" look="quiet" href={eventsOf(look, { openAttempts: true })}>
            {`See ${plural(data.total, 'attempt')}`}
          </ButtonLink>
        )
      }
    >
      {data === undefined ? (
        error === null ? (
          <Skeleton lines={3} label="Looking for attempts" />
        ) : (
          <Words tone="bad">{explain(error)}</Words>
        )
      ) : data.data.length === 0 ? (
        <Words tone="muted" as="p">
          Every attempt of this time has its outcome.
        </Words>
      ) : (
        <Lines label="Attempts without an outcome" lines={data.data.map(line)} />
      )}
      <Words size="s" tone="muted" as="p">
        Those just announced may still be under way.
      </Words>
    </Card>
  );
}
