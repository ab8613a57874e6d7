/**
 * Tables of settings and the like: some hundred rows at most, all of them there. (Events have a table of
 * their own.) Where the window is narrow, each row is a small card that names its cells.
 */
import type { ReactNode } from 'react';

import styles from './DataTable.module.css';
import { classes } from './classes';

export interface Column<Item> {
  id: string;
  /** Heard only, if it is hidden. */
  title: string;
  hideTitle?: boolean;
  cell: (item: Item) => ReactNode;
  align?: 'start' | 'end';
  /** As CSS has widths. */
  width?: string;
}

export interface DataTableProps<Item> {
  label: string;
  columns: readonly Column<Item>[];
  items: readonly Item[];
  keyOf: (item: Item) => string;
  /** Stands in place of rows. */
  empty?: ReactNode;
}

export function DataTable<Item>({ label, columns, items, keyOf, empty }: DataTableProps<Item>) {
  if (items.length === 0 && empty !== undefined) return <>{empty}</>;
  return (
    <div className={styles['frame']}>
      {/* eslint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role */}
      {/* The roles are written out: as cards, rows and cells are no table to the browser any more. */}
      <table className={styles['table']} aria-label={label} role="table">
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                role="columnheader"
                className={column.align === 'end' ? styles['end'] : undefined}
                style={column.width === undefined ? undefined : { width: column.width }}
              >
                <span className={column.hideTitle === true ? 'visually-hidden' : undefined}>
                  {column.title}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {items.map((item) => (
            <tr key={keyOf(item)} role="row">
              {columns.map((column) => (
                <td
                  key={column.id}
                  role="cell"
                  className={classes(column.align === 'end' && styles['end'])}
                  {...(column.hideTitle === true ? {} : { 'data-title': column.title })}
                >
                  {column.cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {/* eslint-enable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role */}
    </div>
  );
}
