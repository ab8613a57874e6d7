//! A removal that ends early, by a kill or a full disk, leaves a store in which all that is there is right.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use evident_store::check::check;
use evident_store::durable::{Operation, Tap, Verdict};
use evident_store::expiry::ExpireError;
use evident_store::health::Condition;

use super::steps::{all_before, fill, small};
use super::*;
use crate::disk::{Disk, Files, Recorder, Step, read_files, write_files};

const ENOSPC: i32 = 28;

/// What the files are whenever the manifest has been replaced while a rule is applied.
fn after_each_step(rules: &BTreeMap<&'static str, Seconds>, others: i64) -> (Model, Vec<Files>) {
    let directory = memory_directory();
    let recorder = Recorder::<()>::new();
    let options = Options {
        tap: Some(Arc::clone(&recorder) as _),
        ..small()
    };
    let store = open_both(directory.path(), options);
    let mut model = Model::default();
    for first in (0..1_000).step_by(40) {
        fill(&store, &mut model, ORGANIZATION, first..first + 40);
        if others > 0 {
            fill(&store, &mut model, OTHER, first..first + others);
        }
    }
    store.seal_now().unwrap();
    store.settle();
    wait_covered(&store, &model);
    let mut disk = Disk::holding(read_files(directory.path()));
    let before = recorder.steps().len();
    expire_by(&store, rules).unwrap();
    drop(store);
    let mut states = Vec::new();
    for step in recorder.steps().iter().skip(before) {
        disk.play(step);
        if matches!(step, Step::Rename(_, to) if to == Path::new("segments/manifest")) {
            states.push(disk.after_kill());
        }
    }
    (model, states)
}

/// Whoever makes a rule longer after a crash finds all that has not gone: in its bundles, with its proofs.
fn assert_whole_after_each_step(rules: &BTreeMap<&'static str, Seconds>, others: i64) {
    let (model, states) = after_each_step(rules, others);
    assert!(states.len() > 4, "only {} steps", states.len());
    let mut minimums = BTreeSet::new();
    for files in states {
        let directory = memory_directory();
        write_files(directory.path(), &files);
        let store = open_both(directory.path(), small());
        let mut model = Model {
            logs: model.logs.clone(),
        };
        model.follow(&store, rules);
        assert_answers(&store, &model, ORGANIZATION);
        assert_proofs(&store, &model, ORGANIZATION);
        minimums.extend(store.removed().first().map(|removed| removed.minimum_index));
        drop(store);
        let report = check(directory.path(), &|_| ()).unwrap();
        assert_eq!(report.findings, [], "{report:?}");
        // And whoever does not goes on where it was.
        let store = open_both(directory.path(), small());
        expire_by(&store, rules).unwrap();
        model.remove(rules);
        assert_gone_from_files(directory.path(), &model);
        model.follow(&store, rules);
        assert_eq!(store.removed()[0].minimum_index, 768);
    }
    assert!(minimums.len() > 2, "it grows step by step: {minimums:?}");
}

#[test]
fn the_minimum_index_is_never_above_what_is_there_yet() {
    assert_whole_after_each_step(&all_before(900), 0);
}

#[test]
fn nor_is_it_where_others_keep_their_events_in_the_same_segments() {
    assert_whole_after_each_step(&all_before(900), 30);
}

/// Fails one write or change of names while it is armed, for want of room.
#[derive(Default)]
struct Full {
    /// Operations that pass before; negative: none fails.
    left: AtomicI64,
}

impl Tap for Full {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        // A sync that fails is no full disk, whatever its error.
        let is_sync = matches!(operation, Operation::Sync(_) | Operation::SyncDirectory(_));
        if is_sync || self.left.load(Ordering::SeqCst) < 0 {
            return Verdict::Proceed;
        }
        match self.left.fetch_sub(1, Ordering::SeqCst) {
            0 => Verdict::Fail(io::Error::from_raw_os_error(ENOSPC)),
            _ => Verdict::Proceed,
        }
    }

    fn after(&self, _: &Operation<'_>) {}
}

#[test]
fn a_full_disk_at_any_step_puts_off_what_is_left_and_spoils_nothing() {
    let options = Options {
        segment_rows: 32,
        tail_rows: 16,
        ..small()
    };
    let prepared = memory_directory();
    let store = open_both(prepared.path(), options.clone());
    let mut recorded = Model::default();
    for first in (0..90).step_by(30) {
        fill(&store, &mut recorded, ORGANIZATION, first..first + 30);
        fill(&store, &mut recorded, OTHER, first..first + 5);
    }
    store.settle();
    drop(store);
    let files = read_files(prepared.path());
    let rules = all_before(70);
    let all_of_it: u64 = recorded.over(&rules).iter().map(|one| one.events).sum();
    let mut refused = 0;
    for at in 0.. {
        let directory = memory_directory();
        write_files(directory.path(), &files);
        let full = Arc::new(Full {
            left: AtomicI64::new(-1),
        });
        let tapped = Options {
            tap: Some(Arc::clone(&full) as _),
            ..options.clone()
        };
        let store = open_both(directory.path(), tapped);
        store.settle();
        let mut model = Model {
            logs: recorded.logs.clone(),
        };
        full.left.store(at, Ordering::SeqCst);
        let ended = expire_by(&store, &rules);
        let has_struck = full.left.swap(-1, Ordering::SeqCst) < 0;
        let gone: u64 = match &ended {
            Ok(expired) => expired.iter().map(|one| one.events).sum(),
            Err(unfinished) => {
                assert!(
                    matches!(unfinished.error, ExpireError::Full),
                    "operation {at}: {unfinished:?}"
                );
                refused += 1;
                unfinished.expired.iter().map(|one| one.events).sum()
            }
        };
        // It is read as before, what was told is what has gone, and there is room again for what comes.
        model.follow(&store, &rules);
        let removed: u64 = store.removed().iter().map(|one| one.events).sum();
        assert_eq!(gone, removed, "operation {at}");
        fill(&store, &mut model, ORGANIZATION, 90..95);
        assert_eq!(store.health(), Condition::Accepting, "operation {at}");
        // The next one removes what is left.
        let rest = expire_by(&store, &rules).unwrap();
        let rest: u64 = rest.iter().map(|one| one.events).sum();
        assert_eq!(gone + rest, all_of_it, "operation {at}");
        model.remove(&rules);
        assert_gone_from_files(directory.path(), &model);
        wait_covered(&store, &model);
        assert_all(&store, &model);
        if !has_struck {
            break;
        }
    }
    assert!(refused > 10, "only {refused} were refused");
}
