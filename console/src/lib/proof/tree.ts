/**
 * The Merkle tree of RFC 6962, section 2.1, with SHA-256: hashing, and checking inclusion and
 * consistency proofs.
 *
 * What must always hold:
 *
 * - A proof has exactly one form: one hash more or fewer, or one bit changed, and it does not hold.
 * - A check believes nothing but the roots (and the leaf) that it is given.
 * - Both take at most 64 steps, whatever the sizes are. Sizes are below 2^64.
 */
import { sha256 } from '@noble/hashes/sha2.js';

import { joined, sameBytes, type Hash } from './bytes';
import { fine, refused, type Outcome } from './outcome';

/**
 * Most hashes in a proof: a tree of less than 2^64 leaves is 64 high, and a consistency proof has one
 * hash more where it begins inside.
 */
export const MAX_PROOF_HASHES = 65;

const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = Uint8Array.of(0x01);

/** The root of a tree without leaves: SHA-256 of no bytes. */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array());

/** The hash of a leaf: SHA-256(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array): Hash {
  return sha256(joined(LEAF_PREFIX, entry));
}

/** The hash of an inner node: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(joined(NODE_PREFIX, left, right));
}

/** A tree's size and root. */
export interface Head {
  readonly size: bigint;
  readonly root: Hash;
}

/** Which half a step down a tree goes into; the other one is left aside. */
type Step = 'left' | 'right';

/** The largest power of two smaller than `leaves`, which must be two at least. */
function largestPowerBelow(leaves: bigint): bigint {
  return 1n << BigInt((leaves - 1n).toString(2).length - 1);
}

/** The way from the root of `size` leaves to one of them. */
function wayToLeaf(index: bigint, size: bigint): Step[] {
  const way: Step[] = [];
  let [start, end] = [0n, size];
  while (end - start > 1n) {
    const middle = start + largestPowerBelow(end - start);
    if (index < middle) {
      way.push('left');
      end = middle;
    } else {
      way.push('right');
      start = middle;
    }
  }
  return way;
}

/**
 * The way from the root of `newSize` leaves down to where the tree of the first `oldSize` leaves ends;
 * and where the last subtree of that tree, which ends there too, begins.
 */
function wayToTree(oldSize: bigint, newSize: bigint): { way: Step[]; start: bigint } {
  const way: Step[] = [];
  let [start, end] = [0n, newSize];
  while (end !== oldSize) {
    const middle = start + largestPowerBelow(end - start);
    if (oldSize <= middle) {
      way.push('left');
      end = middle;
    } else {
      way.push('right');
      start = middle;
    }
  }
  return { way, start };
}

function checkLength(expected: number, proof: readonly Hash[]): Outcome<null, 'length'> {
  const found = proof.length;
  if (found === expected) return fine(null);
  return refused('length', `The proof has ${found} hashes, and for these sizes it must have ${expected}.`);
}

/** Why a leaf is not shown to be in a tree. */
export type InclusionCode = 'out_of_tree' | 'length' | 'not_included';

/** Checks that `leaf` is leaf `index` of the tree `head`. */
export function verifyInclusion(
  leaf: Hash,
  index: bigint,
  head: Head,
  proof: readonly Hash[],
): Outcome<null, InclusionCode> {
  if (index < 0n || index >= head.size) {
    return refused('out_of_tree', `A tree of ${String(head.size)} leaves has no leaf ${String(index)}.`);
  }
  const way = wayToLeaf(index, head.size).reverse();
  const length = checkLength(way.length, proof);
  if (!length.ok) return length;
  const root = proof.reduce(
    (soFar, aside, at) => (way[at] === 'left' ? nodeHash(soFar, aside) : nodeHash(aside, soFar)),
    leaf,
  );
  if (sameBytes(root, head.root)) return fine(null);
  return refused(
    'not_included',
    'The hashes of the proof do not lead from the leaf to the root of the tree.',
  );
}

/**
 * Why a tree is not shown to begin with another. Only `old_root` shows a second history: its hashes lead
 * to the newer root and give another older one. Hashes that miss the newer root (`new_root`) say nothing.
 */
export type ConsistencyCode = 'shrunk' | 'length' | 'old_root' | 'new_root';

const LEADS_ELSEWHERE = refused(
  'new_root',
  'The hashes of the proof do not lead to the root of the newer tree.',
);
const OTHER_PAST = refused(
  'old_root',
  'The newer tree does not begin with the older one: its hashes give another root at the older size.',
);

/** Checks that the tree `newer` begins with all leaves of the tree `older`. */
export function verifyConsistency(
  older: Head,
  newer: Head,
  proof: readonly Hash[],
): Outcome<null, ConsistencyCode> {
  if (older.size > newer.size) {
    const sizes = `${String(newer.size)} leaves cannot begin with ${String(older.size)}`;
    return refused('shrunk', `A tree of ${sizes}.`);
  }
  if (older.size === 0n) return verifyFromNothing(older, newer, proof);
  const { way, start } = wayToTree(older.size, newer.size);
  const length = checkLength(way.length + (start === 0n ? 0 : 1), proof);
  if (!length.ok) return length;
  // The subtree that both trees end the way with: all of the older tree, or the proof's first hash.
  const shared = start === 0n ? older.root : (proof[0] ?? older.root);
  const asides = start === 0n ? proof : proof.slice(1);
  way.reverse();
  let [olderRoot, newerRoot] = [shared, shared];
  asides.forEach((aside, at) => {
    // What is to the right came later.
    if (way[at] === 'right') olderRoot = nodeHash(aside, olderRoot);
    newerRoot = way[at] === 'left' ? nodeHash(newerRoot, aside) : nodeHash(aside, newerRoot);
  });
  if (!sameBytes(newerRoot, newer.root)) return LEADS_ELSEWHERE;
  return sameBytes(olderRoot, older.root) ? fine(null) : OTHER_PAST;
}

/** Every tree begins with no leaves, and no hashes are needed to show it. */
function verifyFromNothing(older: Head, newer: Head, proof: readonly Hash[]): Outcome<null, ConsistencyCode> {
  const length = checkLength(0, proof);
  if (!length.ok) return length;
  if (!sameBytes(older.root, EMPTY_ROOT)) return OTHER_PAST;
  const bothEmpty = newer.size === 0n;
  return bothEmpty && !sameBytes(newer.root, EMPTY_ROOT) ? LEADS_ELSEWHERE : fine(null);
}
