//! Tails: what is recorded, as it is recorded.
//!
//! A tail looks at the log from an index on, in index order, and waits where it ends until there is
//! more. What must always hold:
//!
//! - a tail never passes over an event that matches, and never gives one twice: it goes on after
//!   exactly what it has given, and a client after exactly what it has got;
//! - a tail holds one batch, bounded in events and in bytes, and makes the next one only when the
//!   client has taken it: what a slow client has not taken stays in the log;
//! - a tail that has nothing to look at costs nothing but its place: it is woken by what is
//!   recorded and by its heartbeat, and never polls;
//! - it ends when the key does not work any more, and when the server stops.

use std::sync::Arc;
use std::time::{Duration, Instant};

use evident_event::query::Query;
use evident_event::time::Timestamp;
use evident_store::index::{Followed, StoredEvent};
use tokio::sync::watch;
use tokio::time::sleep_until;

use super::asker::Asker;
use super::page::{fitting, sizes};
use super::{AskError, CursorError, Question, Questions};
use crate::auth::{Authorized, Gate, Read};
use crate::places::{Place, Places};
use crate::workers::Workers;

/// Most tails of one key.
const MAX_TAILS_PER_KEY: usize = 16;
/// How long a client hears nothing at most.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Most events of a batch.
const BATCH_EVENTS: usize = 100;
/// Most canonical bytes of a batch, but for an event that has more by itself.
const BATCH_BYTES: usize = 256 * 1024;
/// After a batch that was not full, what is recorded within this time comes in one batch: a log
/// that grows fast must not be looked at once for each event.
const GATHERING: Duration = Duration::from_millis(10);

/// Opens tails, and knows how many there are.
pub(crate) struct Tails {
    asker: Asker,
    gate: Arc<Gate>,
    /// Becomes true when the server stops.
    stopping: watch::Receiver<bool>,
    clock: fn() -> Timestamp,
    heartbeat: Duration,
    places: Arc<Places>,
}

impl Tails {
    /// At most so many tails at once, of whom this gate lets in, until `stopping` is true. They have
    /// workers of their own: long questions do not hold them up.
    pub(crate) fn new(
        questions: &Questions,
        gate: Arc<Gate>,
        stopping: watch::Receiver<bool>,
        clock: fn() -> Timestamp,
        max: usize,
    ) -> Self {
        Self {
            asker: questions.asker.with_workers(Workers::new()),
            gate,
            stopping,
            clock,
            heartbeat: HEARTBEAT,
            places: Places::new("tails", "too_many_tails", max, MAX_TAILS_PER_KEY),
        }
    }

    /// Opens a tail that begins after an index, or with what is recorded from now on.
    pub(crate) async fn open(
        &self,
        reader: Authorized<Read>,
        question: Question,
        after: Option<After>,
    ) -> Result<Tail, AskError> {
        let place = self.places.enter(&reader.caller().credential_id())?;
        let query = question.query;
        let organization_id = query.scope().organization_id().to_owned();
        let size = self.asker.index.applied_through(&organization_id);
        let size = self.asker.within(&query, question.deadline, size).await?;
        if question.as_of.is_some_and(|as_of| as_of > size) {
            return Err(CursorError::Expired.into());
        }
        let next = match after {
            None => size,
            Some(After::Nothing) => 0,
            Some(After::Index(index)) if index < size => index + 1,
            Some(After::Index(index)) => return Err(AskError::UnknownIndex { index, size }),
        };
        let mut tail = Tail {
            asker: self.asker.clone(),
            gate: Arc::clone(&self.gate),
            stopping: self.stopping.clone(),
            clock: self.clock,
            heartbeat: self.heartbeat,
            reader,
            query,
            organization_id,
            begins: next,
            next,
            ready: Vec::new(),
            heard_at: Instant::now(),
            look_at: Instant::now(),
            _place: place,
        };
        // The first look is before there is an answer: what fails in it has a status.
        tail.look(question.deadline).await?;
        Ok(tail)
    }
}

/// What a tail goes on after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Nothing: it begins with the first event of all.
    Nothing,
    /// The event with this index.
    Index(u64),
}

/// What a tail has to say.
#[derive(Debug)]
pub(crate) enum News {
    /// Events, in index order.
    Events(Vec<StoredEvent>),
    /// Everything below this index has been looked at, and there is nothing to tell.
    Nothing(u64),
}

/// A tail that has been opened.
pub(crate) struct Tail {
    asker: Asker,
    gate: Arc<Gate>,
    stopping: watch::Receiver<bool>,
    clock: fn() -> Timestamp,
    heartbeat: Duration,
    reader: Authorized<Read>,
    query: Query,
    organization_id: String,
    /// The index that the tail began at.
    begins: u64,
    /// The index that is looked at next.
    next: u64,
    /// What was found and not yet given.
    ready: Vec<StoredEvent>,
    /// When the client was last told something.
    heard_at: Instant,
    /// Not before this is looked again.
    look_at: Instant,
    _place: Place,
}

impl Tail {
    /// The index that the tail began at.
    pub(crate) fn begins(&self) -> u64 {
        self.begins
    }

    /// What there is next to say, once there is something. `None`: the tail has ended. After an
    /// error a new one must be opened.
    pub(crate) async fn next(&mut self) -> Option<Result<News, AskError>> {
        loop {
            let now = (self.clock)();
            if *self.stopping.borrow() || !self.gate.still_holds(&self.reader, now).await {
                return None;
            }
            if !self.ready.is_empty() {
                self.heard_at = Instant::now();
                return Some(Ok(News::Events(std::mem::take(&mut self.ready))));
            }
            let heartbeat_at = self.heard_at + self.heartbeat;
            match self.wait(heartbeat_at).await? {
                Ok(true) => {
                    if let Err(error) = self.look(self.asker.deadline()).await {
                        return Some(Err(error));
                    }
                }
                Ok(false) => {}
                Err(error) => return Some(Err(error)),
            }
            if self.ready.is_empty() && Instant::now() >= heartbeat_at {
                self.heard_at = Instant::now();
                return Some(Ok(News::Nothing(self.next)));
            }
        }
    }

    /// Waits until there is something to look at (`true`), or until it is time for a heartbeat.
    /// `None`: the server stops.
    async fn wait(&mut self, heartbeat_at: Instant) -> Option<Result<bool, AskError>> {
        let Self {
            asker,
            organization_id,
            next,
            look_at,
            stopping,
            ..
        } = self;
        let more = async {
            sleep_until((*look_at).into()).await;
            let applied = asker
                .index
                .applied_beyond(organization_id, *next, heartbeat_at);
            Ok(applied.await? > *next)
        };
        let waited = tokio::select! {
            biased;
            // An error means that the sender is gone, and the server with it.
            _ = stopping.wait_for(|stopping| *stopping) => return None,
            waited = more => waited,
        };
        Some(waited.map_err(|error| self.asker.error(error, &self.query)))
    }

    /// The events that come next, held to a range that moves with the clock. Where a day has begun
    /// meanwhile they are looked at again: some of them may be of the new one.
    async fn follow(&self, deadline: Instant) -> Result<Followed, AskError> {
        let from = self.next;
        let mut query = self.query_now();
        loop {
            let asked = query.clone();
            let looking = self.asker.ask(&self.query, deadline, async move |index| {
                index.follow(&asked, from, BATCH_EVENTS, deadline).await
            });
            let followed = looking.await?;
            let since = std::mem::replace(&mut query, self.query_now());
            if end(&since) == end(&query) {
                return Ok(followed);
            }
        }
    }

    fn query_now(&self) -> Query {
        self.query.clone().followed_at((self.clock)())
    }

    /// Looks at what is next in the log.
    async fn look(&mut self, deadline: Instant) -> Result<(), AskError> {
        let Followed { mut events, next } = self.follow(deadline).await?;
        let found = events.len();
        events.truncate(fitting(sizes(&events), BATCH_BYTES));
        let is_cut = events.len() < found;
        self.next = match events.last() {
            Some(last) if is_cut => last.index + 1,
            _ => next,
        };
        let pause = match is_cut || found == BATCH_EVENTS {
            true => Duration::ZERO,
            false => GATHERING,
        };
        self.look_at = Instant::now() + pause;
        self.ready = events;
        Ok(())
    }
}

/// Where a query's range ends.
fn end(query: &Query) -> Option<i64> {
    query.range().map(|range| range.as_micros().end)
}

#[cfg(test)]
mod tests;
