/** The change history of an organization and its projects, feature by feature. */
import type { Page } from 'playwright-core';

import { type Place, record, unique } from '../api.js';
import { answerOf, cellsOf, columnsOf, expectAsked, expectTotal, lookAt, rowOf } from '../explorer.js';
import { DEEDS, expect, somebody, test } from '../scene.js';

const VIEW = 'view_change_history';

function patternOf(page: Page) {
  return page.getByRole('combobox', { name: 'Action filter' });
}

test('the change history shows Timestamp, Action, Resource Type, Resource ID and Actor ID', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, { project_id: scene.project }));
  await page.getByRole('navigation', { name: 'Views' }).getByText('Change history').click();
  await expectAsked(page, 'view', [VIEW]);
  await expectTotal(page, DEEDS.length);
  expect((await columnsOf(page)).slice(0, -1)).toEqual([
    'Timestamp',
    'Action',
    'Resource type',
    'Resource ID',
    'Actor ID',
  ]);
  expect(await cellsOf(page, 'Action')).toEqual(DEEDS.map(([, action]) => action).toReversed());
  expect((await cellsOf(page, 'Resource type'))[0]).toBe('datasource');
  // Shortened to what tells it from others; the whole of it shows where one points.
  const { data } = await answerOf(demo, scene.all);
  const newest = rowOf(page, data[0]?.id ?? '');
  await newest.getByTitle(`${scene.project}-target-8`).waitFor();
  await newest.getByTitle(scene.grace.id).waitFor();
});

/** What somebody did in the organization, of which no other test knows. */
async function deedsOf(place: Place): Promise<string> {
  const actor = somebody('Hedy');
  const actions = [
    'organisation.updated',
    'organisation.user.invited',
    'organisation.user.removed',
    'datasource.deleted',
    'datasource.created',
    'entity.deleted',
  ];
  await record(place, ...actions.map((action) => ({ action, actor })));
  return actor.id;
}

test('at organization scope an empty action filter stands for organisation.*', async ({
  ownerPage: page,
  demo,
}) => {
  const filter = `actor.id:is:${await deedsOf(demo)}`;
  await page.goto(lookAt(demo, { view: VIEW, filter }));
  await expectTotal(page, 3);
  expect(await patternOf(page).getAttribute('placeholder')).toBe('organisation.*');
  expect((await answerOf(demo, { filter, action: 'organisation.*' })).total).toBe(3);
  expect((await answerOf(demo, { filter })).total).toBe(6);
});

test('in a project an empty action filter shows every action', async ({ ownerPage: page, demo, scene }) => {
  await page.goto(lookAt(demo, { ...scene.all, view: VIEW }));
  await expectTotal(page, DEEDS.length);
  expect(await patternOf(page).getAttribute('placeholder')).not.toContain('organisation');
});

const PATTERNS = [
  ['exact match', 'datasource.deleted', 1],
  ['wildcard', 'organisation.*', 3],
  ['resource prefix', 'datasource.*', 2],
  ['a group within a group', 'organisation.user.*', 2],
  ['several patterns', 'entity.*, organisation.updated', 2],
] as const;

test('the results update as an action pattern is typed', async ({ ownerPage: page, demo }) => {
  const filter = `actor.id:is:${await deedsOf(demo)}`;
  await page.goto(lookAt(demo, { view: VIEW, filter }));
  await expectTotal(page, 3);
  for (const [kind, pattern, count] of PATTERNS) {
    await patternOf(page).fill('');
    await patternOf(page).pressSequentially(pattern);
    // Neither Enter nor a button: the address follows what is typed.
    const action = pattern.split(', ');
    await expectAsked(page, 'action', action);
    await expectTotal(page, count);
    expect((await answerOf(demo, { filter, action })).total, kind).toBe(count);
  }
});

test('copy buttons: the full row as JSON, and each cell', async ({ open, demo, scene }) => {
  const { page } = await open({ as: demo.owner, permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto(lookAt(demo, { ...scene.all, view: VIEW }));
  await expectTotal(page, DEEDS.length);
  const { data } = await answerOf(demo, scene.all);
  const event = data[2];
  const row = rowOf(page, event?.id ?? '');
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await row.hover();
  await row.getByRole('button', { name: 'Copy event as JSON' }).click();
  await expect.poll(clipboard).toContain('{');
  expect(JSON.parse(await clipboard())).toEqual(event);

  const cells = [
    ['Copy timestamp', event?.occurred_at],
    ['Copy action', event?.action],
    ['Copy resource type', 'guardrail'],
    ['Copy resource ID', `${scene.project}-target-6`],
    ['Copy actor ID', event?.actor.id],
  ] as const;
  for (const [at, [name, text]] of cells.entries()) {
    await row.getByRole('gridcell').nth(at).hover();
    await row.getByRole('button', { name, exact: true }).click();
    await expect.poll(clipboard, { message: name }).toBe(text);
  }
  // A copy button opens nothing.
  expect(page.url()).not.toContain(event?.id);
});

test('a project is chosen by the scope switch, also one that only occurs in events', async ({
  ownerPage: page,
  demo,
}) => {
  const project = unique('scope');
  await record(demo, { action: 'role.created', actor: somebody('Ada'), project_id: project });
  await page.goto(lookAt(demo, {}));
  await page.getByRole('button', { name: /^Scope: / }).click();
  await page.getByRole('dialog', { name: 'Scope' }).getByPlaceholder('Find a project…').fill(project);
  await page.getByRole('option', { name: project }).click();
  await expectAsked(page, 'project_id', [project]);
  await expectTotal(page, 1);
});
