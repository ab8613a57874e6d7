import { describe, expect, it } from 'vitest';

import {
  beginsToFollowGroups,
  canKeepSecret,
  draftOf,
  endsSessions,
  mistakesIn,
  moved,
  type Provider,
  sentOf,
} from './sso';

const provider: Provider = {
  issuer: 'https://login.acme.example',
  client_id: 'evident',
  has_client_secret: true,
  domains: ['acme.example'],
  groups_claim: 'groups',
  scopes: ['email', 'profile'],
  group_roles: [],
  require_group: false,
  enabled: true,
};

describe('what is sent', () => {
  it('is what is set where nothing was changed, the secret left out', () => {
    const { has_client_secret, ...same } = provider;
    expect(has_client_secret).toBe(true);
    expect(sentOf(draftOf(provider), true)).toEqual(same);
  });

  it('has a secret only if it is to change', () => {
    const draft = draftOf(provider);
    expect(sentOf({ ...draft, secret: 'typed and left' }, true)).not.toHaveProperty('client_secret');
    expect(sentOf({ ...draft, secretChoice: 'new', secret: ' s ' }, true).client_secret).toBe('s');
    expect(sentOf({ ...draft, secretChoice: 'none', secret: 's' }, true).client_secret).toBeNull();
  });

  it('takes the lists apart', () => {
    const sent = sentOf(
      { ...draftOf(provider), domains: 'a.example\nb.example', scopes: 'email groups' },
      false,
    );
    expect(sent.domains).toEqual(['a.example', 'b.example']);
    expect(sent.scopes).toEqual(['email', 'groups']);
    expect(sent.enabled).toBe(false);
  });
});

describe('mistakes', () => {
  it('are none in what is set, and many in nothing', () => {
    expect(mistakesIn(draftOf(provider), provider)).toEqual({});
    expect(Object.keys(mistakesIn(draftOf(undefined), undefined)).sort()).toEqual([
      'clientId',
      'domains',
      'issuer',
      'secret',
    ]);
  });

  it('are found in a secret that is to be kept for another client', () => {
    const other = { ...draftOf(provider), clientId: 'other' };
    expect(canKeepSecret(provider, other)).toBe(false);
    expect(mistakesIn(other, provider).secret).toBeDefined();
    expect(mistakesIn({ ...other, secretChoice: 'none' }, provider).secret).toBeUndefined();
  });

  it('are found in domains and groups', () => {
    const draft = draftOf(provider);
    expect(mistakesIn({ ...draft, domains: 'ada@acme.example' }, provider).domains).toContain(
      'ada@acme.example',
    );
    expect(mistakesIn({ ...draft, domains: 'bücher.example' }, provider).domains).toBeUndefined();
    const groups = (...groupRoles: { group: string; role: string }[]) =>
      mistakesIn({ ...draft, groupRoles }, provider).groupRoles;
    expect(groups({ group: 'a', role: 'auditor' })).toBeUndefined();
    expect(groups({ group: 'a', role: '' })).toBeDefined();
    expect(groups({ group: 'a', role: 'auditor' }, { group: 'a ', role: 'viewer' })).toContain('twice');
  });
});

describe('what follows from a change', () => {
  it('is the end of sessions where who vouches is another, or nobody', () => {
    const draft = draftOf(provider);
    expect(endsSessions(undefined, sentOf(draft, true))).toBe(false);
    expect(endsSessions(provider, sentOf({ ...draft, domains: 'b.example' }, true))).toBe(false);
    expect(endsSessions(provider, sentOf({ ...draft, issuer: 'https://other.example' }, true))).toBe(true);
    expect(endsSessions(provider, sentOf({ ...draft, secretChoice: 'none' }, true))).toBe(true);
    expect(endsSessions(provider, sentOf(draft, false))).toBe(true);
  });

  it('is that roles follow groups, once the first is listed', () => {
    const listed = sentOf({ ...draftOf(provider), groupRoles: [{ group: 'a', role: 'auditor' }] }, true);
    expect(beginsToFollowGroups(provider, listed)).toBe(true);
    expect(beginsToFollowGroups({ ...provider, group_roles: listed.group_roles }, listed)).toBe(false);
  });
});

describe('moved', () => {
  it('changes places with the neighbour, and stays at the ends', () => {
    expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'c', 'b']);
    expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
    expect(moved(['a', 'b'], 1, 1)).toEqual(['a', 'b']);
  });
});
