/**
 * Whether the event on the screen is what the log has: from the event as the page has it to the log's
 * signature, in four steps that are named to the reader.
 *
 * What must always hold:
 *
 * - The event is judged as the page has it, by its own canonical bytes; nothing that the answer says of
 *   it is believed. Entry and salt are believed only as far as they lead to a signed root.
 * - The log's key comes from the caller. One that came from the same server shows that the two agree.
 * - It never throws, whatever it is given, and `verified` needs all four steps.
 */
import { membersOf, readEventProof, type EventProofParts } from './answer';
import { sameBytes } from './bytes';
import { canonicalBytes } from './canonical';
import { openCheckpoint, readUnverified, type Checkpoint } from './checkpoint';
import { verifyEd25519, type SignatureCheck } from './ed25519';
import { commitment, instantText, type Entry } from './entry';
import { parseVerifierKey } from './note';
import { quoted, type Outcome } from './outcome';
import { failed, notDone, ok, verdictOf, type Finding, type Step, type Verdict } from './steps';
import { leafHash, verifyInclusion } from './tree';

/** The steps, in the order in which one rests on the next. */
export type EventStepName = 'event' | 'leaf' | 'inclusion' | 'signature';

const TITLES: Record<EventStepName, string> = {
  event: 'The event shown is the one that was recorded',
  leaf: 'Its entry is the leaf of the log',
  inclusion: 'The leaf is in the tree of the checkpoint',
  signature: 'The log signed the checkpoint',
};

/** What is verified. */
export interface EventVerification {
  /** The event as the page has it: what `JSON.parse` made of the answer, with its `index`. */
  readonly event: unknown;
  /** The answer of `GET /v1/events/{id}/proof`: what `JSON.parse` made of it, or a `tlog-proof` as text. */
  readonly proof: unknown;
  /** The log's verifier key: `<name>+<key id>+<key>`. */
  readonly verifierKey: string;
  /** Checks signatures; the browser's own unless given. */
  readonly check?: SignatureCheck;
}

/** What a verification showed. */
export interface EventReport {
  readonly verdict: Verdict;
  readonly steps: readonly Step<EventStepName>[];
  /** The checkpoint that the proof leads to. Only a `signature` step that is `ok` makes it the log's. */
  readonly checkpoint: Checkpoint | undefined;
  /** The entry in the proof. Only a `leaf` step that is `ok` makes it the leaf's. */
  readonly entry: Entry | undefined;
}

/** Verifies an event against the log, step by step. */
export async function verifyEvent(verification: EventVerification): Promise<EventReport> {
  const parts = readEventProof(verification.proof);
  if (!parts.ok) return unreadable(parts.reason);
  const { entry, checkpoint } = parts.value;
  const head = checkpoint.ok ? readUnverified(checkpoint.value) : checkpoint;
  const findings: Record<EventStepName, Finding> = {
    event: compareEvent(verification.event, parts.value),
    leaf: compareLeaf(parts.value),
    inclusion: compareTree(verification.event, parts.value, head),
    signature: await compareSignature(verification, parts.value),
  };
  return report(findings, head.ok ? head.value : undefined, entry.ok ? entry.value : undefined);
}

function report(
  findings: Record<EventStepName, Finding>,
  checkpoint: Checkpoint | undefined,
  entry: Entry | undefined,
): EventReport {
  const names: readonly EventStepName[] = ['event', 'leaf', 'inclusion', 'signature'];
  const steps = names.map((name) => ({ name, title: TITLES[name], ...findings[name] }));
  return { verdict: verdictOf(steps), steps, checkpoint, entry };
}

function unreadable(reason: string): EventReport {
  const rest = notDone('There is no proof to check it with.');
  const findings = { event: rest, leaf: failed(reason), inclusion: rest, signature: rest };
  return report(findings, undefined, undefined);
}

/** Step 1: the event's own bytes, behind the salt, give the commitment in the entry. */
function compareEvent(event: unknown, { entry, salt }: EventProofParts): Finding {
  if (!entry.ok) return notDone('There is no readable entry to compare the event with.');
  if (!salt.ok) return failed(salt.reason);
  const members = membersOf(event);
  if (members === undefined) return failed('What is shown is not an event.');
  const { eventId, receivedAtMicros } = entry.value;
  if (members.get('id') !== eventId) {
    return failed(`The entry is of the event ${eventId}, and another one is shown.`);
  }
  const receivedAt = instantText(receivedAtMicros);
  if (receivedAt === undefined || members.get('received_at') !== receivedAt) {
    return failed(
      `The entry says received at ${receivedAt ?? 'no time of any calendar'}, and another time is shown.`,
    );
  }
  if (salt.value === null) {
    return notDone('The event was erased, and its salt with it: what it said can no longer be compared.');
  }
  // The event's number is shown with it and is not of its bytes: its place in the tree says it.
  const content = Object.fromEntries([...members].filter(([name]) => name !== 'index'));
  const canonical = canonicalBytes(content);
  if (!canonical.ok) return failed(`What is shown cannot be an event. ${canonical.reason}`);
  if (sameBytes(commitment(salt.value, canonical.value), entry.value.commitment)) {
    return ok('Its content, behind the salt, has the hash that the entry commits to.');
  }
  return failed(
    'What is shown is not what was recorded: its content has another hash than the entry commits to.',
  );
}

/** Step 2: the entry gives the leaf's hash. */
function compareLeaf({ entry, said }: EventProofParts): Finding {
  if (!entry.ok) return failed(entry.reason);
  if (said.leafHash?.ok === false) return failed(said.leafHash.reason);
  const computed = leafHash(entry.value.bytes);
  if (said.leafHash !== undefined && !sameBytes(said.leafHash.value, computed)) {
    return failed('The entry has another hash than the leaf that the proof is for.');
  }
  return ok('The hash of the entry is the leaf.');
}

/** Step 3: the way from the leaf, at the place that the page shows, to the checkpoint's root. */
function compareTree(event: unknown, parts: EventProofParts, head: Outcome<Checkpoint>): Finding {
  const { entry, index, hashes } = parts;
  if (!head.ok) return notDone('There is no readable checkpoint that the leaf could be under.');
  if (!entry.ok) return notDone('There is no readable entry that the leaf could be made of.');
  if (!index.ok) return failed(index.reason);
  if (!hashes.ok) return failed(hashes.reason);
  const said = compareSaid(parts, head.value);
  if (said !== undefined) return failed(said);
  if (membersOf(event)?.get('index') !== Number(index.value)) {
    return failed(
      `The proof is for event number ${String(index.value)} of the log, and another number is shown.`,
    );
  }
  const included = verifyInclusion(leafHash(entry.value.bytes), index.value, head.value, hashes.value);
  if (!included.ok) return failed(included.reason);
  return ok(`It is leaf ${String(index.value)} of the tree of ${String(head.value.size)} events.`);
}

/** Why what the answer says of the tree is not what the checkpoint says. */
function compareSaid({ said }: EventProofParts, head: Checkpoint): string | undefined {
  const { size, root } = said;
  if (size?.ok === false) return size.reason;
  if (root?.ok === false) return root.reason;
  if (size !== undefined && size.value !== head.size) {
    return `The proof says that the tree has ${String(size.value)} leaves, and the checkpoint ${String(head.size)}.`;
  }
  if (root !== undefined && !sameBytes(root.value, head.root)) {
    return 'The proof is for a tree with another root than that of the checkpoint.';
  }
  return undefined;
}

/** Step 4: the log's own key has signed the checkpoint, and the checkpoint names this log. */
async function compareSignature(
  { verifierKey, check = verifyEd25519 }: EventVerification,
  { checkpoint, said }: EventProofParts,
): Promise<Finding> {
  if (!checkpoint.ok) return failed(checkpoint.reason);
  const key = parseVerifierKey(verifierKey);
  if (!key.ok) return failed(key.reason);
  const opened = await openCheckpoint(checkpoint.value, key.value, check);
  if (!opened.ok) return opened.code === 'unsupported' ? notDone(opened.reason) : failed(opened.reason);
  const { origin } = opened.value;
  if (said.origin?.ok === false) return failed(said.origin.reason);
  if (said.origin !== undefined && said.origin.value !== origin) {
    return failed(
      `The proof says that it is of the log ${quoted(said.origin.value)}, and the checkpoint is of ${quoted(origin)}.`,
    );
  }
  return ok(`The signature of ${quoted(origin)} is valid, and the checkpoint names that log.`);
}
