/** Exports of the audit log, feature by feature: the CSV at once, and the export that is queued. */
import { readFile } from 'node:fs/promises';

import type { Locator, Page } from 'playwright-core';

import { unique } from '../api.js';
import { answerOf, expectAsked, expectTotal, lookAt, PATIENCE_MS, readCsv } from '../explorer.js';
import { expect, test as base } from '../fixtures.js';
import { DEEDS, makeScene, type Scene } from '../scene.js';

/** A scene for each test: that something was exported is an event of its project, too. */
const test = base.extend<{ scene: Scene }>({
  scene: async ({ demo }, use) => use(await makeScene(demo)),
});

async function openExports(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Export Log' }).click();
  return page.getByRole('menu', { name: 'Export Log' });
}

/** What is downloaded by that. */
async function downloaded(page: Page, act: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()]);
  return readFile(await download.path(), 'utf8');
}

test('the Export icon downloads a CSV file with date and time, event name, category, description, user or app name, and IP address', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  const asked = { ...scene.all, filter: 'category:is:Roles' };
  await page.goto(lookAt(demo, asked));
  await expectTotal(page, 5);
  const menu = await openExports(page);
  const text = await downloaded(page, () =>
    menu.getByRole('menuitem').filter({ hasText: 'Date, event, category' }).click(),
  );
  const [head, ...rows] = readCsv(text.replace(/^\uFEFF/, ''));
  expect(head).toEqual([
    'Date and Time',
    'Event Name',
    'Event Category',
    'Description',
    'User/App Name',
    'IP Address',
  ]);
  const { data } = await answerOf(demo, asked);
  expect(rows).toHaveLength(5);
  expect(rows.map(([, name]) => name)).toEqual(data.map(({ name }) => name));
  expect(new Set(rows.map(([, , category]) => category))).toEqual(new Set(['Roles']));
  expect(rows.map(([, , , description]) => description)).toEqual(data.map(({ description }) => description));
  expect(rows.map(([, , , , user]) => user)).toEqual(data.map(({ actor }) => actor.name));
  // The fifth of the scene is the newest role.
  expect(rows[0]?.[5]).toBe('203.0.113.5');
  const shown = rows.map(([time]) => Date.parse(time ?? ''));
  const recorded = data.map((event) => Date.parse(event.occurred_at));
  expect(shown.every((ms, at) => Math.abs(ms - (recorded[at] ?? 0)) < 1000)).toBe(true);
});

test('the columns on screen are exported in their order, whatever they are', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, { ...scene.all, columns: 'action,actor.email,context.ip' }));
  await expectTotal(page, DEEDS.length);
  const menu = await openExports(page);
  const text = await downloaded(page, () =>
    menu.getByRole('menuitem').filter({ hasText: 'the columns on screen' }).click(),
  );
  const [head, ...rows] = readCsv(text.replace(/^\uFEFF/, ''));
  expect(head).toHaveLength(3);
  const expected = DEEDS.map(([who, action], at) => [action, scene[who].email, `203.0.113.${at + 1}`]);
  expect(rows).toEqual(expected.toReversed());
});

test('Export Log: a name, a time range, event types, Queue Export; then it is complete, and downloaded', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, { project_id: scene.project }));
  await expectTotal(page, DEEDS.length);
  const menu = await openExports(page);
  await menu.getByRole('menuitem', { name: /^Queue Export/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Export Log' });
  const name = unique('Agents of the scene');
  await dialog.getByRole('textbox', { name: 'Export name' }).fill(name);

  await dialog.getByRole('button', { name: /Time range/ }).click();
  const ranges = await page.getByRole('option').allTextContents();
  expect(ranges.slice(0, 4)).toEqual(['Last 24 Hours', 'Last 7 Days', 'Last 30 Days', 'This Month']);
  expect(ranges.at(-1)).toBe('Custom');
  await page.getByRole('option', { name: 'Last 7 Days' }).click();

  const types = dialog.getByRole('group', { name: 'Event types to include' });
  const [agents, ...others] = [
    'Agent Operations',
    'Policy Changes',
    'User Actions',
    'Security Events',
    'System Events',
  ];
  for (const type of others) await types.getByText(type, { exact: true }).click();
  expect(await types.getByRole('checkbox', { checked: true }).count()).toBe(1);
  const asked = { project_id: scene.project, range: 'last_7_days', event_type: agents };
  expect((await answerOf(demo, asked)).total).toBe(2);
  await dialog.getByText('2 entries match just now.').waitFor();
  await dialog.getByRole('button', { name: 'Queue Export' }).click();
  await dialog.waitFor({ state: 'detached' });

  await page.getByRole('link', { name: 'All exports' }).click();
  const item = page.getByRole('listitem', { name });
  await item.getByText('Complete', { exact: true }).waitFor({ timeout: 2 * PATIENCE_MS });
  await item.getByText('2 entries').waitFor();
  const text = await downloaded(page, () => item.getByRole('link', { name: `Download ${name}` }).click());
  const [head, ...rows] = readCsv(text.replace(/^\uFEFF/, ''));
  expect(head?.length).toBe(5);
  expect(rows).toHaveLength(2);
  expect(text).toContain('Data source created');
  expect(text).not.toContain('Role created');
});

test('supported formats: CSV and Excel are offered, and more', async ({ ownerPage: page, demo, scene }) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await (await openExports(page)).getByRole('menuitem', { name: /^Queue Export/ }).click();
  const formats = page.getByRole('radiogroup', { name: 'Format' });
  const offered = formats.getByRole('radio');
  await expect.poll(() => offered.count()).toBe(4);
  for (const format of ['CSV', 'Excel', 'NDJSON', 'Parquet']) {
    expect(await formats.getByRole('radio', { name: new RegExp(`^${format}`) }).count(), format).toBe(1);
  }
  await page.keyboard.press('Escape');
  await formats.waitFor({ state: 'detached' });
  await expectAsked(page, 'range', ['all_time']);
});
