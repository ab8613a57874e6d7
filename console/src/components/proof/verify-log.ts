/**
 * Verifies the log here, in this browser: its newest checkpoint against its key, against what this browser
 * remembers, and against checkpoints that were published over the log's whole life.
 *
 * It must hold that nothing is called verified that was not shown by hashes and signatures, and that what is
 * remembered only moves forward.
 */
import {
  fetchCheckpoints,
  fetchConsistency,
  fetchLog,
  type LogHead,
  type PublishedCheckpoint,
} from '../../api/log';
import {
  compareWithRemembered,
  deserialize,
  isAlarm,
  type Seen,
  type Step,
  type Verdict,
  verifyGrowth,
} from '../../lib/proof';
import { numberLabel } from '../../lib/text/numbers';
import { recall, remember } from './memory';

/** How many older checkpoints the newest one is compared with. */
export const OLDER_CHECKPOINTS = 10;
/** An old answer out of a cache looks like a log that was put back, so it is asked once more. */
const LOOKS = 2;

export interface LogCheck {
  verdict: Verdict;
  steps: readonly Step[];
  size: number;
  /** What this browser remembers contradicts what it was shown. */
  alarm: string | undefined;
  /** Where the server shows another key than the remembered one: both. */
  changedKey: { verifierKey: string; otherKey: string } | undefined;
  /** How many older checkpoints were compared, and when the oldest was signed. */
  compared: number;
  since: string | undefined;
}

export interface LogSubject {
  organizationId: string;
  signal?: AbortSignal | undefined;
  /** From 0 to 1. */
  onProgress: (done: number) => void;
}

/** Sizes spread over the life of a log of `size` events, the smallest first; each the bound of a request. */
export function spreadSizes(size: number, count: number): number[] {
  const bounds = Array.from({ length: count }, (_, place) => Math.ceil((size * (place + 1)) / (count + 1)));
  return [...new Set(bounds)].filter((bound) => bound > 1 && bound < size);
}

export async function verifyLog(subject: LogSubject): Promise<LogCheck> {
  const { organizationId, signal, onProgress } = subject;
  const { head, seen, before } = await look(subject);
  if (seen.remember !== undefined) remember(organizationId, seen.remember, before);
  onProgress(1 / (OLDER_CHECKPOINTS + 1));
  const steps: Step[] = [signatureStep(seen), historyStep(seen)];
  const older = await olderCheckpoints(head.size, signal);
  for (const [place, checkpoint] of older.entries()) {
    steps.push(await growthStep(checkpoint, head, signal));
    onProgress((place + 2) / (older.length + 1));
  }
  const known = before === null ? undefined : deserialize(before)?.verifierKey;
  return {
    verdict: verdictOf(steps),
    steps,
    size: head.size,
    alarm: isAlarm(seen.verdict) ? seen.reason : undefined,
    changedKey:
      seen.verdict === 'other_key' && known !== undefined
        ? { verifierKey: known, otherKey: head.verifier_key }
        : undefined,
    compared: older.length,
    since: older[0]?.signed_at,
  };
}

interface Look {
  head: LogHead;
  seen: Seen;
  before: string | null;
}

/** The log's head beside what is remembered. */
async function look(subject: LogSubject): Promise<Look> {
  let looked = await lookOnce(subject);
  for (let looks = 1; looks < LOOKS && isDoubtful(looked.seen); looks += 1) looked = await lookOnce(subject);
  return looked;
}

const isDoubtful = ({ verdict }: Seen) => verdict === 'rolled_back' || verdict === 'not_shown';

async function lookOnce({ organizationId, signal }: LogSubject): Promise<Look> {
  const head = await fetchLog(signal);
  const before = recall(organizationId);
  const sighting = {
    remembered: before,
    newest: head.checkpoint,
    verifierKey: head.verifier_key,
    now: new Date().toISOString(),
  };
  const seen = await compareWithRemembered(sighting);
  if (seen.ask === undefined) return { head, seen, before };
  const consistency = await fetchConsistency(Number(seen.ask.from), Number(seen.ask.to), signal);
  return { head, seen: await compareWithRemembered({ ...sighting, consistency }), before };
}

async function olderCheckpoints(
  size: number,
  signal: AbortSignal | undefined,
): Promise<PublishedCheckpoint[]> {
  const found = new Map<number, PublishedCheckpoint>();
  for (const before of spreadSizes(size, OLDER_CHECKPOINTS)) {
    const [checkpoint] = (await fetchCheckpoints({ before, limit: 1 }, signal)).data;
    // The empty log is the beginning of every log.
    if (checkpoint !== undefined && checkpoint.size > 0) found.set(checkpoint.size, checkpoint);
  }
  return [...found.values()];
}

async function growthStep(
  checkpoint: PublishedCheckpoint,
  head: LogHead,
  signal: AbortSignal | undefined,
): Promise<Step> {
  const consistency = await fetchConsistency(checkpoint.size, head.size, signal);
  const { steps } = await verifyGrowth({
    older: checkpoint.checkpoint,
    newer: head.checkpoint,
    consistency,
    verifierKey: head.verifier_key,
  });
  const bad =
    steps.find(({ state }) => state === 'failed') ?? steps.find(({ state }) => state === 'not_done');
  const last = bad ?? steps.at(-1);
  return {
    name: `size-${checkpoint.size}`,
    title: `It begins with the ${numberLabel(checkpoint.size)} events that it had signed before`,
    state: last?.state ?? 'not_done',
    reason: last?.reason ?? '',
  };
}

function signatureStep(seen: Seen): Step {
  const title = 'The log signed its newest checkpoint';
  if (seen.newest !== undefined) {
    const reason = `Its signature is valid, over ${numberLabel(Number(seen.newest.size))} events.`;
    return { name: 'signature', title, state: 'ok', reason };
  }
  return {
    name: 'signature',
    title,
    state: seen.verdict === 'unsupported' ? 'not_done' : 'failed',
    reason: seen.reason,
  };
}

function historyStep(seen: Seen): Step {
  const state = isAlarm(seen.verdict) ? 'failed' : seen.verdict === 'unsupported' ? 'not_done' : 'ok';
  return {
    name: 'history',
    title: 'It has kept all that this browser saw of it',
    state,
    reason: seen.reason,
  };
}

function verdictOf(steps: readonly Step[]): Verdict {
  if (steps.some(({ state }) => state === 'failed')) return 'failed';
  return steps.every(({ state }) => state === 'ok') ? 'verified' : 'incomplete';
}
