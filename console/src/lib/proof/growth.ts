/**
 * Whether a log only grew: that the newer of two signed checkpoints begins with all that the older one
 * covers.
 *
 * A second history is only called one where two signed checkpoints show it. Hashes that do not lead to
 * the newer root are wrong hashes, which may be the fault of whatever stands in between.
 */
import { hashesPart, membersOf, numberPart, textPart } from './answer';
import { sameBytes, type Hash } from './bytes';
import { openCheckpoint, type Checkpoint } from './checkpoint';
import { verifyEd25519, type SignatureCheck } from './ed25519';
import { parseVerifierKey } from './note';
import { fine, refused, type Outcome } from './outcome';
import { parseConsistencyText } from './proof-text';
import { failed, notDone, ok, verdictOf, type Finding, type Step, type Verdict } from './steps';
import { verifyConsistency } from './tree';

/** A consistency proof as the server answers it, read. */
export interface ConsistencyAnswer {
  readonly from: bigint;
  /** The newer size; undefined where the form does not say it beside the checkpoint. */
  readonly to: bigint | undefined;
  readonly hashes: readonly Hash[];
  /** The signed checkpoint that it leads to. */
  readonly checkpoint: string;
}

/** Reads the answer of `GET /v1/log/consistency`: its JSON, or the text that `tlog-witness` takes. */
export function readConsistency(answer: unknown): Outcome<ConsistencyAnswer, 'malformed'> {
  if (typeof answer === 'string') {
    const text = parseConsistencyText(answer);
    if (!text.ok) return refused('malformed', text.reason);
    const { oldSize, hashes, checkpoint } = text.value;
    return fine({ from: oldSize, to: undefined, hashes, checkpoint });
  }
  const members = membersOf(answer);
  if (members === undefined) return refused('malformed', 'The answer is not a consistency proof.');
  const from = numberPart(members, 'from');
  if (!from.ok) return refused('malformed', from.reason);
  const to = numberPart(members, 'to');
  if (!to.ok) return refused('malformed', to.reason);
  const hashes = hashesPart(members, 'hashes');
  if (!hashes.ok) return refused('malformed', hashes.reason);
  const checkpoint = textPart(members, 'checkpoint');
  if (!checkpoint.ok) return refused('malformed', checkpoint.reason);
  return fine({ from: from.value, to: to.value, hashes: hashes.value, checkpoint: checkpoint.value });
}

/** What two opened checkpoints of one log say of each other. */
export type Growth =
  | 'same'
  | 'extends'
  /** It takes a consistency proof to tell. */
  | 'needs_proof'
  /** The proof is none, or is for other sizes, or its hashes lead nowhere. */
  | 'not_shown'
  | 'rolled_back'
  | 'forked';

/** Growth, and one sentence on it. */
export interface GrowthFinding {
  readonly growth: Growth;
  readonly reason: string;
}

/** Compares two checkpoints that were opened with one key. `hashes` are those from the older size to the newer. */
export function compareHeads(
  older: Checkpoint,
  newer: Checkpoint,
  hashes: readonly Hash[] | undefined,
): GrowthFinding {
  const [from, to] = [String(older.size), String(newer.size)];
  if (newer.size < older.size) {
    return { growth: 'rolled_back', reason: `The log had signed ${from} events, and shows ${to} now.` };
  }
  if (newer.size === older.size) {
    return sameBytes(older.root, newer.root)
      ? { growth: 'same', reason: `The log has the same ${to} events, with the same root.` }
      : { growth: 'forked', reason: `The log signed two different roots for ${to} events.` };
  }
  const needed = older.size === 0n ? [] : hashes;
  if (needed === undefined) {
    return { growth: 'needs_proof', reason: `It takes a consistency proof from ${from} to ${to} events.` };
  }
  const shown = verifyConsistency(older, newer, needed);
  if (shown.ok)
    return {
      growth: 'extends',
      reason: `All ${from} events are still there, as they were; the log has ${to} now.`,
    };
  if (shown.code === 'old_root') {
    return {
      growth: 'forked',
      reason: `The log signed ${to} events that do not begin with the ${from} that it had signed before.`,
    };
  }
  return { growth: 'not_shown', reason: shown.reason };
}

export type GrowthStepName = 'older' | 'newer' | 'growth';

const TITLES: Record<GrowthStepName, string> = {
  older: 'The log signed the older checkpoint',
  newer: 'The log signed the newer checkpoint',
  growth: 'The newer log begins with all of the older one',
};

/** What is verified. */
export interface GrowthVerification {
  /** The older signed checkpoint, as text. */
  readonly older: string;
  /** The newer signed checkpoint, as text. */
  readonly newer: string;
  /** The answer of `GET /v1/log/consistency` between their sizes; none where both have one size. */
  readonly consistency?: unknown;
  readonly verifierKey: string;
  /** Checks signatures; the browser's own unless given. */
  readonly check?: SignatureCheck;
}

/** What a verification showed. */
export interface GrowthReport {
  readonly verdict: Verdict;
  readonly steps: readonly Step<GrowthStepName>[];
  /** What the checkpoints say of each other; undefined unless the log signed both. */
  readonly growth: Growth | undefined;
  readonly older: Checkpoint | undefined;
  readonly newer: Checkpoint | undefined;
}

/** Verifies that a log extends an older checkpoint of itself, step by step. Never throws. */
export async function verifyGrowth(verification: GrowthVerification): Promise<GrowthReport> {
  const { verifierKey, check = verifyEd25519 } = verification;
  const key = parseVerifierKey(verifierKey);
  const open = async (note: string) => (key.ok ? openCheckpoint(note, key.value, check) : key);
  const [older, newer] = [await open(verification.older), await open(verification.newer)];
  const compared =
    older.ok && newer.ok ? compareAnswered(older.value, newer.value, verification.consistency) : undefined;
  const findings: Record<GrowthStepName, Finding> = {
    older: signatureFinding(older),
    newer: signatureFinding(newer),
    growth: growthFinding(compared),
  };
  const names: readonly GrowthStepName[] = ['older', 'newer', 'growth'];
  const steps = names.map((name) => ({ name, title: TITLES[name], ...findings[name] }));
  return {
    verdict: verdictOf(steps),
    steps,
    growth: compared?.growth,
    older: older.ok ? older.value : undefined,
    newer: newer.ok ? newer.value : undefined,
  };
}

/** Compares two opened checkpoints with the server's answer, which must be for these two. */
export function compareAnswered(older: Checkpoint, newer: Checkpoint, answer: unknown): GrowthFinding {
  const without = compareHeads(older, newer, undefined);
  if (answer === undefined || without.growth !== 'needs_proof') return without;
  const read = readConsistency(answer);
  if (!read.ok) return { growth: 'not_shown', reason: read.reason };
  const { from, to, hashes } = read.value;
  if (from !== older.size || (to !== undefined && to !== newer.size)) {
    return {
      growth: 'not_shown',
      reason: 'The consistency proof is for other sizes than those of the two checkpoints.',
    };
  }
  return compareHeads(older, newer, hashes);
}

function signatureFinding(opened: Outcome<Checkpoint>): Finding {
  if (opened.ok) return ok(`Its signature is valid, over ${String(opened.value.size)} events.`);
  return opened.code === 'unsupported' ? notDone(opened.reason) : failed(opened.reason);
}

function growthFinding(compared: GrowthFinding | undefined): Finding {
  if (compared === undefined) return notDone('It takes two checkpoints that the log has signed.');
  const { growth, reason } = compared;
  if (growth === 'same' || growth === 'extends') return ok(reason);
  return growth === 'needs_proof' ? notDone(reason) : failed(reason);
}
