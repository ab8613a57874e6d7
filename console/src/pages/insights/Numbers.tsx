/** The numbers at the head of the page. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';

import { fewEvents } from '../../api/events';
import { Figures } from '../../components/charts/Figures';
import { useLook } from '../../components/explorer/look';
import { numberLabel } from '../../lib/text/numbers';
import { ownWeekStart } from '../../lib/time/week-start';
import { eventsOf, over } from './insights-look';
import { previousOf } from './previous';

export function Numbers({ total, isStale }: { total: number; isStale: boolean }) {
  const look = useLook();
  const { organization, query, range, zone } = look;
  const [now] = useState(() => Date.now());
  const weekStart = query.week_start ?? ownWeekStart();
  const previous = useMemo(() => previousOf(range, { now, zone, weekStart }), [range, now, zone, weekStart]);
  const before = useQuery({
    ...fewEvents(organization.id, over(query, previous?.range ?? {}), 1),
    enabled: previous !== undefined,
  });
  const refused = useQuery(fewEvents(organization.id, { ...query, result: ['denied', 'failed'] }, 1));
  const open = useQuery(fewEvents(organization.id, { ...query, attempt: 'open' }, 1));
  const denied = useQuery(fewEvents(organization.id, { ...query, result: ['denied'] }, 1));
  return (
    <Figures
      figures={[
        { label: 'Events', value: isStale ? undefined : total, href: eventsOf(look) },
        ...(previous === undefined
          ? []
          : [
              {
                label: `In ${previous.label}`,
                value: before.data?.total,
                href: eventsOf(look, { range: previous.range }),
              },
            ]),
        {
          label: 'Denied or failed',
          value: refused.data?.total,
          href: eventsOf(look, { results: ['denied', 'failed'] }),
          note: denied.data === undefined ? undefined : `${numberLabel(denied.data.total)} of them denied`,
        },
        {
          label: 'Attempts without an outcome',
          value: open.data?.total,
          href: eventsOf(look, { openAttempts: true }),
        },
      ]}
    />
  );
}
