/** At which hours of which days of the week things happen. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { type EventHistogram, histogramQuery } from '../../api/events';
import { explain } from '../../api/problem';
import { HeatMap, weekdaysFrom } from '../../components/charts/HeatMap';
import { RankedList } from '../../components/charts/RankedList';
import { fitsInHours, foldIntoDays, foldIntoWeek } from '../../components/charts/week';
import { useLook } from '../../components/explorer/look';
import { numberLabel } from '../../lib/text/numbers';
import { ownWeekStart } from '../../lib/time/week-start';
import { Card } from '../../ui/Layout';
import { Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';

/** Most buckets of one histogram. */
const MAX_BUCKETS = 5000;

/** The ends of what the buckets cover, in milliseconds. */
function endsOf({ buckets }: EventHistogram): readonly [number, number] {
  const [first, last] = [buckets[0], buckets.at(-1)];
  return [Date.parse(first?.start ?? ''), Date.parse(last?.end ?? '')];
}

export function Rhythm({ histogram }: { histogram: EventHistogram }) {
  const { organization, query, zone } = useLook();
  const [now] = useState(() => Date.now());
  const weekStart = query.week_start ?? ownWeekStart();
  const [from, to] = endsOf(histogram);
  const byHour = fitsInHours(from, to, MAX_BUCKETS);
  const { data, error, isPlaceholderData } = useQuery(
    histogramQuery(organization.id, query, { interval: byHour ? 'hour' : 'day' }),
  );
  const label = `Average events by ${byHour ? 'hour' : 'day'} of the week`;
  return (
    <Card level={2} title={byHour ? 'Hours of the week' : 'Days of the week'}>
      {data === undefined ? (
        error === null ? (
          <Skeleton lines={7} label="Counting hours" />
        ) : (
          <Words tone="bad">{explain(error)}</Words>
        )
      ) : data.interval === 'hour' ? (
        <HeatMap
          label={label}
          week={foldIntoWeek(data.buckets, zone, weekStart, now)}
          weekStart={weekStart}
          isStale={isPlaceholderData}
        />
      ) : (
        <RankedList
          label={label}
          isStale={isPlaceholderData}
          format={(average) => numberLabel(Math.round(average))}
          items={foldIntoDays(data.buckets, zone, weekStart, now).map(({ average }, day) => {
            const name = weekdaysFrom(weekStart)[day] ?? '';
            return { key: name, label: name, count: average };
          })}
        />
      )}
      <Words size="s" tone="muted" as="p">
        {byHour
          ? `Averages over the hours that have begun, by the clocks of ${zone.replaceAll('_', ' ')}.`
          : `Averages by day: this time is too long to be counted by the hour. Choose up to 200 days for hours.`}
      </Words>
    </Card>
  );
}
