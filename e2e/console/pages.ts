/** The pages of the console, for those tests that go through all of them. */
import type { Page } from 'playwright-core';

export interface Shown {
  readonly name: string;
  readonly path: (organizationId: string) => string;
  /** Whether somebody is signed in. */
  readonly signedIn: boolean;
}

const SETTINGS = [
  'organization',
  'projects',
  'members',
  'invitations',
  'roles',
  'keys',
  'viewers',
  'retention',
  'redaction',
  'sso',
  'audit',
];

const of = (rest: string): Shown => ({
  name: rest.replaceAll('/', '-'),
  path: (organizationId) => `/o/${organizationId}/${rest}`,
  signedIn: true,
});

export const PAGES: readonly Shown[] = [
  { name: 'login', path: () => '/login', signedIn: false },
  { name: 'profile', path: () => '/profile', signedIn: true },
  { name: 'instance', path: () => '/instance', signedIn: true },
  ...['events', 'insights', 'exports', 'integrity', 'catalog'].map(of),
  ...SETTINGS.map((page) => of(`settings/${page}`)),
];

/** Everything that a page shows at first is there: nothing stands in for what is to come. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
  await page.waitForFunction(
    () => document.querySelector('[aria-busy="true"], [role="status"][aria-label^="Loading"]') === null,
  );
  await page.evaluate(async () => {
    await document.fonts.ready;
  });
}

/** Shows the page in that theme: all colours have changed when it comes back. */
export async function inTheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.evaluate(async () => {
    const painted = () => new Promise(requestAnimationFrame);
    await painted();
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    await painted();
  });
}
