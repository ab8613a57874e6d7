//! Expiry: events whose time is over are removed from the store, for good.
//!
//! What must hold:
//!
//! - only events go that the rules name, by what the events themselves say: their project, and when
//!   they were received; and all of them go that were recorded before it began;
//! - what is gone is in no file of the data directory any longer, compressed or not;
//! - leaves' hashes and checkpoints stay, so every proof of what is left still holds, and what was
//!   published is still consistent;
//! - a segment changes in one step, and the same step counts what was taken. So it can be broken off at
//!   any time, and begun anew: it goes on where it was;
//! - appends and queries come first: it rests as long as it works, and waits while sealing has fallen
//!   behind.

mod plan;
mod removal;
mod rules;

use std::sync::Arc;

use evident_event::time::Timestamp;

pub use self::rules::Expiry;
use self::rules::Rules;
use crate::Store;
use crate::index::IndexError;
use crate::segment::compact::TakenRows;
use crate::segment::error::SegmentError;
use crate::segment::writing::MakeError;
use crate::store::seal_everything;
use crate::upkeep::{SealError, Upkeep};

/// What went, or would go, of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The organization.
    pub organization_id: String,
    /// How many events.
    pub events: u64,
    /// How many bytes their canonical forms have.
    pub bytes: u64,
    /// The lowest and the highest index.
    pub indexes: (u64, u64),
    /// When the first and the last of them were received.
    pub received: (Timestamp, Timestamp),
}

/// All that was ever removed of an organization. It is kept with the segments, so it is neither more nor
/// less than what is gone, whenever the server ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The organization.
    pub organization_id: String,
    /// How many events.
    pub events: u64,
    /// How many bytes their canonical forms had.
    pub bytes: u64,
    /// No entry below this index is shown any longer.
    pub minimum_index: u64,
    /// The index behind the last that went.
    pub end_index: u64,
}

/// Why events could not be removed.
#[derive(Debug, thiserror::Error)]
pub enum ExpireError {
    /// The store records nothing any more.
    #[error("the store has stopped: {0}")]
    Stopped(String),
    /// It is going on already.
    #[error("events are being removed already: try again once that is done")]
    Busy,
    /// The store is closing.
    #[error("the server is stopping: what is left is removed after the next start")]
    Closing,
    /// There is no room to write what stays.
    #[error(
        "the disk is full: what stays of a segment is written before what goes is removed, so make room"
    )]
    Full,
    /// Some of it could not be read.
    #[error("not all events could be removed: {0}; run `evident check`")]
    Failed(String),
}

impl From<IndexError> for ExpireError {
    fn from(error: IndexError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<SegmentError> for ExpireError {
    fn from(error: SegmentError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<SealError> for ExpireError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoSpace => Self::Full,
            SealError::Stopped(reason) => Self::Stopped(reason),
            SealError::ShuttingDown => Self::Closing,
        }
    }
}

impl From<MakeError> for ExpireError {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Closing => Self::Closing,
            MakeError::Durable(error) if error.is_no_space() => Self::Full,
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Says that somebody removes events, for as long as it is there. A store that closes waits for it.
struct Turn<'a>(&'a Upkeep);

impl<'a> Turn<'a> {
    fn take(upkeep: &'a Upkeep) -> Result<Self, ExpireError> {
        match upkeep.begin_expiring() {
            true => Ok(Self(upkeep)),
            false => Err(ExpireError::Busy),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.end_expiring();
    }
}

impl Store {
    /// What rules would remove now. Nothing is changed.
    pub async fn would_expire(&self, rules: Vec<Expiry>) -> Result<Vec<Expired>, ExpireError> {
        let index = Arc::clone(&self.index);
        let work = move || plan::measure(&index.view(), &Rules::of(rules));
        let measured = tokio::task::spawn_blocking(work).await;
        let measured = measured.map_err(|error| ExpireError::Failed(error.to_string()))?;
        Ok(expired(measured?))
    }

    /// Removes what rules name. It is gone when this returns; after an error a part of it may be. One
    /// at a time.
    pub async fn expire(&self, rules: Vec<Expiry>) -> Result<Vec<Expired>, ExpireError> {
        if let Some(reason) = self.health.stopped() {
            return Err(ExpireError::Stopped(reason));
        }
        let (queue, upkeep) = (Arc::clone(&self.queue), Arc::clone(&self.upkeep));
        let work = move || {
            let _turn = Turn::take(&upkeep)?;
            let rules = Rules::of(rules);
            if rules.is_empty() {
                return Ok(TakenRows::new());
            }
            // Before anything is taken out of segments, what is over has to be out of the write-ahead log.
            let view = upkeep.index.view();
            let is_logged = upkeep.is_logged(&plan::plan(&view, &rules, u64::MAX)?)?;
            if is_logged || plan::is_unsealed_over(&view, &rules)? {
                seal_everything(&queue, &upkeep)?;
            }
            upkeep.expire(&rules)
        };
        let taken = tokio::task::spawn_blocking(work).await;
        let taken = taken.map_err(|error| ExpireError::Failed(error.to_string()))?;
        Ok(expired(taken?))
    }

    /// What was ever removed, by organization.
    pub fn removed(&self) -> Vec<Removed> {
        let removed = self.upkeep.removed_rows().into_iter();
        removed
            .map(|removed| Removed {
                organization_id: removed.id,
                events: removed.events,
                bytes: removed.bytes,
                minimum_index: removed.minimum_index,
                end_index: removed.end_index,
            })
            .collect()
    }
}

fn expired(taken: TakenRows) -> Vec<Expired> {
    let taken = taken.into_iter();
    taken
        .map(|(organization_id, taken)| Expired {
            organization_id,
            events: taken.events,
            bytes: taken.bytes,
            indexes: taken.indexes,
            received: (
                Timestamp::from_micros(taken.received.0),
                Timestamp::from_micros(taken.received.1),
            ),
        })
        .collect()
}
