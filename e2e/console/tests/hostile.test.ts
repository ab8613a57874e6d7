/**
 * Events that want to harm whoever reads them. Pages are watched by all tests: whatever executes, is refused by the
 * policy, or asks another host fails them.
 */
import type { Page } from 'playwright-core';
import { inject } from 'vitest';

import { record, unique } from '../api.js';
import {
  answerOf,
  type Asked,
  cellsOf,
  detailOf,
  expectTotal,
  gridOf,
  listOf,
  lookAt,
  partOf,
  type RecordedEvent,
  rowsOf,
  scrollsSideways,
} from '../explorer.js';
import { expect, test as base } from '../fixtures.js';

const MARKUP = [
  '<img src=x onerror="window.evidentHarmed=1">',
  '<script>window.evidentHarmed=1</script>',
  '"><svg onload=window.evidentHarmed=1>',
  '<style>body{display:none}</style>',
  '{{constructor.constructor("window.evidentHarmed=1")()}}',
].join(' ');
const BIDI = 'invoice\u202Efdp.exe \u2066isolated\u2069';
const ZERO_WIDTH = 'adm\u200Bin\uFEFF\u00ADroot';
const EMOJI = '👩‍👩‍👧‍👦 🏳️‍🌈 ' + '🧨'.repeat(40);
const WORD = 'x'.repeat(10_000);
/** A hundred pages of 32 lines: some 200 KB. */
const BODY = {
  pages: Array.from({ length: 100 }, (_, page) => ({
    lines: Array.from({ length: 32 }, (_line, at) => `${page}/${at}: ${'<b>long</b> '.repeat(5)}`),
  })),
};

const EVENTS: readonly (readonly [string, object])[] = [
  [
    'markup everywhere',
    {
      description: MARKUP,
      actor: {
        type: MARKUP.slice(0, 60),
        id: MARKUP.slice(0, 90),
        name: MARKUP,
        email: 'javascript:alert(1)',
      },
      targets: [{ type: '<b>', id: 'javascript:alert(1)', name: MARKUP }],
      changes: [{ field: '<i>field</i>', old: MARKUP, new: `${MARKUP} more` }],
      request: { method: '<b>', path: 'javascript:alert(1)', body: MARKUP, response: { [MARKUP]: MARKUP } },
      context: { user_agent: MARKUP, session_id: '"><a href="//elsewhere.example">' },
      metadata: {
        [MARKUP]: MARKUP,
        url: 'javascript:window.evidentHarmed=1',
        ['__proto__']: { harmed: true },
      },
      reason: MARKUP,
    },
  ],
  ['directions', { description: BIDI, actor: { type: 'user', id: 'bidi', name: BIDI } }],
  ['nothing wide', { description: ZERO_WIDTH, actor: { type: 'user', id: 'zero', name: ZERO_WIDTH } }],
  [
    'emoji',
    {
      description: EMOJI,
      actor: { type: 'user', id: 'emoji', name: Array.from(EMOJI).slice(0, 12).join('') },
    },
  ],
  [
    'a word of 10,000 characters',
    {
      description: WORD,
      actor: { type: 'user', id: WORD.slice(0, 250), name: WORD.slice(0, 250) },
      reason: WORD.slice(0, 1000),
      metadata: { word: WORD },
      changes: [{ field: 'word', old: WORD, new: `${WORD}y` }],
    },
  ],
  ['a body of 200 KB', { request: { method: 'POST', path: '/big', body: BODY } }],
  ['nothing but what must be', { description: '' }],
];

interface Hostile {
  readonly all: Asked;
  readonly events: readonly RecordedEvent[];
}

const test = base.extend<{ hostile: Hostile }>({
  hostile: [
    async ({}, use) => {
      const [demo, project] = [inject('demo'), unique('hostile')];
      const made = EVENTS.map(([, event]) => ({
        action: 'guardrail.updated',
        actor: { type: 'user', id: 'nobody' },
        project_id: project,
        ...event,
      }));
      await record(demo, ...made);
      const all = { project_id: project, range: 'all_time', order: 'asc' };
      await use({ all, events: (await answerOf(demo, all)).data });
    },
    { scope: 'file' },
  ],
});

/** That nothing of the events' text did anything. */
async function expectUnharmed(page: Page): Promise<void> {
  const harmed = await page.evaluate(() => 'evidentHarmed' in window || 'harmed' in Object.prototype);
  expect(harmed, 'something executed').toBe(false);
  expect(await page.locator('main a[href^="javascript:" i], main a[href*="elsewhere"]').count()).toBe(0);
  expect(await page.locator('main img, main script, main iframe, main style').count()).toBe(0);
}

test('in the list hostile text is text, and what cannot be seen is shown', async ({
  ownerPage: page,
  demo,
  hostile,
}) => {
  await page.goto(lookAt(demo, hostile.all));
  await expectTotal(page, EVENTS.length);
  const descriptions = await cellsOf(page, 'Description');
  expect(descriptions[0]).toContain('<script>window.evidentHarmed=1</script>');
  expect(descriptions[1]).toBe('invoice‹U+202E›fdp.exe ‹U+2066›isolated‹U+2069›');
  expect(descriptions[2]).toBe('adm‹U+200B›in‹U+FEFF›‹U+00AD›root');
  expect(descriptions[3]).toBe(EMOJI);
  const heights = await rowsOf(page).evaluateAll((rows) =>
    rows.map((row) => row.getBoundingClientRect().height),
  );
  expect(new Set(heights).size, 'no text makes its row another height').toBe(1);
  await expectUnharmed(page);
});

const WIDTHS = [1440, 320];
const CASES = WIDTHS.flatMap((width) => EVENTS.map(([name], at) => [name, width, at] as const));

test.for(WIDTHS)(
  'the list does not make a page of %s pixels scroll sideways',
  async (width, { open, demo, hostile }) => {
    const { page } = await open({ as: demo.owner, viewport: { width, height: 800 } });
    await page.goto(lookAt(demo, hostile.all));
    await expectTotal(page, EVENTS.length);
    await rowsOf(page)
      .nth(EVENTS.length - 1)
      .waitFor();
    expect(await scrollsSideways(page)).toBe(false);
    const grid = await gridOf(page).boundingBox();
    const list = await listOf(page).boundingBox();
    expect(grid?.width ?? 0).toBeLessThanOrEqual(Math.max(width, (list?.width ?? 0) + 1, 900));
  },
);

test.for(WIDTHS)(
  'each hostile event opens at %s pixels: nothing executes, nothing leaves its place',
  async (width, { open, demo, hostile }) => {
    const { page } = await open({ as: demo.owner, viewport: { width, height: 800 } });
    for (const [name, , at] of CASES.filter(([, of]) => of === width)) {
      const event = hostile.events[at];
      await page.goto(lookAt(demo, hostile.all, event?.id));
      await detailOf(page).getByRole('heading', { level: 2 }).waitFor();
      await partOf(page, 'Technical Information')
        .getByText(event?.id ?? '')
        .waitFor();
      // What was sent verifies, however it looks.
      await partOf(page, 'Proof').getByText('Verified in this browser').waitFor();
      expect(await scrollsSideways(page), name).toBe(false);
      const isWider = await detailOf(page)
        .getByRole('group', { name: 'Details' })
        .evaluate((body) => body.scrollWidth > body.clientWidth + 1);
      expect(isWider, `${name} is wider than its pane`).toBe(false);
      await expectUnharmed(page);
    }
  },
);

test('a body of 200 KB is folded, unfolds, and is drawn as far as one sees it', async ({
  ownerPage: page,
  demo,
  hostile,
}) => {
  await page.goto(lookAt(demo, hostile.all, hostile.events[5]?.id));
  const request = partOf(page, 'Request Details');
  await request.getByRole('button', { name: 'Unfold all' }).click();
  await request.getByText('0/0: <b>long</b>').first().waitFor();
  expect(await request.locator('*').count()).toBeLessThan(5000);
  await expectUnharmed(page);
});

test('hostile values in facets, chips, filters and the search are text, too', async ({
  ownerPage: page,
  demo,
  hostile,
}) => {
  const value = '<i>field</i>';
  await page.goto(lookAt(demo, { ...hostile.all, filter: `changes.field:is:${value}`, q: '"<b>long</b>"' }));
  await page.getByText('No events match').waitFor();
  await page.getByRole('button', { name: `Remove Changed field is ${value}` }).waitFor();
  await page.goto(lookAt(demo, { ...hostile.all, filter: `changes.field:is:${value}` }));
  await expectTotal(page, 1);
  await expectUnharmed(page);
  expect(await scrollsSideways(page)).toBe(false);
});

test('a hostile address asks nothing that it should not, and the page stays whole', async ({
  ownerPage: page,
  demo,
}) => {
  const asked = {
    range: '<script>',
    order: '__proto__',
    columns: `${'x,'.repeat(200)}<b>`,
    filter: ['nonsense', 'a:is:b', MARKUP],
    view: MARKUP,
    project_id: MARKUP.slice(0, 100),
  };
  await page.goto(lookAt(demo, asked));
  await page
    .getByText(/No events match|^\d+ events?$/)
    .first()
    .waitFor();
  await page.getByRole('combobox', { name: 'Search audit events' }).waitFor();
  expect(await scrollsSideways(page)).toBe(false);
  await expectUnharmed(page);
});
