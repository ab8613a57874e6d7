/** Coming in and going out: by password, second factor, recovery code, invitation and reset link. */
import type { Page } from 'playwright-core';

import { newMember, unique } from '../api.js';
import { expect, test } from '../fixtures.js';
import type { Credentials } from '../server.js';
import { codeOf } from '../totp.js';

const OTHER_PASSWORD = 'quite another pass phrase';
/** So many failed tries are taken before there is a wait. */
const FREE_TRIES = 5;
const SENT_TO_SIGN_IN = /\/login\?return_to=/;

async function fillIn(page: Page, { email, password }: Credentials): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL('**/login');
}

/** The page of the events is there, and has asked for them. */
async function isIn(page: Page): Promise<void> {
  await page.waitForURL(/\/o\/[^/]+\/events/);
  await page.getByRole('link', { name: 'Events' }).waitFor();
}

test('a wrong password is refused, the right one leads to where one was going, and signing out closes it', async ({
  open,
  demo,
}) => {
  const person = await newMember(demo, 'auditor');
  const { page, watch } = await open();
  watch.expect(401, '/v1/auth/login');
  const catalog = `/o/${demo.organizationId}/catalog`;
  await page.goto(catalog);
  await page.waitForURL(SENT_TO_SIGN_IN);

  await fillIn(page, { ...person, password: 'not the pass phrase' });
  await page.getByText('The e-mail address or the password is not right.').waitFor();
  expect(page.url()).toContain('/login');

  await fillIn(page, person);
  await page.waitForURL(`**${catalog}`);
  await page.getByRole('heading', { name: 'Catalog', level: 1 }).waitFor();

  await signOut(page);
  await page.goto(catalog);
  await page.waitForURL(SENT_TO_SIGN_IN);
});

test('a link that leads to another site does not take anybody there', async ({ open, demo }) => {
  const person = await newMember(demo, 'auditor');
  const { page } = await open();
  await page.goto('/login?return_to=https%3A%2F%2Felsewhere.example%2F');
  await fillIn(page, person);
  await isIn(page);
});

test('a second factor is set up, asked for, and stood in for by a recovery code', async ({ open, demo }) => {
  const person = await newMember(demo, 'auditor');
  const { page, watch } = await open({ as: person, ownSession: true });
  watch.expect(401, '/v1/auth/login');
  await page.goto('/profile');
  await page.getByRole('button', { name: 'Set it up' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password', { exact: true }).fill(person.password);
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByRole('img', { name: /QR code/ }).waitFor();
  const secret = await dialog.locator('code').innerText();
  await dialog.getByLabel('The code that the app shows now').fill(codeOf(secret, -1));
  await dialog.getByRole('button', { name: 'Take it into use' }).click();

  const listed = dialog.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await listed.first().waitFor();
  const codes = await listed.allInnerTexts();
  expect(new Set(codes).size).toBe(10);
  await page.keyboard.press('Escape');
  await dialog.getByRole('checkbox', { name: 'I have kept these codes' }).check({ force: true });
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByText('There are 10 recovery codes left.').waitFor();

  await signOut(page);
  await fillIn(page, person);
  const code = page.getByLabel('Code', { exact: true });
  await code.fill(codeOf(secret, -1));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByText('The code is not right.').waitFor();
  await code.fill(codeOf(secret));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await isIn(page);

  await signOut(page);
  await fillIn(page, person);
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(codes[0] ?? '');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await isIn(page);
  await page.goto('/profile');
  await page.getByText('There are 9 recovery codes left.').waitFor();
});

test('a session that is ended elsewhere is at its end here', async ({ open, demo }) => {
  const person = await newMember(demo, 'auditor');
  const first = await open({ as: person, ownSession: true });
  const second = await open({ as: person, ownSession: true });
  second.watch.expect(401, '/v1/');
  await second.page.goto('/profile');
  await second.page.getByRole('heading', { name: 'Sessions' }).waitFor();

  await first.page.goto('/profile');
  await first.page.getByRole('button', { name: 'End all others' }).click();
  await first.page.getByRole('dialog').getByRole('button', { name: /^End/ }).click();
  await first.page.getByText('All other sessions have ended').waitFor();

  await second.page.getByRole('link', { name: 'Insights' }).click();
  await second.page.waitForURL(SENT_TO_SIGN_IN);
  await first.page.reload();
  await first.page.getByRole('heading', { name: 'Profile' }).waitFor();
});

test('who is invited makes an account by the link, once, and has the role', async ({
  open,
  ownerPage,
  demo,
}) => {
  const email = `${unique('invited')}@example.com`;
  await ownerPage.goto(`/o/${demo.organizationId}/settings/invitations?invite=open`);
  const dialog = ownerPage.getByRole('dialog');
  await dialog.getByLabel('E-mail addresses').fill(email);
  await dialog.getByRole('button', { name: /Role in the organization/ }).click();
  await ownerPage.getByRole('option', { name: /^Auditor/ }).click();
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
  const link = await ownerPage.getByRole('group', { name: `Link for ${email}` }).innerText();
  await ownerPage.getByRole('button', { name: 'I have passed them on' }).click();

  const { page } = await open();
  await page.goto(link);
  await page.getByLabel('Your name').fill('Grace Newcomer');
  await page.getByLabel('Password', { exact: true }).fill(OTHER_PASSWORD);
  await page.getByRole('button', { name: 'Make an account and join' }).click();
  await isIn(page);

  const again = await open();
  again.watch.expect(404, '/v1/invitations');
  again.watch.expect(410, '/v1/invitations');
  again.watch.expect(403, '/v1/invitations');
  await again.page.goto(link);
  await again.page.getByRole('heading', { name: 'This invitation does not work any more' }).waitFor();

  await ownerPage.goto(`/o/${demo.organizationId}/settings/members`);
  await ownerPage.getByRole('searchbox').fill(email);
  const row = ownerPage.getByRole('row').filter({ hasText: email });
  await row.getByText('Auditor').waitFor();
  await row.getByText('Grace Newcomer').waitFor();
});

test('a reset link changes the password once and ends what sessions there are', async ({
  open,
  ownerPage,
  demo,
}) => {
  const person = await newMember(demo, 'auditor');
  const before = await open({ as: person, ownSession: true });
  before.watch.expect(401, '/v1/');
  await ownerPage.goto(`/o/${demo.organizationId}/settings/members`);
  await ownerPage.getByRole('searchbox').fill(person.email);
  await ownerPage
    .getByRole('row')
    .filter({ hasText: person.email })
    .getByRole('button', { name: /^More/ })
    .click();
  await ownerPage.getByRole('menuitem', { name: /password reset link/ }).click();
  await ownerPage.getByRole('button', { name: 'Make the link' }).click();
  const link = await ownerPage.getByRole('group', { name: `For ${person.email}, for 24 hours` }).innerText();
  await ownerPage.getByRole('button', { name: 'I have kept it' }).click();

  const { page, watch } = await open();
  watch.expect(401, '/v1/auth/login');
  await page.goto(link);
  const field = page.getByRole('textbox', { name: 'New password' });
  await field.fill('short');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByText('7 more characters needed.').waitFor();
  await field.fill(OTHER_PASSWORD);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await page.getByRole('heading', { name: 'Your password is changed' }).waitFor();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await fillIn(page, person);
  await page.getByText('The e-mail address or the password is not right.').waitFor();
  await fillIn(page, { ...person, password: OTHER_PASSWORD });
  await isIn(page);

  await before.page.goto('/profile');
  await before.page.waitForURL(SENT_TO_SIGN_IN);

  const again = await open();
  again.watch.expect(403, '/v1/auth/reset');
  await again.page.goto(link);
  await again.page.getByRole('textbox', { name: 'New password' }).fill(OTHER_PASSWORD);
  await again.page.getByRole('button', { name: 'Change the password' }).click();
  await again.page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
});

test('who tries too often is told how long to wait', async ({ open, demo }) => {
  const person = await newMember(demo, 'auditor');
  const { page, watch } = await open();
  watch.expect(401, '/v1/auth/login');
  watch.expect(429, '/v1/auth/login');
  await page.goto('/login');
  for (let tried = 0; tried < FREE_TRIES; tried += 1) {
    const answer = page.waitForResponse('**/v1/auth/login');
    await fillIn(page, { ...person, password: `wrong ${tried}` });
    expect((await answer).status()).toBe(401);
    await page.getByText('is not right.').waitFor();
  }
  // Not with the right one, either.
  await fillIn(page, person);
  await page.getByText('There were too many failed tries.').waitFor();
  expect(await page.getByRole('button', { name: /^Try again in/ }).isDisabled()).toBe(true);
});
