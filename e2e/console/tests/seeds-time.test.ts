/** The time selection of the audit log: presets, the calendar, and what is written below it. */
import type { Locator, Page } from 'playwright-core';
import { inject } from 'vitest';

import { record, unique } from '../api.js';
import { answerOf, type Asked, expectAsked, expectTotal, lookAt } from '../explorer.js';
import { expect, test as base } from '../fixtures.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
/** How many days ago the events of the test happened, each half an hour after midnight. */
const DAYS_AGO = [0, 1, 2, 6, 7, 15, 29, 30, 45, 70, 89, 90, 200, 300, 364, 400, 500, 800];

const startOfToday = () => Math.floor(Date.now() / DAY_MS) * DAY_MS;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

interface Spread {
  readonly all: Asked;
  readonly times: readonly number[];
}

const test = base.extend<{ spread: Spread }>({
  spread: [
    async ({}, use) => {
      const project = unique('times');
      const times = DAYS_AGO.map((days) => startOfToday() - days * DAY_MS + DAY_MS / 48);
      await record(
        inject('demo'),
        ...times.map((ms) => ({
          action: 'role.created',
          actor: { type: 'user', id: 'times' },
          project_id: project,
          occurred_at: new Date(ms).toISOString(),
        })),
      );
      await use({ all: { project_id: project, week_start: 'monday' }, times });
    },
    { scope: 'file' },
  ],
});

/** From when until before when a preset goes, by the words of its description; undefined for no end. */
function meant(preset: string): readonly [number, number] {
  const today = startOfToday();
  const now = new Date(today);
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const sinceMonday = (now.getUTCDay() + 6) % 7;
  const monday = today - sinceMonday * DAY_MS;
  const last = (days: number) => [today - (days - 1) * DAY_MS, today + DAY_MS] as const;
  switch (preset) {
    case 'Today':
      return last(1);
    case 'Yesterday':
      return [today - DAY_MS, today];
    case 'This Week':
      return [monday, monday + 7 * DAY_MS];
    case 'This Month':
      return [Date.UTC(year, month), Date.UTC(year, month + 1)];
    case 'Last Month':
      return [Date.UTC(year, month - 1), Date.UTC(year, month)];
    case 'Last 24 Hours':
      return [Date.now() - DAY_MS, Date.now()];
    case 'Last 7 Days':
      return last(7);
    case 'Last 30 Days':
      return last(30);
    case 'Last 90 Days':
      return last(90);
    case 'This Year':
      return [Date.UTC(year, 0), Date.UTC(year + 1, 0)];
    case 'Last Year':
      return [Date.UTC(year - 1, 0), Date.UTC(year, 0)];
    default:
      return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  }
}

function timeButton(page: Page): Locator {
  return page.getByRole('button', { name: /^Time range: / });
}

async function openTimes(page: Page): Promise<Locator> {
  await timeButton(page).click();
  const panel = page.getByRole('dialog', { name: 'Time range' });
  await panel.getByRole('grid').waitFor();
  return panel;
}

/** The days that are highlighted in the month that is shown. */
async function highlighted(panel: Locator): Promise<number> {
  return panel.getByRole('gridcell', { selected: true }).count();
}

const PRESETS = [
  'All Time',
  'Today',
  'Yesterday',
  'This Week',
  'This Month',
  'Last Month',
  'Last 24 Hours',
  'Last 7 Days',
  'Last 30 Days',
  'Last 90 Days',
  'This Year',
  'Last Year',
];

test('time presets: Last 30 Days is the default, and all others are offered', async ({
  ownerPage: page,
  demo,
  spread,
}) => {
  await page.goto(lookAt(demo, spread.all));
  expect(await timeButton(page).getAttribute('aria-label')).toBe('Time range: Last 30 Days UTC (UTC)');
  const [from, to] = meant('Last 30 Days');
  await expectTotal(page, spread.times.filter((ms) => ms >= from && ms < to).length);
  const panel = await openTimes(page);
  expect(await panel.getByRole('option').allTextContents()).toEqual(PRESETS);
  expect(await panel.getByRole('option', { selected: true }).allTextContents()).toEqual(['Last 30 Days']);
});

test('each time preset shows the events of its days', async ({ ownerPage: page, demo, spread }) => {
  await page.goto(lookAt(demo, { ...spread.all, range: 'last_year' }));
  // From the last to the first: each is another than the one before.
  for (const preset of PRESETS.toReversed().concat('Last Year')) {
    const panel = await openTimes(page);
    await panel.getByRole('option', { name: preset, exact: true }).click();
    expect(await panel.getByRole('status').textContent()).toContain(preset);
    await panel.getByRole('button', { name: 'Apply' }).click();
    await panel.waitFor({ state: 'detached' });
    const range = preset.toLowerCase().replaceAll(' ', '_');
    // The view's own range is not written into the address.
    await expectAsked(page, 'range', preset === 'Last 30 Days' ? [] : [range]);
    expect(await timeButton(page).textContent()).toContain(preset);
    const [from, to] = meant(preset);
    const total = spread.times.filter((ms) => ms >= from && ms < to).length;
    if (total > 0) await expectTotal(page, total);
    else await page.getByText('No events match').waitFor();
    expect((await answerOf(demo, { ...spread.all, range })).total, preset).toBe(total);
  }
});

test('the calendar: arrows, and drop-downs of months and years, go to other months', async ({
  ownerPage: page,
  demo,
  spread,
}) => {
  await page.goto(lookAt(demo, spread.all));
  const panel = await openTimes(page);
  const shown = (year: number, month: number) =>
    panel.getByRole('grid', { name: `${MONTHS[month] ?? ''} ${year}` }).waitFor();
  const now = new Date();
  const before = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1));
  await shown(now.getUTCFullYear(), now.getUTCMonth());
  await panel.getByRole('button', { name: 'Previous month' }).click();
  await shown(before.getUTCFullYear(), before.getUTCMonth());
  await panel.getByRole('button', { name: 'Next month' }).click();
  await shown(now.getUTCFullYear(), now.getUTCMonth());
  await panel.getByRole('button', { name: /Month$/ }).click();
  await page.getByRole('option', { name: 'February' }).click();
  await shown(now.getUTCFullYear(), 1);
  await panel.getByRole('button', { name: /Year$/ }).click();
  await page.getByRole('option', { name: '2024' }).click();
  await shown(2024, 1);
  // A leap year: the 29th is one of its days.
  await panel.getByRole('button', { name: /, 29 February 2024/ }).waitFor();
});

/** How the calendar says a day. */
function spoken(ms: number): string {
  const day = new Date(ms);
  const month = MONTHS[day.getUTCMonth()] ?? '';
  return `${WEEKDAYS[day.getUTCDay()] ?? ''}, ${day.getUTCDate()} ${month} ${day.getUTCFullYear()}`;
}

/** Clicks a day of the month that is shown. */
async function clickDay(panel: Locator, ms: number): Promise<void> {
  await panel.getByRole('button', { name: new RegExp(`^${spoken(ms)}`) }).click();
}

test('a click on a date sets it as the start, with the current day as the end', async ({
  ownerPage: page,
  demo,
  spread,
}) => {
  await page.goto(lookAt(demo, spread.all));
  const panel = await openTimes(page);
  const today = startOfToday();
  const now = new Date(today);
  const start = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 10);
  await panel.getByRole('button', { name: 'Previous month' }).click();
  await clickDay(panel, start);

  const written = (await panel.getByRole('status').textContent()) ?? '';
  const short = (ms: number) => (MONTHS[new Date(ms).getUTCMonth()] ?? '').slice(0, 3);
  expect(written).toMatch(
    new RegExp(`^10 ${short(start)}( \\d{4})? – ${now.getUTCDate()} ${short(today)} ${now.getUTCFullYear()}`),
  );
  await panel.getByRole('button', { name: new RegExp(`^${spoken(start)}, start`) }).waitFor();
  expect(await highlighted(panel), 'every day from the start on').toBeGreaterThanOrEqual(18);

  await panel.getByRole('button', { name: 'Apply' }).click();
  await panel.waitFor({ state: 'detached' });
  const asked = { from: dayOf(start), to: dayOf(today + DAY_MS) };
  await expectAsked(page, 'from', [asked.from]);
  await expectAsked(page, 'to', [asked.to]);
  const total = spread.times.filter((ms) => ms >= start && ms < today + DAY_MS).length;
  await expectTotal(page, total);
  expect((await answerOf(demo, { ...spread.all, ...asked })).total).toBe(total);
});

test('a second click sets the end; the range is highlighted, and written at the bottom', async ({
  ownerPage: page,
  demo,
  spread,
}) => {
  await page.goto(lookAt(demo, spread.all));
  const panel = await openTimes(page);
  const now = new Date();
  const at = (day: number) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 2, day);
  await panel.getByRole('button', { name: 'Previous month' }).click();
  await panel.getByRole('button', { name: 'Previous month' }).click();
  await clickDay(panel, at(5));
  await panel.getByText('Choose another day for the end.').waitFor();
  await clickDay(panel, at(19));
  expect(await highlighted(panel)).toBe(15);
  const month = (MONTHS[new Date(at(5)).getUTCMonth()] ?? '').slice(0, 3);
  const written = `5–19 ${month} ${new Date(at(5)).getUTCFullYear()}`;
  expect(await panel.getByRole('status').textContent()).toBe(written);
  await panel.getByRole('button', { name: 'Apply' }).click();
  await expectAsked(page, 'from', [dayOf(at(5))]);
  await expectAsked(page, 'to', [dayOf(at(20))]);
  await expect.poll(() => timeButton(page).textContent()).toContain(written);
});
