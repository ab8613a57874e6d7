import { expect, test } from 'vitest';

import { checksOf, progressWords, reasonWords, staysWords } from './export-words';
import { rowWords } from './RowEstimate';
import { exportOf } from './test-exports';

const running = (rows_done: number, rows_total: number | null, estimated_seconds_left: number | null) =>
  progressWords(
    exportOf({
      status: 'running',
      progress: { rows_done, rows_total, percent: null, estimated_seconds_left },
    }),
  );

test('progress says what is known, and guesses nothing', () => {
  expect(running(44_032, 296_514, 16)).toBe('44,032 of 296,514 entries, about 16 s left.');
  expect(running(44_032, 296_514, null)).toBe('44,032 of 296,514 entries.');
  expect(running(9, 10, 0)).toBe('9 of 10 entries, nearly there.');
  expect(running(10, 10, null)).toBe('All 10 entries are in; the file is being put together.');
  expect(running(5, null, null)).toBe('5 entries so far.');
  expect(running(0, null, null)).toBe('Begins.');
});

test('a file whose time is over does not stay', () => {
  const now = Date.parse('2026-11-22T09:00:00Z');
  expect(staysWords('2026-11-29T12:00:00Z', now)).toBe('in 7 d 3 h');
  expect(staysWords('2026-11-22T09:00:00Z', now)).toBeUndefined();
  expect(staysWords('never', now)).toBeUndefined();
});

test('a reason is one sentence, whether the server ended it or not', () => {
  expect(reasonWords('the disk is full')).toBe('The disk is full.');
  expect(reasonWords('The disk is full.')).toBe('The disk is full.');
});

test('no name of a file gets out of its quotes in a command', () => {
  const [linux, , windows] = checksOf("a'; rm -rf ~ #.csv");
  expect(linux?.command).toBe(String.raw`sha256sum -- 'a'\''; rm -rf ~ #.csv'`);
  expect(windows?.command).toBe("(Get-FileHash -LiteralPath 'a''; rm -rf ~ #.csv').Hash.ToLower()");
});

test('the estimate says when a workbook has several sheets, or cannot hold it', () => {
  expect(rowWords(0, 'csv')).toBe('Nothing matches: the file would be empty.');
  expect(rowWords(1, 'csv')).toBe('1 entry matches just now.');
  expect(rowWords(1_048_575, 'xlsx')).toBe('1,048,575 entries match just now.');
  expect(rowWords(1_048_576, 'xlsx')).toBe('1,048,576 entries match just now, on 2 sheets.');
  expect(rowWords(1_048_576, 'csv')).toBe('1,048,576 entries match just now.');
  expect(rowWords(70_000_000, 'xlsx')).toContain('more than one workbook holds');
});
