/** Shows a page of the settings to somebody, with a server whose answers a test gives. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';

import { actIn } from '../src/api/client';
import { type OwnOrganization, sessionQuery, type SignedIn } from '../src/api/session';
import { fakeServer, json } from './fake-server';

export const ORGANIZATION_ID = 'org_1';

export function organizationWith(
  permissions: readonly string[],
  more: Partial<OwnOrganization> = {},
): OwnOrganization {
  return {
    id: ORGANIZATION_ID,
    name: 'Quillmere AI',
    archived: false,
    permissions: [...permissions],
    projects: [],
    role: { id: 'rol_own', name: 'Own' },
    ...more,
  };
}

function sessionOf(organization: OwnOrganization): SignedIn {
  const now = '2026-11-22T05:00:00.000000Z';
  return {
    user: {
      id: 'usr_me',
      email: 'me@quillmere.example',
      name: 'Me',
      instance_owner: false,
      password: true,
      second_factor: false,
      recovery_codes: 0,
    },
    session: {
      id: 'ses_1',
      method: 'password',
      address: '127.0.0.1',
      user_agent: 'test',
      current: true,
      created_at: now,
      last_seen_at: now,
      expires_at: now,
    },
    organizations: [organization],
  };
}

export async function showSettings(
  Shown: () => ReactNode,
  organization: OwnOrganization,
  answers: Parameters<typeof fakeServer>[0],
) {
  const server = fakeServer({ 'GET /v1/auth/session': json(sessionOf(organization)), ...answers });
  actIn(organization.id);
  const root = createRootRoute({ component: Outlet });
  const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: Outlet });
  const within = createRoute({
    getParentRoute: () => signedIn,
    path: '/o/$organizationId',
    beforeLoad: () => ({ organization }),
    component: Outlet,
  });
  const page = createRoute({ getParentRoute: () => within, path: 'settings/page', component: Shown });
  const router = createRouter({
    routeTree: root.addChildren([signedIn.addChildren([within.addChildren([page])])]),
    history: createMemoryHistory({ initialEntries: [`/o/${organization.id}/settings/page`] }),
  });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  // Nobody is shown a page before it is known who they are.
  queries.setQueryData(sessionQuery.queryKey, sessionOf(organization));
  await router.load();
  render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return server;
}
