/** The addresses of the console's pages, in one place: whoever links to a page asks here. */

import { writeUrlSearch } from '../lib/query/url';

type Search = Record<string, string | string[] | undefined>;

/** The text of what is there. */
function written(search: Search): string {
  return writeUrlSearch(
    Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)),
  );
}

const of = (organizationId: string, rest: string) => `/o/${encodeURIComponent(organizationId)}/${rest}`;

export const SETTINGS = [
  'organization',
  'projects',
  'members',
  'invitations',
  'roles',
  'keys',
  'viewers',
  'retention',
  'redaction',
  'sso',
  'audit',
] as const;
export type SettingsPage = (typeof SETTINGS)[number];

export const places = {
  home: '/',
  login: (returnTo?: string) => `/login${written({ return_to: returnTo })}`,
  profile: '/profile',
  instance: '/instance',
  events: (organizationId: string, search: Search = {}) => of(organizationId, 'events') + written(search),
  event: (organizationId: string, eventId: string, search: Search = {}) =>
    of(organizationId, `events/${encodeURIComponent(eventId)}`) + written(search),
  insights: (organizationId: string) => of(organizationId, 'insights'),
  exports: (organizationId: string) => of(organizationId, 'exports'),
  integrity: (organizationId: string) => of(organizationId, 'integrity'),
  catalog: (organizationId: string, search: Search = {}) => of(organizationId, 'catalog') + written(search),
  catalogEntry: (organizationId: string, action: string, search: Search = {}) =>
    of(organizationId, `catalog/${encodeURIComponent(action)}`) + written(search),
  settings: (organizationId: string, page: SettingsPage = 'organization') =>
    of(organizationId, `settings/${page}`),
  project: (organizationId: string, projectId: string) =>
    of(organizationId, `settings/projects/${encodeURIComponent(projectId)}`),
  role: (organizationId: string, roleId: string) =>
    of(organizationId, `settings/roles/${encodeURIComponent(roleId)}`),
};
