/** The head of the table: names of columns, handles to make them wider, and the order by time. */
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useState } from 'react';

import type { EventColumn } from './columns';
import styles from './EventTable.module.css';
import { bounded } from './widths';

/** How far an arrow key moves an edge, in pixels. */
const KEY_STEP_PX = 16;

export interface TableHeadProps {
  columns: readonly (EventColumn & { now: number })[];
  template: string;
  order: 'asc' | 'desc';
  onOrder: ((order: 'asc' | 'desc') => void) | undefined;
  onResize: (field: string, width: number) => void;
}

export function TableHead({ columns, template, order, onOrder, onResize }: TableHeadProps) {
  return (
    <div role="rowgroup" className={styles['heads']}>
      <div role="row" aria-rowindex={1} className={styles['head']} style={{ gridTemplateColumns: template }}>
        {columns.map((column) => (
          <div
            key={column.field}
            role="columnheader"
            className={styles['title']}
            {...(column.field === 'occurred_at' && {
              'aria-sort': order === 'asc' ? ('ascending' as const) : ('descending' as const),
            })}
          >
            {column.field === 'occurred_at' && onOrder !== undefined ? (
              <button
                type="button"
                className={styles['sort']}
                onClick={() => onOrder(order === 'asc' ? 'desc' : 'asc')}
              >
                <span>{column.label}</span>
                {order === 'asc' ? (
                  <ArrowUp aria-label="oldest first" />
                ) : (
                  <ArrowDown aria-label="newest first" />
                )}
              </button>
            ) : (
              <span title={column.label}>{column.label}</span>
            )}
            <Handle column={column} onResize={onResize} />
          </div>
        ))}
        <div role="columnheader" className={styles['title']}>
          <span className="visually-hidden">Details</span>
        </div>
      </div>
    </div>
  );
}

interface HandleProps {
  column: EventColumn & { now: number };
  onResize: (field: string, width: number) => void;
}

function Handle({ column, onResize }: HandleProps) {
  const [from, setFrom] = useState<{ x: number; width: number }>();
  const to = (width: number) => onResize(column.field, bounded(width, column.least));
  return (
    // A separator that moves is a control, whatever the rule thinks of separators.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${column.label}`}
      aria-valuenow={column.now}
      aria-valuemin={column.least}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={styles['resize']}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        setFrom({ x: event.clientX, width: column.now });
      }}
      onPointerMove={(event) => {
        if (from !== undefined) to(from.width + event.clientX - from.x);
      }}
      onPointerUp={() => setFrom(undefined)}
      onDoubleClick={() => to(column.width)}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') to(column.now - KEY_STEP_PX);
        else if (event.key === 'ArrowRight') to(column.now + KEY_STEP_PX);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
