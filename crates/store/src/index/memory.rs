//! The naive index: every event in plain vectors, every query a walk over all of them.
//!
//! It is the model that other indexes are tested against, so it must stay obvious. What it takes
//! care of is only that a query never stalls an append: rows are kept in blocks that are shared,
//! and a query walks a snapshot of them outside of any lock.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use evident_event::id::EventId;
use evident_event::json::{self, Json};
use evident_event::query::{self, Order, Query, Scope};

use super::{
    Answer, Direction, EventIndex, IndexError, Listing, MAX_PAGE_EVENTS, PageRequest, Place,
    StoredEvent,
};

/// Rows in a full block. A snapshot copies at most this many references of the newest one.
const BLOCK_ROWS: usize = 1024;
/// Rows between two looks at the clock.
const ROWS_PER_DEADLINE_CHECK: usize = 1024;

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

    fn iter(&self) -> impl Iterator<Item = &Arc<StoredEvent>> {
        self.full
            .iter()
            .flat_map(|block| block.iter())
            .chain(&self.newest)
    }
}

#[derive(Default)]
struct Organization {
    rows: Rows,
    ids: HashMap<EventId, u64>,
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
}

/// All rows of a snapshot that match, in the query's order.
fn matching<'r>(
    rows: &'r Rows,
    query: &Query,
    as_of: u64,
    deadline: Instant,
) -> Result<Vec<&'r Arc<StoredEvent>>, IndexError> {
    let mut found = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        if number % ROWS_PER_DEADLINE_CHECK == 0 && Instant::now() > deadline {
            return Err(IndexError::DeadlinePassed);
        }
        if row.index < as_of
            && value(row).is_some_and(|value| query::matches(query, &value, row.index))
        {
            found.push(row);
        }
    }
    found.sort_by_key(|row| place(row));
    if query.order == Order::Desc {
        found.reverse();
    }
    Ok(found)
}

fn list(
    rows: &Rows,
    query: &Query,
    page: PageRequest,
    deadline: Instant,
) -> Result<Listing, IndexError> {
    let as_of = page.as_of.unwrap_or(u64::MAX).min(rows.len());
    let found = matching(rows, query, as_of, deadline)?;
    let limit = page.limit.clamp(1, MAX_PAGE_EVENTS);
    let precedes = |row: &&Arc<StoredEvent>, limit: Place| match query.order {
        Order::Desc => place(row) > limit,
        Order::Asc => place(row) < limit,
    };
    let (first, last) = match (page.direction, page.place) {
        (Direction::Forward, start) => {
            let first = start.map_or(0, |start| {
                found.partition_point(|row| precedes(row, start) || place(row) == start)
            });
            (first, found.len().min(first + limit))
        }
        (Direction::Backward, end) => {
            let last = end.map_or(found.len(), |end| {
                found.partition_point(|row| precedes(row, end))
            });
            (last.saturating_sub(limit), last)
        }
    };
    Ok(Listing {
        events: found[first..last]
            .iter()
            .map(|row| StoredEvent::clone(row))
            .collect(),
        total: found.len() as u64,
        as_of,
        more_after: last < found.len(),
        more_before: first > 0,
    })
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
        let rows = self.snapshot(query.scope().organization_id());
        let query = query.clone();
        Box::pin(off_the_reactor(move || list(&rows, &query, page, deadline)))
    }

    fn get<'a>(&'a self, scope: &'a Scope, id: EventId) -> Answer<'a, Option<StoredEvent>> {
        Box::pin(async move {
            let row = self.row(scope.organization_id(), id);
            Ok(row
                .filter(|row| value(row).is_some_and(|value| scope.allows(&value)))
                .map(|row| StoredEvent::clone(&row)))
        })
    }

    fn scan<'a>(
        &'a self,
        scope: &'a Scope,
        from: u64,
        limit: usize,
    ) -> Answer<'a, Vec<StoredEvent>> {
        Box::pin(async move {
            let rows = self.snapshot(scope.organization_id());
            Ok((from..rows.len())
                .map_while(|index| rows.get(index))
                .filter(|row| value(row).is_some_and(|value| scope.allows(&value)))
                .take(limit)
                .map(|row| StoredEvent::clone(row))
                .collect())
        })
    }

    fn applied_through<'a>(&'a self, organization_id: &'a str) -> Answer<'a, u64> {
        Box::pin(async move { Ok(self.snapshot(organization_id).len()) })
    }
}
