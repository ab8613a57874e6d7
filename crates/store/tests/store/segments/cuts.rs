//! Power cuts and kills while rows are sealed, segments compacted, and files of the WAL removed.

use std::sync::{Arc, Condvar, Mutex};

use evident_event::query::Scope;
use evident_store::durable::{Operation, Tap, Verdict};
use evident_store::health::Condition;

use super::*;
use crate::crash::{Told, Trial, append_and_tell, publish_and_tell, try_states};
use crate::disk::{Disk, Files, Recorder, Step, read_files, write_files};

fn tiny_segments() -> Options {
    tiny(options())
}

/// What must hold of a store that has gone on: what the manifest does not name is gone, and every event
/// is found in every way.
fn assert_found_and_tidy(store: &Store) {
    store.settle();
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(folders(store.directory()), named(store.directory()));
    let stored = all(store, ORGANIZATION);
    let index = store.index();
    let everything = query(ORGANIZATION, &["range=all_time", "order=asc"]);
    let mut found = listed(&*index, &everything).unwrap();
    found.sort_by_key(|event| event.index);
    assert_eq!(shown(&found), shown(&stored));
    for event in &stored {
        let got = run(index.get(&Scope::organization(ORGANIZATION), event.id)).unwrap();
        assert_eq!(shown(got.as_slice()), shown(std::slice::from_ref(event)));
    }
    let actors = by_actor(&*index, &everything).unwrap();
    assert_eq!(
        actors.iter().map(|(_, count)| count).sum::<u64>(),
        stored.len() as u64
    );
    for (actor, count) in actors {
        let filter = format!("filter=actor.id:is:{actor}");
        let own = listed(&*index, &query(ORGANIZATION, &["range=all_time", &filter])).unwrap();
        assert_eq!(own.len() as u64, count);
        let text = format!(r#""id":"{actor}""#);
        assert!(
            own.iter()
                .all(|event| shown(std::slice::from_ref(event)).contains(&text))
        );
    }
}

fn trial(first: usize, sample: usize, offset: usize) -> Trial {
    Trial {
        first,
        sample,
        offset,
        options: tiny_segments,
        also: assert_found_and_tidy,
    }
}

/// What is done after each append of a life.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Nothing,
    Settle,
    /// Every second time all that there is is sealed.
    SealNow,
}

/// A life of a store with tiny segments on what it finds, with everything that it does and tells.
fn live(found: &Files, numbers: std::ops::Range<u64>, then: Then) -> Vec<Step<Told>> {
    let directory = memory_directory();
    write_files(directory.path(), found);
    let recorder = Recorder::new();
    let store = open(directory.path(), tiny(tapped(Arc::clone(&recorder) as _)));
    assert_eq!(store.health(), Condition::Accepting);
    for number in numbers {
        append_and_tell(&store, &recorder, timed(number..number + 1));
        match then {
            Then::Nothing => {}
            Then::Settle => store.settle(),
            Then::SealNow if number % 2 == 1 => {
                store.seal_now().unwrap();
                assert_sealed(&store);
            }
            Then::SealNow => {}
        }
    }
    store.settle();
    let size = run(store.index().applied_through(ORGANIZATION)).unwrap();
    publish_and_tell(&store, &recorder, size);
    drop(store);
    recorder.steps()
}

/// How many manifests took the place of the one before, and how many files of segments were removed.
fn work_in(steps: &[Step<Told>]) -> (usize, usize) {
    let is_manifest = |step: &&Step<Told>| matches!(step, Step::Rename(_, to) if to == Path::new("segments/manifest"));
    let is_removal =
        |step: &&Step<Told>| matches!(step, Step::Remove(path) if path.starts_with("segments"));
    let removals = steps.iter().filter(is_removal).count();
    (steps.iter().filter(is_manifest).count(), removals)
}

#[test]
fn a_power_cut_while_segments_are_made_loses_nothing() {
    for then in [Then::Settle, Then::Nothing] {
        let steps = live(&Files::new(), 0..7, then);
        let (manifests, removals) = work_in(&steps);
        assert_eq!((manifests, removals), (3, 6), "two seals, one compaction");
        let tried = try_states(trial(0, 1, 0), Files::new(), &steps);
        assert!(tried > 150, "only {tried} states were tried");
    }
}

#[test]
fn a_kill_while_segments_are_made_and_then_a_power_cut_lose_nothing() {
    let first = live(&Files::new(), 0..6, Then::Settle);
    assert_eq!(work_in(&first), (3, 6), "two seals, one compaction");
    let mut tried = 0;
    for killed_after in 0..first.len() {
        let mut disk = Disk::default();
        let steps = &first[..=killed_after];
        steps.iter().for_each(|step| disk.play(step));
        let second = live(&disk.after_kill(), 6..10, Then::Settle);
        let both: Vec<_> = steps.iter().cloned().chain(second).collect();
        tried += try_states(
            trial(steps.len(), 97, killed_after % 97),
            Files::new(),
            &both,
        );
    }
    assert!(tried > 200, "only {tried} states were tried");
}

/// The same of a store that is told, wherever it was, to seal all that there is.
fn assert_sealed_and_tidy(store: &Store) {
    assert_eq!(store.seal_now(), Ok(()));
    assert_sealed(store);
    assert_found_and_tidy(store);
}

/// How many files of the WAL were begun in the middle of their group, and how many files were removed.
fn files_in(steps: &[Step<Told>]) -> (usize, usize) {
    let is_further = |path: &Path| path.to_str().is_some_and(|path| path.contains("0-0"));
    let is_begun = |step: &&Step<Told>| matches!(step, Step::Rename(_, to) if to.starts_with("wal") && is_further(to));
    let is_removal =
        |step: &&Step<Told>| matches!(step, Step::Remove(path) if path.starts_with("wal"));
    let removals = steps.iter().filter(is_removal).count();
    (steps.iter().filter(is_begun).count(), removals)
}

#[test]
fn a_power_cut_while_all_that_there_is_is_sealed_loses_nothing() {
    let steps = live(&Files::new(), 0..6, Then::SealNow);
    assert_eq!(
        files_in(&steps),
        (3, 3),
        "three were begun and all before them removed"
    );
    // Sealed were two rows, one that filled a segment, one, and two that filled another.
    assert_eq!(work_in(&steps).0, 5, "four seals, one compaction");
    let trial = Trial {
        also: assert_sealed_and_tidy,
        ..trial(0, 2, 0)
    };
    let tried = try_states(trial, Files::new(), &steps);
    assert!(tried > 150, "only {tried} states were tried");
}

#[test]
fn a_kill_while_all_that_there_is_is_sealed_and_then_a_power_cut_lose_nothing() {
    let first = live(&Files::new(), 0..4, Then::SealNow);
    assert_eq!(files_in(&first), (2, 2));
    let mut tried = 0;
    for killed_after in 0..first.len() {
        let mut disk = Disk::default();
        let steps = &first[..=killed_after];
        steps.iter().for_each(|step| disk.play(step));
        let second = live(&disk.after_kill(), 4..8, Then::SealNow);
        let both: Vec<_> = steps.iter().cloned().chain(second).collect();
        let trial = Trial {
            also: assert_sealed_and_tidy,
            ..trial(steps.len(), 151, killed_after % 151)
        };
        tried += try_states(trial, Files::new(), &both);
    }
    assert!(tried > 100, "only {tried} states were tried");
}

/// Rows of a segment where files of the WAL go: a quarter of a group.
const QUARTER: u64 = 16_384;

fn quarters() -> Options {
    Options {
        segment_rows: QUARTER as u32,
        ..options()
    }
}

/// Records, and lets no segment be begun before the WAL's second file is there.
struct Holding {
    recorder: Arc<Recorder<Told>>,
    is_there: Mutex<bool>,
    changed: Condvar,
}

impl Tap for Holding {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        if matches!(operation, Operation::CreateDirectory(path) if path.starts_with("segments")) {
            let is_there = self.is_there.lock().unwrap();
            drop(
                self.changed
                    .wait_while(is_there, |is_there| !*is_there)
                    .unwrap(),
            );
        }
        self.recorder.before(operation)
    }

    fn after(&self, operation: &Operation<'_>) {
        self.recorder.after(operation);
        if matches!(operation, Operation::Rename { to, .. } if to.ends_with("0000000000000001.wal"))
        {
            *self.is_there.lock().unwrap() = true;
            self.changed.notify_all();
        }
    }
}

#[test]
fn a_power_cut_while_a_file_of_the_wal_is_removed_loses_nothing() {
    // Three segments, and all but six rows of the fourth, which is the first group's last.
    let directory = memory_directory();
    let store = open(directory.path(), quarters());
    let last = 4 * QUARTER - 6;
    for first in (0..last).step_by(8_192) {
        append(&store, events(first..(first + 8_192).min(last))).unwrap();
    }
    store.settle();
    drop(store);
    let before = read_files(directory.path());
    let wal = Path::new("wal/0000000000000000.wal");
    let recorder = Recorder::new();
    let tap = Holding {
        recorder: Arc::clone(&recorder),
        is_there: Mutex::new(false),
        changed: Condvar::new(),
    };
    let options = Options {
        tap: Some(Arc::new(tap)),
        ..quarters()
    };
    let store = open(directory.path(), options);
    // The last six, and the first of the next group: the first file can go once the six are sealed.
    append_and_tell(&store, &recorder, events(last..last + 6));
    append_and_tell(&store, &recorder, events(last + 6..last + 9));
    store.settle();
    drop(store);
    assert!(!directory.path().join(wal).exists());
    let steps = recorder.steps();
    let is_it = |step: &Step<Told>| matches!(step, Step::Remove(path) if path == wal);
    let removed = steps.iter().position(is_it).unwrap();
    let trial = Trial {
        first: removed - 5,
        sample: 2,
        options: quarters,
        also: |store| assert_eq!(folders(store.directory()), named(store.directory())),
        ..Trial::of_all()
    };
    let steps = &steps[..(removed + 3).min(steps.len())];
    let tried = try_states(trial, before, steps);
    assert!(tried > 2, "only {tried} states were tried");
}
