/**
 * One event as a row of the table, or as a card. The row is what has focus; its buttons are made once somebody
 * points at it or focuses it, and the Tab key stops at those of the current row alone.
 */
import { columnLabel } from '../lib/query/known-fields';
import { eventJson } from '../lib/text/copy';
import { visibleText } from '../lib/text/visible';
import { cardContent, cellContent, type CellLook, cellText } from './cells';
import type { Event } from './connection';
import { button, make } from './dom';
import { icon } from './icons';

export interface TableLook extends CellLook {
  readonly columns: readonly string[];
  /** There is no room for columns. */
  readonly isCards: boolean;
}

export interface RowActions {
  readonly onOpen: (event: Event) => void;
  readonly onCopy: (text: string, what: string) => void;
}

export class Row {
  readonly element: HTMLElement;
  private readonly cells = new Map<string, HTMLElement>();
  private readonly end: HTMLElement | undefined;
  private buttons: readonly HTMLButtonElement[] | undefined;
  private isCurrent = false;

  constructor(
    readonly event: Event,
    look: TableLook,
    private readonly actions: RowActions,
  ) {
    this.element = make('div', { role: 'row', class: look.isCards ? 'row card' : 'row', part: 'row' });
    if (look.isCards) {
      this.element.append(
        make('div', { role: 'gridcell', 'aria-colspan': look.columns.length }, ...cardContent(event, look)),
      );
    } else {
      for (const column of look.columns) this.element.append(this.cell(column, look));
      this.end = make('div', { role: 'gridcell', class: 'cell end', part: 'cell' });
      this.element.append(this.end);
    }
    this.element.addEventListener('pointerenter', () => this.addButtons());
    this.element.addEventListener('focusin', () => this.addButtons());
    this.element.addEventListener('click', (press) => {
      const isButton = press.target instanceof Element && press.target.closest('button') !== null;
      // Whoever marks text in a row does not want to open it.
      if (!isButton && document.getSelection()?.type !== 'Range') this.actions.onOpen(event);
    });
  }

  /** What changes while the row stays. `number` counts from 1, the head being the first. */
  update(change: { number: number; isCurrent: boolean; isOpen: boolean; isFresh: boolean }): void {
    this.isCurrent = change.isCurrent;
    this.element.setAttribute('aria-rowindex', String(change.number));
    this.element.setAttribute('aria-selected', String(change.isOpen));
    this.element.tabIndex = change.isCurrent ? 0 : -1;
    this.element.classList.toggle('fresh', change.isFresh);
    for (const one of this.buttons ?? []) one.tabIndex = change.isCurrent ? 0 : -1;
  }

  private cell(column: string, look: TableLook): HTMLElement {
    const content = make('span', { class: 'content' }, cellContent(this.event, column, look));
    const cell = make('div', { role: 'gridcell', class: 'cell', part: 'cell' }, content);
    this.cells.set(column, cell);
    return cell;
  }

  private addButtons(): void {
    if (this.buttons !== undefined || this.end === undefined) return;
    const made: HTMLButtonElement[] = [];
    const small = (label: string, name: 'copy' | 'next', onPress: () => void) => {
      const tabindex = this.isCurrent ? 0 : -1;
      const one = button({ label, class: 'button small quiet', tabindex, onPress }, icon(name));
      made.push(one);
      return one;
    };
    for (const [column, cell] of this.cells) {
      const text = cellText(this.event, column);
      if (text === '') continue;
      const label = visibleText(columnLabel(column));
      const copy = small(`Copy ${label.charAt(0).toLowerCase()}${label.slice(1)}`, 'copy', () =>
        this.actions.onCopy(text, label),
      );
      cell.append(make('span', { class: 'copy' }, copy));
    }
    this.end.append(
      small('Copy event as JSON', 'copy', () => this.actions.onCopy(eventJson(this.event), 'Event as JSON')),
      small('View event', 'next', () => this.actions.onOpen(this.event)),
    );
    this.buttons = made;
  }
}
