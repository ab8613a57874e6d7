import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { json, problem } from '../../../test/fake-server';
import { organizationWith, showSettings } from '../../../test/settings-page';
import { Members } from './Members';

/** A page with dialogs takes a while where the machine has other work, in milliseconds. */
const PATIENCE_MS = 30_000;
vi.setConfig({ testTimeout: PATIENCE_MS });

afterEach(() => vi.unstubAllGlobals());

const member = (id: string, name: string, role: string) => ({
  user_id: id,
  email: `${name.toLowerCase()}@quillmere.example`,
  name,
  role,
  projects: {},
  joined_at: '2026-11-01T00:00:00.000000Z',
});

const role = (id: string, name: string, permissions: string[]) => ({
  id,
  name,
  description: '',
  levels: ['organization'],
  permissions,
  built_in: true,
});

const ANSWERS = {
  'GET /v1/members': json({
    data: [
      member('usr_a', 'Ada', 'auditor'),
      member('usr_g', 'Grace', 'auditor'),
      member('usr_me', 'Me', 'admin'),
    ],
  }),
  'GET /v1/roles': json({
    data: [
      role('auditor', 'Auditor', ['events.read']),
      role('member', 'Member', []),
      role('admin', 'Organization Admin', ['events.read', 'members.manage', 'sso.manage']),
    ],
  }),
  'GET /v1/permissions': json({
    data: ['events.read', 'members.read', 'members.manage', 'settings.read', 'sso.manage'].map((name) => ({
      name,
      description: `May ${name}`,
      levels: ['organization'],
    })),
  }),
};

const MANAGER = ['events.read', 'members.read', 'members.manage', 'settings.read'];

describe('Members', () => {
  it('lets who may only read choose nobody and change nothing, and says why', async () => {
    await showSettings(Members, organizationWith(['members.read', 'settings.read']), ANSWERS);
    expect(await screen.findByText('Ada')).toBeTruthy();
    expect(screen.getByText('Your role does not let you change members')).toBeTruthy();
    expect(screen.queryByRole('checkbox')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'More about Ada' }));
    expect(await screen.findByRole('menuitem', { name: /Roles in projects/ })).toBeTruthy();
    expect(screen.queryByRole('menuitem', { name: /Remove/ })).toBeNull();
  });

  it('gives those who are chosen another role at once, and offers no role beyond one’s own', async () => {
    const server = await showSettings(Members, organizationWith(MANAGER), {
      ...ANSWERS,
      'POST /v1/members/bulk': json({ changed: 2 }),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole('checkbox', { name: 'Choose Ada' }));
    await user.click(screen.getByRole('checkbox', { name: 'Choose Grace' }));
    await user.click(screen.getByRole('button', { name: 'Change the role…' }));
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('button', { name: /Role in the organization/ }));
    const beyond = await screen.findByRole('option', { name: /Organization Admin/ });
    expect(beyond.getAttribute('aria-disabled')).toBe('true');
    await user.click(screen.getByRole('option', { name: /^Member/ }));
    expect(await screen.findByText(/No longer/)).toBeTruthy();
    expect(server.sentTo('POST /v1/members/bulk')).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Give the role' }));
    await vi.waitFor(() =>
      expect(server.sentTo('POST /v1/members/bulk')).toEqual([
        { user_ids: ['usr_a', 'usr_g'], role: 'member' },
      ]),
    );
  });

  it('asks before it removes anybody, and stays with what the server refuses', async () => {
    const server = await showSettings(Members, organizationWith(MANAGER), {
      ...ANSWERS,
      'DELETE /v1/members/usr_a': json(
        { code: 'last_admin', title: 'Conflict', detail: 'the last one' },
        409,
      ),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'More about Ada' }));
    await user.click(await screen.findByRole('menuitem', { name: /Remove from the organization/ }));
    const dialog = await screen.findByRole('dialog', { name: 'Remove Ada?' });
    expect(within(dialog).getByText(/API keys that the person made stay/)).toBeTruthy();
    expect(server.sentTo('DELETE /v1/members/usr_a')).toHaveLength(0);
    await user.click(within(dialog).getByRole('button', { name: 'Remove the member' }));
    expect((await within(dialog).findByRole('alert')).textContent).toContain('keeps an Organization Admin');
    expect(screen.getByRole('dialog', { name: 'Remove Ada?' })).toBeTruthy();
  });

  it.each([
    [false, /A second factor stays in use/],
    [true, /so do the second factor and its recovery codes/],
  ])('makes a reset link that ends the second factor: %s', async (ends, told) => {
    const path = 'POST /v1/members/usr_a/password-reset';
    const link = 'https://audit.example.com/reset#evident_reset_1';
    const server = await showSettings(Members, organizationWith(MANAGER), {
      ...ANSWERS,
      [path]: json({ link, expires_at: '2026-11-02T00:00:00.000000Z' }, 201),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByRole('button', { name: 'More about Ada' }));
    await user.click(await screen.findByRole('menuitem', { name: /Make a password reset link/ }));
    const dialog = await screen.findByRole('dialog');
    if (ends) await user.click(within(dialog).getByRole('checkbox', { name: /End the second factor/ }));
    expect(within(dialog).getByText(told)).toBeTruthy();
    await user.click(within(dialog).getByRole('button', { name: 'Make the link' }));
    expect(await screen.findByText(link)).toBeTruthy();
    expect(server.sentTo(path)).toEqual([{ end_second_factor: ends }]);
  });

  describe('in an archived organization', () => {
    const openMenu = async (permissions: string[], name: string, answers: object = {}) => {
      const server = await showSettings(Members, organizationWith(permissions, { archived: true }), {
        ...ANSWERS,
        ...answers,
      });
      const user = userEvent.setup();
      await user.click(await screen.findByRole('button', { name: `More about ${name}` }));
      const items = await screen.findAllByRole('menuitem');
      return { server, user, items: items.map(({ textContent }) => textContent) };
    };

    it('ends sessions and removes members, and neither invites nor changes anybody', async () => {
      const { user, server, items } = await openMenu(MANAGER, 'Ada', {
        'DELETE /v1/members/usr_a/sessions': json({ ended: 2 }),
        'DELETE /v1/members/usr_a': new Response(null, { status: 204 }),
      });
      expect(items).toEqual([
        'See what the person did',
        'Roles in projectsNone',
        'End all sessions…',
        'Remove from the organization…',
      ]);
      expect(screen.getByText(/You can still end sessions and remove members/)).toBeTruthy();
      await user.click(screen.getByRole('menuitem', { name: 'End all sessions…' }));
      await user.click(await screen.findByRole('button', { name: 'End the sessions' }));
      await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
      expect(server.sentTo('DELETE /v1/members/usr_a/sessions')).toHaveLength(1);
      const more = await screen.findByRole('button', { name: 'More about Ada' });
      expect(screen.queryByRole('checkbox')).toBeNull();
      expect(screen.queryByRole('link', { name: 'Invite people' })).toBeNull();
      await user.click(more);
      await user.click(await screen.findByRole('menuitem', { name: /Remove/ }));
      await user.click(await screen.findByRole('button', { name: 'Remove the member' }));
      await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
      expect(server.sentTo('DELETE /v1/members/usr_a')).toHaveLength(1);
    });

    it('says of the last admin what to do, which begins with bringing it back', async () => {
      const { user } = await openMenu(MANAGER, 'Ada', {
        'DELETE /v1/members/usr_a': problem(409, 'last_admin'),
      });
      await user.click(screen.getByRole('menuitem', { name: /Remove/ }));
      await user.click(await screen.findByRole('button', { name: 'Remove the member' }));
      expect((await screen.findByRole('alert')).textContent).toContain('Bring it back and make somebody');
    });

    it('lets who manages nobody leave, and nothing else', async () => {
      const { items } = await openMenu(['members.read', 'settings.read'], 'Me');
      expect(items).toEqual(['Roles in projectsNone', 'Leave the organization…']);
      expect(screen.getByText('This organization is archived')).toBeTruthy();
      expect(screen.queryByText(/You can still/)).toBeNull();
    });
  });
});
