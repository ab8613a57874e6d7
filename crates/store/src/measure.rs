//! What the store counts, for whoever watches it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters since the process started. Each stands alone, so no ordering between them is needed.
#[derive(Debug, Default)]
pub(crate) struct Measures {
    appended_events: AtomicU64,
    duplicate_events: AtomicU64,
    commits: AtomicU64,
    synced_bytes: AtomicU64,
    commit_micros: AtomicU64,
    checkpoints_published: AtomicU64,
    anchor_failures: AtomicU64,
    scrub_verified_bytes: AtomicU64,
    scrub_damaged_pieces: AtomicU64,
}

/// A reading of the store's counters and queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measurements {
    /// Events that wait to be written.
    pub queued_events: u64,
    /// Their canonical bytes.
    pub queued_bytes: u64,
    /// Tails that wait to be sealed, and compactions that wait to be made.
    pub background_work: u64,
    /// Events recorded since the start.
    pub appended_events: u64,
    /// Events that had been recorded before.
    pub duplicate_events: u64,
    /// Writes with one sync each.
    pub commits: u64,
    /// Bytes of frames that were synced.
    pub synced_bytes: u64,
    /// Microseconds spent writing and syncing frames.
    pub commit_micros_sum: u64,
    /// Checkpoints signed and published.
    pub checkpoints_published: u64,
    /// Times that the anchor did not answer.
    pub anchor_failures: u64,
    /// Bytes of segments that were verified in the background.
    pub scrub_verified_bytes: u64,
    /// Pieces of segments that were found damaged, and are still there.
    pub scrub_damaged_pieces: u64,
}

impl Measures {
    pub(crate) fn committed(&self, events: u64, bytes: usize, took: Duration) {
        self.appended_events.fetch_add(events, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.synced_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commit_micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(crate) fn duplicate(&self) {
        self.duplicate_events.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn anchor_failed(&self) {
        self.anchor_failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn published(&self) {
        self.checkpoints_published.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn scrubbed(&self, bytes: u64) {
        self.scrub_verified_bytes
            .fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn damaged_pieces(&self, pieces: u64) {
        self.scrub_damaged_pieces.store(pieces, Ordering::Relaxed);
    }

    pub(crate) fn read(
        &self,
        (events, bytes): (usize, usize),
        background_work: u64,
    ) -> Measurements {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Measurements {
            queued_events: events as u64,
            queued_bytes: bytes as u64,
            background_work,
            appended_events: of(&self.appended_events),
            duplicate_events: of(&self.duplicate_events),
            commits: of(&self.commits),
            synced_bytes: of(&self.synced_bytes),
            commit_micros_sum: of(&self.commit_micros),
            checkpoints_published: of(&self.checkpoints_published),
            anchor_failures: of(&self.anchor_failures),
            scrub_verified_bytes: of(&self.scrub_verified_bytes),
            scrub_damaged_pieces: of(&self.scrub_damaged_pieces),
        }
    }
}
