import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isOwnPath, returnTo } from './return-to';

describe('the way back after a sign-in', () => {
  it('is the path that was asked for, with its query and fragment', () => {
    const path = '/o/org_1/events?range=last_7_days&filter=user:is:ada%40example.com#row';
    expect(returnTo(path)).toBe(path);
    expect(returnTo('/')).toBe('/');
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    'javascript:alert(1)',
    'events',
    '?a=b',
    '',
    '/o/\\..\\x',
    `/${'x'.repeat(2048)}`,
  ])('is the first page in place of %j', (asked) => {
    expect(returnTo(asked)).toBe('/');
  });

  it('is the first page where nothing, or several things, were asked for', () => {
    expect(returnTo(undefined)).toBe('/');
    expect(returnTo(['/a', '/b'])).toBe('/');
  });

  it('does not lead back to the sign-in page', () => {
    expect(returnTo('/login?return_to=/login')).toBe('/');
    expect(returnTo('/x/../login')).toBe('/');
    expect(returnTo('/logins')).toBe('/logins');
  });

  it('never leaves the site, whatever is asked for', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '\t',
      '\n',
      '.',
      '..',
      '@',
      ':',
      'evil.example',
      'https',
      '%2f',
      '%5c',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = `/${pieces.join('')}`;
        if (!isOwnPath(text)) return;
        expect(new URL(text, 'https://audit.example').origin).toBe('https://audit.example');
      }),
    );
  });
});
