import { expect, test } from 'vitest';

import { programWords } from './program';

const CHROME_ON_WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36';

test('a browser is named by what it is, not by all that it claims to be', () => {
  expect(programWords(CHROME_ON_WINDOWS)).toBe('Chrome 136 on Windows');
  expect(programWords(`${CHROME_ON_WINDOWS} Edg/136.0.1`)).toBe('Edge 136 on Windows');
  expect(
    programWords(
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15',
    ),
  ).toBe('Safari 18.4 on macOS');
  expect(programWords('Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0')).toBe(
    'Firefox 138 on Linux',
  );
});

test('an iPhone is no Mac, and Android no Linux, though both say so', () => {
  expect(
    programWords(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1',
    ),
  ).toBe('Safari 18.4 on iPhone');
  expect(
    programWords(
      'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Mobile Safari/537.36',
    ),
  ).toBe('Chrome 136 on Android');
});

test('a program that names itself keeps its whole version', () => {
  expect(programWords('quillmere-cli/3.8.1 (darwin; arm64)')).toBe('quillmere-cli 3.8.1 on macOS');
  expect(programWords('curl/7.88.1')).toBe('curl 7.88.1');
});

test('what is not known has no words', () => {
  expect(programWords('')).toBeUndefined();
  expect(programWords('Mozilla/5.0 (compatible)')).toBeUndefined();
  expect(programWords('\u202Ecurl/1')).toBeUndefined();
  expect(programWords('x'.repeat(100_000))).toBeUndefined();
});
