/** Exports, Insights, Integrity and the catalog: what they show is what the API says, and what they offer works. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Page } from 'playwright-core';

import { call, record, unique } from '../api.js';
import { expect, test } from '../fixtures.js';

const run = promisify(execFile);
/** How long something that is made in the background may take. In milliseconds. */
const PATIENCE_MS = 30_000;

/** The number that stands under these words. */
async function figure(page: Page, label: string): Promise<number> {
  const value = page
    .locator('dt', { hasText: new RegExp(`^${label}$`) })
    .locator('xpath=following-sibling::dd[1]');
  await value.getByText(/^[\d,]+$/).waitFor();
  return Number((await value.innerText()).replaceAll(',', ''));
}

test('an export is queued, made, downloaded and deleted', async ({ open, empty }) => {
  const id = unique('export');
  await record(empty, {
    action: 'guardrail.updated',
    actor: { type: 'user', id: 'ada' },
    targets: [{ type: 'guardrail', id }],
  });
  const { page } = await open({ on: empty, as: empty.owner });
  await page.goto(`/o/${empty.organizationId}/exports`);
  await page.getByText('No exports yet').waitFor();
  await page.getByRole('button', { name: 'Queue Export…' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Export name').fill('All of March');
  await dialog.getByText('NDJSON', { exact: false }).first().click();
  await dialog.getByRole('button', { name: 'Queue Export', exact: true }).click();
  const item = page.getByRole('listitem', { name: 'All of March' });
  const file = item.getByRole('link', { name: /^Download/ });
  await file.waitFor({ timeout: PATIENCE_MS });
  const download = page.waitForEvent('download');
  await file.click();
  const stream = await (await download).createReadStream();
  const text = (await stream.toArray()).join('');
  expect(text).toContain(id);

  await item.getByRole('button', { name: /^More/ }).click();
  await page.getByRole('menuitem', { name: /^Delete/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the export' }).click();
  await page.getByText('No exports yet').waitFor();
});

test('the numbers of Insights are those of the API, and lead to the events that they count', async ({
  ownerPage,
  demo,
}) => {
  const range = 'range=all_time&tz=UTC';
  const total = async (more: string) => {
    const answer = await call(demo, 'GET', `/v1/events?limit=1&${range}${more}`, undefined, demo.keys.read);
    return (answer as { total: number }).total;
  };
  await ownerPage.goto(`/o/${demo.organizationId}/insights?range=all_time&tz=UTC`);
  // The demo records on: what is counted now lies between what there was before and what there is after.
  const before = await total('&result=denied&result=failed');
  await ownerPage.reload();
  const shown = await figure(ownerPage, 'Denied or failed');
  const after = await total('&result=denied&result=failed');
  expect(shown).toBeGreaterThanOrEqual(before);
  expect(shown).toBeLessThanOrEqual(after);
  expect(shown).toBeGreaterThan(0);

  await ownerPage
    .locator('dt', { hasText: /^Denied or failed$/ })
    .locator('xpath=following-sibling::dd[1]')
    .getByRole('link')
    .click();
  await ownerPage.waitForURL(/\/events\?/);
  const results = new URL(ownerPage.url()).searchParams.getAll('result');
  expect(results.toSorted()).toEqual(['denied', 'failed']);
});

test('the log holds, as the browser itself verifies', async ({ ownerPage, demo }) => {
  await ownerPage.goto(`/o/${demo.organizationId}/integrity`);
  await ownerPage.getByRole('button', { name: 'Verify now' }).click();
  await ownerPage.getByText('The log holds').waitFor({ timeout: PATIENCE_MS });
});

test('a checkpoint that was tampered with fails loudly', async ({ ownerPage, demo }) => {
  // One letter of the signature is another: nothing else tells the answer from a true one.
  await ownerPage.route(/\/v1\/log(\?|$)/, async (route) => {
    const answer = await route.fetch();
    const head = (await answer.json()) as { checkpoint: string };
    const at = head.checkpoint.trimEnd().length - 8;
    const other = head.checkpoint[at] === 'A' ? 'B' : 'A';
    const checkpoint = head.checkpoint.slice(0, at) + other + head.checkpoint.slice(at + 1);
    await route.fulfill({ response: answer, json: { ...head, checkpoint } });
  });
  await ownerPage.goto(`/o/${demo.organizationId}/integrity`);
  await ownerPage.getByRole('button', { name: 'Verify now' }).click();
  await ownerPage.getByText('The log does not hold').waitFor({ timeout: PATIENCE_MS });
  expect(await ownerPage.getByText('The log holds', { exact: true }).count()).toBe(0);
});

test('the catalog is searched by words, and each type shows what it is', async ({ ownerPage, demo }) => {
  await ownerPage.goto(`/o/${demo.organizationId}/catalog`);
  await ownerPage.getByLabel('Search event types').fill('guardrail updated');
  const list = ownerPage.getByRole('navigation', { name: 'Event types' });
  const found = list.getByRole('link').filter({ hasText: 'guardrail.updated' });
  await found.first().click();
  await ownerPage.waitForURL('**/catalog/guardrail.updated*');
  await ownerPage.getByLabel('Search event types').fill('no such thing at all');
  await ownerPage.getByText('No event type like that').waitFor();
});

test('a type of one’s own is added, and the call of its example is taken as it is shown', async ({
  open,
  empty,
}) => {
  const { page, watch } = await open({ on: empty, as: empty.owner });
  watch.expect(422, '/v1/catalog');
  await page.goto(`/o/${empty.organizationId}/catalog`);
  await page.getByRole('button', { name: /^Add/ }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Action', { exact: true }).fill('invoice.paid');
  await dialog.getByLabel('Name', { exact: true }).first().fill('Invoice Paid');
  await dialog.getByRole('combobox', { name: 'Category' }).fill('Billing');
  await dialog.getByLabel('Description', { exact: true }).fill('Somebody paid an invoice.');
  await dialog.getByRole('button', { name: 'Add event type' }).click();
  await dialog.getByText('found nothing in it').first().waitFor();
  await dialog.getByLabel('Badge', { exact: true }).fill('Paid');
  await dialog.getByLabel('Template', { exact: true }).fill('{actor} paid an invoice');
  await dialog.getByRole('button', { name: 'Add event type' }).click();
  await page.waitForURL('**/catalog/invoice.paid*');
  await page.getByRole('heading', { name: 'Invoice Paid' }).waitFor();
  const script = await page.getByRole('group', { name: 'Call in curl' }).innerText();
  const environment = {
    ...process.env,
    EVIDENT_API_KEY: empty.keys.ingest,
    EVIDENT_URL: empty.url,
  };
  await run('sh', ['-c', script], { env: environment });
  const recorded = await call(empty, 'GET', '/v1/events?action=invoice.paid', undefined, empty.keys.read);
  expect(recorded).toMatchObject({
    total: 1,
    data: [{ name: 'Invoice Paid', category: 'Billing' }],
  });
});

test('what is at an address that is none is said, with the way back', async ({ ownerPage }) => {
  await ownerPage.goto('/nowhere/at/all');
  await ownerPage.getByText('There is no such page').waitFor();
  await ownerPage.getByRole('link', { name: 'Go to the events' }).click();
  await ownerPage.waitForURL(/\/events/);
});

test('a page that cannot be read says so, and is there at the next try', async ({ open, demo }) => {
  const { page, watch } = await open({ as: demo.owner });
  watch.expect(503, '/v1/members');
  let isBroken = true;
  await page.route('**/v1/members?*', (route) =>
    isBroken
      ? route.fulfill({
          status: 503,
          contentType: 'text/html',
          body: '<h1>away</h1>',
        })
      : route.continue(),
  );
  await page.goto(`/o/${demo.organizationId}/settings/members`);
  const again = page.getByRole('button', { name: 'Try again' });
  await again.waitFor();
  isBroken = false;
  await again.click();
  await page.getByRole('table', { name: 'Members' }).waitFor();
});
