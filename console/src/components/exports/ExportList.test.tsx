import { QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { actIn } from '../../api/client';
import type { Export } from '../../api/exports';
import { keyOf, queryClient } from '../../api/queries';
import type { OwnOrganization } from '../../api/session';
import { ExportList } from './ExportList';
import { exportOf } from './test-exports';

/** Somebody who may export one project only. */
const organization: OwnOrganization = {
  id: 'org_1',
  name: 'Quillmere AI',
  archived: false,
  permissions: [],
  projects: [{ id: 'prj_1', name: 'Claims', archived: false, permissions: ['events.export'] }],
};

let pages: Record<string, { data: Export[]; next_cursor: string | null }>;
let deleted: string[];

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

beforeEach(() => {
  actIn('org_1');
  deleted = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url);
    if (request.method === 'DELETE') {
      deleted.push(url.pathname);
      return Promise.resolve(new Response(null, { status: 204 }));
    }
    if (url.pathname !== '/v1/exports') return Promise.resolve(json({ data: [], next_cursor: null }));
    const page = pages[url.searchParams.get('cursor') ?? ''];
    return Promise.resolve(page === undefined ? json({ code: 'forbidden', title: 'No' }, 403) : json(page));
  });
  queryClient.setQueryData(['session'], { user: { id: 'usr_1' }, organizations: [], session: {} });
  queryClient.setQueryData(keyOf('org_1', 'projects'), []);
});
afterEach(() => {
  vi.unstubAllGlobals();
  queryClient.clear();
  actIn(undefined);
});

function show(...exports: Export[]) {
  pages = { '': { data: exports, next_cursor: null } };
  return open();
}

function open() {
  const onAsk = vi.fn();
  render(
    <QueryClientProvider client={queryClient}>
      <ExportList organization={organization} onAsk={onAsk} />
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), onAsk };
}

test('a file is downloaded by a link that names the organization', async () => {
  show(exportOf());
  const link = await screen.findByRole('link', { name: 'Download Role changes' });
  expect(link.getAttribute('href')).toBe('/v1/exports/exp_1/download?organization_id=org_1');
  expect(link.getAttribute('download')).toBe('Role_changes_2026-11-22.csv');
});

test.each(['queued', 'running', 'failed', 'cancelled', 'expired'] as const)(
  'there is nothing to download of one that is %s',
  async (status) => {
    show(exportOf({ status }));
    await screen.findByRole('listitem', { name: 'Role changes' });
    expect(screen.queryByRole('link', { name: /Download/ })).toBeNull();
  },
);

test('why one failed is said', async () => {
  show(exportOf({ status: 'failed', error: "the server's disk is full: make room" }));
  expect(await screen.findByText(/^The server's disk is full: make room\.$/)).toBeDefined();
});

test('one is cancelled by whoever asked for it, and asks first', async () => {
  const { user } = show(exportOf({ status: 'running' }));
  await user.click(await screen.findByRole('button', { name: 'Cancel Role changes' }));
  expect(deleted).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Cancel the export' }));
  await waitFor(() => expect(deleted).toEqual(['/v1/exports/exp_1']));
});

test("somebody else's is not cancelled without the permission for all of the organization", async () => {
  const other = { type: 'user', id: 'usr_2', name: 'Bo', email: null };
  show(exportOf({ status: 'running', created_by: other }));
  await screen.findByText('Bo');
  expect(screen.queryByRole('button', { name: /Cancel/ })).toBeNull();
});

test('a key of the same id as the person is somebody else', async () => {
  const key = { type: 'api_key', id: 'usr_1', name: 'CI', email: null };
  show(exportOf({ status: 'running', created_by: key }));
  await screen.findByText('API key CI');
  expect(screen.queryByRole('button', { name: /Cancel/ })).toBeNull();
});

test('it is asked again with its own query, columns and format', async () => {
  const { user, onAsk } = show(exportOf({ format: 'parquet', columns: ['action'] }));
  await user.click(await screen.findByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: /Export again/ }));
  expect(onAsk).toHaveBeenCalledWith(
    expect.objectContaining({
      name: 'Role changes',
      format: 'parquet',
      columns: ['action'],
      query: expect.objectContaining({ action: ['role.*'], range: 'last_30_days' }) as unknown,
    }),
  );
});

test('older ones come from the next page', async () => {
  pages = {
    '': { data: [exportOf()], next_cursor: 'exp_0' },
    exp_0: { data: [exportOf({ id: 'exp_0', name: 'Older' })], next_cursor: null },
  };
  const { user } = open();
  await user.click(await screen.findByRole('button', { name: 'Load more' }));
  const list = await screen.findByRole('list', { name: 'Exports' });
  await waitFor(() => expect(within(list).getAllByRole('listitem')).toHaveLength(2));
  expect(screen.queryByRole('button', { name: 'Load more' })).toBeNull();
});

test('a refusal is no error to be tried again', async () => {
  pages = {};
  open();
  expect(await screen.findByText('Your role does not show this')).toBeDefined();
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});
