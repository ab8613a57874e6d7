/**
 * One event as a row of the table, or as a card where there is no room for columns. The row is what has
 * focus; its buttons are for a pointer, and for a keyboard once the row is the current one.
 */
import { Eye } from 'lucide-react';
import { type CSSProperties, memo } from 'react';

import type { Event } from '../../api/events';
import { classes } from '../../ui/classes';
import { IconButton } from '../../ui/Button';
import { CopyButton } from '../../ui/Copy';
import { Said } from '../../ui/Said';
import { ResultBadge } from './badges';
import type { ColumnLook, EventColumn } from './columns';
import styles from './Row.module.css';
import { Time } from './Time';

export interface EventRowProps {
  event: Event;
  columns: readonly EventColumn[];
  look: ColumnLook;
  /** Counted from 1, the head being the first. */
  number: number;
  isCard: boolean;
  isCurrent: boolean;
  isOpen: boolean;
  isFresh: boolean;
  style: CSSProperties;
  onOpen: (id: string) => void;
  onFocus: (id: string) => void;
}

export const EventRow = memo(function EventRow(props: EventRowProps) {
  const { event, number, isCard, isCurrent, isOpen, isFresh, style, onOpen, onFocus } = props;
  return (
    // The keys of rows are the table's, which holds them all.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      id={`event-${event.id}`}
      aria-rowindex={number}
      aria-selected={isOpen}
      tabIndex={isCurrent ? 0 : -1}
      className={classes(styles['row'], isCard && styles['card'], isFresh && styles['fresh'])}
      style={style}
      onClick={() => {
        // Whoever marks text in a row does not want to open it.
        if (window.getSelection()?.type !== 'Range') onOpen(event.id);
      }}
      onFocus={() => onFocus(event.id)}
    >
      {isCard ? <CardCells {...props} /> : <Cells {...props} />}
    </div>
  );
});

function Cells({ event, columns, look, isCurrent, onOpen }: EventRowProps) {
  return (
    <>
      {columns.map((column) => {
        const text = column.text(event);
        return (
          <div key={column.field} role="gridcell" className={styles['cell']}>
            <span className={styles['content']}>{column.cell(event, look)}</span>
            {text !== '' && (
              <span className={styles['copy']}>
                <CopyButton text={text} what={column.label} isReachable={isCurrent} />
              </span>
            )}
          </div>
        );
      })}
      <div role="gridcell" className={classes(styles['cell'], styles['end'])}>
        <CopyButton
          text={() => JSON.stringify(event, null, 2)}
          what="Event as JSON"
          isReachable={isCurrent}
        />
        <IconButton
          label="View event"
          size="s"
          excludeFromTabOrder={!isCurrent}
          onPress={() => onOpen(event.id)}
        >
          <Eye aria-hidden />
        </IconButton>
      </div>
    </>
  );
}

function CardCells({ event, look }: EventRowProps) {
  return (
    <div role="gridcell">
      <div className={styles['line']}>
        <Said text={event.name} strong />
        <ResultBadge result={event.result} />
      </div>
      <div className={styles['line']}>
        <Said text={event.description ?? event.action} />
      </div>
      <div className={classes(styles['line'], styles['muted'])}>
        <Said text={event.actor.name ?? event.actor.email ?? event.actor.id} />
        <Time instant={event.occurred_at} zone={look.zone} style={look.times} />
      </div>
    </div>
  );
}
