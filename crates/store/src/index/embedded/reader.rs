//! Reading events from where they are kept.
//!
//! Rows that are near each other in time are near each other in their file, so the frames that were
//! decompressed last are kept for as long as an answer is being made.

use std::sync::Arc;

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::json::members::members;
use evident_event::json::{self, Json};
use evident_ledger::Hash;

use super::unit::{Sealed, Unit};
use crate::index::{IndexError, Place, StoredEvent};
use crate::logs::HashFiles;
use crate::segment::error::SegmentError;
use crate::segment::rows::Frame;
use crate::segment::tail::TailRow;
use crate::wal::StoredError;

/// Frames that are kept decompressed.
const MAX_FRAMES: usize = 4;

impl From<StoredError> for IndexError {
    fn from(error: StoredError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Reads events of one organization.
pub(super) struct Reader {
    hashes: Arc<HashFiles>,
    /// The frames that were read last: first position of the segment, number of the frame.
    frames: Vec<(u64, u32, Arc<Frame>)>,
}

impl Reader {
    pub(super) fn new(hashes: &Arc<HashFiles>) -> Self {
        Self {
            hashes: Arc::clone(hashes),
            frames: Vec::new(),
        }
    }

    /// A row's canonical bytes.
    pub(super) fn canonical(&mut self, unit: &Unit, row: u32) -> Result<Bytes, IndexError> {
        match unit {
            Unit::Sealed(sealed) => self.at_place(sealed, sealed.place_of(row)?),
            Unit::Tail(tail) => tail.canonical(row),
        }
    }

    /// The canonical bytes at a place of a segment.
    pub(super) fn at_place(&mut self, sealed: &Sealed, place: u32) -> Result<Bytes, IndexError> {
        let rows = &sealed.parts.rows;
        let segment = sealed.segment.listed().first_position;
        let number = rows.frame_of(place);
        let is_it = |kept: &&(u64, u32, Arc<Frame>)| (kept.0, kept.1) == (segment, number);
        let frame = match self.frames.iter().find(is_it) {
            Some((_, _, frame)) => Arc::clone(frame),
            None => {
                let frame = Arc::new(rows.frame(number)?);
                if self.frames.len() >= MAX_FRAMES {
                    self.frames.remove(0);
                }
                self.frames.push((segment, number, Arc::clone(&frame)));
                frame
            }
        };
        // Copied, or a small event would hold all of its frame.
        let row = frame.row(place).map(Bytes::copy_from_slice);
        Ok(row.ok_or(SegmentError::malformed(
            "rows.ndjson.zst",
            "a row is not in its frame",
        ))?)
    }

    /// An event, with all that the log says of it.
    pub(super) fn event(&mut self, unit: &Unit, row: u32) -> Result<StoredEvent, IndexError> {
        let (kept, place) = unit.kept_at(row)?;
        self.event_at(unit, kept, place)
    }

    /// The same of one whose place is known.
    pub(super) fn event_at(
        &mut self,
        unit: &Unit,
        kept: u32,
        place: Place,
    ) -> Result<StoredEvent, IndexError> {
        let canonical = match unit {
            Unit::Sealed(sealed) => self.at_place(sealed, kept)?,
            Unit::Tail(tail) => {
                let canonical = tail.canonical(kept)?;
                return tail.with(|rows, _| {
                    let row = rows.rows().get(kept as usize);
                    row.map(|row| of_tail(row, canonical))
                        .ok_or_else(no_such_row)
                });
            }
        };
        Ok(StoredEvent {
            index: place.index,
            id: id_of(&canonical).ok_or(SegmentError::malformed(
                "rows.ndjson.zst",
                "an event has no id",
            ))?,
            occurred_at: place.occurred_at,
            leaf_hash: self.leaf_hash(place.index)?,
            canonical,
        })
    }

    fn leaf_hash(&self, index: u64) -> Result<Hash, IndexError> {
        // Rows are sealed only once their leaves' hashes are in the files.
        self.hashes
            .leaf(index, u64::MAX)
            .map_err(|error| IndexError::Failed(error.to_string()))
    }
}

/// An event of a tail.
pub(super) fn of_tail(row: &TailRow, canonical: Bytes) -> StoredEvent {
    StoredEvent {
        index: row.index,
        id: row.id,
        occurred_at: row.occurred_at,
        leaf_hash: row.leaf_hash,
        canonical,
    }
}

pub(super) fn no_such_row() -> IndexError {
    IndexError::Failed("a row is not where it was found".to_owned())
}

/// The id of an event by its canonical bytes.
pub(super) fn id_of(canonical: &[u8]) -> Option<EventId> {
    let id = members(canonical).find(|member| member.name == b"id")?;
    let text = id.value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    EventId::parse(std::str::from_utf8(text).ok()?).ok()
}

/// The event as a value; `None` if its bytes are not JSON, which admission rules out.
pub(super) fn value(canonical: &[u8]) -> Option<Json<'_>> {
    json::parse(canonical, json::MAX_DEPTH).ok()
}
