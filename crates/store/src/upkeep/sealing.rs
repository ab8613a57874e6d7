//! Sealing: which tails become a segment when, and when the write-ahead log gives up their rows.
//!
//! What must hold:
//!
//! - a segment has positions of one group of `segment_rows`: all that are left of it when the last of its
//!   tails is full, or what tails have of it that were ended early, at once;
//! - rows are told to be released only when segments that the manifest names have them and no file of the
//!   write-ahead log does: the sequencer has begun another file before it asks for them to be sealed.

use std::sync::{Arc, PoisonError};

use super::{FULL_DISK_PAUSE, Upkeep, Work, warm};
use crate::logs::LogError;
use crate::segment::meta::Listed;
use crate::segment::seal::seal;
use crate::segment::sealed::Segment;
use crate::segment::tail::{Rows, Tail};
use crate::segment::writing::MakeError;
use crate::wal;

/// Why rows are not all in segments, and out of the write-ahead log. None of them is lost, and what was
/// begun goes on by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The disk is full.
    #[error(
        "the disk is full: the newest events cannot be put into segments; free space and try again"
    )]
    NoSpace,
    /// A write or sync failed, or the log is damaged.
    #[error("events are not being put into segments: {0}")]
    Stopped(String),
    /// The store is closing.
    #[error("the server is shutting down: try again when it runs again")]
    ShuttingDown,
}

/// What the sealer does next.
pub(super) enum Task {
    /// These tails become a segment.
    Seal(Vec<Arc<Tail>>),
    /// The write-ahead log gives up the rows before a position, all of which are sealed.
    Release(u64),
}

impl Upkeep {
    /// Has all rows before a position sealed. Tails must end there, and a file of the write-ahead log begin.
    pub(crate) fn seal_through(&self, position: u64) {
        let mut work = self.lock();
        work.seal_through = work.seal_through.max(position);
        drop(work);
        self.changed.notify_all();
    }

    /// How often the disk was found full, for [`Self::wait_released`].
    pub(crate) fn full_disk_finds(&self) -> u64 {
        self.lock().full_disk_finds
    }

    /// Waits until the rows before a position are in segments, and in no file of the write-ahead log.
    /// Gives up when the disk was found full more often than before.
    pub(crate) fn wait_released(&self, position: u64, finds_before: u64) -> Result<(), SealError> {
        let mut work = self.lock();
        while work.released_through < position {
            if work.closing {
                return Err(SealError::ShuttingDown);
            }
            if let Some(reason) = self.health.stopped() {
                return Err(SealError::Stopped(reason));
            }
            if work.full_disk_finds > finds_before {
                return Err(SealError::NoSpace);
            }
            // Not all that ends the waiting is told: the store may be stopped by others.
            work = self.wait(work, FULL_DISK_PAUSE);
        }
        Ok(())
    }

    /// Segments that wait to be sealed: those whose last position is there. Tails that were ended early
    /// count as full ones, since each may take as much memory.
    pub(super) fn unsealed(&self) -> usize {
        let view = self.index.view();
        let Some(first) = view.full.first() else {
            return 0;
        };
        let segment_of = |position: u64| position / u64::from(self.shape.segment_rows.max(1));
        let segments = segment_of(view.tail.first_position()) - segment_of(first.first_position());
        let by_tails = view.full.len() / self.shape.tails().max(1);
        usize::try_from(segments).map_or(by_tails, |segments| segments.max(by_tails))
    }

    /// Waits for something to do; nothing once the store is closing or has stopped.
    pub(super) fn wait_for_task(&self) -> Option<Task> {
        let mut work = self.lock();
        loop {
            if work.closing || self.health.stopped().is_some() {
                return None;
            }
            if let Some(task) = self.next_task(&work) {
                return Some(task);
            }
            work = self
                .changed
                .wait(work)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// What is to be done next, if anything is.
    pub(super) fn next_task(&self, work: &Work) -> Option<Task> {
        let view = self.index.view();
        if let Some(first) = view.full.first() {
            let rows = u64::from(self.shape.segment_rows.max(1));
            let end = (first.first_position() / rows + 1) * rows;
            let through = match view.tail.first_position() >= end {
                true => end,
                false => work.seal_through.min(end),
            };
            let to_be_sealed = view.full.iter().take_while(|tail| tail.end() <= through);
            let tails: Vec<Arc<Tail>> = to_be_sealed.cloned().collect();
            if !tails.is_empty() {
                return Some(Task::Seal(tails));
            }
        }
        let is_asked_for = work.seal_through > work.released_through;
        is_asked_for.then_some(Task::Release(work.seal_through))
    }

    pub(super) fn perform(&self, task: &Task) -> Result<(), MakeError> {
        match task {
            Task::Seal(tails) => self.seal(tails),
            Task::Release(position) => self.release(*position),
        }
    }

    /// Makes tails a segment.
    fn seal(&self, tails: &[Arc<Tail>]) -> Result<(), MakeError> {
        let generation = self.generation();
        let first = tails.first().map_or(0, |tail| tail.first_position());
        let guards: Vec<_> = tails.iter().map(|tail| tail.read()).collect();
        let held: Vec<&Rows> = guards.iter().map(|rows| &**rows).collect();
        let rows = held.iter().map(|held| held.rows().len() as u32).sum();
        let sealed = seal(&self.durable, first, generation, &held);
        drop(guards);
        let named = sealed.and_then(|listed| {
            self.vouch_for(&listed)?;
            self.change_manifest(|manifest| manifest.segments.push(listed.clone()))?;
            Ok(listed)
        });
        let listed = self.or_remove(named, first, rows, generation)?;
        let segment = Arc::new(Segment::new(
            &self.durable.path("".as_ref()),
            listed.clone(),
        ));
        warm(&segment);
        self.index.change_view(|view| {
            view.full.drain(..tails.len());
            view.segments.push(segment);
        });
        self.tell();
        wal::remove_covered(&self.durable, listed.end())?;
        Ok(())
    }

    /// Brings the leaves of a segment's rows to stable storage, and under signed heads.
    fn vouch_for(&self, listed: &Listed) -> Result<(), LogError> {
        for rows in &listed.organizations {
            let end = rows.first_index + u64::from(rows.rows);
            self.logs.settle(&rows.id)?;
            if let Some(log) = self.logs.get(&rows.id)
                && log.signed_size().is_none_or(|size| size < end)
            {
                self.logs.sign(&log)?;
            }
        }
        Ok(())
    }

    /// Removes the files of the write-ahead log whose rows are all sealed.
    fn release(&self, position: u64) -> Result<(), MakeError> {
        wal::remove_covered(&self.durable, position)?;
        let mut work = self.lock();
        work.released_through = work.released_through.max(position);
        drop(work);
        self.changed.notify_all();
        Ok(())
    }
}
