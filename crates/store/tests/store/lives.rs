//! A process is killed, another one goes on with what it sees, and then the power goes: what the
//! first one had not brought to stable storage is the second one's to bring there.

use std::sync::Arc;

use evident_store::health::Condition;

use crate::crash::{Told, Trial, append_and_tell, try_states};
use crate::disk::{Disk, FailingSync, Files, Recorder, Step, write_files};
use crate::world::*;

/// A life of a store on what it finds, with everything that it does and tells recorded.
fn live(found: &Files, numbers: std::ops::Range<u64>) -> Vec<Step<Told>> {
    let directory = memory_directory();
    write_files(directory.path(), found);
    let recorder = Recorder::new();
    let store = open(directory.path(), tapped(Arc::clone(&recorder) as _));
    assert_eq!(store.health(), Condition::Accepting);
    for number in numbers {
        append_and_tell(&store, &recorder, events(number..number + 1));
    }
    drop(store);
    recorder.steps()
}

#[test]
fn a_kill_at_any_operation_and_then_a_power_cut_lose_nothing() {
    let first = live(&Files::new(), 0..2);
    let mut tried = 0;
    for killed_after in 0..first.len() {
        let mut disk = Disk::default();
        let steps = &first[..=killed_after];
        steps.iter().for_each(|step| disk.play(step));
        let second = live(&disk.after_kill(), 10..12);
        let both: Vec<_> = steps.iter().cloned().chain(second).collect();
        tried += try_states(
            Trial {
                first: steps.len(),
                sample: 7,
                ..Trial::of_all()
            },
            Files::new(),
            &both,
        );
    }
    assert!(tried > 300, "only {tried} states were tried");
}

#[test]
fn what_a_failed_sync_left_in_memory_only_is_written_again() {
    let directory = memory_directory();
    let recorder = Recorder::new();
    let tap = Arc::new(FailingSync::below("wal".as_ref(), &recorder));
    let store = open(directory.path(), tapped(Arc::clone(&tap) as _));
    append_and_tell(&store, &recorder, events(0..2));
    tap.fail_next();
    assert!(append(&store, events(2..3)).is_err());
    drop(store);
    let first = recorder.steps();
    let mut disk = Disk::default();
    first.iter().for_each(|step| disk.play(step));
    // The restart finds event 2 in memory, and whoever sends it again is told that it is there.
    let second = live(&disk.after_kill(), 2..5);
    let both: Vec<_> = first.iter().cloned().chain(second).collect();
    let trial = Trial {
        first: first.len(),
        ..Trial::of_all()
    };
    let tried = try_states(trial, Files::new(), &both);
    assert!(tried > 20, "only {tried} states were tried");
}
