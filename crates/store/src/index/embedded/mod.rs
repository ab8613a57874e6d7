//! The embedded index: segments, and the tail that is not sealed yet.
//!
//! A question is asked of a *view*: the segments and tails as they were at one moment. What seals and
//! compacts puts another view in its place and never touches what an earlier one shows, so nobody
//! waits for anybody but for the tail's short lock.
//!
//! What must hold:
//!
//! - every row is in exactly one unit of a view, and units follow each other by position;
//! - only the sequencer adds rows, and only upkeep replaces tails and segments by segments of the same
//!   rows;
//! - answers are made off the reactor, and look at the clock.

mod answers;
mod attempts;
mod by_index;
mod evaluate;
mod list;
mod order;
mod pruned;
mod reader;
mod set;
mod tallies;
mod unit;
mod values;
mod view;
mod walk;

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::query::{Query, Scope};
use evident_ledger::Hash;
use roaring::RoaringBitmap;
use tokio::sync::watch;

pub(crate) use self::answers::Embedded;
pub(crate) use self::by_index::{ByIndexError, NumberedRow};
use self::evaluate::Evaluation;
pub(crate) use self::pruned::pruned_logs;
use self::reader::Reader;
use self::unit::Unit;
pub(crate) use self::view::{EachUnsealed, View};
use self::view::{end_of_tail, new_tail};
use super::{Answer, IndexError, StoredEvent};
use crate::durable::Durable;
use crate::logs::HashFiles;
use crate::segment::error::SegmentError;
use crate::segment::ids::{self, IdKind};
use crate::segment::key;
use crate::segment::meta::Manifest;
use crate::segment::sealed::Segment;
use crate::segment::sets::Sets;
use crate::segment::tail::NewRow;

/// Rows from which on an answer is made by several threads.
const MANY_ROWS: u64 = 200_000;
/// Organizations whose files of hashes are kept open.
const MAX_OPEN_LOGS: usize = 128;
/// Threads that make one answer, at most.
const MAX_THREADS: usize = 8;

/// Nothing is answered past its deadline.
fn in_time(deadline: Instant) -> Result<(), IndexError> {
    match Instant::now() > deadline {
        true => Err(IndexError::DeadlinePassed),
        false => Ok(()),
    }
}

/// Runs what may take long where it does not hold up other tasks.
async fn off_the_reactor<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
) -> Result<T, IndexError> {
    tokio::task::spawn_blocking(act)
        .await
        .map_err(|error| IndexError::Failed(error.to_string()))?
}

/// A recorded event, as far as a retry of it needs to be known.
#[derive(Debug, Clone)]
pub(crate) struct RecordedEvent {
    pub(crate) index: u64,
    pub(crate) leaf_hash: Hash,
    pub(crate) canonical: Bytes,
}

/// The embedded index.
pub(crate) struct EmbeddedIndex {
    durable: Durable,
    /// Tails end at multiples of so many positions, if not before.
    tail_rows: u32,
    view: RwLock<Arc<View>>,
    hashes: RwLock<HashMap<Arc<str>, Arc<HashFiles>>>,
    sets: Arc<Sets>,
    /// How many rows there are, for those who wait for more.
    applied: RwLock<HashMap<Arc<str>, watch::Sender<u64>>>,
}

impl EmbeddedIndex {
    /// The index of the segments that a manifest names.
    pub(crate) fn new(durable: &Durable, manifest: &Manifest, tail_rows: u32) -> Self {
        let data: PathBuf = durable.path("".as_ref());
        let listed = manifest.segments.iter();
        let segments = listed.map(|listed| Arc::new(Segment::new(&data, listed.clone())));
        let view = View {
            segments: segments.collect(),
            full: Vec::new(),
            tail: new_tail(manifest.end(), tail_rows),
            removed: Arc::new(pruned_logs(manifest)),
        };
        Self {
            durable: durable.clone(),
            tail_rows,
            view: RwLock::new(Arc::new(view)),
            hashes: RwLock::default(),
            sets: Arc::default(),
            applied: RwLock::default(),
        }
    }

    /// One without rows, the first of which has a position.
    #[cfg(test)]
    pub(crate) fn behind(durable: &Durable, position: u64) -> Self {
        let index = Self::new(durable, &Manifest::default(), u32::MAX);
        index.change_view(|view| view.tail = new_tail(position, u32::MAX));
        index
    }

    /// Where rows are now.
    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another view of the same rows in place of the one that is there.
    pub(crate) fn change_view(&self, change: impl FnOnce(&mut View)) {
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = View::clone(&view);
        change(&mut changed);
        *view = Arc::new(changed);
    }

    /// Takes in rows that are on stable storage: they must follow the last in position, and in index.
    /// Says whether a tail has become full.
    pub(crate) fn apply(
        &self,
        organization_id: &Arc<str>,
        first_position: u64,
        first_index: u64,
        rows: Vec<NewRow<'_>>,
    ) -> bool {
        let count = rows.len() as u64;
        let mut rows = rows.into_iter();
        let mut done = 0;
        let mut has_filled = false;
        while done < count {
            let view = self.view();
            let tail = &view.tail;
            let position = first_position + done;
            let room = end_of_tail(tail.first_position(), self.tail_rows) - position;
            let taken = room.min(count - done);
            tail.push(
                organization_id,
                first_index + done,
                rows.by_ref().take(taken as usize),
            );
            done += taken;
            if taken == room {
                has_filled = true;
                self.begin_tail(first_position + done);
            }
        }
        self.announce(organization_id, first_index + count);
        has_filled
    }

    /// Ends the newest tail although it is not full, if it has rows.
    pub(crate) fn end_tail(&self) {
        let tail = Arc::clone(&self.view().tail);
        let end = tail.end();
        if end > tail.first_position() {
            self.begin_tail(end);
        }
    }

    /// The newest tail is to become a segment; rows from a position on go into another.
    fn begin_tail(&self, first_position: u64) {
        let next = new_tail(first_position, self.tail_rows);
        self.change_view(|view| {
            let full = std::mem::replace(&mut view.tail, next);
            view.full.push(full);
        });
    }

    fn announce(&self, organization_id: &Arc<str>, applied: u64) {
        let known = self.applied.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = known.get(organization_id) {
            sender.send_replace(applied);
        }
    }

    fn watch(&self, organization_id: &str) -> watch::Receiver<u64> {
        let mut watched = self.applied.write().unwrap_or_else(PoisonError::into_inner);
        let sender = watched.entry(organization_id.into()).or_default();
        let receiver = sender.subscribe();
        // Whoever is first to wait finds out where the log is; rows that come are announced.
        let size = self.view().size(organization_id);
        sender.send_if_modified(|applied| {
            let grew = size > *applied;
            *applied = size.max(*applied);
            grew
        });
        receiver
    }

    /// The files of a log's hashes.
    pub(crate) fn hashes(&self, organization_id: &str) -> Arc<HashFiles> {
        let known = self.hashes.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(hashes) = known.get(organization_id) {
            return Arc::clone(hashes);
        }
        drop(known);
        let mut known = self.hashes.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_OPEN_LOGS {
            known.clear();
        }
        let hashes = known
            .entry(organization_id.into())
            .or_insert_with(|| Arc::new(HashFiles::new(&self.durable, organization_id)));
        Arc::clone(hashes)
    }

    /// Those of some ids by which an event may be recorded; by no other of them is one.
    pub(crate) fn candidates(
        &self,
        organization_id: &str,
        ids: impl Iterator<Item = EventId>,
    ) -> Result<HashSet<EventId>, SegmentError> {
        let view = self.view();
        let ids: Vec<EventId> = ids.collect();
        let mut found = HashSet::new();
        for tail in view.tails() {
            let rows = tail.read();
            if let Some(organization) = rows.organization(organization_id) {
                let is_here = |id: &&EventId| organization.place_of_id(**id).is_some();
                found.extend(ids.iter().filter(is_here));
            }
        }
        let own = |segment: &&Arc<Segment>| segment.ordinal(organization_id).is_some();
        let segments: Vec<&Arc<Segment>> = view.segments.iter().filter(own).collect();
        if segments.is_empty() {
            return Ok(found);
        }
        let hashes = ids.iter().map(|id| (hash_of(organization_id, *id), *id));
        let hashes: Vec<(u64, EventId)> = hashes.collect();
        for segment in segments {
            let filter = segment.filter()?;
            let may_be_here = hashes.iter().filter(|(hash, _)| filter.may_contain(*hash));
            found.extend(may_be_here.map(|(_, id)| id));
        }
        Ok(found)
    }

    /// The event with this id, if it is recorded at a position that is not below `since`.
    pub(crate) fn find(
        &self,
        organization_id: &str,
        id: EventId,
        since: u64,
    ) -> Result<Option<RecordedEvent>, IndexError> {
        let view = self.view();
        let tails = view.tails().rev();
        for tail in tails.take_while(|tail| tail.end() > since) {
            let rows = tail.read();
            if let Some(row) = rows.find_id(organization_id, id) {
                let (index, leaf_hash, stored) = (row.index, row.leaf_hash, row.stored.clone());
                drop(rows);
                return Ok(Some(RecordedEvent {
                    index,
                    leaf_hash,
                    canonical: stored.read()?,
                }));
            }
        }
        let mut hash = None;
        let segments = view.segments.iter().rev();
        for segment in segments.take_while(|segment| segment.listed().end() > since) {
            let hash = *hash.get_or_insert_with(|| hash_of(organization_id, id));
            if let Some(event) = self.find_in(segment, organization_id, id, hash)? {
                return Ok(Some(RecordedEvent {
                    index: event.index,
                    leaf_hash: event.leaf_hash,
                    canonical: event.canonical,
                }));
            }
        }
        Ok(None)
    }

    fn find_in(
        &self,
        segment: &Arc<Segment>,
        organization_id: &str,
        id: EventId,
        hash: u64,
    ) -> Result<Option<StoredEvent>, IndexError> {
        if segment.ordinal(organization_id).is_none() {
            return Ok(None);
        }
        if !segment.filter()?.may_contain(hash) {
            return Ok(None);
        }
        let Some(unit) = Unit::sealed(segment, organization_id, u64::MAX, &self.sets)? else {
            return Ok(None);
        };
        let mut reader = Reader::new(&self.hashes(organization_id));
        let candidates = unit.id_candidates(organization_id, IdKind::Event, &id.to_string())?;
        for row in candidates & unit.all() {
            let event = reader.event(&unit, row)?;
            if event.id == id {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn get_blocking(&self, scope: &Scope, id: EventId) -> Result<Option<StoredEvent>, IndexError> {
        let organization_id = scope.organization_id();
        let view = self.view();
        let mut found = None;
        for tail in view.tails().rev() {
            let rows = tail.read();
            if let Some(row) = rows.find_id(organization_id, id) {
                let stored = row.stored.clone();
                let event = reader::of_tail(row, Bytes::new());
                drop(rows);
                found = Some(StoredEvent {
                    canonical: stored.read()?,
                    ..event
                });
                break;
            }
        }
        for segment in view.segments.iter().rev() {
            if found.is_some() {
                break;
            }
            found = self.find_in(segment, organization_id, id, hash_of(organization_id, id))?;
        }
        let is_allowed = |event: &StoredEvent| {
            reader::value(&event.canonical).is_some_and(|value| scope.allows(&value))
        };
        Ok(found.filter(is_allowed))
    }

    /// Makes an answer of a query about the rows as they are now.
    fn answer<'a, T: Send + 'static>(
        self: &Arc<Self>,
        query: &Query,
        as_of: Option<u64>,
        deadline: Instant,
        make: impl FnOnce(Cut, &Query) -> Result<T, IndexError> + Send + 'static,
    ) -> Answer<'a, T> {
        self.answer_from(query, 0, as_of, deadline, make)
    }

    /// The same of what follows an index.
    fn answer_from<'a, T: Send + 'static>(
        self: &Arc<Self>,
        query: &Query,
        from: u64,
        as_of: Option<u64>,
        deadline: Instant,
        make: impl FnOnce(Cut, &Query) -> Result<T, IndexError> + Send + 'static,
    ) -> Answer<'a, T> {
        let organization_id = query.scope().organization_id();
        let (view, hashes) = (self.view(), self.hashes(organization_id));
        let sets = Arc::clone(&self.sets);
        let query = query.clone();
        Box::pin(off_the_reactor(move || {
            let cut = Cut::at(&view, (hashes, sets), &query, from, as_of, deadline)?;
            make(cut, &query)
        }))
    }
}

/// The hash that an event's id is found by.
fn hash_of(organization_id: &str, id: EventId) -> u64 {
    ids::hash(organization_id, IdKind::Event, id.as_bytes())
}

/// Whether all rows that an organization has in a segment come before an index.
fn is_before(segment: &Segment, query: &Query, from: u64) -> bool {
    let ordinal = segment.ordinal(query.scope().organization_id());
    let rows = ordinal.and_then(|ordinal| segment.listed().organizations.get(ordinal as usize));
    // Whether an attempt is open may be told by any row.
    !query.asks_for_outcomes() && rows.is_some_and(|rows| rows.end() <= from)
}

/// Whether a query may be about rows of a segment, as far as that can be told without opening it.
fn may_concern(segment: &Segment, query: &Query) -> bool {
    let range = query.range().map(|range| range.as_micros());
    query.asks_for_outcomes() || range.is_none_or(|micros| segment.may_be_during(&micros))
}

/// The rows of an organization as they were at one size of its log.
struct Cut {
    units: Vec<Unit>,
    hashes: Arc<HashFiles>,
    as_of: u64,
    deadline: Instant,
}

impl Cut {
    /// The rows below `as_of`, or all of them. Those of segments that cannot be opened may be missing
    /// if they lie before `from` or are none that the query could be about.
    fn at(
        view: &View,
        (hashes, sets): (Arc<HashFiles>, Arc<Sets>),
        query: &Query,
        from: u64,
        as_of: Option<u64>,
        deadline: Instant,
    ) -> Result<Self, IndexError> {
        in_time(deadline)?;
        let organization_id = query.scope().organization_id();
        let size = view.size(organization_id);
        let as_of = as_of.unwrap_or(size);
        if as_of > size {
            return Err(IndexError::Shrunk { as_of, size });
        }
        let mut units = Vec::new();
        for segment in &view.segments {
            if is_before(segment, query, from) {
                continue;
            }
            match Unit::sealed(segment, organization_id, as_of, &sets) {
                Ok(unit) => units.extend(unit),
                Err(error) if may_concern(segment, query) => return Err(error),
                Err(_) => {}
            }
        }
        let tails = view.tails();
        units.extend(tails.filter_map(|tail| Unit::tail(tail, organization_id, as_of)));
        Ok(Self {
            units,
            hashes,
            as_of,
            deadline,
        })
    }

    fn reader(&self) -> Reader {
        Reader::new(&self.hashes)
    }

    /// The matches in each unit.
    fn matches(&self, query: &Query) -> Result<Vec<RoaringBitmap>, IndexError> {
        self.matches_among(query, &(0..self.as_of))
    }

    /// The same, but for units that have no index in a range.
    fn matches_among(
        &self,
        query: &Query,
        indexes: &Range<u64>,
    ) -> Result<Vec<RoaringBitmap>, IndexError> {
        let open = match query.asks_for_outcomes() {
            true => Some(attempts::open(
                &self.units,
                &mut self.reader(),
                self.deadline,
            )?),
            false => None,
        };
        self.in_parallel(|number, unit| {
            let own = unit.indexes();
            if own.start >= indexes.end || own.end <= indexes.start {
                return Ok(RoaringBitmap::new());
            }
            let evaluation = Evaluation {
                query,
                unit,
                open: open.as_ref().and_then(|open| open.get(number)),
                deadline: self.deadline,
            };
            evaluation.matches(&mut self.reader())
        })
    }

    /// Does something with the rows of each unit; the results, in the order of the units.
    fn in_each<T: Send>(
        &self,
        rows: &[RoaringBitmap],
        act: impl Fn(usize, &Unit, &RoaringBitmap) -> Result<T, IndexError> + Sync,
    ) -> Result<Vec<T>, IndexError> {
        let none = RoaringBitmap::new();
        self.in_parallel(|number, unit| act(number, unit, rows.get(number).unwrap_or(&none)))
    }

    /// Does something with each unit, on several threads where there is much to do.
    fn in_parallel<T: Send>(
        &self,
        act: impl Fn(usize, &Unit) -> Result<T, IndexError> + Sync,
    ) -> Result<Vec<T>, IndexError> {
        let rows: u64 = self.units.iter().map(|unit| unit.all().len()).sum();
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.min(MAX_THREADS).min(self.units.len());
        if rows < MANY_ROWS || threads < 2 {
            return self
                .units
                .iter()
                .enumerate()
                .map(|(number, unit)| act(number, unit))
                .collect();
        }
        let next = AtomicUsize::new(0);
        let done: Vec<Mutex<Option<Result<T, IndexError>>>> =
            self.units.iter().map(|_| Mutex::new(None)).collect();
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some((unit, result)) = self.units.get(number).zip(done.get(number)) else {
                    return;
                };
                let made = act(number, unit);
                *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        let result = |result: Mutex<Option<Result<T, IndexError>>>| {
            let made = result.into_inner().unwrap_or_else(PoisonError::into_inner);
            made.unwrap_or_else(|| Err(IndexError::Failed("a thread gave no answer".to_owned())))
        };
        done.into_iter().map(result).collect()
    }
}
