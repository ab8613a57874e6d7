//! The Merkle tree of RFC 6962, kept by its right edge.
//!
//! Appending needs no more of a tree than the roots of the complete subtrees
//! that its size consists of, one for each set bit: the *peaks*. All other
//! hashes go to the caller's sink once, when their subtree completes, and from
//! there to the flat level files (see [`crate::tile`]).
//!
//! What must always hold:
//!
//! - `peaks` has one root for each set bit of `size`, the largest subtree first.
//! - A tree resumed from the level files is equal to the one that wrote them.
//! - Memory is at most 64 hashes, and resuming reads at most 255 hashes a level.

use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use crate::tile::{MAX_LEVELS, TILE_HEIGHT, hashes_at_level};

/// The level files of a log, to be read hash by hash.
pub trait HashReader {
    /// Why a hash cannot be read.
    type Error;

    /// Hash number `index` of tile level `level`.
    ///
    /// # Errors
    /// When the hash is not there or cannot be trusted.
    fn read(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The right edge of a growing tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    peaks: Vec<Hash>,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            peaks: Vec::new(),
        }
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        // RFC 6962 splits at the largest power of two, so the peaks join from the right.
        let joined = self.peaks.iter().rev().copied();
        joined
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or(EMPTY_ROOT)
    }

    /// Appends a leaf: less than one node to hash on average, 63 at most.
    ///
    /// `sink(level, index, hash)` is called once for every hash that now belongs
    /// at the end of a level file: the leaf at level 0, and at level `L` the root
    /// of each subtree of 256^L leaves that the leaf completes, lower levels first.
    ///
    /// # Panics
    /// At 2^64 − 1 leaves, which at a million a second takes half a million years.
    pub fn append(&mut self, leaf: Hash, sink: &mut impl FnMut(u8, u64, Hash)) {
        assert!(self.size < u64::MAX, "a tree has at most 2^64 - 1 leaves");
        sink(0, self.size, leaf);
        let size = self.size + 1;
        let mut root = leaf;
        // Each trailing zero of the new size is a subtree that the leaf completes.
        for height in 1..=size.trailing_zeros() {
            let Some(left) = self.peaks.pop() else { break };
            root = node_hash(&left, &root);
            if height % TILE_HEIGHT == 0 {
                // At most 63 / 8 = 7, and the number is that of the last hash there.
                let level = (height / TILE_HEIGHT) as u8;
                sink(level, hashes_at_level(size, level) - 1, root);
            }
        }
        self.peaks.push(root);
        self.size = size;
        debug_assert_eq!(self.peaks.len(), size.count_ones() as usize);
    }

    /// Rebuilds the tree of the first `size` leaves from its level files.
    ///
    /// Only the hashes at the end of each level are read. Whether they agree with
    /// the leaves below them is for the caller to have checked.
    ///
    /// # Errors
    /// The first error of the reader.
    pub fn resume<R: HashReader>(size: u64, reader: &R) -> Result<Self, R::Error> {
        let mut peaks = Vec::with_capacity(size.count_ones() as usize);
        for level in (0..MAX_LEVELS).rev() {
            // The hashes of this level that no hash of the level above covers.
            let end = hashes_at_level(size, level);
            let mut index = end - end % (1 << TILE_HEIGHT);
            for height in (0..TILE_HEIGHT).rev() {
                if end >> height & 1 == 1 {
                    peaks.push(subtree_root(level, index, height, reader)?);
                    index += 1 << height;
                }
            }
        }
        Ok(Self { size, peaks })
    }
}

/// The root over `2^height` consecutive hashes of one level, at most 128 of them.
pub(crate) fn subtree_root<R: HashReader>(
    level: u8,
    start: u64,
    height: u32,
    reader: &R,
) -> Result<Hash, R::Error> {
    if height == 0 {
        return reader.read(level, start);
    }
    let half = 1 << (height - 1);
    let left = subtree_root(level, start, height - 1, reader)?;
    let right = subtree_root(level, start + half, height - 1, reader)?;
    Ok(node_hash(&left, &right))
}

/// The root of the first `size` leaves, read from the level files of a tree at least as large.
///
/// # Errors
/// The first error of the reader.
pub fn root_at<R: HashReader>(size: u64, reader: &R) -> Result<Hash, R::Error> {
    Ok(Tree::resume(size, reader)?.root())
}
