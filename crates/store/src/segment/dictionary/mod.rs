//! The terms of a segment and their sets of rows.
//!
//! Terms are ordered by their keys and stand in small compressed blocks, of which the first keys are
//! kept in memory. So a term costs one block, the terms of a field stand together, and how many rows
//! a term has is known before its set is read.

mod reader;
mod writer;

pub(crate) use reader::{Cursor, Dictionary, Found, Pieces, Place};
pub(crate) use writer::{DictionaryWriter, Sections};

use super::error::SegmentError;

/// Bytes of entries from which on a block is full.
const FULL_BLOCK_BYTES: usize = 8_192;
/// Bytes of a block that is taken; the last entry of a full one may be long.
const MAX_BLOCK_BYTES: usize = 1 << 20;
/// Bytes of the longest key.
const MAX_KEY_BYTES: usize = 4_096;
/// Bytes of an entry in `term_blocks` before its key: offset, compressed length and length of the key.
const BLOCK_HEAD_BYTES: usize = 12;

/// Kinds of entries: where a set stands and how it is encoded.
const INLINE_GAPS: u64 = 0;
const STORED_GAPS: u64 = 1;
const STORED_BITMAP: u64 = 2;
/// A cardinality is multiplied by this to make room for the kind.
const KINDS: u64 = 4;

fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("dictionary of terms", what)
}

#[cfg(test)]
mod tests;
