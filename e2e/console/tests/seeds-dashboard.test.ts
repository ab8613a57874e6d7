/** The dashboard of the audit log and its filters, feature by feature. */
import {
  answerOf,
  cellsOf,
  columnsOf,
  expectAsked,
  expectTotal,
  lookAt,
  PATIENCE_MS,
  rowOf,
  rowsOf,
} from '../explorer.js';
import { addFilter, filterIcon, openFilters } from '../filter-window.js';
import { DEEDS, expect, test } from '../scene.js';

test('the dashboard shows Event Name, Category, User Name, Date and Time, and Description', async ({
  ownerPage,
  demo,
  scene,
}) => {
  await ownerPage.goto(lookAt(demo, scene.all));
  await expectTotal(ownerPage, DEEDS.length);
  expect((await columnsOf(ownerPage)).slice(0, -1)).toEqual([
    'Event name',
    'Category',
    'User name',
    'Date and time',
    'Description',
  ]);
  const { data } = await answerOf(demo, scene.all);
  const newest = data[0];
  expect(newest?.action).toBe('datasource.created');
  expect((await cellsOf(ownerPage, 'Event name'))[0]).toBe('Data source created');
  expect((await cellsOf(ownerPage, 'Category'))[0]).toBe('Data Sources');
  expect((await cellsOf(ownerPage, 'User name'))[0]).toBe(scene.grace.name);
  expect((await cellsOf(ownerPage, 'Description'))[0]).toBe(newest?.description);
  const time = rowOf(ownerPage, newest?.id ?? '').locator('time');
  expect(await time.getAttribute('datetime')).toBe(newest?.occurred_at);
  expect(await time.textContent()).toMatch(/^[A-Z][a-z]{2} \d{1,2}, \d{1,2}:\d\d:\d\d [AP]M$/);
});

const FILTERS = [
  ['category', 'Category', 'Is Equal To', 'Roles', 'category:is:Roles', 5],
  ['category', 'Category', 'Is Not Equal To', 'Roles', 'category:is_not:Roles', 4],
  ['event', 'Event', 'Is Equal To', 'Role created', 'event:is:Role created', 3],
  ['event', 'Event', 'Is Not Equal To', 'Role created', 'event:is_not:Role created', 6],
] as const;

test.for(FILTERS)(
  'a filter by %s: %s %s %s',
  async ([, column, operator, value, filter, count], { ownerPage: page, demo, scene }) => {
    await page.goto(lookAt(demo, scene.all));
    await expectTotal(page, DEEDS.length);
    const window = await openFilters(page);
    await addFilter(page, column, operator, value);
    expect(new URL(page.url()).searchParams.has('filter'), 'nothing is asked before Apply').toBe(false);
    await window.getByRole('button', { name: 'Apply' }).click();
    await window.waitFor({ state: 'detached' });
    await expectAsked(page, 'filter', [filter]);
    await expectTotal(page, count);
    expect((await answerOf(demo, { ...scene.all, filter })).total).toBe(count);
    const shown = await cellsOf(page, column === 'Event' ? 'Event name' : column);
    expect(shown).toHaveLength(count);
    expect(shown.every((text) => (text === value) === (operator === 'Is Equal To'))).toBe(true);
  },
);

test.for(['Is Equal To', 'Is Not Equal To'] as const)(
  'a filter by user: User %s somebody',
  async (operator, { ownerPage: page, demo, scene }) => {
    await page.goto(lookAt(demo, scene.all));
    await expectTotal(page, DEEDS.length);
    const window = await openFilters(page);
    await addFilter(page, 'User', operator, scene.ada.name);
    await window.getByRole('button', { name: 'Apply' }).click();
    const byAda = DEEDS.filter(([who]) => who === 'ada').length;
    const count = operator === 'Is Equal To' ? byAda : DEEDS.length - byAda;
    await expectTotal(page, count);
    const name = operator === 'Is Equal To' ? scene.ada.name : scene.grace.name;
    expect(new Set(await cellsOf(page, 'User name'))).toEqual(new Set([name]));
  },
);

test('a filter without a column, an operator or a value says what it lacks, and is not applied', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  const window = await openFilters(page);
  await window.getByRole('button', { name: 'Add Filter' }).click();
  await window.getByRole('group', { name: 'Filter 1' }).locator('input').first().fill('Category');
  await page.getByRole('option', { name: /^Category/ }).click();
  await window.getByRole('button', { name: 'Apply' }).click();
  await window.getByText('A filter is not complete.').waitFor();
  expect(new URL(page.url()).searchParams.has('filter')).toBe(false);
});

test('AND shows what meets all conditions, OR what meets any; the two cannot be mixed', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  let window = await openFilters(page);
  await addFilter(page, 'Event', 'Is Equal To', 'Role created');
  await addFilter(page, 'Category', 'Is Equal To', 'Guardrails');
  await addFilter(page, 'User', 'Is Equal To', scene.grace.name);
  const joiners = () => window.getByRole('listitem').locator('> span').allTextContents();
  expect(await joiners()).toEqual(['AND', 'AND']);

  await window.getByRole('tab', { name: 'OR' }).click();
  await expect.poll(joiners).toEqual(['OR', 'OR']);
  expect(await window.getByRole('tab', { selected: true }).allTextContents()).toEqual(['OR']);
  await window.getByRole('button', { name: 'Apply' }).click();
  await expectAsked(page, 'match', ['any']);
  const filter = ['event:is:Role created', 'category:is:Guardrails', `user:is:${scene.grace.name}`];
  // Three roles created, two guardrails, and what else Grace did: a role and two data sources.
  await expectTotal(page, 3 + 2 + 3);
  expect((await answerOf(demo, { ...scene.all, filter, match: 'any' })).total).toBe(8);

  window = await openFilters(page);
  await window.getByRole('button', { name: 'Remove filter 2' }).click();
  await window.getByRole('tab', { name: 'AND' }).click();
  await window.getByRole('button', { name: 'Apply' }).click();
  await expectAsked(page, 'match', []);
  await expectTotal(page, 1);
  expect(await cellsOf(page, 'Event name')).toEqual(['Role created']);
});

test('the number of applied filters stands on the Filter icon, and Clear All takes them away', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, { ...scene.all, filter: ['category:is:Roles', 'event:is_not:Role created'] }));
  await expectTotal(page, 2);
  expect(await filterIcon(page).getAttribute('aria-label')).toBe('Filter (2)');
  expect((await filterIcon(page).textContent())?.trim()).toBe('2');

  const window = await openFilters(page);
  expect(await window.getByRole('group', { name: /^Filter \d$/ }).count()).toBe(2);
  await window.getByRole('button', { name: 'Clear All' }).click();
  await window.getByText('No filters: all entries appear.').waitFor();
  await window.getByRole('button', { name: 'Apply' }).click();
  await expectTotal(page, DEEDS.length);
  await expectAsked(page, 'filter', []);
  expect(await filterIcon(page).getAttribute('aria-label')).toBe('Filter');
});

test('values are offered with how often each occurs in what is shown', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  const window = await openFilters(page);
  await window.getByRole('button', { name: 'Add Filter' }).click();
  const row = window.getByRole('group', { name: 'Filter 1' });
  await row.locator('input').first().fill('Category');
  await page.getByRole('option', { name: /^Category/ }).click();
  await row.locator('input').nth(1).click();
  const offered = page.getByRole('option');
  await expect
    .poll(() => offered.allTextContents(), { timeout: PATIENCE_MS })
    .toEqual(['Roles5', 'Data Sources2', 'Guardrails2']);
});

test('closing the window in any other way changes nothing', async ({ ownerPage: page, demo, scene }) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  const window = await openFilters(page);
  await addFilter(page, 'Category', 'Is Equal To', 'Roles');
  await window.getByRole('button', { name: 'Cancel' }).click();
  await window.waitFor({ state: 'detached' });
  await expectAsked(page, 'filter', []);
  expect(await rowsOf(page).count()).toBe(DEEDS.length);
});
