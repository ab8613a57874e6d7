import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';

import { json } from '../../../../test/fake-server';
import { organizationWith, showSettings } from '../../../../test/settings-page';
import { ProjectMembers } from './ProjectMembers';

afterEach(() => vi.unstubAllGlobals());

const PROJECT = {
  id: 'claims',
  name: 'Claims',
  kind: 'project' as const,
  archived: false,
  created_at: '2026-11-01T00:00:00Z',
};
const member = (user_id: string, name: string) => ({
  user_id,
  name,
  email: `${name}@quillmere.example`,
  role: 'project_member',
  joined_at: '2026-11-01T00:00:00Z',
});

async function show(archived: boolean, permissions = ['members.read', 'members.manage']) {
  await showSettings(
    () => <ProjectMembers project={PROJECT} />,
    organizationWith(permissions, { archived }),
    {
      'GET /v1/projects/claims/members': json({ data: [member('usr_a', 'Ada'), member('usr_me', 'Me')] }),
      'GET /v1/roles': json({ data: [] }),
      'GET /v1/permissions': json({ data: [] }),
    },
  );
  expect(await screen.findByText('Ada')).toBeDefined();
  expect(screen.getByText('You')).toBeDefined();
}

test('in an archived organization no role in a project is given or ended, not even one’s own', async () => {
  await show(true);
  expect(screen.getByText('This organization is archived')).toBeDefined();
  expect(screen.queryByRole('button', { name: /More about/ })).toBeNull();
  expect(screen.queryByRole('button', { name: 'Add a member' })).toBeNull();
});

test('elsewhere who manages nobody leaves, and touches no other', async () => {
  await show(false, ['members.read']);
  await userEvent.click(screen.getByRole('button', { name: 'More about Me' }));
  expect(await screen.findByRole('menuitem', { name: 'Leave the project…' })).toBeDefined();
  expect(screen.queryByRole('button', { name: 'More about Ada', hidden: true })).toBeNull();
});
