/**
 * What this browser remembers of a log: the last checkpoint that it has verified, so that a log that was
 * rolled back or rewritten since is found out even if it looks whole.
 *
 * Where the text is kept is the caller's concern, one for each log. What must always hold:
 *
 * - Only a checkpoint that was verified is remembered, and only one that extends what was remembered, so
 *   that evidence is never overwritten: `remember` is undefined in every other case.
 * - What was remembered is verified again when it is used: storage is not trusted.
 * - The key is remembered with it. Another key is an alarm, and no beginning.
 */
import { membersOf } from './answer';
import { openCheckpoint, type Checkpoint, type CheckpointCode } from './checkpoint';
import { verifyEd25519, type SignatureCheck } from './ed25519';
import { compareAnswered } from './growth';
import { parseVerifierKey, MAX_NOTE_BYTES, type KeyCode } from './note';
import type { Outcome } from './outcome';

/** The version of the remembered text. */
const VERSION = 1;
/** Most UTF-16 code units of a remembered text: a note, which JSON escapes, a key and a time. */
const MAX_REMEMBERED_UNITS = 2 * MAX_NOTE_BYTES;

/** What is remembered of a log. */
export interface Remembered {
  readonly verifierKey: string;
  /** The signed note, byte for byte. */
  readonly checkpoint: string;
  /** When this browser last verified it, by its own clock: RFC 3339. Nothing is decided by it. */
  readonly seenAt: string;
}

/** The text to be stored. */
export function serialize({ verifierKey, checkpoint, seenAt }: Remembered): string {
  return JSON.stringify({ version: VERSION, verifier_key: verifierKey, checkpoint, seen_at: seenAt });
}

/** Reads a stored text; undefined if it is none. Nothing of it is believed yet. */
export function deserialize(text: string): Remembered | undefined {
  const members = text.length > MAX_REMEMBERED_UNITS ? undefined : membersOf(parseJson(text));
  const [verifierKey, checkpoint, seenAt] = ['verifier_key', 'checkpoint', 'seen_at'].map((name) =>
    members?.get(name),
  );
  if (members?.get('version') !== VERSION) return undefined;
  if (typeof verifierKey !== 'string' || typeof checkpoint !== 'string' || typeof seenAt !== 'string')
    return undefined;
  return { verifierKey, checkpoint, seenAt };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What the newest checkpoint says beside the one that was remembered. */
export type SeenVerdict =
  /** Nothing was remembered: this is what later ones will be compared with. */
  | 'first_seen'
  /** The same size and root. */
  | 'same'
  /** It was shown to begin with all that was remembered. */
  | 'extends'
  /** The caller must ask for the consistency proof of `from` and `to`, and compare again with it. */
  | 'needs_proof'
  /** The proof that was given shows nothing; it may be a fault in between. Ask again, then take it seriously. */
  | 'not_shown'
  /** The log shows fewer events than it had signed. An old answer out of a cache looks alike: ask again first. */
  | 'rolled_back'
  /** The log signed two histories. Both checkpoints are the evidence. */
  | 'forked'
  /** The log has another key than it had. */
  | 'other_key'
  /** The newest checkpoint is not signed by the log's key, or is none. */
  | 'not_signed'
  /** What was remembered cannot be read, or was not signed by its key: storage was damaged or changed. */
  | 'unreadable'
  /** This browser cannot check signatures. */
  | 'unsupported';

/** A verdict that a person should be alarmed by. */
const ALARMS: ReadonlySet<SeenVerdict> = new Set([
  'rolled_back',
  'forked',
  'other_key',
  'not_signed',
  'not_shown',
  'unreadable',
]);

export function isAlarm(verdict: SeenVerdict): boolean {
  return ALARMS.has(verdict);
}

/** What is compared. */
export interface Sighting {
  /** What was stored of this log; null if nothing. */
  readonly remembered: string | null;
  /** The newest signed checkpoint, as text. */
  readonly newest: string;
  /** The log's verifier key, as the server says it now. */
  readonly verifierKey: string;
  /** The answer of `GET /v1/log/consistency`, once `needs_proof` asked for it. */
  readonly consistency?: unknown;
  /** This browser's clock: RFC 3339. */
  readonly now: string;
  /** Checks signatures; the browser's own unless given. */
  readonly check?: SignatureCheck;
}

/** What a comparison showed. */
export interface Seen {
  readonly verdict: SeenVerdict;
  /** One sentence that may be shown. */
  readonly reason: string;
  /** The sizes to ask a consistency proof for; only with `needs_proof`. */
  readonly ask: { readonly from: bigint; readonly to: bigint } | undefined;
  /** What is to be stored now; undefined: leave what is there. */
  readonly remember: string | undefined;
  /** The remembered checkpoint, if it could be read and its signature was valid. */
  readonly before: Checkpoint | undefined;
  /** When it was verified last. */
  readonly beforeSeenAt: string | undefined;
  /** The newest checkpoint, if its signature is valid. */
  readonly newest: Checkpoint | undefined;
}

type Finding = Pick<Seen, 'verdict' | 'reason'>;

/** Compares the newest checkpoint with the one that was remembered. Never throws. */
export async function compareWithRemembered(sighting: Sighting): Promise<Seen> {
  const { verifierKey, now, check = verifyEd25519 } = sighting;
  const newest = await openedWith(sighting.newest, verifierKey, check);
  if (!newest.ok) return seen({ verdict: unsupportedOr('not_signed', newest.code), reason: newest.reason });
  const remember = serialize({ verifierKey, checkpoint: sighting.newest, seenAt: now });
  if (sighting.remembered === null) {
    const reason = `This browser has not seen this log before. It remembers its ${String(newest.value.size)} events from now on.`;
    return seen({ verdict: 'first_seen', reason }, { newest: newest.value, remember });
  }
  const stored = deserialize(sighting.remembered);
  if (stored === undefined) {
    const reason = 'What this browser remembered of the log cannot be read.';
    return seen({ verdict: 'unreadable', reason }, { newest: newest.value });
  }
  const known = { newest: newest.value, beforeSeenAt: stored.seenAt };
  const before = await openedWith(stored.checkpoint, stored.verifierKey, check);
  if (!before.ok) {
    const verdict = unsupportedOr('unreadable', before.code);
    return seen(
      { verdict, reason: `What this browser remembered of the log does not hold. ${before.reason}` },
      known,
    );
  }
  if (stored.verifierKey !== verifierKey) {
    const reason = 'The log has another key than the one that this browser remembers.';
    return seen({ verdict: 'other_key', reason }, { ...known, before: before.value });
  }
  const { growth, reason } = compareAnswered(before.value, newest.value, sighting.consistency);
  const holds = growth === 'same' || growth === 'extends';
  return seen(
    { verdict: growth, reason },
    {
      ...known,
      before: before.value,
      ...(holds ? { remember } : {}),
      ...(growth === 'needs_proof' ? { ask: { from: before.value.size, to: newest.value.size } } : {}),
    },
  );
}

function seen(finding: Finding, rest: Partial<Seen> = {}): Seen {
  return {
    ask: undefined,
    remember: undefined,
    before: undefined,
    beforeSeenAt: undefined,
    newest: undefined,
    ...rest,
    ...finding,
  };
}

async function openedWith(
  note: string,
  verifierKey: string,
  check: SignatureCheck,
): Promise<Outcome<Checkpoint, CheckpointCode | KeyCode>> {
  const key = parseVerifierKey(verifierKey);
  return key.ok ? openCheckpoint(note, key.value, check) : key;
}

function unsupportedOr(verdict: SeenVerdict, code: string): SeenVerdict {
  return code === 'unsupported' ? 'unsupported' : verdict;
}
