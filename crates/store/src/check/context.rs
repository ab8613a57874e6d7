//! What the parts of a check share: where they read, what they count, and which leaves differ.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use evident_event::id::EventId;
use evident_event::time::Timestamp;
use evident_ledger::entry::{Entry, commitment};
use evident_ledger::{HASH_BYTES, Hash};

use super::report::{Finding, Progress, Remedy};
use crate::durable::Durable;
use crate::layout;
use crate::seeds::Seeds;
use crate::segment::error::SegmentError;
use crate::segment::source::Source;
use crate::wal::group_of;

/// Leaves of a log that are remembered because they differ from its level file. More of them are
/// only counted.
const MAX_DIFFERING: usize = 1 << 20;

/// What all parts of a check use.
pub(super) struct Context<'a> {
    pub(super) durable: &'a Durable,
    progress: &'a (dyn Fn(Progress) + Sync),
    total_bytes: u64,
    done_bytes: AtomicU64,
    differing: Mutex<BTreeMap<String, Differing>>,
}

/// Rows of one organization whose leaf is not the one in the level file.
#[derive(Debug, Default)]
pub(super) struct Differing {
    /// Their leaves as their events give them.
    pub(super) leaves: BTreeMap<u64, Hash>,
    /// The file that the first of them was read from.
    pub(super) file: PathBuf,
    /// There are more than are kept.
    pub(super) too_many: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        durable: &'a Durable,
        total_bytes: u64,
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Self {
        Self {
            durable,
            progress,
            total_bytes,
            done_bytes: AtomicU64::new(0),
            differing: Mutex::default(),
        }
    }

    /// Bytes were read.
    pub(super) fn advance(&self, bytes: u64) {
        let done_bytes = self.done_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        (self.progress)(Progress {
            done_bytes,
            total_bytes: self.total_bytes.max(done_bytes),
        });
    }

    /// A row's leaf is not the one in the level file.
    pub(super) fn differs(&self, organization_id: &str, index: u64, leaf: Hash, file: &Path) {
        let mut all = self
            .differing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let one = all.entry(organization_id.to_owned()).or_default();
        if one
            .leaves
            .first_key_value()
            .is_none_or(|(first, _)| index < *first)
        {
            file.clone_into(&mut one.file);
        }
        match one.leaves.len() < MAX_DIFFERING {
            true => drop(one.leaves.insert(index, leaf)),
            false => one.too_many = true,
        }
    }

    pub(super) fn take_differing(&self, organization_id: &str) -> Differing {
        let mut all = self
            .differing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.remove(organization_id).unwrap_or_default()
    }
}

/// The leaf of a row, as the log commits to it.
pub(super) fn leaf_of(
    seeds: &mut Seeds,
    organization_id: &str,
    position: u64,
    (id, received_at): (EventId, Timestamp),
    canonical: &[u8],
) -> Option<Hash> {
    let seed = seeds.existing(group_of(position)).ok()?;
    let salt = seed.salt(organization_id, id.as_bytes());
    let entry = Entry {
        event_id: *id.as_bytes(),
        received_at_micros: received_at.as_micros(),
        commitment: commitment(&salt, canonical),
    };
    Some(entry.leaf_hash())
}

/// The hashes of a level file from one on: as many of them as the file has.
pub(crate) fn stored_hashes(
    durable: &Durable,
    organization_id: &str,
    level: u8,
    first: u64,
    count: u64,
) -> std::io::Result<Vec<Hash>> {
    let file = match File::open(durable.path(&layout::level_file(organization_id, level))) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let there = (file.metadata()?.len() / HASH_BYTES as u64).saturating_sub(first);
    let count = usize::try_from(count.min(there)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; count.saturating_mul(HASH_BYTES)];
    file.read_exact_at(&mut bytes, first.saturating_mul(HASH_BYTES as u64))?;
    let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
    Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// A finding of an error, about this file unless the error names another.
pub(super) fn finding_of(
    durable: &Durable,
    error: &SegmentError,
    file: &Path,
    remedy: Remedy,
) -> Finding {
    let relative = |path: &Path| {
        let root = durable.path(Path::new(""));
        path.strip_prefix(root).unwrap_or(path).to_owned()
    };
    match error {
        SegmentError::Io { path, source } => Finding::damage(
            relative(path),
            format!("it could not be read: {source}"),
            remedy,
        ),
        SegmentError::Damaged { path, offset, what } => {
            Finding::damage(relative(path), what.clone(), remedy).at(*offset)
        }
        SegmentError::Malformed { part, what } => {
            Finding::damage(file, format!("the {part} does not hold: {what}"), remedy)
        }
    }
}

/// A file as it is, without the checksums that a segment keeps elsewhere: frames of rows carry
/// their own.
#[derive(Debug)]
pub(crate) struct RawFile {
    path: PathBuf,
    file: File,
    length: u64,
}

impl RawFile {
    /// The first bytes of a file, as many as it should have if that is known.
    pub(crate) fn open(path: &Path, expected: Option<u64>) -> Result<Self, SegmentError> {
        let failed = |source| SegmentError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let there = file.metadata().map_err(failed)?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            length: expected.map_or(there, |expected| expected.min(there)),
        })
    }
}

impl Source for RawFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, length: usize, into: &mut Vec<u8>) -> Result<(), SegmentError> {
        let end = offset.checked_add(length as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(SegmentError::malformed(
                "rows",
                "something in it points past its end",
            ));
        }
        into.resize(length, 0);
        self.file
            .read_exact_at(into, offset)
            .map_err(|source| SegmentError::Io {
                path: self.path.clone(),
                source,
            })
    }
}
