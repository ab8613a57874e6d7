//! Upkeep: tails become segments, small segments become large ones, and the write-ahead log gives up
//! what they hold. What is sealed is told in `upkeep/sealing.rs`, what is compacted in `upkeep/runs.rs`.
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

mod runs;
mod sealing;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::durable::{Durable, DurableError, FileMode};
use crate::expiry::{Changes, KnownGroups};
use crate::health::Health;
use crate::index::embedded::EmbeddedIndex;
use crate::layout;
use crate::logs::Logs;
use crate::segment::compact::{MAX_ROWS, compact};
use crate::segment::error::SegmentError;
use crate::segment::meta::{Listed, Manifest};
use crate::segment::sealed::Segment;
use crate::segment::writing::MakeError;

pub use self::sealing::SealError;

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
    /// Segments that become one are those of so many times as many positions.
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

    /// Positions whose segments become one.
    fn span(&self) -> u64 {
        let span = u64::from(self.segment_rows) * u64::from(self.fanout.max(2));
        span.clamp(1, u64::from(MAX_ROWS))
    }
}

#[derive(Default)]
struct Work {
    closing: bool,
    /// The disk was full when something was last tried.
    is_disk_full: bool,
    /// How often something was tried and found the disk full.
    full_disk_finds: u64,
    /// Tails that end at or before this position are sealed at once, whether they are full or not.
    seal_through: u64,
    /// The rows before this position are in segments, and in no file of the write-ahead log.
    released_through: u64,
    /// A compaction is being made.
    is_compacting: bool,
    /// Events are being removed.
    is_expiring: bool,
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
    /// Held while a segment is replaced: by compaction, or by what is left of it.
    pub(crate) rewriting: Mutex<()>,
    /// Which rules of retention have changed; held while what they take out is put into the manifest.
    pub(crate) rule_changes: Changes,
    /// The groups that have events in segments that lost some.
    pub(crate) groups: Mutex<KnownGroups>,
    /// Folders of segments that count no more and could not be removed yet.
    left_over: Mutex<BTreeSet<PathBuf>>,
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
            rewriting: Mutex::default(),
            rule_changes: Changes::default(),
            groups: Mutex::default(),
            left_over: Mutex::default(),
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
        let ended_early = self.unsealed() == 0 && self.next_task(&self.lock()).is_some();
        self.unsealed() as u64 + u64::from(ended_early) + compactions
    }

    /// Waits until nothing is left to be done, or the store has stopped.
    pub(crate) fn settle(&self) {
        let mut work = self.lock();
        while !work.closing && self.health.stopped().is_none() {
            let is_sealed = self.next_task(&work).is_none();
            if is_sealed && !work.is_compacting && self.sources_of(&work).is_none() {
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
        while let Some(task) = self.wait_for_task() {
            let done = self.perform(&task);
            if !self.go_on(done) {
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
        work.full_disk_finds += u64::from(is_disk_full);
        self.changed.notify_all();
        if is_disk_full && !work.closing {
            work = self.wait(work, FULL_DISK_PAUSE);
        }
        !work.closing
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
        let view = self.index.view();
        let positions = |segment: &Arc<Segment>| {
            let listed = segment.listed();
            listed.first_position..listed.end()
        };
        let segments: Vec<_> = view.segments.iter().map(positions).collect();
        let is_fit = |first: u64| !work.unfit.contains(&first);
        let (span, through) = (self.shape.span(), view.sealed_through());
        let run = runs::next_run(&segments, span, through, is_fit)?;
        view.segments.get(run).map(<[Arc<Segment>]>::to_vec)
    }

    pub(crate) fn generation(&self) -> u32 {
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed);
        u32::try_from(generation).unwrap_or(u32::MAX)
    }

    fn compact(&self, sources: &[Arc<Segment>]) -> Result<(), MakeError> {
        let _turn = self
            .rewriting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !self.are_there(sources) {
            // Events were removed from them meanwhile: what is left of them is looked at anew.
            return Ok(());
        }
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
            self.remove_segment(source.listed().folder())?;
        }
        Ok(())
    }

    /// Removes the folder of a segment that counts no more. Where that fails, it is kept in mind.
    pub(crate) fn remove_segment(&self, folder: PathBuf) -> Result<(), DurableError> {
        let mut left_over = self
            .left_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        left_over.insert(folder.clone());
        drop(left_over);
        if self.durable.path(&folder).is_dir() {
            self.durable.remove_folder(&folder)?;
        }
        let mut left_over = self
            .left_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        left_over.remove(&folder);
        Ok(())
    }

    /// Removes what could not be removed before. Whoever says that events are gone has to see to it first.
    pub(crate) fn remove_left_over(&self) -> Result<(), DurableError> {
        let left_over = self
            .left_over
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let folders = left_over.clone();
        drop(left_over);
        for folder in folders {
            self.remove_segment(folder)?;
        }
        Ok(())
    }

    /// Whether segments are still those that answer.
    fn are_there(&self, segments: &[Arc<Segment>]) -> bool {
        let view = self.index.view();
        let mut all = segments.iter();
        all.all(|segment| {
            view.segments
                .iter()
                .any(|other| Arc::ptr_eq(segment, other))
        })
    }

    /// Says that events are being removed, unless they are already.
    pub(crate) fn begin_expiring(&self) -> bool {
        !std::mem::replace(&mut self.lock().is_expiring, true)
    }

    /// See [`Self::begin_expiring`].
    pub(crate) fn end_expiring(&self) {
        self.lock().is_expiring = false;
        self.changed.notify_all();
    }

    /// Waits until no events are being removed any more.
    pub(crate) fn wait_for_expiry(&self) {
        let mut work = self.lock();
        while work.is_expiring {
            work = self.wait(work, FULL_DISK_PAUSE);
        }
    }

    /// Does nothing for a time, unless the store closes.
    pub(crate) fn rest(&self, time: Duration) -> Result<(), MakeError> {
        let until = Instant::now() + time;
        let mut work = self.lock();
        while !work.closing && Instant::now() < until {
            work = self.wait(work, until.saturating_duration_since(Instant::now()));
        }
        match work.closing {
            true => Err(MakeError::Closing),
            false => Ok(()),
        }
    }

    /// The manifest as it is.
    pub(crate) fn with_manifest<T>(&self, look: impl FnOnce(&Manifest) -> T) -> T {
        look(&self.manifest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stops the store for an error that does not pass by itself.
    pub(crate) fn stop_unless_passing(&self, error: MakeError) -> MakeError {
        let is_passing = match &error {
            MakeError::Closing | MakeError::RulesChanged => true,
            MakeError::Durable(error) => error.is_no_space(),
            MakeError::Log(error) => error.is_no_space(),
            _ => false,
        };
        if !is_passing {
            self.health.stop(error.to_string());
            self.tell();
        }
        error
    }

    /// Compaction waits for as long as sealing has fallen behind.
    pub(crate) fn give_way(&self) -> Result<(), MakeError> {
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
    pub(crate) fn or_remove<T>(
        &self,
        made: Result<T, MakeError>,
        first_position: u64,
        rows: u32,
        generation: u32,
    ) -> Result<T, MakeError> {
        let is_unnamed = match &made {
            Ok(_) => false,
            Err(MakeError::Durable(error)) => error.is_no_space(),
            Err(MakeError::Log(error)) => error.is_no_space(),
            Err(_) => true,
        };
        if is_unnamed {
            let folder = layout::segment_folder(first_position, rows, generation);
            // What made it fail is the error that counts; what cannot be removed now is kept in mind.
            let _ = self.remove_segment(folder);
        }
        made
    }

    pub(crate) fn change_manifest(
        &self,
        change: impl FnOnce(&mut Manifest),
    ) -> Result<(), MakeError> {
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
pub(crate) fn warm(segment: &Segment) {
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
