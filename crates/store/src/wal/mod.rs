//! The write-ahead log: where an event becomes durable.
//!
//! One file for each group of 65,536 positions, or several where rows had to leave the log before their
//! group was full; in it, one frame for each append. The bytes are told in `spec/wal.md`. What must hold:
//!
//! - a file has its final name only with a whole, synced header;
//! - the frames' positions follow each other without gap, across files, and each organization's
//!   indexes do too;
//! - a frame lies whole in the file of its first position;
//! - a file is synced before the next one is made, so only the newest can have a torn tail;
//! - a file is removed only when its rows are kept elsewhere, the oldest first, and never the newest;
//! - a frame says up to where the file was synced when it was written. So a bad frame that a later
//!   good one calls synced is damage, and one that none does is a torn tail, which was never
//!   acknowledged and is cut off.

mod files;
mod frame;
mod scan;
mod stored;
mod writer;

pub(crate) use files::{FileName, files, oldest_position, remove_covered, remove_unfinished};
pub(crate) use frame::{FileHeader, Frame, FrameBuilder, frame_bytes};
pub use frame::{FrameError, RowRef};
pub use scan::{Damage, ScanError};
pub(crate) use scan::{End, Scan};
pub use stored::StoredError;
pub(crate) use stored::{Stored, StoredReader, WalFile};
pub(crate) use writer::{WriteError, Writer};

/// Positions in a group: one Roaring container, one salt seed, WAL files of its own.
pub const GROUP_POSITIONS: u64 = 65_536;

/// Most bytes in a frame: an append of the largest request with room for what the server adds.
pub const MAX_FRAME_BYTES: usize = 64 << 20;

/// The group that a position belongs to.
pub const fn group_of(position: u64) -> u64 {
    position / GROUP_POSITIONS
}
