//! Failing disks: each durable operation of a run fails once, in each way that it can.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use evident_store::append::{AppendError, NewEvent, Outcome, Receipt};
use evident_store::durable::{Operation, Tap, Verdict};
use evident_store::health::Condition;
use evident_store::{OpenError, Store};

use crate::world::*;

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// Lets the operations before number `at` pass, spoils that one, and lets the rest pass.
struct Spoiler {
    at: u64,
    error: i32,
    short: bool,
    count: AtomicU64,
    spoiled_sync: AtomicU64,
}

impl Spoiler {
    fn new(at: u64, error: i32, short: bool) -> Arc<Self> {
        Arc::new(Self {
            at,
            error,
            short,
            count: AtomicU64::new(0),
            spoiled_sync: AtomicU64::new(0),
        })
    }

    fn struck(&self) -> bool {
        self.count.load(Ordering::SeqCst) > self.at
    }

    fn struck_a_sync(&self) -> bool {
        self.spoiled_sync.load(Ordering::SeqCst) == 1
    }
}

impl Tap for Spoiler {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        if self.count.fetch_add(1, Ordering::SeqCst) != self.at {
            return Verdict::Proceed;
        }
        if matches!(operation, Operation::Sync(_) | Operation::SyncDirectory(_)) {
            self.spoiled_sync.store(1, Ordering::SeqCst);
        }
        let error = io::Error::from_raw_os_error(self.error);
        match operation {
            Operation::Write { bytes, .. } if self.short => Verdict::Short(bytes.len() / 2, error),
            _ => Verdict::Fail(error),
        }
    }

    fn after(&self, _: &Operation<'_>) {}
}

struct Run {
    acknowledged: Vec<(Receipt, NewEvent)>,
    refusals: Vec<AppendError>,
    condition: Condition,
    published: u64,
}

/// A life of a store: its log is made, events come, heads are signed, it is closed.
fn live(directory: &std::path::Path, tap: Arc<Spoiler>) -> Option<Run> {
    let struck = Arc::clone(&tap);
    let store = match Store::open(directory, tapped(tap)) {
        Ok(store) => store,
        Err(OpenError::Durable(_) | OpenError::Log(_)) => return None,
        Err(other) => panic!("{other}"),
    };
    if !store.has_log(ORGANIZATION) {
        let name = format!("evident.test/{ORGANIZATION}");
        let key = evident_ledger::note::SigningKey::from_seed(&name, [7; 32]).unwrap();
        if store.create_log(ORGANIZATION, key).is_err() {
            return None;
        }
    }
    let mut run = Run {
        acknowledged: Vec::new(),
        refusals: Vec::new(),
        condition: Condition::Accepting,
        published: 0,
    };
    for number in 0..6 {
        let sent = events(number * 3..number * 3 + 3);
        match append(&store, sent.clone()) {
            Ok(outcomes) => {
                let given = receipts(outcomes);
                run.acknowledged.extend(given.into_iter().zip(sent));
            }
            Err(refusal) => run.refusals.push(refusal),
        }
        if number == 2 {
            let signed = run.acknowledged.len() as u64;
            wait_until("heads are signed or the fault has struck", || {
                struck.struck() || published(&store, ORGANIZATION).size >= signed
            });
        }
    }
    let signed = run.acknowledged.len() as u64;
    wait_until("everything is signed or nothing more will be", || {
        published(&store, ORGANIZATION).size == signed
            || matches!(store.health(), Condition::Stopped(_))
    });
    store.close();
    run.condition = store.health();
    run.published = published(&store, ORGANIZATION).size;
    Some(run)
}

fn assert_recovers(directory: &std::path::Path, run: &Run) {
    let store = open(directory, options());
    assert_eq!(store.health(), Condition::Accepting);
    let stored = all(&store, ORGANIZATION);
    for (receipt, event) in &run.acknowledged {
        assert_stored(&stored, receipt, event);
    }
    assert!(published(&store, ORGANIZATION).size >= run.published);
    assert_whole(&store, &[]);
    // Whatever was refused can be sent again, and is there once.
    let outcomes = append(&store, events(0..18)).unwrap();
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Recorded(_)))
    );
    assert_eq!(all(&store, ORGANIZATION).len(), 18);
}

/// Spoils each operation in turn until a run has fewer operations than that.
fn spoil_each(error: i32, short: bool, check: impl Fn(&Run, &Spoiler)) {
    let mut spoiled = 0;
    for at in 0.. {
        let directory = memory_directory();
        let tap = Spoiler::new(at, error, short);
        match live(directory.path(), Arc::clone(&tap)) {
            None => {
                assert!(tap.struck());
                open(directory.path(), options());
            }
            Some(run) => {
                if !tap.struck() {
                    break;
                }
                check(&run, &tap);
                assert_recovers(directory.path(), &run);
            }
        }
        spoiled += 1;
    }
    assert!(spoiled > 30, "only {spoiled} operations were spoiled");
}

#[test]
fn an_io_error_at_any_operation_stops_acknowledging_until_a_restart() {
    for short in [false, true] {
        spoil_each(EIO, short, |run, _| {
            assert!(
                matches!(run.condition, Condition::Stopped(_)),
                "{:?}",
                run.condition
            );
            assert!(
                run.refusals
                    .iter()
                    .all(|r| matches!(r, AppendError::Stopped(_))),
                "{:?}",
                run.refusals
            );
            let accepted = run.acknowledged.len() as u64;
            assert_eq!(accepted + 3 * run.refusals.len() as u64, 18);
        });
    }
}

#[test]
fn a_full_disk_refuses_what_does_not_fit_and_goes_on_when_there_is_room() {
    for short in [false, true] {
        spoil_each(ENOSPC, short, |run, tap| {
            if tap.struck_a_sync() && matches!(run.condition, Condition::Stopped(_)) {
                // A failed sync of the WAL is a fault whatever its error: pages may be lost.
                return;
            }
            assert_eq!(run.condition, Condition::Accepting, "there was room again");
            assert!(run.refusals.len() <= 1, "{:?}", run.refusals);
            assert!(
                run.refusals
                    .iter()
                    .all(|r| matches!(r, AppendError::NoSpace)),
                "{:?}",
                run.refusals
            );
            assert_eq!(run.published, run.acknowledged.len() as u64);
        });
    }
}

#[test]
fn reads_go_on_after_the_store_has_stopped() {
    let directory = memory_directory();
    drop(open(directory.path(), options()));
    for at in 0..12 {
        let copy = memory_directory();
        copy_directory(directory.path(), copy.path());
        let tap = Spoiler::new(at, EIO, false);
        let Ok(store) = Store::open(copy.path(), tapped(Arc::clone(&tap) as _)) else {
            continue;
        };
        let mut recorded = 0;
        for number in 0..8 {
            match append(&store, events(number..number + 1)) {
                Ok(_) => recorded += 1,
                Err(AppendError::Stopped(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(all(&store, ORGANIZATION).len(), recorded);
        assert!(store.checkpoint(ORGANIZATION).is_some());
    }
}
