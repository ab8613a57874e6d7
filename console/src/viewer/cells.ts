/** What the cells of the table show, and how wide its columns are. */
import { partyName } from './party';
import type { SearchedRun } from '../lib/query/search';
import { cellValues } from '../lib/query/values';
import { shortenId } from '../lib/text/shorten';
import { visibleText } from '../lib/text/visible';
import { eventTypeBadge, resultBadge } from './badges';
import type { Event } from './connection';
import { make } from './dom';
import { said } from './texts';
import { timeElement, type TimeLook } from './times';

export interface CellLook extends TimeLook {
  readonly words: readonly SearchedRun[];
}

interface Width {
  /** In pixels. */
  readonly least: number;
  /** Its share of the room that is left. */
  readonly share: number;
}

const WIDTHS: ReadonlyMap<string, Width> = new Map([
  ['occurred_at', { least: 160, share: 0 }],
  ['received_at', { least: 160, share: 0 }],
  ['event', { least: 116, share: 1 }],
  ['category', { least: 120, share: 0.5 }],
  ['user', { least: 100, share: 0.8 }],
  ['description', { least: 140, share: 2.4 }],
  ['action', { least: 170, share: 1.2 }],
  ['event_type', { least: 164, share: 0 }],
  ['result', { least: 100, share: 0 }],
  ['actor.email', { least: 160, share: 1 }],
]);
const USUAL_WIDTH: Width = { least: 120, share: 1 };
/** Room for the buttons of a row, in pixels. */
const BUTTONS_PX = 58;

export interface GridWidths {
  readonly template: string;
  /** Narrower than this, in pixels, the table scrolls. */
  readonly least: number;
}

export function gridWidths(columns: readonly string[]): GridWidths {
  const widths = columns.map((column) => WIDTHS.get(column) ?? USUAL_WIDTH);
  const tracks = widths.map(({ least, share }) =>
    share === 0 ? `${least}px` : `minmax(${least}px, ${share}fr)`,
  );
  return {
    template: [...tracks, `minmax(${BUTTONS_PX}px, auto)`].join(' '),
    least: widths.reduce((sum, { least }) => sum + least, BUTTONS_PX),
  };
}

/** What a cell says, and what is copied of it; empty if the event has nothing there. */
export function cellText(event: Event, column: string): string {
  return cellValues(event, column).join(', ');
}

function isId(column: string): boolean {
  return column === 'id' || /(^|[._])id$/.test(column);
}

export function cellContent(event: Event, column: string, look: CellLook): Node | undefined {
  const text = cellText(event, column);
  switch (column) {
    case 'occurred_at':
    case 'received_at':
      return timeElement(event[column], look);
    case 'result':
      return resultBadge(event.result);
    case 'event_type':
      return eventTypeBadge(event);
    case 'event':
      return said(text, { words: look.words, strong: true });
    case 'action':
      return said(text, { words: look.words, mono: true });
    default:
      if (text === '') return undefined;
      if (isId(column))
        return make('span', { title: visibleText(text) }, said(shortenId(text), { mono: true }));
      return said(text, { words: look.words });
  }
}

/** A row as a card, where there is no room for columns. */
export function cardContent(event: Event, look: CellLook): Node[] {
  const { words } = look;
  return [
    make('div', { class: 'line' }, said(event.name, { words, strong: true }), resultBadge(event.result)),
    make('div', { class: 'line' }, said(event.description ?? event.action, { words })),
    make(
      'div',
      { class: 'line muted' },
      said(partyName(event.actor), { words }),
      timeElement(event.occurred_at, look),
    ),
  ];
}
