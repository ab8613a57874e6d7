/**
 * How often the list of exports is asked for again: often while something is nearly there, seldom while it takes
 * long, and not at all while nothing is made.
 *
 * Clocks of browsers are wrong at times. It must hold that no clock makes it ask more often than once a second.
 */
import type { Export } from '../../api/exports';

/** The shortest and the longest wait, in milliseconds. */
export const LEAST_WAIT_MS = 1_000;
export const MOST_WAIT_MS = 15_000;
/** The wait after an answer that did not come, in milliseconds. */
export const WAIT_AFTER_FAILURE_MS = 30_000;
/** What has been waited for so long is waited for a quarter of that more. */
const SHARE_OF_AGE = 4;
/** Half of what is left: it is seen soon after it is there. */
const SHARE_OF_REST = 2;

export function isUnfinished({ status }: Export): boolean {
  return status === 'queued' || status === 'running';
}

function waitFor({ created_at, progress }: Export, now: number): number {
  const age = now - Date.parse(created_at);
  const left = progress.estimated_seconds_left;
  const byAge = Number.isFinite(age) ? age / SHARE_OF_AGE : MOST_WAIT_MS;
  const byRest = left === null ? Number.POSITIVE_INFINITY : (left * 1000) / SHARE_OF_REST;
  return Math.min(Math.max(Math.min(byAge, byRest), LEAST_WAIT_MS), MOST_WAIT_MS);
}

export function waitMs(exports: readonly Export[], isBroken: boolean, now = Date.now()): number | undefined {
  const unfinished = exports.filter(isUnfinished);
  if (unfinished.length === 0) return undefined;
  if (isBroken) return WAIT_AFTER_FAILURE_MS;
  return Math.min(...unfinished.map((one) => waitFor(one, now)));
}
