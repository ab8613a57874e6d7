/** Who acts most, on what, and how. */
import { useQuery } from '@tanstack/react-query';

import { type CountedValue, facetsQuery } from '../../api/events';
import { explain } from '../../api/problem';
import { type Ranked, RankedList } from '../../components/charts/RankedList';
import { useLook } from '../../components/explorer/look';
import { numberLabel } from '../../lib/text/numbers';
import { Card } from '../../ui/Layout';
import { Skeleton } from '../../ui/States';
import { Words } from '../../ui/Text';
import { eventsOf } from './insights-look';
import { type NamedField, useNames, type Words as Named } from './use-names';

/** How many of each are shown. */
const TOP = 8;
/** All three lists are one request. */
const FIELDS = ['actor.id', 'target.id', 'action'];

type Field = NamedField | 'action';

function useTop(field: Field) {
  const { organization, query } = useLook();
  const answer = useQuery(facetsQuery(organization.id, query, FIELDS, TOP));
  return { ...answer, facet: answer.data?.facets[field] };
}

interface TopCardProps {
  title: string;
  field: Field;
  what: string;
  names?: ReadonlyMap<string, Named>;
}

function TopCard({ title, field, what, names }: TopCardProps) {
  const look = useLook();
  const { facet, error, isPlaceholderData } = useTop(field);
  const item = ({ value, count }: CountedValue): Ranked => ({
    key: value,
    label: value,
    count,
    href: eventsOf(look, { filters: [{ field, op: 'is', value }] }),
    ...names?.get(value),
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
  return <NamedTop title="Most active" field="actor.id" what="actors" />;
}

export function TopResources() {
  return <NamedTop title="Most touched resources" field="target.id" what="resources" />;
}

export function TopActions() {
  return <TopCard title="Most frequent actions" field="action" what="actions" />;
}

function NamedTop({ title, field, what }: { title: string; field: NamedField; what: string }) {
  const { facet } = useTop(field);
  const names = useNames(field, facet?.values.map(({ value }) => value) ?? []);
  return <TopCard title={title} field={field} what={what} names={names} />;
}
