//! What the parts of a verification share: where they read, how far they are, and what they found of
//! things that more than one of them meets.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::leaves::AllDiffering;
use super::report::{Finding, Kind};
use crate::check::Progress;
use crate::durable::Durable;
use crate::layout;
use crate::seeds::SeedError;

/// What all parts use.
pub(super) struct Shared<'a> {
    pub(super) durable: &'a Durable,
    pub(super) differing: AllDiffering,
    progress: &'a (dyn Fn(Progress) + Sync),
    total_bytes: u64,
    done_bytes: AtomicU64,
    /// The groups without a seed, each told once however many rows it has.
    seeds: Mutex<BTreeMap<u64, Finding>>,
    /// Level files that rows could not be held against, each told once.
    unreadable: Mutex<BTreeMap<PathBuf, Finding>>,
}

/// What more than one part met, once all are done.
pub(super) struct Told {
    pub(super) differing: AllDiffering,
    pub(super) seeds: BTreeMap<u64, Finding>,
    pub(super) unreadable: BTreeMap<PathBuf, Finding>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(
        durable: &'a Durable,
        total_bytes: u64,
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Self {
        Self {
            durable,
            differing: AllDiffering::default(),
            progress,
            total_bytes,
            done_bytes: AtomicU64::new(0),
            seeds: Mutex::default(),
            unreadable: Mutex::default(),
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

    /// A group that has rows has no seed that can be used.
    pub(super) fn no_seed(&self, group: u64, error: &SeedError) {
        let file = layout::seed_file(group);
        let finding = match error {
            SeedError::Unreadable { source, .. } if source.kind() == ErrorKind::NotFound => {
                let what = "it is missing, so its events cannot be held against their leaves";
                Finding::of_file(Kind::Seed, &file, what)
            }
            SeedError::Unreadable { source, .. } => Finding::unreadable(&file, source),
            other => Finding::of_file(Kind::Seed, &file, other),
        };
        let mut seeds = self.seeds.lock().unwrap_or_else(PoisonError::into_inner);
        seeds.entry(group).or_insert(finding);
    }

    /// The hashes of an organization's leaves could not be read.
    pub(super) fn no_leaves(&self, organization_id: &str, error: &std::io::Error) {
        let file = layout::level_file(organization_id, 0);
        let mut unreadable = self
            .unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let finding = |file: &PathBuf| Finding::unreadable(file, error).of(organization_id);
        unreadable.entry(file).or_insert_with_key(finding);
    }

    pub(super) fn into_told(self) -> Told {
        let (seeds, unreadable) = (self.seeds.into_inner(), self.unreadable.into_inner());
        Told {
            differing: self.differing,
            seeds: seeds.unwrap_or_else(PoisonError::into_inner),
            unreadable: unreadable.unwrap_or_else(PoisonError::into_inner),
        }
    }
}
