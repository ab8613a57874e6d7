import { QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { queryClient } from '../../api/queries';
import type { OwnOrganization } from '../../api/session';
import type { ExportSource } from './export-draft';
import { ExportDialog } from './ExportDialog';
import { exportOf } from './test-exports';

const organization: OwnOrganization = {
  id: 'org_1',
  name: 'Quillmere AI',
  archived: false,
  permissions: ['events.export'],
  projects: [],
};
const source: ExportSource = {
  title: 'This view',
  name: 'Security',
  columns: ['occurred_at', 'result'],
  query: { range: 'last_7_days', tz: 'UTC', q: 'role' },
};

/** What was sent to ask for an export, and what is answered to that. */
let sent: unknown[] = [];
let answer: () => Response;
/** Queries whose events were counted. */
let counted: URLSearchParams[] = [];

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

beforeEach(() => {
  sent = [];
  counted = [];
  answer = () => json(exportOf(), 201);
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url);
    if (request.method === 'POST' && url.pathname === '/v1/exports') {
      sent.push(await request.json());
      return answer();
    }
    counted.push(url.searchParams);
    const total = url.searchParams.get('q') === null ? 296_511 : 42;
    return json({ data: [], total, as_of: 1, next_cursor: null, prev_cursor: null, took_ms: 1 });
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  queryClient.clear();
});

function open(onClose = vi.fn()) {
  render(
    <QueryClientProvider client={queryClient}>
      <ExportDialog organization={organization} source={source} onClose={onClose} />
    </QueryClientProvider>,
  );
  return { user: userEvent.setup(), onClose };
}
const queue = () => screen.getByRole('button', { name: 'Queue Export' });

test('it asks for what the view shows, and closes once that is queued', async () => {
  const { user, onClose } = open();
  await user.click(queue());
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(sent).toEqual([
    expect.objectContaining({
      name: 'Security, Last 7 Days',
      format: 'csv',
      range: 'last_7_days',
      q: 'role',
      columns: ['occurred_at', 'result'],
    }),
  ]);
});

test('types that are taken away are left out of the file and of the count', async () => {
  const { user } = open();
  await user.click(screen.getByRole('checkbox', { name: 'System Events' }));
  await user.click(screen.getByRole('radio', { name: /Excel/ }));
  await user.click(queue());
  const types = ['Agent Operations', 'Policy Changes', 'User Actions', 'Security Events'];
  expect(sent).toEqual([expect.objectContaining({ format: 'xlsx', event_type: types })]);
  expect(counted.at(-1)?.getAll('event_type')).toEqual(types);
});

test('the count is that of what is chosen: all entries are more than those of the view', async () => {
  const { user } = open();
  expect(await screen.findByText('42 entries match just now.')).toBeDefined();
  await user.click(screen.getByRole('radio', { name: /All entries/ }));
  expect(await screen.findByText('296,511 entries match just now.')).toBeDefined();
});

test('without a type nothing can be queued', async () => {
  const { user } = open();
  await user.click(screen.getByRole('button', { name: 'Choose none' }));
  expect(screen.getByText('Choose at least one type of events.')).toBeDefined();
  expect(queue()).toHaveProperty('disabled', true);
});

test('what the server does not take stands at its field, and the dialog stays', async () => {
  answer = () =>
    json(
      {
        code: 'invalid',
        title: 'Not acceptable',
        detail: 'The document is not acceptable.',
        errors: [{ code: 'too_long', pointer: '/name', position: 0, reason: 'expected a shorter name' }],
      },
      422,
    );
  const { user, onClose } = open();
  await user.click(queue());
  const name = await screen.findByRole('textbox', { name: 'Export name' });
  await waitFor(() => expect(name.getAttribute('aria-invalid')).toBe('true'));
  expect(screen.getByText('Expected a shorter name')).toBeDefined();
  expect(screen.queryByText('The export was not queued')).toBeNull();
  expect(onClose).not.toHaveBeenCalled();
});

test('a refusal of the whole is told, and it can be tried again', async () => {
  answer = () =>
    json({ code: 'too_many_exports', title: 'Too many', detail: '200 exports are running.' }, 429);
  const { user, onClose } = open();
  await user.click(queue());
  expect(await screen.findByText('200 exports are running.')).toBeDefined();
  answer = () => json(exportOf(), 201);
  await user.click(queue());
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(sent).toHaveLength(2);
});
