//! Seeds go with the last event of their group, whatever ends the removal in between.

use std::path::Path;
use std::sync::Arc;

use super::steps::all_before;
use super::*;
use crate::disk::{Disk, Files, Recorder, Step, read_files, write_files};

/// Positions of a group.
const GROUP: u64 = 65_536;
const BATCH: u64 = 8_192;

/// Segments of a group, which become one of two groups.
fn large() -> Options {
    Options {
        compaction_fanout: 2,
        ..options()
    }
}

/// Records so many events, one second apart, and removes those before a second: what the files were after each step
/// since the manifest said that they are gone.
fn removed_step_by_step(count: u64, before: i64) -> Vec<Files> {
    let directory = memory_directory();
    let recorder = Recorder::<()>::new();
    let options = Options {
        tap: Some(Arc::clone(&recorder) as _),
        ..large()
    };
    let store = open_both(directory.path(), options);
    for first in (0..count).step_by(BATCH as usize) {
        let numbers = first..count.min(first + BATCH);
        let events =
            numbers.map(|number| received(ORGANIZATION, number, None, number as i64, None));
        receipts(append_to(&store, ORGANIZATION, events.collect(), false).unwrap());
    }
    store.seal_now().unwrap();
    store.settle();
    let mut disk = Disk::holding(read_files(directory.path()));
    let already = recorder.steps().len();
    expire_by(&store, &all_before(before)).unwrap();
    let steps = recorder.steps();
    assert!(!seed(directory.path(), 0) && seed(directory.path(), (count - 1) / GROUP));
    drop(store);
    let is_named = |step: &Step<()>| matches!(step, Step::Rename(_, to) if to == Path::new("segments/manifest"));
    let mut is_said = false;
    let mut states = Vec::new();
    for step in steps.iter().skip(already) {
        disk.play(step);
        is_said |= is_named(step);
        if is_said {
            states.push(disk.after_kill());
        }
    }
    states
}

fn seed(directory: &Path, group: u64) -> bool {
    directory.join(format!("seeds/{group:016x}")).exists()
}

#[test]
fn a_start_removes_the_seeds_that_a_crash_left() {
    let states = removed_step_by_step(GROUP + 100, GROUP as i64 + 50);
    assert!(
        states
            .iter()
            .any(|files| files.contains_key(Path::new("seeds/0000000000000000")))
    );
    for files in states {
        let directory = memory_directory();
        write_files(directory.path(), &files);
        let store = open_both(directory.path(), large());
        assert!(!seed(directory.path(), 0));
        assert!([50, 100].contains(&all(&store, ORGANIZATION).len()));
        assert!(seed(directory.path(), 1), "it has events yet");
    }
}

#[test]
fn a_removal_removes_those_in_the_middle_of_a_segment_as_well() {
    let states = removed_step_by_step(2 * GROUP, GROUP as i64 + 65_000);
    let left = |files: &&Files| files.contains_key(Path::new("seeds/0000000000000000"));
    let files = states.iter().find(left).unwrap();
    let directory = memory_directory();
    write_files(directory.path(), files);
    let store = open_both(directory.path(), large());
    assert_eq!(expire_by(&store, &all_before(1)).unwrap(), []);
    assert!(!seed(directory.path(), 0));
    assert!(seed(directory.path(), 1));
}
