//! Power cuts: every legal state after every durable operation of a run is opened, and what was
//! acknowledged or published by then must be there.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use evident_ledger::checkpoint::Checkpoint;
use evident_store::append::{NewEvent, Receipt};
use evident_store::durable::Tap;
use evident_store::health::Condition;
use evident_store::{Options, Store};

use crate::disk::{Disk, Files, Recorder, Step, read_files, write_files};
use crate::world::*;

/// What the outside was told.
#[derive(Debug, Clone)]
pub enum Told {
    Acknowledged(Vec<(Receipt, NewEvent)>),
    Published(Checkpoint),
}

pub fn append_and_tell(store: &Store, recorder: &Recorder<Told>, sent: Vec<NewEvent>) {
    let given = receipts(append(store, sent.clone()).unwrap());
    recorder.told(Told::Acknowledged(given.into_iter().zip(sent).collect()));
}

pub fn publish_and_tell(store: &Store, recorder: &Recorder<Told>, size: u64) {
    wait_published(store, size);
    recorder.told(Told::Published(published(store, ORGANIZATION)));
}

/// How the states that a power cut may leave are tried.
#[derive(Clone, Copy)]
pub struct Trial {
    /// Power cuts come only after so many steps.
    pub first: usize,
    /// 1 tries all states; n tries each n-th.
    pub sample: usize,
    /// The number of the first that is tried.
    pub offset: usize,
    /// How the directory is opened.
    pub options: fn() -> Options,
    /// What must hold beside what always must, once the store has gone on.
    pub also: fn(&Store),
}

impl Trial {
    /// All states after any step.
    pub fn of_all() -> Self {
        Self {
            first: 0,
            sample: 1,
            offset: 0,
            options,
            also: |_| (),
        }
    }
}

/// Opens every state that a power cut may leave after each step, and says how many there were.
/// `sample` of 1 tries all of them; n tries each n-th.
pub fn try_every_state(before: Files, steps: &[Step<Told>], sample: usize) -> usize {
    let all = Trial::of_all();
    try_states(Trial { sample, ..all }, before, steps)
}

/// The same, as the trial says.
pub fn try_states(trial: Trial, before: Files, steps: &[Step<Told>]) -> usize {
    let mut disk = Disk::holding(before);
    let mut acknowledged = BTreeMap::new();
    let mut ever_published = Vec::new();
    let mut tried = std::collections::HashSet::new();
    let mut seen = trial.offset;
    for (number, step) in steps.iter().enumerate() {
        disk.play(step);
        match step {
            Step::Told(Told::Acknowledged(events)) => {
                for (receipt, event) in events {
                    acknowledged.insert(receipt.index, (receipt.clone(), event.clone()));
                }
            }
            Step::Told(Told::Published(checkpoint)) => ever_published.push(checkpoint.clone()),
            _ => {}
        }
        if number < trial.first {
            continue;
        }
        for files in disk.after_power_cut() {
            seen += 1;
            if !seen.is_multiple_of(trial.sample) {
                continue;
            }
            // The same files with the same promises need no second look.
            let promises = (digest(&files), acknowledged.len(), ever_published.len());
            if tried.insert(promises) {
                try_state(trial, &files, &acknowledged, &ever_published);
            }
        }
    }
    tried.len()
}

/// Tells files apart without keeping them.
fn digest(files: &Files) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    files.hash(&mut hasher);
    hasher.finish()
}

fn try_state(
    trial: Trial,
    files: &Files,
    acknowledged: &BTreeMap<u64, (Receipt, NewEvent)>,
    ever_published: &[Checkpoint],
) {
    let directory = memory_directory();
    write_files(directory.path(), files);
    let context = || {
        let sizes: Vec<_> = files
            .iter()
            .map(|(path, bytes)| (path, bytes.len()))
            .collect();
        format!("{sizes:?}")
    };
    let store = open(directory.path(), (trial.options)());
    assert_eq!(store.health(), Condition::Accepting, "{}", context());
    let stored = all(&store, ORGANIZATION);
    assert!(stored.len() >= acknowledged.len(), "{}", context());
    for (receipt, event) in acknowledged.values() {
        assert_stored(&stored, receipt, event);
    }
    assert_whole(&store, ever_published);
    // Life goes on: the next event follows, and is still there after a clean restart.
    let next = event(1_000_000, "afterwards");
    let receipt = receipts(append(&store, vec![next.clone()]).unwrap()).remove(0);
    assert_eq!(receipt.index, stored.len() as u64);
    (trial.also)(&store);
    drop(store);
    let store = open(directory.path(), (trial.options)());
    assert_stored(&all(&store, ORGANIZATION), &receipt, &next);
    assert_whole(&store, ever_published);
}

#[test]
fn a_power_cut_after_any_operation_loses_nothing() {
    let directory = memory_directory();
    let recorder = Recorder::new();
    let store = open(directory.path(), tapped(Arc::clone(&recorder) as _));
    append_and_tell(&store, &recorder, events(0..1));
    publish_and_tell(&store, &recorder, 1);
    append_and_tell(&store, &recorder, events(1..4));
    append_and_tell(
        &store,
        &recorder,
        vec![event(3, "as it was"), event(4, "as it was")],
    );
    publish_and_tell(&store, &recorder, 5);
    drop(store);
    // A second life of the same directory.
    let store = open(directory.path(), tapped(Arc::clone(&recorder) as _));
    append_and_tell(&store, &recorder, events(5..7));
    drop(store);
    let tried = try_every_state(Files::new(), &recorder.steps(), 1);
    assert!(tried > 100, "only {tried} states were tried");
}

#[test]
fn a_power_cut_in_a_commit_of_many_appends_loses_nothing() {
    let directory = memory_directory();
    drop(open(directory.path(), options()));
    let before = read_files(directory.path());
    let recorder = Recorder::new();
    let store = Arc::new(open(directory.path(), tapped(Arc::clone(&recorder) as _)));
    let threads: Vec<_> = (0..6)
        .map(|number| {
            let (store, recorder) = (Arc::clone(&store), Arc::clone(&recorder));
            std::thread::spawn(move || {
                for round in 0..3 {
                    let first = number * 100 + round * 10;
                    append_and_tell(&store, &recorder, events(first..first + 2));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    publish_and_tell(&store, &recorder, 36);
    drop(store);
    let tried = try_every_state(before, &recorder.steps(), 1);
    assert!(tried > 50, "only {tried} states were tried");
}

#[test]
fn a_power_cut_where_a_group_ends_loses_nothing() {
    // 65,530 events are there already; the next appends cross into the second group's file.
    let directory = memory_directory();
    // Sealing is tried elsewhere, with few rows: here it would only be more states of many bytes.
    fn unsealed() -> Options {
        Options {
            segment_rows: 1 << 20,
            ..options()
        }
    }
    let store = open(directory.path(), unsealed());
    for first in (0..65_530).step_by(8_192) {
        append(&store, events(first..(first + 8_192).min(65_530))).unwrap();
    }
    drop(store);
    let before = read_files(directory.path());
    let recorder = Recorder::new();
    let tap: Arc<dyn Tap> = Arc::clone(&recorder) as _;
    let tapped = Options {
        tap: Some(tap),
        ..unsealed()
    };
    let store = open(directory.path(), tapped);
    append_and_tell(&store, &recorder, events(65_530..65_533));
    append_and_tell(&store, &recorder, events(65_533..65_540));
    append_and_tell(&store, &recorder, events(65_540..65_542));
    drop(store);
    assert!(directory.path().join("wal/0000000000000001.wal").exists());
    let trial = Trial {
        sample: 8,
        options: unsealed,
        ..Trial::of_all()
    };
    let tried = try_states(trial, before, &recorder.steps());
    assert!(tried > 5, "only {tried} states were tried");
}
