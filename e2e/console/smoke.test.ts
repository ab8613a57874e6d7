/** That the console is there at all: it loads, asks nobody else, breaks no policy, and lets its owner in. */
import { expectAccessible } from './accessible.js';
import { expect, test } from './fixtures.js';

test('whoever is not signed in is shown the sign-in page', async ({ page }) => {
  await page.goto('/');
  await page.waitForURL('**/login**');
  await page.getByLabel('Password').waitFor();
  await expectAccessible(page);
});

test('whoever is signed in is shown the events of the organization', async ({ ownerPage, demo }) => {
  await ownerPage.goto('/');
  await ownerPage.waitForURL(`**/o/${demo.organizationId}/events**`);
  await ownerPage.getByRole('main').waitFor();
  expect(await ownerPage.title()).toContain('Evident');
});

test('a server that nobody has set up shows the page that does it', async ({ open, waiting }) => {
  const { page, watch } = await open({ on: waiting });
  watch.expect(503, '/v1/');
  await page.goto(waiting.setUpLink);
  await page.getByLabel('Organization').waitFor();
  await expectAccessible(page);
});
