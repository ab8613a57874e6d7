//! The event index: how stored events are found.
//!
//! Everything that asks for events asks through [`EventIndex`], so that the embedded index, the
//! naive model it is tested against and a database past one machine are interchangeable. What
//! must hold of every implementation:
//!
//! - an answer never holds an event outside the query's [`Scope`];
//! - an event is in answers from before its append was acknowledged, and for ever after;
//! - `as_of` cuts by the event's index in its organization's log, so an answer at one `as_of` is
//!   the same at any later time, whatever has arrived since;
//! - totals are exact.

pub mod memory;

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::query::{Query, Scope};
use evident_event::time::Timestamp;
use evident_ledger::Hash;

/// The answer of an index, later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, IndexError>> + Send + 'a>>;

/// Most events that one listing may return.
pub const MAX_PAGE_EVENTS: usize = 500;

/// Why an index could not answer.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The deadline passed before the answer was complete.
    #[error("the query did not finish within its deadline: narrow its time range or its filters")]
    DeadlinePassed,
    /// The index stopped in the middle of a query.
    #[error("the index failed while it answered: {0}; see the server's log")]
    Failed(String),
}

/// An event as the index holds it.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its leaf's number in the organization's log.
    pub index: u64,
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Its leaf in the organization's log.
    pub leaf_hash: Hash,
    /// Its canonical bytes.
    pub canonical: Bytes,
}

/// A place between two events of an ordered listing: just after the event named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When that event happened.
    pub occurred_at: Timestamp,
    /// Its index, which decides between events of the same instant.
    pub index: u64,
}

/// Which way a page is read from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What follows the place in the query's order.
    Forward,
    /// What precedes it; the page is still in the query's order.
    Backward,
}

/// Which page of a query's answer is asked for.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest {
    /// Only events whose index is below this count. `None`: all that are there now.
    pub as_of: Option<u64>,
    /// Where the page starts. `None`: at the beginning (or, backward, at the end).
    pub place: Option<Place>,
    /// Which way to read from there.
    pub direction: Direction,
    /// At most this many events, 1 to [`MAX_PAGE_EVENTS`].
    pub limit: usize,
}

/// A page of a query's answer.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The events, in the query's order.
    pub events: Vec<StoredEvent>,
    /// How many events match in all.
    pub total: u64,
    /// The log's size that the answer was cut at.
    pub as_of: u64,
    /// There are events after the page's last one.
    pub more_after: bool,
    /// There are events before the page's first one.
    pub more_before: bool,
}

/// How stored events are found. See the module's documentation for what must hold.
pub trait EventIndex: Send + Sync {
    /// A page of the events that match, with the exact total.
    fn list<'a>(
        &'a self,
        query: &'a Query,
        page: PageRequest,
        deadline: Instant,
    ) -> Answer<'a, Listing>;

    /// The event with this id, if the scope holds it.
    fn get<'a>(&'a self, scope: &'a Scope, id: EventId) -> Answer<'a, Option<StoredEvent>>;

    /// The events from `from` on in index order, at most `limit`: what followers read.
    fn scan<'a>(
        &'a self,
        scope: &'a Scope,
        from: u64,
        limit: usize,
    ) -> Answer<'a, Vec<StoredEvent>>;

    /// How many leaves of the organization's log the index has taken in.
    fn applied_through<'a>(&'a self, organization_id: &'a str) -> Answer<'a, u64>;
}
