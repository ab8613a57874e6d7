/**
 * The columns of a table of events: what each is called, how wide it is, and what its cells show.
 *
 * Any field can be a column. Those that people look at most have a shape of their own; the others show their
 * values as text.
 */
import type { ReactNode } from 'react';

import type { Event } from '../../api/events';
import { cellValues } from '../../lib/query/values';
import { columnLabel } from '../../lib/query/known-fields';
import type { SearchedRun } from '../../lib/query/search';
import { Said } from '../../ui/Said';
import { EventTypeBadge, ResultBadge } from './badges';
import { Id } from './Id';
import { Time, type TimeStyle } from './Time';

export interface ColumnLook {
  times: TimeStyle;
  zone: string;
  /** The words that were searched, to be marked. */
  words: readonly SearchedRun[];
}

export interface EventColumn {
  field: string;
  label: string;
  /** In pixels, as it begins. */
  width: number;
  least: number;
  /** Takes the room that is left. */
  grows: boolean;
  cell: (event: Event, look: ColumnLook) => ReactNode;
  /** What is copied. */
  text: (event: Event) => string;
}

/** The narrowest that a column is made, in pixels. */
const LEAST_PX = 64;

interface Shape {
  width: number;
  grows?: boolean;
  cell?: (event: Event, look: ColumnLook) => ReactNode;
}

const time = (field: 'occurred_at' | 'received_at'): Shape => ({
  width: 164,
  cell: (event, look) => <Time instant={event[field]} zone={look.zone} style={look.times} />,
});
const id = (width = 168): Shape => ({ width });

const SHAPES: Readonly<Record<string, Shape>> = {
  occurred_at: time('occurred_at'),
  received_at: time('received_at'),
  event: { width: 184, cell: (event) => <Said text={event.name} strong /> },
  category: { width: 128 },
  user: { width: 172 },
  description: {
    width: 320,
    grows: true,
    cell: (event, look) => <Said text={event.description ?? ''} marked={look.words} />,
  },
  action: { width: 250, grows: true, cell: (event) => <Said text={event.action} mono /> },
  event_type: { width: 190, cell: (event) => <EventTypeBadge type={event.event_type} badge={event.badge} /> },
  result: { width: 104, cell: (event) => <ResultBadge result={event.result} /> },
  'actor.email': { width: 220 },
  'actor.id': id(),
  'target.id': id(),
  'target.type': { width: 130 },
  id: id(),
  changes: { width: 220 },
};

/** What a cell says; empty if the event has nothing there. */
function cellText(event: Event, field: string): string {
  return cellValues(event, field).join(', ');
}

/** Fields whose values are ids, by how they are called. */
function isId(field: string): boolean {
  return field === 'id' || /(^|[._])id$/.test(field);
}

function plainCell(field: string) {
  return (event: Event, look: ColumnLook): ReactNode => {
    const text = cellText(event, field);
    if (text === '') return null;
    return isId(field) ? <Id id={text} /> : <Said text={text} marked={look.words} />;
  };
}

export function columnOf(field: string): EventColumn {
  const shape = SHAPES[field] ?? { width: 160 };
  return {
    field,
    label: columnLabel(field),
    width: shape.width,
    least: LEAST_PX,
    grows: shape.grows ?? false,
    cell: shape.cell ?? plainCell(field),
    text: (event) => cellText(event, field),
  };
}

/** The columns that are offered first; any other field can be named. */
export const OFFERED = [
  'occurred_at',
  'event',
  'category',
  'event_type',
  'action',
  'description',
  'user',
  'actor.email',
  'actor.id',
  'actor.type',
  'result',
  'target.type',
  'target.name',
  'target.id',
  'project_id',
  'context.ip',
  'context.user_agent',
  'context.session_id',
  'context.run_id',
  'authority',
  'reason',
  'phase',
  'level',
  'received_at',
  'id',
  'index',
] as const;
