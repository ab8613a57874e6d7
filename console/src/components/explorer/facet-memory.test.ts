import { beforeEach, describe, expect, it } from 'vitest';

import { keepFacetMemory, MAX_PINNED, pin, readFacetMemory, toggleClosed, unpin } from './facet-memory';

const NOTHING = { pinned: [], closed: [] };

describe('the fields beside the list', () => {
  beforeEach(() => localStorage.clear());

  it('are remembered for each organization', () => {
    keepFacetMemory('org_a', { pinned: ['metadata.model_id'], closed: ['user'] });
    expect(readFacetMemory('org_a')).toEqual({ pinned: ['metadata.model_id'], closed: ['user'] });
    expect(readFacetMemory('org_b')).toEqual(NOTHING);
  });

  it.each([
    'null',
    '7',
    '[]',
    '{',
    '{"pinned":"x","closed":{}}',
    '{"pinned":[1,null,"request.body","id","category"]}',
  ])('are the usual ones where what is kept is %s', (kept) => {
    localStorage.setItem('evident.facets.org_a', kept);
    expect(readFacetMemory('org_a')).toEqual(NOTHING);
  });

  it('are bounded, and each is there once', () => {
    let memory = { pinned: [] as readonly string[], closed: ['metadata.k0'] as readonly string[] };
    for (let at = 0; at < MAX_PINNED + 3; at += 1)
      memory = pin(pin(memory, `metadata.k${at}`), `metadata.k${at}`);
    expect(memory.pinned).toHaveLength(MAX_PINNED);
    expect(memory.closed).toEqual([]);
    expect(pin(memory, 'category')).toBe(memory);
    expect(unpin(memory, 'metadata.k1').pinned).not.toContain('metadata.k1');
  });

  it('close and open', () => {
    const closed = toggleClosed(NOTHING, 'user');
    expect(closed.closed).toEqual(['user']);
    expect(toggleClosed(closed, 'user').closed).toEqual([]);
  });
});
