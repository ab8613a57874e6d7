import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';

import { json, problem } from '../../../test/fake-server';
import { organizationWith, showSettings } from '../../../test/settings-page';
import { Invitations } from './Invitations';

/** A page with dialogs takes a while where the machine has other work, in milliseconds. */
const PATIENCE_MS = 30_000;
vi.setConfig({ testTimeout: PATIENCE_MS });

afterEach(() => vi.unstubAllGlobals());

const EMAIL = 'grace@quillmere.example';
const MANAGER = ['members.read', 'members.manage', 'settings.read'];
const PATH = '/v1/invitations/inv_1';

async function open({ permissions = MANAGER, archived = false, answers = {} } = {}) {
  const server = await showSettings(Invitations, organizationWith(permissions, { archived }), {
    'GET /v1/invitations': json({
      data: [
        {
          id: 'inv_1',
          email: EMAIL,
          role: 'member',
          invited_by: 'usr_me',
          created_at: '2026-11-01T00:00:00Z',
          expires_at: '2026-12-01T00:00:00Z',
          expired: false,
        },
      ],
    }),
    'GET /v1/members': json({ data: [], next_cursor: null }),
    'GET /v1/projects': json({ data: [], next_cursor: null }),
    'GET /v1/roles': json({ data: [] }),
    'GET /v1/permissions': json({ data: [] }),
    ...answers,
  });
  expect(await screen.findByText(EMAIL)).toBeDefined();
  return { server, user: userEvent.setup() };
}

async function openMenu(user: ReturnType<typeof userEvent.setup>) {
  await user.click(screen.getByRole('button', { name: `More about ${EMAIL}` }));
  return (await screen.findAllByRole('menuitem')).map(({ textContent }) => textContent);
}

test('in an archived organization an invitation is revoked, and none is made or renewed', async () => {
  const { user, server } = await open({
    archived: true,
    answers: { [`DELETE ${PATH}`]: new Response(null, { status: 204 }) },
  });
  expect(screen.getByText(/You can still revoke invitations/)).toBeDefined();
  expect(screen.queryByRole('button', { name: 'Invite people' })).toBeNull();
  expect(await openMenu(user)).toEqual(['Revoke…']);
  await user.click(screen.getByRole('menuitem', { name: 'Revoke…' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('once the organization is brought back');
  expect(server.sentTo(`DELETE ${PATH}`)).toHaveLength(0);
  await user.click(within(dialog).getByRole('button', { name: 'Revoke the invitation' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(server.sentTo(`DELETE ${PATH}`)).toHaveLength(1);
});

test('who may only read is offered nothing in an archived organization', async () => {
  await open({ permissions: ['members.read', 'settings.read'], archived: true });
  expect(screen.getByText('This organization is archived')).toBeDefined();
  expect(screen.queryByText(/You can still/)).toBeNull();
  expect(screen.queryByRole('button', { name: `More about ${EMAIL}` })).toBeNull();
});

test('elsewhere an invitation is renewed, too, and a refusal is told in the dialog', async () => {
  const { user } = await open({ answers: { [`POST ${PATH}/renew`]: problem(403, 'forbidden') } });
  expect(screen.getByRole('button', { name: 'Invite people' })).toBeDefined();
  expect(await openMenu(user)).toEqual(['Renew: make a new link…', 'Revoke…']);
  await user.click(screen.getByRole('menuitem', { name: /Renew/ }));
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Renew the invitation' }));
  expect(await within(dialog).findByRole('alert')).toBeDefined();
});
