import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';

import { json } from '../../../test/fake-server';
import { organizationWith, showSettings } from '../../../test/settings-page';
import { Viewers } from './Viewers';

/** A page with dialogs takes a while where the machine has other work, in milliseconds. */
const PATIENCE_MS = 30_000;
vi.setConfig({ testTimeout: PATIENCE_MS });

afterEach(() => vi.unstubAllGlobals());

const PATH = 'DELETE /v1/viewer-issuers/vis_1';

async function open(archived: boolean) {
  const server = await showSettings(Viewers, organizationWith(['viewers.issue'], { archived }), {
    'GET /v1/viewer-issuers': json({
      data: [{ id: 'vis_1', name: 'Portal', origins: [], created_at: '2026-11-01T00:00:00Z' }],
    }),
    [PATH]: new Response(null, { status: 204 }),
  });
  const user = userEvent.setup();
  await user.click(await screen.findByRole('button', { name: 'More about Portal' }));
  const items = await screen.findAllByRole('menuitem');
  return { server, user, items: items.map(({ textContent }) => textContent) };
}

const MAKING = ['New issuer', 'Make a token…'];
/** What makes something, menus apart: what is behind an open menu is hidden from assistive technology. */
const offered = () =>
  screen
    .getAllByRole('button', { hidden: true })
    .map(({ textContent }) => textContent)
    .filter((name) => MAKING.includes(name));

test('in an archived organization an issuer is revoked, and neither it nor a token is made or changed', async () => {
  const { server, user, items } = await open(true);
  expect(items).toEqual(['Copy its id', 'Revoke…']);
  expect(offered()).toEqual([]);
  expect(screen.getByText(/You can still revoke issuers/)).toBeDefined();
  await user.click(screen.getByRole('menuitem', { name: 'Revoke…' }));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByRole('textbox'), 'Portal');
  await user.click(within(dialog).getByRole('button', { name: 'Revoke the issuer' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(server.sentTo(PATH)).toHaveLength(1);
});

test('elsewhere all of it is offered', async () => {
  const { items } = await open(false);
  expect(items).toEqual(['Copy its id', 'Change…', 'Revoke…']);
  expect(offered()).toEqual(MAKING);
});
