//! The process is killed, or the power goes, after any durable operation: no checkpoint that was shown or
//! kept is lost, and no size ever gets a second root.

use super::*;
use crate::disk::{Disk, FailingSync, Files, Recorder, Step, write_files};

/// Rows of a segment, where there are any.
const SEGMENT_ROWS: u32 = 2;

fn sealing() -> Options {
    Options {
        segment_rows: SEGMENT_ROWS,
        tail_rows: 1,
        compaction_fanout: 2,
        ..options()
    }
}

fn recorded(options: fn() -> Options, recorder: &Arc<Recorder<()>>) -> Options {
    Options {
        tap: Some(Arc::clone(recorder) as _),
        ..options()
    }
}

/// A life of a store on what it finds, with everything that it does recorded.
fn live(found: &Files, options: fn() -> Options, numbers: std::ops::Range<u64>) -> Vec<Step<()>> {
    let directory = memory_directory();
    write_files(directory.path(), found);
    let recorder = Recorder::new();
    let store = open(directory.path(), recorded(options, &recorder));
    assert_eq!(store.health(), Condition::Accepting);
    for number in numbers {
        append(&store, events(number..number + 1)).unwrap();
        wait_until("it is published", || !is_behind(&store));
    }
    store.settle();
    drop(store);
    recorder.steps()
}

/// Whether something was recorded that is not under the head that is shown.
fn is_behind(store: &Store) -> bool {
    let size = run(store.index().applied_through(ORGANIZATION)).unwrap();
    store.head(ORGANIZATION).is_none_or(|head| head.size < size)
}

/// Opens what a kill or a power cut after each step may leave; `first` steps are let pass before, and of
/// the states each `sample`-th is tried.
fn try_cuts(steps: &[Step<()>], options: fn() -> Options, first: usize, sample: usize) -> usize {
    let mut disk = Disk::default();
    let mut shown = Notes::new();
    let mut tried = std::collections::BTreeSet::new();
    let mut seen = 0;
    for (number, step) in steps.iter().enumerate() {
        disk.play(step);
        let is_shown =
            matches!(step, Step::SyncDirectory(path) if path == Path::new("log/org_test"));
        let killed = disk.after_kill();
        if is_shown && let Some(note) = killed.get(Path::new(REGISTER)) {
            let note = Bytes::copy_from_slice(note);
            let other = shown.insert(size_of(&note), note.clone());
            assert!(other.is_none_or(|other| other == note), "two roots");
        }
        if number < first {
            continue;
        }
        for files in disk.after_power_cut().into_iter().chain([killed]) {
            seen += 1;
            if seen % sample == 0 && tried.insert((files.clone(), shown.len())) {
                try_state(&files, options, &shown);
            }
        }
    }
    tried.len()
}

fn try_state(files: &Files, options: fn() -> Options, shown: &Notes) {
    let directory = memory_directory();
    write_files(directory.path(), files);
    let kept_before = files.get(Path::new(HISTORY)).map(Vec::as_slice);
    let kept_before = whole_records(kept_before.unwrap_or_default());
    let mut shown = shown.clone();
    // Then life goes on with other events, and a restart.
    for life in 0..2 {
        let store = open(directory.path(), options());
        assert_eq!(store.health(), Condition::Accepting);
        assert_history(&store, ORGANIZATION, &shown);
        let size = store.head(ORGANIZATION).unwrap().size;
        append(&store, vec![event(1_000_000 + life, "afterwards")]).unwrap();
        wait_published(&store, size + 1);
        shown.insert(size + 1, store.checkpoint(ORGANIZATION).unwrap());
        assert_history(&store, ORGANIZATION, &shown);
        drop(store);
        let kept = std::fs::read(directory.path().join(HISTORY)).unwrap();
        assert!(kept.starts_with(kept_before), "what was kept was changed");
    }
}

#[test]
fn a_cut_after_any_operation_loses_no_checkpoint() {
    let first = live(&Files::new(), options, 0..3);
    let mut disk = Disk::default();
    first.iter().for_each(|step| disk.play(step));
    let second = live(&disk.after_kill(), options, 3..5);
    let both: Vec<_> = first.into_iter().chain(second).collect();
    let tried = try_cuts(&both, options, 0, 1);
    assert!(tried > 150, "only {tried} states were tried");
}

#[test]
fn a_cut_while_rows_are_sealed_loses_no_checkpoint() {
    let steps = live(&Files::new(), sealing, 0..5);
    let tried = try_cuts(&steps, sealing, 0, 9);
    assert!(tried > 50, "only {tried} states were tried");
}

#[test]
fn a_kill_after_any_operation_and_then_a_power_cut_lose_no_checkpoint() {
    let first = live(&Files::new(), options, 0..2);
    let mut tried = 0;
    for killed_after in 0..first.len() {
        let mut disk = Disk::default();
        let steps = &first[..=killed_after];
        steps.iter().for_each(|step| disk.play(step));
        let second = live(&disk.after_kill(), options, 10..11);
        let both: Vec<_> = steps.iter().cloned().chain(second).collect();
        tried += try_cuts(&both, options, steps.len(), 11);
    }
    assert!(tried > 150, "only {tried} states were tried");
}

#[test]
fn a_record_that_a_failed_sync_left_in_memory_is_written_again_before_it_is_shown() {
    let directory = memory_directory();
    let recorder = Recorder::new();
    let tap = Arc::new(FailingSync::below(Path::new(HISTORY), &recorder));
    let store = open(directory.path(), tapped(Arc::clone(&tap) as _));
    append(&store, events(0..2)).unwrap();
    wait_published(&store, 2);
    tap.fail_next();
    append(&store, events(2..3)).unwrap();
    wait_until("it has stopped", || {
        matches!(store.health(), Condition::Stopped(_))
    });
    assert_eq!(
        published(&store, ORGANIZATION).size,
        2,
        "nothing is shown that may be lost"
    );
    drop(store);
    let first = recorder.steps();
    let mut disk = Disk::default();
    first.iter().for_each(|step| disk.play(step));
    let left = disk.after_kill();
    assert_eq!(sizes_in(&left[Path::new(HISTORY)]), [0, 2, 3]);
    let second = live(&left, options, 3..4);
    let both: Vec<_> = first.iter().cloned().chain(second).collect();
    let tried = try_cuts(&both, options, first.len(), 1);
    assert!(tried > 20, "only {tried} states were tried");
}
