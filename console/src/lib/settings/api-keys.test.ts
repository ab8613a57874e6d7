import { describe, expect, it } from 'vitest';

import { endAfterDays, isNetwork, keyState, lackingForKey, tryKey } from './api-keys';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const key = (part: Partial<Parameters<typeof keyState>[0]>) => ({
  expires_at: null,
  revoked_at: null,
  replaced_by: null,
  ...part,
});

describe('keyState', () => {
  it('tells what works from what has ended', () => {
    expect(keyState(key({}), NOW)).toBe('works');
    expect(keyState(key({ expires_at: '2026-03-01T12:00:00Z' }), NOW)).toBe('expired');
    expect(keyState(key({ expires_at: '2026-03-01T12:00:01Z' }), NOW)).toBe('ends-soon');
    expect(keyState(key({ expires_at: '2026-03-09T12:00:00Z' }), NOW)).toBe('works');
    expect(keyState(key({ revoked_at: '2026-02-01T00:00:00Z', replaced_by: 'key_2' }), NOW)).toBe('revoked');
  });

  it('has a replaced key as one that works until its end', () => {
    const replaced = key({ replaced_by: 'key_2', expires_at: '2026-03-02T12:00:00Z' });
    expect(keyState(replaced, NOW)).toBe('replaced');
    expect(keyState(replaced, NOW + 2 * 86_400_000)).toBe('expired');
  });
});

describe('lackingForKey', () => {
  const permissions = [
    { name: 'events.record', levels: ['organization', 'project'] },
    { name: 'events.read', levels: ['organization', 'project'] },
    { name: 'events.export', levels: ['organization', 'project'] },
    { name: 'log.read', levels: ['organization'] },
    { name: 'metrics.read', levels: ['organization'] },
    { name: 'settings.read', levels: ['organization', 'project'] },
    { name: 'members.read', levels: ['organization', 'project'] },
    { name: 'sso.manage', levels: ['organization'] },
  ];
  const inProject = permissions.filter(({ levels }) => levels.includes('project')).map(({ name }) => name);

  it('takes all permissions for an admin key, and what the others may for them', () => {
    expect(lackingForKey('ingest', 'organization', permissions, ['events.record'])).toEqual([]);
    expect(lackingForKey('ingest', 'organization', permissions, [])).toEqual(['events.record']);
    expect(lackingForKey('read', 'organization', permissions, inProject)).toEqual([
      'log.read',
      'metrics.read',
    ]);
    expect(lackingForKey('admin', 'organization', permissions, inProject)).toEqual([
      'log.read',
      'metrics.read',
      'sso.manage',
    ]);
  });

  it('takes for a key of a project what projects know alone', () => {
    expect(lackingForKey('read', 'project', permissions, inProject)).toEqual([]);
    expect(lackingForKey('admin', 'project', permissions, inProject)).toEqual([]);
    expect(lackingForKey('admin', 'project', permissions, ['events.record'])).not.toEqual([]);
  });
});

describe('isNetwork', () => {
  it('takes addresses and networks of both kinds', () => {
    for (const text of [
      '192.0.2.7',
      '192.0.2.0/24',
      '0.0.0.0/0',
      '2001:db8::/32',
      '::1',
      '::',
      '1:2:3:4:5:6:7:8',
      '::ffff:192.0.2.7',
      'FE80::1/128',
    ]) {
      expect(isNetwork(text), text).toBe(true);
    }
  });

  it('refuses what the server refuses', () => {
    for (const text of [
      '',
      '192.0.2',
      '192.0.2.256',
      '192.0.2.0/33',
      '192.0.2.0/',
      '192.0.2.0/24/8',
      '1.2.3.4:80',
      'localhost',
      '*',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1::2::3',
      '2001:db8::/129',
      '12345::',
    ]) {
      expect(isNetwork(text), text).toBe(false);
    }
  });
});

describe('what is sent and shown', () => {
  it('ends a key so many whole days from now', () => {
    expect(endAfterDays(90, NOW)).toBe('2026-05-30T12:00:00.000Z');
  });

  it('asks with a read key for events, and never for what only an admin key may', () => {
    expect(tryKey('read', 'https://a.example', 'evident_read_x')).toContain(
      "'https://a.example/v1/events?limit=1'",
    );
    expect(tryKey('read', 'https://a.example', 'evident_read_x')).toContain('Bearer evident_read_x');
  });
});
