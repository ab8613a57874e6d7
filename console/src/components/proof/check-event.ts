/**
 * Verifies an event here, in this browser: its proof from the server, the log's key as this browser
 * remembers it, and what it saw of the log before.
 *
 * It must hold that nothing is called verified by a key that this browser has not known from its first
 * look at the log on, and that what is remembered only ever moves forward, by `lib/proof`'s leave.
 */
import type { Event } from '../../api/events';
import { api, data } from '../../api/client';
import { fetchConsistency, fetchLog } from '../../api/log';
import { isProblem } from '../../api/problem';
import {
  compareWithRemembered,
  deserialize,
  type EventReport,
  isAlarm,
  type Seen,
  type Step,
  type Verdict,
  verifyEvent,
  verifyGrowth,
} from '../../lib/proof';
import { recall, remember } from './memory';

/** What is known of the log's key. */
export type KeyStanding =
  /** Remembered from now on. */
  | 'first_seen'
  /** The server still says the one that is remembered, or cannot be asked. */
  | 'remembered'
  /** The server says another one. */
  | 'changed'
  /** Not remembered, and the role does not show it. */
  | 'unknown';

export interface EventCheck {
  /** All of it together. */
  verdict: Verdict;
  steps: readonly Step[];
  key: KeyStanding;
  /** The key that was used, and the server's where that is another. */
  verifierKey: string | undefined;
  otherKey: string | undefined;
  /** Whether what this browser remembers contradicts what it was shown. */
  alarm: string | undefined;
  leafHash: string | undefined;
  /** How many events the checkpoint covers, and its root. */
  size: number;
  root: string;
  checkpoint: string;
}

export interface Subject {
  organizationId: string;
  /** Whether the role shows the log's key and its proofs of growth. */
  mayReadLog: boolean;
  event: Event;
  signal?: AbortSignal;
}

async function fetchProof(id: string, signal: AbortSignal | undefined) {
  const proof = await data(
    api.GET('/v1/events/{id}/proof', { params: { path: { id } }, ...(signal !== undefined && { signal }) }),
  );
  if (typeof proof === 'string') throw new TypeError('The proof came as text.');
  return proof;
}

/** The key that the server says; undefined where the role does not show it. */
async function serverKey({ mayReadLog, signal }: Subject): Promise<string | undefined> {
  if (!mayReadLog) return undefined;
  try {
    return (await fetchLog(signal)).verifier_key;
  } catch (error) {
    if (isProblem(error) && error.status === 403) return undefined;
    throw error;
  }
}

export async function checkEvent(subject: Subject): Promise<EventCheck> {
  const { organizationId, event, signal } = subject;
  const [proof, said] = await Promise.all([fetchProof(event.id, signal), serverKey(subject)]);
  const before = recall(organizationId);
  const known = before === null ? undefined : deserialize(before)?.verifierKey;
  const verifierKey = known ?? said;
  const report = await verifyEvent({ event, proof, verifierKey: verifierKey ?? '' });
  const steps = verifierKey === undefined ? withoutKey(report) : report.steps;
  const history = await compareHistory(subject, proof, verifierKey, before);
  const changed = known !== undefined && said !== undefined && said !== known;
  return {
    verdict: verdictOf([...steps, ...(history === undefined ? [] : [history.step])], changed),
    steps: history === undefined ? steps : [...steps, history.step],
    key: changed
      ? 'changed'
      : known !== undefined
        ? 'remembered'
        : said !== undefined
          ? 'first_seen'
          : 'unknown',
    verifierKey,
    otherKey: changed ? said : undefined,
    alarm: history?.alarm,
    leafHash: typeof proof.leaf_hash === 'string' ? proof.leaf_hash : undefined,
    size: proof.size,
    root: proof.root,
    checkpoint: proof.checkpoint,
  };
}

/** Without the key nothing can be said of the signature, for or against it. */
function withoutKey({ steps }: EventReport): readonly Step[] {
  const reason = 'Your role does not show the log’s key, and this browser has not kept it.';
  return steps.map((step) =>
    step.name === 'signature' ? { ...step, state: 'not_done' as const, reason } : step,
  );
}

function verdictOf(steps: readonly Step[], isKeyChanged: boolean): Verdict {
  if (isKeyChanged || steps.some(({ state }) => state === 'failed')) return 'failed';
  return steps.every(({ state }) => state === 'ok') ? 'verified' : 'incomplete';
}

interface History {
  step: Step<'history'>;
  alarm: string | undefined;
}

const HISTORY_TITLE = 'The log has kept all that this browser saw of it';

/** How the proof's checkpoint goes together with what this browser saw before; undefined if there is no key. */
async function compareHistory(
  subject: Subject,
  proof: { checkpoint: string; size: number },
  verifierKey: string | undefined,
  before: string | null,
): Promise<History | undefined> {
  if (verifierKey === undefined) return undefined;
  const { organizationId } = subject;
  const sighting = {
    remembered: before,
    newest: proof.checkpoint,
    verifierKey,
    now: new Date().toISOString(),
  };
  let seen = await compareWithRemembered(sighting);
  if (seen.ask !== undefined) {
    const answer = await growthProof(subject, Number(seen.ask.from), Number(seen.ask.to));
    if (answer === undefined)
      return historyOf('not_done', 'Your role does not show the proof that the log only grew.');
    seen = await compareWithRemembered({ ...sighting, consistency: answer });
  }
  // A proof that was made a moment before another one has the smaller checkpoint, and nothing is wrong.
  if (seen.verdict === 'rolled_back') return compareBackwards(subject, proof, verifierKey, before, seen);
  if (seen.remember !== undefined) remember(organizationId, seen.remember, before);
  return historyOfSeen(seen);
}

async function compareBackwards(
  subject: Subject,
  proof: { checkpoint: string; size: number },
  verifierKey: string,
  before: string | null,
  seen: Seen,
): Promise<History> {
  const newer = before === null ? undefined : deserialize(before)?.checkpoint;
  const size = seen.before?.size;
  if (newer === undefined || size === undefined) return historyOfSeen(seen);
  const consistency = await growthProof(subject, proof.size, Number(size)).catch(() => undefined);
  if (consistency === undefined) return historyOfSeen(seen);
  const { verdict } = await verifyGrowth({ older: proof.checkpoint, newer, consistency, verifierKey });
  if (verdict !== 'verified') return historyOfSeen(seen);
  return historyOf('ok', 'This browser has seen a newer checkpoint, which begins with all of this one.');
}

async function growthProof({ mayReadLog, signal }: Subject, from: number, to: number): Promise<unknown> {
  if (!mayReadLog) return undefined;
  return fetchConsistency(from, to, signal);
}

function historyOfSeen(seen: Seen): History {
  if (isAlarm(seen.verdict)) return historyOf('failed', seen.reason, seen.reason);
  return historyOf(seen.verdict === 'unsupported' ? 'not_done' : 'ok', seen.reason);
}

function historyOf(state: Step['state'], reason: string, alarm?: string): History {
  return { step: { name: 'history', title: HISTORY_TITLE, state, reason }, alarm };
}
