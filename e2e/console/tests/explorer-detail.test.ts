/** One event, all of it: what changed, on whose authority, the attempt beside its outcome, and its proof. */
import type { Page, Route } from 'playwright-core';

import { type Place, record, unique } from '../api.js';
import {
  answerOf,
  detailOf,
  expectAsked,
  expectTotal,
  factOf,
  lookAt,
  partOf,
  type RecordedEvent,
} from '../explorer.js';
import { DEEDS, expect, somebody, test } from '../scene.js';

/** Records it in a project of its own, and opens it. */
async function recordAndOpen(
  page: Page,
  place: Place,
  event: object,
  project = unique('detail'),
): Promise<RecordedEvent> {
  await record(place, { action: 'guardrail.updated', actor: somebody('Ada'), ...event, project_id: project });
  const { data } = await answerOf(place, { project_id: project });
  const recorded = data[0];
  if (recorded === undefined) throw new Error('the event was not recorded');
  await page.goto(lookAt(place, { project_id: project, range: 'all_time' }, recorded.id));
  await detailOf(page).getByRole('heading', { level: 2 }).waitFor();
  return recorded;
}

test('changes are a diff: values before and after, words of long texts, members of objects', async ({
  ownerPage: page,
  demo,
}) => {
  await recordAndOpen(page, demo, {
    changes: [
      { field: 'mode', old: 'log only', new: 'block' },
      {
        field: 'instructions',
        old: 'Refuse to talk about the price of anything that we sell to customers.',
        new: 'Refuse to talk about the weight of anything that we sell to customers.',
      },
      { field: 'limits', old: { daily: 5, hourly: 2 }, new: { daily: 9, hourly: 2 } },
    ],
  });
  const changes = partOf(page, 'Changes (3)');
  const items = changes.locator(':scope > ul > li');
  const texts = (at: number, kind: 'del' | 'ins') => items.nth(at).locator(kind).allTextContents();
  expect(await texts(0, 'del')).toEqual(['Before: log only']);
  expect(await texts(0, 'ins')).toEqual(['After: block']);
  // Only the word that is another is marked.
  expect((await texts(1, 'del')).join().replace('removed: ', '').trim()).toBe('price');
  expect((await texts(1, 'ins')).join().replace('added: ', '').trim()).toBe('weight');
  const limits = (await items.nth(2).textContent()) ?? '';
  expect(limits).toContain('daily');
  expect(limits).not.toContain('hourly');
  expect(limits).toContain('1 value unchanged');
});

test('the authority chain is a path from the person at its root to who acted', async ({
  ownerPage: page,
  demo,
}) => {
  const root = somebody('Ada');
  const planner = { type: 'agent', id: unique('planner'), name: 'Planner' };
  const worker = { type: 'agent', id: unique('worker'), name: 'Worker' };
  await recordAndOpen(page, demo, { actor: worker, on_behalf_of: [root, planner] });
  const chain = partOf(page, 'Authority Chain');
  const stops = chain.getByRole('listitem');
  expect(await stops.count()).toBe(3);
  expect(await stops.nth(0).textContent()).toContain(`${root.name}Root authority`);
  expect(await stops.nth(1).textContent()).toContain('PlannerActs on its behalf');
  expect(await stops.nth(2).textContent()).toContain('WorkerActor');
  // Each can be asked for.
  await stops.nth(0).getByRole('button').click();
  await page.getByRole('menuitem', { name: 'Filter by this value' }).click();
  await expectAsked(page, 'filter', [`on_behalf_of.id:is:${root.id}`]);
  await expectTotal(page, 1);
});

test('an attempt stands beside its outcome, and without one it is open', async ({
  ownerPage: page,
  demo,
}) => {
  const [attempt, project] = [unique('attempt'), unique('attempts')];
  const half = { attempt_id: attempt, project_id: project, actor: somebody('Ada') };
  const announced = {
    ...half,
    phase: 'attempt',
    description: 'Wants to change it',
    occurred_at: new Date(Date.now() - 5000).toISOString(),
  };
  const opened = await recordAndOpen(page, demo, announced, project);
  const part = partOf(page, 'Attempt and Outcome');
  await part.getByText(/^Still open for /).waitFor();
  expect(await part.textContent()).toContain('Wants to change it');

  await record(demo, {
    ...half,
    action: 'guardrail.updated',
    result: 'denied',
    description: 'Was not let',
    reason: 'It is Sunday.',
  });
  await page.reload();
  await part.getByText('Was not let').waitFor();
  expect(await part.getByText(/^Still open/).count()).toBe(0);
  expect(await part.textContent()).toContain('It is Sunday.');
  await part.getByRole('link', { name: 'Show the outcome' }).click();
  await expect.poll(() => page.url()).not.toContain(opened.id);
  await part.getByRole('link', { name: 'Show the attempt' }).waitFor();
});

test('from any value one filters by it, or excludes it', async ({ ownerPage: page, demo }) => {
  const project = unique('values');
  const actor = somebody('Ada');
  const others = { action: 'role.created', actor, project_id: project };
  await record(demo, others, others);
  const event = await recordAndOpen(page, demo, { metadata: { model_id: 'm-1' } }, project);
  await factOf(partOf(page, 'Overview'), 'Category').hover();
  await partOf(page, 'Overview').getByRole('button', { name: 'Filter by or copy: Category' }).click();
  await page.getByRole('menuitem', { name: 'Exclude this value' }).click();
  await expectAsked(page, 'filter', [`category:is_not:${event.category}`]);
  await expectTotal(page, 2);
});

test('the next and the previous event open without closing', async ({ ownerPage: page, demo, scene }) => {
  const { data } = await answerOf(demo, scene.all);
  const ids = data.map(({ id }) => id);
  await page.goto(lookAt(demo, scene.all, ids[1]));
  const detail = detailOf(page);
  await detail.getByRole('button', { name: 'Next event' }).click();
  await page.waitForURL(`**/${ids[2] ?? ''}?**`);
  await detail.getByRole('button', { name: 'Previous event' }).click();
  await page.waitForURL(`**/${ids[1] ?? ''}?**`);
  await detail.getByRole('button', { name: 'Previous event' }).click();
  await page.waitForURL(`**/${ids[0] ?? ''}?**`);
  expect(await detail.getByRole('button', { name: 'Previous event' }).isDisabled()).toBe(true);
});

const STEPS = [
  'The event shown is the one that was recorded',
  'Its entry is the leaf of the log',
  'The leaf is in the tree of the checkpoint',
  'The log signed the checkpoint',
];

test('the proof is verified in the browser, step by step', async ({ ownerPage: page, demo }) => {
  await recordAndOpen(page, demo, {});
  await detailOf(page).getByRole('button', { name: 'Verified', exact: true }).waitFor();
  const proof = partOf(page, 'Proof');
  await proof.getByText('Verified in this browser').waitFor();
  const steps = await proof.getByRole('listitem').allTextContents();
  for (const [at, title] of STEPS.entries()) expect(steps[at]).toContain(`${title}OK`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    proof.getByRole('button', { name: 'Download tlog-proof' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.tlog-proof$/);
});

/** Alters one letter or digit of a text, and leaves it one. */
function altered(text: string, at: number): string {
  const other = text[at] === 'A' ? 'B' : 'A';
  return text.slice(0, at) + other + text.slice(at + 1);
}

type Json = Record<string, unknown>;

const TAMPERED: readonly (readonly [string, (proof: Json) => Json, string])[] = [
  [
    'a hash of the path to the root',
    (proof) => {
      const [first, ...others] = proof['hashes'] as string[];
      return { ...proof, hashes: [altered(first ?? '', 3), ...others] };
    },
    'The leaf is in the tree of the checkpoint',
  ],
  [
    'the signed checkpoint',
    (proof) => {
      const note = String(proof['checkpoint']);
      const root = note.split('\n')[2] ?? '';
      return { ...proof, checkpoint: note.replace(root, altered(root, 5)) };
    },
    'The log signed the checkpoint',
  ],
];

test.for(TAMPERED)(
  'a proof is shown as failed in which one byte is another: %s',
  async ([, tamper, failing], { ownerPage: page, demo }) => {
    await page.route('**/v1/events/*/proof**', async (route: Route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: tamper((await answer.json()) as Json) });
    });
    await recordAndOpen(page, demo, {});
    await detailOf(page).getByRole('button', { name: 'Does not verify' }).waitFor();
    const proof = partOf(page, 'Proof');
    await proof.getByText('This event does not verify').waitFor();
    await proof
      .getByRole('listitem')
      .filter({ hasText: `${failing}Failed` })
      .waitFor();
    expect(await proof.getByText('Verified in this browser').count()).toBe(0);
  },
);

test('an event that is shown otherwise than it was recorded is shown as failed', async ({
  ownerPage: page,
  demo,
}) => {
  await page.route('**/v1/events?**', async (route: Route) => {
    const answer = await route.fetch();
    const text = await answer.text();
    await route.fulfill({
      response: answer,
      body: text.replaceAll('"result":"denied"', '"result":"success"'),
    });
  });
  await recordAndOpen(page, demo, { result: 'denied' });
  const proof = partOf(page, 'Proof');
  await proof.getByText('This event does not verify').waitFor();
  await proof
    .getByRole('listitem')
    .filter({ hasText: `${STEPS[0] ?? ''}Failed` })
    .waitFor();
});

test('an event that is not there is said to be not there', async ({ open, demo, scene }) => {
  const { page, watch } = await open({ as: demo.owner });
  watch.expect(404, '/v1/events');
  await page.goto(lookAt(demo, scene.all, '01900000-0000-7000-8000-000000000000'));
  await page.getByText('There is no such event').waitFor();
  // The list is there all the same.
  await expectTotal(page, DEEDS.length);
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await detailOf(page).waitFor({ state: 'detached' });
});
