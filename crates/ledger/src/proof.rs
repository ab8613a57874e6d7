//! Inclusion and consistency proofs of RFC 6962, sections 2.1.1 and 2.1.2.
//!
//! An inclusion proof shows that a leaf is in a tree, a consistency proof that one tree begins with
//! all the leaves of a smaller one. Both are the hashes that were left aside on a way down the tree,
//! so making and checking them walk the same way: [`way_to_leaf`] or [`way_to_tree`].
//!
//! What must always hold:
//!
//! - A proof has exactly one form: one hash more or fewer, or one bit changed, and it does not hold.
//! - A check believes nothing but the roots (and the leaf) that it is given.
//! - Both take at most 64 steps, whatever the sizes are.

use thiserror::Error;

use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use crate::tile::{TILE_HEIGHT, hashes_at_level};
use crate::tree::{HashReader, subtree_root};

/// Most hashes in a proof: a tree of less than 2^64 leaves is 64 high, and a consistency proof has
/// one hash more where it begins inside.
pub const MAX_PROOF_HASHES: usize = 65;

/// A proof that does not hold, or cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The leaf is not below the tree's size.
    #[error("a tree of {size} leaves has no leaf {index}: take a checkpoint that covers it")]
    OutOfTree {
        /// The leaf's number.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The older tree is the larger one.
    #[error(
        "a tree of {new} leaves cannot begin with {old}: the log was rolled back, or the two were swapped"
    )]
    Shrunk {
        /// The size of the tree that is meant to be the older one.
        old: u64,
        /// The size of the other.
        new: u64,
    },
    /// The number of hashes is wrong.
    #[error("the proof has {found} hashes and must have {expected}: fetch it again, whole")]
    Length {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The hashes lead elsewhere than to the tree's root.
    #[error(
        "the proof does not lead to the root of the tree: the leaf is not what the log committed to"
    )]
    NotIncluded,
    /// The hashes do not lead to the older root.
    #[error(
        "the proof does not lead to the older root: the log does not extend what it had signed"
    )]
    OldRoot,
    /// The hashes do not lead to the newer root.
    #[error(
        "the proof does not lead to the newer root: the log does not extend what it had signed"
    )]
    NewRoot,
}

/// A step down a tree: into one half of some leaves, leaving the other aside.
enum Step {
    /// Into the left half; the right one, these leaves, is left aside.
    Left(u64, u64),
    /// Into the right half; the left one is left aside.
    Right(u64, u64),
}

/// The way from the root of `size` leaves to one of them.
fn way_to_leaf(index: u64, size: u64) -> Vec<Step> {
    let (mut start, mut end) = (0, size);
    let mut way = Vec::new();
    while end - start > 1 {
        let middle = start + largest_power_below(end - start);
        if index < middle {
            way.push(Step::Left(middle, end));
            end = middle;
        } else {
            way.push(Step::Right(start, middle));
            start = middle;
        }
    }
    way
}

/// The way from the root of `new` leaves down to where the tree of the first `old` leaves ends; and
/// where the last subtree of that tree, which ends there too, begins.
fn way_to_tree(old: u64, new: u64) -> (Vec<Step>, u64) {
    let (mut start, mut end) = (0, new);
    let mut way = Vec::new();
    while end != old {
        let middle = start + largest_power_below(end - start);
        if old <= middle {
            way.push(Step::Left(middle, end));
            end = middle;
        } else {
            way.push(Step::Right(start, middle));
            start = middle;
        }
    }
    (way, start)
}

/// The largest power of two smaller than `leaves`, which must be two at least.
fn largest_power_below(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// Makes the proof that leaf `index` is in the tree of the first `size` leaves.
///
/// # Errors
/// `Err` with the reader's error; `Ok(Err)` when the tree has no such leaf.
pub fn inclusion<R: HashReader>(
    index: u64,
    size: u64,
    reader: &R,
) -> Result<Result<Vec<Hash>, ProofError>, R::Error> {
    if index >= size {
        return Ok(Err(ProofError::OutOfTree { index, size }));
    }
    let way = way_to_leaf(index, size);
    Ok(Ok(left_aside(&way, reader)?))
}

/// Makes the proof that the tree of the first `new` leaves begins with that of the first `old`.
///
/// # Errors
/// `Err` with the reader's error; `Ok(Err)` when `old` is larger than `new`.
pub fn consistency<R: HashReader>(
    old: u64,
    new: u64,
    reader: &R,
) -> Result<Result<Vec<Hash>, ProofError>, R::Error> {
    if old > new {
        return Ok(Err(ProofError::Shrunk { old, new }));
    }
    if old == 0 {
        // Every tree begins with no leaves.
        return Ok(Ok(Vec::new()));
    }
    let (way, start) = way_to_tree(old, new);
    let mut hashes = Vec::new();
    if start != 0 {
        hashes.push(range_root(start, old, reader)?);
    }
    hashes.extend(left_aside(&way, reader)?);
    Ok(Ok(hashes))
}

/// Checks that `leaf` is leaf `index` of the tree of `size` leaves with this root.
///
/// # Errors
/// When the proof does not show it.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    root: Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfTree { index, size });
    }
    let way = way_to_leaf(index, size);
    check_length(way.len(), proof)?;
    let mut so_far = leaf;
    for (step, aside) in way.iter().rev().zip(proof) {
        so_far = match step {
            Step::Left(..) => node_hash(&so_far, aside),
            Step::Right(..) => node_hash(aside, &so_far),
        };
    }
    match so_far == root {
        true => Ok(()),
        false => Err(ProofError::NotIncluded),
    }
}

/// Checks that the tree of `new` leaves with root `new_root` begins with the tree of `old` leaves with
/// root `old_root`.
///
/// # Errors
/// When the proof does not show it.
pub fn verify_consistency(
    (old, old_root): (u64, Hash),
    (new, new_root): (u64, Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    if old == 0 {
        check_length(0, proof)?;
        return match old_root == EMPTY_ROOT {
            true if new == 0 && new_root != EMPTY_ROOT => Err(ProofError::NewRoot),
            true => Ok(()),
            false => Err(ProofError::OldRoot),
        };
    }
    let (way, start) = way_to_tree(old, new);
    // The subtree that both trees end the way with: all of the older tree, or the proof's first hash.
    let (shared, aside) = match proof.split_first() {
        Some((first, rest)) if start != 0 => (*first, rest),
        _ => (old_root, proof),
    };
    check_length(way.len() + usize::from(start != 0), proof)?;
    let (mut older, mut newer) = (shared, shared);
    for (step, aside) in way.iter().rev().zip(aside) {
        match step {
            // What is to the right came later.
            Step::Left(..) => newer = node_hash(&newer, aside),
            Step::Right(..) => {
                older = node_hash(aside, &older);
                newer = node_hash(aside, &newer);
            }
        }
    }
    if older != old_root {
        return Err(ProofError::OldRoot);
    }
    match newer == new_root {
        true => Ok(()),
        false => Err(ProofError::NewRoot),
    }
}

fn check_length(expected: usize, proof: &[Hash]) -> Result<(), ProofError> {
    let found = proof.len();
    match found == expected {
        true => Ok(()),
        false => Err(ProofError::Length { expected, found }),
    }
}

/// The roots of what a way leaves aside, the deepest first.
fn left_aside<R: HashReader>(way: &[Step], reader: &R) -> Result<Vec<Hash>, R::Error> {
    let root = |step: &Step| {
        let (Step::Left(start, end) | Step::Right(start, end)) = *step;
        range_root(start, end, reader)
    };
    way.iter().rev().map(root).collect()
}

/// The root over the leaves `start..end`, where `start` is a multiple of the largest power of two that
/// fits between them, as it is for every subtree of a tree.
fn range_root<R: HashReader>(start: u64, end: u64, reader: &R) -> Result<Hash, R::Error> {
    // Complete subtrees, the largest first; they join from the right.
    let mut roots = Vec::new();
    let mut from = start;
    while from < end {
        let height = (end - from).ilog2();
        roots.push(complete_root(from, height, reader)?);
        from += 1 << height;
    }
    let joined = roots.into_iter().rev();
    Ok(joined
        .reduce(|right, left| node_hash(&left, &right))
        .unwrap_or(EMPTY_ROOT))
}

/// The root over the `2^height` leaves from `start` on, from the highest level that has it.
fn complete_root<R: HashReader>(start: u64, height: u32, reader: &R) -> Result<Hash, R::Error> {
    // At most 63 / 8 = 7.
    let level = (height / TILE_HEIGHT) as u8;
    let first = hashes_at_level(start, level);
    subtree_root(level, first, height % TILE_HEIGHT, reader)
}
