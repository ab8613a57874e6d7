/** What went silent: steady activity, and then none. It says how it knows. */
import type { EventHistogram } from '../../api/events';
import { explain } from '../../api/problem';
import { type Line, Lines } from '../../components/charts/Lines';
import { LEAST_EVENTS } from '../../components/charts/silence';
import { Sparkline } from '../../components/charts/Sparkline';
import { useLook } from '../../components/explorer/look';
import { plural } from '../../lib/text/numbers';
import { bucketLabel } from '../../lib/time/axis';
import { rangeLabel } from '../../lib/time/labels';
import { Card } from '../../ui/Layout';
import { Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';
import { eventsOf } from './insights-look';
import { type Silent as SilentOne, useSilence } from './use-silence';

export function Silent({ histogram }: { histogram: EventHistogram }) {
  const look = useLook();
  const { cut, silent, error } = useSilence(histogram);
  const line = ({ field, value, buckets, last, count }: SilentOne): Line => {
    const lastBucket = buckets[last];
    const since = lastBucket === undefined ? '' : `, the last ${bucketLabel(lastBucket, look.zone)}`;
    return {
      key: `${field}:${value}`,
      label: value,
      isMono: field === 'action',
      detail: `${plural(count, 'event')}${since}`,
      // Nothing came after the cut, so that these are the same events and none is left out.
      href: eventsOf(look, {
        range: { from: cut?.from, to: cut?.to },
        filters: [{ field, op: 'is', value }],
      }),
      end: <Sparkline buckets={buckets} />,
    };
  };
  return (
    <Card level={2} title="Went silent">
      {cut === undefined ? (
        <Words tone="muted" as="p">
          This time is too short to tell. Choose a longer one.
        </Words>
      ) : silent === undefined ? (
        error === undefined ? (
          <Skeleton lines={3} label="Looking for silence" />
        ) : (
          <Words tone="bad">{explain(error)}</Words>
        )
      ) : silent.length === 0 ? (
        <Words tone="muted" as="p">
          Nobody who was steadily active went silent, and no action either.
        </Words>
      ) : (
        <Lines label="Went silent" lines={silent.map(line)} />
      )}
      {cut !== undefined && (
        <Words size="s" tone="muted" as="p">
          {`Actors and actions with at least ${LEAST_EVENTS} events, on most ${histogram.interval}s from their first to their last, and none in the last fifth of this time: ${rangeLabel({ from: cut.cut, to: cut.to }, look.zone)}.`}
        </Words>
      )}
    </Card>
  );
}
