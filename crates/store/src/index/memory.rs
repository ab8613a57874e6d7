//! The naive index: every event in plain vectors, every query a walk over all of them.
//!
//! It is the model that other indexes are tested against, so it must stay obvious. What it takes
//! care of is only that a query never stalls an append: rows are kept in blocks that are shared,
//! and a query walks a snapshot of them outside of any lock.

mod answers;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use evident_event::id::EventId;
use evident_event::json::{self, Json};
use evident_event::query::{Field, Query, Scope, outcome_of};
use evident_event::time::buckets::Buckets;
use memchr::memmem;
use tokio::sync::watch;

use super::{
    Answer, Completing, EventIndex, Facet, Followed, Histogram, IndexError, Listing, PageRequest,
    Place, Span, StoredEvent, ValueCount, Walk,
};
use answers::{Cut, Listed};

/// Rows in a full block. A snapshot copies at most this many references of the newest one.
const BLOCK_ROWS: usize = 1024;

/// The event as a value; `None` if its bytes are not JSON, which admission rules out. Made anew for
/// each query: kept, it would take many times the memory of its bytes.
fn value(event: &StoredEvent) -> Option<Json<'_>> {
    json::parse(&event.canonical, json::MAX_DEPTH).ok()
}

fn place(event: &StoredEvent) -> Place {
    Place {
        occurred_at: event.occurred_at,
        index: event.index,
    }
}

/// One organization's events, in index order.
#[derive(Default, Clone)]
struct Rows {
    full: Vec<Arc<Vec<Arc<StoredEvent>>>>,
    newest: Vec<Arc<StoredEvent>>,
}

impl Rows {
    fn push(&mut self, row: Arc<StoredEvent>) {
        self.newest.push(row);
        if self.newest.len() == BLOCK_ROWS {
            self.full.push(Arc::new(std::mem::take(&mut self.newest)));
        }
    }

    fn len(&self) -> u64 {
        (self.full.len() * BLOCK_ROWS + self.newest.len()) as u64
    }

    fn get(&self, index: u64) -> Option<&Arc<StoredEvent>> {
        let index = usize::try_from(index).ok()?;
        match self.full.get(index / BLOCK_ROWS) {
            Some(block) => block.get(index % BLOCK_ROWS),
            None => self.newest.get(index - self.full.len() * BLOCK_ROWS),
        }
    }
}

/// The attempts of an organization that have an outcome, each with the index of the first. What has
/// been added stays, so a query may look at them while others are added: it asks for a size of the
/// log, and what is added is beyond it.
#[derive(Default)]
struct Outcomes(RwLock<HashMap<String, u64>>);

impl Outcomes {
    fn add(&self, event: &StoredEvent) {
        // Most events have no attempt: their bytes are not read any further.
        if memmem::find(&event.canonical, br#""attempt_id""#).is_none() {
            return;
        }
        if let Some(event_value) = value(event)
            && let Some(attempt) = outcome_of(&event_value)
        {
            let mut firsts = self.0.write().unwrap_or_else(PoisonError::into_inner);
            firsts.entry(attempt.to_owned()).or_insert(event.index);
        }
    }

    /// Whether there was an outcome when the log had this size.
    fn has(&self, attempt: &str, as_of: u64) -> bool {
        let firsts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        firsts.get(attempt).is_some_and(|first| *first < as_of)
    }
}

#[derive(Default)]
struct Organization {
    rows: Rows,
    outcomes: Arc<Outcomes>,
    ids: HashMap<EventId, u64>,
    /// How many rows there are, for those who wait for more.
    applied: watch::Sender<u64>,
}

/// The naive index.
#[derive(Default)]
pub struct MemoryIndex {
    organizations: RwLock<HashMap<Arc<str>, Organization>>,
}

impl MemoryIndex {
    /// An empty index.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in events that are on stable storage. They must follow the last in index order.
    pub fn apply(&self, organization_id: &Arc<str>, events: impl Iterator<Item = StoredEvent>) {
        let mut organizations = self
            .organizations
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let organization = organizations
            .entry(Arc::clone(organization_id))
            .or_default();
        for event in events {
            assert_eq!(event.index, organization.rows.len());
            organization.ids.insert(event.id, event.index);
            organization.outcomes.add(&event);
            organization.rows.push(Arc::new(event));
        }
        let applied = organization.rows.len();
        organization.applied.send_replace(applied);
    }

    /// The event with this id.
    pub fn find(&self, organization_id: &str, id: EventId) -> Option<StoredEvent> {
        self.row(organization_id, id)
            .map(|row| StoredEvent::clone(&row))
    }

    /// Whether there is an event with this id.
    pub fn contains(&self, organization_id: &str, id: EventId) -> bool {
        self.row(organization_id, id).is_some()
    }

    fn row(&self, organization_id: &str, id: EventId) -> Option<Arc<StoredEvent>> {
        let organizations = self
            .organizations
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let organization = organizations.get(organization_id)?;
        let index = *organization.ids.get(&id)?;
        organization.rows.get(index).cloned()
    }

    fn cut(&self, query: &Query, as_of: Option<u64>, deadline: Instant) -> Result<Cut, IndexError> {
        let snapshot = self
            .organizations
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(query.scope().organization_id())
            .map(|organization| {
                let outcomes = Arc::clone(&organization.outcomes);
                (organization.rows.clone(), outcomes)
            });
        Cut::at(snapshot.unwrap_or_default(), as_of, deadline)
    }

    fn size(&self, organization_id: &str) -> u64 {
        self.organizations
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(organization_id)
            .map_or(0, |organization| organization.rows.len())
    }

    fn applied(&self, organization_id: &str) -> watch::Receiver<u64> {
        self.organizations
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(Arc::from(organization_id))
            .or_default()
            .applied
            .subscribe()
    }
}

/// Runs a walk where it does not hold up other tasks.
async fn off_the_reactor<T: Send + 'static>(
    walk: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
) -> Result<T, IndexError> {
    tokio::task::spawn_blocking(walk)
        .await
        .map_err(|error| IndexError::Failed(error.to_string()))?
}

impl EventIndex for MemoryIndex {
    fn list<'a>(
        &'a self,
        query: &'a Query,
        page: PageRequest,
        deadline: Instant,
    ) -> Answer<'a, Listing> {
        let cut = self.cut(query, page.as_of, deadline);
        let query = query.clone();
        Box::pin(off_the_reactor(move || cut?.list(&query, page)))
    }

    fn walk<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        deadline: Instant,
    ) -> Answer<'a, Box<dyn Walk>> {
        let cut = self.cut(query, as_of, deadline);
        let query = query.clone();
        Box::pin(off_the_reactor(move || {
            let listed = Listed::new(&cut?, &query)?;
            Ok(Box::new(listed) as Box<dyn Walk>)
        }))
    }

    fn follow<'a>(
        &'a self,
        query: &'a Query,
        from: u64,
        limit: usize,
        deadline: Instant,
    ) -> Answer<'a, Followed> {
        let cut = self.cut(query, None, deadline);
        let query = query.clone();
        Box::pin(off_the_reactor(move || cut?.follow(&query, from, limit)))
    }

    fn span<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        deadline: Instant,
    ) -> Answer<'a, Span> {
        let cut = self.cut(query, as_of, deadline);
        let query = query.clone();
        Box::pin(off_the_reactor(move || cut?.span(&query)))
    }

    fn histogram<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        buckets: &'a Buckets,
        split_by: Option<&'a Field>,
        deadline: Instant,
    ) -> Answer<'a, Histogram> {
        let cut = self.cut(query, as_of, deadline);
        let (query, buckets, split_by) = (query.clone(), buckets.clone(), split_by.cloned());
        Box::pin(off_the_reactor(move || {
            cut?.histogram(&query, &buckets, split_by.as_ref())
        }))
    }

    fn facets<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        fields: &'a [Field],
        limit: usize,
        deadline: Instant,
    ) -> Answer<'a, Vec<Facet>> {
        let cut = self.cut(query, as_of, deadline);
        let (query, fields) = (query.clone(), fields.to_vec());
        Box::pin(off_the_reactor(move || cut?.facets(&query, &fields, limit)))
    }

    fn completions<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        completing: &'a Completing,
        prefix: &'a str,
        limit: usize,
        deadline: Instant,
    ) -> Answer<'a, Vec<ValueCount>> {
        let cut = self.cut(query, as_of, deadline);
        let (query, completing) = (query.clone(), completing.clone());
        let prefix = prefix.to_owned();
        Box::pin(off_the_reactor(move || {
            cut?.completions(&query, &completing, &prefix, limit)
        }))
    }

    fn get<'a>(&'a self, scope: &'a Scope, id: EventId) -> Answer<'a, Option<StoredEvent>> {
        Box::pin(async move {
            let row = self.row(scope.organization_id(), id);
            Ok(row
                .filter(|row| value(row).is_some_and(|value| scope.allows(&value)))
                .map(|row| StoredEvent::clone(&row)))
        })
    }

    fn applied_through<'a>(&'a self, organization_id: &'a str) -> Answer<'a, u64> {
        Box::pin(async move { Ok(self.size(organization_id)) })
    }

    fn applied_beyond<'a>(
        &'a self,
        organization_id: &'a str,
        index: u64,
        deadline: Instant,
    ) -> Answer<'a, u64> {
        let mut applied = self.applied(organization_id);
        Box::pin(async move {
            let more = applied.wait_for(|applied| *applied > index);
            // Past the deadline, or with the index gone, the number is what it is now.
            let _ = tokio::time::timeout_at(deadline.into(), more).await;
            let applied = *applied.borrow();
            Ok(applied)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use bytes::Bytes;
    use evident_event::time::Timestamp;
    use evident_ledger::Hash;

    use super::*;

    /// A walk of this many rows takes many times the deadline below, however fast the machine.
    const ROWS: u64 = 100_000;
    const DEADLINE: Duration = Duration::from_millis(1);

    fn event(index: u64) -> StoredEvent {
        let occurred_at = Timestamp::from_micros(0);
        let canonical = format!(
            r#"{{"description":"{}","occurred_at":"{occurred_at}","organization_id":"org_1"}}"#,
            "word ".repeat(20)
        );
        StoredEvent {
            index,
            id: EventId::v7(0, u128::from(index).to_be_bytes()[6..].try_into().unwrap()),
            occurred_at,
            leaf_hash: Hash([0; 32]),
            canonical: Bytes::from(canonical),
        }
    }

    #[tokio::test]
    async fn a_walk_ends_when_its_deadline_passes_in_the_middle() {
        let index = MemoryIndex::new();
        index.apply(&Arc::from("org_1"), (0..ROWS).map(event));
        let query = Query::everything(Scope::organization("org_1"));
        // Nothing but the walk itself looks at the clock here.
        let span = index.span(&query, None, Instant::now() + DEADLINE).await;
        assert!(matches!(span, Err(IndexError::DeadlinePassed)), "{span:?}");
    }

    #[tokio::test]
    async fn a_follower_that_finds_nothing_comes_forward_all_the_same() {
        let index = MemoryIndex::new();
        index.apply(&Arc::from("org_1"), (0..ROWS).map(event));
        let (scope, parameters) = (Scope::organization("org_1"), [("result", "denied")]);
        let (query, _) =
            Query::parse(scope, parameters, Timestamp::from_micros(0), &|_| None).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut next = 0;
        let mut looks = 0;
        while next < ROWS {
            let followed = index.follow(&query, next, 10, deadline).await.unwrap();
            assert!(followed.events.is_empty() && followed.next > next);
            next = followed.next;
            looks += 1;
        }
        assert!((2..10).contains(&looks), "{looks}");
        assert_eq!(next, ROWS);
    }
}
