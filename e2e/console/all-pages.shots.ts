/** Pictures of every page, in both themes and three widths, in screenshots/. They are for looking at. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { test } from './fixtures.js';
import { PAGES, settled } from './pages.js';

const FOLDER = join(import.meta.dirname, 'screenshots');
const HEIGHTS = { 1440: 900, 1024: 768, 390: 844 };
const THEMES = ['light', 'dark'] as const;

mkdirSync(FOLDER, { recursive: true });

for (const shown of PAGES) {
  for (const colorScheme of THEMES) {
    test(`${shown.name}, ${colorScheme}`, async ({ open, demo }) => {
      const signed = shown.signedIn ? { as: demo.owner } : {};
      const { page } = await open({ colorScheme, ...signed });
      for (const [width, height] of Object.entries(HEIGHTS)) {
        await page.setViewportSize({ width: Number(width), height });
        await page.goto(shown.path(demo.organizationId));
        await settled(page);
        await page.screenshot({
          path: join(FOLDER, `${shown.name}-${colorScheme}-${width}.png`),
        });
      }
    });
  }
}
