import { describe, expect, it } from 'vitest';

import { organizationWith } from '../../../test/settings-page';
import { standingIn, type TakesAway } from './standing';

const TAKEN: readonly TakesAway[] = ['keys.manage', 'viewers.issue', 'members.manage'];

const project = (permissions: string[], archived = false) => ({
  id: 'claims',
  name: 'Claims',
  archived,
  permissions,
  role: { id: 'project_admin', name: 'Project Admin' },
});

describe('mayChange', () => {
  it('is no in an archived organization, whatever the role permits', () => {
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

  it('is no in an archived project by a role in it, and yes by one in the organization', () => {
    const projects = [project(['members.manage'], true)];
    expect(standingIn(organizationWith([], { projects })).mayChange('members.manage', 'claims')).toBe(false);
    const whole = organizationWith(['members.manage'], { projects });
    expect(standingIn(whole).mayChange('members.manage', 'claims')).toBe(true);
  });
});

describe('mayTakeAway', () => {
  it.each(TAKEN)('is not stopped by an archived organization: %s', (permission) => {
    const { mayTakeAway } = standingIn(organizationWith([permission], { archived: true }));
    expect([mayTakeAway(permission), mayTakeAway(permission, 'claims')]).toEqual([true, true]);
  });

  it('takes the permission all the same', () => {
    const { mayTakeAway, mayTakeAwayAnywhere } = standingIn(
      organizationWith(['members.read', 'keys.manage'], { archived: true }),
    );
    expect(mayTakeAway('members.manage')).toBe(false);
    expect(mayTakeAwayAnywhere('members.manage')).toBe(false);
  });

  it('keeps a permission in a project to that project', () => {
    const projects = [project(['keys.manage'])];
    const { mayTakeAway, mayTakeAwayAnywhere } = standingIn(
      organizationWith([], { projects, archived: true }),
    );
    expect(mayTakeAway('keys.manage')).toBe(false);
    expect(mayTakeAway('keys.manage', 'other')).toBe(false);
    expect(mayTakeAway('keys.manage', 'claims')).toBe(true);
    expect(mayTakeAwayAnywhere('keys.manage')).toBe(true);
  });

  it.each([false, true])(
    'loses what is held in an archived project, organization archived: %s',
    (archived) => {
      const projects = [project(['keys.manage'], true)];
      const { mayTakeAway, mayTakeAwayAnywhere } = standingIn(organizationWith([], { projects, archived }));
      expect(mayTakeAway('keys.manage', 'claims')).toBe(false);
      expect(mayTakeAwayAnywhere('keys.manage')).toBe(false);
    },
  );
});
