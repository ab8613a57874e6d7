//! What is asked of the sequencer, and what it answers.

use std::sync::Arc;

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::record::Carried;
use evident_event::time::Timestamp;
use evident_ledger::Hash;

/// Most events in one append: the bound of a request.
pub const MAX_EVENTS_PER_APPEND: usize = 10_000;

/// One event, ready to be kept.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Its id, unique in its organization.
    pub id: EventId,
    /// When the server received it.
    pub received_at: Timestamp,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Which members the client sent: what a retry of the same id is compared by.
    pub carried: Carried,
    /// Its canonical bytes.
    pub canonical: Bytes,
}

/// The events of one request.
#[derive(Debug, Clone)]
pub struct Append {
    /// The organization whose log takes them.
    pub organization_id: Arc<str>,
    /// The events, in order; at least one, at most [`MAX_EVENTS_PER_APPEND`].
    pub events: Vec<NewEvent>,
    /// Keep the good ones when some conflict, instead of refusing all.
    pub partial: bool,
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the log.
    Recorded(Receipt),
    /// Its id is taken by an event that differs. Only in a partial append.
    Conflict(Conflict),
}

/// An event's place on the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The event's id.
    pub id: EventId,
    /// Its leaf's number in the organization's log.
    pub index: u64,
    /// Its leaf.
    pub leaf_hash: Hash,
    /// It had been recorded before: this is the first receipt again.
    pub duplicate: bool,
}

/// An id that is taken by another event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The event's place in the append, from 0.
    pub position: usize,
    /// The id.
    pub id: EventId,
    /// The members that differ from the recorded event's.
    pub fields: Vec<&'static str>,
}

/// Why nothing of an append was acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// Ids are taken by other events; nothing was recorded.
    #[error("{} of the ids are taken by events that differ: send corrected events under new ids", .0.len())]
    Conflict(Vec<Conflict>),
    /// There is no log for the organization.
    #[error("the organization {0} has no log here: create the organization first")]
    UnknownOrganization(Arc<str>),
    /// The append breaks a bound that the caller must keep.
    #[error("the append cannot be taken: {0}")]
    Invalid(String),
    /// Too much is waiting already.
    #[error("too many events are waiting to be written: try again in a second")]
    QueueFull,
    /// The disk is full. Ingest resumes when there is room.
    #[error("the disk is full: nothing was recorded; free space and send the events again")]
    NoSpace,
    /// A write or sync failed, or the log is damaged.
    #[error("events are not being accepted: {0}")]
    Stopped(String),
    /// The server is shutting down.
    #[error("the server is shutting down: send the events again to the next instance")]
    ShuttingDown,
}
