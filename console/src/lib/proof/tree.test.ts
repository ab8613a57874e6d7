import { describe, expect, it } from 'vitest';

import { sameBytes } from './bytes';
import { consistency, leaf, leaves, path, root } from './fixtures/log';
import { EMPTY_ROOT, verifyConsistency, verifyInclusion } from './tree';

const LARGEST = 64;
/** Sizes of which every change to every proof is tried. */
const SMALL = 20;

const head = (size: number) => ({ size: BigInt(size), root: root(leaves(size)) });
const HEADS = Array.from({ length: LARGEST + 1 }, (_, size) => head(size));
const headOf = (size: number) => HEADS[size] ?? head(size);

/** All that one change makes of a proof: a bit, a hash more, less, or at another's place. */
function changed(proof: readonly Uint8Array[]): Uint8Array[][] {
  const all: Uint8Array[][] = [];
  proof.forEach((hash, at) => {
    for (const byte of [0, 13, 31]) {
      for (const bits of [0x01, 0x80]) {
        const other = hash.slice();
        other[byte] = (other[byte] ?? 0) ^ bits;
        all.push(proof.with(at, other));
      }
    }
    all.push(proof.filter((_, place) => place !== at));
    const next = proof[at + 1];
    if (next !== undefined && !sameBytes(hash, next)) all.push(proof.with(at, next).with(at + 1, hash));
  });
  for (let at = 0; at <= proof.length; at += 1) {
    for (const hash of [...proof, EMPTY_ROOT]) all.push(proof.toSpliced(at, 0, hash));
  }
  return all;
}

describe('inclusion', () => {
  it('holds for every leaf of every tree up to 64 leaves, and for no other leaf or place', () => {
    for (let size = 1; size <= LARGEST; size += 1) {
      const tree = leaves(size);
      for (let index = 0; index < size; index += 1) {
        const proof = path(index, tree);
        const verified = (of: number, at: number) =>
          verifyInclusion(leaf(of), BigInt(at), headOf(size), proof).ok;
        expect(verified(index, index), `${index} of ${size}`).toBe(true);
        expect(verified(index + 1, index)).toBe(false);
        expect(verified(index, index + 1)).toBe(false);
        expect(verified(index, index - 1)).toBe(false);
      }
    }
  });

  it('of one tree shows nothing of a tree of another size', () => {
    for (let size = 1; size <= SMALL; size += 1) {
      const proof = path(0, leaves(size));
      for (let other = 0; other <= SMALL; other += 1) {
        expect(verifyInclusion(leaf(0), 0n, headOf(other), proof).ok).toBe(other === size);
      }
    }
  });

  it('does not hold with any change to the proof, and says whether its length or its hashes are wrong', () => {
    for (let size = 1; size <= SMALL; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = path(index, leaves(size));
        for (const other of changed(proof)) {
          const code = other.length === proof.length ? 'not_included' : 'length';
          expect(verifyInclusion(leaf(index), BigInt(index), headOf(size), other)).toMatchObject({
            ok: false,
            code,
          });
        }
      }
    }
  });

  it('is refused outside of the tree, and takes few steps in the largest one', () => {
    const refusedAt = (index: bigint, size: bigint) =>
      verifyInclusion(leaf(0), index, { size, root: EMPTY_ROOT }, []);
    expect(refusedAt(0n, 0n)).toMatchObject({ code: 'out_of_tree' });
    expect(refusedAt(7n, 7n)).toMatchObject({ code: 'out_of_tree' });
    expect(refusedAt(-1n, 7n)).toMatchObject({ code: 'out_of_tree' });
    expect(refusedAt(0n, (1n << 64n) - 1n)).toMatchObject({
      code: 'length',
      reason: expect.stringContaining('64') as string,
    });
  });
});

describe('consistency', () => {
  it('holds for all pairs of trees up to 64 leaves', () => {
    for (let newer = 0; newer <= LARGEST; newer += 1) {
      const tree = leaves(newer);
      for (let older = 0; older <= newer; older += 1) {
        const verified = verifyConsistency(headOf(older), headOf(newer), consistency(older, tree));
        expect(verified.ok, `${older} to ${newer}`).toBe(true);
      }
    }
  });

  it('does not hold with any change to the proof', () => {
    for (let newer = 0; newer <= SMALL; newer += 1) {
      for (let older = 0; older <= newer; older += 1) {
        for (const other of changed(consistency(older, leaves(newer)))) {
          expect(verifyConsistency(headOf(older), headOf(newer), other).ok, `${older} to ${newer}`).toBe(
            false,
          );
        }
      }
    }
  });

  it('shows one pair of sizes and no other, but for what needs no proof', () => {
    for (let newer = 1; newer <= 12; newer += 1) {
      for (let older = 1; older <= newer; older += 1) {
        const proof = consistency(older, leaves(newer));
        for (let claimedNew = 0; claimedNew <= 12; claimedNew += 1) {
          for (let claimedOld = 0; claimedOld <= 12; claimedOld += 1) {
            const needsNone = claimedOld <= claimedNew && (claimedOld === 0 || claimedOld === claimedNew);
            const expected =
              (claimedOld === older && claimedNew === newer) || (needsNone && proof.length === 0);
            const verified = verifyConsistency(headOf(claimedOld), headOf(claimedNew), proof);
            expect(verified.ok, `${older}–${newer} as ${claimedOld}–${claimedNew}`).toBe(expected);
          }
        }
      }
    }
  });

  it('tells another past from hashes that lead nowhere', () => {
    const proof = consistency(7, leaves(12));
    const wrong = leaf(99);
    const verify = (older: Uint8Array, newer: Uint8Array) =>
      verifyConsistency({ size: 7n, root: older }, { size: 12n, root: newer }, proof);
    expect(verify(wrong, headOf(12).root)).toMatchObject({ code: 'old_root' });
    expect(verify(headOf(7).root, wrong)).toMatchObject({ code: 'new_root' });
    expect(verifyConsistency(headOf(12), headOf(7), proof)).toMatchObject({ code: 'shrunk' });
    expect(verifyConsistency({ size: 0n, root: wrong }, headOf(3), [])).toMatchObject({ code: 'old_root' });
    expect(verifyConsistency(headOf(0), { size: 0n, root: wrong }, [])).toMatchObject({ code: 'new_root' });
    expect(verifyConsistency(headOf(5), { size: 5n, root: wrong }, []).ok).toBe(false);
  });
});
