/**
 * Proofs as the server answers them: JSON of which no member is believed to be there or to be what it
 * should be. Each part is read by itself, so that a broken one fails its own step and hides no other.
 */
import { fromBase64Of, HASH_BYTES, type Hash } from './bytes';
import { ENTRY_BYTES, parseEntry, SALT_BYTES, type Entry } from './entry';
import { fine, refused, type Outcome } from './outcome';
import { parseTlogProof } from './proof-text';
import { MAX_PROOF_HASHES } from './tree';

/** A part of a proof that is missing, or is not what it should be. */
export type PartCode = 'missing' | 'malformed';

/** The proof of one event, part by part. */
export interface EventProofParts {
  readonly entry: Outcome<Entry, PartCode>;
  /** `null` once the event is erased. */
  readonly salt: Outcome<Uint8Array | null, PartCode>;
  readonly index: Outcome<bigint, PartCode>;
  readonly hashes: Outcome<readonly Hash[], PartCode>;
  /** The signed note. */
  readonly checkpoint: Outcome<string, PartCode>;
  /** What the answer says besides, and what follows from the rest; undefined where it does not say it. */
  readonly said: {
    readonly origin: Outcome<string, PartCode> | undefined;
    readonly leafHash: Outcome<Hash, PartCode> | undefined;
    readonly size: Outcome<bigint, PartCode> | undefined;
    readonly root: Outcome<Hash, PartCode> | undefined;
  };
}

type Members = ReadonlyMap<string, unknown>;

/** The members of a JSON object. */
export function membersOf(value: unknown): Members | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.entries(value));
}

/** Reads the answer of `GET /v1/events/{id}/proof`: its JSON, or the text of a `tlog-proof`. */
export function readEventProof(answer: unknown): Outcome<EventProofParts, PartCode> {
  if (typeof answer === 'string') return readTlogProof(answer);
  const members = membersOf(answer);
  if (members === undefined) return refused('malformed', 'The answer is not a proof.');
  const optional = <T>(name: string, part: Outcome<T, PartCode>) => (members.has(name) ? part : undefined);
  return fine({
    entry: entryPart(bytesPart(members, 'entry', ENTRY_BYTES)),
    salt: members.get('salt') === null ? fine(null) : bytesPart(members, 'salt', SALT_BYTES),
    index: numberPart(members, 'index'),
    hashes: hashesPart(members, 'hashes'),
    checkpoint: textPart(members, 'checkpoint'),
    said: {
      origin: optional('origin', textPart(members, 'origin')),
      leafHash: optional('leaf_hash', bytesPart(members, 'leaf_hash', HASH_BYTES)),
      size: optional('size', numberPart(members, 'size')),
      root: optional('root', bytesPart(members, 'root', HASH_BYTES)),
    },
  });
}

function readTlogProof(text: string): Outcome<EventProofParts, PartCode> {
  const proof = parseTlogProof(text);
  if (!proof.ok) return refused('malformed', proof.reason);
  const { extra, index, hashes, checkpoint } = proof.value;
  return fine({
    ...readExtra(extra),
    index: fine(index),
    hashes: fine(hashes),
    checkpoint: fine(checkpoint),
    said: { origin: undefined, leafHash: undefined, size: undefined, root: undefined },
  });
}

/** The entry, and behind it the salt unless the event is erased. */
function readExtra(extra: Uint8Array | undefined): Pick<EventProofParts, 'entry' | 'salt'> {
  if (extra === undefined) {
    const missing = refused('missing', 'The proof has no entry beside it.');
    return { entry: missing, salt: missing };
  }
  const salt = extra.slice(ENTRY_BYTES);
  const isSalt = salt.length === 0 || salt.length === SALT_BYTES;
  const malformed = refused('malformed', 'What stands beside the proof is not an entry and a salt.');
  return {
    entry: isSalt ? entryPart(fine(extra.slice(0, ENTRY_BYTES))) : malformed,
    salt: isSalt ? fine(salt.length === 0 ? null : salt) : malformed,
  };
}

function entryPart(bytes: Outcome<Uint8Array, PartCode>): Outcome<Entry, PartCode> {
  if (!bytes.ok) return bytes;
  const entry = parseEntry(bytes.value);
  return entry.ok ? entry : refused('malformed', entry.reason);
}

function part<T>(
  members: Members,
  name: string,
  what: string,
  read: (value: unknown) => T | undefined,
): Outcome<T, PartCode> {
  if (!members.has(name)) return refused('missing', `The answer has no “${name}”.`);
  const value = read(members.get(name));
  return value === undefined ? refused('malformed', `“${name}” in the answer is not ${what}.`) : fine(value);
}

export function textPart(members: Members, name: string): Outcome<string, PartCode> {
  return part(members, name, 'text', (value) => (typeof value === 'string' ? value : undefined));
}

/** A number from 0 on that JSON carries exactly. */
export function numberPart(members: Members, name: string): Outcome<bigint, PartCode> {
  return part(members, name, 'a whole number', (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined,
  );
}

function bytesPart(members: Members, name: string, length: number): Outcome<Uint8Array, PartCode> {
  return part(members, name, `${length} bytes in base64`, (value) =>
    typeof value === 'string' ? fromBase64Of(length, value) : undefined,
  );
}

export function hashesPart(members: Members, name: string): Outcome<readonly Hash[], PartCode> {
  return part(members, name, `a list of at most ${MAX_PROOF_HASHES} hashes`, (value) => {
    if (!Array.isArray(value) || value.length > MAX_PROOF_HASHES) return undefined;
    const hashes: Hash[] = [];
    for (const text of value as unknown[]) {
      const hash = typeof text === 'string' ? fromBase64Of(HASH_BYTES, text) : undefined;
      if (hash === undefined) return undefined;
      hashes.push(hash);
    }
    return hashes;
  });
}
