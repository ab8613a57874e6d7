import { describe, expect, it } from 'vitest';

import { keepsShorter, keptFor, type KeptRule, sameRule } from './retention';

const days = (number: number): KeptRule => ({ keep: 'days', days: number });
const forever: KeptRule = { keep: 'forever', days: null };
const inherited: KeptRule = { keep: 'inherited', days: null };

describe('keepsShorter', () => {
  it('finds every change by which events go earlier', () => {
    expect(keepsShorter(days(30), days(31), forever)).toBe(true);
    expect(keepsShorter(days(36_500), forever, forever)).toBe(true);
    expect(keepsShorter(inherited, days(90), days(30))).toBe(true);
    expect(keepsShorter(inherited, forever, days(30))).toBe(true);
  });

  it('takes what keeps as long, or longer, for harmless', () => {
    expect(keepsShorter(days(30), days(30), forever)).toBe(false);
    expect(keepsShorter(forever, days(30), forever)).toBe(false);
    expect(keepsShorter(inherited, days(30), forever)).toBe(false);
    expect(keepsShorter(forever, forever, days(1))).toBe(false);
  });
});

describe('rules in words', () => {
  it('says years where they are whole', () => {
    expect(keptFor(days(1))).toBe('1 day');
    expect(keptFor(days(730))).toBe('730 days (2 years)');
    expect(keptFor(days(400))).toBe('400 days');
    expect(keptFor(days(36_500))).toBe('36,500 days (100 years)');
    expect(keptFor(forever)).toBe('for ever');
  });

  it('tells rules apart by their days, where they have some', () => {
    expect(sameRule(days(30), days(30))).toBe(true);
    expect(sameRule(days(30), days(31))).toBe(false);
    expect(sameRule(forever, inherited)).toBe(false);
    expect(sameRule(forever, { keep: 'forever', days: 0 })).toBe(true);
  });
});
