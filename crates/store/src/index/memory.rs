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
use evident_event::query::{Field, Query, Scope};
use evident_event::time::buckets::Buckets;
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

#[derive(Default)]
struct Organization {
    rows: Rows,
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

    fn snapshot(&self, organization_id: &str) -> Rows {
        self.organizations
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(organization_id)
            .map(|organization| organization.rows.clone())
            .unwrap_or_default()
    }

    fn cut(&self, query: &Query, as_of: Option<u64>, deadline: Instant) -> Result<Cut, IndexError> {
        let rows = self.snapshot(query.scope().organization_id());
        Cut::at(rows, as_of, deadline)
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
        Box::pin(async move { Ok(self.snapshot(organization_id).len()) })
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
