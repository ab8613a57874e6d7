import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { fakeServer, json, problem } from '../../../test/fake-server';
import { queryClient } from '../../api/queries';
import type { OwnOrganization } from '../../api/session';
import type { QueryState } from '../../lib/query/state';
import { Toasts } from '../../ui/Toasts';
import { exportOf } from '../exports/test-exports';
import { ORGANIZATION, renderWithLook } from '../query/look-for-tests';
import { ExportMenu } from './ExportMenu';

/** The dialog takes a while where the machine has other work, in milliseconds. */
const PATIENCE_MS = 30_000;
vi.setConfig({ testTimeout: PATIENCE_MS });

const QUEUED = 'POST /v1/exports';
const EXPORTER: OwnOrganization = { ...ORGANIZATION, permissions: ['events.read', 'events.export'] };
const project = (id: string, permissions: string[]) => ({
  id,
  name: id,
  archived: false,
  permissions,
  role: { id: 'project_member', name: 'Project Member' },
});
/** Exports from one project, and reads another. */
const OF_A_PROJECT: OwnOrganization = {
  ...ORGANIZATION,
  permissions: [],
  projects: [project('claims', ['events.read', 'events.export']), project('other', ['events.read'])],
};

let server: ReturnType<typeof fakeServer>;

beforeEach(() => {
  server = fakeServer({
    'GET /v1/events': json({
      data: [],
      total: 42,
      as_of: 1,
      next_cursor: null,
      prev_cursor: null,
      took_ms: 1,
    }),
    [QUEUED]: json(exportOf({ name: 'Denied' }), 201),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  queryClient.clear();
});

const button = () => screen.getByRole('button', { name: 'Export Log' });
const item = (name: RegExp) => screen.findByRole('menuitem', { name });

async function open(organization: OwnOrganization, state: Partial<QueryState> = {}) {
  const columns = ['occurred_at', 'metadata.a,b'];
  renderWithLook(
    <>
      <ExportMenu />
      <Toasts />
    </>,
    { organization, state: { q: 'role', range: 'last_7_days', ...state }, columns, client: queryClient },
  );
  const user = userEvent.setup();
  await user.click(button());
  return user;
}

/** The question that a file answers. */
async function askedBy(name: RegExp) {
  const href = (await item(name)).getAttribute('href') ?? '';
  const url = new URL(href, window.location.origin);
  return { path: url.pathname, ...Object.fromEntries(url.searchParams) };
}

test('is not there for who exports from nowhere', () => {
  renderWithLook(<ExportMenu />);
  expect(screen.queryByRole('button')).toBeNull();
});

test('gives a file at once of exactly what is shown, by the columns that files have or those on screen', async () => {
  await open(EXPORTER);
  const shown = { path: '/v1/events/export.csv', q: 'role', range: 'last_7_days', tz: 'UTC' };
  expect(await askedBy(/^CSV now\s*Date, event/)).toEqual(shown);
  // A comma of a key's own is told from those between columns.
  expect(await askedBy(/columns on screen\s*2 columns/)).toEqual({
    ...shown,
    columns: 'occurred_at,metadata.a\\,b',
  });
});

test('leads to all exports', async () => {
  await open(EXPORTER);
  expect((await item(/All exports/)).getAttribute('href')).toBe('/o/org_1/exports');
});

test('queues an export of what is shown, and says so', async () => {
  const user = await open(EXPORTER);
  await user.click(await item(/Queue Export/));
  const dialog = await screen.findByRole('dialog', { name: 'Export Log' });
  expect(within(dialog).getByRole('radio', { name: /This view/ })).toHaveProperty('checked', true);
  expect(server.sentTo(QUEUED)).toEqual([]);
  await user.click(within(dialog).getByRole('button', { name: 'Queue Export' }));
  expect(await screen.findByText('“Denied” is queued')).toBeDefined();
  expect(server.sentTo(QUEUED)).toEqual([
    expect.objectContaining({
      q: 'role',
      range: 'last_7_days',
      tz: 'UTC',
      columns: ['occurred_at', 'metadata.a,b'],
    }),
  ]);
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await user.click(screen.getByRole('button', { name: 'Dismiss' }));
});

test('says in the dialog why an export was not queued, and keeps what was filled in', async () => {
  server.answer(QUEUED, problem(409, 'too_many_exports'));
  const user = await open(EXPORTER);
  await user.click(await item(/Queue Export/));
  const dialog = await screen.findByRole('dialog', { name: 'Export Log' });
  const name = within(dialog).getByRole('textbox', { name: 'Export name' });
  await user.clear(name);
  await user.type(name, 'For the auditor');
  await user.click(within(dialog).getByRole('button', { name: 'Queue Export' }));
  expect(await within(dialog).findByText('The export was not queued')).toBeDefined();
  expect(name).toHaveProperty('value', 'For the auditor');
  expect(screen.queryByText(/is queued/)).toBeNull();
});

test('exports from the project of a role in it', async () => {
  await open(OF_A_PROJECT, { projectId: 'claims' });
  expect(await askedBy(/^CSV now\s*Date, event/)).toMatchObject({ project_id: 'claims' });
});

test('gives no file of a project that the role does not export from, says so, and queues none of it', async () => {
  const user = await open(OF_A_PROJECT, { projectId: 'other' });
  const refused = await screen.findAllByRole('menuitem', {
    name: /Your role does not export from this project/,
  });
  expect(refused).toHaveLength(2);
  for (const one of refused) {
    expect(one.getAttribute('aria-disabled')).toBe('true');
    expect(one.getAttribute('href')).toBeNull();
  }
  await user.click(await item(/Queue Export/));
  const dialog = await screen.findByRole('dialog', { name: 'Export Log' });
  expect(within(dialog).queryByRole('radio', { name: /This view/ })).toBeNull();
});
