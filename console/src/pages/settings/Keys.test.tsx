import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';

import { json } from '../../../test/fake-server';
import { organizationWith, showSettings } from '../../../test/settings-page';
import { Keys } from './Keys';

const PERMISSIONS = [
  'events.record',
  'events.read',
  'events.export',
  'log.read',
  'metrics.read',
  'settings.read',
  'members.read',
  'keys.manage',
];
const SECRET = 'evident_ingest_01_secret';
const keyOf = (part: object) => ({
  id: 'key_1',
  name: 'Build server',
  kind: 'ingest',
  project_id: null,
  created_at: '2026-01-01T00:00:00Z',
  created_by: null,
  expires_at: null,
  allowed_addresses: [],
  last_used_at: null,
  revoked_at: null,
  replaced_by: null,
  ...part,
});

async function open(
  answers: Parameters<typeof showSettings>[2],
  permissions = PERMISSIONS,
  more: Parameters<typeof organizationWith>[1] = {},
) {
  const server = await showSettings(Keys, organizationWith(permissions, more), {
    'GET /v1/api-keys': json({ data: [keyOf({})], next_cursor: null }),
    'GET /v1/projects': json({ data: [], next_cursor: null }),
    'GET /v1/members': json({ data: [], next_cursor: null }),
    'GET /v1/roles': json({ data: [] }),
    'GET /v1/permissions': json({
      data: PERMISSIONS.map((name) => ({ name, description: '', levels: ['organization'] })),
    }),
    ...answers,
  });
  return { user: userEvent.setup(), server };
}

/** A page with dialogs takes a while where the machine has other work, in milliseconds. */
const PATIENCE_MS = 30_000;
vi.setConfig({ testTimeout: PATIENCE_MS });

afterEach(() => vi.unstubAllGlobals());

test('a key is shown once, in a dialog that Escape does not close, and is nowhere afterwards', async () => {
  const { user, server } = await open({
    'POST /v1/api-keys': json({ ...keyOf({ id: 'key_2', name: 'CI' }), key: SECRET }, 201),
  });
  await user.click(screen.getByRole('button', { name: 'New API key' }));
  await user.type(screen.getByLabelText('Name'), ' CI ');
  await user.type(screen.getByLabelText('Allowed addresses'), '192.0.2.7, 2001:db8::/32');
  await user.click(screen.getByRole('button', { name: 'Create the key' }));
  expect((await screen.findByLabelText('API key')).textContent).toContain(SECRET);
  expect(server.sentTo('POST /v1/api-keys')[0]).toEqual({
    name: 'CI',
    kind: 'ingest',
    expires_in_days: 365,
    allowed_addresses: ['192.0.2.7', '2001:db8::/32'],
  });
  expect(screen.getByLabelText('Record a first event with it').textContent).toContain(`Bearer ${SECRET}`);
  await user.keyboard('{Escape}');
  expect(screen.getByLabelText('API key')).toBeDefined();
  await user.click(screen.getByRole('button', { name: 'I have kept it' }));
  await waitFor(() => expect(document.body.textContent).not.toContain(SECRET));
});

test('what is wrong is told at its field, and nothing is sent', async () => {
  const { user, server } = await open({});
  await user.click(screen.getByRole('button', { name: 'New API key' }));
  await user.type(screen.getByLabelText('Allowed addresses'), 'localhost');
  await user.click(screen.getByRole('button', { name: 'Create the key' }));
  expect(await screen.findByText('Give it a name')).toBeDefined();
  expect(screen.getByText(/“localhost” is not an address/)).toBeDefined();
  expect(server.sentTo('POST /v1/api-keys')).toEqual([]);
});

test('a key is revoked only once that was confirmed, and a refusal is told in the dialog', async () => {
  const { user, server } = await open({
    'DELETE /v1/api-keys/key_1': json(
      { title: 'Forbidden', code: 'forbidden', status: 403, detail: 'this key is not yours to revoke' },
      403,
    ),
  });
  await user.click(await screen.findByRole('button', { name: 'More about Build server' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Revoke…' }));
  const dialog = await screen.findByRole('dialog');
  expect(server.sentTo('DELETE /v1/api-keys/key_1')).toEqual([]);
  await user.click(within(dialog).getByRole('button', { name: 'Revoke the key' }));
  expect(await within(dialog).findByText(/not yours to revoke/)).toBeDefined();
});

test('keys that have ended are found apart from those that work', async () => {
  const ended = keyOf({ id: 'key_9', name: 'Old importer', revoked_at: '2026-01-02T00:00:00Z' });
  const { user } = await open({
    'GET /v1/api-keys': json({ data: [keyOf({}), ended], next_cursor: null }),
  });
  expect(await screen.findByText('Build server')).toBeDefined();
  expect(screen.queryByText('Old importer')).toBeNull();
  await user.click(screen.getByRole('radio', { name: 'Ended' }));
  expect(screen.getByText('Old importer')).toBeDefined();
  expect(screen.queryByText('Build server')).toBeNull();
});

test('kinds of keys that may more than their maker are seen and not offered', async () => {
  const { user } = await open(
    {},
    PERMISSIONS.filter((name) => name !== 'log.read'),
  );
  await user.click(screen.getByRole('button', { name: 'New API key' }));
  const isOffered = (name: RegExp) => !screen.getByRole('radio', { name }).hasAttribute('disabled');
  await waitFor(() => expect(isOffered(/^Read/)).toBe(false));
  expect([isOffered(/^Ingest/), isOffered(/^Admin/)]).toEqual([true, false]);
});

test('in an archived organization a key is revoked, and none is made, changed or rotated', async () => {
  const { user, server } = await open({}, PERMISSIONS, { archived: true });
  expect(await screen.findByText(/You can still revoke keys/)).toBeDefined();
  expect(screen.queryByRole('button', { name: 'New API key' })).toBeNull();
  await user.click(await screen.findByRole('button', { name: 'More about Build server' }));
  const items = await screen.findAllByRole('menuitem');
  expect(items.map(({ textContent }) => textContent)).toEqual(['Copy its id', 'Revoke…']);
  await user.click(screen.getByRole('menuitem', { name: 'Revoke…' }));
  const dialog = await screen.findByRole('dialog');
  expect(within(dialog).queryByText(/rotate it instead/)).toBeNull();
  server.answer('DELETE /v1/api-keys/key_1', new Response(null, { status: 204 }));
  await user.click(within(dialog).getByRole('button', { name: 'Revoke the key' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(server.sentTo('DELETE /v1/api-keys/key_1')).toHaveLength(1);
});

test('in an archived organization a manager of a project revokes its keys, and those of an archived one not', async () => {
  const project = (id: string, archived: boolean) => ({
    id,
    name: id,
    archived,
    permissions: ['keys.manage'],
    role: { id: 'project_admin', name: 'Project Admin' },
  });
  const { user } = await open(
    {
      'GET /v1/api-keys': json({
        data: [
          keyOf({ project_id: 'claims' }),
          keyOf({ id: 'key_2', name: 'Importer', project_id: 'closed' }),
        ],
        next_cursor: null,
      }),
    },
    [],
    { archived: true, projects: [project('claims', false), project('closed', true)] },
  );
  await user.click(await screen.findByRole('button', { name: 'More about Importer' }));
  expect(await screen.findByRole('menuitem', { name: 'Copy its id' })).toBeDefined();
  expect(screen.queryByRole('menuitem', { name: 'Revoke…' })).toBeNull();
  await user.keyboard('{Escape}');
  await user.click(await screen.findByRole('button', { name: 'More about Build server' }));
  expect(await screen.findByRole('menuitem', { name: 'Revoke…' })).toBeDefined();
});
