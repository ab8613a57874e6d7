/** Settings about people and what they may do. Whatever is changed is changed on a server of the test alone. */
import type { Page } from 'playwright-core';

import { call, newMember, unique } from '../api.js';
import { expect, test } from '../fixtures.js';

/** Waits until the page has said this in passing. */
function said(page: Page, text: string): Promise<void> {
  return page.getByRole('status').filter({ hasText: text }).first().waitFor();
}

test('a project is made under the id of the platform, and its page opens', async ({ open, empty }) => {
  const { page } = await open({ on: empty, as: empty.owner });
  await page.goto(`/o/${empty.organizationId}/settings/projects`);
  await page.getByText('There is no project yet').waitFor();
  await page.getByRole('button', { name: 'New project' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create the project' }).click();
  expect(await dialog.getByLabel('Name').getAttribute('aria-invalid'), 'a name is missing').toBe('true');
  await dialog.getByLabel('Name').fill('Support agents');
  await dialog.getByText('An agent that acts by itself').click();
  await dialog.getByLabel('Id', { exact: true }).fill('prj_support');
  await dialog.getByRole('button', { name: 'Create the project' }).click();
  await page.getByRole('heading', { name: 'Support agents', level: 1 }).waitFor();
  expect(page.url()).toContain('/settings/projects/prj_support');
  expect(await call(empty, 'GET', '/v1/projects/prj_support')).toMatchObject({
    kind: 'agent',
  });
});

test('a role of one’s own is made, changed, given and is what its holder may do', async ({ open, empty }) => {
  const person = await newMember(empty, 'member');
  const { page } = await open({ on: empty, as: empty.owner });
  await page.goto(`/o/${empty.organizationId}/settings/roles`);
  await page.getByRole('button', { name: 'New role' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('Reader');
  await page.getByRole('button', { name: 'Create, then choose permissions' }).click();
  await page.getByRole('heading', { name: 'Reader', level: 1 }).waitFor();
  await page.locator('label', { hasText: 'events.read' }).click();
  await page.getByRole('button', { name: 'Save the role' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Change the role' }).click();
  await said(page, 'Reader is saved');

  await page.goto(`/o/${empty.organizationId}/settings/members`);
  await page
    .getByRole('row')
    .filter({ hasText: person.email })
    .getByRole('button', { name: /^More/ })
    .click();
  await page.getByRole('menuitem', { name: 'Change the role…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /Role in the organization/ }).click();
  await page.getByRole('option', { name: /^Reader/ }).click();
  await dialog.getByRole('button', { name: 'Give the role' }).click();
  await page.getByRole('row').filter({ hasText: person.email }).getByText('Reader').waitFor();

  const held = await open({ on: empty, as: person });
  await held.page.goto(`/o/${empty.organizationId}/events`);
  await held.page.getByRole('link', { name: 'Insights' }).waitFor();
  const pages = held.page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
  expect(await pages.allInnerTexts(), 'what it reads, and no more').toEqual([
    'Events',
    'Insights',
    'Catalog',
    'Settings',
  ]);
});

test('the default role is what the next invitation gives', async ({ open, empty }) => {
  const { page } = await open({ on: empty, as: empty.owner });
  await page.goto(`/o/${empty.organizationId}/settings/roles`);
  const form = page.getByRole('form', { name: 'Default role' });
  await form.getByRole('button', { name: /Role of new members/ }).click();
  await page.getByRole('option', { name: /^Auditor/ }).click();
  await form.getByRole('button', { name: 'Save the default role' }).click();
  await said(page, 'New members begin as Auditor');
  expect(await call(empty, 'GET', '/v1/roles/default')).toMatchObject({
    id: 'auditor',
  });
});

test('the last administrator cannot be given a lesser role, and is told why', async ({ open, empty }) => {
  const { page, watch } = await open({ on: empty, as: empty.owner });
  watch.expect(409, '/v1/members');
  await page.goto(`/o/${empty.organizationId}/settings/members`);
  await page.getByRole('button', { name: /^More about/ }).click();
  await page.getByRole('menuitem', { name: 'Change the role…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /Role in the organization/ }).click();
  await page.getByRole('option', { name: /^Auditor/ }).click();
  await dialog.getByRole('button', { name: 'Give the role' }).click();
  await dialog.getByText('An organization keeps an Organization Admin').waitFor();
});

test('an auditor reads and changes nothing', async ({ open, demo }) => {
  const auditor = await newMember(demo, 'auditor');
  const { page } = await open({ as: auditor });
  const changing = /^(New|Invite|Change|Save|Delete|Make|Revoke|Queue a|Create)/;
  for (const [name, heading] of [
    ['organization', 'General'],
    ['projects', 'Projects'],
    ['members', 'Members'],
    ['invitations', 'Invitations'],
    ['roles', 'Roles'],
    ['retention', 'Retention'],
    ['redaction', 'Redaction'],
  ] as const) {
    await page.goto(`/o/${demo.organizationId}/settings/${name}`);
    await page.getByRole('heading', { level: 1 }).getByText(heading).waitFor();
    await page.waitForFunction(
      () => document.querySelector('[role="status"][aria-label^="Loading"]') === null,
    );
    expect(await page.getByRole('button', { name: changing }).allInnerTexts(), name).toEqual([]);
  }
  const settings = page.getByRole('navigation', { name: 'Settings' }).getByRole('link');
  const shown = await settings.allInnerTexts();
  expect(shown).toContain('Members');
  expect(shown).not.toContain('API keys');
  expect(shown).not.toContain('Viewer tokens');
  expect(shown).not.toContain('Single sign-on');
});

test('a member is shown no events, and is told what it takes', async ({ open, demo }) => {
  const member = await newMember(demo, 'member');
  const { page, watch } = await open({ as: member });
  watch.expect(403, '/v1/');
  await page.goto(`/o/${demo.organizationId}/events`);
  await page.getByText('Your role does not show this').waitFor();
  const pages = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
  expect(await pages.allInnerTexts()).toEqual(['Events', 'Catalog', 'Settings']);
  for (const name of [
    'insights',
    'exports',
    'integrity',
    'settings/keys',
    'settings/members',
    'settings/retention',
  ]) {
    await page.goto(`/o/${demo.organizationId}/${name}`);
    await page.getByText('Your role does not', { exact: false }).first().waitFor();
  }
});

test('an organization that one does not belong to is not there', async ({ ownerPage }) => {
  await ownerPage.goto('/o/org_00000000000000000000000000000000/events');
  await ownerPage.getByText('There is no such page').waitFor();
});

test('several people are invited at once, and what was refused is told with why', async ({ open, empty }) => {
  const { page, watch } = await open({ on: empty, as: empty.owner });
  watch.expect(409, '/v1/invitations');
  const fresh = [`${unique('one')}@example.com`, `${unique('two')}@example.com`];
  await page.goto(`/o/${empty.organizationId}/settings/invitations?invite=open`);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail addresses').fill([...fresh, empty.owner.email].join(', '));
  await dialog.getByRole('button', { name: 'Invite 3 people' }).click();
  await page.getByRole('heading', { name: '2 people invited' }).waitFor();
  await page.getByText('1 person could not be invited').waitFor();
  expect(await page.getByRole('group', { name: /^Link for/ }).count()).toBe(2);
});
