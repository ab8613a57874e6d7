/** That the watch over pages sees what it is there for: without it, tests would pass on broken pages. */
import type { Page } from 'playwright-core';

import { expect, test } from './fixtures.js';
import { Watch } from './watch.js';

const TROUBLES: readonly [what: string, act: (page: Page) => Promise<unknown>, told: RegExp][] = [
  [
    'an error in the console',
    (page) => page.evaluate(() => console.error('on purpose')),
    /console: on purpose/,
  ],
  [
    'an exception',
    (page) =>
      page.evaluate(
        () =>
          void setTimeout(() => {
            throw new Error('on purpose');
          }),
      ),
    /exception: .*on purpose/,
  ],
  [
    'an inline style element',
    (page) =>
      page.evaluate(() => {
        const style = document.createElement('style');
        style.textContent = 'a {}';
        document.head.append(style);
      }),
    /refused by policy: style-src-elem inline/,
  ],
  [
    'a picture from elsewhere',
    (page) =>
      page.evaluate(() => {
        new Image().src = 'http://elsewhere.example/a.png';
      }),
    /refused by policy: img-src/,
  ],
  [
    'a request to elsewhere',
    (page) => page.goto('http://elsewhere.example/').catch(() => undefined),
    /another host/,
  ],
  [
    'a refused request',
    (page) => page.evaluate(() => fetch('/v1/events')),
    /answered 401: GET .*\/v1\/events/,
  ],
];

test.for(TROUBLES)('%s is seen', async ([, act, told], { demo, browser }) => {
  const context = await browser.newContext({ baseURL: demo.url });
  const watch = new Watch(demo.url);
  await watch.over(context);
  const page = await context.newPage();
  await page.goto('/login');
  expect(watch.troubles, 'nothing was done yet').toEqual([]);
  await act(page);
  await expect.poll(() => watch.troubles.join('\n')).toMatch(told);
  await context.close();
});
