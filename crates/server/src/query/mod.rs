//! Asking for events: parameters and cursors in, answers out.
//!
//! What must always hold:
//!
//! - every question carries the scope of the one who asks, also when it comes with a cursor: a
//!   cursor says where to go on, never what may be seen;
//! - names mean what they mean in the caller's own catalog;
//! - all pages of an answer are cut at the same size of the log and at the same instants, so that
//!   nothing is missing or comes twice, whatever is recorded meanwhile; what counts with a page's
//!   cursor is cut where the page is;
//! - what is held of an answer at one time is bounded in events and in bytes; an answer that takes
//!   too long is given up.

mod asker;
mod counts;
mod cursor;
mod export;
#[cfg(test)]
pub(crate) mod fixtures;
mod page;
#[cfg(test)]
mod scopes;
mod tail;

use std::sync::Arc;
use std::time::{Duration, Instant};

use evident_event::id::EventId;
use evident_event::query::{PlaceAsked, Query, QueryError, Scope};
use evident_event::time::Timestamp;
use evident_event::time::zone::Zone;
use evident_store::index::{EventIndex, IndexError, PagePlace, Place, StoredEvent};

use crate::control::Organizations;
use crate::places::NoPlace;
use crate::workers::{Abandoned, Workers};

use asker::Asker;
use cursor::{Cursor, Fingerprint};

pub(crate) use counts::Spread;
pub(crate) use cursor::CursorError;
pub(crate) use export::{Export, Exports};
pub(crate) use page::EventPage;
pub(crate) use tail::{After, News, Tail, Tails};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// The question is not understood.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The cursor is none of this question's.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// There is no event to show the neighbours of.
    #[error("around: there is no such event: check its id and your key")]
    NothingAround,
    /// A tail goes on after an event that is not there.
    #[error(
        "last-event-id: the log has {size} events, so it has no event with index {index} to go on \
         after: check the organization of your key, or leave the header out to begin with now"
    )]
    UnknownIndex {
        /// The index that was given.
        index: u64,
        /// How many events there are.
        size: u64,
    },
    /// The deadline passed.
    #[error("the query did not finish within {after:?}: {}", narrower(*.phrases))]
    Deadline {
        /// How long it was waited.
        after: Duration,
        /// The query asks for words next to each other.
        phrases: bool,
    },
    /// Too many are answered for longer than a moment.
    #[error(transparent)]
    TooMany(#[from] NoPlace),
    /// The index did not answer.
    #[error(transparent)]
    Index(IndexError),
    /// The index panicked.
    #[error(transparent)]
    Abandoned(#[from] Abandoned),
}

const fn narrower(phrases: bool) -> &'static str {
    match phrases {
        false => "ask for a narrower range of time, or with filters that fewer events pass",
        true => {
            "words in quotes are looked for next to each other in each event that has them all; ask \
             for a narrower range of time, or leave out the quotes"
        }
    }
}

/// A question that is understood: what is asked, of which part of the log, by when.
#[derive(Debug)]
pub(crate) struct Question {
    query: Query,
    fingerprint: Fingerprint,
    place: PagePlace,
    /// The log's size that answers are cut at, if a cursor says so.
    as_of: Option<u64>,
    limit: usize,
    deadline: Instant,
}

impl Question {
    /// The zone that its local days are of.
    pub(crate) fn zone(&self) -> &Zone {
        self.query.zone()
    }
}

/// Answers questions.
pub(crate) struct Questions {
    asker: Asker,
    organizations: Arc<Organizations>,
}

impl Questions {
    /// Answers from an index, each question within so much time, with workers that nothing but
    /// questions keeps busy.
    pub(crate) fn new(
        index: Arc<dyn EventIndex>,
        organizations: Arc<Organizations>,
        workers: Workers,
        timeout: Duration,
    ) -> Self {
        Self {
            asker: Asker::new(index, workers, timeout),
            organizations,
        }
    }

    /// What the parameters ask, whatever is to be answered. Its time begins now.
    pub(crate) async fn question<N: AsRef<str>, V: AsRef<str>>(
        &self,
        scope: Scope,
        parameters: impl IntoIterator<Item = (N, V)>,
        now: Timestamp,
    ) -> Result<Question, AskError> {
        let deadline = self.asker.deadline();
        let known = self.organizations.catalog(scope.organization_id());
        let aliases = |text: &str| known.catalog.name_for_alias(text).map(str::to_owned);
        let (query, page) = Query::parse(scope, parameters, now, &aliases)?;
        let fingerprint = query.fingerprint();
        let mut question = Question {
            query,
            fingerprint,
            place: PagePlace::First,
            as_of: None,
            limit: page.limit,
            deadline,
        };
        match page.place {
            PlaceAsked::First => {}
            PlaceAsked::Cursor(text) => {
                let cursor = Cursor::parse(&text, &fingerprint)?;
                question.query = question.query.with_resolved_range(cursor.range);
                question.as_of = Some(cursor.as_of);
                question.place = cursor.place;
            }
            PlaceAsked::Around(id) => {
                question.place = PagePlace::Around(self.place_of(&question, id).await?);
            }
        }
        Ok(question)
    }

    /// Where an event that the question's scope holds stands in lists.
    async fn place_of(&self, question: &Question, id: EventId) -> Result<Place, AskError> {
        let getting = self.asker.index.get(question.query.scope(), id);
        let waiting = self
            .asker
            .within(&question.query, question.deadline, getting);
        let event = waiting.await?.ok_or(AskError::NothingAround)?;
        Ok(place(&event))
    }

    /// The event of this id, if the scope holds it.
    pub(crate) async fn event(
        &self,
        scope: Scope,
        id: EventId,
    ) -> Result<Option<StoredEvent>, AskError> {
        let query = Query::everything(scope);
        let getting = self.asker.index.get(query.scope(), id);
        let deadline = self.asker.deadline();
        self.asker.within(&query, deadline, getting).await
    }
}

fn place(event: &StoredEvent) -> Place {
    Place {
        occurred_at: event.occurred_at,
        index: event.index,
    }
}
