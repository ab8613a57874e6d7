/**
 * The table of events, in a frame that scrolls: its head, its rows, and what comes after the last of them.
 *
 * It must hold that rows that stay are the same elements, so that focus and what somebody marked stay, and that
 * the table is one stop of the Tab key: one row is the current one, which the keyboard moves.
 */
import { columnLabel } from '../lib/query/known-fields';
import { numberLabel, plural } from '../lib/text/numbers';
import { visibleText } from '../lib/text/visible';
import { gridWidths } from './cells';
import type { Event } from './connection';
import { arrange, button, make, unseen } from './dom';
import type { LogState } from './log';
import { Row, type RowActions, type TableLook } from './row';
import { said } from './texts';
import { refreshTimes } from './times';

/** Rows that PageDown moves by. */
const PAGE_ROWS = 10;
/** How near to the top is at the top, in pixels. */
const TOP_PX = 18;

export interface TableActions extends RowActions {
  readonly onMore: () => void;
  readonly onScroll: () => void;
}

export class Table {
  readonly element: HTMLElement;
  private readonly grid = make('div', { role: 'grid', class: 'grid', 'aria-label': 'Events' });
  private readonly head = make('div', { role: 'rowgroup', class: 'head' });
  private readonly body = make('div', { role: 'rowgroup', class: 'body' });
  private readonly end = make('div', { class: 'more' });
  private readonly ahead = make('div', { class: 'ahead', 'aria-hidden': 'true' });
  private readonly watcher: IntersectionObserver | undefined;
  private rows = new Map<string, Row>();
  private events: readonly Event[] = [];
  private look: TableLook | undefined;
  private currentId: string | undefined;

  constructor(private readonly actions: TableActions) {
    this.grid.append(this.head, this.body);
    this.grid.addEventListener('keydown', (press) => this.press(press));
    this.grid.addEventListener('focusin', (focus) => this.focused(focus));
    this.element = make('div', { class: 'frame', part: 'table' }, this.grid, this.end);
    this.element.addEventListener('scroll', () => this.actions.onScroll(), { passive: true });
    if ('IntersectionObserver' in globalThis) {
      this.watcher = new IntersectionObserver((entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) this.actions.onMore();
      });
    }
  }

  get isAtTop(): boolean {
    return this.element.scrollTop < TOP_PX;
  }

  get current(): Event | undefined {
    return this.events.find(({ id }) => id === this.currentId);
  }

  show(state: LogState, look: TableLook, openId: string | undefined): void {
    if (look !== this.look) this.relook(look);
    this.events = state.events;
    if (openId !== undefined) this.currentId = openId;
    if (this.current === undefined) this.currentId = state.events[0]?.id;
    this.grid.setAttribute('aria-rowcount', String(state.total + 1));
    this.grid.setAttribute('aria-busy', String(state.isStale));
    this.body.classList.toggle('stale', state.isStale && !state.isExpired);

    const rows = new Map<string, Row>();
    for (const event of state.events) {
      const row = this.rows.get(event.id) ?? new Row(event, look, this.actions);
      rows.set(event.id, row);
    }
    this.rows = rows;
    let number = 2;
    for (const [id, row] of rows) {
      const isCurrent = id === this.currentId;
      row.update({ number, isCurrent, isOpen: id === openId, isFresh: state.fresh.has(id) });
      number += 1;
    }
    arrange(
      this.body,
      [...rows.values()].map(({ element }) => element),
    );
    this.showEnd(state);
  }

  /** Goes to another row, as far as there are any. */
  move(by: number): void {
    const at = this.events.findIndex(({ id }) => id === this.currentId);
    this.go(at + by);
  }

  focus(): void {
    this.move(0);
  }

  toTop(): void {
    this.element.scrollTop = 0;
  }

  refreshTimes(): void {
    if (this.look?.isRelative === true) refreshTimes(this.body, this.look);
  }

  dispose(): void {
    this.watcher?.disconnect();
  }

  private relook(look: TableLook): void {
    this.look = look;
    this.rows = new Map();
    this.grid.classList.toggle('cards', look.isCards);
    const { template, least } = gridWidths(look.columns);
    this.grid.style.setProperty('--columns', template);
    this.grid.style.setProperty('--least', `${least}px`);
    const heads = look.columns.map((column) => {
      const label = columnLabel(column);
      return make(
        'div',
        { role: 'columnheader', class: 'cell', part: 'header', title: visibleText(label) },
        said(label),
      );
    });
    const end = make('div', { role: 'columnheader', class: 'cell end', part: 'header' }, unseen('Actions'));
    this.head.replaceChildren(make('div', { role: 'row', class: 'row', 'aria-rowindex': 1 }, ...heads, end));
  }

  private go(to: number): void {
    const event = this.events[Math.min(Math.max(to, 0), this.events.length - 1)];
    if (event === undefined) return;
    this.setCurrent(event.id);
    const row = this.rows.get(event.id)?.element;
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: 'nearest' });
  }

  private setCurrent(id: string): void {
    for (const one of [this.currentId, id]) {
      const row = one === undefined ? undefined : this.rows.get(one);
      if (row !== undefined) row.element.tabIndex = one === id ? 0 : -1;
      for (const control of row?.element.querySelectorAll('button') ?? [])
        control.tabIndex = one === id ? 0 : -1;
    }
    this.currentId = id;
  }

  private focused({ target }: FocusEvent): void {
    const row = target instanceof Element ? target.closest('.row') : null;
    const found = [...this.rows].find(([, { element }]) => element === row);
    if (found !== undefined && found[0] !== this.currentId) this.setCurrent(found[0]);
  }

  private press(press: KeyboardEvent): void {
    if (press.target instanceof Element && press.target.getAttribute('role') !== 'row') return;
    if (press.ctrlKey || press.metaKey || press.altKey) return;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      PageDown: PAGE_ROWS,
      PageUp: -PAGE_ROWS,
      Home: -this.events.length,
      End: this.events.length,
    };
    const by = Object.hasOwn(moves, press.key) ? moves[press.key] : undefined;
    const { current } = this;
    if (by !== undefined) this.move(by);
    else if (current !== undefined && (press.key === 'Enter' || press.key === ' '))
      this.actions.onOpen(current);
    else return;
    press.preventDefault();
    press.stopPropagation();
  }

  private showEnd({ more, events, total, problem }: LogState): void {
    this.watcher?.unobserve(this.ahead);
    const load = () => button({ onPress: () => this.actions.onMore() }, 'Load more');
    switch (more) {
      case 'none':
        this.end.replaceChildren();
        break;
      case 'there':
        this.end.replaceChildren(this.ahead, load());
        this.watcher?.observe(this.ahead);
        break;
      case 'loading':
        this.end.replaceChildren(make('span', { class: 'spinner', 'aria-hidden': 'true' }), 'Loading more');
        break;
      case 'failed':
        this.end.replaceChildren(`${problem?.title ?? 'More could not be loaded'}.`, load());
        break;
      case 'enough':
        this.end.replaceChildren(
          `The first ${numberLabel(events.length)} of ${plural(total, 'event')}. Narrow the search to see others.`,
        );
    }
  }
}
