import { QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { fakeServer, json, problem } from '../../../test/fake-server';
import { queryClient } from '../../api/queries';
import { Invitation } from './Invitation';

const ACCEPT = 'POST /v1/invitations/accept';
const LOOKUP = 'POST /v1/invitations/lookup';
const SESSION = 'GET /v1/auth/session';
const SEEN = {
  organization: 'Acme AI',
  email: 'grace@acme.example',
  expires_at: '2026-11-29T06:04:58Z',
  has_account: false,
  role_name: 'Auditor',
  project_name: null,
  project_role_name: null,
  invited_by: null,
};
const ACCEPTED = {
  organization_id: 'org_1',
  organization: 'Acme AI',
  user_id: 'usr_2',
  email: 'grace@acme.example',
};
const NOBODY = problem(401, 'unauthenticated');
const signedIn = (email: string) =>
  json({ user: { id: 'usr_2', email }, session: { method: 'password' }, organizations: [] });

afterEach(() => {
  queryClient.clear();
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});

function open(address = '/invitation#evident_invitation_1') {
  window.history.replaceState(null, '', address);
  const root = createRootRoute();
  const routeTree = root.addChildren([
    createRoute({ getParentRoute: () => root, path: '/invitation', component: Invitation }),
    createRoute({
      getParentRoute: () => root,
      path: '/o/$organizationId/events',
      component: () => 'the events',
    }),
  ]);
  const router = createRouter({
    routeTree,
    history: createMemoryHistory({ initialEntries: ['/invitation'] }),
  });
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return router;
}

describe('an invitation', () => {
  it('makes an account for who has none, and leads into the organization', { timeout: 20_000 }, async () => {
    const server = fakeServer({
      [SESSION]: NOBODY,
      [LOOKUP]: json(SEEN),
      [ACCEPT]: json(ACCEPTED),
      'POST /v1/auth/login': signedIn('grace@acme.example'),
    });
    const router = open();
    fireEvent.change(await screen.findByLabelText('Your name'), { target: { value: 'Grace Hill' } });
    fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'tangerine lamp orbit' } });
    fireEvent.click(screen.getByRole('button', { name: 'Make an account and join' }));
    await screen.findByText('the events');
    expect(router.history.location.href).toBe('/o/org_1/events');
    expect(server.sentTo(ACCEPT)).toEqual([
      { token: 'evident_invitation_1', name: 'Grace Hill', password: 'tangerine lamp orbit' },
    ]);
    expect(server.sentTo('POST /v1/auth/login')).toEqual([
      { email: 'grace@acme.example', password: 'tangerine lamp orbit' },
    ]);
  });

  it(
    'is accepted by the account that there is only once its owner has signed in',
    { timeout: 20_000 },
    async () => {
      const server = fakeServer({
        [SESSION]: NOBODY,
        [LOOKUP]: json({ ...SEEN, has_account: true }),
        [ACCEPT]: json(ACCEPTED),
        'POST /v1/auth/login': signedIn('grace@acme.example'),
      });
      open();
      fireEvent.change(await screen.findByLabelText('Password'), {
        target: { value: 'tangerine lamp orbit' },
      });
      expect(screen.getByLabelText('E-mail address')).toHaveProperty('readOnly', true);
      expect(screen.queryByLabelText('Your name')).toBeNull();
      fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
      const join = await screen.findByRole('button', { name: 'Join Acme AI' });
      expect(server.sentTo(ACCEPT)).toEqual([]);
      fireEvent.click(join);
      await screen.findByText('the events');
      expect(server.sentTo(ACCEPT)).toEqual([{ token: 'evident_invitation_1' }]);
    },
  );

  it('is not accepted as somebody else', async () => {
    fakeServer({ [SESSION]: signedIn('hal@acme.example'), [LOOKUP]: json(SEEN) });
    open();
    await screen.findByText('You are signed in as hal@acme.example');
    expect(screen.queryByRole('button', { name: /Join/ })).toBeNull();
    expect(screen.queryByLabelText('Password')).toBeNull();
  });

  it('says who invites to which roles, as far as the server does', async () => {
    const roles = {
      project_name: 'Payments',
      project_role_name: 'Project Admin',
      invited_by: 'Ada Lovelace',
    };
    fakeServer({ [SESSION]: NOBODY, [LOOKUP]: json({ ...SEEN, ...roles }) });
    open();
    await screen.findByText(
      'Ada Lovelace invites grace@acme.example to the audit log of Acme AI as Auditor, and to its project Payments as Project Admin.',
    );
  });

  it('says what it is to where a key invites', async () => {
    fakeServer({ [SESSION]: NOBODY, [LOOKUP]: json(SEEN) });
    open();
    await screen.findByText('grace@acme.example is invited to the audit log of Acme AI as Auditor.');
  });

  it('says so when it does not work any more', async () => {
    fakeServer({ [SESSION]: NOBODY, [LOOKUP]: problem(404, 'invitation_not_valid') });
    open();
    expect(await screen.findByText('This invitation does not work any more')).toBeTruthy();
  });

  it('asks the server nothing without a token', async () => {
    const server = fakeServer({ [SESSION]: NOBODY });
    open('/invitation');
    expect(await screen.findByText('Open the link of your invitation')).toBeTruthy();
    expect(server.sentTo(LOOKUP)).toEqual([]);
  });
});
