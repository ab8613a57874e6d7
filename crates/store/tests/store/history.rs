//! Every checkpoint that was ever shown is kept for ever, byte for byte, and each extends the one before.

mod cuts;
mod damage;
mod faults;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use evident_ledger::Hash;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::hash::{EMPTY_ROOT, node_hash};
use evident_ledger::note::VerifierKey;
use evident_store::durable::{Operation, Tap, Verdict};
use evident_store::health::Condition;
use evident_store::proofs::{PastHead, ProofsError};
use evident_store::{Options, Store};

use crate::world::*;

/// The log's current checkpoint, and those that were published.
pub const REGISTER: &str = "log/org_test/checkpoint";
pub const HISTORY: &str = "log/org_test/checkpoints";
/// Bytes of a record, as the format says.
pub const RECORD_BYTES: usize = 128;

/// Notes by the size that they are of.
pub type Notes = BTreeMap<u64, Bytes>;

/// The root as RFC 6962 defines it, of all leaves, with nothing remembered.
pub fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// The leaves of a log, as its events say.
pub fn leaves(store: &Store, organization_id: &str) -> Vec<Hash> {
    let events = all(store, organization_id);
    events.iter().map(|event| event.leaf_hash).collect()
}

/// All kept checkpoints, the smallest first; asked for in pages that do not divide them evenly.
pub fn kept(store: &Store, organization_id: &str) -> Result<Vec<PastHead>, ProofsError> {
    const PAGE: usize = 7;
    let mut heads: Vec<PastHead> = Vec::new();
    loop {
        let before = heads.last().map(|head| head.size);
        let page = run(store.past_heads(organization_id, before, PAGE))?;
        assert!(page.len() <= PAGE);
        if page.is_empty() {
            heads.reverse();
            return Ok(heads);
        }
        heads.extend(page);
    }
}

/// The size that a note is of.
pub fn size_of(note: &[u8]) -> u64 {
    let text = std::str::from_utf8(note).unwrap();
    text.lines().nth(1).unwrap().parse().unwrap()
}

/// The kept checkpoints are in order, signed, right, and have all that was shown.
pub fn assert_history(store: &Store, organization_id: &str, shown: &Notes) {
    let key = VerifierKey::parse(&store.verifier_key(organization_id).unwrap()).unwrap();
    let leaves = leaves(store, organization_id);
    let kept = kept(store, organization_id).unwrap();
    assert!(kept.is_sorted_by(|a, b| a.size < b.size), "{kept:?}");
    let mut found = Notes::new();
    for head in kept {
        let opened = Checkpoint::open(head.note.as_bytes(), &key).unwrap();
        assert_eq!((opened.size, opened.root), (head.size, head.root));
        let covered = &leaves[..usize::try_from(head.size).unwrap()];
        assert_eq!(head.root, naive_root(covered), "at size {}", head.size);
        let again = run(store.past_head(organization_id, head.size)).unwrap();
        assert_eq!(again.unwrap().note, head.note);
        found.insert(head.size, head.note.into());
    }
    for (size, note) in shown {
        assert_eq!(found.get(size), Some(note), "at size {size}");
    }
    let head = store.head(organization_id).unwrap();
    assert_eq!(found.last_key_value(), Some((&head.size, &head.note)));
    for size in 0..=head.size + 1 {
        let head = run(store.past_head(organization_id, size)).unwrap();
        assert_eq!(head.is_some(), found.contains_key(&size), "at size {size}");
    }
}

/// Remembers every note that was ever in place, which is what a reader may have seen.
#[derive(Default)]
pub struct Witness {
    written: Mutex<Bytes>,
    shown: Mutex<Notes>,
}

impl Witness {
    pub fn shown(&self) -> Notes {
        self.shown.lock().unwrap().clone()
    }
}

impl Tap for Witness {
    fn before(&self, _: &Operation<'_>) -> Verdict {
        Verdict::Proceed
    }

    fn after(&self, operation: &Operation<'_>) {
        match operation {
            Operation::Write { path, bytes, .. }
                if *path == Path::new(REGISTER).with_extension("new") =>
            {
                *self.written.lock().unwrap() = Bytes::copy_from_slice(bytes);
            }
            Operation::Rename { to, .. } if *to == Path::new(REGISTER) => {
                let note = self.written.lock().unwrap().clone();
                let before = self
                    .shown
                    .lock()
                    .unwrap()
                    .insert(size_of(&note), note.clone());
                assert!(
                    before.is_none_or(|before| before == note),
                    "two notes of one size"
                );
            }
            _ => {}
        }
    }
}

#[test]
fn every_checkpoint_that_was_shown_stays_through_appends_seals_and_restarts() {
    let directory = memory_directory();
    let witness = Arc::new(Witness::default());
    let options = || Options {
        segment_rows: 16,
        compaction_fanout: 2,
        ..tapped(Arc::clone(&witness) as _)
    };
    let mut next = 0;
    for life in 0..4 {
        let store = open(directory.path(), options());
        assert_history(&store, ORGANIZATION, &witness.shown());
        for round in 0..20 {
            let count = 1 + (round * 7 + life) % 5;
            append(&store, events(next..next + count)).unwrap();
            next += count;
            if round % 4 != life {
                wait_published(&store, next);
            }
        }
        store.settle();
        wait_published(&store, next);
        assert_history(&store, ORGANIZATION, &witness.shown());
        assert_eq!(store.health(), Condition::Accepting);
    }
    let shown = witness.shown();
    assert!(shown.len() > 50, "only {} were shown", shown.len());
    let store = open(directory.path(), options());
    assert_history(&store, ORGANIZATION, &shown);
}

#[test]
fn past_checkpoints_are_told_from_any_size_on_and_no_more_than_asked_for() {
    let directory = memory_directory();
    let store = open(directory.path(), options());
    let mut sizes = vec![0];
    for number in [3, 4, 9, 10, 20] {
        let last = *sizes.last().unwrap();
        append(&store, events(last..number)).unwrap();
        wait_published(&store, number);
        sizes.push(number);
    }
    for before in (0..25).map(Some).chain([None, Some(u64::MAX)]) {
        for limit in 0..8 {
            let told = run(store.past_heads(ORGANIZATION, before, limit)).unwrap();
            let told: Vec<u64> = told.iter().map(|head| head.size).collect();
            let wanted = sizes.iter().rev().copied();
            let wanted = wanted.filter(|size| before.is_none_or(|before| *size < before));
            let wanted: Vec<u64> = wanted.take(limit).collect();
            assert_eq!(told, wanted, "before {before:?}, at most {limit}");
        }
    }
    let told = run(store.past_heads(ORGANIZATION, None, usize::MAX)).unwrap();
    assert_eq!(told.len(), sizes.len());
    let none = run(store.past_heads("org_none", None, 1));
    assert!(matches!(none, Err(ProofsError::NoLog)), "{none:?}");
}

/// A directory whose history has heads of 0, 2 and 5 leaves, closed; and what its register held when
/// the head of 2 leaves was shown.
fn three_heads() -> (tempfile::TempDir, Vec<u8>) {
    let directory = memory_directory();
    let store = open(directory.path(), unsigned());
    append(&store, events(0..2)).unwrap();
    drop(store);
    let register = std::fs::read(directory.path().join(REGISTER)).unwrap();
    let store = open(directory.path(), unsigned());
    append(&store, events(2..5)).unwrap();
    drop(store);
    let history = std::fs::read(directory.path().join(HISTORY)).unwrap();
    assert_eq!(history.len(), 3 * RECORD_BYTES);
    assert_eq!((size_of(&register), sizes_in(&history)), (2, vec![0, 2, 5]));
    (directory, register)
}

/// The sizes of the whole records that a history begins with.
fn sizes_in(history: &[u8]) -> Vec<u64> {
    let records = whole_records(history).chunks(RECORD_BYTES);
    records
        .map(|record| u64::from_le_bytes(record[..8].try_into().unwrap()))
        .collect()
}

/// The whole records that a history begins with: those whose checksums are right.
fn whole_records(history: &[u8]) -> &[u8] {
    let (records, _) = history.as_chunks::<RECORD_BYTES>();
    let is_whole = |record: &&[u8; RECORD_BYTES]| {
        let (bytes, checksum) = record.split_at(RECORD_BYTES - 4);
        crc32c::crc32c(bytes).to_le_bytes() == checksum
    };
    &history[..RECORD_BYTES * records.iter().take_while(is_whole).count()]
}

/// A copy of a directory with one file changed, or removed.
fn copy_with(from: &Path, file: &str, bytes: Option<&[u8]>) -> tempfile::TempDir {
    let directory = memory_directory();
    copy_directory(from, directory.path());
    let path: PathBuf = directory.path().join(file);
    match bytes {
        Some(bytes) => std::fs::write(path, bytes).unwrap(),
        None => std::fs::remove_file(path).unwrap(),
    }
    directory
}
