/** Settings about programs: API keys and viewer tokens; and about events: retention, redaction, sign-in of one's own. */
import type { Page } from 'playwright-core';

import { call, record, unique, type Place } from '../api.js';
import { expect, test } from '../fixtures.js';
import { textAt } from '../server.js';

/** What the API answers with a key, as a status. */
async function statusWith(place: Place, key: string, path = '/v1/events?limit=1'): Promise<number> {
  const answer = await fetch(place.url + path, {
    headers: { authorization: `Bearer ${key}` },
  });
  await answer.body?.cancel();
  return answer.status;
}

async function act(page: Page, row: string, action: string): Promise<void> {
  await page.getByRole('row').filter({ hasText: row }).first().getByRole('button', { name: /^More/ }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

/** The key of the dialog, which is closed as one who has kept it does. */
async function shownKey(page: Page): Promise<string> {
  const key = (await page.getByRole('group', { name: 'API key', exact: true }).innerText()).trim();
  await page.getByRole('button', { name: 'I have kept it' }).click();
  return key;
}

test('a key is made, shown once, works, is rotated and revoked', async ({ open, empty }) => {
  const { page } = await open({ on: empty, as: empty.owner });
  await page.goto(`/o/${empty.organizationId}/settings/keys`);
  await page.getByRole('button', { name: 'New API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Build server');
  await dialog.getByText('Reads and exports events,').click();
  await dialog.getByRole('button', { name: 'Create the key' }).click();
  const first = await shownKey(page);
  expect(await statusWith(empty, first), 'a key that was just made').toBe(200);
  await page.reload();
  await page.getByText('Build server').waitFor();
  expect(await page.content(), 'after it was shown').not.toContain(first);

  await act(page, 'Build server', 'Rotate…');
  await page.getByRole('button', { name: 'Make the new key' }).click();
  const second = await shownKey(page);
  expect(second).not.toBe(first);
  expect(await statusWith(empty, second)).toBe(200);
  expect(await statusWith(empty, first), 'the old one, for a while').toBe(200);

  await page.getByText('Replaced').waitFor();
  const keys = page.getByRole('row').filter({ hasText: 'Build server' });
  const current = keys.filter({ hasNotText: 'Replaced' });
  await current.getByRole('button', { name: /^More/ }).click();
  await page.getByRole('menuitem', { name: 'Revoke…' }).click();
  await dialog.getByRole('button', { name: 'Revoke the key' }).click();
  // Until the dialog is gone it takes what is clicked, and nothing says so to a click that is forced.
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('radio', { name: 'Ended' }).check({ force: true });
  await keys.getByText('Revoked').waitFor();
  expect(await statusWith(empty, second)).toBe(401);
});

test('a key for another address is refused where it is written', async ({ open, empty }) => {
  const { page } = await open({ on: empty, as: empty.owner });
  await page.goto(`/o/${empty.organizationId}/settings/keys`);
  await page.getByRole('button', { name: 'New API key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Build server');
  await dialog.getByLabel('Allowed addresses').fill('not an address');
  await dialog.getByRole('button', { name: 'Create the key' }).click();
  await dialog
    .getByText(/not an address.* is not|such as 192\.0\.2\.7/)
    .first()
    .waitFor();
  expect(await dialog.isVisible()).toBe(true);
});

test('retention is looked at first, then set, and the API has the rule', async ({ open, empty }) => {
  await record(empty, {
    action: 'guardrail.updated',
    actor: { type: 'user', id: 'ada' },
  });
  const { page } = await open({ on: empty, as: empty.owner });
  await page.goto(`/o/${empty.organizationId}/settings/retention`);
  await page.getByRole('button', { name: 'Change…' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('For some days').click();
  await dialog.getByRole('textbox', { name: 'Days' }).fill('400');
  await dialog.getByRole('button', { name: 'See what would go' }).click();
  await dialog.getByText('Nothing would go now').waitFor();
  expect(await call(empty, 'GET', '/v1/retention'), 'before it is set').not.toMatchObject({
    in_force: { days: 400 },
  });
  const typed = dialog.getByLabel(/^Type/);
  if ((await typed.count()) > 0) await typed.fill('Acme AI');
  await dialog.getByRole('button', { name: 'Set the rule' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByText('Events are kept 400 days').waitFor();
  expect(await call(empty, 'GET', '/v1/retention')).toMatchObject({
    in_force: { days: 400 },
  });
});

test('a name that is made secret is replaced in the next event', async ({ open, empty }) => {
  const { page } = await open({ on: empty, as: empty.owner });
  await page.goto(`/o/${empty.organizationId}/settings/redaction`);
  const names = page.getByRole('form', { name: 'Secret names' });
  await names.getByRole('textbox').fill('door_code');
  await names.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('button', { name: 'Save the rules…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save the rules' }).click();
  await page.getByRole('status').filter({ hasText: 'The rules are saved' }).first().waitFor();

  const id = crypto.randomUUID();
  const actor = { type: 'user', id: 'ada' };
  await record(empty, {
    id,
    action: 'guardrail.updated',
    actor,
    metadata: { doorCode: 'open-4711' },
  });
  await page.goto(`/o/${empty.organizationId}/events/${id}`);
  await page
    .getByText(/\[redacted:|redacted/i)
    .first()
    .waitFor();
  expect(await page.content()).not.toContain('open-4711');
});

test('a provider of sign-in is checked before it is saved', async ({ open, empty }) => {
  const { page, watch } = await open({ on: empty, as: empty.owner });
  for (const status of [400, 409, 422, 502]) watch.expect(status, '/v1/sso');
  await page.goto(`/o/${empty.organizationId}/settings/sso`);
  const save = page.getByRole('button', { name: 'Set it up' });
  await save.click();
  await page.getByText('Write the provider’s issuer, as it names itself').waitFor();
  await page.getByText('Write at least one domain: nobody could sign in').waitFor();
  await page.getByLabel('Issuer').fill('http://127.0.0.1:9/realms/acme');
  await page.getByLabel('Client id').fill('evident');
  await page.getByText('The client is a public one').click();
  await page.getByLabel('E-mail domains that are let in').fill('acme.example');
  await save.click();
  const alert = page.getByText(/could not be checked, and nothing was saved|https:/).first();
  await alert.waitFor();
  const answer = await fetch(`${empty.url}/v1/sso`, {
    headers: { authorization: `Bearer ${empty.keys.admin}` },
  });
  expect(answer.status, 'nothing was saved').toBe(404);
});

test('the embedded log shows exactly what its token permits', async ({ open, empty }) => {
  const customer = unique('customer');
  const about = (id: string, name: string) => ({
    action: 'guardrail.updated',
    actor: { type: 'user', id: 'ada', name },
    targets: [{ type: 'customer', id }],
  });
  await record(
    empty,
    about(customer, 'Seen One'),
    about('somebody_else', 'Not Seen'),
    about(customer, 'Seen Two'),
  );
  const { page } = await open({ on: empty, as: empty.owner });
  await page.goto(`/o/${empty.organizationId}/settings/viewers`);
  await page.getByRole('button', { name: 'New issuer' }).first().click();
  await page.getByRole('dialog').getByLabel('Name').fill('Customer portal');
  await page.getByRole('dialog').getByLabel('Origins').fill(empty.url);
  await page.getByRole('button', { name: 'Create the issuer' }).click();
  await page
    .getByRole('row')
    .filter({ hasText: 'Customer portal' })
    .getByRole('button', { name: /Make a token/ })
    .click();
  await page.getByLabel('Only what was done to this target').fill(customer);
  await page.getByRole('button', { name: 'Make the token' }).click();
  const token = (await page.getByRole('group', { name: 'Viewer token', exact: true }).innerText()).trim();

  const visitor = await open({ on: empty });
  await visitor.page.goto('/embed/example.html');
  await visitor.page.getByLabel('Viewer token').fill(token);
  await visitor.page.getByRole('button', { name: 'Show the log' }).click();
  const log = visitor.page.locator('evident-log');
  await log.getByText('Seen One').first().waitFor();
  await log.getByText('Seen Two').first().waitFor();
  expect(await log.getByText('Not Seen').count()).toBe(0);
  await log
    .getByText(/^2 events/)
    .first()
    .waitFor();

  const issuers = await call(empty, 'GET', '/v1/viewer-issuers');
  const [issuer] = (issuers as { data: unknown[] }).data;
  await call(empty, 'DELETE', `/v1/viewer-issuers/${textAt(issuer, 'id')}`);
  visitor.watch.expect(401, '/v1/events');
  await visitor.page.reload();
  await visitor.page.getByLabel('Viewer token').fill(token);
  await visitor.page.getByRole('button', { name: 'Show the log' }).click();
  await visitor.page.getByText('The token does not work, or no longer.').waitFor();
});
