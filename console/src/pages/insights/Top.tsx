/** Who acts most, on what, and how. */
import { useQueries, useQuery } from '@tanstack/react-query';

import { type CountedValue, facetsQuery, fewEvents } from '../../api/events';
import { explain } from '../../api/problem';
import { type Ranked, RankedList } from '../../components/charts/RankedList';
import { useLook } from '../../components/explorer/look';
import { writeFilter } from '../../lib/query/filters';
import { numberLabel } from '../../lib/text/numbers';
import { Card } from '../../ui/Layout';
import { Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';
import { eventsOf } from './insights-look';

/** How many of each are shown. */
const TOP = 8;
/** All three lists are one request. */
const FIELDS = ['user', 'target.id', 'action'];

type Field = 'user' | 'target.id' | 'action';

function useTop(field: Field) {
  const { organization, query } = useLook();
  const answer = useQuery(facetsQuery(organization.id, query, FIELDS, TOP));
  return { ...answer, facet: answer.data?.facets[field] };
}

interface TopCardProps {
  title: string;
  field: Field;
  what: string;
  detailOf?: (value: string) => Pick<Ranked, 'label' | 'detail'> | undefined;
}

function TopCard({ title, field, what, detailOf }: TopCardProps) {
  const look = useLook();
  const { facet, error, isPlaceholderData } = useTop(field);
  const item = ({ value, count }: CountedValue): Ranked => ({
    key: value,
    label: value,
    count,
    href: eventsOf(look, { filters: [{ field, op: 'is', value }] }),
    ...detailOf?.(value),
  });
  const hidden = (facet?.distinct ?? 0) - (facet?.values.length ?? 0);
  return (
    <Card level={2} title={title}>
      {facet === undefined ? (
        error === null ? (
          <Skeleton lines={TOP} label={`Counting ${what}`} />
        ) : (
          <Words tone="bad">{explain(error)}</Words>
        )
      ) : (
        <>
          <RankedList
            label={title}
            items={facet.values.map(item)}
            isStale={isPlaceholderData}
            isMono={field === 'action'}
          />
          {hidden > 0 && (
            <Words size="s" tone="faint" as="p">
              {`and ${numberLabel(hidden)} more ${what}`}
            </Words>
          )}
        </>
      )}
    </Card>
  );
}

export function TopActors() {
  return <TopCard title="Most active" field="user" what="actors" />;
}

export function TopActions() {
  return <TopCard title="Most frequent actions" field="action" what="actions" />;
}

/** An id says little: its name and type are those of the newest event that has it. */
export function TopResources() {
  const { organization, query } = useLook();
  const { facet } = useTop('target.id');
  const ids = facet?.values.map(({ value }) => value) ?? [];
  const newest = useQueries({
    queries: ids.map((value) => {
      const filter = [writeFilter({ field: 'target.id', op: 'is', value })];
      return fewEvents(organization.id, { ...query, filter }, 1);
    }),
  });
  const known = new Map<string, Pick<Ranked, 'label' | 'detail'>>();
  ids.forEach((id, at) => {
    const target = newest[at]?.data?.data[0]?.targets?.find((one) => one.id === id);
    if (target !== undefined) known.set(id, { label: target.name ?? id, detail: target.type });
  });
  return (
    <TopCard
      title="Most touched resources"
      field="target.id"
      what="resources"
      detailOf={(value) => known.get(value)}
    />
  );
}
