//! Walks: all of an answer, piece by piece.
//!
//! A walk goes by millions of rows, so each frame of a piece is decompressed once however its rows are
//! mixed with those of others, and nothing is looked up that is not shown: no ids, no leaves' hashes.
//!
//! What must hold: rows come in the query's order, each once, whatever the sizes of the pieces; a piece
//! holds no more than was asked for and one frame, or one event that is longer.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

use bytes::Bytes;
use evident_event::query::Query;

use super::list::direction;
use super::order::{From, Merge, Ordered};
use super::unit::{Sealed, Unit};
use super::{Cut, in_time, off_the_reactor};
use crate::index::{Answer, IndexError, Walk, WalkedEvent};
use crate::segment::error::SegmentError;
use crate::segment::rows::Frame;

/// Rows whose order is found at once.
const ROWS_AHEAD: usize = 512;
/// Frames that are kept from one piece to the next: its first rows are in those of the last ones.
const MAX_FRAMES_KEPT: usize = 4;

/// All of a query's answer.
pub(super) struct Walked {
    as_of: u64,
    /// `None` once it is broken off.
    walking: Option<Walking>,
}

impl Walked {
    pub(super) fn new(cut: Cut, query: &Query) -> Result<Self, IndexError> {
        let matches = cut.matches(query)?;
        let rows = Merge::new(
            &cut.units,
            matches.iter(),
            direction(query),
            From::Beginning,
        )?;
        Ok(Self {
            as_of: cut.as_of,
            walking: Some(Walking {
                units: cut.units,
                rows,
                ahead: VecDeque::new(),
                frames: Frames::default(),
            }),
        })
    }
}

impl Walk for Walked {
    fn as_of(&self) -> u64 {
        self.as_of
    }

    fn next(
        &mut self,
        limit: usize,
        max_bytes: usize,
        deadline: Instant,
    ) -> Answer<'_, Vec<WalkedEvent>> {
        Box::pin(async move {
            // Taken for as long as it is worked on: a walk that failed, or that nobody waited for,
            // does not go on.
            let Some(mut walking) = self.walking.take() else {
                return Err(IndexError::Failed(
                    "the walk was broken off before".to_owned(),
                ));
            };
            let (walking, events) = off_the_reactor(move || {
                let events = walking.piece(limit.max(1), max_bytes, deadline)?;
                Ok((walking, events))
            })
            .await?;
            self.walking = Some(walking);
            Ok(events)
        })
    }
}

struct Walking {
    units: Vec<Unit>,
    rows: Merge,
    /// Rows that come next, as far as their order was found.
    ahead: VecDeque<Ordered>,
    frames: Frames,
}

impl Walking {
    fn piece(
        &mut self,
        limit: usize,
        max_bytes: usize,
        deadline: Instant,
    ) -> Result<Vec<WalkedEvent>, IndexError> {
        in_time(deadline)?;
        let mut piece = Piece::default();
        self.frames.keep_last();
        while piece.events.len() < limit {
            let Some(row) = self.ahead.front().copied() else {
                in_time(deadline)?;
                self.ahead = self.rows.take(&self.units, ROWS_AHEAD)?.into();
                match self.ahead.is_empty() {
                    true => break,
                    false => continue,
                }
            };
            if !piece.events.is_empty() && piece.bytes.len() + self.frames.held > max_bytes {
                break;
            }
            match self.units.get(row.unit) {
                Some(Unit::Sealed(sealed)) => {
                    let frame = self.frames.frame(row.unit, sealed, row.kept, deadline)?;
                    let text = frame.row(row.kept).ok_or(SegmentError::malformed(
                        "rows.ndjson.zst",
                        "a row is not in its frame",
                    ))?;
                    piece.add(row.place.index, text);
                }
                Some(Unit::Tail(tail)) => piece.add(row.place.index, &tail.canonical(row.kept)?),
                None => return Err(IndexError::Failed("a unit is gone".to_owned())),
            }
            self.ahead.pop_front();
        }
        Ok(piece.finish())
    }
}

/// Events that are being gathered, in one piece of memory.
#[derive(Default)]
struct Piece {
    bytes: Vec<u8>,
    events: Vec<(u64, Range<usize>)>,
}

impl Piece {
    fn add(&mut self, index: u64, canonical: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(canonical);
        self.events.push((index, start..self.bytes.len()));
    }

    fn finish(self) -> Vec<WalkedEvent> {
        let bytes = Bytes::from(self.bytes);
        let event = |(index, range)| WalkedEvent {
            index,
            canonical: bytes.slice(range),
        };
        self.events.into_iter().map(event).collect()
    }
}

/// Frames in memory, those that were used last at the end.
#[derive(Default)]
struct Frames {
    frames: Vec<(usize, Frame)>,
    /// Bytes of all of them.
    held: usize,
}

impl Frames {
    /// The frame that has a row of a unit.
    fn frame(
        &mut self,
        unit: usize,
        sealed: &Sealed,
        kept: u32,
        deadline: Instant,
    ) -> Result<&Frame, IndexError> {
        let has_it = |(of, frame): &(usize, Frame)| *of == unit && frame.row(kept).is_some();
        match self.frames.iter().rposition(has_it) {
            // Most rows are in the frame of the one before.
            Some(at) if at + 1 == self.frames.len() => {}
            Some(at) => {
                let found = self.frames.remove(at);
                self.frames.push(found);
            }
            None => {
                in_time(deadline)?;
                let rows = &sealed.parts.rows;
                let frame = rows.frame(rows.frame_of(kept))?;
                self.held += frame.len();
                self.frames.push((unit, frame));
            }
        }
        let last = self.frames.last().map(|(_, frame)| frame);
        last.ok_or_else(|| IndexError::Failed("a frame is gone".to_owned()))
    }

    /// Forgets all but those that were used last.
    fn keep_last(&mut self) {
        let behind = self.frames.len().saturating_sub(MAX_FRAMES_KEPT);
        self.frames.drain(..behind);
        self.held = 0;
    }
}
