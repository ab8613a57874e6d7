import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Bucket } from '../../api/events';
import { type Look, LookProvider } from '../../components/explorer/look';
import { readUrlSearch } from '../../lib/query/url';
import { toApi } from '../../lib/query/state';
import { eventsOf, over, readInsights } from './insights-look';
import { Numbers } from './Numbers';
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
    return Response.json({ interval: 'day', buckets });
  }
  const total = url.searchParams.has('attempt') ? 2 : url.searchParams.has('result') ? 17 : 1234;
  const data = [
    {
      id: 'e1',
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

/** The path and the parameters that a link leads to. */
function leadsTo(link: HTMLElement | null) {
  const [path, search = ''] = (link?.getAttribute('href') ?? '').split('?');
  return { path, ...readUrlSearch(search) };
}

beforeEach(() => {
  asked = [];
  vi.stubGlobal(
    'fetch',
    vi.fn((request: Request) => Promise.resolve(answer(request))),
  );
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
  expect(leadsTo(await screen.findByRole('link', { name: /Sync/ }))).toEqual({
    ...SCOPE,
    filter: 'user:is:Sync',
  });
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

it('tells who went silent from who was loud once, with all of their events behind it', async () => {
  const histogram = { interval: 'day' as const, buckets: days(() => 9) };
  show(<Silent histogram={histogram} />);
  const link = await screen.findByRole('link', { name: /Sync/ });
  expect(link.textContent).toContain('30 events');
  expect(screen.queryByText('Burst')).toBeNull();
  expect(leadsTo(link)).toMatchObject({ filter: 'user:is:Sync', from: time(0), to: time(20) });
});

it('names the project of the page in every link', () => {
  expect(eventsOf(look, { results: ['denied'] })).toBe(
    '/o/org_a/events?project_id=prj_a&range=last_7_days&result=denied',
  );
});
