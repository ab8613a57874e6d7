//! Asking for events: parameters and cursors in, pages out.
//!
//! What must always hold:
//!
//! - every question carries the scope of the one who asks, also when it comes with a cursor: a
//!   cursor says where to go on, never what may be seen;
//! - names mean what they mean in the caller's own catalog;
//! - all pages of an answer are cut at the same size of the log and at the same instants, so that
//!   nothing is missing or comes twice, whatever is recorded meanwhile;
//! - a page is bounded in events and in bytes; an answer that takes too long is given up.

mod cursor;

use std::sync::Arc;
use std::time::{Duration, Instant};

use evident_event::id::EventId;
use evident_event::query::{Query, QueryError, Scope};
use evident_event::time::Timestamp;
use evident_store::index::{
    Direction, EventIndex, IndexError, Listing, PageRequest, Place, StoredEvent,
};

use tokio::time::timeout_at;

use crate::control::Organizations;
use crate::workers::{Abandoned, Workers};

use cursor::Cursor;
pub(crate) use cursor::CursorError;

/// How long a question may take.
pub(crate) const QUERY_DEADLINE: Duration = Duration::from_secs(10);
/// Most canonical bytes of a page. A page that would have more ends early, and its cursor goes on
/// from there.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// The question is not understood.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The cursor is none of this question's.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The index did not answer.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The index panicked.
    #[error(transparent)]
    Abandoned(#[from] Abandoned),
}

/// A page of an answer.
#[derive(Debug)]
pub(crate) struct EventPage {
    /// The events, in order.
    pub(crate) events: Vec<StoredEvent>,
    /// Goes on after the last of them.
    pub(crate) next_cursor: Option<String>,
    /// Goes back before the first of them.
    pub(crate) prev_cursor: Option<String>,
    /// How many events match in all.
    pub(crate) total: u64,
    /// The log's size that the answer is cut at.
    pub(crate) as_of: u64,
}

/// Answers questions.
pub(crate) struct Questions {
    index: Arc<dyn EventIndex>,
    organizations: Arc<Organizations>,
    workers: Workers,
}

impl Questions {
    /// Answers from an index, with workers that nothing but questions keeps busy.
    pub(crate) fn new(
        index: Arc<dyn EventIndex>,
        organizations: Arc<Organizations>,
        workers: Workers,
    ) -> Self {
        Self {
            index,
            organizations,
            workers,
        }
    }

    /// The page that the parameters ask for.
    pub(crate) async fn page<'p>(
        &self,
        scope: Scope,
        parameters: impl Iterator<Item = (std::borrow::Cow<'p, str>, std::borrow::Cow<'p, str>)>,
        now: Timestamp,
    ) -> Result<EventPage, AskError> {
        let known = self.organizations.catalog(scope.organization_id());
        let aliases = |text: &str| known.catalog.name_for_alias(text).map(str::to_owned);
        let (query, page) = Query::parse(scope, parameters, now, &aliases)?;
        let fingerprint = query.fingerprint();
        let (query, request) = match &page.cursor {
            None => (query, first_page(page.limit)),
            Some(text) => {
                let cursor = Cursor::parse(text, &fingerprint)?;
                let request = cursor.page(page.limit);
                (query.with_resolved_range(cursor.range()), request)
            }
        };
        let range = query.range();
        let mut listing = self.list(query, request).await?;
        keep_within_bytes(&mut listing, request.direction);
        Ok(cursors(listing, |place, direction, as_of| {
            Cursor::new(fingerprint, range, as_of, place, direction).to_string()
        }))
    }

    /// Asks the index, on a worker: an index may walk for as long as the deadline allows, and the
    /// threads that serve connections must not walk with it. Waiting for a worker counts.
    async fn list(&self, query: Query, request: PageRequest) -> Result<Listing, AskError> {
        let deadline = Instant::now() + QUERY_DEADLINE;
        let index = Arc::clone(&self.index);
        let runtime = tokio::runtime::Handle::current();
        let asking = self
            .workers
            .run(move || runtime.block_on(index.list(&query, request, deadline)));
        match timeout_at(deadline.into(), asking).await {
            Ok(answer) => Ok(answer??),
            Err(_) => Err(IndexError::DeadlinePassed.into()),
        }
    }

    /// The event of this id, if the scope holds it.
    pub(crate) async fn event(
        &self,
        scope: &Scope,
        id: EventId,
    ) -> Result<Option<StoredEvent>, IndexError> {
        self.index.get(scope, id).await
    }
}

fn first_page(limit: usize) -> PageRequest {
    PageRequest {
        as_of: None,
        place: None,
        direction: Direction::Forward,
        limit,
    }
}

/// Drops events from the far end of a page until it is small enough; one is always left.
fn keep_within_bytes(listing: &mut Listing, direction: Direction) {
    let sizes = listing.events.iter().map(|event| event.canonical.len());
    match direction {
        Direction::Forward => {
            let kept = fitting(sizes);
            listing.more_after |= kept < listing.events.len();
            listing.events.truncate(kept);
        }
        Direction::Backward => {
            let dropped = listing.events.len() - fitting(sizes.rev());
            listing.more_before |= dropped > 0;
            listing.events.drain(..dropped);
        }
    }
}

/// How many of these sizes fit into a page, at least one.
fn fitting(sizes: impl Iterator<Item = usize>) -> usize {
    let mut bytes = 0;
    sizes
        .enumerate()
        .take_while(|(at, size)| {
            bytes += size;
            *at == 0 || bytes <= MAX_PAGE_BYTES
        })
        .count()
}

fn cursors(listing: Listing, cursor: impl Fn(Place, Direction, u64) -> String) -> EventPage {
    let place = |event: &StoredEvent| Place {
        occurred_at: event.occurred_at,
        index: event.index,
    };
    let edge = |event: Option<&StoredEvent>, more: bool, direction| {
        let event = event.filter(|_| more)?;
        Some(cursor(place(event), direction, listing.as_of))
    };
    EventPage {
        next_cursor: edge(
            listing.events.last(),
            listing.more_after,
            Direction::Forward,
        ),
        prev_cursor: edge(
            listing.events.first(),
            listing.more_before,
            Direction::Backward,
        ),
        total: listing.total,
        as_of: listing.as_of,
        events: listing.events,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_where_its_bytes_end_and_never_empty() {
        assert_eq!(fitting([].into_iter()), 0);
        assert_eq!(fitting([MAX_PAGE_BYTES + 1, 1].into_iter()), 1);
        assert_eq!(fitting([MAX_PAGE_BYTES - 1, 1, 1].into_iter()), 2);
        assert_eq!(fitting([1, 2, 3].into_iter()), 3);
    }
}
