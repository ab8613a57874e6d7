//! Logs that go on from their level files, and hashes that outlive a power cut.

use std::path::{Path, PathBuf};

use evident_ledger::Hash;
use evident_ledger::tile::hashes_at_level;
use evident_ledger::tree::Tree;
use tempfile::TempDir;

use super::*;
use crate::disk::{Disk, Files, Recorder, Step, read_files, write_files};

const ORGANIZATION: &str = "org_test";

fn leaf(number: u64) -> Hash {
    let mut hash = [0xa5; 32];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    Hash(hash)
}

fn level(number: u8) -> PathBuf {
    layout::level_file(ORGANIZATION, number)
}

fn durable(directory: &Path, recorder: Option<&Arc<Recorder<()>>>) -> Durable {
    let tap = recorder.map(|recorder| Arc::clone(recorder) as _);
    Durable::open(directory, tap).unwrap()
}

/// A data directory with one log of no leaves.
fn begun() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let durable = durable(directory.path(), None);
    for name in layout::DIRECTORIES {
        durable.ensure_directory(name.as_ref()).unwrap();
    }
    let key = SigningKey::from_seed("evident.test/org_test", [7; 32]).unwrap();
    let logs = Logs::open(&durable, None).unwrap();
    logs.create(ORGANIZATION, key).unwrap();
    directory
}

fn open(directory: &Path) -> (Logs, Arc<Log>) {
    let logs = Logs::open(&durable(directory, None), None).unwrap();
    let log = logs.get(ORGANIZATION).unwrap();
    (logs, log)
}

/// A log whose first `published` leaves are signed, and `settled` are on stable storage.
fn grown(published: u64, settled: u64) -> TempDir {
    let directory = begun();
    let (logs, log) = open(directory.path());
    log.append((0..published).map(leaf)).unwrap();
    logs.publish(&log).unwrap();
    log.append((published..settled).map(leaf)).unwrap();
    assert_eq!(logs.settle(ORGANIZATION).unwrap(), settled);
    directory
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    for number in 0..size {
        tree.append(leaf(number), &mut |_, _, _| {});
    }
    tree
}

fn flip(directory: &Path, file: &Path, byte: usize) {
    let path = directory.join(file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[byte] ^= 4;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_log_resumed_at_any_size_goes_on_as_one_that_was_replayed() {
    const END: u64 = 65_540;
    let directory = grown(0, END);
    let files: Vec<_> = (0..3)
        .map(|number| std::fs::read(directory.path().join(level(number))).unwrap())
        .collect();
    let whole = tree(END);
    for size in [
        END, 65_537, 65_536, 65_535, 65_281, 65_280, 513, 512, 511, 257, 256, 255, 2, 1, 0,
    ] {
        // Only what belongs to the size may be needed.
        for (number, bytes) in (0..).zip(&files) {
            let length = 32 * hashes_at_level(size, number) as usize;
            std::fs::write(directory.path().join(level(number)), &bytes[..length]).unwrap();
        }
        let (logs, log) = open(directory.path());
        logs.resume(ORGANIZATION, size).unwrap();
        assert_eq!(log.size(), size);
        let leaves = log.leaf_hashes(0..size).unwrap();
        assert!(leaves.into_iter().eq((0..size).map(leaf)));
        log.append((size..END).map(leaf)).unwrap();
        assert_eq!(lock(&log.growth).tree, whole, "resumed at {size}");
        assert_eq!(logs.settle(ORGANIZATION).unwrap(), END);
        for (number, bytes) in (0..).zip(&files) {
            let now = std::fs::read(directory.path().join(level(number))).unwrap();
            assert!(now == *bytes, "level {number}, resumed at {size}");
        }
    }
}

#[test]
fn a_resumed_log_without_new_leaves_publishes_nothing() {
    let directory = grown(300, 300);
    let recorder = Recorder::new();
    let logs = Logs::open(&durable(directory.path(), Some(&recorder)), None).unwrap();
    logs.resume(ORGANIZATION, 300).unwrap();
    logs.check_recovered().unwrap();
    let log = logs.get(ORGANIZATION).unwrap();
    assert!(!log.has_unpublished());
    assert!(!logs.publish(&log).unwrap());
    assert!(recorder.steps().is_empty());
}

#[test]
fn a_flipped_byte_that_the_root_depends_on_is_noticed() {
    // Resumed at and behind the published size, the hash of leaves 0 to 255 and those of the
    // leaves from 256 on are read.
    for size in [300, 310] {
        for (number, hash) in [(1, 0), (0, 256), (0, 270), (0, 299)] {
            for byte in [0, 31] {
                let directory = grown(300, 310);
                flip(directory.path(), &level(number), 32 * hash + byte);
                let (logs, log) = open(directory.path());
                let error = logs.resume(ORGANIZATION, size).unwrap_err();
                assert!(
                    error
                        .to_string()
                        .contains("the first 300 leaves have another root"),
                    "{error}"
                );
                assert!(logs.check_recovered().is_err());
                // Its further leaves are taken without an effect, so that events can be read.
                log.append(std::iter::once(leaf(310))).unwrap();
                assert!(logs.settle(ORGANIZATION).is_err());
                assert!(log.leaf_hashes(0..1).is_err());
            }
        }
    }
}

#[test]
fn a_flipped_byte_below_an_older_size_is_noticed_once_the_published_one_is_reached() {
    let directory = grown(300, 300);
    flip(directory.path(), &level(0), 32 * 270);
    let (logs, log) = open(directory.path());
    logs.resume(ORGANIZATION, 290).unwrap();
    log.append((290..299).map(leaf)).unwrap();
    let error = log.append(std::iter::once(leaf(299))).unwrap_err();
    assert!(matches!(error, LogError::Contradiction { .. }), "{error}");
}

#[test]
fn a_level_file_that_is_short_or_missing_says_how_it_is_made_anew() {
    for (number, length) in [(0, Some(299 * 32 + 31)), (1, Some(0)), (0, None), (1, None)] {
        let directory = grown(300, 300);
        let path = directory.path().join(level(number));
        match length {
            Some(length) => std::fs::OpenOptions::new()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(length)
                .unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let (logs, _) = open(directory.path());
        let told = logs.resume(ORGANIZATION, 300).unwrap_err().to_string();
        assert!(told.contains("evident check --rebuild"), "{told}");
        assert!(told.contains(&path.display().to_string()), "{told}");
    }
}

#[test]
fn a_level_file_that_is_short_is_noticed_where_the_tree_needs_none_of_it() {
    // A tree of 65,536 leaves is one hash of level 2.
    let directory = grown(65_536, 65_536);
    let path = directory.path().join(level(1));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..32 * 255]).unwrap();
    let (logs, _) = open(directory.path());
    let told = logs.resume(ORGANIZATION, 65_536).unwrap_err().to_string();
    assert!(told.contains("it has 255 of 256 hashes"), "{told}");
}

#[test]
fn leaf_hashes_are_read_only_where_they_are_settled() {
    let directory = grown(0, 300);
    let (logs, log) = open(directory.path());
    assert!(log.read_leaf(0).is_err(), "nothing is known to be settled");
    logs.resume(ORGANIZATION, 290).unwrap();
    assert_eq!(log.read_leaf(289).unwrap(), leaf(289));
    assert!(
        log.read_leaf(290).is_err(),
        "it is in the file, and may be anything"
    );
    assert!(log.leaf_hashes(288..291).is_err());
    assert!(log.leaf_hashes(0..u64::MAX).is_err());
    assert_eq!(log.leaf_hashes(290..290).unwrap(), []);
    log.append((290..295).map(leaf)).unwrap();
    assert_eq!(logs.settle(ORGANIZATION).unwrap(), 295);
    assert_eq!(log.read_leaf(294).unwrap(), leaf(294));
}

/// Whether every state that a power cut may leave has the hashes of the first leaves.
fn keeps(disk: &Disk, leaves: u64) -> bool {
    let bytes: Vec<u8> = (0..leaves).flat_map(|number| leaf(number).0).collect();
    let first = tree(256).root();
    let holds = |files: &Files| {
        let starts = |number, bytes: &[u8]| {
            files
                .get(&level(number))
                .is_some_and(|file| file.starts_with(bytes))
        };
        leaves == 0 || starts(0, &bytes) && (leaves < 256 || starts(1, &first.0))
    };
    disk.after_power_cut().iter().all(holds)
}

#[test]
fn settled_hashes_outlive_a_power_cut() {
    let directory = begun();
    let mut disk = Disk::holding(read_files(directory.path()));
    let recorder = Recorder::new();
    let logs = Logs::open(&durable(directory.path(), Some(&recorder)), None).unwrap();
    let log = logs.get(ORGANIZATION).unwrap();
    let mut played = 0;
    let mut settled = 0;
    // Leaves that the publisher wrote, leaves that settling writes, and both.
    for (leaves, publish) in [(200, false), (100, true), (1, true), (0, false), (5, false)] {
        let size = log.size();
        log.append((size..size + leaves).map(leaf)).unwrap();
        if publish {
            logs.publish(&log).unwrap();
        }
        let until = logs.settle(ORGANIZATION).unwrap();
        assert_eq!(until, size + leaves);
        let steps = recorder.steps();
        for step in &steps[played..] {
            disk.play(step);
            assert!(keeps(&disk, settled), "after {step:?}");
        }
        played = steps.len();
        settled = until;
        assert!(keeps(&disk, settled), "{settled} were settled");
    }
}

#[test]
fn hashes_that_a_failed_sync_left_in_memory_are_written_again() {
    let directory = begun();
    let mut disk = Disk::holding(read_files(directory.path()));
    let recorder = Recorder::new();
    let logs = Logs::open(&durable(directory.path(), Some(&recorder)), None).unwrap();
    let log = logs.get(ORGANIZATION).unwrap();
    log.append((0..300).map(leaf)).unwrap();
    logs.publish(&log).unwrap();
    recorder.record(Step::FailedSync(level(0)));
    recorder.record(Step::FailedSync(level(1)));
    for step in &recorder.steps() {
        disk.play(step);
    }
    // The next life finds the hashes by reading, and they are not on the disk.
    let second = tempfile::tempdir().unwrap();
    write_files(second.path(), &disk.after_kill());
    let recorder = Recorder::new();
    let logs = Logs::open(&durable(second.path(), Some(&recorder)), None).unwrap();
    let log = logs.get(ORGANIZATION).unwrap();
    log.append((0..300).map(leaf)).unwrap();
    logs.compare_levels();
    assert!(!keeps(&disk, 300));
    assert_eq!(logs.settle(ORGANIZATION).unwrap(), 300);
    for step in &recorder.steps() {
        disk.play(step);
    }
    assert!(keeps(&disk, 300));
}

#[test]
fn settling_syncs_files_before_names_signs_nothing_and_does_nothing_twice() {
    let directory = begun();
    let recorder = Recorder::new();
    let logs = Logs::open(&durable(directory.path(), Some(&recorder)), None).unwrap();
    let log = logs.get(ORGANIZATION).unwrap();
    let taken = || {
        let mut seen = 0;
        move |recorder: &Recorder<()>| {
            let steps = recorder.steps();
            let new: Vec<_> = steps[seen..].iter().map(told).collect();
            seen = steps.len();
            new
        }
    };
    let mut taken = taken();
    log.append((0..256).map(leaf)).unwrap();
    logs.settle(ORGANIZATION).unwrap();
    assert_eq!(
        taken(&recorder),
        [
            "create log/org_test/0",
            "write log/org_test/0",
            "create log/org_test/1",
            "write log/org_test/1",
            "sync log/org_test/0",
            "sync log/org_test/1",
            "names log/org_test",
        ]
    );
    logs.settle(ORGANIZATION).unwrap();
    assert!(taken(&recorder).is_empty());
    log.append((256..260).map(leaf)).unwrap();
    logs.settle(ORGANIZATION).unwrap();
    assert_eq!(
        taken(&recorder),
        ["write log/org_test/0", "sync log/org_test/0"]
    );
    assert_eq!(log.published().unwrap().size, 0);
}

fn told(step: &Step<()>) -> String {
    match step {
        Step::Create(path) => format!("create {}", path.display()),
        Step::Write(path, ..) => format!("write {}", path.display()),
        Step::Sync(path) => format!("sync {}", path.display()),
        Step::SyncDirectory(path) => format!("names {}", path.display()),
        other => format!("{other:?}"),
    }
}
