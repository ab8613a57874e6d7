/** Whatever else is known, under the names that the catalog has for it. */
import { useQuery } from '@tanstack/react-query';

import { catalogQuery } from '../../api/catalog';
import type { Event } from '../../api/events';
import { Facts } from '../../ui/Facts';
import { useDetail } from './about';
import { Json } from './Json';
import { type MetadataRow, metadataRows, plainItems } from './metadata-rows';
import { Part } from './Part';
import { JsonValue } from './Value';

export function Metadata({ event }: { event: Event }) {
  const { organizationId } = useDetail();
  const catalog = useQuery(catalogQuery(organizationId)).data;
  const entry = catalog?.events.find(({ action }) => action === event.action);
  const rows = metadataRows(event.metadata ?? {}, entry);
  if (rows.length === 0) return null;
  const isTree = ({ value }: MetadataRow) =>
    typeof value === 'object' && value !== null && plainItems(value) === undefined;
  const [trees, plain] = [rows.filter(isTree), rows.filter((row) => !isTree(row))];
  return (
    <Part title="Metadata">
      {plain.length > 0 && (
        <Facts facts={plain.map((row) => ({ name: row.label, value: <MetadataValue row={row} /> }))} />
      )}
      {trees.map((row) => (
        <Json key={row.key} what={row.label} value={row.value} />
      ))}
    </Part>
  );
}

function MetadataValue({ row: { label, field, value } }: { row: MetadataRow }) {
  const items = plainItems(value);
  if (items === undefined) return <JsonValue about={{ label, field }} value={value} />;
  return items.map((item, index) => (
    <div key={`${index}`}>
      <JsonValue about={{ label, field }} value={item} />
    </div>
  ));
}
