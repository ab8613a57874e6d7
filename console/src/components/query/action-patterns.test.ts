import { describe, expect, it } from 'vitest';

import { lastPattern, matches, proposedPatterns, readPatterns, writePatterns } from './action-patterns';

const ACTIONS = [
  { value: 'role.created', count: 5 },
  { value: 'role.deleted', count: 2 },
  { value: 'role.user.added', count: 1 },
  { value: 'rollback.done', count: 9 },
];

describe('the box for action patterns', () => {
  it('reads several patterns, each once, and writes them back', () => {
    expect(readPatterns(' role.*, user.login  role.*,')).toEqual(['role.*', 'user.login']);
    expect(readPatterns(writePatterns(['a.*', 'b']))).toEqual(['a.*', 'b']);
    expect(lastPattern('role.*, us')).toEqual({ before: 'role.*, ', last: 'us' });
  });

  it('proposes groups with the number of events that they would find', () => {
    const proposed = proposedPatterns('ro', ACTIONS, true);
    expect(proposed[0]).toEqual({ value: 'role.*', count: 8 });
    expect(proposed.map(({ value }) => value)).toContain('role.user.added');
  });

  it('counts no group of which actions may be missing, and none that is wider than what is typed', () => {
    expect(proposedPatterns('ro', ACTIONS, false)[0]?.count).toBeUndefined();
    expect(proposedPatterns('role.us', ACTIONS, true).map(({ value }) => value)).toEqual(['role.user.added']);
  });

  it('proposes what a pattern finds', () => {
    expect(proposedPatterns('role.*ed', ACTIONS, true).map(({ value }) => value)).toContain(
      'role.user.added',
    );
    expect(proposedPatterns('*.done', ACTIONS, true).map(({ value }) => value)).toEqual(['rollback.done']);
  });

  it('matches as the server does', () => {
    expect(matches('role.*', 'role.')).toBe(true);
    expect(matches('role.*', 'role')).toBe(false);
    expect(matches('*member*role*', 'project_member.role.x')).toBe(true);
    expect(matches('*member*role*', 'role.member')).toBe(false);
    expect(matches('a*a', 'a')).toBe(false);
    expect(matches('Role.*', 'role.created')).toBe(false);
  });
});
