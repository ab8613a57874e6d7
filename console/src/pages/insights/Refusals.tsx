/** What was denied, and what failed: when, to whom, and doing what. */
import { useQuery } from '@tanstack/react-query';
import { Table2 } from 'lucide-react';
import { useState } from 'react';

import { type BucketInterval, facetsQuery, histogramQuery } from '../../api/events';
import { explain } from '../../api/problem';
import { Legend } from '../../components/charts/Legend';
import { RankedList } from '../../components/charts/RankedList';
import { seriesOf } from '../../components/charts/stack';
import { TimeChart } from '../../components/charts/TimeChart';
import { useLook } from '../../components/explorer/look';
import { useValueLabel } from '../../components/explorer/use-value-label';
import type { EventResult } from '../../lib/query/state';
import { ownWeekStart } from '../../lib/time/week-start';
import { Toggle } from '../../ui/Button';
import { Card, Columns, Row, Stack } from '../../ui/Layout';
import { Skeleton } from '../../ui/States';
import { Heading, Words } from '../../ui/Text';
import { eventsOf, useBarLinks } from './insights-look';
import { useNames } from './use-names';

const REFUSED: EventResult[] = ['denied', 'failed'];
const REFUSED_ONLY = { results: REFUSED };
/** How many actors and actions are shown. */
const TOP = 6;

export function Refusals({ interval }: { interval: BucketInterval }) {
  const { organization, query, zone, change } = useLook();
  const [isTable, setTable] = useState(false);
  const valueLabel = useValueLabel('result');
  const refused = { ...query, result: REFUSED };
  const { data, error, isPlaceholderData } = useQuery(
    histogramQuery(organization.id, refused, { interval, splitBy: 'result' }),
  );
  const links = useBarLinks(isPlaceholderData, REFUSED_ONLY);
  const series = data === undefined ? [] : seriesOf(data.buckets, 'result');
  return (
    <Card
      level={2}
      title="Denied and failed"
      actions={
        <Row gap={2} justify="end">
          <Legend
            label="Colours: result"
            series={series.map((one) =>
              one.kind === 'value' ? { ...one, label: valueLabel(one.value) } : one,
            )}
          />
          <Toggle
            size="s"
            icon={<Table2 aria-hidden />}
            isSelected={isTable}
            onChange={setTable}
            aria-label="Show denied and failed as a table"
          >
            Table
          </Toggle>
        </Row>
      }
    >
      {data === undefined ? (
        error === null ? (
          <Skeleton lines={4} label="Counting what was denied and failed" />
        ) : (
          <Words tone="bad">{explain(error)}</Words>
        )
      ) : series.length === 0 && !isPlaceholderData ? (
        <Words tone="muted" as="p">
          Nothing was denied and nothing failed in this time.
        </Words>
      ) : (
        <>
          <TimeChart
            label={`Denied and failed by ${data.interval}`}
            buckets={data.buckets}
            interval={data.interval}
            zone={zone}
            weekStart={query.week_start ?? ownWeekStart()}
            field="result"
            valueLabel={valueLabel}
            onZoom={(span) => change({ range: span })}
            links={links}
            isStale={isPlaceholderData}
            showTable={isTable}
          />
          <Columns least={300} gap={5}>
            <Refused title="Whose" field="actor.id" />
            <Refused title="Doing what" field="action" />
          </Columns>
        </>
      )}
    </Card>
  );
}

function Refused({ title, field }: { title: string; field: 'actor.id' | 'action' }) {
  const look = useLook();
  const { data, error, isPlaceholderData } = useQuery(
    facetsQuery(look.organization.id, { ...look.query, result: REFUSED }, ['actor.id', 'action'], TOP),
  );
  const values = data?.facets[field]?.values;
  const ids = field === 'actor.id' ? values?.map(({ value }) => value) : undefined;
  const names = useNames('actor.id', ids ?? []);
  return (
    <Stack gap={2}>
      <Heading level={3}>{title}</Heading>
      {error !== null && values === undefined && <Words tone="bad">{explain(error)}</Words>}
      {values === undefined ? (
        error === null && <Skeleton lines={TOP} />
      ) : (
        <RankedList
          label={`Denied and failed: ${title.toLowerCase()}`}
          isStale={isPlaceholderData}
          isMono={field === 'action'}
          items={values.map(({ value, count }) => ({
            key: value,
            label: value,
            count,
            href: eventsOf(look, { results: REFUSED, filters: [{ field, op: 'is', value }] }),
            ...names.get(value),
          }))}
        />
      )}
    </Stack>
  );
}
