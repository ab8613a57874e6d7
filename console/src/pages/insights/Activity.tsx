/** How much happened over time, with the time before as a faint line. */
import { useQuery } from '@tanstack/react-query';
import { Table2 } from 'lucide-react';
import { useMemo, useState } from 'react';

import { type EventHistogram, histogramQuery } from '../../api/events';
import { TimeChart } from '../../components/charts/TimeChart';
import { useLook } from '../../components/explorer/look';
import { ownWeekStart } from '../../lib/time/week-start';
import { Toggle } from '../../ui/Button';
import { Card } from '../../ui/Layout';
import { Words } from '../../ui/Text';
import { over, useBarLinks } from './insights-look';
import { previousOf } from './previous';

/** Higher than in the explorer: here it is what one looks at. In pixels. */
const HEIGHT_PX = 150;

export function Activity({ histogram, isStale }: { histogram: EventHistogram; isStale: boolean }) {
  const { organization, query, range, zone, change } = useLook();
  const [now] = useState(() => Date.now());
  const [isTable, setTable] = useState(false);
  const links = useBarLinks(isStale);
  const weekStart = query.week_start ?? ownWeekStart();
  const previous = useMemo(() => previousOf(range, { now, zone, weekStart }), [range, now, zone, weekStart]);
  const before = useQuery({
    ...histogramQuery(organization.id, over(query, previous?.range ?? {}), { interval: histogram.interval }),
    enabled: previous !== undefined && !isStale,
  });
  const isCompared = previous !== undefined && before.data !== undefined && !before.isPlaceholderData;
  const compare = isCompared
    ? { label: `In ${previous.label}`, counts: before.data.buckets.map(({ count }) => count) }
    : undefined;
  return (
    <Card
      level={2}
      title={`Events by ${histogram.interval}`}
      actions={
        <Toggle
          size="s"
          icon={<Table2 aria-hidden />}
          isSelected={isTable}
          onChange={setTable}
          aria-label="Show events over time as a table"
        >
          Table
        </Toggle>
      }
    >
      <TimeChart
        label={`Events by ${histogram.interval}`}
        buckets={histogram.buckets}
        interval={histogram.interval}
        zone={zone}
        weekStart={weekStart}
        onZoom={(span) => change({ range: span })}
        links={links}
        compare={compare}
        isStale={isStale}
        showTable={isTable}
        height={HEIGHT_PX}
      />
      <Words size="s" tone="muted" as="p">
        A bar leads to its events; draw over several to look closer.
        {compare !== undefined && ` The dashed line is ${previous?.label ?? 'the time before'}, bar by bar.`}
      </Words>
    </Card>
  );
}
