import { describe, expect, it } from 'vitest';

import { EMPTY_QUERY, type QueryState, toApi } from '../../lib/query/state';
import { chipsOf, withoutChips } from './chips';

const NARROW: QueryState = {
  ...EMPTY_QUERY,
  q: 'deploy',
  range: 'today',
  projectId: 'prj',
  levels: ['agent'],
  filters: [
    { field: 'category', op: 'is', value: 'Roles' },
    { field: 'metadata.model_id', op: 'is_not', value: 'm' },
  ],
  match: 'any',
  actions: ['role.*', 'user.login'],
  eventTypes: ['User Actions'],
  results: ['denied', 'failed'],
  phase: 'attempt',
  openAttempts: true,
  reads: 'include',
};

describe('the chips of a look', () => {
  it('are every part that narrows it, but for the search, the range and the scope', () => {
    expect(toApi(withoutChips(NARROW))).toEqual({ q: 'deploy', range: 'today', project_id: 'prj' });
  });

  it('each take away themselves alone', () => {
    for (const chip of chipsOf(NARROW)) {
      const left = chipsOf(chip.remove(NARROW)).map(({ key }) => key);
      expect(left).toEqual(
        chipsOf(NARROW)
          .map(({ key }) => key)
          .filter((key) => key !== chip.key),
      );
    }
  });

  it('say in words what they ask', () => {
    const words = chipsOf(NARROW).map(({ subject, verb, value }) => `${subject} ${verb} ${value}`);
    expect(words).toContain('Category is Roles');
    expect(words).toContain('Model ID is not m');
    expect(words).toContain('Action matches role.*');
  });
});
