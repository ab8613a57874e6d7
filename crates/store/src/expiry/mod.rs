//! Expiry: events whose time is over are removed from the store, for good.
//!
//! What must hold:
//!
//! - only events go that the rules name, by what the events themselves say: their project, and when
//!   they were received; and all of them go that were recorded before it began;
//! - what is gone is in no file of the data directory any longer, compressed or not;
//! - leaves' hashes and checkpoints stay, so every proof of what is left still holds, and what was
//!   published is still consistent;
//! - segments change in steps, and the same step counts what was taken. After each of them all holds that holds at the
//!   end, but for what is still to go. So it can be broken off at any time, and begun anew by the same rules or others;
//! - once it has been said that rules have changed, nothing more goes by those that were;
//! - appends and queries come first: it rests as long as it works, and waits while sealing has fallen
//!   behind.

mod plan;
mod receipts;
mod removal;
mod rules;
mod seeds;
mod standing;
mod step;

use std::collections::BTreeSet;
use std::sync::Arc;

use evident_event::time::Timestamp;

use self::removal::Removing;
pub use self::rules::Expiry;
use self::rules::Rules;
pub(crate) use self::seeds::{KnownGroups, remove_unused as remove_unused_seeds};
pub(crate) use self::standing::Changes;
pub use self::standing::Standing;
use crate::Store;
use crate::check::row::RowFacts;
use crate::index::IndexError;
use crate::segment::compact::TakenRows;
use crate::segment::error::SegmentError;
use crate::segment::writing::MakeError;
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

/// What no question about an organization shows any longer, because it was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gone {
    /// How many events.
    pub events: u64,
    /// The index behind the last of them.
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
    /// Rules have changed since they were read, and nothing more of these organizations went by them.
    #[error("the rules have changed meanwhile: what is left is removed by those that are set now")]
    Changed(BTreeSet<String>),
    /// Some of it could not be read.
    #[error("not all events could be removed: {0}; run `evident check`")]
    Failed(String),
}

/// A removal that did not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Unfinished {
    /// What went all the same, for good.
    pub expired: Vec<Expired>,
    /// Why not all of it did.
    #[source]
    pub error: ExpireError,
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

    /// Removes what rules name that were read after `standing` was had. It is gone when this returns; of an
    /// organization whose rules change meanwhile nothing more goes. One at a time.
    pub async fn expire(
        &self,
        rules: Vec<Expiry>,
        standing: Standing,
    ) -> Result<Vec<Expired>, Unfinished> {
        let nothing = |error| Unfinished {
            expired: Vec::new(),
            error,
        };
        if let Some(reason) = self.health.stopped() {
            return Err(nothing(ExpireError::Stopped(reason)));
        }
        let (queue, upkeep) = (Arc::clone(&self.queue), Arc::clone(&self.upkeep));
        let work = move || {
            let turn = Turn::take(&upkeep).map_err(nothing)?;
            let mut removing = Removing::new(&upkeep, Rules::of(rules), standing);
            let ended = removing.run(&queue);
            let expired = expired(removing.taken);
            drop(turn);
            match ended {
                Ok(()) => Ok(expired),
                Err(error) => Err(Unfinished { expired, error }),
            }
        };
        let ended = tokio::task::spawn_blocking(work).await;
        ended.map_err(|error| nothing(ExpireError::Failed(error.to_string())))?
    }

    /// When the last event was received that there is, as far as that is known; of those that are sealed, the
    /// latest time in the last segment.
    pub fn last_received_at(&self) -> Result<Option<Timestamp>, ExpireError> {
        let view = self.index.view();
        if let Some(canonical) = view.last_unsealed()? {
            let facts = RowFacts::read(&canonical);
            let facts = facts.map_err(|what| ExpireError::Failed(what.to_owned()))?;
            return Ok(Some(facts.received_at));
        }
        let Some(segment) = view.segments.last() else {
            return Ok(None);
        };
        let received = segment.parts()?.meta.received();
        Ok(received.map(|(_, last)| Timestamp::from_micros(last)))
    }

    /// What is gone of an organization: no question or walk that is begun from now on shows any of it. A moment after
    /// a removal it is less than what [`Self::removed`] says, never more.
    pub fn gone(&self, organization_id: &str) -> Gone {
        let view = self.index.view();
        let pruned = view.removed.get(organization_id).copied();
        pruned.map_or(Gone::default(), |pruned| Gone {
            events: pruned.events,
            end_index: pruned.end_index,
        })
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
