//! The power goes between any two steps of keeping a head, anchoring it and showing it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use evident_store::durable::{Operation, Tap, Verdict};

use super::*;
use crate::disk::{Disk, Files, Recorder, Step, write_files};

/// Records what is done to the directory, and what the anchor has when it is done.
struct Beside {
    recorder: Arc<Recorder<Bytes>>,
    anchor: PathBuf,
    last: Mutex<Option<Bytes>>,
}

impl Tap for Beside {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        let now = note_in(&self.anchor, ORGANIZATION);
        let mut last = self.last.lock().unwrap();
        if *last != now {
            self.recorder.told(now.clone().unwrap());
            *last = now;
        }
        self.recorder.before(operation)
    }

    fn after(&self, operation: &Operation<'_>) {
        self.recorder.after(operation);
    }
}

fn try_state(files: &Files, note: Option<&Bytes>) {
    let (directory, anchor) = (memory_directory(), memory_directory());
    write_files(directory.path(), files);
    if let Some(note) = note {
        std::fs::write(anchor.path().join(ORGANIZATION), note).unwrap();
    }
    let anchored_note: Notes = note
        .map(|note| (size_of(note), note.clone()))
        .into_iter()
        .collect();
    for _ in 0..2 {
        let store = open(directory.path(), anchored(anchor.path()));
        assert_eq!(store.health(), Condition::Accepting);
        assert_history(&store, ORGANIZATION, &anchored_note);
        assert_eq!(note_in(anchor.path(), ORGANIZATION), Some(note_of(&store)));
        let size = published(&store, ORGANIZATION).size;
        let next = event(1_000_000 + size, "afterwards");
        append(&store, vec![next]).unwrap();
        wait_published(&store, size + 1);
        assert_eq!(note_in(anchor.path(), ORGANIZATION), Some(note_of(&store)));
    }
}

#[test]
fn a_power_cut_between_keeping_anchoring_and_showing_a_head_is_recovered_from() {
    let (directory, anchor) = (memory_directory(), memory_directory());
    let recorder = Recorder::new();
    let tap = Arc::new(Beside {
        recorder: Arc::clone(&recorder),
        anchor: anchor.path().to_owned(),
        last: Mutex::default(),
    });
    let recorded = || Options {
        tap: Some(Arc::clone(&tap) as _),
        ..anchored(anchor.path())
    };
    let store = open(directory.path(), recorded());
    append_published(&store, 0..2);
    append_published(&store, 2..3);
    drop(store);
    let store = open(directory.path(), recorded());
    append_published(&store, 3..4);
    drop(store);
    let mut disk = Disk::default();
    let mut note = None;
    let mut tried = std::collections::HashSet::new();
    let mut told = 0;
    for step in recorder.steps() {
        disk.play(&step);
        if let Step::Told(anchored) = step {
            note = Some(anchored);
            told += 1;
        }
        for files in disk
            .after_power_cut()
            .into_iter()
            .chain([disk.after_kill()])
        {
            if tried.insert((files.clone(), note.clone())) {
                try_state(&files, note.as_ref());
            }
        }
    }
    assert_eq!(told, 4, "sizes 0, 2, 3 and 4 were anchored");
    assert!(tried.len() > 100, "only {} states were tried", tried.len());
}
