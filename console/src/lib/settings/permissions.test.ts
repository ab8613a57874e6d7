import { describe, expect, it } from 'vitest';

import { difference, grouped, lacking, sameSet } from './permissions';

const named = (...names: string[]) => names.map((name) => ({ name }));

describe('grouped', () => {
  it('shows every permission once, those included that nobody has put into a group', () => {
    const all = named('events.read', 'teleport.use', 'members.manage', 'sso.manage');
    const shown = grouped(all).flatMap(({ entries }) => entries);
    expect(new Set(shown)).toEqual(new Set(all));
    expect(shown).toHaveLength(all.length);
    expect(grouped(all).at(-1)).toEqual({ title: 'Others', entries: [{ name: 'teleport.use' }] });
  });

  it('has no empty groups', () => {
    expect(grouped(named('projects.create')).map(({ title }) => title)).toEqual(['Projects']);
    expect(grouped([])).toEqual([]);
  });
});

describe('lacking', () => {
  it('names what is needed and not had, and nothing of what is had besides', () => {
    expect(lacking(['a', 'b', 'c'], ['b', 'd'])).toEqual(['a', 'c']);
    expect(lacking([], ['a'])).toEqual([]);
  });
});

describe('difference', () => {
  it('tells what is gained from what is lost', () => {
    expect(difference(['a', 'b'], ['b', 'c'])).toEqual({ gained: ['c'], lost: ['a'] });
  });

  it('finds sets the same in any order, and not a part of a set', () => {
    expect(sameSet(['a', 'b'], ['b', 'a'])).toBe(true);
    expect(sameSet(['a', 'b'], ['a'])).toBe(false);
    expect(sameSet(['a'], ['a', 'b'])).toBe(false);
  });
});
