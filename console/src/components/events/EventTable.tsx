/**
 * The table of events. Only the rows that are seen are there; more are fetched before the end is reached, in
 * both directions.
 *
 * It must hold that what somebody looks at does not move: rows that come above push the page down by as much,
 * and the row that has focus keeps it. One row is the current one, which the keyboard moves; the table is one
 * stop of the Tab key.
 */
import {
  type KeyboardEvent,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

import type { Event } from '../../api/events';
import { classes } from '../../ui/classes';
import { Spinner } from '../../ui/Spinner';
import { columnOf, type ColumnLook, type EventColumn } from './columns';
import { EventRow } from './EventRow';
import styles from './EventTable.module.css';
import { TableHead } from './TableHead';
import { scrollDown, useRows } from './use-rows';
import { useSize } from './use-size';
import { keepWidths, readWidths } from './widths';

/** Below this width, in pixels, rows are cards. */
const CARDS_BELOW_PX = 640;
const CARD_PX = 84;
/** Rows from the end at which more are fetched. */
const AHEAD_ROWS = 30;
/** The height of the head, in pixels, as its style has it. */
const HEAD_PX = 32;
/** Room for the buttons of a row, in pixels. */
const BUTTONS_PX = 76;

export interface EventTableHandle {
  focus: () => void;
  move: (by: number) => void;
}

export interface EventTableProps {
  label: string;
  events: readonly Event[];
  /** How many there are in all. */
  total: number;
  columns: readonly string[];
  /** What columns are called here, where it is not what they are called elsewhere. */
  columnNames?: Readonly<Record<string, string>>;
  look: ColumnLook;
  order: 'asc' | 'desc';
  onOrder?: (order: 'asc' | 'desc') => void;
  openId?: string | undefined;
  onOpen: (id: string) => void;
  /** The current row, for keys that act on it. */
  onCurrent?: (event: Event | undefined) => void;
  /** Those that came while one looked. */
  freshIds?: ReadonlySet<string>;
  hasMore: boolean;
  onMore: () => void;
  hasBefore?: boolean;
  onBefore?: () => void;
  /** What is shown is not yet what is asked. */
  isStale?: boolean;
  onAtTop?: (isAtTop: boolean) => void;
  ref?: Ref<EventTableHandle>;
}

const NONE: ReadonlySet<string> = new Set();
const USUAL_NAMES: Readonly<Record<string, string>> = {};

export function EventTable(props: EventTableProps) {
  const { label, events, total, columns: fields, look, openId, onOpen, ref } = props;
  const { hasMore, onMore, hasBefore = false, onBefore, freshIds = NONE, isStale = false } = props;
  const { onAtTop, onCurrent, columnNames = USUAL_NAMES } = props;
  const frame = useRef<HTMLDivElement>(null);
  const { width } = useSize(frame);
  const isCards = width > 0 && width < CARDS_BELOW_PX;
  const { columns, template, resize } = useColumns(fields, columnNames, width);
  const rowHeight = useRowHeight(isCards);
  const [currentId, setCurrentId] = useState<string>();
  const found = events.findIndex(({ id }) => id === currentId);
  const current = found < 0 ? 0 : found;

  const rows = useRows({
    frame,
    count: events.length + (hasMore ? 1 : 0),
    rowHeight,
    headHeight: isCards ? 0 : HEAD_PX,
  });
  useKeptInPlace(frame, events, rowHeight);
  const { first, end } = rows;
  useEffect(() => {
    if (hasMore && end > events.length - AHEAD_ROWS) onMore();
  }, [hasMore, end, events.length, onMore]);
  useEffect(() => {
    if (hasBefore && events.length > 0 && first <= AHEAD_ROWS) onBefore?.();
  }, [hasBefore, first, events.length, onBefore]);

  const scrollTo = rows.show;
  const wanted = useRef<string>(undefined);
  const go = useCallback(
    (index: number) => {
      const event = events[Math.min(Math.max(index, 0), events.length - 1)];
      if (event === undefined) return;
      setCurrentId(event.id);
      scrollTo(events.indexOf(event));
      wanted.current = event.id;
      focusWanted(wanted);
    },
    [events, scrollTo],
  );
  // The row may only be there once what was scrolled to is drawn.
  useLayoutEffect(() => focusWanted(wanted));
  useImperativeHandle(
    ref,
    () => ({ focus: () => go(current), move: (by) => go(currentId === undefined ? 0 : current + by) }),
    [go, current, currentId],
  );
  const currentEvent = events[current];
  useEffect(
    () => onCurrent?.(currentId === undefined ? undefined : currentEvent),
    [onCurrent, currentId, currentEvent],
  );
  // Whoever closes the event goes on from its row.
  const [openBefore, setOpenBefore] = useState<string>();
  if (openId !== openBefore) {
    setOpenBefore(openId);
    if (openId !== undefined && events.some(({ id }) => id === openId)) setCurrentId(openId);
  }
  useEffect(() => {
    if (openId === undefined) return;
    const index = events.findIndex(({ id }) => id === openId);
    if (index < 0) return;
    scrollTo(index);
    // Only when another event is opened: rows that come do not scroll anything.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [openId]);

  const press = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLElement && event.target.getAttribute('role') !== 'row') return;
    const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? 0) / rowHeight) - 2);
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const by = moves[event.key];
    if (by !== undefined) go(current + by);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(events.length - 1);
    else if (event.key === 'Enter' && currentEvent !== undefined) onOpen(currentEvent.id);
    else return;
    event.preventDefault();
  };

  return (
    <div
      className={styles['frame']}
      ref={frame}
      onScroll={(event) => onAtTop?.(event.currentTarget.scrollTop < rowHeight / 2)}
    >
      <div
        role="grid"
        aria-label={label}
        aria-rowcount={total + 1}
        aria-busy={isStale}
        tabIndex={-1}
        className={classes(styles['grid'], isCards && styles['cards'])}
        onKeyDown={press}
      >
        {!isCards && (
          <TableHead
            columns={columns}
            template={template}
            order={props.order}
            onOrder={props.onOrder}
            onResize={resize}
          />
        )}
        <div
          role="rowgroup"
          className={classes(styles['body'], isStale && styles['stale'])}
          style={{ height: rows.height }}
        >
          {events.slice(first, end).map((event, offset) => {
            const index = first + offset;
            return (
              <EventRow
                key={event.id}
                event={event}
                columns={columns}
                look={look}
                number={index + 2}
                isCard={isCards}
                isCurrent={index === current}
                isOpen={event.id === openId}
                isFresh={freshIds.has(event.id)}
                style={{
                  transform: `translateY(${index * rowHeight}px)`,
                  ...(isCards ? { height: rowHeight } : { gridTemplateColumns: template }),
                }}
                onOpen={onOpen}
                onFocus={setCurrentId}
              />
            );
          })}
        </div>
      </div>
      {hasMore && end > events.length && (
        <div className={styles['more']} role="status">
          <Spinner label="Loading more" /> Loading more
        </div>
      )}
    </div>
  );
}

/** Focuses the row that the keyboard went to, as soon as it is there. */
function focusWanted(wanted: { current: string | undefined }) {
  if (wanted.current === undefined) return;
  const row = document.getElementById(`event-${wanted.current}`);
  if (row === null) return;
  wanted.current = undefined;
  row.focus({ preventScroll: true });
}

/** Below this width of the table, in pixels, columns begin narrower, so that the last one is seen. */
const NARROW_PX = 900;
const NARROW_PART = 0.82;

/** Times keep their width: half a time is none. */
function usual({ field, width }: EventColumn, frameWidth: number): number {
  const isNarrow = frameWidth > 0 && frameWidth < NARROW_PX && !field.endsWith('_at');
  return isNarrow ? Math.round(width * NARROW_PART) : width;
}

/** The columns with the widths that they have now. */
function useColumns(fields: readonly string[], names: Readonly<Record<string, string>>, frameWidth: number) {
  const [widths, setWidths] = useState(readWidths);
  const resize = useCallback((field: string, width: number) => {
    setWidths((before) => {
      const after = { ...before, [field]: width };
      keepWidths(after);
      return after;
    });
  }, []);
  return useMemo(() => {
    const columns = fields.map((field) => {
      const column = columnOf(field);
      return {
        ...column,
        label: names[field] ?? column.label,
        now: widths[field] ?? usual(column, frameWidth),
      };
    });
    const needed = columns.reduce((sum, { now }) => sum + now, BUTTONS_PX);
    const grows = columns.some((column) => column.grows && widths[column.field] === undefined);
    const template = columns
      .map((column) =>
        column.grows && widths[column.field] === undefined
          ? `minmax(${Math.min(column.now, 220)}px, 1fr)`
          : !grows && needed < frameWidth && column === columns.at(-1)
            ? `minmax(${column.now}px, 1fr)`
            : `${column.now}px`,
      )
      .join(' ');
    return { columns, template: `${template} ${BUTTONS_PX}px`, resize };
  }, [fields, names, widths, frameWidth, resize]);
}

/** The height of a row, in pixels; a finger needs higher ones. */
function useRowHeight(isCards: boolean): number {
  const [height, setHeight] = useState(36);
  useLayoutEffect(() => {
    const read = () => {
      const value = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row'));
      setHeight(isCards ? CARD_PX : Number.isFinite(value) ? value : 36);
    };
    read();
  }, [isCards]);
  return height;
}

/** Rows that come above those that were there push nothing away. */
function useKeptInPlace(
  frame: { readonly current: HTMLDivElement | null },
  events: readonly Event[],
  rowHeight: number,
) {
  const first = useRef<string>(undefined);
  useLayoutEffect(() => {
    const before = first.current;
    first.current = events[0]?.id;
    if (before === undefined || before === first.current || frame.current === null) return;
    const moved = events.findIndex(({ id }) => id === before);
    // At the top, one sees what comes; elsewhere the rows stay where they are.
    if (moved > 0 && frame.current.scrollTop > 0) {
      scrollDown(frame.current, frame.current.scrollTop + moved * rowHeight);
    }
  }, [events, frame, rowHeight]);
}
