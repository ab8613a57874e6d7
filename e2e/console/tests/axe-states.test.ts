/** What opens over pages, and what stands in place of them: axe finds nothing in either theme, wide or narrow. */
import type { Page } from 'playwright-core';

import { accessibilityFaults } from '../accessible.js';
import { expect, test } from '../fixtures.js';
import { inTheme, settled } from '../pages.js';

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 390, height: 844 };
const THEMES = ['light', 'dark'] as const;

interface State {
  readonly name: string;
  readonly path: string;
  /** Only where there is room, or only where there is none. */
  readonly only?: typeof WIDE;
  readonly open: (page: Page) => Promise<unknown>;
}

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();
const dialog = (page: Page) => page.getByRole('dialog').waitFor();
const menu = (page: Page) => page.getByRole('menu').waitFor();
const pressed =
  (name: string | RegExp, then: (page: Page) => Promise<unknown> = dialog) =>
  async (page: Page) => {
    await press(page, name);
    await then(page);
  };
/** The newest event of the list. */
async function firstEvent(page: Page): Promise<void> {
  await page.locator('[role="row"][id^="event-"]').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Event details' }).getByRole('heading').first().waitFor();
}

const STATES: readonly State[] = [
  {
    name: 'account menu',
    path: 'catalog',
    only: WIDE,
    open: pressed(/^Account/, menu),
  },
  {
    name: 'navigation of a narrow window',
    path: 'catalog',
    only: NARROW,
    open: pressed('Open the menu', (page) => page.getByRole('navigation', { name: 'Pages' }).waitFor()),
  },
  {
    name: 'keys of the page',
    path: 'events',
    only: WIDE,
    open: async (page) => {
      await page.keyboard.press('?');
      await dialog(page);
    },
  },
  {
    name: 'filter window',
    path: 'events?filter=category:is:Roles',
    open: async (page) => {
      await press(page, /^Filter/);
      await page.getByRole('button', { name: 'Add Filter' }).click();
      await page.getByRole('group', { name: 'Filter 2' }).waitFor();
    },
  },
  { name: 'time range', path: 'events', open: pressed(/^Time range/) },
  { name: 'scope', path: 'events', open: pressed(/^Scope/) },
  { name: 'columns', path: 'events', open: pressed(/^Columns and times/) },
  {
    name: 'export menu',
    path: 'events',
    only: WIDE,
    open: pressed('Export Log', menu),
  },
  {
    name: 'export dialog',
    path: 'events',
    open: async (page) => {
      await press(page, 'Export Log');
      await page.getByRole('menuitem', { name: /Queue Export/ }).click();
      await dialog(page);
    },
  },
  {
    name: 'completion of the search',
    path: 'events',
    open: async (page) => {
      await page.getByRole('search').getByRole('combobox').first().fill('category:');
      await page.getByRole('listbox').first().waitFor();
    },
  },
  { name: 'event', path: 'events', open: firstEvent },
  {
    name: 'nothing found',
    path: 'events?q=nosuchwordatall',
    open: (page) =>
      page
        .getByText(/^0 events/)
        .first()
        .waitFor(),
  },
  {
    name: 'event that is not there',
    path: 'events/00000000-0000-7000-8000-000000000000',
    open: (page) => page.getByText('There is no such event').waitFor(),
  },
  {
    name: 'entry of the catalog',
    path: 'catalog/guardrail.updated',
    open: (page) => page.getByRole('group', { name: 'Call in curl' }).waitFor(),
  },
  { name: 'new event type', path: 'catalog', open: pressed(/^Add/) },
  {
    name: 'invitation',
    path: 'settings/invitations?invite=open',
    open: dialog,
  },
  {
    name: 'new project',
    path: 'settings/projects',
    open: pressed('New project'),
  },
  { name: 'new role', path: 'settings/roles', open: pressed('New role') },
  { name: 'new key', path: 'settings/keys', open: pressed('New API key') },
  { name: 'new issuer', path: 'settings/viewers', open: pressed('New issuer') },
  {
    name: 'rule of retention',
    path: 'settings/retention',
    open: pressed('Change…'),
  },
  {
    name: 'menu of a member',
    path: 'settings/members',
    only: WIDE,
    open: pressed(/^More about/, menu),
  },
  {
    name: 'mistakes in the provider',
    path: 'settings/sso',
    open: pressed('Set it up', (page) => page.getByText('Write the provider’s issuer').first().waitFor()),
  },
  {
    name: 'page that is not there',
    path: 'nowhere',
    open: (page) => page.getByText('There is no such page').waitFor(),
  },
];

for (const state of STATES) {
  test(`axe finds nothing: ${state.name}`, async ({ open, demo }) => {
    const { page, watch } = await open({ as: demo.owner });
    watch.expect(400, '/v1/events');
    watch.expect(404, '/v1/events');
    for (const size of state.only === undefined ? [WIDE, NARROW] : [state.only]) {
      await page.setViewportSize(size);
      await page.goto(`/o/${demo.organizationId}/${state.path}`);
      if (state.path !== 'nowhere') await settled(page);
      await state.open(page);
      // A tooltip stands beside the page, not in a part of it: it is there only while its button is pointed at.
      await page.mouse.move(size.width - 1, size.height - 1);
      for (const theme of THEMES) {
        await inTheme(page, theme);
        const faults = await accessibilityFaults(page);
        expect.soft(faults, `${state.name}, ${theme}, ${size.width}`).toEqual([]);
      }
    }
  });
}

test('axe finds nothing on the way in', async ({ open, waiting }) => {
  const { page, watch } = await open({ on: waiting });
  watch.expect(503, '/v1/');
  const faults: string[] = [];
  const look = async () => {
    for (const theme of THEMES) {
      await inTheme(page, theme);
      faults.push(...(await accessibilityFaults(page)));
    }
  };
  await page.goto(waiting.setUpLink);
  await page.getByRole('button', { name: 'Set up this server' }).click();
  await page.getByText('Enter your name').waitFor();
  await look();
  await page.getByLabel('Organization').fill('Acme AI');
  await page.getByLabel('Your name').fill('Ada Obi');
  await page.getByLabel('Your e-mail address').fill('ada@example.com');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Set up this server' }).click();
  await page.getByRole('heading', { name: 'Keep these keys' }).waitFor();
  await look();
  await page.getByText('I have kept these keys').click();
  await page.getByRole('button', { name: 'Go on to the first event' }).click();
  await page.getByText('Waiting for the first event').waitFor();
  await look();
  expect(faults).toEqual([]);
});

test('twice the size of text leaves everything there and nothing sideways', async ({ ownerPage, demo }) => {
  for (const path of ['events', 'settings/members', 'settings/keys', 'insights', 'catalog']) {
    await ownerPage.goto(`/o/${demo.organizationId}/${path}`);
    await settled(ownerPage);
    await ownerPage.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
    });
    await expect
      .poll(
        () =>
          ownerPage.evaluate(() => {
            const scrolled = [document.documentElement, ...document.querySelectorAll('main')];
            return Math.max(...scrolled.map((element) => element.scrollWidth - element.clientWidth));
          }),
        { message: path },
      )
      .toBeLessThanOrEqual(1);
  }
});

test('who wants no motion sees none', async ({ open, demo }) => {
  const { page } = await open({ as: demo.owner, reducedMotion: 'reduce' });
  await page.goto(`/o/${demo.organizationId}/settings/projects`);
  await settled(page);
  const longest = await page.evaluate(() => {
    const durations = [...document.querySelectorAll('*')].flatMap((element) => {
      const { transitionDuration, animationDuration } = getComputedStyle(element);
      return `${transitionDuration}, ${animationDuration}`.split(', ').map((text) => Number.parseFloat(text));
    });
    return Math.max(...durations);
  });
  expect(longest, 'in seconds').toBeLessThan(0.001);
});
