import { describe, expect, it } from 'vitest';

import { endsSecondFactor, tokenOf } from './link-token';

describe('the token of a link', () => {
  it('is what stands behind the #', () => {
    expect(tokenOf('#evident_setup_0a1b')).toBe('evident_setup_0a1b');
    expect(tokenOf('evident_setup_0a1b')).toBe('evident_setup_0a1b');
  });

  it.each(['', '#', '#a b', '#a#b', '#<img>', '#evident%5Fsetup', `#${'a'.repeat(129)}`])(
    'is none in %j',
    (fragment) => {
      expect(tokenOf(fragment)).toBeUndefined();
    },
  );

  it('tells whether it ends the second factor', () => {
    expect(endsSecondFactor('evident_fullreset_0a1b')).toBe(true);
    expect(endsSecondFactor('evident_reset_0a1b')).toBe(false);
  });
});
