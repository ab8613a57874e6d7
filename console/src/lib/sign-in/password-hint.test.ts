import { describe, expect, it } from 'vitest';

import { passwordHint } from './password-hint';

const kindOf = (password: string, about: string[] = []) => passwordHint(password, about).kind;

describe('the hint about a new password', () => {
  it('says how many characters are missing', () => {
    expect(passwordHint('').text).toContain('At least 12 characters');
    expect(passwordHint('tangerine').text).toBe('3 more characters needed.');
    expect(passwordHint('tangerine42').text).toBe('1 more character needed.');
    expect(kindOf('tangerine42x')).toBe('fine');
  });

  it('counts characters as people do, however they are written', () => {
    expect(kindOf('🙂'.repeat(6))).toBe('short');
    // Eleven letters, each of them written as two characters.
    expect(kindOf('e\u0301'.repeat(11))).toBe('short');
  });

  it.each([
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '123456789012',
    'abcdefghijklmnop',
    'password2024',
    'Passw0rd!Passw0rd!',
    'qwertyuiop12',
    'letmein12345',
    'Evident2026!!',
  ])('calls %s easy to guess', (password) => {
    expect(kindOf(password)).toBe('guessable');
  });

  it('knows what others know of the person', () => {
    expect(kindOf('quillmereada1')).toBe('fine');
    expect(kindOf('quillmereada1', ['Ada Obi', 'ada@quillmere.example'])).toBe('guessable');
  });

  it('leaves words that do not belong together, and random characters, alone', () => {
    expect(kindOf('correct horse battery')).toBe('fine');
    expect(kindOf('kX9#vv2Lq!eR')).toBe('fine');
  });

  it('refuses what is longer than the server reads', () => {
    expect(kindOf('ü'.repeat(513))).toBe('long');
  });

  it('never promises that it will be taken', () => {
    expect(passwordHint('correct horse battery').text).toContain('server');
  });
});
