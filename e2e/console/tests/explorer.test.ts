/** What the explorer does beyond a table with filters: charts, facets, search, live tail, views, and its address. */
import { call, newMember, record, unique } from '../api.js';
import {
  answerOf,
  expectAsked,
  expectTotal,
  facetOf,
  focused,
  gridOf,
  listOf,
  lookAt,
  PATIENCE_MS,
  rowOf,
  rowsOf,
} from '../explorer.js';
import { filterIcon } from '../filter-window.js';
import { DEEDS, expect, somebody, test } from '../scene.js';

const DAY_MS = 24 * 60 * 60 * 1000;

test('brushing the histogram goes into that time, and Back comes out again', async ({
  ownerPage: page,
  demo,
}) => {
  const project = unique('brush');
  const now = Date.now();
  const daysAgo = [1, 2, 3, 14, 15, 16, 17, 27, 28];
  await record(
    demo,
    ...daysAgo.map((days) => ({
      action: 'role.created',
      actor: somebody('Ada'),
      project_id: project,
      occurred_at: new Date(now - days * DAY_MS).toISOString(),
    })),
  );
  await page.goto(lookAt(demo, { project_id: project }));
  await expectTotal(page, daysAgo.length);
  const chart = page.getByRole('slider', { name: /^Events by/ });
  const box = await chart.boundingBox();
  if (box === null) throw new Error('there is no chart');
  const y = box.y + box.height / 2;
  // The middle third of thirty days: those of 14 to 17 days ago, and no other.
  await page.mouse.move(box.x + box.width * 0.35, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.65, y, { steps: 5 });
  await page.mouse.up();
  await expectTotal(page, 4);
  const search = new URL(page.url()).searchParams;
  const span = { from: search.get('from') ?? '', to: search.get('to') ?? '' };
  expect((await answerOf(demo, { project_id: project, ...span })).total).toBe(4);

  await page.goBack();
  await expectAsked(page, 'from', []);
  await expectTotal(page, daysAgo.length);
});

test('the histogram is a table of the same numbers, too', async ({ ownerPage: page, demo, scene }) => {
  await page.goto(lookAt(demo, { ...scene.all, range: 'last_7_days', split: 'category' }));
  await expectTotal(page, DEEDS.length);
  await page.getByRole('button', { name: 'Show as a table' }).click();
  const table = page.getByRole('region', { name: 'Events over time' }).getByRole('table');
  await table.waitFor();
  const numbers = async () => {
    const rows = await table.locator('tbody tr').allInnerTexts();
    return rows.flatMap((row) =>
      row
        .split('\t')
        .slice(1)
        .map((cell) => Number(cell.replaceAll(',', '')) || 0),
    );
  };
  // Each event counts in its category and in the sum of its bar.
  await expect
    .poll(async () => (await numbers()).reduce((sum, n) => sum + n, 0), { timeout: PATIENCE_MS })
    .toBe(2 * DEEDS.length);
});

test('a click on a facet asks for it, with Alt it is left out; counts are those of the API', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  const value = (name: string) => facetOf(page, 'Category', name);
  const facets = (await call(
    demo,
    'GET',
    `/v1/events/facets?project_id=${scene.project}&fields=category`,
    undefined,
    demo.keys.read,
  )) as { facets: { category: { values: { value: string; count: number }[] } } };
  for (const { value: name, count } of facets.facets.category.values) {
    expect((await value(name).textContent())?.trim()).toBe(`${name} ${count}`);
  }
  await value('Roles').click();
  await expectAsked(page, 'filter', ['category:is:Roles']);
  await expectTotal(page, 5);
  await value('Roles').click();
  await expectTotal(page, DEEDS.length);

  await value('Roles').click({ modifiers: ['Alt'] });
  await expectAsked(page, 'filter', ['category:is_not:Roles']);
  await expectTotal(page, 4);
  expect(await value('Roles').textContent()).toContain('Left out');
});

test('key:value is completed by keyboard, with how often each value occurs', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await page.keyboard.press('/');
  const search = page.getByRole('combobox', { name: 'Search audit events' });
  await page.keyboard.type('categ');
  const options = page.getByRole('option');
  await expect.poll(() => options.first().textContent()).toContain('category:');
  await page.keyboard.press('Tab');
  expect(await search.inputValue()).toBe('category:');
  const lines = async () => (await options.allTextContents()).map((text) => text.replace(' events', ''));
  await expect.poll(lines, { timeout: PATIENCE_MS }).toEqual(['Roles5', 'Data Sources2', 'Guardrails2']);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expectTotal(page, 2);
  expect(new URL(page.url()).searchParams.get('q')?.trim()).toBe('category:"Data Sources"');
  expect((await answerOf(demo, { ...scene.all, q: 'category:"Data Sources"' })).total).toBe(2);
});

test('a search that cannot be understood says where and why, and keeps what is shown', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  const search = page.getByRole('combobox', { name: 'Search audit events' });
  await search.fill('resullt:denied');
  await search.press('Enter');
  await expect.poll(() => search.getAttribute('aria-describedby'), { timeout: PATIENCE_MS }).not.toBeNull();
  expect(await page.getByRole('search').textContent()).toContain('result');
});

test('live tail: an event that is recorded appears without a reload', async ({ ownerPage: page, demo }) => {
  const [project, actor] = [unique('tail'), somebody('Ada')];
  await record(demo, { action: 'role.created', actor, project_id: project });
  await page.goto(lookAt(demo, { project_id: project }));
  await expectTotal(page, 1);
  await listOf(page).getByRole('button', { name: /^Live/ }).click();
  await listOf(page).getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
  await record(demo, { action: 'role.deleted', actor, project_id: project });
  await expectTotal(page, 2);
  expect(await rowsOf(page).first().textContent()).toContain('Role deleted');
});

test('live tail announces, and does not jump, for whoever has scrolled', async ({
  ownerPage: page,
  demo,
}) => {
  const [project, actor] = [unique('tail'), somebody('Ada')];
  const old = Array.from({ length: 80 }, () => ({ action: 'role.created', actor, project_id: project }));
  await record(demo, ...old);
  await page.goto(lookAt(demo, { project_id: project }));
  await expectTotal(page, 80);
  await listOf(page).getByRole('button', { name: /^Live/ }).click();
  await listOf(page).getByRole('button', { name: 'Live', exact: true, pressed: true }).waitFor();
  const seen = (await answerOf(demo, { project_id: project })).data[40];
  await gridOf(page).evaluate((grid) => {
    if (grid.parentElement !== null) grid.parentElement.scrollTop = 36 * 40;
  });
  const row = rowOf(page, seen?.id ?? '');
  const before = await row.boundingBox();
  expect(before).not.toBeNull();

  await record(demo, { action: 'role.deleted', actor, project_id: project });
  const show = listOf(page).getByRole('button', { name: 'Show 1 new event' });
  await show.waitFor();
  expect((await row.boundingBox())?.y, 'what is read stays where it is').toBe(before?.y);
  expect(await page.getByText('Role deleted').count(), 'it is not put in by itself').toBe(0);
  await show.click();
  await expectTotal(page, 81);
});

test('a view is saved and shared, and its link shows the same to somebody else', async ({
  open,
  ownerPage: page,
  demo,
}) => {
  const [actor, name] = [somebody('Ada'), unique('Who deleted roles')];
  await record(demo, { action: 'role.deleted', actor }, { action: 'role.created', actor });
  const filter = `actor.id:is:${actor.id}`;
  await page.goto(
    lookAt(demo, { filter, action: 'role.deleted', columns: 'occurred_at,action,actor.email' }),
  );
  await expectTotal(page, 1);
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByRole('menuitem', { name: /^Save as/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Save view' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('radio', { name: /^Shared/ }).check({ force: true });
  await dialog.getByRole('button', { name: 'Save view' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('navigation', { name: 'Views' }).getByText(name).waitFor();
  await expectTotal(page, 1);

  const { page: other } = await open({ as: await newMember(demo, 'auditor') });
  await other.goto(page.url());
  await expectTotal(other, 1);
  await other.getByRole('navigation', { name: 'Views' }).getByText(name).waitFor();
  const heads = await gridOf(other).getByRole('columnheader').allTextContents();
  expect(heads.map((text) => text.trim())).toEqual(['Date and time', 'Action', 'Actor email', 'Details']);
  expect(await rowsOf(other).first().textContent()).toContain(actor.email);
});

test('the whole state is in the address: a reload shows the same, and Back what was before', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  const asked = {
    ...scene.all,
    filter: ['category:is_not:Guardrails', `user:is:${scene.grace.name}`],
    q: 'data',
    order: 'asc',
    columns: 'action,user',
  };
  await page.goto(lookAt(demo, asked));
  await expectTotal(page, 2);
  const shown = () => rowsOf(page).allTextContents();
  const before = await shown();
  expect(before.map((row) => row.includes('datasource.deleted'))).toEqual([true, false]);
  await page.reload();
  await expectTotal(page, 2);
  expect(await shown()).toEqual(before);
  expect(await filterIcon(page).getAttribute('aria-label')).toBe('Filter (2)');

  await page.getByRole('button', { name: /^Remove Category is not/ }).click();
  await expectAsked(page, 'filter', [`user:is:${scene.grace.name}`]);
  const { total } = await answerOf(demo, { ...asked, filter: [`user:is:${scene.grace.name}`] });
  await expectTotal(page, total);
  await rowsOf(page).first().click();
  await page.waitForURL('**/events/*?**');
  await page.goBack();
  await page.getByRole('region', { name: 'Event details' }).waitFor({ state: 'detached' });
  await page.goBack();
  await expectAsked(page, 'filter', asked.filter);
  await expectTotal(page, 2);
});

test('the link of an event deep in the log opens it, with its list around it', async ({
  ownerPage: page,
  demo,
}) => {
  const [project, actor] = [unique('deep'), somebody('Ada')];
  const all = Array.from({ length: 450 }, (_, at) => ({
    action: 'role.created',
    actor,
    project_id: project,
    description: `Deed ${at}`,
  }));
  await record(demo, ...all);
  const { data, total } = await answerOf(demo, { project_id: project });
  expect(total).toBe(450);
  const deep = data[300];
  await page.goto(lookAt(demo, { project_id: project }, deep?.id));
  await page
    .getByRole('region', { name: 'Event details' })
    .getByText(deep?.description ?? '')
    .first()
    .waitFor();
  await expectTotal(page, 450);
  const row = rowOf(page, deep?.id ?? '');
  await row.waitFor();
  expect(await row.getAttribute('aria-selected')).toBe('true');
  // Its neighbours of both sides are there, without anything having been scrolled.
  await rowOf(page, data[299]?.id ?? '').waitFor();
  await rowOf(page, data[301]?.id ?? '').waitFor();
  const [box, frame] = [await row.boundingBox(), await listOf(page).boundingBox()];
  if (box === null || frame === null) throw new Error('the row is not drawn');
  expect(box.y).toBeGreaterThan(frame.y);
  expect(box.y + box.height).toBeLessThanOrEqual(frame.y + frame.height + 1);
});

test('the list scrolls to its end in both directions, and each event is there once', async ({
  ownerPage: page,
  demo,
}) => {
  const [project, actor] = [unique('long'), somebody('Ada')];
  await record(
    demo,
    ...Array.from({ length: 230 }, () => ({ action: 'role.created', actor, project_id: project })),
  );
  await page.goto(lookAt(demo, { project_id: project }));
  await expectTotal(page, 230);
  const { data } = await answerOf(demo, { project_id: project });
  await rowsOf(page).first().focus();
  await expect
    .poll(
      async () => {
        await page.keyboard.press('End');
        return rowOf(page, data.at(-1)?.id ?? '').count();
      },
      { timeout: PATIENCE_MS },
    )
    .toBe(1);
  expect(await rowOf(page, data.at(-1)?.id ?? '').getAttribute('aria-rowindex')).toBe('231');
  expect(await focused(page), 'the keyboard goes on from the last row').toBe(
    `event-${data.at(-1)?.id ?? ''}`,
  );
  const [head, grid] = [
    await gridOf(page).getByRole('columnheader').first().boundingBox(),
    await gridOf(page).locator('..').boundingBox(),
  ];
  expect(head?.y, 'the head of the table stays').toBeCloseTo(grid?.y ?? 0, 0);
  const drawn = await rowsOf(page).evaluateAll((rows) => rows.map((row) => row.id));
  expect(new Set(drawn).size).toBe(drawn.length);
});
