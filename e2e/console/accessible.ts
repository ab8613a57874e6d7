/** What axe finds on a page as it is now: by the rules of WCAG 2.2, levels A and AA, and its own best practices. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const OPTIONS: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
};

declare global {
  interface Window {
    axe?: { run: (options: RunOptions) => Promise<AxeResults> };
  }
}

/** What axe finds: the rule, the element, and what is wrong with it. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // The debugger's way in: the page's policy is about what pages load themselves.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const results = await page.evaluate(async (options) => {
    const found = await window.axe?.run(options);
    // The list of a combobox stands at the end of the document, and belongs to its field, which names it: it is no
    // part of the page that somebody could miss between the landmarks, as the rule supposes.
    const isOfField = (target: unknown) =>
      typeof target === 'string' &&
      document.querySelector(target)?.closest('[data-trigger="ComboBox"]') !== null;
    return found?.violations.flatMap(({ id, nodes }) =>
      nodes
        .filter(({ target }) => id !== 'region' || !isOfField(target[0]))
        .map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
    );
  }, OPTIONS);
  if (results === undefined) throw new Error('axe is not on the page');
  return results;
}

/** Fails with what axe finds. */
export async function expectAccessible(page: Page): Promise<void> {
  expect(await accessibilityFaults(page), `axe on ${page.url()}`).toEqual([]);
}
