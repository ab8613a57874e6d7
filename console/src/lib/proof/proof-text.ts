/**
 * Proofs as text: the C2SP format `tlog-proof`, and for consistency the body that `tlog-witness` takes.
 * Both carry the signed checkpoint that they lead to, as it is.
 *
 * A proof has exactly one text, and a text at most one proof. Nothing is trusted for having been read;
 * the extra data is under no signature at all.
 */
import { boundedText, fromBase64, fromBase64Of, HASH_BYTES, parseU64, type Hash } from './bytes';
import { MAX_NOTE_BYTES } from './note';
import { fine, refused, type Outcome } from './outcome';
import { MAX_PROOF_HASHES } from './tree';

/** Most bytes of data that is put beside a proof. */
export const MAX_EXTRA_BYTES = 64 * 1024;
/** Most bytes of a proof's text: the checkpoint's, the extra data in base64, and the lines. */
export const MAX_PROOF_TEXT_BYTES = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES;

/** The first line of a `tlog-proof`. */
export const PROOF_HEADER = 'c2sp.org/tlog-proof@v1';
const EXTRA_PREFIX = 'extra ';
const INDEX_PREFIX = 'index ';
const OLD_PREFIX = 'old ';

/** That an entry is in a log. */
export interface InclusionText {
  /** What an application puts beside it. Nobody has signed it. */
  readonly extra: Uint8Array | undefined;
  /** The number of the leaf. */
  readonly index: bigint;
  /** From the leaf's sibling up to the root's child. */
  readonly hashes: readonly Hash[];
  /** The signed checkpoint that it leads to. */
  readonly checkpoint: string;
}

/** That a log extends an older state of itself. */
export interface ConsistencyText {
  /** The size of the older tree. */
  readonly oldSize: bigint;
  readonly hashes: readonly Hash[];
  /** The signed checkpoint that it leads to. */
  readonly checkpoint: string;
}

/** Why a text is no proof. */
export type ProofTextCode = 'too_long' | 'not_utf8' | 'line' | 'too_many_hashes';

/** Reads a `tlog-proof`. Nothing of it is believed yet. */
export function parseTlogProof(text: string | Uint8Array): Outcome<InclusionText, ProofTextCode> {
  const lines = Lines.of(text);
  if (!lines.ok) return lines;
  const { value: read } = lines;
  const header = read.next(`“${PROOF_HEADER}”`, (line) => (line === PROOF_HEADER ? line : undefined));
  if (!header.ok) return header;
  const extra = read.startsWith(EXTRA_PREFIX)
    ? read.next('extra data in base64, at most 64 KiB of it', parseExtra)
    : fine(undefined);
  if (!extra.ok) return extra;
  const index = read.next('“index” and a number', (line) => numberBehind(INDEX_PREFIX, line));
  if (!index.ok) return index;
  const end = read.end();
  return end.ok ? fine({ extra: extra.value, index: index.value, ...end.value }) : end;
}

/** Reads a consistency proof's text. Nothing of it is believed yet. */
export function parseConsistencyText(text: string | Uint8Array): Outcome<ConsistencyText, ProofTextCode> {
  const lines = Lines.of(text);
  if (!lines.ok) return lines;
  const oldSize = lines.value.next('“old” and a number', (line) => numberBehind(OLD_PREFIX, line));
  if (!oldSize.ok) return oldSize;
  const end = lines.value.end();
  return end.ok ? fine({ oldSize: oldSize.value, ...end.value }) : end;
}

function parseExtra(line: string): Uint8Array | undefined {
  const extra = fromBase64(line.slice(EXTRA_PREFIX.length));
  return extra !== undefined && extra.length <= MAX_EXTRA_BYTES ? extra : undefined;
}

function numberBehind(prefix: string, line: string): bigint | undefined {
  return line.startsWith(prefix) ? parseU64(line.slice(prefix.length)) : undefined;
}

/** A proof's lines, counted. Each must end in a newline. */
class Lines {
  private at = 0;
  /** The number of the line that comes next. */
  private line = 1;

  private constructor(private readonly text: string) {}

  static of(text: string | Uint8Array): Outcome<Lines, ProofTextCode> {
    const read = boundedText(text, MAX_PROOF_TEXT_BYTES);
    if (!read.ok) return refused(read.code, `The proof cannot be read. ${read.reason}`);
    return fine(new Lines(read.value));
  }

  startsWith(prefix: string): boolean {
    return this.text.startsWith(prefix, this.at);
  }

  /** The next line, as `read` understands it. */
  next<T>(expected: string, read: (line: string) => T | undefined): Outcome<T, 'line'> {
    const end = this.text.indexOf('\n', this.at);
    const value = end < 0 ? undefined : read(this.text.slice(this.at, end));
    if (value === undefined) return refused('line', `Line ${this.line} of the proof is not ${expected}.`);
    this.at = end + 1;
    this.line += 1;
    return fine(value);
  }

  /** The hashes up to the empty line, and the checkpoint behind it. */
  end(): Outcome<{ hashes: Hash[]; checkpoint: string }, 'line' | 'too_many_hashes'> {
    const hashes: Hash[] = [];
    for (;;) {
      const hash = this.next<Hash | null>('a hash in base64, or empty', (line) =>
        line === '' ? null : fromBase64Of(HASH_BYTES, line),
      );
      if (!hash.ok) return hash;
      if (hash.value === null) return fine({ hashes, checkpoint: this.text.slice(this.at) });
      if (hashes.length === MAX_PROOF_HASHES) {
        return refused('too_many_hashes', `The proof has more than ${MAX_PROOF_HASHES} hashes.`);
      }
      hashes.push(hash.value);
    }
  }
}
