import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Bucket } from '../../api/events';
import { type Look, LookProvider } from '../../components/explorer/look';
import { readUrlSearch } from '../../lib/query/url';
import { toApi } from '../../lib/query/state';
import { Activity } from './Activity';
import { eventsOf, eventsWithin, over, readInsights } from './insights-look';
import { Numbers } from './Numbers';
import { Refusals } from './Refusals';
import { Silent } from './Silent';
import { TopActions, TopActors, TopResources } from './Top';

const DAY = 86_400_000;
const START = Date.now() - 20 * DAY;
const time = (day: number) => new Date(START + day * DAY).toISOString();
const days = (count: (day: number) => number): Bucket[] =>
  Array.from({ length: 20 }, (_, day) => ({ start: time(day), end: time(day + 1), count: count(day) }));

const state = readInsights({ project_id: 'prj_a', range: 'last_7_days', q: 'x', filter: 'user:is:Eve' });
const look: Look = {
  organization: {
    id: 'org_a',
    name: 'A',
    archived: false,
    role: null,
    permissions: ['events.read'],
    projects: [],
  },
  state,
  query: toApi(state, { defaultZone: 'UTC' }),
  range: 'last_7_days',
  zone: 'UTC',
  view: undefined,
  views: [],
  columns: [],
  change: () => undefined,
  eventId: undefined,
  open: () => undefined,
};

let asked: URL[] = [];

/** By id. Two are called the same, and of one nothing is known but the id. */
const ACTORS: Record<string, { name?: string; type: string }> = {
  usr_1: { name: 'Ada', type: 'user' },
  agent_1: { name: 'Sync', type: 'agent' },
  agent_2: { name: 'Sync', type: 'agent' },
  key_1: { type: 'api_key' },
};

function actorIn(url: URL) {
  const id = url.searchParams.get('filter')?.replace('actor.id:is:', '') ?? '';
  return { id, ...(ACTORS[id] ?? { type: 'user' }) };
}

function facetsOf(url: URL) {
  const isLater = (url.searchParams.get('from') ?? '') >= time(10);
  const isSilence = url.searchParams.has('from');
  const users =
    isSilence && isLater
      ? []
      : [
          { value: 'Sync', count: 30 },
          { value: 'Burst', count: 400 },
        ];
  const values = (list: { value: string; count: number }[]) => ({ values: list, distinct: 9, missing: 0 });
  return {
    facets: {
      user: values(users),
      'actor.id': values(
        Object.keys(ACTORS)
          .slice(0, isSilence ? 0 : undefined)
          .map((value) => ({ value, count: 30 })),
      ),
      action: values(isSilence ? [] : [{ value: 'role.*', count: 3 }]),
      'target.id': values(isSilence ? [] : [{ value: 'rol_1', count: 8 }]),
    },
  };
}

function answer(request: Request): Response {
  const url = new URL(request.url);
  asked.push(url);
  if (url.pathname === '/v1/events/facets') return Response.json(facetsOf(url));
  if (url.pathname === '/v1/events/histogram') {
    const isBurst = url.searchParams.get('filter') === 'user:is:Burst';
    const buckets = days((day) => (isBurst ? (day === 3 ? 400 : 0) : day < 10 ? 3 : 0));
    const split = (bucket: Bucket) => ({ ...bucket, split: { denied: bucket.count } });
    const isSplit = url.searchParams.has('split_by');
    return Response.json({ interval: 'day', buckets: isSplit ? buckets.map(split) : buckets });
  }
  const total = url.searchParams.has('attempt') ? 2 : url.searchParams.has('result') ? 17 : 1234;
  const data = [
    {
      id: 'e1',
      actor: actorIn(url),
      targets: [
        { id: 'rol_0', type: 'role' },
        { id: 'rol_1', type: 'role', name: 'Reader' },
      ],
    },
  ];
  return Response.json({ data, total, as_of: 1, took_ms: 1, next_cursor: null, prev_cursor: null });
}

function show(children: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <LookProvider look={look}>{children}</LookProvider>
    </QueryClientProvider>,
  );
}

/** The path and the parameters of an address. */
function partsOf(address: string) {
  const [path, search = ''] = address.split('?');
  return { path, ...readUrlSearch(search) };
}

/** Where a link leads. */
function leadsTo(link: HTMLElement | null) {
  return partsOf(link?.getAttribute('href') ?? '');
}

/** On a page that can be left, at a time that holds all of the bars. */
async function showWithin(children: ReactNode) {
  const change = vi.fn();
  const shown = { ...look, change, range: { from: time(0), to: time(20) } };
  const root = createRootRoute({
    component: () => <LookProvider look={shown}>{children}</LookProvider>,
    notFoundComponent: () => <LookProvider look={shown}>{children}</LookProvider>,
  });
  const history = createMemoryHistory({ initialEntries: ['/'] });
  const router = createRouter({ routeTree: root, history });
  await router.load();
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  await screen.findByRole('slider');
  return { user: userEvent.setup(), change, went: () => partsOf(history.location.href) };
}

beforeEach(() => {
  asked = [];
  vi.stubGlobal(
    'fetch',
    vi.fn((request: Request) => Promise.resolve(answer(request))),
  );
  // A page that is gone to begins at its top, and jsdom scrolls nothing.
  vi.stubGlobal('scrollTo', () => undefined);
});
afterEach(() => vi.unstubAllGlobals());

const SCOPE = { path: '/o/org_a/events', project_id: 'prj_a', range: 'last_7_days' };

it('follows of an address the range and the project, and nothing that it does not show', () => {
  expect(state).toMatchObject({ projectId: 'prj_a', range: 'last_7_days', q: '', filters: [] });
  expect(readInsights({ range: 'last_eon', filter: 'x' }).range).toBeUndefined();
});

it('asks the same of another time, without a trace of the first', () => {
  expect(over({ range: 'today', project_id: 'p' }, { from: 'a', to: 'b' })).toEqual({
    project_id: 'p',
    from: 'a',
    to: 'b',
  });
  expect(over({ from: 'x', to: 'y' }, { from: 'a' })).toEqual({ from: 'a' });
});

it('leads from each number at the head to the events that it counts', async () => {
  show(<Numbers total={1234} isStale={false} />);
  expect(leadsTo(await screen.findByRole('link', { name: '17' }))).toEqual({
    ...SCOPE,
    result: ['denied', 'failed'],
  });
  expect(leadsTo(screen.getByRole('link', { name: '2' }))).toEqual({ ...SCOPE, attempt: 'open' });
  const [events, before] = screen.getAllByRole('link', { name: '1,234' });
  expect(leadsTo(events ?? null)).toEqual(SCOPE);
  const previous = leadsTo(before ?? null);
  expect(previous).toMatchObject({ path: SCOPE.path, project_id: 'prj_a' });
  expect(previous).not.toHaveProperty('range');
  const counted = asked.find((url) => url.searchParams.has('from'));
  expect(previous).toMatchObject({
    from: counted?.searchParams.get('from'),
    to: counted?.searchParams.get('to'),
  });
});

it('leads from each actor, resource and action to exactly its events', async () => {
  show(
    <>
      <TopActors />
      <TopActions />
      <TopResources />
    </>,
  );
  const actor = await screen.findByRole('link', { name: /Ada/ });
  expect(actor.textContent).toContain('user');
  expect(leadsTo(actor)).toEqual({ ...SCOPE, filter: 'actor.id:is:usr_1' });
  // As a pattern, this action would find others too.
  expect(leadsTo(screen.getByRole('link', { name: /role\.\*/ }))).toEqual({
    ...SCOPE,
    filter: 'action:is:role.*',
  });
  const resource = await screen.findByRole('link', { name: /Reader/ });
  expect(resource.textContent).toContain('role');
  expect(leadsTo(resource)).toEqual({ ...SCOPE, filter: 'target.id:is:rol_1' });
  expect(asked.filter((url) => url.pathname.endsWith('/facets'))).toHaveLength(1);
});

it('tells actors apart that are called the same, and calls one without a name by its id', async () => {
  show(<TopActors />);
  const [first, second] = await screen.findAllByRole('link', { name: /Sync/ });
  expect([first?.textContent, second?.textContent]).toEqual(['Syncagent_130', 'Syncagent_230']);
  expect(leadsTo(second ?? null)).toEqual({ ...SCOPE, filter: 'actor.id:is:agent_2' });
  expect((await screen.findByRole('link', { name: /key_1/ })).textContent).toBe('key_1api_key30');
});

it('leads from who was refused, and from when, to what was refused', async () => {
  const { user, went } = await showWithin(<Refusals interval="day" />);
  const list = await screen.findByRole('list', { name: 'Denied and failed: whose' });
  const refused = { path: SCOPE.path, result: ['denied', 'failed'] };
  expect(leadsTo(await within(list).findByRole('link', { name: /Ada/ }))).toMatchObject({
    ...refused,
    filter: 'actor.id:is:usr_1',
  });
  screen.getByRole('slider', { name: 'Denied and failed by day' }).focus();
  await user.keyboard('{Home}{Enter}');
  expect(went()).toMatchObject({ ...refused, from: time(0), to: time(1) });
});

it('tells who went silent from who was loud once, with all of their events behind it', async () => {
  const histogram = { interval: 'day' as const, buckets: days(() => 9) };
  show(<Silent histogram={histogram} />);
  const link = await screen.findByRole('link', { name: /Sync/ });
  expect(link.textContent).toContain('30 events');
  expect(screen.queryByText('Burst')).toBeNull();
  expect(leadsTo(link)).toMatchObject({ filter: 'user:is:Sync', from: time(0), to: time(20) });
});

it('leads from a bar to the events of its time, and of no time beside that of the page', () => {
  const shown = { ...look, range: { from: time(1), to: time(3) } };
  const at = (from: string, to: string) => {
    const { from: first, to: last } = readUrlSearch(eventsWithin(shown, { from, to }, 0).split('?')[1] ?? '');
    return [first, last];
  };
  expect(at(time(1), time(2))).toEqual([time(1), time(2)]);
  expect(at(time(0), time(2))).toEqual([time(1), time(2)]);
  expect(at(time(2), time(4))).toEqual([time(2), time(3)]);
});

it('follows a bar by the keyboard, and its number in the table by a link', async () => {
  const histogram = { interval: 'day' as const, buckets: days((day) => day) };
  const { user, went } = await showWithin(<Activity histogram={histogram} isStale={false} />);
  screen.getByRole('slider', { name: 'Events by day' }).focus();
  await user.keyboard('{End}{Enter}');
  expect(went().path).toBe('/o/org_a/events');
  expect(went()).toMatchObject({ project_id: 'prj_a', from: time(19), to: time(20) });
  expect(went()).not.toHaveProperty('range');
  await user.click(screen.getByRole('button', { name: 'Show events over time as a table' }));
  expect(leadsTo(screen.getByRole('link', { name: '18' }))).toMatchObject({ from: time(18), to: time(19) });
});

it('follows no bar of a time that is no longer asked for', async () => {
  const histogram = { interval: 'day' as const, buckets: days((day) => day) };
  const { user, went, change } = await showWithin(<Activity histogram={histogram} isStale />);
  screen.getByRole('slider', { name: 'Events by day' }).focus();
  await user.keyboard('{End}{Enter}');
  expect(went().path).toBe('/');
  expect(change).toHaveBeenCalledExactlyOnceWith({ range: { from: time(19), to: time(20) } });
});

it('goes into several bars instead of leaving the page', async () => {
  const histogram = { interval: 'day' as const, buckets: days((day) => day) };
  const { user, went, change } = await showWithin(<Activity histogram={histogram} isStale={false} />);
  screen.getByRole('slider', { name: 'Events by day' }).focus();
  await user.keyboard('{End}{Shift>}{ArrowLeft}{/Shift}{Enter}');
  expect(change).toHaveBeenCalledExactlyOnceWith({ range: { from: time(18), to: time(20) } });
  expect(went().path).toBe('/');
});

it('names the project of the page in every link', () => {
  expect(eventsOf(look, { results: ['denied'] })).toBe(
    '/o/org_a/events?project_id=prj_a&range=last_7_days&result=denied',
  );
});
