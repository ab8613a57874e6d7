//! Where a tree's hashes lie in its level files.
//!
//! A log keeps one append-only file a tile level, and every hash at a place
//! that follows from its number alone: hash `i` of level `L` is the 32 bytes at
//! `32·i` of file `L`. It is the root of the leaves `i·256^L .. (i+1)·256^L`.
//! A full C2SP tile is therefore 8 KiB at a multiple of 8 KiB, and a partial
//! one a prefix of that.
//!
//! What must always hold: a level has only hashes of complete subtrees, so what
//! is written once never changes, however the tree grows.

use crate::hash::HASH_BYTES;

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Levels of the tree between one tile level and the next: 2^8 = 256.
pub const TILE_HEIGHT: u32 = 8;

/// Tile levels that a tree of at most 2^64 − 1 leaves can have: 0 to 7.
pub const MAX_LEVELS: u8 = 8;

/// How many hashes the file of `level` has when the tree has `size` leaves.
#[must_use]
pub const fn hashes_at_level(size: u64, level: u8) -> u64 {
    if level < MAX_LEVELS {
        size >> (TILE_HEIGHT * level as u32)
    } else {
        0
    }
}

/// Where hash `index` begins in its level's file, in bytes; `None` past 2^64 bytes.
#[must_use]
pub const fn byte_offset(index: u64) -> Option<u64> {
    index.checked_mul(HASH_BYTES as u64)
}
