import { describe, expect, it } from 'vitest';

import { organizationWith } from '../../../test/settings-page';
import { sectionsOf } from './sections';
import { standingIn } from './standing';

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

describe('standingIn', () => {
  it('changes nothing in an archived organization, whatever the role permits', () => {
    const { mayChange } = standingIn(organizationWith(['members.manage'], { archived: true }));
    expect(mayChange('members.manage')).toBe(false);
    expect(mayChange('members.manage', 'claims')).toBe(false);
  });

  it('keeps a permission in a project to that project', () => {
    const { mayChange, permissionsIn } = standingIn(
      organizationWith(['events.read'], { projects: [project(['members.manage'])] }),
    );
    expect(mayChange('members.manage')).toBe(false);
    expect(mayChange('members.manage', 'other')).toBe(false);
    expect(mayChange('members.manage', 'claims')).toBe(true);
    expect(permissionsIn('claims')).toEqual(['events.read', 'members.manage']);
    expect(permissionsIn()).toEqual(['events.read']);
  });

  it('changes nothing in an archived project by a role in it, and does by one in the organization', () => {
    const projects = [project(['members.manage'], true)];
    expect(standingIn(organizationWith([], { projects })).mayChange('members.manage', 'claims')).toBe(false);
    const whole = organizationWith(['members.manage'], { projects });
    expect(standingIn(whole).mayChange('members.manage', 'claims')).toBe(true);
  });
});
