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
import { Login } from './Login';

const SESSION = { user: { id: 'usr_1', email: 'ada@acme.example' }, session: {}, organizations: [] };
const NOBODY = { 'GET /v1/auth/session': problem(401, 'unauthenticated') };

afterEach(() => {
  queryClient.clear();
  vi.unstubAllGlobals();
});

function open(address: string) {
  const root = createRootRoute();
  const page = (path: string, component: () => React.ReactNode) =>
    createRoute({ getParentRoute: () => root, path, component });
  const routeTree = root.addChildren([
    page('/login', Login),
    page('/profile', () => 'the profile'),
    page('/', () => 'the first page'),
  ]);
  const router = createRouter({ routeTree, history: createMemoryHistory({ initialEntries: [address] }) });
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return router;
}

async function signIn() {
  fireEvent.change(await screen.findByLabelText('E-mail address'), { target: { value: 'ada@acme.example' } });
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'correct horse battery' } });
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
}

describe('the sign-in page', () => {
  it('goes on to where one was going, and stays there', async () => {
    fakeServer({ ...NOBODY, 'POST /v1/auth/login': json(SESSION) });
    const router = open('/login?return_to=%2Fprofile');
    await signIn();
    await screen.findByText('the profile');
    expect(router.history.location.href).toBe('/profile');
    // The sign-in is not what Back leads to.
    expect(router.history.length).toBe(1);
  });

  it('goes to the first page when it was told to go elsewhere', async () => {
    fakeServer({ ...NOBODY, 'POST /v1/auth/login': json(SESSION) });
    const router = open('/login?return_to=%2F%2Fevil.example');
    await signIn();
    await screen.findByText('the first page');
    expect(router.history.location.href).toBe('/');
  });

  it('asks nothing of who is signed in already', async () => {
    fakeServer({ 'GET /v1/auth/session': json(SESSION) });
    open('/login?return_to=%2Fprofile');
    await screen.findByText('the profile');
  });

  it('says why an organization’s own sign-in did not work', async () => {
    fakeServer(NOBODY);
    open('/login?error=sso_refused');
    expect((await screen.findByRole('alert')).textContent).toContain('You cannot sign in with this account');
  });

  it('does not repeat a code that the server does not have', async () => {
    fakeServer(NOBODY);
    open('/login?error=call+0900+now');
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toBe('The sign-in did not work. Try again.');
  });

  it('points to the printed link on a server that is not set up', async () => {
    fakeServer({ 'GET /v1/auth/session': problem(503, 'setup_needed') });
    open('/login');
    expect(await screen.findByRole('heading', { name: 'This server is not set up yet' })).toBeTruthy();
  });
});
