/** Every page as it first shows, in both themes and two widths: axe finds nothing, and nothing scrolls sideways. */
import type { Page } from 'playwright-core';

import { accessibilityFaults } from '../accessible.js';
import { expect, test } from '../fixtures.js';
import { inTheme, PAGES, settled } from '../pages.js';

const THEMES = ['light', 'dark'] as const;
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];
/** The narrowest window, which is also 1280 pixels at four times the size (WCAG 1.4.10). */
const NARROWEST = { width: 320, height: 568 };
/** A fraction of a pixel is no scrolling. */
const TOLERANCE_PX = 1;

/** By how much the page is wider than the window, and whatever of it scrolls as a whole. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const scrolled = [document.documentElement, document.body, ...document.querySelectorAll('main')];
    return Math.max(...scrolled.map((element) => element.scrollWidth - element.clientWidth));
  });
}

for (const shown of PAGES) {
  test(`axe finds nothing on ${shown.name}, and it fits the narrowest window`, async ({ open, demo }) => {
    const { page } = await open(shown.signedIn ? { as: demo.owner } : {});
    await page.goto(shown.path(demo.organizationId));
    await settled(page);
    for (const size of SIZES) {
      await page.setViewportSize(size);
      for (const colorScheme of THEMES) {
        await inTheme(page, colorScheme);
        const faults = await accessibilityFaults(page);
        expect.soft(faults, `${shown.name}, ${colorScheme}, ${size.width}`).toEqual([]);
      }
    }
    await page.setViewportSize(NARROWEST);
    await expect
      .poll(() => overflow(page), { message: 'sideways at 320 px' })
      .toBeLessThanOrEqual(TOLERANCE_PX);
  });
}
