//! What there is is sealed, however little: no byte of it stays in the write-ahead log, nobody sees a
//! difference, and whoever asks for it is never left waiting.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use evident_store::SealError;
use evident_store::append::AppendError;
use evident_store::durable::{Operation, Tap, Verdict};
use evident_store::health::Condition;

use super::*;
use crate::disk::Recorder;

const ENOSPC: i32 = 28;
const EIO: i32 = 5;

/// Whether an operation begins a segment.
fn begins_segment(operation: &Operation<'_>) -> bool {
    matches!(operation, Operation::CreateDirectory(path) if path.parent() == Some("segments".as_ref()))
}

/// Fails what begins a segment, or a file of the log, as long as it is told to.
#[derive(Default)]
struct Failing {
    error: Mutex<Option<i32>>,
    spares_segments: AtomicBool,
}

impl Failing {
    fn with(&self, error: Option<i32>) {
        *self.error.lock().unwrap() = error;
    }
}

impl Tap for Failing {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        let begins_file =
            matches!(operation, Operation::CreateFile(path) if path.starts_with("wal"));
        let begins = match self.spares_segments.load(Ordering::SeqCst) {
            true => begins_file,
            false => begins_segment(operation),
        };
        match *self.error.lock().unwrap() {
            Some(error) if begins => Verdict::Fail(io::Error::from_raw_os_error(error)),
            _ => Verdict::Proceed,
        }
    }

    fn after(&self, _: &Operation<'_>) {}
}

/// The first positions and the numbers of rows of the segments that there are.
fn runs(directory: &Path) -> Vec<(u64, u64)> {
    let number = |digits: &str| u64::from_str_radix(digits, 16).unwrap();
    let names = named(directory);
    let parts = names.iter().map(|name| name.split('-'));
    parts
        .map(|mut parts| (number(parts.next().unwrap()), number(parts.next().unwrap())))
        .collect()
}

/// Everything that is asked of a store here.
fn answers(store: &Store) -> String {
    let index = store.index();
    let everything = query(ORGANIZATION, &["range=all_time"]);
    let words = query(ORGANIZATION, &["range=all_time", "q=word1"]);
    let own = query(ORGANIZATION, &["range=all_time", "filter=actor.id:is:u1"]);
    format!(
        "{}\n{}\n{}\n{}\n{:?}\n{:?}",
        shown(&all(store, ORGANIZATION)),
        shown(&listed(&*index, &everything).unwrap()),
        shown_walked(&walked(&*index, &words).unwrap()),
        shown(&listed(&*index, &own).unwrap()),
        by_minute(&*index, &everything).unwrap(),
        by_actor(&*index, &everything).unwrap(),
    )
}

#[test]
fn nothing_of_a_small_log_stays_in_the_write_ahead_log_and_nobody_sees_a_difference() {
    let directory = memory_directory();
    let store = open(directory.path(), options());
    let sent = timed(0..10);
    let given = receipts(append(&store, sent.clone()).unwrap());
    let before = answers(&store);
    let holds = |directory: &Path, event: &NewEvent| {
        let (frames, _) = wal(directory);
        memchr::memmem::find(&frames, &event.canonical).is_some()
    };
    assert!(sent.iter().all(|event| holds(directory.path(), event)));
    assert_eq!(store.seal_now(), Ok(()));
    assert!(!sent.iter().any(|event| holds(directory.path(), event)));
    assert_sealed(&store);
    assert_eq!(runs(directory.path()), [(0, 10)]);
    assert_eq!(answers(&store), before);
    wait_published(&store, 10);
    let signed = published(&store, ORGANIZATION);
    drop(store);
    let store = open(directory.path(), options());
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(answers(&store), before);
    assert_whole(&store, &[signed]);
    // What was sent again is known, and what comes next follows.
    let again = receipts(append(&store, timed(0..12)).unwrap());
    assert!(again[..10].iter().all(|receipt| receipt.duplicate));
    assert_eq!(again[3].leaf_hash, given[3].leaf_hash);
    assert_eq!(again[11].index, 11);
    let other = append(&store, vec![event(3, "another text")]);
    assert!(matches!(other, Err(AppendError::Conflict(_))), "{other:?}");
    assert_eq!(store.seal_now(), Ok(()));
    assert_sealed(&store);
    assert_eq!(runs(directory.path()), [(0, 10), (10, 2)]);
}

#[test]
fn nothing_is_done_where_nothing_is_to_be_sealed() {
    let directory = memory_directory();
    let recorder = Recorder::<()>::new();
    let store = open(directory.path(), tapped(Arc::clone(&recorder) as _));
    let made = recorder.steps().len();
    assert_eq!(store.seal_now(), Ok(()));
    assert_eq!(recorder.steps().len(), made, "a store without rows");
    append(&store, timed(0..3)).unwrap();
    assert_eq!(store.seal_now(), Ok(()));
    wait_published(&store, 3);
    // Whatever still follows the showing of a head has happened when the store is closed.
    drop(store);
    let store = open(directory.path(), tapped(Arc::clone(&recorder) as _));
    let (made, files) = (recorder.steps().len(), wal(directory.path()).1);
    for _ in 0..2 {
        assert_eq!(store.seal_now(), Ok(()));
    }
    assert_eq!(recorder.steps().len(), made, "all was sealed already");
    assert_eq!(wal(directory.path()).1, files);
}

#[test]
fn segments_keep_to_their_multiples_and_become_one_once_no_more_rows_come_between() {
    let directory = memory_directory();
    let options = || Options {
        segment_rows: 4,
        tail_rows: 2,
        compaction_fanout: 2,
        ..options()
    };
    let store = open(directory.path(), options());
    let append = |numbers| receipts(append(&store, timed(numbers)).unwrap());
    append(0..1);
    store.seal_now().unwrap();
    assert_eq!(runs(directory.path()), [(0, 1)]);
    append(1..3);
    store.settle();
    assert_eq!(
        runs(directory.path()),
        [(0, 1)],
        "what is not full waits for the rest"
    );
    append(3..4);
    store.settle();
    assert_eq!(runs(directory.path()), [(0, 1), (1, 3)]);
    append(4..7);
    store.seal_now().unwrap();
    store.settle();
    let before = [(0, 1), (1, 3), (4, 3)];
    assert_eq!(
        runs(directory.path()),
        before,
        "rows may still come behind the last"
    );
    append(7..8);
    store.settle();
    assert_eq!(runs(directory.path()), [(0, 8)]);
    // Far more at once goes over several segments.
    append(8..9);
    store.seal_now().unwrap();
    append(9..22);
    store.settle();
    assert_eq!(runs(directory.path()), [(0, 8), (8, 8), (16, 4)]);
    assert_whole(&store, &[]);
}

#[test]
fn what_was_sealed_early_is_gone_on_with_after_a_restart() {
    let directory = memory_directory();
    for first in 0..13 {
        // Another start each time: where tails begin and end follows from the positions alone.
        let store = open(directory.path(), tiny(options()));
        append(&store, timed(first..first + 1)).unwrap();
        if first % 2 == 0 {
            store.seal_now().unwrap();
            assert_sealed(&store);
        }
        store.settle();
        assert_eq!(all(&store, ORGANIZATION).len() as u64, first + 1);
        assert_whole(&store, &[]);
    }
    assert_eq!(runs(directory.path()), [(0, 6), (6, 6), (12, 1)]);
}

#[test]
fn whoever_asks_while_others_append_finds_all_from_before_sealed() {
    const SENDERS: u64 = 3;
    const EACH: u64 = 40;
    let directory = memory_directory();
    let store = open(directory.path(), tiny(options()));
    let sending = AtomicU64::new(SENDERS);
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (store, sending) = (&store, &sending);
            scope.spawn(move || {
                for number in 0..EACH {
                    let number = sender * EACH + number;
                    receipts(append(store, timed(number..number + 1)).unwrap());
                }
                sending.fetch_sub(1, Ordering::SeqCst);
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                while sending.load(Ordering::SeqCst) > 0 {
                    let before = run(store.index().applied_through(ORGANIZATION)).unwrap();
                    assert_eq!(store.seal_now(), Ok(()));
                    let sealed: u64 = runs(directory.path()).iter().map(|run| run.1).sum();
                    assert!(sealed >= before, "{sealed} of {before} rows are sealed");
                    let oldest = oldest_position(directory.path());
                    assert!(oldest >= before, "rows from {oldest} on are in the log");
                }
            });
        }
    });
    assert_eq!(store.seal_now(), Ok(()));
    assert_sealed(&store);
    store.settle();
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(runs(directory.path()).len() as u64, SENDERS * EACH / 6);
    assert_eq!(all(&store, ORGANIZATION).len() as u64, SENDERS * EACH);
    assert_whole(&store, &[]);
}

/// The first position of the files of the log, by their names, which are all of the first group.
fn oldest_position(directory: &Path) -> u64 {
    let names = std::fs::read_dir(directory.join("wal")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files = names.filter_map(|name| Some(name.strip_suffix(".wal")?.to_owned()));
    let begins = files.map(|stem| match stem.split_once('-') {
        Some((_, first)) => u64::from_str_radix(first, 16).unwrap(),
        None => 0,
    });
    // While others change the directory a listing may have neither the file that goes nor the one that comes.
    begins.min().unwrap_or(u64::MAX)
}

#[test]
fn a_full_disk_is_told_and_another_try_finds_room() {
    for spares_segments in [false, true] {
        let directory = memory_directory();
        let tap = Arc::new(Failing::default());
        tap.spares_segments.store(spares_segments, Ordering::SeqCst);
        let store = open(directory.path(), tapped(Arc::clone(&tap) as _));
        append(&store, timed(0..5)).unwrap();
        tap.with(Some(ENOSPC));
        for number in 5..8 {
            assert_eq!(store.seal_now(), Err(SealError::NoSpace));
            // Events are recorded all the same.
            receipts(append(&store, timed(number..number + 1)).unwrap());
            assert_eq!(store.health(), Condition::Accepting);
        }
        tap.with(None);
        assert_eq!(store.seal_now(), Ok(()));
        assert_sealed(&store);
        assert_eq!(all(&store, ORGANIZATION).len(), 8);
    }
}

#[test]
fn a_failing_disk_is_told_and_so_is_a_store_that_has_stopped_or_was_closed() {
    for spares_segments in [false, true] {
        let directory = memory_directory();
        let tap = Arc::new(Failing::default());
        tap.spares_segments.store(spares_segments, Ordering::SeqCst);
        let store = open(directory.path(), tapped(Arc::clone(&tap) as _));
        append(&store, timed(0..5)).unwrap();
        tap.with(Some(EIO));
        for _ in 0..2 {
            let told = store.seal_now();
            assert!(matches!(told, Err(SealError::Stopped(_))), "{told:?}");
        }
        assert_eq!(all(&store, ORGANIZATION).len(), 5);
        drop(store);
        let store = open(directory.path(), options());
        store.close();
        assert_eq!(store.seal_now(), Err(SealError::ShuttingDown));
    }
}

/// Lets no segment be begun until it is told to.
#[derive(Default)]
struct Shut {
    /// Somebody stands before it, and whether it is open.
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Tap for Shut {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        if begins_segment(operation) {
            let mut state = self.state.lock().unwrap();
            state.0 = true;
            self.changed.notify_all();
            drop(self.changed.wait_while(state, |state| !state.1).unwrap());
        }
        Verdict::Proceed
    }

    fn after(&self, _: &Operation<'_>) {}
}

#[test]
fn whoever_waits_is_told_when_the_store_is_closed() {
    let directory = memory_directory();
    let tap = Arc::new(Shut::default());
    let store = open(directory.path(), tapped(Arc::clone(&tap) as _));
    append(&store, timed(0..5)).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| store.seal_now());
        let state = tap.state.lock().unwrap();
        drop(tap.changed.wait_while(state, |state| !state.0).unwrap());
        // Appends do not wait for what is being sealed.
        append(&store, timed(5..6)).unwrap();
        let closing = scope.spawn(|| store.close());
        assert_eq!(waiting.join().unwrap(), Err(SealError::ShuttingDown));
        tap.state.lock().unwrap().1 = true;
        tap.changed.notify_all();
        closing.join().unwrap();
    });
    drop(store);
    let store = open(directory.path(), options());
    assert_eq!(all(&store, ORGANIZATION).len(), 6);
    assert_eq!(store.seal_now(), Ok(()));
    assert_sealed(&store);
}
