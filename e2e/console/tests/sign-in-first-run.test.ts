/** The first quarter of an hour with Evident: from the printed link to one's own event in the log. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Page } from 'playwright-core';

import { expect, test } from '../fixtures.js';

const run = promisify(execFile);
const OWNER = {
  name: 'Ada Obi',
  email: 'ada@example.com',
  password: 'correct horse battery',
};

async function setUp(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Organization').fill('Acme AI');
  await page.getByLabel('Your name').fill(OWNER.name);
  await page.getByLabel('Your e-mail address').fill(OWNER.email);
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Set up this server' }).click();
  await page.getByRole('heading', { name: 'Keep these keys' }).waitFor();
}

test('the printed link leads to a server of one’s own and its first event in the log', async ({
  open,
  waiting,
}) => {
  const { page, watch } = await open({ on: waiting });
  watch.expect(503, '/v1/');
  await setUp(page, waiting.setUpLink);
  expect(page.url(), 'the token is forgotten').not.toContain('#');

  const ingestKey = await page.getByRole('group', { name: 'Ingest key' }).innerText();
  const onward = page.getByRole('button', { name: 'Go on to the first event' });
  expect(await onward.isDisabled(), 'before the keys are kept').toBe(true);
  await page.getByText('I have kept these keys').click();
  await onward.click();
  await page.getByText('Waiting for the first event').waitFor();

  // What the page shows is what is run, as it is.
  await page.getByRole('tab', { name: 'JavaScript' }).click();
  const call = await page.getByRole('group', { name: 'The call in JavaScript' }).innerText();
  expect(call).toContain(ingestKey);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', call]);
  expect(stdout).toContain('receipts');
  await page.getByText(/^It is here: /).waitFor();

  await page.getByRole('link', { name: 'Open it in the log' }).click();
  await page.waitForURL(/\/o\/org_[^/]+\/events\/[0-9a-f-]{36}/);
  await page.getByText('PII filter').first().waitFor();
});

test('the keys are shown this once', async ({ open, waiting }) => {
  const { page, context, watch } = await open({ on: waiting });
  watch.expect(503, '/v1/');
  await setUp(page, waiting.setUpLink);
  const ingestKey = await page.getByRole('group', { name: 'Ingest key' }).innerText();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download all of it' }).click();
  expect((await download).suggestedFilename()).toBe('evident-keys.txt');
  await page.getByText('I have kept these keys').click();
  await page.getByRole('button', { name: 'Go on to the first event' }).click();
  await page.getByText('Waiting for the first event').waitFor();

  const later = await context.newPage();
  await later.goto(waiting.setUpLink);
  await later.getByRole('heading', { name: 'This server is set up already' }).waitFor();
  expect(await later.content()).not.toContain(ingestKey);
  const kept = await later.evaluate(() =>
    [localStorage, sessionStorage].map((storage) => JSON.stringify(Object.entries(storage))).join(),
  );
  expect(kept, 'what the browser keeps').not.toContain(ingestKey);
});

test('a link of before is refused, and the page says where the right one is', async ({ open, waiting }) => {
  const { page, watch } = await open({ on: waiting });
  watch.expect(503, '/v1/');
  watch.expect(403, '/v1/setup');
  await page.goto('/');
  await page.getByRole('heading', { name: 'This server is not set up yet' }).waitFor();
  await page.goto('/setup#evident_setup_of_before');
  await page.getByLabel('Organization').fill('Acme AI');
  await page.getByLabel('Your name').fill(OWNER.name);
  await page.getByLabel('Your e-mail address').fill('not an address');
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  const submit = page.getByRole('button', { name: 'Set up this server' });
  await submit.click();
  await page.getByText('Enter an address, such as ada@example.com').waitFor();
  await page.getByLabel('Your e-mail address').fill(OWNER.email);
  await submit.click();
  await page.getByRole('heading', { level: 1, name: /link/ }).waitFor();
});
