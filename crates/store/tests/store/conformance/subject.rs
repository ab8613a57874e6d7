//! What the suite needs of an index: a way to put events into it, and to disturb it.

use std::collections::BTreeMap;
use std::sync::Arc;

use evident_event::query::Scope;
use evident_ledger::Hash;
use evident_ledger::hash::leaf_hash;
use evident_store::append::NewEvent;
use evident_store::health::Condition;
use evident_store::index::memory::MemoryIndex;
use evident_store::index::{EventIndex, StoredEvent};
use evident_store::{Options, Store};

use super::model::limits::Limits;
use crate::world::{append_to, ensure_log, memory_directory, open, receipts, unsigned};

/// An index, and whatever stands before it.
pub trait Subject: Send {
    /// One without any events.
    fn begin() -> Self
    where
        Self: Sized;

    /// Puts events at the end of an organization's log; they can be found when this returns. Gives
    /// their leaves.
    fn append(&mut self, organization_id: &str, events: Vec<NewEvent>) -> Vec<Hash>;

    /// Ends it and starts it anew. What had been appended is there again.
    fn restart(&mut self);

    /// The index as it is now; another one after a restart.
    fn index(&self) -> Arc<dyn EventIndex>;

    /// Does what the index does on its own at some time or other, such as sealing or compacting.
    /// No answer may change by it. The suite calls it between any two steps.
    fn shake(&mut self) {}
}

/// The naive index, fed directly.
pub struct Memory {
    index: Arc<MemoryIndex>,
    /// What was fed, for the time after a restart.
    fed: BTreeMap<Arc<str>, Vec<StoredEvent>>,
}

impl Subject for Memory {
    fn begin() -> Self {
        Self {
            index: Arc::new(MemoryIndex::new()),
            fed: BTreeMap::new(),
        }
    }

    fn append(&mut self, organization_id: &str, events: Vec<NewEvent>) -> Vec<Hash> {
        let organization_id: Arc<str> = organization_id.into();
        let fed = self.fed.entry(Arc::clone(&organization_id)).or_default();
        let next = fed.len();
        for event in events {
            fed.push(StoredEvent {
                index: fed.len() as u64,
                id: event.id,
                occurred_at: event.occurred_at,
                leaf_hash: leaf_hash(&event.canonical),
                canonical: event.canonical,
            });
        }
        let new = fed[next..].iter();
        self.index.apply(&organization_id, new.clone().cloned());
        new.map(|event| event.leaf_hash).collect()
    }

    fn restart(&mut self) {
        self.index = Arc::new(MemoryIndex::new());
        for (organization_id, events) in &self.fed {
            self.index.apply(organization_id, events.iter().cloned());
        }
    }

    fn index(&self) -> Arc<dyn EventIndex> {
        Arc::clone(&self.index) as Arc<dyn EventIndex>
    }
}

/// Rows of segments that the events of a case are more than.
const FEW_ROWS: u32 = 100;

/// The index of a store in a directory of its own, with all that stands before it. Tails have so many
/// rows, segments so many, and so many of these become one.
pub struct StoreWith<const TAIL: u32, const ROWS: u32, const FANOUT: u32> {
    directory: tempfile::TempDir,
    /// `None` only while it is closed.
    store: Option<Store>,
    shaken: u32,
}

/// All rows are in one tail.
pub type Stored = StoreWith<65_536, 65_536, 16>;
/// Rows are in segments of all sizes, each made of two tails, and in tails.
pub type Sealed = StoreWith<2, 4, 2>;
/// A row is in a segment as soon as it is there, alone at first.
pub type SealedAtOnce = StoreWith<1, 1, 4>;

impl<const TAIL: u32, const ROWS: u32, const FANOUT: u32> StoreWith<TAIL, ROWS, FANOUT> {
    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn opened(directory: &tempfile::TempDir) -> Option<Store> {
        let options = Options {
            segment_rows: ROWS,
            tail_rows: TAIL,
            compaction_fanout: FANOUT,
            ..unsigned()
        };
        Some(open(directory.path(), options))
    }
}

impl<const TAIL: u32, const ROWS: u32, const FANOUT: u32> Subject
    for StoreWith<TAIL, ROWS, FANOUT>
{
    fn begin() -> Self {
        let directory = memory_directory();
        let store = Self::opened(&directory);
        Self {
            directory,
            store,
            shaken: 0,
        }
    }

    fn append(&mut self, organization_id: &str, events: Vec<NewEvent>) -> Vec<Hash> {
        ensure_log(self.store(), organization_id);
        let outcomes = append_to(self.store(), organization_id, events, false);
        let receipts = receipts(outcomes.unwrap());
        receipts.iter().map(|receipt| receipt.leaf_hash).collect()
    }

    fn restart(&mut self) {
        drop(self.store.take());
        self.store = Self::opened(&self.directory);
    }

    fn index(&self) -> Arc<dyn EventIndex> {
        self.store().index()
    }

    /// Every second time all that can be sealed and compacted is; otherwise it may be anywhere in it.
    /// Every third time all that there is is sealed, unless all is to be in one tail.
    fn shake(&mut self) {
        self.shaken += 1;
        if self.shaken.is_multiple_of(3) && ROWS <= FEW_ROWS {
            self.store().seal_now().unwrap();
        }
        if self.shaken.is_multiple_of(2) {
            self.store().settle();
            assert_eq!(self.store().health(), Condition::Accepting);
        }
    }
}

/// What a caller may see.
pub fn scope(organization_id: &str, project_id: Option<&str>) -> Scope {
    match project_id {
        Some(project_id) => Scope::project(organization_id, project_id),
        None => Scope::organization(organization_id),
    }
}

/// The same of a caller with limits.
pub fn limited_scope(organization_id: &str, limits: &Limits) -> Scope {
    let scope = match &limits.projects {
        None => Scope::organization(organization_id),
        Some(projects) => Scope::projects(organization_id, projects).unwrap(),
    };
    let actors = limits.actors.iter();
    let scope = actors.fold(scope, |scope, id| scope.only_actor(id));
    let targets = limits.targets.iter();
    targets.fold(scope, |scope, id| scope.only_target(id))
}
