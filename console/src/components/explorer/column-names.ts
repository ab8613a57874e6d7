/**
 * What columns are called in the views that everybody has, where that is not what they are called elsewhere: the
 * words are those that the readers of such a view know.
 */
import type { SavedView } from '../../api/views';

export type ColumnNames = Readonly<Record<string, string>>;

const USUAL: ColumnNames = {};

const NAMES: ReadonlyMap<string, ColumnNames> = new Map([
  ['view_change_history', { occurred_at: 'Timestamp' }],
  ['view_security', { occurred_at: 'Timestamp', 'actor.email': 'Actor', description: 'Action' }],
]);

/** The names of a view. With columns of the reader's own, each is called as everywhere. */
export function columnNames(view: SavedView | undefined, hasOwnColumns: boolean): ColumnNames {
  return (!hasOwnColumns && view !== undefined && NAMES.get(view.id)) || USUAL;
}
