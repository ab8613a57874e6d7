//! Proofs that hold: against Go's tlog and RFC 6962's own definition, from the smallest trees to the
//! largest.

use std::convert::Infallible;

use crate::files::{Files, Missing, entry_hash};
use crate::rfc::{AllAlikeButOne, Defined, Leaves, checks_consistency, checks_inclusion};
use crate::vectors::{list, text};
use evident_ledger::Hash;
use evident_ledger::hash::EMPTY_ROOT;
use evident_ledger::proof::{
    MAX_PROOF_HASHES, ProofError, consistency, inclusion, verify_consistency, verify_inclusion,
};
use evident_ledger::tile::{MAX_LEVELS, TILE_HEIGHT, hashes_at_level};
use evident_ledger::tree::HashReader;
use proptest::prelude::*;

const GO: &str = include_str!("../../../../spec/vectors/ledger-go.json");
/// Proofs of every size up to here are checked for every leaf and every older size: past two full tiles.
const EXHAUSTIVE_LEAVES: u64 = 600;
/// Of a tree with three tile levels.
const MANY_LEAVES: u64 = 1_000_000;

/// Whether proofs of this size are also made, which takes hundreds of hashes each: all past one full
/// tile, then some, and all around two.
fn is_made(size: u64) -> bool {
    size <= 270 || size.is_multiple_of(16) || (508..=516).contains(&size)
}

/// Of a tree's files only what the tree of the first `size` leaves has.
struct Only<'f> {
    files: &'f Files,
    size: u64,
}

impl HashReader for Only<'_> {
    type Error = Missing;

    fn read(&self, level: u8, index: u64) -> Result<Hash, Missing> {
        if index >= hashes_at_level(self.size, level) {
            return Err(Missing(level, index));
        }
        self.files.read(level, index)
    }
}

fn leaf_of(tree: &Leaves, index: u64) -> Hash {
    tree.leaves[usize::try_from(index).unwrap()]
}

/// The hashes that follow a number in a line of the vectors.
fn numbered(line: &str) -> (u64, Vec<Hash>) {
    let mut words = line.split(' ');
    let number = words.next().unwrap().parse().unwrap();
    (
        number,
        words.map(|w| Hash::from_base64(w).unwrap()).collect(),
    )
}

#[test]
fn go_makes_the_same_proofs() {
    let vectors = crate::vectors::parse(GO);
    let (files, _) = Files::grown(MANY_LEAVES);
    let root_at = |size| evident_ledger::tree::root_at(size, &files).unwrap();
    let mut compared = 0;
    for tree in list(&vectors, "proofs") {
        let size = tree["size"].as_u64().unwrap();
        let root = Hash::from_base64(text(tree, "root")).unwrap();
        let reader = Only {
            files: &files,
            size,
        };
        for line in list(tree, "inclusion") {
            let (index, hashes) = numbered(line.as_str().unwrap());
            assert_eq!(inclusion(index, size, &reader), Ok(Ok(hashes.clone())));
            let verified = verify_inclusion(entry_hash(index), index, size, root, &hashes);
            assert_eq!(verified, Ok(()), "leaf {index} of {size}");
            compared += 1;
        }
        for line in list(tree, "consistency") {
            let (old, hashes) = numbered(line.as_str().unwrap());
            assert_eq!(consistency(old, size, &reader), Ok(Ok(hashes.clone())));
            let verified = verify_consistency((old, root_at(old)), (size, root), &hashes);
            assert_eq!(verified, Ok(()), "{old} to {size}");
            compared += 1;
        }
    }
    // All of the 20 smallest trees, and of 23 others four of each kind, of which two are one next to a
    // power of two.
    assert_eq!(compared, 2 * (20 * 21 / 2 + 4 * 23 - 6));
}

#[test]
fn every_inclusion_proof_of_600_trees_is_the_defined_one() {
    let (files, _) = Files::grown(EXHAUSTIVE_LEAVES);
    let defined = Leaves::new(files.levels[0].clone());
    for size in 1..=EXHAUSTIVE_LEAVES {
        let root = defined.root(0..size);
        let reader = Only {
            files: &files,
            size,
        };
        for index in 0..size {
            let proof = defined.path(index, 0..size);
            if is_made(size) {
                let made = inclusion(index, size, &reader).unwrap().unwrap();
                assert_eq!(made, proof, "leaf {index} of {size}");
            }
            let leaf = leaf_of(&defined, index);
            assert_eq!(verify_inclusion(leaf, index, size, root, &proof), Ok(()));
        }
    }
}

#[test]
fn every_consistency_proof_of_600_trees_is_the_defined_one() {
    let (files, _) = Files::grown(EXHAUSTIVE_LEAVES);
    let defined = Leaves::new(files.levels[0].clone());
    for new in 1..=EXHAUSTIVE_LEAVES {
        let reader = Only {
            files: &files,
            size: new,
        };
        let newer = (new, defined.root(0..new));
        for old in 1..=new {
            let proof = defined.proof(old, new);
            if is_made(new) {
                let made = consistency(old, new, &reader).unwrap().unwrap();
                assert_eq!(made, proof, "{old} to {new}");
            }
            let older = (old, defined.root(0..old));
            assert_eq!(verify_consistency(older, newer, &proof), Ok(()));
        }
        assert_eq!(consistency(0, new, &reader), Ok(Ok(Vec::new())));
        assert_eq!(verify_consistency((0, EMPTY_ROOT), newer, &[]), Ok(()));
    }
}

#[test]
fn proofs_in_a_tree_of_a_million_leaves_are_the_defined_ones() {
    let (files, _) = Files::grown(MANY_LEAVES);
    let defined = Leaves::new(files.levels[0].clone());
    let two = (1..=MANY_LEAVES).prop_flat_map(|size| (0..size, Just(size)));
    let checked = |(smaller, size): (u64, u64)| {
        let root = defined.root(0..size);
        let reader = Only {
            files: &files,
            size,
        };
        let proof = inclusion(smaller, size, &reader).unwrap().unwrap();
        prop_assert_eq!(&proof, &defined.path(smaller, 0..size));
        let leaf = leaf_of(&defined, smaller);
        prop_assert_eq!(verify_inclusion(leaf, smaller, size, root, &proof), Ok(()));

        // Sizes begin at one where leaves begin at zero.
        let old = smaller + 1;
        let proof = consistency(old, size, &reader).unwrap().unwrap();
        prop_assert_eq!(&proof, &defined.proof(old, size));
        let older = (old, defined.root(0..old));
        prop_assert_eq!(verify_consistency(older, (size, root), &proof), Ok(()));
        Ok(())
    };
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(200));
    runner.run(&two, checked).unwrap();
    // And where tiles begin and end.
    for size in [65_535, 65_536, 65_537, 65_791, 65_792, 65_793, MANY_LEAVES] {
        for smaller in [0, 255, 256, 65_279, 65_280, size - 2, size - 1] {
            checked((smaller, size)).unwrap();
        }
    }
}

impl HashReader for AllAlikeButOne {
    type Error = Infallible;

    fn read(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        assert!(level < MAX_LEVELS);
        let leaves = 1 << (TILE_HEIGHT * u32::from(level));
        Ok(self.root(index * leaves..(index + 1) * leaves))
    }
}

/// Checks both proofs of a tree that nobody can grow, and that one leaf more or fewer is refused.
fn check_large(index: u64, size: u64, other: u64) {
    let tree = AllAlikeButOne::new(other);
    let root = tree.root(0..size);
    let proof = inclusion(index, size, &tree).unwrap().unwrap();
    assert_eq!(proof, tree.path(index, 0..size), "leaf {index} of {size}");
    assert!(proof.len() < MAX_PROOF_HASHES);
    let leaf = tree.root(index..index + 1);
    assert_eq!(verify_inclusion(leaf, index, size, root, &proof), Ok(()));
    assert!(checks_inclusion(leaf, index, size, root, &proof));

    let old = index + 1;
    let proof = consistency(old, size, &tree).unwrap().unwrap();
    assert_eq!(proof, tree.proof(old, size), "{old} to {size}");
    assert!(proof.len() <= MAX_PROOF_HASHES);
    let older = (old, tree.root(0..old));
    assert_eq!(verify_consistency(older, (size, root), &proof), Ok(()));
    assert!(checks_consistency(older, (size, root), &proof));
    let beyond = (size.checked_add(1).unwrap_or(size - 1), root);
    let verdict = verify_consistency(older, beyond, &proof).is_ok();
    assert_eq!(verdict, checks_consistency(older, beyond, &proof));
}

#[test]
fn proofs_in_the_largest_trees_are_the_defined_ones() {
    let edges = (0..u64::BITS).flat_map(|bit| {
        let power = 1_u64 << bit;
        [power - 1, power, power | 1]
    });
    let edges: Vec<u64> = edges.chain([u64::MAX - 1, u64::MAX]).collect();
    for (at, &size) in edges.iter().enumerate().filter(|(_, size)| **size > 0) {
        let smaller = edges[(at * 7) % (at + 1)].min(size - 1);
        for index in [0, size / 2, size - 1, smaller] {
            check_large(index, size, index);
        }
    }
}

#[test]
fn the_longest_proof_has_as_many_hashes_as_the_bound_says() {
    let tree = AllAlikeButOne::new(0);
    let longest = consistency(3, u64::MAX, &tree).unwrap().unwrap();
    assert_eq!(longest.len(), MAX_PROOF_HASHES);
    let longest = inclusion(0, u64::MAX, &tree).unwrap().unwrap();
    assert_eq!(longest.len(), u64::BITS as usize);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn proofs_in_trees_of_any_size_are_the_defined_ones(
        size in 1..=u64::MAX, bits in 0..u64::BITS, index: u64, other: u64,
    ) {
        let size = (size >> bits).max(1);
        check_large(index % size, size, other % size);
        check_large(index % size, size, index % size);
    }
}

#[test]
fn a_proof_reads_few_hashes() {
    let (files, _) = Files::grown(MANY_LEAVES);
    let mut most = 0;
    for index in (0..MANY_LEAVES).step_by(9_973) {
        files.reads.set(0);
        inclusion(index, MANY_LEAVES, &files).unwrap().unwrap();
        consistency(index + 1, MANY_LEAVES, &files)
            .unwrap()
            .unwrap();
        most = most.max(files.reads.get());
    }
    // Of each of the three levels, at most what is beside the way, and the right edge; for two proofs.
    assert!(most <= 2 * 3 * 2 * 255, "{most} reads");
}

#[test]
fn a_missing_hash_is_the_readers_error() {
    let (mut files, _) = Files::grown(700);
    files.levels[1].truncate(1);
    assert_eq!(inclusion(0, 700, &files), Err(Missing(1, 1)));
    assert_eq!(consistency(256, 700, &files), Err(Missing(1, 1)));
    assert_eq!(consistency(257, 257, &files), Ok(Ok(Vec::new())));
}

#[test]
fn a_proof_that_cannot_be_is_not_made() {
    let (files, _) = Files::grown(9);
    for size in 0..9 {
        for index in [size, size + 1, u64::MAX] {
            let refused = ProofError::OutOfTree { index, size };
            assert_eq!(inclusion(index, size, &files), Ok(Err(refused)));
            let verified = verify_inclusion(EMPTY_ROOT, index, size, EMPTY_ROOT, &[]);
            assert_eq!(verified, Err(refused));
        }
        for old in [size + 1, u64::MAX] {
            let refused = ProofError::Shrunk { old, new: size };
            assert_eq!(consistency(old, size, &files), Ok(Err(refused)));
            let verified = verify_consistency((old, EMPTY_ROOT), (size, EMPTY_ROOT), &[]);
            assert_eq!(verified, Err(refused));
        }
    }
}
