import { describe, expect, it } from 'vitest';

import { weekStartOf } from './week-start';

describe('the first day of the week', () => {
  it('is that of the region', () => {
    expect(weekStartOf('en-US')).toBe('sunday');
    expect(weekStartOf('de-DE')).toBe('monday');
    expect(weekStartOf('en-GB')).toBe('monday');
  });

  it('is Monday where it cannot be told, or where the API has none', () => {
    expect(weekStartOf('not a language')).toBe('monday');
    expect(weekStartOf('ar-EG')).toBe('monday');
  });
});
