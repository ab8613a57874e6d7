/** The audit log of an organization as its security people read it, feature by feature. */
import { type Person, somebody } from '../scene.js';
import { inject } from 'vitest';

import { record, unique } from '../api.js';
import {
  answerOf,
  type Asked,
  cellsOf,
  columnsOf,
  detailOf,
  expectAsked,
  expectTotal,
  factOf,
  lookAt,
  partOf,
  rowOf,
} from '../explorer.js';
import { expect, test as base } from '../fixtures.js';

const VIEW = 'view_security';
const HOUR_MS = 60 * 60 * 1000;

interface Watchlist {
  readonly all: Asked;
  readonly ada: Person;
  readonly project: string;
}

const REQUEST = {
  method: 'PUT',
  path: '/agent/billing/guardrails/pii',
  status: 403,
  body: { enabled: false, note: 'request of the test' },
  response: { error: 'denied by policy' },
};

/** One of each result, of four of the five types; the last is older than a day. */
function watched(project: string, ada: Person) {
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS).toISOString();
  const common = { actor: ada, project_id: project };
  return [
    { ...common, action: 'guardrail.created', result: 'success', occurred_at: hoursAgo(1) },
    {
      ...common,
      action: 'guardrail.updated',
      result: 'denied',
      occurred_at: hoursAgo(2),
      description: 'Changed the zebra guardrail of the billing agent',
      targets: [{ type: 'guardrail', id: 'pii' }],
      request: REQUEST,
    },
    { ...common, action: 'user.login', result: 'failed', occurred_at: hoursAgo(3) },
    { ...common, action: 'agent.blocked', result: 'warning', occurred_at: hoursAgo(4) },
    { ...common, action: 'role.created', result: 'approved', occurred_at: hoursAgo(5) },
    { ...common, action: 'agent.trust_score.changed', result: 'allowed', occurred_at: hoursAgo(6) },
    { ...common, action: 'user.login', result: 'success', occurred_at: hoursAgo(30) },
  ];
}

const test = base.extend<{ watchlist: Watchlist }>({
  watchlist: [
    async ({}, use) => {
      const [project, ada] = [unique('security'), somebody('Ada')];
      await record(inject('demo'), ...watched(project, ada));
      await use({ all: { project_id: project }, ada, project });
    },
    { scope: 'file' },
  ],
});

test('the security view shows Timestamp, Event Type, Actor, Action, Result and Details of the last 24 hours', async ({
  ownerPage: page,
  demo,
  watchlist,
}) => {
  await page.goto(lookAt(demo, watchlist.all));
  await page.getByRole('navigation', { name: 'Views' }).getByText('Security').click();
  await expectAsked(page, 'view', [VIEW]);
  await expectTotal(page, 6);
  expect(await columnsOf(page)).toEqual(['Timestamp', 'Event type', 'Actor', 'Action', 'Result', 'Details']);
  expect(await page.getByRole('button', { name: /^Time range: Last 24 Hours/ }).count()).toBe(1);
  expect((await answerOf(demo, { ...watchlist.all, range: 'last_24_hours' })).total).toBe(6);
  expect(new Set(await cellsOf(page, 'Actor'))).toEqual(new Set([watchlist.ada.email]));
  expect(await cellsOf(page, 'Result')).toEqual([
    'Success',
    'Denied',
    'Failed',
    'Warning',
    'Approved',
    'Allowed',
  ]);
  expect((await cellsOf(page, 'Action'))[1]).toBe('Changed the zebra guardrail of the billing agent');
});

const TYPES = [
  ['Agent Operations', 1],
  ['Policy Changes', 2],
  ['User Actions', 1],
  ['Security Events', 1],
  ['System Events', 1],
] as const;

test('the All Event Types drop-down filters by category of event types', async ({
  ownerPage: page,
  demo,
  watchlist,
}) => {
  await page.goto(lookAt(demo, { ...watchlist.all, view: VIEW }));
  await expectTotal(page, 6);
  await page.getByRole('button', { name: 'Event types: All Event Types' }).click();
  const menu = page.getByRole('menu', { name: 'Event types' });
  const offered = () => menu.locator('[role^="menuitem"]').allTextContents();
  await expect.poll(offered).toEqual(['All Event Types', ...TYPES.map(([type, count]) => `${type}${count}`)]);
  for (const [type, count] of TYPES) {
    const line = menu.locator('[role^="menuitem"]', { hasText: type });
    await line.click();
    await expectAsked(page, 'event_type', [type]);
    await expectTotal(page, count);
    expect((await answerOf(demo, { ...watchlist.all, range: 'last_24_hours', event_type: type })).total).toBe(
      count,
    );
    await line.click();
    await expectAsked(page, 'event_type', []);
  }
});

test('Search audit events… finds words of descriptions, actor e-mails and actions', async ({
  ownerPage: page,
  demo,
  watchlist,
}) => {
  await page.goto(lookAt(demo, { ...watchlist.all, view: VIEW }));
  await expectTotal(page, 6);
  const search = page.getByPlaceholder('Search audit events…');
  const searches = [
    ['zebra', 1],
    [watchlist.ada.email, 6],
    ['guardrail', 2],
    ['zebra nowhere', 0],
  ] as const;
  for (const [words, count] of searches) {
    await search.fill(words);
    await search.press('Enter');
    await expectAsked(page, 'q', [words]);
    if (count > 0) await expectTotal(page, count);
    else await page.getByText('No events match').waitFor();
    const asked = { ...watchlist.all, range: 'last_24_hours', q: words };
    expect((await answerOf(demo, asked)).total, words).toBe(count);
  }
});

test('the eye icon opens the event details: overview, request details, technical information', async ({
  ownerPage: page,
  demo,
  watchlist,
}) => {
  await page.goto(lookAt(demo, { ...watchlist.all, view: VIEW }));
  await expectTotal(page, 6);
  const { data } = await answerOf(demo, { ...watchlist.all, action: 'guardrail.updated' });
  const event = data[0];
  if (event === undefined) throw new Error('the event was not recorded');
  await rowOf(page, event.id).getByRole('button', { name: 'View event' }).click();
  await page.waitForURL(`**/events/${event.id}?**`);
  await detailOf(page).getByRole('heading', { name: 'Guardrail updated' }).waitFor();

  const overview = partOf(page, 'Overview');
  expect(await factOf(overview, 'Timestamp').locator('time').getAttribute('datetime')).toBe(
    event.occurred_at,
  );
  expect(await factOf(overview, 'Result').textContent()).toContain('Denied');
  expect(await factOf(overview, 'Actor').textContent()).toContain(watchlist.ada.email);
  expect(await factOf(overview, 'Action').textContent()).toContain(event.description);
  expect(await factOf(overview, 'Resource Type').textContent()).toContain('guardrail');

  const request = partOf(page, 'Request Details');
  const said = (await request.textContent()) ?? '';
  expect(said).toContain('PUT');
  expect(said).toContain('/agent/billing/guardrails/pii');
  expect(said).toContain('403');
  expect(await request.getByRole('group', { name: 'Request Body' }).textContent()).toContain(
    'request of the test',
  );
  expect(await request.getByRole('group', { name: 'Response' }).textContent()).toContain('denied by policy');

  const technical = partOf(page, 'Technical Information');
  expect(await factOf(technical, 'Event ID').textContent()).toContain(event.id);
  expect(await factOf(technical, 'Organization ID').textContent()).toContain(demo.organizationId);
  expect(await factOf(technical, 'Actor ID').textContent()).toContain(watchlist.ada.id);
});
