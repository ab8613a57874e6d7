/** The explorer on networks as they are: slow, failing, away; and when the session ends or the server refuses. */
import type { Page, Route } from 'playwright-core';

import { expectAsked, expectTotal, facetOf, listOf, lookAt, PATIENCE_MS, rowsOf } from '../explorer.js';
import { DEEDS, expect, test } from '../scene.js';

const EVENTS = /\/v1\/events\?/;

/** Holds back answers to that until it is let go. */
async function held(page: Page, url: RegExp) {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let asked = 0;
  await page.route(url, async (route: Route) => {
    asked += 1;
    await gate;
    await route.continue();
  });
  return { release: () => release(), asked: () => asked };
}

/** Asks something else by a click. */
async function askForRoles(page: Page): Promise<void> {
  await facetOf(page, 'Category', 'Roles').click();
  await expectAsked(page, 'filter', ['category:is:Roles']);
}

test('while an answer is slow, what was there stays, and is said to be of before', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  const slow = await held(page, EVENTS);
  await askForRoles(page);
  const grid = listOf(page).locator('[role="grid"][aria-busy="true"]');
  await grid.waitFor();
  expect(await rowsOf(page).count()).toBe(DEEDS.length);
  expect(slow.asked()).toBeGreaterThan(0);
  slow.release();
  await expectTotal(page, 5);
});

test('a skeleton is seen past 150 ms only, and goes when the answer is there', async ({
  open,
  demo,
  scene,
}) => {
  const { page } = await open({ as: demo.owner, reducedMotion: 'no-preference' });
  const slow = await held(page, EVENTS);
  await page.goto(lookAt(demo, scene.all));
  const skeleton = page.getByRole('status', { name: 'Loading events' });
  await skeleton.waitFor();
  // It is there, and not seen before its animation has begun.
  const delays = await skeleton.evaluate((element) =>
    element.getAnimations().map((animation) => animation.effect?.getTiming().delay),
  );
  expect(delays).toEqual([150]);
  await expect
    .poll(() => skeleton.evaluate((element) => getComputedStyle(element).opacity), { timeout: PATIENCE_MS })
    .toBe('1');
  slow.release();
  await expectTotal(page, DEEDS.length);
  expect(await skeleton.count()).toBe(0);
});

test('an answer that comes too late does not replace a newer one', async ({
  ownerPage: page,
  demo,
  scene,
}) => {
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  const slow = await held(page, /\/v1\/events\?.*Roles/);
  await askForRoles(page);
  await expect.poll(slow.asked, { timeout: PATIENCE_MS }).toBeGreaterThan(0);
  await facetOf(page, 'Category', 'Guardrails').click({ modifiers: ['Alt'] });
  await page.goBack();
  await page.goBack();
  await expectAsked(page, 'filter', []);
  slow.release();
  await expectTotal(page, DEEDS.length);
  expect(await rowsOf(page).count()).toBe(DEEDS.length);
});

test('an answer that fails is said to have failed, and is asked for again', async ({ open, demo, scene }) => {
  const { page, watch } = await open({ as: demo.owner });
  watch.expect(500, '/v1/events');
  let isBroken = true;
  await page.route(EVENTS, async (route: Route) => {
    if (!isBroken) return route.continue();
    return route.fulfill({
      status: 500,
      contentType: 'application/problem+json',
      json: { code: 'internal', title: 'Something broke', status: 500, detail: 'The disk said no.' },
    });
  });
  await page.goto(lookAt(demo, scene.all));
  const alert = listOf(page).getByRole('alert');
  await alert.getByText('The events could not be read').waitFor();
  expect(await alert.textContent()).toContain('The disk said no.');
  isBroken = false;
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expectTotal(page, DEEDS.length);
});

test('offline, what is on the page stays; online again, the next question is answered', async ({
  open,
  demo,
  scene,
}) => {
  const { page, context, watch } = await open({ as: demo.owner });
  watch.expectFailures();
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await context.setOffline(true);
  await facetOf(page, 'Category', 'Roles').click();
  await expectAsked(page, 'filter', ['category:is:Roles']);
  await expect.poll(() => rowsOf(page).count()).toBe(DEEDS.length);
  await context.setOffline(false);
  await page.goBack();
  await expectTotal(page, DEEDS.length);
  await askForRoles(page);
  await expectTotal(page, 5);
});

test('a session that ends in between leads to the sign-in, and from there back', async ({
  open,
  demo,
  scene,
}) => {
  const { page, context, watch } = await open({ as: demo.owner, ownSession: true });
  watch.expect(401, '/v1/');
  await page.goto(lookAt(demo, scene.all));
  await expectTotal(page, DEEDS.length);
  await context.clearCookies();
  await facetOf(page, 'Category', 'Roles').click();
  await page.waitForURL('**/login**');
  expect(await rowsOf(page).count(), 'nothing of the log is left').toBe(0);
  await page.getByLabel('E-mail').fill(demo.owner.email);
  await page.getByLabel('Password', { exact: true }).fill(demo.owner.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL(`**/o/${demo.organizationId}/events?**`);
  await expectAsked(page, 'project_id', [scene.project]);
  await expectAsked(page, 'filter', ['category:is:Roles']);
  await expectTotal(page, 5);
});

test('a server that is asked too much says so, and is not asked again by itself', async ({
  open,
  demo,
  scene,
}) => {
  const { page, watch } = await open({ as: demo.owner });
  watch.expect(429, '/v1/events');
  let asked = 0;
  let isBusy = true;
  await page.route(EVENTS, async (route: Route) => {
    if (!isBusy) return route.continue();
    asked += 1;
    return route.fulfill({
      status: 429,
      headers: { 'retry-after': '30' },
      contentType: 'application/problem+json',
      json: { code: 'too_many_requests', title: 'Too many requests', status: 429, detail: 'Slow down.' },
    });
  });
  await page.goto(lookAt(demo, scene.all));
  const alert = listOf(page).getByRole('alert');
  await alert.getByText('Slow down.').waitFor();
  expect(asked).toBe(1);
  isBusy = false;
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expectTotal(page, DEEDS.length);
});

test('a role that may not read what is asked is told so', async ({ open, demo, scene }) => {
  const { page, watch } = await open({ as: demo.owner });
  watch.expect(403, '/v1/events');
  await page.route(EVENTS, (route: Route) =>
    route.fulfill({
      status: 403,
      contentType: 'application/problem+json',
      json: { code: 'forbidden', title: 'Forbidden', status: 403, detail: 'That project is not yours.' },
    }),
  );
  await page.goto(lookAt(demo, scene.all));
  await page.getByText('Your role does not show this').waitFor();
  expect(await listOf(page).textContent()).toContain('That project is not yours.');
});
