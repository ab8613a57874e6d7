import { describe, expect, it } from 'vitest';

import { arrived, draftOf, expected, sent, typed } from './draft';

describe('a text that is ahead of the address', () => {
  it('keeps what was typed while an earlier text arrives', () => {
    const ahead = typed(sent(typed(draftOf(''), 'a')), 'ab');
    const after = arrived(ahead, 'a');
    expect(after.text).toBe('ab');
    expect(expected(after)).toBe('a');
  });

  it('keeps what was typed when a text arrives after another was sent', () => {
    const both = sent(typed(sent(typed(draftOf(''), 'a')), 'ab'));
    expect(expected(both)).toBe('ab');
    const first = arrived(both, 'a');
    expect(first.text).toBe('ab');
    expect(arrived(first, 'ab')).toMatchObject({ text: 'ab', onTheWay: [] });
  });

  it('takes what skips over texts that never arrive for its own', () => {
    const both = sent(typed(sent(typed(draftOf(''), 'a')), 'ab'));
    expect(arrived(both, 'ab')).toMatchObject({ text: 'ab', onTheWay: [] });
  });

  it('shows what the address got from elsewhere', () => {
    const settled = arrived(sent(typed(draftOf(''), 'a')), 'a');
    expect(arrived(settled, '').text).toBe('');
    expect(arrived(typed(settled, 'abc'), 'back').text).toBe('back');
  });

  it('remembers few texts, however many are sent', () => {
    let draft = draftOf('');
    for (let at = 0; at < 100; at += 1) draft = sent(typed(draft, String(at)));
    expect(draft.onTheWay.length).toBeLessThan(20);
    expect(expected(draft)).toBe('99');
  });
});
