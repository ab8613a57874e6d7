import { describe, expect, it } from 'vitest';

import type { OwnOrganization } from '../../api/session';
import { scopeItems, scopeName, scopesOf } from './scopes';

const whole: OwnOrganization = {
  id: 'org_1',
  name: 'Quillmere AI',
  archived: false,
  permissions: ['events.read'],
  projects: [],
};
const project = (id: string, name: string) => ({ id, name, archived: false });

describe('the scopes', () => {
  it('have the organization first, its projects by name, then those that occur in events only', () => {
    const scopes = scopesOf(
      whole,
      [project('b', 'Support'), project('a', 'Sales')],
      [
        { value: 'prj_x', count: 9 },
        { value: 'a', count: 3 },
      ],
    );
    expect(scopeItems(scopes).map(({ label }) => label)).toEqual([
      'Quillmere AI – everything',
      'Sales',
      'Support',
      'prj_x',
    ]);
    expect(scopeName(scopes, 'a')).toBe('Sales');
    expect(scopeName(scopes, 'gone')).toBe('gone');
  });

  it('are only the projects whose events a person may read', () => {
    const limited: OwnOrganization = {
      ...whole,
      permissions: [],
      projects: [
        { ...project('a', 'Sales'), permissions: ['events.read'] },
        { ...project('b', 'Support'), permissions: ['settings.read'] },
      ],
    };
    const scopes = scopesOf(limited, [project('b', 'Support'), project('c', 'Other')], []);
    expect(scopeItems(scopes).map(({ label }) => label)).toEqual(['All my projects', 'Sales']);
  });
});
