/**
 * The explorer as tests go about it: its address, what it shows, and what the API says of the same question.
 *
 * It must hold that what is expected never comes from the page: it is what the test recorded, or what the API
 * answers to a request of the test's own.
 */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

import { call, type Place } from './api.js';

/** How long the page may take to show an answer. In milliseconds. */
export const PATIENCE_MS = 20_000;

/** A query as the address and the API have it. */
export type Asked = Readonly<Record<string, string | readonly string[]>>;

/** Parameters that only the page knows. */
const OF_THE_PAGE = ['view', 'columns', 'split', 'live'];

export interface RecordedEvent {
  readonly id: string;
  readonly name: string;
  readonly action: string;
  readonly category: string;
  readonly occurred_at: string;
  readonly description: string;
  readonly organization_id: string;
  readonly actor: { readonly id: string; readonly name?: string; readonly email?: string };
}

interface Answer {
  readonly total: number;
  readonly data: readonly RecordedEvent[];
}

function written(asked: Asked): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    for (const one of typeof value === 'string' ? [value] : value) search.append(name, one);
  }
  return search.toString();
}

/** The address of a look at events, with one of them open if it is named. */
export function lookAt(place: Place, asked: Asked = {}, eventId?: string): string {
  const event = eventId === undefined ? '' : `/${eventId}`;
  return `/o/${place.organizationId}/events${event}?${written(asked)}`;
}

/** What the API answers to the same question. */
export async function answerOf(place: Place, asked: Asked): Promise<Answer> {
  const query = Object.fromEntries(Object.entries(asked).filter(([name]) => !OF_THE_PAGE.includes(name)));
  const path = `/v1/events?${written({ limit: '500', tz: 'UTC', ...query })}`;
  return (await call(place, 'GET', path, undefined, place.keys.read)) as Answer;
}

/** The part of the page with the list and its tools. */
export function listOf(page: Page): Locator {
  return page.getByRole('region', { name: 'Events', exact: true });
}

export function gridOf(page: Page): Locator {
  return page.getByRole('grid', { name: /: events$/ });
}

/** The rows with events that are drawn: all of a short list. */
export function rowsOf(page: Page): Locator {
  return gridOf(page).locator('[role="row"][id^="event-"]');
}

export function rowOf(page: Page, eventId: string): Locator {
  return page.locator(`[id="event-${eventId}"]`);
}

/** A value in the facets; those of the chart's legend are others. */
export function facetOf(page: Page, field: string, value: string): Locator {
  const values = page.getByRole('complementary', { name: 'Facets' }).getByRole('list', { name: field });
  return values.locator('button[aria-pressed]', { hasText: value });
}

/** The open event. */
export function detailOf(page: Page): Locator {
  return page.getByRole('region', { name: 'Event details' });
}

/** A part of the open event. */
export function partOf(page: Page, title: string): Locator {
  return detailOf(page).getByRole('region', { name: title });
}

/** What stands behind a name in a list of facts. */
export function factOf(within: Locator, name: string): Locator {
  return within.locator('dt', { hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd');
}

/** The names above the columns. The last column has the buttons. */
export async function columnsOf(page: Page): Promise<string[]> {
  await rowsOf(page).first().waitFor();
  return (await gridOf(page).getByRole('columnheader').allTextContents()).map((text) => text.trim());
}

/** What the rows that are drawn say in a column. */
export async function cellsOf(page: Page, column: string): Promise<string[]> {
  const at = (await columnsOf(page)).indexOf(column);
  if (at < 0) throw new Error(`there is no column ${column}`);
  const cells = rowsOf(page).locator(`[role="gridcell"]:nth-child(${at + 1})`);
  return (await cells.allTextContents()).map((text) => text.trim());
}

/** Waits until the page says that so many events match. */
export async function expectTotal(page: Page, total: number): Promise<void> {
  const words = `${total.toLocaleString('en-US')} event${total === 1 ? '' : 's'}`;
  const shown = listOf(page).getByText(/^[\d,]+ events?$/);
  await expect
    .poll(async () => (await shown.count()) === 1 && (await shown.textContent()), {
      timeout: PATIENCE_MS,
      message: `the total at ${page.url()}`,
    })
    .toBe(words);
  // What was there before stays until the answer is drawn.
  await listOf(page).locator('[role="grid"][aria-busy="true"]').waitFor({ state: 'detached' });
}

/** Waits until the address asks this. */
export async function expectAsked(page: Page, name: string, values: readonly string[]): Promise<void> {
  await expect
    .poll(() => new URL(page.url()).searchParams.getAll(name), { timeout: PATIENCE_MS, message: page.url() })
    .toEqual(values);
}

/** What has the focus, in a word; `body` where it was lost. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const at = document.activeElement;
    if (at === null || at === document.body) return 'body';
    return at.getAttribute('aria-label') ?? (at.id || at.tagName.toLowerCase());
  });
}

/** Whether the page scrolls sideways. */
export function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

/** The rows of a CSV file, by RFC 4180. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let isQuoted = false;
  const end = () => {
    rows.at(-1)?.push(cell);
    cell = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (char === '"') isQuoted = true;
    else if (char === ',') end();
    else if (char === '\n') {
      end();
      rows.push([]);
    } else if (char !== '\r') cell += char;
  }
  if (cell !== '' || (rows.at(-1)?.length ?? 0) > 0) end();
  return rows.filter((row) => row.length > 0);
}
