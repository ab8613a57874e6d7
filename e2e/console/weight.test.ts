/** What it takes to see the first page: how much has to come over the wire before. */
import { gzipSync } from 'node:zlib';

import { expect, test } from './fixtures.js';

/** All scripts of the first page, compressed. In bytes. */
const MAX_SCRIPT_BYTES = 200 * 1024;

test('the scripts of the list of events are light', async ({ ownerPage, demo }) => {
  const scripts = new Map<string, Promise<number>>();
  ownerPage.on('response', (response) => {
    if (!response.url().endsWith('.js')) return;
    scripts.set(
      response.url(),
      response.body().then((body) => gzipSync(body, { level: 9 }).length),
    );
  });
  await ownerPage.goto(`/o/${demo.organizationId}/events`);
  await ownerPage.getByRole('row').nth(1).waitFor();
  const sizes = await Promise.all(scripts.values());
  const all = sizes.reduce((sum, size) => sum + size, 0);
  expect(scripts.size).toBeGreaterThan(0);
  expect(all, `${scripts.size} scripts`).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
});
