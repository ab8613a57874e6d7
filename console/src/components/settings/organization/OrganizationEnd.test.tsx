import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';

import { problem } from '../../../../test/fake-server';
import { organizationWith, showSettings } from '../../../../test/settings-page';
import { OrganizationEnd } from './OrganizationEnd';

afterEach(() => vi.unstubAllGlobals());

const PATH = 'DELETE /v1/members/usr_me';

async function leave(archived: boolean) {
  const server = await showSettings(() => <OrganizationEnd />, organizationWith([], { archived }), {
    [PATH]: problem(409, 'last_admin'),
  });
  const user = userEvent.setup();
  await user.click(await screen.findByRole('button', { name: 'Leave…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Leave Quillmere AI?' });
  await user.click(within(dialog).getByRole('button', { name: 'Leave' }));
  return { server, dialog };
}

test.each([true, false])('a member leaves by themselves, organization archived: %s', async (archived) => {
  const { server, dialog } = await leave(archived);
  expect(await within(dialog).findByRole('alert')).toBeDefined();
  expect(server.sentTo(PATH)).toHaveLength(1);
});

test('whoever leaves an archived organization is told what has to come first', async () => {
  const { dialog } = await leave(true);
  expect((await within(dialog).findByRole('alert')).textContent).toContain('Bring it back and make somebody');
  expect(screen.getByText(/which nobody can until it is brought back/)).toBeDefined();
});
