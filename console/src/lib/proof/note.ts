/**
 * Signed notes: the C2SP format `signed-note`, with Ed25519 keys (type 0x01).
 *
 * A note is a text, an empty line and signature lines. What must always hold:
 *
 * - A text is only given back if a known key's signature on it is valid and no known key's signature on
 *   it is invalid.
 * - Encodings have one text: base64 with padding and zero trailing bits, key ids in lower-case hex.
 * - Reading takes linear time, bounded by `MAX_NOTE_BYTES` and `MAX_SIGNATURES`.
 */
import { sha256 } from '@noble/hashes/sha2.js';

import { boundedText, fromBase64, isWellFormed, joined, sameBytes, toHex, toUtf8 } from './bytes';
import { hasSmallOrder, KEY_BYTES, verifyEd25519, type SignatureCheck } from './ed25519';
import { fine, quoted, refused, type Outcome, type Refused } from './outcome';

/** Most bytes in a note, signatures included. */
export const MAX_NOTE_BYTES = 1024 * 1024;
/** Most signature lines in a note. The format asks for 16 at least. */
export const MAX_SIGNATURES = 100;
/** Most characters of a verifier key that are looked at. */
export const MAX_KEY_UNITS = 4096;

const KEY_ID_BYTES = 4;
const ED25519 = 0x01;
const SIGNATURE_PREFIX = '\u{2014} ';
const KEY_ID = /^[0-9a-f]{8}$/;
const NAME = /^[^\p{White_Space}+]+$/u;
const SPACE = 0x20;
const NEWLINE = 0x0a;

/** A key that verifies notes under a name. */
export interface VerifierKey {
  readonly name: string;
  /** Eight hex digits. With the name it tells the key from others; it is not a secure hash. */
  readonly id: string;
  readonly publicKey: Uint8Array;
}

/** Why a verifier key cannot be read. */
export type KeyCode = 'malformed' | 'name' | 'algorithm' | 'id_mismatch' | 'public_key';

const MALFORMED_KEY = refused(
  'malformed',
  'The verifier key is not one: it must have a name, a key id and the key, joined by “+”.',
);

/** Reads `<name>+<key id>+<base64(0x01 ‖ public key)>`, and checks the key id. */
export function parseVerifierKey(text: string): Outcome<VerifierKey, KeyCode> {
  if (text.length > MAX_KEY_UNITS || !isWellFormed(text)) return MALFORMED_KEY;
  // Names have no '+', base64 may.
  const [, name = '', id = '', encoded = ''] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(text) ?? [];
  const material = KEY_ID.test(id) ? fromBase64(encoded) : undefined;
  if (material === undefined || material.length === 0) return MALFORMED_KEY;
  if (material[0] !== ED25519) {
    return refused('algorithm', 'The verifier key is not an Ed25519 key, and no other kind is known here.');
  }
  if (material.length !== 1 + KEY_BYTES) return MALFORMED_KEY;
  if (!isName(name)) return refused('name', 'The verifier key has a name that no log can have.');
  if (keyId(name, material) !== id) {
    return refused('id_mismatch', 'The id in the verifier key is not that of its name and key.');
  }
  const publicKey = material.slice(1);
  // A weak key would let one signature pass for many texts.
  if (hasSmallOrder(publicKey)) return refused('public_key', 'The verifier key is a weak one.');
  return fine({ name, id, publicKey });
}

/** The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), in hex. */
function keyId(name: string, material: Uint8Array): string {
  return toHex(sha256(joined(toUtf8(`${name}\n`), material)).subarray(0, KEY_ID_BYTES));
}

function isName(name: string): boolean {
  return NAME.test(name) && !hasControls(name);
}

function sameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.name === b.name && a.id === b.id && sameBytes(a.publicKey, b.publicKey);
}

/** A note that a known key has signed. */
export interface OpenedNote {
  /** The signed text, with its final newline. */
  readonly text: string;
  /** The known keys whose signatures are valid, in the note's order, each once; at least one. */
  readonly signers: readonly VerifierKey[];
}

/** Why a note cannot be read. */
export type NoteFormCode =
  'too_long' | 'not_utf8' | 'characters' | 'unsigned' | 'too_many_signatures' | 'signature_line';

/** Why a note cannot be trusted. `unsupported` alone is no verdict on it: the browser could not tell. */
export type NoteCode =
  NoteFormCode | 'ambiguous_key' | 'invalid_signature' | 'no_known_signature' | 'unsupported';

interface SignatureLine {
  readonly name: string;
  readonly id: string;
  readonly signature: Uint8Array;
}

/** A note taken apart. Nobody's signature has been checked. */
export interface UncheckedNote {
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
}

/** Takes a note apart. Every signature line must be well formed, an unknown key's too. */
export function parseNote(note: string | Uint8Array): Outcome<UncheckedNote, NoteFormCode> {
  const read = boundedText(note, MAX_NOTE_BYTES);
  if (!read.ok) return refused(read.code, `The signed note cannot be read. ${read.reason}`);
  const whole = read.value;
  const controls = checkCharacters(whole);
  if (!controls.ok) return controls;
  // The text may have empty lines of its own: the last one ends it.
  const blank = whole.lastIndexOf('\n\n');
  const end = whole.slice(blank + 2);
  if (blank < 0 || !end.endsWith('\n')) {
    return refused('unsigned', 'The note has no signatures behind an empty line.');
  }
  const lines = end.slice(0, -1).split('\n', MAX_SIGNATURES + 1);
  if (lines.length > MAX_SIGNATURES) {
    return refused('too_many_signatures', `The note has more than ${MAX_SIGNATURES} signatures.`);
  }
  const signatures: SignatureLine[] = [];
  for (const line of lines) {
    const signature = parseSignature(line);
    if (signature === undefined) {
      return refused('signature_line', `Signature line ${signatures.length + 1} of the note is malformed.`);
    }
    signatures.push(signature);
  }
  return fine({ text: whole.slice(0, blank + 1), signatures });
}

/** Whether a text has control characters below U+0020, but for the newline. */
function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < SPACE && unit !== NEWLINE) return true;
  }
  return false;
}

/** Refuses control characters, which no note and no checkpoint has. */
export function checkCharacters(text: string): Outcome<null, 'characters'> {
  if (!hasControls(text)) return fine(null);
  return refused('characters', 'The note has control characters, which no note may have.');
}

/** Name, key id and signature of `— <name> <base64(key id ‖ signature)>`. */
function parseSignature(line: string): SignatureLine | undefined {
  if (!line.startsWith(SIGNATURE_PREFIX)) return undefined;
  const rest = line.slice(SIGNATURE_PREFIX.length);
  const space = rest.indexOf(' ');
  const name = rest.slice(0, Math.max(space, 0));
  const bytes = isName(name) ? fromBase64(rest.slice(space + 1)) : undefined;
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined;
  return { name, id: toHex(bytes.subarray(0, KEY_ID_BYTES)), signature: bytes.slice(KEY_ID_BYTES) };
}

/**
 * Opens a note: checks every signature by a known key, and ignores those by unknown ones. Of a key that
 * signed more than once every signature is checked.
 */
export async function openNote(
  note: string | Uint8Array,
  known: readonly VerifierKey[],
  check: SignatureCheck = verifyEd25519,
): Promise<Outcome<OpenedNote, NoteCode>> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const { text, signatures } = parsed.value;
  const signed = toUtf8(text);
  const signers: VerifierKey[] = [];
  for (const line of signatures) {
    const key = findKey(known, line);
    if (!key.ok) return key;
    if (key.value === undefined) continue;
    const { publicKey } = key.value;
    const verdict = await check(publicKey, signed, line.signature).catch(() => 'unsupported' as const);
    if (verdict !== 'valid') return notValid(verdict, line);
    if (!signers.includes(key.value)) signers.push(key.value);
  }
  if (signers.length === 0) {
    return refused(
      'no_known_signature',
      'The log’s key has not signed it: there is no signature of that key.',
    );
  }
  return fine({ text, signers });
}

function notValid(
  verdict: 'invalid' | 'unsupported',
  { name, id }: SignatureLine,
): Refused<'invalid_signature' | 'unsupported'> {
  if (verdict === 'invalid') {
    return refused('invalid_signature', `The signature of ${quoted(`${name}+${id}`)} is not valid.`);
  }
  return refused(
    'unsupported',
    'This browser cannot check Ed25519 signatures here. It takes a recent browser, and a page served over HTTPS or from this computer.',
  );
}

function findKey(
  known: readonly VerifierKey[],
  { name, id }: SignatureLine,
): Outcome<VerifierKey | undefined, 'ambiguous_key'> {
  const named = known.filter((key) => key.id === id && key.name === name);
  const [found] = named;
  // The same key listed twice is no ambiguity.
  if (found !== undefined && named.some((other) => !sameKey(other, found))) {
    return refused('ambiguous_key', `Two keys are called ${quoted(`${name}+${id}`)}.`);
  }
  return fine(found);
}
