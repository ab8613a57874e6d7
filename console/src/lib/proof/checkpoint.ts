/**
 * Checkpoints: the C2SP format `tlog-checkpoint`, a log's signed head.
 *
 * What must always hold:
 *
 * - A checkpoint has exactly one text, and a text at most one checkpoint.
 * - The key's name is the log's origin.
 * - A checkpoint of size 0 has the root of the empty tree.
 */
import { boundedText, fromBase64Of, HASH_BYTES, parseU64, sameBytes } from './bytes';
import { verifyEd25519, type SignatureCheck } from './ed25519';
import {
  checkCharacters,
  MAX_NOTE_BYTES,
  openNote,
  parseNote,
  type NoteCode,
  type VerifierKey,
} from './note';
import { fine, quoted, refused, type Outcome } from './outcome';
import { EMPTY_ROOT, type Head } from './tree';

/** A log's head: its tree's size and root, and whose it is. */
export interface Checkpoint extends Head {
  /** Which log: `<instance>/<organization id>`. */
  readonly origin: string;
  /** Further lines, none empty. Evident writes none, and keeps those it reads. */
  readonly extensions: readonly string[];
}

/** Why a text is no checkpoint. */
export type CheckpointFormCode =
  'too_long' | 'not_utf8' | 'characters' | 'lines' | 'size' | 'root' | 'empty_root';

/** Why a signed checkpoint cannot be trusted. */
export type CheckpointCode = NoteCode | CheckpointFormCode | 'origin';

/** Reads a checkpoint's text. It says nothing of who wrote it: see `openCheckpoint`. */
export function parseCheckpoint(text: string): Outcome<Checkpoint, CheckpointFormCode> {
  const read = boundedText(text, MAX_NOTE_BYTES);
  if (!read.ok) return refused(read.code, `The checkpoint cannot be read. ${read.reason}`);
  const controls = checkCharacters(text);
  if (!controls.ok) return controls;
  const lines = text.endsWith('\n') ? text.slice(0, -1).split('\n') : [];
  const [origin, sizeText, rootText, ...extensions] = lines;
  if (origin === undefined || sizeText === undefined || rootText === undefined || lines.includes('')) {
    return refused('lines', 'The checkpoint has not at least three lines, or has an empty one.');
  }
  const size = parseU64(sizeText);
  if (size === undefined) return refused('size', 'The size in the checkpoint is not a number as it must be.');
  const root = fromBase64Of(HASH_BYTES, rootText);
  if (root === undefined) return refused('root', 'The root in the checkpoint is not a hash.');
  if (size === 0n && !sameBytes(root, EMPTY_ROOT)) {
    return refused('empty_root', 'The checkpoint is of an empty log, and has the root of another tree.');
  }
  return fine({ origin, size, root, extensions });
}

/** The checkpoint in a signed note, with no signature checked: for what does not depend on who signed it. */
export function readUnverified(note: string | Uint8Array): Outcome<Checkpoint, CheckpointCode> {
  const parsed = parseNote(note);
  return parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
}

/** Opens a signed checkpoint of the log whose key is `key`. */
export async function openCheckpoint(
  note: string | Uint8Array,
  key: VerifierKey,
  check: SignatureCheck = verifyEd25519,
): Promise<Outcome<Checkpoint, CheckpointCode>> {
  const opened = await openNote(note, [key], check);
  if (!opened.ok) return opened;
  const checkpoint = parseCheckpoint(opened.value.text);
  if (!checkpoint.ok) return checkpoint;
  const { origin } = checkpoint.value;
  if (origin === key.name) return checkpoint;
  return refused('origin', `The checkpoint is of the log ${quoted(origin)}, the key of ${quoted(key.name)}.`);
}
