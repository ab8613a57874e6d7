//! Checking a data directory without a server, and making anew what can be.
//!
//! What must hold:
//!
//! - a check writes nothing, holds the directory's lock, and never panics on what it reads;
//! - a finding does not end it: what can still be read is looked at;
//! - nothing is believed because an index says it: rows are judged by the leaves that the log has of
//!   them, leaves by the signed root, and everything else by the rows;
//! - only what the rows give again is made anew, and never against a signed head.
//!
//! Memory is bounded by a few numbers for each row of a segment, two segments at a time, beside the
//! leaves of the rows that the write-ahead log alone has.

mod columns;
pub(crate) mod context;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod fixtures;
mod kept;
mod logs;
pub(crate) mod manifest;
mod rebuild;
pub(crate) mod removed;
mod report;
pub(crate) mod row;
mod segment;
mod terms;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod wal;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use self::context::Context;
use self::removed::{AllStubs, Misfit};
use self::segment::{SegmentReport, check_segment};
use crate::durable::{Durable, DurableError, Lock};
use crate::layout;
use crate::seeds::Seeds;
use crate::segment::meta::{Listed, Manifest};
use crate::wal::{GROUP_POSITIONS, group_of};

pub use self::rebuild::{RebuildError, Rebuilt, rebuild};
pub use self::report::{Counts, Finding, Progress, Remedy, Report, Severity};

/// Segments that are checked at the same time.
const THREADS: usize = 2;

/// Why a directory could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no such directory.
    #[error("{} is no data directory: name the one that `evident init` set up", .0.display())]
    NoDirectory(PathBuf),
    /// A process has it.
    #[error("another process is using {}: stop the server first, then check again", .0.display())]
    Locked(PathBuf),
    /// The lock could not be taken.
    #[error(transparent)]
    Durable(#[from] DurableError),
}

/// A directory that belongs to this process.
struct Owned {
    durable: Durable,
    /// Held for as long as anything is read.
    _lock: Lock,
}

impl Owned {
    fn take(directory: &Path) -> Result<Self, CheckError> {
        // Only a directory that has a log: nothing is made where there is none.
        if !directory.join(layout::WAL).is_dir() {
            return Err(CheckError::NoDirectory(directory.to_owned()));
        }
        let durable = Durable::open(directory, None)?;
        let lock = durable
            .lock(layout::LOCK.as_ref())?
            .ok_or_else(|| CheckError::Locked(directory.to_owned()))?;
        Ok(Self {
            durable,
            _lock: lock,
        })
    }
}

/// What was found, and what of it can be made anew.
struct Examined {
    report: Report,
    manifest: Manifest,
    /// The manifest is made of the folders.
    manifest_is_made: bool,
    /// First positions of segments whose files but the rows are to be made anew.
    segments: BTreeSet<u64>,
    /// Organizations whose level files are.
    levels: BTreeSet<String>,
    /// Organizations whose events contradict what was signed.
    contradicted: BTreeSet<String>,
}

/// Checks a directory that no server uses. Blocks for as long as reading all of it takes.
///
/// # Errors
/// If there is nothing to check, or a process has it. What is wrong with the data is in the report.
pub fn check(directory: &Path, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, CheckError> {
    let owned = Owned::take(directory)?;
    Ok(examine(&owned.durable, progress).report)
}

fn examine(durable: &Durable, progress: &(dyn Fn(Progress) + Sync)) -> Examined {
    let mut report = Report::default();
    let found = manifest::read(durable, &mut report);
    let manifest = found.manifest;
    let context = Context::new(durable, total_bytes(durable, &manifest), progress);
    if !found.is_lost {
        manifest::find_unnamed(durable, &manifest, &mut report);
    }
    let checked = check_segments(&context, &manifest.segments);
    let mut segments = BTreeSet::new();
    let mut groups = BTreeSet::new();
    let mut stubs = AllStubs::default();
    let mut rows_whole = !found.is_lost;
    for (listed, checked) in manifest.segments.iter().zip(checked) {
        if checked.rows_whole && !checked.report.is_clean() {
            segments.insert(listed.first_position);
        }
        groups.extend(groups_of(listed, &checked));
        stubs.append(&checked.stubs);
        rows_whole &= checked.rows_whole;
        report.add(checked.report);
    }
    // What cannot be read is told of, and what it has cannot be counted.
    if rows_whole {
        let misfits = removed::misfits(&manifest, &stubs).into_iter();
        let damage =
            |misfit: Misfit| Finding::damage(layout::MANIFEST, misfit.what, Remedy::Backup);
        report.findings.extend(misfits.map(damage));
        let removed = manifest.next_indexes().into_keys();
        let removed = removed.map(|id| removed::removed_of(&manifest, id, &stubs));
        report.counts.removed = removed.sum();
    }
    let mut examined = Examined {
        report,
        manifest_is_made: found.is_made,
        segments,
        levels: BTreeSet::new(),
        contradicted: BTreeSet::new(),
        manifest,
    };
    if found.is_lost {
        // Without the number of rows that are in segments nothing can be said of what follows them.
        examined.report.sort();
        return examined;
    }
    let (newest, of_wal) = wal::check_wal(&context, &examined.manifest);
    examined.report.add(of_wal);
    groups.extend(&newest.groups);
    // A group that the next rows go on in keeps its seed, whatever was removed of it.
    let end = examined.manifest.end();
    groups.extend((!end.is_multiple_of(GROUP_POSITIONS)).then(|| group_of(end)));
    check_seeds(&context, groups, &mut examined.report);
    let logs = logs::check_logs(&context, &examined.manifest, &newest);
    examined.report.add(logs.report);
    examined.levels = logs.rebuildable;
    examined.contradicted = logs.contradicted;
    examined.report.sort();
    examined
}

/// Two at a time, as one waits for the disk while the other computes. A report for each.
fn check_segments(context: &Context<'_>, segments: &[Listed]) -> Vec<SegmentReport> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, SegmentReport)>> = Mutex::default();
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(listed) = segments.get(number) else {
                break;
            };
            let checked = check_segment(context, listed);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((number, checked));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..THREADS.min(segments.len()) {
            // Without another thread, this one does it all.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, checked)| checked).collect()
}

/// The groups that events of a segment are in.
fn groups_of(listed: &Listed, checked: &SegmentReport) -> BTreeSet<u64> {
    match listed.events {
        Some(_) => checked.groups.clone(),
        // Every place has an event, also where it could not be read.
        None => (group_of(listed.first_position)..=group_of(listed.end() - 1)).collect(),
    }
}

/// Every group that has events has its seed, whole as whatever else is there.
fn check_seeds(context: &Context<'_>, mut groups: BTreeSet<u64>, report: &mut Report) {
    let mut seeds = Seeds::new(context.durable);
    for name in context
        .durable
        .names(layout::SEEDS.as_ref())
        .unwrap_or_default()
    {
        let group = name
            .to_str()
            .and_then(|name| u64::from_str_radix(name, 16).ok());
        let file = Path::new(layout::SEEDS).join(name);
        match group.filter(|group| layout::seed_file(*group) == file) {
            Some(group) => drop(groups.insert(group)),
            None => report.findings.push(Finding::note(
                file,
                "a crash left it before it was whole; it may be removed",
            )),
        }
    }
    for group in groups {
        if let Err(error) = seeds.existing(group) {
            let file = layout::seed_file(group);
            report
                .findings
                .push(Finding::damage(file, error.to_string(), Remedy::Backup));
        }
    }
}

/// Bytes that a check reads.
fn total_bytes(durable: &Durable, manifest: &Manifest) -> u64 {
    let data = durable.path(Path::new(""));
    let segments = manifest
        .segments
        .iter()
        .map(|listed| segment::bytes_of(&data, listed));
    let names = durable.names(layout::WAL.as_ref()).unwrap_or_default();
    let wal = names.iter().filter_map(|name| {
        let path = durable.path(&Path::new(layout::WAL).join(name));
        std::fs::metadata(path).ok().map(|data| data.len())
    });
    segments.sum::<u64>() + wal.sum::<u64>()
}
