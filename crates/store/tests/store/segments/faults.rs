//! Failing disks: each operation that sealing and compacting make fails once, in each way that it can.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use evident_store::SealError;
use evident_store::append::{AppendError, Receipt};
use evident_store::durable::{Operation, Tap, Verdict};
use evident_store::health::Condition;

use super::*;

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
/// Events of a run: two seals, one compaction, one event that is not sealed.
const EVENTS: u64 = 7;
/// Runs at a time. They mostly wait until a full disk is tried again.
const RUNS_AT_ONCE: u64 = 24;

/// Spoils one operation, counted from when it is armed.
struct Spoiler {
    at: u64,
    error: i32,
    short: bool,
    armed: AtomicBool,
    count: AtomicU64,
    spoiled: Mutex<Option<String>>,
    is_sync: AtomicBool,
    is_removal: AtomicBool,
}

impl Tap for Spoiler {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        let is_armed = self.armed.load(Ordering::SeqCst);
        if !is_armed || self.count.fetch_add(1, Ordering::SeqCst) != self.at {
            return Verdict::Proceed;
        }
        let is_sync = matches!(operation, Operation::Sync(_) | Operation::SyncDirectory(_));
        self.is_sync.store(is_sync, Ordering::SeqCst);
        let is_removal = matches!(
            operation,
            Operation::Remove(_) | Operation::RemoveDirectory(_)
        );
        self.is_removal.store(is_removal, Ordering::SeqCst);
        let error = io::Error::from_raw_os_error(self.error);
        let (shown, verdict) = match operation {
            Operation::Write { path, bytes, .. } if self.short => {
                let shown = format!("a short write of {}", path.display());
                (shown, Verdict::Short(bytes.len() / 2, error))
            }
            Operation::Write { path, .. } => (
                format!("a write of {}", path.display()),
                Verdict::Fail(error),
            ),
            other => (format!("{other:?}"), Verdict::Fail(error)),
        };
        *self.spoiled.lock().unwrap() = Some(shown);
        verdict
    }

    fn after(&self, _: &Operation<'_>) {}
}

/// What is done after each append of a life. It may fail only as an append may.
type Then = fn(&Store, u64) -> Result<(), SealError>;

fn settle(store: &Store, _: u64) -> Result<(), SealError> {
    store.settle();
    Ok(())
}

/// Every second time all that there is is sealed.
fn seal_now(store: &Store, number: u64) -> Result<(), SealError> {
    match number % 2 {
        0 => Ok(()),
        _ => store.seal_now(),
    }
}

/// A life in which one operation is spoiled; whether there was such an operation.
fn live(at: u64, error: i32, short: bool, then: Then) -> bool {
    let directory = memory_directory();
    let tap = Arc::new(Spoiler {
        at,
        error,
        short,
        armed: AtomicBool::new(false),
        count: AtomicU64::new(0),
        spoiled: Mutex::new(None),
        is_sync: AtomicBool::new(false),
        is_removal: AtomicBool::new(false),
    });
    let store = open(directory.path(), tiny(tapped(Arc::clone(&tap) as _)));
    tap.armed.store(true, Ordering::SeqCst);
    let mut acknowledged: Vec<(Receipt, NewEvent)> = Vec::new();
    let mut refusals = Vec::new();
    for (event, number) in timed(0..EVENTS).into_iter().zip(0..) {
        match append(&store, vec![event.clone()]) {
            Ok(outcomes) => acknowledged.push((receipts(outcomes).remove(0), event)),
            Err(refusal) => refusals.push(refusal),
        }
        match then(&store, number) {
            Ok(()) => {}
            // It was the one time: another finds room.
            Err(SealError::NoSpace) if error == ENOSPC => assert_eq!(store.seal_now(), Ok(())),
            Err(SealError::Stopped(_)) => {
                assert!(matches!(store.health(), Condition::Stopped(_)));
            }
            Err(other) => panic!("operation {at}: {other}"),
        }
    }
    store.settle();
    let mut condition = store.health();
    if condition == Condition::NoSpace {
        // Whether there is room is found out by whoever comes next.
        for event in timed(0..EVENTS) {
            let receipt = receipts(append(&store, vec![event.clone()]).unwrap()).remove(0);
            if !receipt.duplicate {
                acknowledged.push((receipt, event));
            }
        }
        store.settle();
        condition = store.health();
    }
    let signed = acknowledged.len() as u64;
    wait_until("everything is signed or nothing more will be", || {
        published(&store, ORGANIZATION).size == signed
            || matches!(store.health(), Condition::Stopped(_))
    });
    let spoiled = tap.spoiled.lock().unwrap().clone();
    let context = format!("operation {at}, error {error}: {spoiled:?}");
    // Reads go on in any case.
    let stored = all(&store, ORGANIZATION);
    assert_eq!(stored.len(), acknowledged.len(), "{context}");
    let everything = query(ORGANIZATION, &["range=all_time"]);
    let found = listed(&*store.index(), &everything).unwrap();
    assert_eq!(found.len(), acknowledged.len(), "{context}");
    let was_sync = tap.is_sync.load(Ordering::SeqCst);
    let was_removal = tap.is_removal.load(Ordering::SeqCst);
    if matches!(store.health(), Condition::Stopped(_)) {
        condition = store.health();
    }
    match (&spoiled, condition) {
        (None, condition) => assert_eq!(condition, Condition::Accepting),
        (Some(_), Condition::Stopped(reason)) => {
            assert!(error == EIO || was_sync, "{context}: {reason}");
            let is_stopped = |refusal: &AppendError| matches!(refusal, AppendError::Stopped(_));
            assert!(refusals.iter().all(is_stopped), "{context}: {refusals:?}");
        }
        (Some(_), _) => {
            let condition = store.health();
            assert!(error == ENOSPC, "{context}: {condition:?} after a fault");
            assert_eq!(
                condition,
                Condition::Accepting,
                "{context}: there was room again"
            );
            assert!(refusals.len() <= 1, "{context}: {refusals:?}");
            let is_no_space = |refusal: &AppendError| matches!(refusal, AppendError::NoSpace);
            assert!(refusals.iter().all(is_no_space), "{context}: {refusals:?}");
            assert!(
                was_removal || folders(directory.path()) == named(directory.path()),
                "{context}: what came to nothing takes no room: {:?} and not {:?}",
                folders(directory.path()),
                named(directory.path())
            );
        }
    }
    drop(store);
    assert_recovers(directory.path(), &acknowledged, &context);
    spoiled.is_some()
}

fn assert_recovers(directory: &Path, acknowledged: &[(Receipt, NewEvent)], context: &str) {
    let store = open(directory, tiny(options()));
    assert_eq!(store.health(), Condition::Accepting, "{context}");
    let stored = all(&store, ORGANIZATION);
    for (receipt, event) in acknowledged {
        assert_stored(&stored, receipt, event);
    }
    // Whatever was refused can be sent again, and is there once.
    receipts(append(&store, timed(0..EVENTS)).unwrap());
    store.settle();
    assert_eq!(all(&store, ORGANIZATION).len() as u64, EVENTS, "{context}");
    assert_eq!(folders(directory), named(directory), "{context}");
    // What compaction made, and perhaps the last one by itself.
    assert!((1..=2).contains(&named(directory).len()), "{context}");
    assert_whole(&store, &[]);
}

/// Spoils each operation in turn until there is none.
fn spoil_each(error: i32, short: bool, then: Then) {
    let next = AtomicU64::new(0);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..RUNS_AT_ONCE {
            scope.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    if !live(at, error, short, then) {
                        is_over.store(true, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let spoiled = next.load(Ordering::SeqCst) - RUNS_AT_ONCE;
    assert!(spoiled > 80, "only {spoiled} operations were spoiled");
}

#[test]
fn an_io_error_at_any_operation_of_sealing_and_compacting_stops_until_a_restart() {
    spoil_each(EIO, false, settle);
    spoil_each(EIO, true, settle);
}

#[test]
fn an_io_error_at_any_operation_of_sealing_early_is_told_and_stops_until_a_restart() {
    spoil_each(EIO, false, seal_now);
}

#[test]
fn a_full_disk_at_any_operation_of_sealing_early_is_told_and_loses_nothing() {
    spoil_each(ENOSPC, true, seal_now);
}

#[test]
fn a_full_disk_at_any_operation_of_sealing_and_compacting_loses_nothing_and_leaves_nothing() {
    spoil_each(ENOSPC, false, settle);
    spoil_each(ENOSPC, true, settle);
}
