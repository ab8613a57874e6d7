//! A data directory that a real store made: two organizations, sealed, compacted and newest rows, and
//! several checkpoints.

use std::collections::BTreeMap;
use std::path::Path;

use evident_event::id::EventId;
use evident_ledger::Hash;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::SigningKey;
use evident_ledger::tree::Tree;
use tempfile::TempDir;

use crate::check::fixtures::world;
use crate::layout;
use crate::logs::history::RECORD_BYTES;
use crate::segment::meta::Manifest;
use crate::{Options, Store};

pub(super) use world::options;

pub(super) const FIRST: &str = "org_first";
pub(super) const SECOND: &str = "org_second";
/// Of both together.
pub(super) const EVENTS: u64 = 600;
/// How many the first has: two of three.
pub(super) const OF_FIRST: u64 = 400;

/// How a directory is made.
pub(super) struct Shape {
    pub(super) segment_rows: u32,
    pub(super) description_bytes: usize,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            segment_rows: 64,
            description_bytes: 10,
        }
    }
}

pub(super) struct Made(TempDir);

pub(super) fn key_of_seed(id: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(&format!("evident.test/{id}"), [seed; 32]).unwrap()
}

pub(super) fn key(id: &str) -> SigningKey {
    key_of_seed(id, 7)
}

/// The id of the event of this number, counted over both organizations.
pub(super) fn id_of(number: u64) -> EventId {
    EventId::from_idempotency_key(world::ORGANIZATION, "test", number)
}

/// A record of a signed checkpoint, as the specification has it.
pub(super) fn record(key: &SigningKey, size: u64, root: Hash) -> [u8; RECORD_BYTES] {
    let note = Checkpoint::new(key.name(), size, root).sign(key).unwrap();
    let signature = key.verifier().signature_of(&note).unwrap();
    let mut bytes = [0; RECORD_BYTES];
    bytes[..8].copy_from_slice(&size.to_le_bytes());
    bytes[8..40].copy_from_slice(&root.0);
    bytes[40..48].copy_from_slice(&1_790_000_000_000_000_i64.to_le_bytes());
    bytes[48..112].copy_from_slice(&signature);
    seal(&mut bytes);
    bytes
}

/// Makes the checksum right.
pub(super) fn seal(record: &mut [u8]) {
    let checksum = crc32c::crc32c(&record[..124]);
    record[124..128].copy_from_slice(&checksum.to_le_bytes());
}

impl Made {
    pub(super) fn new() -> Self {
        Self::of(Shape::default())
    }

    pub(super) fn of(shape: Shape) -> Self {
        let directory = world::memory_directory();
        let options = Options {
            segment_rows: shape.segment_rows,
            compaction_fanout: 3,
            ..options()
        };
        let store = Store::open(directory.path(), options).unwrap();
        for id in [FIRST, SECOND] {
            world::ensure_log(&store, id);
        }
        let text = "x".repeat(shape.description_bytes);
        for batch in 0..EVENTS / 30 {
            let numbers = batch * 30..(batch + 1) * 30;
            let (first, second): (Vec<u64>, Vec<u64>) = numbers.partition(|number| number % 3 != 0);
            for (id, numbers) in [(FIRST, first), (SECOND, second)] {
                let events = numbers.into_iter();
                let events = events
                    .map(|number| world::event_of(id, number, &text))
                    .collect();
                world::append_to(&store, id, events, false).unwrap();
            }
        }
        store.settle();
        store.close();
        let made = Self(directory);
        for id in [FIRST, SECOND] {
            let size = made.leaves(id).len() as u64;
            made.publish(id, &[0, 1, 100, size / 2 + 13, size]);
        }
        made
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn copy(&self) -> Self {
        let copy = world::memory_directory();
        world::copy_directory(self.path(), copy.path());
        Self(copy)
    }

    pub(super) fn read(&self, name: &Path) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    pub(super) fn write(&self, name: &Path, bytes: &[u8]) {
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    /// Changes a file.
    pub(super) fn change(&self, name: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.read(name);
        change(&mut bytes);
        self.write(name, &bytes);
    }

    pub(super) fn leaves(&self, id: &str) -> Vec<Hash> {
        let bytes = self.read(&layout::level_file(id, 0));
        let (hashes, _) = bytes.as_chunks();
        hashes.iter().map(|hash| Hash(*hash)).collect()
    }

    /// Writes the hashes of all levels that these leaves give.
    pub(super) fn write_levels(&self, id: &str, leaves: &[Hash]) {
        let mut levels: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
        let mut tree = Tree::new();
        for leaf in leaves {
            tree.append(*leaf, &mut |level, _, hash| {
                levels.entry(level).or_default().extend(hash.0);
            });
        }
        for (level, bytes) in levels {
            assert_eq!(self.read(&layout::level_file(id, level)).len(), bytes.len());
            self.write(&layout::level_file(id, level), &bytes);
        }
    }

    /// How many events of a log segments have.
    pub(super) fn in_segments(&self, id: &str) -> u64 {
        let manifest = self.read(layout::MANIFEST.as_ref());
        let manifest = Manifest::decode(&manifest).unwrap();
        manifest.next_indexes()[id]
    }

    pub(super) fn root(&self, id: &str, size: u64) -> Hash {
        let mut tree = Tree::new();
        for leaf in self
            .leaves(id)
            .into_iter()
            .take(usize::try_from(size).unwrap())
        {
            tree.append(leaf, &mut |_, _, _| ());
        }
        assert_eq!(tree.size(), size);
        tree.root()
    }

    /// A note that the log signed.
    pub(super) fn note(&self, id: &str, size: u64, root: Hash) -> Vec<u8> {
        let key = key(id);
        let head = Checkpoint::new(key.name(), size, root);
        head.sign(&key).unwrap().into_bytes()
    }

    /// Makes the log have published these checkpoints, the last of them the newest.
    pub(super) fn publish(&self, id: &str, sizes: &[u64]) {
        let key = key(id);
        let records = sizes
            .iter()
            .map(|size| record(&key, *size, self.root(id, *size)));
        let bytes: Vec<u8> = records.flatten().collect();
        self.write(&layout::history_file(id), &bytes);
        let last = *sizes.last().unwrap();
        let note = self.note(id, last, self.root(id, last));
        self.write(&layout::checkpoint_file(id), &note);
    }
}
