//! The rows of a segment: their canonical bytes in Zstandard frames of whole rows, which stock tools
//! read as NDJSON, and which are read one by one here.
//!
//! What must hold: the rows of all frames, in order, are those that were pushed, byte for byte; a
//! frame is found by the place of any of its rows without reading others. A row that was removed keeps
//! its place: there is a stub in it, or an empty line.

use super::error::SegmentError;

mod line;
mod reader;
mod writer;

pub(crate) use line::{Line, Stub};
pub(crate) use reader::{Frame, Rows, read_seek_table, rebuild_frames};
pub(crate) use writer::{RowsWriter, encode_frames};

/// Decompressed bytes of a frame; only one row that is longer makes it longer.
pub(crate) const FRAME_BYTES: usize = 65_536;
/// Bytes of a row, at most.
pub(crate) const MAX_ROW_BYTES: usize = 1 << 20;
/// Decompressed bytes of a frame that a reader accepts, at most.
pub(crate) const MAX_FRAME_BYTES: u32 = 2 << 20;
/// Bytes of an entry of the section `frames`.
const ENTRY_BYTES: usize = 16;
/// The magic number of the skippable frame of a seek table.
const SEEK_TABLE_MAGIC: u32 = 0x184D_2A5E;
/// The magic number at the end of a seek table.
const SEEKABLE_MAGIC: u32 = 0x8F92_EAB1;
/// Magic number and length of a skippable frame.
const SKIPPABLE_HEAD_BYTES: u64 = 8;
/// Bytes for each frame in a seek table.
const SEEK_ENTRY_BYTES: u64 = 8;
/// Number of frames, descriptor, magic number.
const SEEK_FOOTER_BYTES: u64 = 9;

/// Where a frame is and what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameEntry {
    /// Of its first byte in the file.
    pub(crate) offset: u64,
    /// Of its first row.
    pub(crate) first_place: u32,
    /// Bytes, decompressed.
    pub(crate) decompressed: u32,
}

/// The bytes of the seek table of so many frames, its skippable frame's head counted.
fn seek_table_bytes(frames: u64) -> u64 {
    SKIPPABLE_HEAD_BYTES + frames * SEEK_ENTRY_BYTES + SEEK_FOOTER_BYTES
}

fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("rows", what)
}

#[cfg(test)]
mod tests;
