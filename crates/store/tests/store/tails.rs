//! What a commit of several frames leaves behind when it comes to nothing, under later frames.
//!
//! The frames here have the same length, so that a later one ends exactly where an old one begins:
//! if the old one were still there it would follow in position and index, and bring an event that
//! was sent again onto the log a second time.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use evident_store::Store;
use evident_store::append::AppendError;
use evident_store::durable::{Operation, Tap, Verdict};
use evident_store::health::Condition;

use crate::world::*;

const WAL: &str = "wal/0000000000000000.wal";
const ENOSPC: i32 = 28;

/// Holds a sync of the WAL back, and lets the disk be full for a write of it.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    shut: bool,
    /// A sync stands before the gate.
    held: bool,
    /// The next write stores all but its last byte and finds the disk full.
    full: bool,
}

impl Gate {
    fn set(&self, change: impl FnOnce(&mut GateState)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    fn wait_held(&self) {
        let state = self.state.lock().unwrap();
        drop(self.changed.wait_while(state, |state| !state.held).unwrap());
    }
}

impl Tap for Gate {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        let mut state = self.state.lock().unwrap();
        match operation {
            Operation::Sync(path) if path.ends_with(WAL) => {
                state.held = true;
                self.changed.notify_all();
                state = self.changed.wait_while(state, |state| state.shut).unwrap();
                state.held = false;
            }
            Operation::Write { path, bytes, .. }
                if path.ends_with(WAL) && std::mem::take(&mut state.full) =>
            {
                let error = io::Error::from_raw_os_error(ENOSPC);
                return Verdict::Short(bytes.len() - 1, error);
            }
            _ => {}
        }
        Verdict::Proceed
    }

    fn after(&self, _: &Operation<'_>) {}
}

/// Appends event 0, and then the events 1 to `last` so that their frames are written as one.
/// Calls `before_opening` when they wait. Gives what the latter were answered.
fn commit_together(
    store: &Arc<Store>,
    gate: &Gate,
    last: u64,
    before_opening: impl FnOnce(),
) -> Vec<Result<(), AppendError>> {
    // The first append of all makes the file, whose own sync must pass.
    append(store, events(100..101)).unwrap();
    gate.set(|state| state.shut = true);
    let send = |number: u64| {
        let store = Arc::clone(store);
        std::thread::spawn(move || append(&store, events(number..number + 1)).map(drop))
    };
    let first = send(0);
    gate.wait_held();
    let mut together = Vec::new();
    for number in 1..=last {
        together.push(send(number));
        // In this order, so that positions are known.
        wait_until("the append waits", || {
            store.measurements().queued_events == number
        });
    }
    before_opening();
    gate.set(|state| state.shut = false);
    first.join().unwrap().unwrap();
    together
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect()
}

fn frame_starts(bytes: &[u8]) -> Vec<usize> {
    let mark = &bytes[32..40];
    memchr::memmem::find_iter(bytes, mark)
        .filter(|at| *at >= 64)
        .collect()
}

#[test]
fn frames_behind_a_torn_one_do_not_come_back_under_later_frames() {
    let directory = memory_directory();
    let gate = Arc::new(Gate::default());
    let mut settings = tapped(Arc::clone(&gate) as _);
    settings.checkpoint_gather = NEVER;
    let store = Arc::new(open(directory.path(), settings));
    commit_together(&store, &gate, 2, || {});
    let copy = memory_directory();
    copy_directory(directory.path(), copy.path());
    let mut bytes = std::fs::read(copy.path().join(WAL)).unwrap();
    let starts = frame_starts(&bytes);
    assert_eq!(starts.len(), 4);
    assert_eq!(
        starts[3] - starts[2],
        starts[2] - starts[1],
        "frames are of one length"
    );
    bytes[starts[2] + 60] ^= 1;
    std::fs::write(copy.path().join(WAL), bytes).unwrap();

    let store = open(copy.path(), unsigned());
    assert_eq!(
        store.health(),
        Condition::Accepting,
        "event 1's frame is torn: nothing calls it synced"
    );
    assert_eq!(all(&store, ORGANIZATION).len(), 2);
    append(&store, events(2..3)).unwrap();
    let killed = memory_directory();
    copy_directory(copy.path(), killed.path());
    let store = open(killed.path(), unsigned());
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(all(&store, ORGANIZATION).len(), 3);
    assert_whole(&store, &[]);
}

#[test]
fn frames_that_did_not_fit_do_not_come_back_under_later_frames() {
    let directory = memory_directory();
    let gate = Arc::new(Gate::default());
    let mut settings = tapped(Arc::clone(&gate) as _);
    settings.checkpoint_gather = NEVER;
    let store = Arc::new(open(directory.path(), settings));
    let refused = commit_together(&store, &gate, 3, || {
        gate.set(|state| state.full = true);
    });
    assert!(
        refused
            .iter()
            .all(|answer| matches!(answer, Err(AppendError::NoSpace))),
        "{refused:?}"
    );
    append(&store, events(2..3)).unwrap();
    assert_eq!(store.health(), Condition::Accepting);
    let killed = memory_directory();
    copy_directory(directory.path(), killed.path());
    let store = open(killed.path(), unsigned());
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(all(&store, ORGANIZATION).len(), 3);
    assert_whole(&store, &[]);
}
