import { describe, expect, test } from 'vitest';

import type { Export } from '../../api/exports';
import { LEAST_WAIT_MS, MOST_WAIT_MS, WAIT_AFTER_FAILURE_MS, waitMs } from './pace';
import { exportOf } from './test-exports';

const CREATED = Date.parse('2026-11-22T09:00:00Z');

function running(estimated: number | null = null): Export {
  return exportOf({
    status: 'running',
    progress: { rows_done: 1, rows_total: 10, percent: 10, estimated_seconds_left: estimated },
  });
}

describe('the pace of the list', () => {
  test('nothing is asked again once all have come to an end', () => {
    const ended = (['complete', 'failed', 'cancelled', 'expired'] as const).map((status) =>
      exportOf({ status }),
    );
    expect(waitMs(ended, false, CREATED)).toBeUndefined();
    expect(waitMs([], true, CREATED)).toBeUndefined();
  });

  test('one that waits for its turn is asked for too', () => {
    expect(waitMs([exportOf({ status: 'queued' })], false, CREATED)).toBe(LEAST_WAIT_MS);
  });

  test('what takes longer is asked for more seldom, up to a bound', () => {
    const at = (seconds: number) => waitMs([running()], false, CREATED + seconds * 1000);
    expect(at(1)).toBe(LEAST_WAIT_MS);
    expect(at(20)).toBe(5_000);
    expect(at(3600)).toBe(MOST_WAIT_MS);
  });

  test('what is nearly there is asked for soon, however long it took', () => {
    expect(waitMs([running(4)], false, CREATED + 3_600_000)).toBe(2_000);
    expect(waitMs([running(0)], false, CREATED + 3_600_000)).toBe(LEAST_WAIT_MS);
  });

  test('a clock that is wrong does not make it ask without rest', () => {
    expect(waitMs([running()], false, CREATED - 3_600_000)).toBe(LEAST_WAIT_MS);
    expect(waitMs([{ ...running(), created_at: 'nonsense' }], false, CREATED)).toBe(MOST_WAIT_MS);
  });

  test('the newest of several counts, and a failure makes it wait', () => {
    const old = { ...running(), created_at: '2026-11-22T08:00:00Z' };
    expect(waitMs([old, running()], false, CREATED + 20_000)).toBe(5_000);
    expect(waitMs([running()], true, CREATED)).toBe(WAIT_AFTER_FAILURE_MS);
  });
});
