import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useMemo, useState } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { EMPTY_QUERY, type QueryState, toApi } from '../../lib/query/state';
import { FacetsPanel } from './Facets';
import { type Look, LookProvider } from './look';

const organization: Look['organization'] = {
  id: 'org_a',
  name: 'A',
  archived: false,
  role: null,
  permissions: ['events.read'],
  projects: [],
};

let asked: URL[] = [];
let latest: QueryState = EMPTY_QUERY;

/** Each field has two values; the counts say whether something of it was asked. */
function answer(request: Request): Response {
  const url = new URL(request.url);
  if (url.pathname === '/v1/projects') return Response.json({ data: [], next_cursor: null });
  if (url.pathname === '/v1/events/completions') {
    return Response.json({
      values: [
        { value: 'metadata.model_id', count: 12 },
        { value: 'id', count: 99 },
      ],
    });
  }
  asked.push(url);
  const isFiltered = url.searchParams.has('filter') || url.searchParams.has('result');
  const fields = (url.searchParams.get('fields') ?? '').split(',');
  const values = (field: string) => ({
    values: [
      { value: field === 'result' ? 'success' : `${field} one`, count: isFiltered ? 5 : 4000 },
      { value: field === 'result' ? 'denied' : `${field} two`, count: 1 },
    ],
    distinct: field === 'user' ? 150 : 2,
    missing: field === 'target.type' ? 7 : 0,
  });
  return Response.json({ facets: Object.fromEntries(fields.map((field) => [field, values(field)])) });
}

function Panel({ start }: { start: QueryState }) {
  const [state, setState] = useState(start);
  const look = useMemo((): Look => {
    return {
      organization,
      state,
      query: toApi(state),
      range: 'last_30_days',
      zone: 'UTC',
      view: undefined,
      views: [],
      columns: [],
      change: (how) =>
        setState((now) => {
          latest = typeof how === 'function' ? how(now) : { ...now, ...how };
          return latest;
        }),
      eventId: undefined,
      open: () => undefined,
    };
  }, [state]);
  return (
    <LookProvider look={look}>
      <FacetsPanel />
    </LookProvider>
  );
}

function show(start: QueryState = EMPTY_QUERY) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <Panel start={start} />
    </QueryClientProvider>,
  );
}

/** The button of a value, by what it says: its name, and its count. */
async function value(name: string, count?: string): Promise<HTMLElement> {
  return waitFor(() => {
    const found = screen.getAllByText(name).map((text) => text.closest('button'));
    const button = found.find((one) => count === undefined || one?.textContent === `${name} ${count}`);
    if (!button) throw new Error(`There is no value “${name}” with ${count ?? 'any count'}`);
    return button;
  });
}

beforeEach(() => {
  asked = [];
  latest = EMPTY_QUERY;
  localStorage.clear();
  vi.stubGlobal(
    'fetch',
    vi.fn((request: Request) => Promise.resolve(answer(request))),
  );
});
afterEach(() => vi.unstubAllGlobals());

/** Menus and forms take their time where a machine is busy, in milliseconds. */
const TIMEOUT_MS = 20_000;

describe('the facets', { timeout: TIMEOUT_MS }, () => {
  it('are one request for all fields, as long as none of them is narrowed', async () => {
    show();
    await value('category one', '4,000');
    expect(asked).toHaveLength(1);
    expect(asked[0]?.searchParams.get('fields')).toBe(
      'category,event,event_type,result,user,project_id,target.type',
    );
    expect(screen.getByText('7 events without')).toBeTruthy();
  });

  it('count a field that is narrowed without what narrows it, and every field once', async () => {
    show();
    await userEvent.click(await value('category one'));
    expect(latest.filters).toEqual([{ field: 'category', op: 'is', value: 'category one' }]);
    await value('event one', '5');
    const fields = asked
      .slice(1)
      .map((url) => [url.searchParams.get('fields'), url.searchParams.get('filter')]);
    expect(fields).toEqual([
      ['category', null],
      ['event,event_type,result,user,project_id,target.type', 'category:is:category one'],
    ]);
    // Its own counts are those of before: the alternatives are still there.
    const chosen = await value('category one', '4,000');
    expect(chosen.getAttribute('aria-pressed')).toBe('true');
    expect((await value('category two', '1')).getAttribute('aria-pressed')).toBe('false');
  });

  it('leave a value out with Alt, and by the minus', async () => {
    show();
    fireEvent.click(await value('category one'), { altKey: true });
    expect(latest.filters).toEqual([{ field: 'category', op: 'is_not', value: 'category one' }]);
    await userEvent.click(screen.getByLabelText('Leave out user two'));
    expect(latest.filters.at(-1)).toEqual({ field: 'user', op: 'is_not', value: 'user two' });
    await userEvent.click(await value('category one'));
    expect(latest.filters.map(({ field }) => field)).toEqual(['user']);
  });

  it('put results into their own parameter, and call them as the table does', async () => {
    show();
    await userEvent.click(await value('Denied', '1'));
    expect(latest.results).toEqual(['denied']);
    expect(latest.filters).toEqual([]);
  });

  it('show what is chosen even where it is not among the values that are counted', async () => {
    show({ ...EMPTY_QUERY, filters: [{ field: 'user', op: 'is', value: 'ada@example.com' }] });
    const chosen = await value('ada@example.com', '–');
    await userEvent.click(chosen);
    expect(latest.filters).toEqual([]);
  });

  it('do not count what is closed, and remember that it is', async () => {
    show();
    await value('category one');
    await userEvent.click(screen.getByText('Category'));
    expect(screen.queryByText('category one')).toBeNull();
    await waitFor(() => expect(asked.at(-1)?.searchParams.get('fields')).not.toContain('category'));
    expect(localStorage.getItem('evident.facets.org_a')).toContain('"closed":["category"]');
  });

  it('offer more values of a field', async () => {
    show();
    await userEvent.click(await screen.findByText('148 more…'));
    await waitFor(() => expect(asked.at(-1)?.searchParams.get('limit')).toBe('100'));
    expect(await screen.findByLabelText('Search in User')).toBeTruthy();
  });

  it('take a field of one’s own, but nothing that cannot be counted', async () => {
    show();
    await userEvent.click(await screen.findByText('Add a field'));
    fireEvent.change(await screen.findByRole('combobox'), { target: { value: 'body' } });
    await userEvent.click(screen.getByText('Add'));
    expect(await screen.findByText(/There is no field “body”/)).toBeTruthy();
    fireEvent.change(screen.getByRole('combobox'), { target: { value: 'metadata.model_id' } });
    await userEvent.click(screen.getByText('Add'));
    expect(await screen.findByText('Model ID')).toBeTruthy();
    expect(localStorage.getItem('evident.facets.org_a')).toContain('"pinned":["metadata.model_id"]');
  });

  it('say what is wrong, and ask again', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(() =>
        Promise.resolve(
          Response.json({ code: 'query_deadline', title: 'Too slow', detail: 'Narrow it.' }, { status: 503 }),
        ),
      ),
    );
    show();
    expect(await screen.findByText(/Narrow it\./)).toBeTruthy();
    vi.stubGlobal(
      'fetch',
      vi.fn((request: Request) => Promise.resolve(answer(request))),
    );
    await userEvent.click(screen.getByText('Try again'));
    expect(await value('category one')).toBeTruthy();
  });
});
