/**
 * What a test of the console is given. Every page is watched: a test fails when anything goes wrong on one that the
 * test is not about (see watch.ts).
 */
import { join } from 'node:path';

import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { inject, test as base } from 'vitest';

import type { Place } from './api.js';
import { launch } from './browser.js';
import { startEmpty, startWaiting, type Credentials, type Demo, type Waiting } from './server.js';
import { Watch } from './watch.js';

export { expect } from 'vitest';

/** How long a page may take for anything. In milliseconds: below vitest's own patience, so that the page tells why. */
const PATIENCE_MS = 20_000;

const LOOKS: BrowserContextOptions = {
  viewport: { width: 1440, height: 900 },
  locale: 'en-US',
  timezoneId: 'UTC',
  // Nothing moves while it is looked at.
  reducedMotion: 'reduce',
};

/** What a page is opened with beside what browsers let choose. */
export interface Opening extends BrowserContextOptions {
  /** Who is signed in; nobody by default. */
  as?: Credentials;
  /** Whose server; the demo's by default. */
  on?: { readonly url: string };
  /** A session of its own, for tests that end it or change what it may do. */
  ownSession?: boolean;
}

export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly watch: Watch;
}

interface Fixtures {
  /** The demo, which all tests share: its events stay as they are, and what a test makes has a name of its own. */
  demo: Place;
  /** Opens a page in a browser context of its own; addresses begin with `/`. */
  open: (opening?: Opening) => Promise<Opened>;
  /** A page on the demo on which nobody is signed in. */
  page: Page;
  /** A page on the demo on which its owner is signed in. */
  ownerPage: Page;
  /** A server of this test alone: one organization without events. */
  empty: Demo;
  /** A server of this test alone that nobody has set up. */
  waiting: Waiting;
  browser: Browser;
}

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>;
const sessions = new Map<string, Cookies>();

/** Signs somebody in as the sign-in page does. Who has signed in before has that session again. */
async function signIn(
  context: BrowserContext,
  url: string,
  person: Credentials,
  own: boolean,
): Promise<void> {
  const known = `${url} ${person.email}`;
  const cookies = own ? undefined : sessions.get(known);
  if (cookies !== undefined) {
    await context.addCookies(cookies);
    return;
  }
  const { email, password } = person;
  const answer = await context.request.post(`${url}/v1/auth/login`, {
    headers: { 'sec-fetch-site': 'same-origin' },
    data: { email, password },
  });
  if (!answer.ok()) throw new Error(`${email} was not signed in: ${await answer.text()}`);
  if (!own) sessions.set(known, await context.cookies());
}

/** Keeps what a page of a test that failed showed at last. */
async function pictured(page: Page, name: string): Promise<void> {
  const file = `failed-${name.replaceAll(/\W+/g, '-')}.png`;
  await page.screenshot({ path: join(import.meta.dirname, 'screenshots', file) }).catch((error: unknown) => {
    console.error(`no picture of ${name}: ${String(error)}`);
  });
}

export const test = base.extend<Fixtures>({
  demo: async ({}, use) => use(inject('demo')),

  browser: [
    async ({}, use) => {
      const browser = await launch();
      await use(browser);
      await browser.close();
    },
    { scope: 'file' },
  ],

  // Servers come before the pages on them, and so go after them.
  empty: async ({}, use) => {
    const server = await startEmpty();
    await use(server);
    await server.stop();
  },

  waiting: async ({}, use) => {
    const server = await startWaiting();
    await use(server);
    await server.stop();
  },

  open: async ({ browser, demo, task }, use) => {
    const all: Opened[] = [];
    await use(async (opening = {}) => {
      const { as, on = demo, ownSession = false, ...options } = opening;
      const context = await browser.newContext({
        ...LOOKS,
        baseURL: on.url,
        ...options,
      });
      context.setDefaultTimeout(PATIENCE_MS);
      const watch = new Watch(on.url);
      await watch.over(context);
      if (as !== undefined) await signIn(context, on.url, as, ownSession);
      const page = await context.newPage();
      const opened = { page, context, watch };
      all.push(opened);
      return opened;
    });
    const troubles = all.flatMap(({ watch }) => watch.troubles);
    if (troubles.length > 0 || task.result?.state === 'fail' || (task.result?.errors?.length ?? 0) > 0) {
      await Promise.all(all.map(({ page }, n) => pictured(page, `${task.name} ${n + 1}`)));
    }
    await Promise.all(all.map(({ context }) => context.close()));
    if (troubles.length > 0) throw new Error(`on the page:\n${troubles.join('\n')}`);
  },

  page: async ({ open }, use) => {
    const { page } = await open();
    await use(page);
  },

  ownerPage: async ({ open, demo }, use) => {
    const { page } = await open({ as: demo.owner });
    await use(page);
  },
});
