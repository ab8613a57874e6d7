/**
 * Entries: what a leaf says of one event. Which event, when it was received, and a commitment to its
 * canonical bytes, hashed behind a salt so that an entry alone names nobody.
 *
 * An entry has exactly one encoding, and `ENTRY_BYTES` bytes are an entry or are refused.
 */
import { sha256 } from '@noble/hashes/sha2.js';

import { HASH_BYTES, joined, toHex, type Hash } from './bytes';
import { fine, refused, type Outcome } from './outcome';

/** Bytes in an event's id, a UUID in network order. */
const EVENT_ID_BYTES = 16;
/** Bytes in a salt. */
export const SALT_BYTES = 16;
/** The version that is written today, and the only one that is read. */
const ENTRY_VERSION = 1;
const EVENT_ID_AT = 1;
const RECEIVED_AT = EVENT_ID_AT + EVENT_ID_BYTES;
const COMMITMENT_AT = RECEIVED_AT + 8;
/** Bytes in an entry: version, event id, received time, commitment. */
export const ENTRY_BYTES = COMMITMENT_AT + HASH_BYTES;

/** What a leaf says of one event. */
export interface Entry {
  /** The event's id: lower case, with hyphens. */
  readonly eventId: string;
  /** When the server received it, in microseconds since 1970-01-01T00:00:00Z. */
  readonly receivedAtMicros: bigint;
  /** SHA-256(salt ‖ canonical bytes). */
  readonly commitment: Hash;
  /** The encoded entry, which the leaf is the hash of. */
  readonly bytes: Uint8Array;
}

/** Why bytes are no entry. */
export type EntryCode = 'length' | 'version';

/** Reads an entry's one encoding. */
export function parseEntry(bytes: Uint8Array): Outcome<Entry, EntryCode> {
  if (bytes.length !== ENTRY_BYTES) {
    return refused('length', `An entry has ${ENTRY_BYTES} bytes, and this one has ${bytes.length}.`);
  }
  if (bytes[0] !== ENTRY_VERSION) {
    return refused('version', 'The entry is of a version that is not known here.');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return fine({
    eventId: uuidText(bytes.subarray(EVENT_ID_AT, RECEIVED_AT)),
    receivedAtMicros: view.getBigInt64(RECEIVED_AT, true),
    commitment: bytes.slice(COMMITMENT_AT),
    bytes: bytes.slice(),
  });
}

function uuidText(bytes: Uint8Array): string {
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The commitment to an event: SHA-256(salt ‖ canonical bytes). */
export function commitment(salt: Uint8Array, canonical: Uint8Array): Hash {
  return sha256(joined(salt, canonical));
}

const MICROS_PER_MILLI = 1000n;
/** 0001-01-01T00:00:00.000000Z */
const MIN_MICROS = -62_135_596_800_000_000n;
/** 9999-12-31T23:59:59.999999Z */
const MAX_MICROS = 253_402_300_799_999_999n;

/** An instant as events write it: `2026-02-13T10:28:22.120000Z`. Undefined outside of the years 1 to 9999. */
export function instantText(micros: bigint): string | undefined {
  if (micros < MIN_MICROS || micros > MAX_MICROS) return undefined;
  const rest = ((micros % MICROS_PER_MILLI) + MICROS_PER_MILLI) % MICROS_PER_MILLI;
  const millis = (micros - rest) / MICROS_PER_MILLI;
  const text = new Date(Number(millis)).toISOString();
  return `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}
