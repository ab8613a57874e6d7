import { describe, expect, it } from 'vitest';

import { wrongWithDescription, wrongWithName, wrongWithProjectId } from './names';

describe('wrongWithName', () => {
  it('takes one line of up to 255 characters', () => {
    expect(wrongWithName(' Quillmere ')).toBeUndefined();
    expect(wrongWithName('n'.repeat(255))).toBeUndefined();
    expect(wrongWithName('n'.repeat(256))).toBeDefined();
    expect(wrongWithName('   ')).toBeDefined();
    expect(wrongWithName('a\nb')).toBeDefined();
  });
});

describe('wrongWithDescription', () => {
  it('takes nothing, and one line of up to 1,024 characters', () => {
    expect(wrongWithDescription('')).toBeUndefined();
    expect(wrongWithDescription('d'.repeat(1024))).toBeUndefined();
    expect(wrongWithDescription('d'.repeat(1025))).toBeDefined();
    expect(wrongWithDescription('a\tb')).toBeDefined();
  });
});

describe('wrongWithProjectId', () => {
  it('takes what the server takes', () => {
    for (const id of ['', 'support-bot', 'a.b_c:d-9', 'x'.repeat(128), '.a']) {
      expect(wrongWithProjectId(id)).toBeUndefined();
    }
  });

  it('refuses dots alone, other characters and what is too long', () => {
    for (const id of ['.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(129), ' a']) {
      expect(wrongWithProjectId(id)).toBeDefined();
    }
  });
});
