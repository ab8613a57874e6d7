//! Scrubbing: the pieces of all segments are verified again and again, slowly, so that bytes that go
//! bad are found while there is still a backup, and not when somebody asks for them.
//!
//! What must hold: it never reads faster than its rate, whatever there is to read; it ends at once
//! when the store closes; what it opens it lets go of, so that looking at a segment does not keep it
//! in memory; a segment that compaction has replaced is not called damaged because it is gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::measure::Measures;
use crate::segment::error::SegmentError;
use crate::segment::meta::Listed;
use crate::segment::sealed::{META_FILE, Segment};

/// Bytes that are verified in a second, at most.
const BYTES_PER_SECOND: u64 = 8 << 20;
/// Time from the beginning of a pass to that of the next, at least.
const PASS_INTERVAL: Duration = Duration::from_hours(24);

/// Gives the segments that there are now.
pub(crate) type View = Box<dyn Fn() -> Vec<Arc<Segment>> + Send + Sync>;

/// Verifies all segments that a view gives.
pub(crate) struct Scrub<V = View> {
    data: PathBuf,
    view: V,
    measures: Arc<Measures>,
    bytes_per_second: u64,
    is_closing: Mutex<bool>,
    wake: Condvar,
    /// By file: how many of its pieces are damaged. Each was told once.
    damaged: Mutex<BTreeMap<PathBuf, u64>>,
}

impl<V: Fn() -> Vec<Arc<Segment>>> Scrub<V> {
    /// Of the segments in a data directory that the view gives at any time.
    pub(crate) fn new(data: &Path, view: V, measures: Arc<Measures>) -> Self {
        Self::at_rate(data, view, measures, BYTES_PER_SECOND)
    }

    fn at_rate(data: &Path, view: V, measures: Arc<Measures>, bytes_per_second: u64) -> Self {
        Self {
            data: data.to_owned(),
            view,
            measures,
            bytes_per_second,
            is_closing: Mutex::new(false),
            wake: Condvar::new(),
            damaged: Mutex::default(),
        }
    }

    /// Pass after pass, until it is closed.
    pub(crate) fn run(&self) {
        loop {
            let next = Instant::now() + PASS_INTERVAL;
            self.pass();
            if !self.rest(next) {
                return;
            }
        }
    }

    /// Ends [`Self::run`] at once.
    pub(crate) fn close(&self) {
        *self.closing() = true;
        self.wake.notify_all();
    }

    /// Verifies every piece of every segment once. Ends early when it is closed.
    fn pass(&self) {
        let segments = (self.view)();
        self.forget(&segments);
        for segment in &segments {
            if *self.closing() {
                return;
            }
            if let Err(error) = self.verify(segment.listed()) {
                self.fail(segment, &error);
            }
        }
    }

    /// Verifies a segment, opened anew: what was opened before was verified before.
    fn verify(&self, listed: &Listed) -> Result<(), SegmentError> {
        let parts = Segment::new(&self.data, listed.clone()).parts()?;
        self.judge(&self.data.join(listed.folder()).join(META_FILE), &[]);
        for file in parts.files() {
            let mut done = 0;
            let mut is_whole = true;
            let bad = file.verify(&mut |offset| {
                let bytes = offset.saturating_sub(done);
                done = offset;
                self.measures.scrubbed(bytes);
                let took = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
                is_whole = self.rest(Instant::now() + took);
                is_whole
            })?;
            if is_whole || !bad.is_empty() {
                self.judge(file.path(), &bad);
            }
        }
        Ok(())
    }

    /// Tells of a file's damaged pieces, unless it was told before.
    fn judge(&self, path: &Path, bad: &[u64]) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match bad.first() {
            None => damaged.remove(path),
            Some(_) => damaged.insert(path.to_owned(), bad.len() as u64),
        };
        self.measures.damaged_pieces(damaged.values().sum());
        if let (None, Some(offset)) = (known, bad.first()) {
            tracing::error!(
                file = %path.display(),
                offset,
                pieces = bad.len(),
                "a segment's file is damaged: stop Evident and run `evident check`"
            );
        }
    }

    /// A segment could not be opened or read. That is damage if it is still one.
    fn fail(&self, segment: &Arc<Segment>, error: &SegmentError) {
        if !(self.view)()
            .iter()
            .any(|known| Arc::ptr_eq(known, segment))
        {
            return;
        }
        let folder = self.data.join(segment.listed().folder());
        let (path, offset) = match error {
            SegmentError::Io { path, .. } => (path.clone(), 0),
            SegmentError::Damaged { path, offset, .. } => (path.clone(), *offset),
            SegmentError::Malformed { .. } => (folder.join(META_FILE), 0),
        };
        self.judge(&path, &[offset]);
    }

    /// Forgets the damage of segments that are no longer there.
    fn forget(&self, segments: &[Arc<Segment>]) {
        let folders: Vec<PathBuf> = segments
            .iter()
            .map(|segment| self.data.join(segment.listed().folder()))
            .collect();
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        damaged.retain(|path, _| folders.iter().any(|folder| path.starts_with(folder)));
        self.measures.damaged_pieces(damaged.values().sum());
    }

    /// Waits until a time; `false` at once if it is closed.
    fn rest(&self, until: Instant) -> bool {
        let mut closing = self.closing();
        loop {
            if *closing {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let waited = self.wake.wait_timeout(closing, left);
            (closing, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn closing(&self) -> MutexGuard<'_, bool> {
        self.is_closing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::check::fixtures::Directory;
    use crate::segment::meta::Manifest;
    use crate::{disk::read_files, layout};

    /// The segments of a directory, as a store would have them open.
    fn segments(directory: &Path) -> Vec<Arc<Segment>> {
        let manifest = std::fs::read(directory.join(layout::MANIFEST)).unwrap();
        let listed = Manifest::decode(&manifest).unwrap().segments;
        let open = |listed| Arc::new(Segment::new(directory, listed));
        listed.into_iter().map(open).collect()
    }

    #[test]
    fn a_flipped_bit_in_any_file_of_a_segment_is_counted_until_it_is_put_right() {
        let directory = Directory::make();
        let segments = segments(directory.path());
        let measures = Arc::new(Measures::default());
        let scrub = Scrub::at_rate(
            directory.path(),
            || segments.clone(),
            Arc::clone(&measures),
            u64::MAX,
        );
        scrub.pass();
        let now = measures.read((0, 0), 0);
        assert_eq!(now.scrub_damaged_pieces, 0);
        let lengths = segments.iter().flat_map(|segment| {
            let parts = segment.parts().unwrap();
            parts.files().map(|file| file.length())
        });
        assert_eq!(now.scrub_verified_bytes, lengths.sum::<u64>());
        for (name, bytes) in read_files(directory.path()) {
            let path = directory.path().join(&name);
            if !name.starts_with(layout::SEGMENTS) || name.ends_with("manifest") {
                continue;
            }
            for at in [0, bytes.len() / 2, bytes.len() - 1] {
                let mut flipped = bytes.clone();
                flipped[at] ^= 4;
                std::fs::write(&path, flipped).unwrap();
                scrub.pass();
                assert_eq!(
                    measures.read((0, 0), 0).scrub_damaged_pieces,
                    1,
                    "{}",
                    name.display()
                );
                let told = scrub.damaged.lock().unwrap().keys().next().cloned();
                assert_eq!(told, Some(path.clone()));
                std::fs::write(&path, &bytes).unwrap();
                scrub.pass();
                assert_eq!(measures.read((0, 0), 0).scrub_damaged_pieces, 0);
            }
        }
    }

    #[test]
    fn a_segment_that_is_gone_with_its_folder_is_no_damage() {
        let directory = Directory::make();
        let segments = Mutex::new(segments(directory.path()));
        let first = segments.lock().unwrap()[0].listed().folder();
        let measures = Arc::new(Measures::default());
        let view = || {
            // What compaction does after the scrub has looked at what there is.
            let mut segments = segments.lock().unwrap();
            let seen = segments.clone();
            segments.retain(|segment| segment.listed().folder() != first);
            seen
        };
        std::fs::remove_dir_all(directory.path().join(&first)).unwrap();
        let scrub = Scrub::at_rate(directory.path(), view, Arc::clone(&measures), u64::MAX);
        scrub.pass();
        assert_eq!(measures.read((0, 0), 0).scrub_damaged_pieces, 0);
    }

    #[test]
    fn closing_ends_a_pass_that_would_take_hours() {
        let directory = Directory::make();
        let segments = segments(directory.path());
        let measures = Arc::new(Measures::default());
        let scrub = Scrub::at_rate(directory.path(), || segments.clone(), measures, 1);
        std::thread::scope(|scope| {
            let running = scope.spawn(|| scrub.run());
            scrub.close();
            running.join().unwrap();
        });
        // However often it is asked, it does not begin again.
        scrub.run();
        assert!(!scrub.rest(Instant::now()));
    }
}
