//! Upkeep: full tails become segments, small segments become large ones, and the write-ahead log gives
//! up what they hold.
//!
//! What must hold:
//!
//! - appends wait for sealing only when the rows of [`MAX_UNSEALED`] segments wait to be sealed, which bounds memory and
//!   the time of a start;
//! - before the manifest names a segment, the segment is on stable storage, the hashes of its rows'
//!   leaves are, and a signed head covers them: it is what vouches for hashes when the rows are gone
//!   from the write-ahead log;
//! - every step leaves the directory as it was or as it should be, so that work that was broken off is
//!   begun anew and nothing has to be undone;
//! - a full disk puts work off; what cannot be read is left alone and said; any other failed write or
//!   sync stops the store.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::durable::{Durable, DurableError, FileMode};
use crate::health::Health;
use crate::index::embedded::EmbeddedIndex;
use crate::layout;
use crate::logs::{LogError, Logs};
use crate::segment::compact::compact;
use crate::segment::error::SegmentError;
use crate::segment::meta::{Listed, Manifest};
use crate::segment::seal::seal;
use crate::segment::sealed::Segment;
use crate::segment::tail::{Rows, Tail};
use crate::segment::writing::MakeError;
use crate::wal;

/// Segments whose rows may wait in full tails to be sealed.
pub(crate) const MAX_UNSEALED: usize = 4;
/// As many from which on compaction leaves the machine to sealing.
const UNSEALED_FIRST: usize = 2;
/// How long a full disk is left alone.
const FULL_DISK_PAUSE: Duration = Duration::from_secs(1);
/// Largest manifest that is read.
const MAX_MANIFEST_BYTES: u64 = 1 << 30;

/// How segments are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Rows of a segment that is sealed.
    pub(crate) segment_rows: u32,
    /// Rows of the tails that it is made of.
    pub(crate) tail_rows: u32,
    /// Sealed segments that become one.
    pub(crate) fanout: u32,
    /// How long a compaction that found the disk full, or could not read, is put off.
    pub(crate) compaction_pause: Duration,
}

impl Shape {
    /// How many tails become a segment.
    const fn tails(&self) -> usize {
        match self.segment_rows.checked_div(self.tail_rows) {
            Some(tails) => tails as usize,
            None => 1,
        }
    }
}

#[derive(Default)]
struct Work {
    closing: bool,
    /// The disk was full when something was last tried.
    is_disk_full: bool,
    /// A compaction is being made.
    is_compacting: bool,
    /// First positions of segments whose compaction failed for what they hold.
    unfit: BTreeSet<u64>,
}

/// What the threads of upkeep share with the sequencer.
pub(crate) struct Upkeep {
    pub(crate) durable: Durable,
    pub(crate) index: Arc<EmbeddedIndex>,
    pub(crate) logs: Arc<Logs>,
    pub(crate) health: Arc<Health>,
    shape: Shape,
    manifest: Mutex<Manifest>,
    /// Generations are given out before the manifest says so.
    next_generation: AtomicU64,
    work: Mutex<Work>,
    changed: Condvar,
}

/// The disk is full, and so is the room for rows that are not sealed.
pub(crate) struct NoRoom;

impl Upkeep {
    pub(crate) fn new(
        durable: &Durable,
        index: &Arc<EmbeddedIndex>,
        logs: &Arc<Logs>,
        health: &Arc<Health>,
        manifest: Manifest,
        shape: Shape,
    ) -> Self {
        Self {
            durable: durable.clone(),
            index: Arc::clone(index),
            logs: Arc::clone(logs),
            health: Arc::clone(health),
            shape,
            next_generation: AtomicU64::new(u64::from(manifest.next_generation)),
            manifest: Mutex::new(manifest),
            work: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// A tail has become full.
    pub(crate) fn tail_filled(&self) {
        self.tell();
    }

    /// Wakes whoever waits. The lock is taken, so that nobody is just about to wait.
    fn tell(&self) {
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Waits until there is room for another full tail.
    pub(crate) fn make_room(&self) -> Result<(), NoRoom> {
        let mut work = self.lock();
        while self.unsealed() >= MAX_UNSEALED && !work.closing {
            if work.is_disk_full {
                return Err(NoRoom);
            }
            if self.health.stopped().is_some() {
                // Whoever appends is told why.
                return Ok(());
            }
            work = self.wait(work, FULL_DISK_PAUSE);
        }
        Ok(())
    }

    /// Lets the threads end, and whoever waits go on.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_all();
    }

    /// Segments that wait to be sealed and compactions that wait to be made.
    pub(crate) fn backlog(&self) -> u64 {
        let is_compacting = self.lock().is_compacting;
        let compactions = u64::from(is_compacting || self.sources().is_some());
        self.unsealed() as u64 + compactions
    }

    /// Waits until nothing is left to be done, or the store has stopped.
    pub(crate) fn settle(&self) {
        let mut work = self.lock();
        while !work.closing && self.health.stopped().is_none() {
            if self.unsealed() == 0 && !work.is_compacting && self.sources_of(&work).is_none() {
                return;
            }
            work = self.wait(work, FULL_DISK_PAUSE);
        }
    }

    /// Seals tails until it is closed or the store has stopped.
    pub(crate) fn run_sealing(&self) {
        for segment in &self.index.view().segments {
            warm(segment);
        }
        while let Some(tails) = self.next_tails() {
            let sealed = self.seal(&tails);
            if !self.go_on(sealed) {
                return;
            }
        }
    }

    /// Compacts segments until it is closed or the store has stopped.
    pub(crate) fn run_compacting(&self) {
        while let Some(sources) = self.next_sources() {
            let first = sources
                .first()
                .map_or(0, |first| first.listed().first_position);
            let made = self.compact(&sources);
            let unfit = matches!(
                made,
                Err(MakeError::Segment(
                    SegmentError::Damaged { .. } | SegmentError::Malformed { .. }
                ))
            );
            if let (true, Err(error)) = (unfit, &made) {
                tracing::error!(%error, "segments cannot be compacted, and stay as they are");
            }
            let mut work = self.lock();
            work.is_compacting = false;
            if unfit {
                work.unfit.insert(first);
            }
            drop(work);
            if !self.go_on_compacting(if unfit { Ok(()) } else { made }) {
                return;
            }
        }
    }

    /// The same of a compaction: it can wait, and must not take the room that appends need.
    fn go_on_compacting(&self, result: Result<(), MakeError>) -> bool {
        let error = match result {
            Err(MakeError::Durable(error)) if error.is_no_space() => error.to_string(),
            Err(MakeError::Segment(error)) => error.to_string(),
            other => return self.go_on(other),
        };
        tracing::warn!(error, "segments are compacted later");
        let mut work = self.lock();
        let until = Instant::now() + self.shape.compaction_pause;
        while !work.closing && Instant::now() < until {
            work = self.wait(work, until.saturating_duration_since(Instant::now()));
        }
        !work.closing
    }

    /// What follows from how a piece of work ended; whether there is more to do.
    fn go_on(&self, result: Result<(), MakeError>) -> bool {
        let is_disk_full = match &result {
            Ok(()) => false,
            Err(MakeError::Closing) => return false,
            Err(MakeError::Durable(error)) if error.is_no_space() => true,
            Err(MakeError::Log(error)) if error.is_no_space() => true,
            Err(error) => {
                self.health.stop(error.to_string());
                self.tell();
                return false;
            }
        };
        let mut work = self.lock();
        if let (false, true, Err(error)) = (work.is_disk_full, is_disk_full, &result) {
            tracing::warn!(%error, "the disk is full: rows are sealed when there is room");
        }
        work.is_disk_full = is_disk_full;
        self.changed.notify_all();
        if is_disk_full && !work.closing {
            work = self.wait(work, FULL_DISK_PAUSE);
        }
        !work.closing
    }

    /// Segments whose rows wait in full tails.
    fn unsealed(&self) -> usize {
        self.index.view().full.len() / self.shape.tails().max(1)
    }

    /// The tails that are to become the next segment.
    fn next_tails(&self) -> Option<Vec<Arc<Tail>>> {
        let mut work = self.lock();
        loop {
            if work.closing || self.health.stopped().is_some() {
                return None;
            }
            if let Some(tails) = self.index.view().full.get(..self.shape.tails()) {
                return Some(tails.to_vec());
            }
            work = self
                .changed
                .wait(work)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn next_sources(&self) -> Option<Vec<Arc<Segment>>> {
        let mut work = self.lock();
        loop {
            if work.closing || self.health.stopped().is_some() {
                return None;
            }
            if let Some(sources) = self.sources_of(&work) {
                work.is_compacting = true;
                return Some(sources);
            }
            work = self
                .changed
                .wait(work)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn sources(&self) -> Option<Vec<Arc<Segment>>> {
        let work = self.lock();
        self.sources_of(&work)
    }

    /// The first segments that are to become one.
    fn sources_of(&self, work: &Work) -> Option<Vec<Arc<Segment>>> {
        let Shape {
            segment_rows,
            fanout,
            ..
        } = self.shape;
        let view = self.index.view();
        let fanout = usize::try_from(fanout).unwrap_or(usize::MAX);
        let is_source = |segment: &Arc<Segment>| segment.row_count() == segment_rows;
        let is_aligned = |first: u64| {
            first.is_multiple_of(u64::from(segment_rows) * fanout as u64)
                && !work.unfit.contains(&first)
        };
        let mut runs = view.segments.windows(fanout.max(2));
        let run = runs.find(|run| {
            run.iter().all(is_source)
                && run
                    .first()
                    .is_some_and(|first| is_aligned(first.listed().first_position))
        });
        run.map(<[Arc<Segment>]>::to_vec)
    }

    fn generation(&self) -> u32 {
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed);
        u32::try_from(generation).unwrap_or(u32::MAX)
    }

    /// Makes tails a segment.
    fn seal(&self, tails: &[Arc<Tail>]) -> Result<(), MakeError> {
        let generation = self.generation();
        let first = tails.first().map_or(0, |tail| tail.first_position());
        let rows = self.shape.segment_rows;
        let guards: Vec<_> = tails.iter().map(|tail| tail.read()).collect();
        let held: Vec<&Rows> = guards.iter().map(|rows| &**rows).collect();
        let sealed = seal(&self.durable, first, generation, &held);
        drop(guards);
        let named = sealed.and_then(|listed| {
            self.vouch_for(&listed)?;
            self.change_manifest(|manifest| manifest.segments.push(listed.clone()))?;
            Ok(listed)
        });
        let listed = self.or_remove(named, first, rows, generation)?;
        let segment = Arc::new(Segment::new(
            &self.durable.path("".as_ref()),
            listed.clone(),
        ));
        warm(&segment);
        self.index.change_view(|view| {
            view.full.drain(..tails.len());
            view.segments.push(segment);
        });
        self.tell();
        wal::remove_covered(&self.durable, listed.end())?;
        Ok(())
    }

    /// Brings the leaves of a segment's rows to stable storage, and under signed heads.
    fn vouch_for(&self, listed: &Listed) -> Result<(), LogError> {
        for rows in &listed.organizations {
            let end = rows.first_index + u64::from(rows.rows);
            self.logs.settle(&rows.id)?;
            if let Some(log) = self.logs.get(&rows.id)
                && log.signed_size().is_none_or(|size| size < end)
            {
                self.logs.sign(&log)?;
            }
        }
        Ok(())
    }

    fn compact(&self, sources: &[Arc<Segment>]) -> Result<(), MakeError> {
        let generation = self.generation();
        let (first, rows) = match sources {
            [first, ..] => {
                let rows = sources.iter().map(|source| source.row_count()).sum();
                (first.listed().first_position, rows)
            }
            [] => return Ok(()),
        };
        let made = compact(&self.durable, sources, generation, &mut || self.give_way());
        let (start, end) = (first, first + u64::from(rows));
        let named = made.and_then(|listed| {
            self.change_manifest(|manifest| {
                let at = manifest
                    .segments
                    .partition_point(|other| other.first_position < start);
                manifest
                    .segments
                    .retain(|other| !(start..end).contains(&other.first_position));
                manifest.segments.insert(at, listed.clone());
            })?;
            Ok(listed)
        });
        let listed = self.or_remove(named, first, rows, generation)?;
        let segment = Arc::new(Segment::new(&self.durable.path("".as_ref()), listed));
        warm(&segment);
        self.index.change_view(|view| {
            let first = |other: &Arc<Segment>| other.listed().first_position;
            let at = view.segments.partition_point(|other| first(other) < start);
            view.segments
                .retain(|other| !(start..end).contains(&first(other)));
            view.segments.insert(at, segment);
        });
        for source in sources {
            self.durable.remove_folder(&source.listed().folder())?;
        }
        Ok(())
    }

    /// Compaction waits for as long as sealing has fallen behind.
    fn give_way(&self) -> Result<(), MakeError> {
        let mut work = self.lock();
        while !work.closing && self.unsealed() >= UNSEALED_FIRST {
            work = self.wait(work, FULL_DISK_PAUSE);
        }
        match work.closing {
            true => Err(MakeError::Closing),
            false => Ok(()),
        }
    }

    /// Gives back the room of a segment that came to nothing. After a failed write or sync nothing is
    /// removed: it may be the one of a manifest that names the segment.
    fn or_remove(
        &self,
        made: Result<Listed, MakeError>,
        first_position: u64,
        rows: u32,
        generation: u32,
    ) -> Result<Listed, MakeError> {
        let is_unnamed = match &made {
            Ok(_) => false,
            Err(MakeError::Durable(error)) => error.is_no_space(),
            Err(MakeError::Log(error)) => error.is_no_space(),
            Err(_) => true,
        };
        if is_unnamed {
            let folder = layout::segment_folder(first_position, rows, generation);
            if self.durable.path(&folder).is_dir() {
                // What made it fail is the error that counts; the next start removes what is left.
                let _ = self.durable.remove_folder(&folder);
            }
        }
        made
    }

    fn change_manifest(&self, change: impl FnOnce(&mut Manifest)) -> Result<(), MakeError> {
        let mut manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = manifest.clone();
        change(&mut changed);
        let next = self.next_generation.load(Ordering::Relaxed);
        changed.next_generation = u32::try_from(next).unwrap_or(u32::MAX);
        let bytes = changed.encode()?;
        self.durable
            .replace(layout::MANIFEST.as_ref(), &bytes, FileMode::Ordinary)?;
        *manifest = changed;
        Ok(())
    }

    fn wait<'w>(&self, work: MutexGuard<'w, Work>, time: Duration) -> MutexGuard<'w, Work> {
        let waited = self.changed.wait_timeout(work, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what every append asks of a segment, so that none has to wait for it. What cannot be read is
/// told to whoever needs it.
fn warm(segment: &Segment) {
    if let Err(error) = segment.filter() {
        tracing::error!(%error, "a segment cannot be read");
    }
}

/// The manifest of a data directory; what is wrong with it, if it cannot be used.
pub(crate) fn read_manifest(durable: &Durable) -> Result<Manifest, String> {
    let path = durable.path(layout::MANIFEST.as_ref());
    let failed = |what: String| {
        format!(
            "{} cannot be used: {what}; run `evident check --rebuild`",
            path.display()
        )
    };
    let read = || {
        if std::fs::metadata(&path)?.len() > MAX_MANIFEST_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        std::fs::read(&path)
    };
    match read() {
        Ok(bytes) => Manifest::decode(&bytes).map_err(|error| failed(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Manifest::default()),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Removes what the last owner began and the manifest does not name.
pub(crate) fn remove_unnamed(durable: &Durable, manifest: &Manifest) -> Result<(), DurableError> {
    let named: BTreeSet<_> = manifest.segments.iter().map(Listed::folder).collect();
    for name in durable.names(layout::SEGMENTS.as_ref())? {
        let folder = Path::new(layout::SEGMENTS).join(name);
        if !named.contains(&folder) && durable.path(&folder).is_dir() {
            tracing::info!(folder = %folder.display(), "removing a segment that was not finished");
            match durable.remove_folder(&folder) {
                // There are file systems that need room to remove. The next start tries again.
                Err(error) if error.is_no_space() => tracing::warn!(%error, "it stays for now"),
                removed => removed?,
            }
        }
    }
    Ok(())
}
