//! Verifying a data directory without a server: every event against its leaf, every tree against
//! every checkpoint that was published.
//!
//! It answers an auditor's question, while [`crate::check`] answers an operator's: not whether files
//! are whole and can be made anew, but whether the events are those that were committed to. What must
//! hold:
//!
//! - no index is believed: events are read from the segments' rows and the write-ahead log, and their
//!   numbers are counted. What makes an event right is that its own leaf is under a signed root;
//! - rows that were removed are told of. Where the manifest has none removed, none is missing; those that
//!   it has removed are as many as are gone, and their hashes are those that were signed;
//! - nothing is written but the lock, and a directory that cannot be written to is verified as well;
//! - a finding does not end it, and nothing that is read makes it panic;
//! - memory is bounded by a few megabytes for each thread, and the leaves that are in the write-ahead
//!   log alone.

mod frames;
mod judge;
mod keys;
mod leaves;
mod published;
mod report;
mod row;
mod segment;
mod shared;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod tree;
mod wal;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use evident_ledger::note::VerifierKey;

use self::keys::LogKey;
use self::segment::{Verified, verify_segment};
use self::shared::Shared;
use self::tree::{Log, Walked, walk};
use self::wal::{Newest, verify_wal};
use crate::check::{self, manifest};
use crate::durable::{Durable, DurableError, Lock};
use crate::layout;
use crate::segment::meta::Manifest;
use crate::segment::sealed::ROWS_FILE;

pub use self::report::{Counts, Finding, Findings, Kind, MAX_FINDINGS, Report, VerifiedLog};
pub use crate::check::Progress;

/// Threads that verify.
const THREADS: usize = 2;

/// What the caller knows from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The logs' verifier keys. Those of other logs are derived from the key files in the directory.
    pub keys: Vec<VerifierKey>,
    /// Checkpoints that somebody kept.
    pub kept: Vec<Kept>,
    /// That events without a signature are to be expected behind the segments, as after a server was
    /// killed: they are noted then, and no finding.
    pub allow_unsigned: bool,
}

/// A checkpoint that somebody kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What findings call it: its file's name.
    pub name: String,
    /// The signed note.
    pub note: Vec<u8>,
}

/// Why a directory could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no such directory.
    #[error("{} is no data directory: name the one that `evident init` set up, or a copy of it", .0.display())]
    NoDirectory(PathBuf),
    /// A process has it.
    #[error("another process is using {}: stop the server first, or verify a copy", .0.display())]
    Locked(PathBuf),
    /// The lock could not be taken.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// The directories in it cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A log whose checkpoints cannot be verified.
    #[error(
        "there is no key to verify the log of {organization_id} with ({why}): name its verifier key, \
         which `evident init` printed and GET /v1/log gives, with --key"
    )]
    NoKey {
        /// Whose log.
        organization_id: String,
        /// Why the directory does not give it.
        why: String,
    },
}

/// Verifies a directory that no server uses. Blocks for as long as reading all events takes.
///
/// # Errors
/// If it cannot be verified at all. What does not hold is in the report.
pub fn verify(
    directory: &Path,
    known: &Known,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, VerifyError> {
    let (durable, _lock) = take(directory)?;
    let mut report = Report::default();
    let mut checked = check::Report::default();
    let found = manifest::read(&durable, &mut checked);
    for finding in checked.damage() {
        let what = format!("the list of segments does not hold: {}", finding.what);
        let finding = Finding::of_file(Kind::Rows, &finding.file, what);
        report.findings.push(finding);
    }
    let keys = keys::resolve(&durable, &found.manifest, known, &mut report.findings)?;
    if found.is_lost {
        // Without the segments' ends nothing can be said of what follows them.
        return Ok(report);
    }
    let mut unnamed = check::Report::default();
    manifest::find_unnamed(&durable, &found.manifest, &mut unnamed);
    report.notes.extend(unnamed.findings.iter().map(|finding| {
        let file = finding.file.display();
        format!("{file}: it is not in the list of segments, and was not verified")
    }));
    let kept = keys::assign(&keys, known, &mut report.findings);
    let shared = Shared::new(&durable, total_bytes(&durable, &found.manifest), progress);
    let work = Work::new(&shared, &found.manifest, &keys, &kept);
    let done = work.run();
    let logs = judge::Logs {
        manifest: &found.manifest,
        keys: &keys,
        kept: &kept,
        allow_unsigned: known.allow_unsigned,
    };
    judge::report(shared, &logs, done, &mut report);
    Ok(report)
}

/// Takes the directory for this process. Where its lock cannot be written, as on a read-only mount, it
/// is taken if that can be done without writing, and else done without: no server writes there either.
fn take(directory: &Path) -> Result<(Durable, Option<Lock>), VerifyError> {
    // Only a directory that has a log: nothing is made where there is none.
    if !directory.join(layout::WAL).is_dir() {
        return Err(VerifyError::NoDirectory(directory.to_owned()));
    }
    let durable = Durable::for_reading(directory);
    let locked = || VerifyError::Locked(directory.to_owned());
    match durable.lock(layout::LOCK.as_ref()) {
        Ok(lock) => Ok((durable, Some(lock.ok_or_else(locked)?))),
        Err(error)
            if matches!(
                error.io_error().kind(),
                ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied
            ) =>
        {
            match durable.lock_unwritten(layout::LOCK.as_ref()) {
                Ok(None) => Err(locked()),
                Ok(lock) => Ok((durable, lock)),
                Err(_) => Ok((durable, None)),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The logs' own checkpoints that somebody kept, by organization.
type KeptHeads = BTreeMap<String, Vec<(String, evident_ledger::checkpoint::Checkpoint)>>;

/// What is to be done, and what of it is.
struct Work<'a> {
    shared: &'a Shared<'a>,
    manifest: &'a Manifest,
    kept: &'a KeptHeads,
    /// The logs, one after the other.
    logs_in_order: Vec<(&'a String, &'a LogKey)>,
    bases: BTreeMap<&'a str, u64>,
    newest: OnceLock<Newest>,
    /// The segments, the largest first, so that none of the threads waits long at the end.
    order: Vec<usize>,
    next_segment: AtomicUsize,
    next_log: AtomicUsize,
    segments: Mutex<BTreeMap<usize, Verified>>,
    logs: Mutex<BTreeMap<String, Walked>>,
}

/// What came of the work, in the order of the segments and organizations.
struct Done {
    segments: BTreeMap<usize, Verified>,
    newest: Newest,
    logs: BTreeMap<String, Walked>,
}

impl<'a> Work<'a> {
    fn new(
        shared: &'a Shared<'a>,
        manifest: &'a Manifest,
        keys: &'a BTreeMap<String, LogKey>,
        kept: &'a KeptHeads,
    ) -> Self {
        let mut order: Vec<usize> = (0..manifest.segments.len()).collect();
        let rows = |number: &usize| manifest.segments.get(*number).map(|listed| listed.rows);
        order.sort_by_key(|number| std::cmp::Reverse(rows(number)));
        Self {
            shared,
            manifest,
            logs_in_order: keys.iter().collect(),
            kept,
            bases: manifest.next_indexes(),
            newest: OnceLock::new(),
            order,
            next_segment: AtomicUsize::new(0),
            next_log: AtomicUsize::new(0),
            segments: Mutex::default(),
            logs: Mutex::default(),
        }
    }

    fn run(self) -> Done {
        std::thread::scope(|scope| {
            for _ in 1..THREADS {
                // Without another thread, this one does it all.
                let _ = std::thread::Builder::new().spawn_scoped(scope, || {
                    self.do_segments();
                    self.do_logs();
                });
            }
            // The trees need the leaves of the write-ahead log, and beside them the segments go on.
            let newest = verify_wal(self.shared, self.manifest);
            let _ = self.newest.set(newest);
            self.do_logs();
            self.do_segments();
        });
        let unpoisoned = PoisonError::into_inner;
        Done {
            segments: self.segments.into_inner().unwrap_or_else(unpoisoned),
            newest: self.newest.into_inner().unwrap_or_default(),
            logs: self
                .logs
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn do_segments(&self) {
        loop {
            let next = self.next_segment.fetch_add(1, Ordering::Relaxed);
            let Some(number) = self.order.get(next) else {
                break;
            };
            let Some(listed) = self.manifest.segments.get(*number) else {
                break;
            };
            let verified = verify_segment(self.shared, listed);
            let mut segments = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
            segments.insert(*number, verified);
        }
    }

    fn do_logs(&self) {
        let Some(newest) = self.newest.get() else {
            return;
        };
        loop {
            let next = self.next_log.fetch_add(1, Ordering::Relaxed);
            let Some((id, key)) = self.logs_in_order.get(next) else {
                break;
            };
            let base = self.bases.get(id.as_str()).copied().unwrap_or_default();
            let log = log_of(id, key, base, newest, self.kept);
            let walked = walk(self.shared.durable, &log, &BTreeMap::new());
            let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            logs.insert((*id).clone(), walked);
        }
    }
}

/// A log, and what is known of it.
fn log_of<'a>(
    id: &'a str,
    key: &'a LogKey,
    base: u64,
    newest: &'a Newest,
    kept: &'a KeptHeads,
) -> Log<'a> {
    Log {
        id,
        key: &key.key,
        base,
        newest: newest.leaves.get(id).map_or(&[], Vec::as_slice),
        is_whole: !newest.broken.contains(id),
        kept: kept.get(id).map_or(&[], Vec::as_slice),
    }
}

/// Bytes that are read, the level files not counted.
fn total_bytes(durable: &Durable, manifest: &Manifest) -> u64 {
    let length = |path: PathBuf| std::fs::metadata(path).map_or(0, |data| data.len());
    let segments = manifest.segments.iter();
    let rows = segments.map(|listed| length(durable.path(&listed.folder().join(ROWS_FILE))));
    let names = durable.names(layout::WAL.as_ref()).unwrap_or_default();
    let wal = names.iter();
    let wal = wal.map(|name| length(durable.path(&Path::new(layout::WAL).join(name))));
    rows.sum::<u64>() + wal.sum::<u64>()
}
