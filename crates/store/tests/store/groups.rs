//! More than a group of events: files, seeds and hashes by level follow the positions.

use evident_ledger::tree::{HashReader, root_at};
use evident_ledger::{HASH_BYTES, Hash};
use evident_store::health::Condition;

use crate::world::*;

struct LevelFiles<'d>(&'d std::path::Path);

impl HashReader for LevelFiles<'_> {
    type Error = std::io::Error;

    fn read(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        use std::os::unix::fs::FileExt;
        let file = std::fs::File::open(self.0.join(format!("log/{ORGANIZATION}/{level}")))?;
        let mut hash = [0; HASH_BYTES];
        file.read_exact_at(&mut hash, index * HASH_BYTES as u64)?;
        Ok(Hash(hash))
    }
}

#[test]
fn frames_cross_into_the_next_group_and_every_file_stays_in_step() {
    let directory = tempfile::tempdir().unwrap();
    let there = |name: String| directory.path().join(name).exists();
    let store = open(directory.path(), options());
    for first in (0..140_000).step_by(10_000) {
        let given = receipts(append(&store, events(first..first + 10_000)).unwrap());
        assert_eq!(given[0].index, first);
    }
    wait_published(&store, 140_000);
    let signed = published(&store, ORGANIZATION);
    store.settle();
    drop(store);
    // The frame of 130,000 to 140,000 begins in group 1 and has rows in group 2: it lies in the
    // file of the one, and its rows' salts come from the seeds of both. The rows of group 0's file are
    // in segments, and so are all of group 1's but the last 8,928, which begin the next.
    for group in 0..3 {
        assert!(there(format!("seeds/{group:016x}")));
        assert_eq!(there(format!("wal/{group:016x}.wal")), group == 1);
    }
    let levels = LevelFiles(directory.path());
    assert_eq!(root_at(140_000, &levels).unwrap(), signed.root);
    let store = open(directory.path(), options());
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(published(&store, ORGANIZATION), signed);
    let last = receipts(append(&store, events(139_999..140_001)).unwrap());
    assert!(last[0].duplicate);
    assert_eq!(last[1].index, 140_000);
    assert!(there(format!("wal/{:016x}.wal", 2)));
}
