//! What a proof does not show: every change to one, and every other claim held against one, for small
//! trees without exception.

use crate::files::entry_hash;
use crate::rfc::{Defined, Leaves, checks_consistency, checks_inclusion};
use evident_ledger::Hash;
use evident_ledger::hash::{EMPTY_ROOT, node_hash};
use evident_ledger::proof::{ProofError, verify_consistency, verify_inclusion};
use proptest::prelude::*;

/// Every size up to here, with all claims there are.
const SMALL: u64 = 24;

fn tree(leaves: u64) -> Leaves {
    Leaves::new((0..leaves).map(entry_hash).collect())
}

/// All that one change makes of a proof: a bit, a hash more, less, twice, or at another's place.
fn changed(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Vec<Hash>)| {
        let mut changed = proof.to_vec();
        change(&mut changed);
        all.push(changed);
    };
    for at in 0..proof.len() {
        for byte in 0..32 {
            for bits in [0x01, 0x80, 0xff] {
                push(&|changed| changed[at].0[byte] ^= bits);
            }
        }
        push(&|changed| {
            changed.remove(at);
        });
        for other in (0..at).filter(|&other| proof[other] != proof[at]) {
            push(&|changed| changed.swap(at, other));
        }
    }
    for at in 0..=proof.len() {
        let copies = proof.iter().copied();
        for hash in copies.chain([EMPTY_ROOT, Hash([0; 32])]) {
            push(&|changed| changed.insert(at, hash));
        }
    }
    all
}

#[test]
fn a_changed_inclusion_proof_does_not_hold() {
    let tree = tree(520);
    let sizes = (1..=SMALL).chain([255, 256, 257, 520]);
    for size in sizes {
        let root = tree.root(0..size);
        for index in (0..size).filter(|index| size <= SMALL || index % 64 == 0) {
            let leaf = entry_hash(index);
            let proof = tree.path(index, 0..size);
            for changed in changed(&proof) {
                let verified = verify_inclusion(leaf, index, size, root, &changed);
                let refused = match changed.len() == proof.len() {
                    true => ProofError::NotIncluded,
                    false => ProofError::Length {
                        expected: proof.len(),
                        found: changed.len(),
                    },
                };
                assert_eq!(verified, Err(refused), "leaf {index} of {size}");
            }
        }
    }
}

#[test]
fn a_changed_consistency_proof_does_not_hold() {
    let tree = tree(520);
    let sizes = (1..=SMALL).chain([255, 256, 257, 520]);
    for new in sizes {
        let newer = (new, tree.root(0..new));
        for old in (0..=new).filter(|old| new <= SMALL || old % 64 <= 1) {
            let older = (old, tree.root(0..old));
            let proof = match old {
                0 => Vec::new(),
                _ => tree.proof(old, new),
            };
            assert_eq!(verify_consistency(older, newer, &proof), Ok(()));
            for changed in changed(&proof) {
                let verified = verify_consistency(older, newer, &changed);
                assert!(verified.is_err(), "{old} to {new}");
                if changed.len() != proof.len() {
                    let (expected, found) = (proof.len(), changed.len());
                    assert_eq!(verified, Err(ProofError::Length { expected, found }));
                }
            }
        }
    }
}

/// Which half holds a leaf on each level, the deepest first and `true` for the right one: all that the
/// walk up depends on.
fn directions(index: u64, size: u64) -> Vec<bool> {
    let (mut start, mut n) = (0, size);
    let mut right = Vec::new();
    while n > 1 {
        let k = 1 << (u64::BITS - 1 - (n - 1).leading_zeros());
        right.push(index - start >= k);
        (start, n) = match index - start >= k {
            true => (start + k, n - k),
            false => (start, k),
        };
    }
    right.reverse();
    right
}

#[test]
fn an_inclusion_proof_shows_one_claim() {
    let tree = tree(SMALL);
    let claims = || (1..=SMALL).flat_map(|size| (0..size).map(move |index| (index, size)));
    let roots: Vec<Hash> = (0..=SMALL).map(|size| tree.root(0..size)).collect();
    let root = |size: u64| roots[size as usize];
    for (index, size) in claims() {
        let proof = tree.path(index, 0..size);
        for (claimed, claimed_size) in claims() {
            let same_way = directions(index, size) == directions(claimed, claimed_size);
            for (leaf, &leaf_hash) in (0..).zip(&tree.leaves) {
                // Against a root that a log signed for that size: only what was proved.
                let holds =
                    |root| verify_inclusion(leaf_hash, claimed, claimed_size, root, &proof).is_ok();
                let same = (leaf, claimed, claimed_size) == (index, index, size);
                assert_eq!(holds(root(claimed_size)), same);
                // A root does not say its size. Beside one that is not its own, a proof may hold, if
                // both sizes give the same way: why the log signs root and size together.
                assert_eq!(holds(root(size)), leaf == index && same_way);
            }
        }
    }
}

#[test]
fn a_consistency_proof_shows_one_claim() {
    let tree = tree(SMALL);
    let claims = || (0..=SMALL).flat_map(|new| (0..=new).map(move |old| (old, new)));
    let head = |size| (size, tree.root(0..size));
    let proof_of = |old, new| match old {
        0 => Vec::new(),
        _ => tree.proof(old, new),
    };
    for (old, new) in claims() {
        let proof = proof_of(old, new);
        for (claimed_old, claimed_new) in claims() {
            let verified = verify_consistency(head(claimed_old), head(claimed_new), &proof);
            // What needs no proof is shown by none, whatever else that is the proof of.
            let needs_none = claimed_old == 0 || claimed_old == claimed_new;
            let same = (claimed_old, claimed_new) == (old, new);
            let expected = same || needs_none && proof.is_empty();
            assert_eq!(
                verified.is_ok(),
                expected,
                "{old} to {new} for {claimed_old} to {claimed_new}"
            );
            if claimed_old < claimed_new {
                let swapped = verify_consistency(head(claimed_new), head(claimed_old), &proof);
                let (old, new) = (claimed_new, claimed_old);
                assert_eq!(swapped, Err(ProofError::Shrunk { old, new }));
            }
        }
    }
}

#[test]
fn whatever_is_claimed_rfc_9162_says_the_same() {
    const SMALLER: u64 = 9;
    let tree = tree(SMALLER);
    let roots: Vec<Hash> = (0..=SMALLER).map(|size| tree.root(0..size)).collect();
    let sizes = || 0..=SMALLER;
    let (mut held, mut refused) = (0, 0);
    let mut same = |verified: bool, checked: bool| {
        assert_eq!(verified, checked);
        *(if checked { &mut held } else { &mut refused }) += 1;
    };
    for (old, new) in sizes().flat_map(|new| (1..=new).map(move |old| (old, new))) {
        let (way, between) = (tree.path(old - 1, 0..new), tree.proof(old, new));
        let leaf = entry_hash(old - 1);
        for (claimed_old, claimed_new) in sizes().flat_map(|a| sizes().map(move |b| (a, b))) {
            for (&one, &other) in roots.iter().flat_map(|a| roots.iter().map(move |b| (a, b))) {
                let (older, newer) = ((claimed_old, one), (claimed_new, other));
                same(
                    verify_consistency(older, newer, &between).is_ok(),
                    checks_consistency(older, newer, &between),
                );
                let index = claimed_old;
                same(
                    verify_inclusion(leaf, index, claimed_new, other, &way).is_ok(),
                    checks_inclusion(leaf, index, claimed_new, other, &way),
                );
            }
        }
    }
    assert!(held > 1_000 && refused > 100_000, "{held} {refused}");
}

#[test]
fn each_failure_says_what_failed() {
    let tree = tree(12);
    let (older, newer) = ((7, tree.root(0..7)), (12, tree.root(0..12)));
    let proof = tree.proof(7, 12);
    let wrong = Hash([9; 32]);
    let consistency = |older, newer| verify_consistency(older, newer, &proof);
    assert_eq!(consistency(older, newer), Ok(()));
    assert_eq!(consistency((7, wrong), newer), Err(ProofError::OldRoot));
    assert_eq!(consistency(older, (12, wrong)), Err(ProofError::NewRoot));
    let path = tree.path(7, 0..12);
    let inclusion = |leaf, root| verify_inclusion(leaf, 7, 12, root, &path);
    assert_eq!(inclusion(entry_hash(7), newer.1), Ok(()));
    let refused = Err(ProofError::NotIncluded);
    assert_eq!(inclusion(entry_hash(8), newer.1), refused);
    assert_eq!(inclusion(entry_hash(7), wrong), refused);
    // A tree is not shown to extend itself with another root, nor one without leaves.
    let same = |size, old, new| verify_consistency((size, old), (size, new), &[]);
    assert_eq!(same(7, older.1, older.1), Ok(()));
    assert_eq!(same(7, older.1, wrong), Err(ProofError::NewRoot));
    assert_eq!(same(7, wrong, older.1), Err(ProofError::NewRoot));
    assert_eq!(same(0, EMPTY_ROOT, EMPTY_ROOT), Ok(()));
    assert_eq!(same(0, EMPTY_ROOT, wrong), Err(ProofError::NewRoot));
    for new in 0..12 {
        let newer = (new, tree.root(0..new));
        let refused = Err(ProofError::OldRoot);
        assert_eq!(verify_consistency((0, wrong), newer, &[]), refused);
    }
}

#[test]
fn an_inner_node_is_no_leaf() {
    // The node over two leaves, as the leaf of a tree half as large: RFC 6962's prefixes forbid it.
    let tree = tree(8);
    let node = node_hash(&entry_hash(0), &entry_hash(1));
    let path = tree.path(0, 0..8);
    assert_eq!(
        verify_inclusion(entry_hash(0), 0, 8, tree.root(0..8), &path),
        Ok(())
    );
    let verified = verify_inclusion(node, 0, 8, tree.root(0..8), &path[1..]);
    let (expected, found) = (3, 2);
    assert_eq!(verified, Err(ProofError::Length { expected, found }));
}

proptest! {
    #[test]
    fn of_any_sizes_and_hashes_rfc_9162_says_the_same(
        size: u64, bits in 0..u64::BITS, index: u64, hashes in 0..=70_usize, seed: [u8; 32],
    ) {
        // The hashes are made up and the roots are where they lead, so that lengths and ways decide.
        let size = size >> bits;
        let index = index.checked_rem(size).unwrap_or(index);
        let hashes: Vec<Hash> = (0..hashes as u8).map(|n| Hash(seed.map(|byte| byte ^ n))).collect();
        let leaf = Hash(seed);
        for length in 0..=hashes.len() {
            let proof = &hashes[..length];
            let root = led_to(leaf, index, size, proof);
            let verified = verify_inclusion(leaf, index, size, root, proof).is_ok();
            prop_assert_eq!(verified, checks_inclusion(leaf, index, size, root, proof));
            let right_length = size > 0 && length == directions(index, size).len();
            prop_assert_eq!(verified, right_length);
        }
    }
}

/// Where made-up hashes lead from a leaf.
fn led_to(leaf: Hash, index: u64, size: u64, proof: &[Hash]) -> Hash {
    let ways = directions(index, size);
    ways.iter()
        .zip(proof)
        .fold(leaf, |so_far, (&right, aside)| match right {
            true => node_hash(aside, &so_far),
            false => node_hash(&so_far, aside),
        })
}
