//! Torn tails are cut off; damage is found, said, and never signed over.

use std::path::{Path, PathBuf};

use evident_store::Store;
use evident_store::append::AppendError;
use evident_store::health::Condition;

use crate::world::*;

const WAL: &str = "wal/0000000000000000.wal";

/// Three appends under a published checkpoint and two that are not, as a kill leaves them; and
/// where each frame begins.
fn killed() -> (tempfile::TempDir, Vec<u64>) {
    let live = memory_directory();
    let store = open(live.path(), unsigned());
    let length = || std::fs::metadata(live.path().join(WAL)).map_or(64, |file| file.len());
    let mut starts = Vec::new();
    for number in 0..3 {
        starts.push(length());
        append(&store, events(number..number + 1)).unwrap();
    }
    drop(store);
    let store = open(live.path(), unsigned());
    for number in 3..5 {
        starts.push(length());
        append(&store, events(number..number + 1)).unwrap();
    }
    starts.push(length());
    let left = memory_directory();
    copy_directory(live.path(), left.path());
    (left, starts)
}

fn with_bytes(left: &Path, file: &str, bytes: &[u8]) -> tempfile::TempDir {
    let directory = memory_directory();
    copy_directory(left, directory.path());
    std::fs::write(directory.path().join(file), bytes).unwrap();
    directory
}

#[test]
fn a_wal_cut_at_any_byte_keeps_its_whole_frames_or_is_damaged() {
    let (left, starts) = killed();
    let bytes = std::fs::read(left.path().join(WAL)).unwrap();
    let before = {
        let copy = with_bytes(left.path(), WAL, &bytes);
        published(&open(copy.path(), unsigned()), ORGANIZATION)
    };
    assert_eq!(
        before.size, 5,
        "opening signs what was durable and not yet signed"
    );
    for cut in 0..bytes.len() {
        let directory = with_bytes(left.path(), WAL, &bytes[..cut]);
        let store = Store::open(directory.path(), unsigned()).unwrap();
        let whole =
            starts.iter().filter(|start| **start <= cut as u64).count() - usize::from(cut >= 64);
        if whole < 3 {
            // Leaves that a published checkpoint covers are gone: nothing legal does that.
            assert!(
                matches!(store.health(), Condition::Damaged(_)),
                "cut at {cut}: {:?}",
                store.health()
            );
            let refused = append(&store, events(9..10));
            assert!(matches!(refused, Err(AppendError::Stopped(_))));
            assert_eq!(
                published(&store, ORGANIZATION).size,
                3,
                "the old head is still served"
            );
            continue;
        }
        assert_eq!(store.health(), Condition::Accepting, "cut at {cut}");
        assert_eq!(all(&store, ORGANIZATION).len(), whole, "cut at {cut}");
        let next = receipts(append(&store, events(9..10)).unwrap());
        assert_eq!(next[0].index, whole as u64);
        drop(store);
        let store = open(directory.path(), unsigned());
        assert_eq!(all(&store, ORGANIZATION).len(), whole + 1, "cut at {cut}");
        assert_whole(&store, &[]);
    }
}

#[test]
fn a_flipped_bit_anywhere_in_the_wal_is_found() {
    let (left, starts) = killed();
    let bytes = std::fs::read(left.path().join(WAL)).unwrap();
    for place in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        let directory = with_bytes(left.path(), WAL, &flipped);
        let store = Store::open(directory.path(), unsigned()).unwrap();
        let stored = all(&store, ORGANIZATION).len();
        let last_frame = starts[4] as usize;
        if place >= last_frame {
            // The last write: no later frame says that it was synced. A torn tail.
            assert_eq!(store.health(), Condition::Accepting, "byte {place}");
            assert_eq!(stored, 4);
        } else {
            let Condition::Damaged(reason) = store.health() else {
                panic!("byte {place}: {:?}", store.health());
            };
            let frame = starts.iter().rposition(|start| *start <= place as u64);
            assert_eq!(
                stored,
                frame.unwrap_or(0),
                "byte {place}: what lies before is served"
            );
            let at = frame.map_or(0, |frame| starts[frame]);
            assert!(
                reason.contains(&format!("at byte {at}:")),
                "byte {place}: {reason}"
            );
            let untouched = std::fs::read(directory.path().join(WAL)).unwrap();
            assert_eq!(untouched, flipped, "damage is not written over");
        }
    }
}

#[test]
fn a_flipped_bit_in_a_seed_a_key_or_a_checkpoint_is_found() {
    let (left, _) = killed();
    for file in [
        "seeds/0000000000000000",
        "log/org_test/checkpoint",
        "keys/org_test",
    ] {
        let bytes = std::fs::read(left.path().join(file)).unwrap();
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << (place % 7);
            let directory = with_bytes(left.path(), file, &flipped);
            let store = Store::open(directory.path(), unsigned()).unwrap();
            assert!(
                matches!(store.health(), Condition::Damaged(_)),
                "{file}, byte {place}: {:?}",
                store.health()
            );
            if !file.starts_with("seeds") {
                assert_eq!(
                    all(&store, ORGANIZATION).len(),
                    5,
                    "events are still served"
                );
            }
        }
    }
}

#[test]
fn a_flipped_bit_in_a_level_file_is_put_right_from_the_wal() {
    let (left, _) = killed();
    let file = "log/org_test/0";
    let bytes = std::fs::read(left.path().join(file)).unwrap();
    assert!(!bytes.is_empty());
    for place in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 0x10;
        let directory = with_bytes(left.path(), file, &flipped);
        let store = open(directory.path(), unsigned());
        assert_eq!(store.health(), Condition::Accepting);
        let mended = std::fs::read(directory.path().join(file)).unwrap();
        let leaves: Vec<u8> = all(&store, ORGANIZATION)
            .iter()
            .flat_map(|event| event.leaf_hash.0)
            .collect();
        assert_eq!(mended, leaves, "byte {place}");
    }
}

#[test]
fn a_missing_file_is_found() {
    let (left, _) = killed();
    for file in [WAL, "seeds/0000000000000000", "keys/org_test"] {
        let directory = memory_directory();
        copy_directory(left.path(), directory.path());
        std::fs::remove_file(directory.path().join(file)).unwrap();
        let store = Store::open(directory.path(), unsigned()).unwrap();
        assert!(
            matches!(store.health(), Condition::Damaged(_)),
            "{file}: {:?}",
            store.health()
        );
    }
}

#[test]
fn a_whole_seed_that_is_not_the_groups_own_is_found() {
    let (left, _) = killed();
    let (other, _) = killed();
    let file = "seeds/0000000000000000";
    let foreign = std::fs::read(other.path().join(file)).unwrap();
    let directory = with_bytes(left.path(), file, &foreign);
    let store = Store::open(directory.path(), unsigned()).unwrap();
    let Condition::Damaged(reason) = store.health() else {
        panic!("{:?}", store.health());
    };
    assert!(
        reason.contains("the first 3 leaves have another root"),
        "{reason}"
    );
    assert_eq!(published(&store, ORGANIZATION).size, 3);
}

#[test]
fn an_old_copy_of_the_log_under_a_newer_checkpoint_is_not_signed() {
    let directory = memory_directory();
    let store = open(directory.path(), options());
    append(&store, events(0..2)).unwrap();
    drop(store);
    let old = std::fs::read(directory.path().join(WAL)).unwrap();
    let store = open(directory.path(), options());
    append(&store, events(2..4)).unwrap();
    drop(store);
    std::fs::write(directory.path().join(WAL), old).unwrap();
    let store = Store::open(directory.path(), options()).unwrap();
    let Condition::Damaged(reason) = store.health() else {
        panic!("{:?}", store.health());
    };
    assert!(
        reason.contains("4 leaves were published and 2 are there"),
        "{reason}"
    );
    assert_eq!(published(&store, ORGANIZATION).size, 4);
}

#[test]
fn an_event_made_to_look_like_a_frame_does_not_stand_for_one() {
    // The attacker knows the format and reads an old frame, but not a new file's mark.
    let (left, starts) = killed();
    let bytes = std::fs::read(left.path().join(WAL)).unwrap();
    let frame = &bytes[starts[0] as usize..starts[1] as usize];
    let text: String = frame
        .iter()
        .map(|byte| char::from(byte % 26 + b'a'))
        .collect();
    let directory = memory_directory();
    let store = open(directory.path(), unsigned());
    append(&store, vec![event(0, "before")]).unwrap();
    let mut disguised = event(1, &text);
    let mut canonical = disguised.canonical.to_vec();
    canonical.truncate(canonical.len() - 1);
    canonical.extend_from_slice(frame);
    disguised.canonical = canonical.into();
    append(&store, vec![disguised]).unwrap();
    let torn: PathBuf = directory.path().join(WAL);
    let length = std::fs::metadata(&torn).unwrap().len();
    let copy = memory_directory();
    copy_directory(directory.path(), copy.path());
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(copy.path().join(WAL))
        .unwrap();
    file.set_len(length - 1).unwrap();
    let store = Store::open(copy.path(), unsigned()).unwrap();
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(all(&store, ORGANIZATION).len(), 1);
}
