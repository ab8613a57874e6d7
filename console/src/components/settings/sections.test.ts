import { describe, expect, it } from 'vitest';

import { organizationWith } from '../../../test/settings-page';
import { sectionsOf } from './sections';

const pagesOf = (organization: Parameters<typeof sectionsOf>[0]) =>
  sectionsOf(organization).flatMap(({ links }) => links.map(({ page }) => page));

const project = (permissions: string[], archived = false) => ({
  id: 'claims',
  name: 'Claims',
  archived,
  permissions,
  role: { id: 'project_admin', name: 'Project Admin' },
});

describe('sectionsOf', () => {
  it('shows who has no permission the general page alone', () => {
    expect(pagesOf(organizationWith([]))).toEqual(['organization']);
  });

  it('shows who manages a project what is of projects, and nothing of the whole organization', () => {
    const permissions = ['settings.read', 'members.read', 'members.manage', 'keys.manage', 'events.read'];
    const pages = pagesOf(organizationWith([], { projects: [project(permissions)] }));
    expect(pages).toEqual([
      'organization',
      'projects',
      'retention',
      'members',
      'invitations',
      'roles',
      'keys',
    ]);
  });
});
