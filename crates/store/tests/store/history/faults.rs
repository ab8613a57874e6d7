//! Each operation of keeping and showing a checkpoint fails once, in each way that it can.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use evident_store::append::AppendError;

use super::*;

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// Spoils one operation on the log's checkpoints, and is a witness of what is shown.
struct Spoiler {
    at: u64,
    error: i32,
    short: bool,
    count: AtomicU64,
    is_sync: AtomicBool,
    witness: Witness,
}

impl Spoiler {
    fn has_struck(&self) -> bool {
        self.count.load(Ordering::SeqCst) > self.at
    }
}

fn is_of_checkpoints(operation: &Operation<'_>) -> bool {
    let path = match operation {
        Operation::CreateFile(path)
        | Operation::Write { path, .. }
        | Operation::Sync(path)
        | Operation::Remove(path)
        | Operation::Rename { from: path, .. } => path,
        Operation::SyncDirectory(path) => return *path == Path::new("log/org_test"),
        _ => return false,
    };
    path.starts_with("log")
        && path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("checkpoint"))
}

impl Tap for Spoiler {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        if !is_of_checkpoints(operation) || self.count.fetch_add(1, Ordering::SeqCst) != self.at {
            return Verdict::Proceed;
        }
        let is_sync = matches!(operation, Operation::Sync(_) | Operation::SyncDirectory(_));
        self.is_sync.store(is_sync, Ordering::SeqCst);
        let error = io::Error::from_raw_os_error(self.error);
        match operation {
            Operation::Write { bytes, .. } if self.short => Verdict::Short(bytes.len() / 2, error),
            _ => Verdict::Fail(error),
        }
    }

    fn after(&self, operation: &Operation<'_>) {
        self.witness.after(operation);
    }
}

/// Three heads one after the other, one of which meets the fault. `None` if the store did not open.
fn live(directory: &Path, tap: &Arc<Spoiler>) -> Option<Condition> {
    let store = Store::open(directory, tapped(Arc::clone(tap) as _)).ok()?;
    for round in 1..4 {
        match append(&store, events(round * 2..round * 2 + 2)) {
            Ok(_) => {}
            Err(AppendError::Stopped(_) | AppendError::NoSpace) => continue,
            Err(other) => panic!("{other}"),
        }
        let size = run(store.index().applied_through(ORGANIZATION)).unwrap();
        wait_until("the head is shown or the store has stopped", || {
            published(&store, ORGANIZATION).size == size
                || matches!(store.health(), Condition::Stopped(_))
        });
    }
    store.close();
    Some(store.health())
}

fn spoil_each(error: i32, short: bool, check: impl Fn(&Spoiler, &Condition)) {
    let begun = memory_directory();
    let store = open(begun.path(), unsigned());
    append(&store, events(0..2)).unwrap();
    drop(store);
    for at in 0.. {
        let directory = memory_directory();
        copy_directory(begun.path(), directory.path());
        let tap = Arc::new(Spoiler {
            at,
            error,
            short,
            count: AtomicU64::new(0),
            is_sync: AtomicBool::new(false),
            witness: Witness::default(),
        });
        let condition = live(directory.path(), &tap);
        if !tap.has_struck() {
            assert!(at > 20, "only {at} operations were spoiled");
            return;
        }
        if let Some(condition) = condition {
            check(&tap, &condition);
        }
        let store = open(directory.path(), options());
        assert_eq!(store.health(), Condition::Accepting, "operation {at}");
        assert_history(&store, ORGANIZATION, &tap.witness.shown());
        append(&store, events(0..8)).unwrap();
        wait_published(&store, 8);
        assert_history(&store, ORGANIZATION, &tap.witness.shown());
        drop(store);
        let history = std::fs::read(directory.path().join(HISTORY)).unwrap();
        assert_eq!(whole_records(&history), history, "operation {at}");
    }
}

#[test]
fn an_io_error_while_a_checkpoint_is_kept_or_shown_stops_the_store_until_a_restart() {
    for short in [false, true] {
        spoil_each(EIO, short, |_, condition| {
            assert!(matches!(condition, Condition::Stopped(_)), "{condition:?}");
        });
    }
}

#[test]
fn a_checkpoint_that_does_not_fit_is_shown_when_there_is_room() {
    for short in [false, true] {
        spoil_each(ENOSPC, short, |tap, condition| {
            // After a failed sync nothing can be known, whatever its error.
            match tap.is_sync.load(Ordering::SeqCst) {
                true => assert!(matches!(condition, Condition::Stopped(_)), "{condition:?}"),
                false => assert_eq!(*condition, Condition::Accepting),
            }
        });
    }
}
