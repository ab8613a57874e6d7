/**
 * The table of contents: every address of the console and the page that answers it. The pages come when they
 * are asked for, but for the frame around them.
 *
 * All state that a page can be linked to is in its address. What the parameters of an address mean is the
 * page's to say; here they are texts and lists of texts.
 */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  Outlet,
  redirect,
} from '@tanstack/react-router';

import { actIn } from './api/client';
import { places } from './api/places';
import { isProblem } from './api/problem';
import { queryClient } from './api/queries';
import { sessionQuery } from './api/session';
import { Broken, Missing } from './components/shell/Broken';
import { lastOrganization, rememberOrganization } from './components/shell/last-organization';
import { Shell } from './components/shell/Shell';
import { readUrlSearch, writeUrlSearch } from './lib/query/url';

export type AddressSearch = Record<string, string | string[] | undefined>;

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: Missing,
  errorComponent: Broken,
});

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  component: lazyRouteComponent(() => import('./pages/sign-in/Login'), 'Login'),
});
const setUp = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./pages/sign-in/SetUp'), 'SetUp'),
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./pages/sign-in/Invitation'), 'Invitation'),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  component: lazyRouteComponent(() => import('./pages/sign-in/Reset'), 'Reset'),
});

/** Everything that only who is signed in may see. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ location }) => {
    try {
      return { session: await queryClient.query({ ...sessionQuery, staleTime: 'static' }) };
    } catch (error) {
      // A router is told where to go by a throw.
      /* eslint-disable @typescript-eslint/only-throw-error */
      if (isProblem(error, 'setup_needed')) throw redirect({ to: '/setup' });
      if (isProblem(error) && error.status === 401) throw redirect({ href: places.login(location.href) });
      /* eslint-enable @typescript-eslint/only-throw-error */
      throw error;
    }
  },
  component: Shell,
  errorComponent: Broken,
  notFoundComponent: Missing,
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: ({ context }) => {
    const organization = lastOrganization(context.session);
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    if (organization !== undefined) throw redirect({ href: places.events(organization.id), replace: true });
  },
  component: lazyRouteComponent(() => import('./pages/profile/NoOrganization'), 'NoOrganization'),
});
const profile = createRoute({
  getParentRoute: () => signedIn,
  path: '/profile',
  component: lazyRouteComponent(() => import('./pages/profile/Profile'), 'Profile'),
});
const instance = createRoute({
  getParentRoute: () => signedIn,
  path: '/instance',
  component: lazyRouteComponent(() => import('./pages/profile/Instance'), 'Instance'),
});

const organization = createRoute({
  getParentRoute: () => signedIn,
  path: '/o/$organizationId',
  beforeLoad: ({ context, params }) => {
    const found = context.session.organizations.find(({ id }) => id === params.organizationId);
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    if (found === undefined) throw notFound();
    actIn(found.id);
    rememberOrganization(found.id);
    return { organization: found };
  },
  component: Outlet,
});

const events = createRoute({
  getParentRoute: () => organization,
  path: 'events',
  validateSearch: (search: AddressSearch) => search,
  component: lazyRouteComponent(() => import('./pages/events/Explorer'), 'Explorer'),
});
/** The event is shown over the list, or beside it; the list stays what it was. */
const event = createRoute({
  getParentRoute: () => events,
  path: '$eventId',
});
const insights = createRoute({
  getParentRoute: () => organization,
  path: 'insights',
  validateSearch: (search: AddressSearch) => search,
  component: lazyRouteComponent(() => import('./pages/insights/Insights'), 'Insights'),
});
const exported = createRoute({
  getParentRoute: () => organization,
  path: 'exports',
  component: lazyRouteComponent(() => import('./pages/exports/Exports'), 'Exports'),
});
const integrity = createRoute({
  getParentRoute: () => organization,
  path: 'integrity',
  component: lazyRouteComponent(() => import('./pages/integrity/Integrity'), 'Integrity'),
});
const catalog = createRoute({
  getParentRoute: () => organization,
  path: 'catalog',
  validateSearch: (search: AddressSearch) => search,
  component: lazyRouteComponent(() => import('./pages/catalog/Catalog'), 'Catalog'),
});
const catalogEntry = createRoute({
  getParentRoute: () => catalog,
  path: '$action',
});

const settings = createRoute({
  getParentRoute: () => organization,
  path: 'settings',
  component: lazyRouteComponent(() => import('./pages/settings/Settings'), 'Settings'),
});
const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: ({ params }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw redirect({ href: places.settings(params.organizationId), replace: true });
  },
});
const settingsPages = [
  createRoute({
    getParentRoute: () => settings,
    path: 'organization',
    component: lazyRouteComponent(
      () => import('./pages/settings/OrganizationSettings'),
      'OrganizationSettings',
    ),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'projects',
    component: lazyRouteComponent(() => import('./pages/settings/Projects'), 'Projects'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'projects/$projectId',
    validateSearch: (search: AddressSearch) => search,
    component: lazyRouteComponent(() => import('./pages/settings/Project'), 'Project'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'members',
    component: lazyRouteComponent(() => import('./pages/settings/Members'), 'Members'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'invitations',
    component: lazyRouteComponent(() => import('./pages/settings/Invitations'), 'Invitations'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'roles',
    component: lazyRouteComponent(() => import('./pages/settings/Roles'), 'Roles'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'roles/$roleId',
    component: lazyRouteComponent(() => import('./pages/settings/Role'), 'Role'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'keys',
    component: lazyRouteComponent(() => import('./pages/settings/Keys'), 'Keys'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'viewers',
    component: lazyRouteComponent(() => import('./pages/settings/Viewers'), 'Viewers'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'retention',
    component: lazyRouteComponent(() => import('./pages/settings/Retention'), 'Retention'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'redaction',
    component: lazyRouteComponent(() => import('./pages/settings/Redaction'), 'Redaction'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'sso',
    component: lazyRouteComponent(() => import('./pages/settings/Sso'), 'Sso'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: 'audit',
    validateSearch: (search: AddressSearch) => search,
    component: lazyRouteComponent(() => import('./pages/settings/Audit'), 'Audit'),
  }),
];

const tree = root.addChildren([
  login,
  setUp,
  invitation,
  reset,
  signedIn.addChildren([
    home,
    profile,
    instance,
    organization.addChildren([
      events.addChildren([event]),
      insights,
      exported,
      integrity,
      catalog.addChildren([catalogEntry]),
      settings.addChildren([settingsHome, ...settingsPages]),
    ]),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  parseSearch: readUrlSearch,
  stringifySearch: writeUrlSearch,
  defaultPreload: 'intent',
  defaultPendingMs: 150,
  defaultPendingMinMs: 0,
  scrollRestoration: false,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
