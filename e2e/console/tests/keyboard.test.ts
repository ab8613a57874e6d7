/** The explorer without a pointer: every journey by keyboard alone, and the focus always somewhere one sees. */
import type { Page } from 'playwright-core';

import { answerOf, detailOf, expectAsked, expectTotal, focused, lookAt, PATIENCE_MS } from '../explorer.js';
import { DEEDS, expect, test } from '../scene.js';

/** Whether what has the focus shows it, by its outline or by a shadow around it. */
function showsFocus(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const around = (element: Element | null): boolean => {
      if (element === null || element === document.body) return false;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
    };
    // A field may show it by the box around it.
    const at = document.activeElement;
    return (
      around(at) || around(at?.parentElement ?? null) || around(at?.parentElement?.parentElement ?? null)
    );
  });
}

async function expectFocus(page: Page, what: string | RegExp): Promise<void> {
  const matches = expect.poll(() => focused(page), { timeout: PATIENCE_MS });
  await (typeof what === 'string' ? matches.toBe(what) : matches.toMatch(what));
  expect(await showsFocus(page), `the focus on ${await focused(page)} is to be seen`).toBe(true);
}

test('j and k move, Enter opens, Escape closes and comes back to the row', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  const ids = (await answerOf(demo, scene.all)).data.map(({ id }) => `event-${id}`);
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await page.keyboard.press('j');
  await expectFocus(page, ids[0] ?? '');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expectFocus(page, ids[2] ?? '');
  await page.keyboard.press('k');
  await expectFocus(page, ids[1] ?? '');
  await page.keyboard.press('Enter');
  await detailOf(page).getByRole('heading', { level: 2 }).waitFor();
  expect(`event-${page.url().split('/').at(-1)?.split('?')[0] ?? ''}`).toBe(ids[1]);
  // The list goes on by the same keys while an event is open.
  await page.keyboard.press('j');
  await expectFocus(page, ids[2] ?? '');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/${(ids[2] ?? '').replace('event-', '')}?**`);
  await page.keyboard.press('Escape');
  await detailOf(page).waitFor({ state: 'detached' });
  await expectFocus(page, ids[2] ?? '');
});

test('c copies the event, and nothing else happens', async ({ open, demo, scene }) => {
  const { page } = await open({ as: demo.owner, permissions: ['clipboard-read', 'clipboard-write'] });
  const { data } = await answerOf(demo, scene.all);
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await page.keyboard.press('j');
  await expectFocus(page, `event-${data[0]?.id ?? ''}`);
  await page.keyboard.press('c');
  await page.getByText('Event as JSON copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(copied)).toEqual(data[0]);
  await expectFocus(page, `event-${data[0]?.id ?? ''}`);
});

test('/ goes to the search, Escape leaves it without losing the focus', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await page.keyboard.press('/');
  await expectFocus(page, 'Search audit events');
  await page.keyboard.type('jkfte?');
  expect(await page.getByRole('combobox', { name: 'Search audit events' }).inputValue()).toBe('jkfte?');
  expect(await page.getByRole('dialog').count(), 'keys that are typed are no shortcuts').toBe(0);
  await page.keyboard.press('Escape');
  await expect.poll(() => focused(page)).not.toBe('body');
});

const WINDOWS = [
  ['t', 'Time range', /^Time range: /],
  ['f', 'Filter By', /^Filter/],
] as const;

test.for(WINDOWS)(
  '%s opens what it is for, Escape closes it, and the focus comes back',
  async ([key, name, button], { ownerPage: page, demo, scene }) => {
    await page.goto(lookAt(demo, scene.all));
    await expectTotal(page, DEEDS.length);
    await page.keyboard.press(key);
    const dialog = page.getByRole('dialog', { name });
    await dialog.getByRole('button', { name: 'Apply' }).waitFor();
    await expect
      .poll(() => dialog.evaluate((element) => element.contains(document.activeElement)))
      .toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await expectFocus(page, button);
  },
);

test('e opens the exports, and Escape comes back', async ({ ownerPage: page, demo, scene }) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await page.keyboard.press('e');
  const menu = page.getByRole('menu', { name: 'Export Log' });
  await menu.getByRole('menuitem').first().waitFor();
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  await expectFocus(page, 'Export Log');
});

test('the export dialog gives the focus back to its button', async ({ ownerPage: page, demo, scene }) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await page.keyboard.press('e');
  const menu = page.getByRole('menu', { name: 'Export Log' });
  await menu.getByRole('menuitem').first().waitFor();
  await page.keyboard.type('queue');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Export Log' });
  await dialog.getByRole('textbox', { name: 'Export name' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await expectFocus(page, 'Export Log');
});

test('? lists the keys of the page, and Escape closes the list', async ({ ownerPage: page, demo, scene }) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await page.keyboard.press('j');
  await page.keyboard.press('?');
  const help = page.getByRole('dialog');
  await help.waitFor();
  const said = (await help.textContent()) ?? '';
  for (const label of ['Search', 'Next event', 'Previous event', 'Open the event', 'Filter', 'Show this']) {
    expect(said).toContain(label);
  }
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  await expect.poll(() => focused(page)).not.toBe('body');
});

test('a filter is added, applied and taken away without a pointer', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await page.keyboard.press('f');
  const window = page.getByRole('dialog', { name: 'Filter By' });
  await window.getByRole('button', { name: 'Apply' }).waitFor();
  await tabTo(page, 'Add Filter');
  await page.keyboard.press('Enter');

  const options = page.getByRole('option');
  await page.keyboard.type('Category');
  await expect.poll(() => options.first().textContent(), { timeout: PATIENCE_MS }).toContain('Category');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.getByRole('listbox').count()).toBe(0);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('option', { name: 'Is Not Equal To' }).waitFor();
  await page.keyboard.type('Is Not');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.getByRole('listbox').count()).toBe(0);
  await page.keyboard.press('Tab');
  await page.keyboard.type('Roles');
  await expect.poll(() => options.first().textContent(), { timeout: PATIENCE_MS }).toContain('Roles');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.getByRole('listbox').count()).toBe(0);
  await tabTo(page, 'Apply');
  await page.keyboard.press('Enter');
  await window.waitFor({ state: 'detached' });
  await expectAsked(page, 'filter', ['category:is_not:Roles']);
  await expectTotal(page, 4);
  await expectFocus(page, /^Filter/);

  await page.keyboard.press('Enter');
  await window.getByRole('button', { name: 'Clear All' }).waitFor();
  await tabTo(page, 'Clear All');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Apply');
  await page.keyboard.press('Enter');
  await expectTotal(page, DEEDS.length);
  await expectFocus(page, /^Filter/);
});

/** The most that stands between two buttons of a window. */
const MAX_TABS = 20;

/** Presses Tab until that button has the focus. */
async function tabTo(page: Page, words: string): Promise<void> {
  for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
    await page.keyboard.press('Tab');
    const text = await page.evaluate(() => document.activeElement?.textContent.trim());
    if (text === words) return;
  }
  throw new Error(`Tab does not reach ${words}; it is at ${await focused(page)}`);
}

test('the calendar is a grid of days for the keyboard', async ({ ownerPage: page, demo, scene }) => {
  await page.goto(lookAt(demo, { project_id: scene.project }));
  await expectTotal(page, DEEDS.length);
  await page.keyboard.press('t');
  const panel = page.getByRole('dialog', { name: 'Time range' });
  await panel.getByRole('grid').waitFor();
  for (let tabs = 0; tabs < MAX_TABS; tabs += 1) {
    if (await page.evaluate(() => document.activeElement?.closest('td') !== null)) break;
    await page.keyboard.press('Tab');
  }
  // A month back, and a day on from there.
  await page.keyboard.press('PageUp');
  await page.keyboard.press('ArrowRight');
  const label = await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? ''))
    .toMatch(/^\w+day, \d+ \w+ \d{4}/)
    .then(() => focused(page));
  await page.keyboard.press('Enter');
  await panel.getByText('Choose another day for the end.').waitFor();
  await tabTo(page, 'Apply');
  await page.keyboard.press('Enter');
  await panel.waitFor({ state: 'detached' });
  const from = new URL(page.url()).searchParams.get('from') ?? '';
  const [, day] = /, (\d+) /.exec(label) ?? [];
  expect(Number(from.slice(8, 10))).toBe(Number(day));
  await expectFocus(page, /^Time range: /);
});

test('chips are taken away one after the other without losing the focus', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  const filter = ['category:is_not:Guardrails', 'category:is_not:Roles'];
  await page.goto(lookAt(demo, { ...scene.all, filter }));
  await expectTotal(page, 2);
  await page.getByRole('button', { name: /^Remove Category is not Guardrails/ }).focus();
  await page.keyboard.press('Enter');
  await expectTotal(page, 4);
  await expect.poll(() => focused(page)).not.toBe('body');
  await page.getByRole('button', { name: /^Remove Category is not Roles/ }).focus();
  await page.keyboard.press('Enter');
  await expectTotal(page, DEEDS.length);
  await expect.poll(() => focused(page)).not.toBe('body');
});
