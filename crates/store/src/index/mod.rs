//! The event index: how stored events are found.
//!
//! Everything that asks for events asks through [`EventIndex`], so that the embedded index, the
//! naive model it is tested against and a database past one machine are interchangeable. What
//! must hold of every implementation:
//!
//! - an answer never holds an event outside the query's [`Scope`];
//! - an event is in answers from before its append was acknowledged, and for ever after, unless its time
//!   is over and it is removed;
//! - `as_of` cuts by the event's index in its organization's log, so an answer at one `as_of` is
//!   the same at any later time, whatever has arrived since, but for events that were removed; a size
//!   that the log has not reached is refused;
//! - totals and counts are exact, and count what the list would show;
//! - an answer comes before its deadline or not at all.
//!
//! `tests/store/conformance` holds every implementation to this and to what a query means.

mod counts;
pub(crate) mod embedded;
pub mod memory;

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::query::{Field, Query, Scope};
use evident_event::time::Timestamp;
use evident_event::time::buckets::Buckets;
use evident_ledger::Hash;

/// The answer of an index, later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, IndexError>> + Send + 'a>>;

/// Most events that one listing may return.
pub const MAX_PAGE_EVENTS: usize = 500;
/// Most values of a split that are counted by themselves.
pub const MAX_SPLIT_VALUES: usize = 20;

/// Why an index could not answer.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The deadline passed before the answer was complete.
    #[error("the query did not finish within its deadline: narrow its time range or its filters")]
    DeadlinePassed,
    /// The log is shorter than it was when the answer was begun.
    #[error("the log has {size} events, and the answer was begun when it had {as_of}: begin anew")]
    Shrunk {
        /// The size that the answer was to be cut at.
        as_of: u64,
        /// The size that there is.
        size: u64,
    },
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

/// An event that a walk comes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkedEvent {
    /// Its leaf's number in the organization's log.
    pub index: u64,
    /// Its canonical bytes, in the memory of all that came with it: who keeps it for long copies them.
    pub canonical: Bytes,
}

impl From<StoredEvent> for WalkedEvent {
    fn from(event: StoredEvent) -> Self {
        let StoredEvent {
            index, canonical, ..
        } = event;
        Self { index, canonical }
    }
}

/// A place between two events of an ordered listing: just after the event named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When that event happened.
    pub occurred_at: Timestamp,
    /// Its index, which decides between events of the same instant.
    pub index: u64,
}

/// Where a page of a query's answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagePlace {
    /// At the beginning.
    First,
    /// What follows the place in the query's order.
    After(Place),
    /// What precedes it; the page is still in the query's order.
    Before(Place),
    /// The event at the place, if it matches, in the middle of its neighbours: half as many events
    /// as the page may have stand before it, and more of one side where the other has fewer.
    Around(Place),
}

/// Which page of a query's answer is asked for.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest {
    /// Only events whose index is below this count. `None`: all that are there now.
    pub as_of: Option<u64>,
    /// Where the page is.
    pub place: PagePlace,
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

/// All of a query's answer, piece by piece in its order.
pub trait Walk: Send {
    /// The log's size that the answer is cut at.
    fn as_of(&self) -> u64;

    /// The next events: at most `limit` of them, and no more than can be read while about `max_bytes` are
    /// held for them; at least one, unless there are none left.
    fn next(
        &mut self,
        limit: usize,
        max_bytes: usize,
        deadline: Instant,
    ) -> Answer<'_, Vec<WalkedEvent>>;
}

/// What follows a log finds: events in index order.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The events that match.
    pub events: Vec<StoredEvent>,
    /// The index to go on from: every event before it has been looked at.
    pub next: u64,
}

/// The first and the last instant at which something happened that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Both of them, which may be the same; `None` if nothing matches.
    pub ends: Option<(Timestamp, Timestamp)>,
    /// The log's size that the answer was cut at.
    pub as_of: u64,
}

/// How events spread over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// How many events match, for each bucket.
    pub counts: Vec<u64>,
    /// The same by the values of a field.
    pub split: Option<Split>,
}

/// Counts for each bucket by the values of a field. An event counts once for each distinct value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// The most frequent values, the most frequent first, with their counts for each bucket.
    pub values: Vec<(String, Vec<u64>)>,
    /// The sum of the counts of all other values.
    pub other: Vec<u64>,
    /// Events without a value.
    pub missing: Vec<u64>,
}

/// A value of a field, or a field's name, and how many events have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueCount {
    /// The value. Of several spellings, where the field ignores case, the most frequent.
    pub value: String,
    /// How many events have it.
    pub count: u64,
}

/// The values of a field, counted. An event counts once for each distinct value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The most frequent values, the most frequent first; those that are as frequent as each other
    /// in the order of their bytes.
    pub values: Vec<ValueCount>,
    /// How many values there are.
    pub distinct: u64,
    /// Events without a value.
    pub missing: u64,
}

/// What completions are asked for.
#[derive(Debug, Clone)]
pub enum Completing {
    /// Values of a field.
    Values(Field),
    /// Names of fields.
    Names,
}

/// How stored events are found. See the module's documentation for what must hold.
///
/// `as_of` is the log's size that an answer is cut at: only events whose index is below it count,
/// and which attempts are open is judged by them alone. `None` means all that are there now.
pub trait EventIndex: Send + Sync {
    /// A page of the events that match, with the exact total.
    fn list<'a>(
        &'a self,
        query: &'a Query,
        page: PageRequest,
        deadline: Instant,
    ) -> Answer<'a, Listing>;

    /// All of the events that match, in the query's order.
    fn walk<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        deadline: Instant,
    ) -> Answer<'a, Box<dyn Walk>>;

    /// The events that match from index `from` on, in index order, at most `limit` of them. However
    /// few match, it looks at no more at once than it can well before a usual deadline, and says
    /// where to go on.
    fn follow<'a>(
        &'a self,
        query: &'a Query,
        from: u64,
        limit: usize,
        deadline: Instant,
    ) -> Answer<'a, Followed>;

    /// When the first and the last of the events that match happened.
    fn span<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        deadline: Instant,
    ) -> Answer<'a, Span>;

    /// How many events that match there are in each bucket, and of each value of a field. Events
    /// outside of the buckets are not counted anywhere.
    fn histogram<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        buckets: &'a Buckets,
        split_by: Option<&'a Field>,
        deadline: Instant,
    ) -> Answer<'a, Histogram>;

    /// The values of fields among the events that match, at most `limit` of each.
    fn facets<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        fields: &'a [Field],
        limit: usize,
        deadline: Instant,
    ) -> Answer<'a, Vec<Facet>>;

    /// The values or names, among those of the events that match, that begin with a prefix, without
    /// regard to case; at most `limit`, in the order of [`Facet::values`].
    fn completions<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        completing: &'a Completing,
        prefix: &'a str,
        limit: usize,
        deadline: Instant,
    ) -> Answer<'a, Vec<ValueCount>>;

    /// The event with this id, if the scope holds it.
    fn get<'a>(&'a self, scope: &'a Scope, id: EventId) -> Answer<'a, Option<StoredEvent>>;

    /// How many leaves of the organization's log the index has taken in.
    fn applied_through<'a>(&'a self, organization_id: &'a str) -> Answer<'a, u64>;

    /// The same once it is more than `index`, or once the deadline has passed.
    fn applied_beyond<'a>(
        &'a self,
        organization_id: &'a str,
        index: u64,
        deadline: Instant,
    ) -> Answer<'a, u64>;
}
