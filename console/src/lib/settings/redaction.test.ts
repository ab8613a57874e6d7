import { describe, expect, it } from 'vitest';

import { changed, changeOf, changesNothing, keysOf, normalName, wrongWithRule } from './redaction';

describe('names', () => {
  it('are compared without case, dashes, underscores and spaces', () => {
    expect(normalName('X-API_Key name')).toBe('xapikeyname');
    expect(wrongWithRule('names', 'doorCode', ['door_code'])).toBe(
      'It is the same as door_code, which is listed',
    );
    expect(wrongWithRule('names', 'door_code ', ['door_code'])).toBe('It is listed already');
    expect(wrongWithRule('names', 'door_codes', ['door_code'])).toBeUndefined();
  });

  it('are something, short enough, and not too many', () => {
    expect(wrongWithRule('names', ' -_ ', [])).toBeDefined();
    expect(wrongWithRule('names', 'é'.repeat(128), [])).toBeUndefined();
    expect(wrongWithRule('names', 'é'.repeat(129), [])).toBeDefined();
    expect(
      wrongWithRule(
        'names',
        'x',
        Array.from({ length: 256 }, (_, n) => `n${n}`),
      ),
    ).toBe('At most 256');
  });
});

describe('exceptions', () => {
  it('are paths whose dots can be written within keys', () => {
    expect(keysOf(String.raw`request.body.a\.b.c`)).toEqual(['request', 'body', 'a.b', 'c']);
    expect(keysOf('token')).toEqual(['token']);
  });

  it('begin with a part of an event that is looked at, if they are paths', () => {
    expect(wrongWithRule('exceptions', 'token', [])).toBeUndefined();
    expect(wrongWithRule('exceptions', 'on-behalf-of.metadata.token', [])).toBeUndefined();
    expect(wrongWithRule('exceptions', 'context.token', [])).toContain('begins with actor');
    expect(wrongWithRule('exceptions', 'metadata..token', [])).toContain('between all of its dots');
    expect(wrongWithRule('exceptions', `metadata${'.a'.repeat(64)}`, [])).toContain('64');
  });

  it('are the same only key by key', () => {
    expect(wrongWithRule('exceptions', 'metadata.sessionToken', ['metadata.session_token'])).toBeDefined();
    expect(wrongWithRule('exceptions', 'metadata.session', ['metadata.sess.ion'])).toBeUndefined();
  });
});

describe('a change of rules', () => {
  it('keeps what somebody else has added and removed meanwhile', () => {
    const before = { names: ['a', 'b'], exceptions: ['x'] };
    const mine = changeOf(before, { names: ['a', 'c'], exceptions: ['x'] });
    expect(changed({ names: ['b', 'd'], exceptions: [] }, mine)).toEqual({
      names: ['d', 'c'],
      exceptions: [],
    });
  });

  it('is none where nothing is different', () => {
    const rules = { names: ['a'], exceptions: ['x'] };
    expect(changesNothing(changeOf(rules, { names: ['a'], exceptions: ['x'] }))).toBe(true);
    expect(changesNothing(changeOf(rules, { names: ['a'], exceptions: [] }))).toBe(false);
  });
});
