/** Metadata as it is shown: what the catalog knows of it first and under its label, then the rest. */
import type { CatalogEntry } from '../../api/catalog';
import { fieldLabel } from '../../lib/query/known-fields';
import { pathOf } from '../../lib/query/fields';

export interface MetadataRow {
  key: string;
  label: string;
  /** The path to filter by. */
  field: string;
  value: unknown;
}

export function metadataRows(
  metadata: Readonly<Record<string, unknown>>,
  entry: Pick<CatalogEntry, 'metadata'> | undefined,
): MetadataRow[] {
  const known = new Map((entry?.metadata ?? []).map(({ key, label }, place) => [key, { label, place }]));
  const placeOf = (key: string) => known.get(key)?.place ?? known.size;
  return Object.entries(metadata)
    .map(([key, value]) => {
      const field = pathOf(['metadata', key]);
      return { key, label: known.get(key)?.label ?? fieldLabel(field), field, value };
    })
    .sort((a, b) => placeOf(a.key) - placeOf(b.key));
}

/** Most items of a list that stand one by one. */
const MAX_ITEMS = 20;

/** The items of a short list of plain values, which can each be filtered by; undefined for anything else. */
export function plainItems(value: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ITEMS) return undefined;
  const items: readonly unknown[] = value;
  return items.every((item) => typeof item !== 'object' || item === null) ? items : undefined;
}
