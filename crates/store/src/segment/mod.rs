//! Segments: where rows are kept for good, and the tail that they come from.
//!
//! The bytes are told in `spec/segment.md`. What must hold:
//!
//! - a segment is whole and on stable storage before the manifest names it, and never changes;
//! - every byte is under a checksum, which is compared whenever the byte is read;
//! - a row is in one place: in a segment, or in a tail that the write-ahead log gives anew.

pub(crate) mod checked;
pub(crate) mod compact;
pub(crate) mod dictionary;
pub(crate) mod error;
pub(crate) mod filter;
pub(crate) mod ids;
pub(crate) mod key;
pub(crate) mod meta;
pub(crate) mod packed;
pub(crate) mod postings;
pub(crate) mod rows;
pub(crate) mod seal;
pub(crate) mod sealed;
pub(crate) mod sets;
pub(crate) mod source;
pub(crate) mod tail;
pub(crate) mod varint;
pub(crate) mod writing;
