//! Holding events against the leaves that a log has of them.
//!
//! What must hold: an event's leaf is computed from its bytes and its group's seed alone, and is held
//! against the hash at the place that the event's number in its log gives; every event that differs
//! is remembered with the leaf that it gives, up to a bound.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use evident_event::id::EventId;
use evident_ledger::Hash;
use evident_ledger::entry::{Entry, commitment};

use super::row::Told;
use crate::check::context::stored_hashes;
use crate::durable::Durable;
use crate::seeds::{SeedError, Seeds};
use crate::wal::group_of;

/// Events of a log that are remembered because they differ. More of them are only counted.
const MAX_DIFFERING: usize = 1 << 16;
/// Hashes of a window, at most and at least.
const WINDOW_HASHES: [u64; 2] = [1 << 13, 1 << 8];
/// Hashes of all windows that are used at the same time, unless there are very many.
const ALL_WINDOWS_HASHES: u64 = 1 << 17;

/// A level file of a log, read a piece at a time. Mostly it is asked for one hash after the other.
#[derive(Debug)]
pub(super) struct Window {
    organization_id: String,
    level: u8,
    /// How many hashes are read at once.
    width: u64,
    first: u64,
    hashes: Vec<Hash>,
    /// The first that is known not to be there.
    end: u64,
    /// Hashes that could not be read, and why. A disk that fails may take seconds to say so.
    unreadable: Option<(Range<u64>, ErrorKind)>,
}

impl Window {
    /// One of `beside` windows that are used at the same time.
    pub(super) fn new(organization_id: &str, level: u8, beside: usize) -> Self {
        let [most, least] = WINDOW_HASHES;
        let share = ALL_WINDOWS_HASHES / (beside as u64).max(1);
        Self {
            organization_id: organization_id.to_owned(),
            level,
            width: share.clamp(least, most),
            first: 0,
            hashes: Vec::new(),
            end: u64::MAX,
            unreadable: None,
        }
    }

    /// A hash; `None` if the file ends before it.
    pub(super) fn get(&mut self, durable: &Durable, index: u64) -> std::io::Result<Option<Hash>> {
        let within = index.checked_sub(self.first);
        let number = within.and_then(|number| usize::try_from(number).ok());
        if let Some(hash) = number.and_then(|number| self.hashes.get(number)) {
            return Ok(Some(*hash));
        }
        if index >= self.end {
            return Ok(None);
        }
        if let Some((range, kind)) = &self.unreadable
            && range.contains(&index)
        {
            return Err((*kind).into());
        }
        let id = &self.organization_id;
        let read = stored_hashes(durable, id, self.level, index, self.width);
        self.hashes = read.inspect_err(|error| {
            let range = index..index.saturating_add(self.width);
            self.unreadable = Some((range, error.kind()));
        })?;
        self.first = index;
        if self.hashes.is_empty() {
            self.end = index;
        }
        Ok(self.hashes.first().copied())
    }
}

/// An event whose leaf is not the one that the log has.
#[derive(Debug, Clone)]
pub(super) struct Differs {
    /// The leaf that the event gives.
    pub(super) leaf: Hash,
    pub(super) id: EventId,
    /// The file, within the data directory.
    pub(super) file: Arc<Path>,
    /// Which row of the file, counted from 0.
    pub(super) row: Option<u64>,
    /// Where in the file.
    pub(super) byte: Option<u64>,
    /// The log has a hash there, and it is another. Else its file ends before.
    pub(super) has_hash: bool,
    /// The write-ahead log has it, and a segment has it too, whose word counts.
    pub(super) is_copy: bool,
    /// The event was removed, and this is what was left of it.
    pub(super) is_stub: bool,
}

/// The events of a log that differ.
#[derive(Debug, Default)]
pub(super) struct Differing {
    /// By index, a copy behind what it is of.
    pub(super) events: BTreeMap<(u64, bool), Differs>,
    /// Those beside them.
    pub(super) more: u64,
}

impl Differing {
    /// The leaves that the events give, but for copies.
    pub(super) fn leaves(&self) -> BTreeMap<u64, Hash> {
        let events = self.events.iter();
        let leaves = events.filter(|(_, differs)| !differs.is_copy);
        leaves
            .map(|((index, _), differs)| (*index, differs.leaf))
            .collect()
    }
}

/// The events of all logs that differ.
#[derive(Debug, Default)]
pub(super) struct AllDiffering(Mutex<BTreeMap<String, Differing>>);

impl AllDiffering {
    pub(super) fn add(&self, organization_id: &str, index: u64, differs: Differs) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = all.entry(organization_id.to_owned()).or_default();
        one.events.insert((index, differs.is_copy), differs);
        if one.events.len() > MAX_DIFFERING {
            // The first are kept, whoever found them first.
            one.events.pop_last();
            one.more += 1;
        }
    }

    pub(super) fn take(&self, organization_id: &str) -> Differing {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(organization_id).unwrap_or_default()
    }
}

/// The leaf of an event, as its bytes and the seed of its position's group give it.
pub(super) fn leaf_of(
    seeds: &mut Seeds,
    position: u64,
    told: &Told<'_>,
    canonical: &[u8],
) -> Result<Hash, SeedError> {
    let seed = seeds.existing(group_of(position))?;
    let salt = seed.salt(told.organization_id, told.id.as_bytes());
    let entry = Entry {
        event_id: *told.id.as_bytes(),
        received_at_micros: told.received_at.as_micros(),
        commitment: commitment(&salt, canonical),
    };
    Ok(entry.leaf_hash())
}
