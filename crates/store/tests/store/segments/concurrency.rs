//! Many at once: what is asked while rows are appended, sealed and compacted is answered as if nothing
//! went on, and an id that is sent again and again is recorded once wherever its row is by then.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use evident_event::id::EventId;
use evident_store::append::{AppendError, Receipt};
use evident_store::health::Condition;

use super::*;

/// Events of a run.
const EVENTS: u64 = 150;

/// The log is exactly the first so many events, in the order in which they were sent.
fn assert_prefix(events: &[StoredEvent], model: &[NewEvent], numbers: impl Iterator<Item = u64>) {
    let mut by_index: Vec<&StoredEvent> = events.iter().collect();
    by_index.sort_by_key(|event| event.index);
    let numbers: Vec<u64> = numbers.collect();
    let indexes: Vec<u64> = by_index.iter().map(|event| event.index).collect();
    assert_eq!(indexes, numbers);
    for event in by_index {
        let sent = &model[event.index as usize];
        assert_eq!((event.id, &event.canonical), (sent.id, &sent.canonical));
    }
}

fn page(as_of: u64) -> PageRequest {
    PageRequest {
        as_of: Some(as_of),
        place: PagePlace::First,
        limit: 500,
    }
}

/// Asks at the size that there is now, and at a smaller one.
fn read_once(index: &dyn EventIndex, model: &[NewEvent], round: u64) {
    let everything = query(ORGANIZATION, &["range=all_time"]);
    let own = query(ORGANIZATION, &["range=all_time", "filter=actor.id:is:u1"]);
    let size = run(index.applied_through(ORGANIZATION)).unwrap();
    for as_of in [size, size / 2, round % (size + 1)] {
        let listing = run(index.list(&everything, page(as_of), in_time())).unwrap();
        assert_eq!((listing.total, listing.as_of), (as_of, as_of));
        assert_prefix(&listing.events, model, 0..as_of);
        let listing = run(index.list(&own, page(as_of), in_time())).unwrap();
        assert_prefix(
            &listing.events,
            model,
            (0..as_of).filter(|number| number % 7 == 1),
        );
        let fields = [Field::parse("field", "actor.id").unwrap()];
        let facets = run(index.facets(&everything, Some(as_of), &fields, 100, in_time())).unwrap();
        let mut counted: Vec<(String, u64)> = facets[0]
            .values
            .iter()
            .map(|value| (value.value.clone(), value.count))
            .collect();
        counted.sort();
        let of = |actor: u64| (0..as_of).filter(|number| number % 7 == actor).count() as u64;
        let right = (0..7).map(|actor| (format!("u{actor}"), of(actor)));
        assert!(
            counted
                .into_iter()
                .eq(right.filter(|(_, count)| *count > 0))
        );
    }
}

/// A walk that is begun now and taken in pieces, with time for others between them.
fn walk_slowly(index: &dyn EventIndex, model: &[NewEvent]) {
    let everything = query(ORGANIZATION, &["range=all_time"]);
    let mut walk = run(index.walk(&everything, None, in_time())).unwrap();
    let as_of = walk.as_of();
    let mut all = Vec::new();
    loop {
        let events = run(walk.next(5, usize::MAX, in_time())).unwrap();
        if events.is_empty() {
            break;
        }
        all.extend(events);
        std::thread::yield_now();
    }
    assert_walked(all, &model[..as_of as usize]);
}

/// A walk came by exactly these events.
fn assert_walked(mut walked: Vec<WalkedEvent>, model: &[NewEvent]) {
    walked.sort_by_key(|event| event.index);
    let sent = (0..).zip(model).map(|(index, event)| WalkedEvent {
        index,
        canonical: event.canonical.clone(),
    });
    assert_eq!(walked, sent.collect::<Vec<_>>());
}

/// Follows the log to its last event.
fn follow(index: &dyn EventIndex, model: &[NewEvent], done: &AtomicBool) {
    let everything = query(ORGANIZATION, &["range=all_time"]);
    let (mut next, mut all) = (0, Vec::new());
    while next < EVENTS {
        let is_last = done.load(Ordering::SeqCst);
        let followed = run(index.follow(&everything, next, 4, in_time())).unwrap();
        assert!(followed.next >= next && followed.events.len() <= 4);
        if is_last && followed.next == next {
            break;
        }
        next = followed.next;
        all.extend(followed.events);
        std::thread::yield_now();
    }
    assert_prefix(&all, model, 0..EVENTS);
    assert!(all.is_sorted_by_key(|event| event.index));
}

/// Tells the readers that nothing more comes, when it is dropped.
struct Ending<'d>(&'d AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn answers_are_those_of_a_prefix_while_rows_are_appended_sealed_and_compacted() {
    let directory = memory_directory();
    let store = open(directory.path(), tiny(options()));
    let model = timed(0..EVENTS);
    let done = AtomicBool::new(false);
    let rounds = AtomicUsize::new(0);
    // A walk from before all compactions, which is ended after them.
    append_settled(&store, ORGANIZATION, model[..4].to_vec());
    let early = query(ORGANIZATION, &["range=all_time"]);
    let mut early = run(store.index().walk(&early, None, in_time())).unwrap();
    let mut walked = run(early.next(1, usize::MAX, in_time())).unwrap();
    std::thread::scope(|scope| {
        let (store, model, done, rounds) = (&store, &model, &done, &rounds);
        for reader in 0..3_u64 {
            scope.spawn(move || {
                let index = store.index();
                let mut round = reader;
                while !done.load(Ordering::SeqCst) {
                    match reader {
                        0 => walk_slowly(&*index, model),
                        _ => read_once(&*index, model, round),
                    }
                    round += 1;
                    rounds.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        scope.spawn(move || follow(&*store.index(), model, done));
        // The others end even if this fails.
        let _ending = Ending(done);
        let mut next = 4;
        for size in (1..=5).cycle() {
            let end = (next + size).min(model.len());
            receipts(append(store, model[next..end].to_vec()).unwrap());
            next = end;
            // As many rounds of reading as appends, so that they are mixed.
            let wanted = rounds.load(Ordering::SeqCst) + 1;
            wait_until("somebody has read", || {
                rounds.load(Ordering::SeqCst) >= wanted
            });
            if next == model.len() {
                break;
            }
        }
        store.settle();
    });
    assert!(rounds.load(Ordering::SeqCst) > 10, "the readers read");
    while let events @ [_, ..] = &run(early.next(2, usize::MAX, in_time())).unwrap()[..] {
        walked.extend_from_slice(events);
    }
    assert_walked(walked, &model[..4]);
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(folders(directory.path()), named(directory.path()));
    assert_eq!(folders(directory.path()).len() as u64, EVENTS / 6);
    read_once(&*store.index(), &model, 0);
    assert_whole(&store, &[]);
}

#[test]
fn an_id_is_recorded_once_however_often_it_is_sent_while_its_row_moves() {
    const IDS: u64 = 40;
    const SENDERS: u64 = 4;
    let directory = memory_directory();
    let store = open(directory.path(), tiny(options()));
    let given: Mutex<HashMap<EventId, Receipt>> = Mutex::default();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (store, given) = (&store, &given);
            scope.spawn(move || {
                for round in 0..3 {
                    for step in 0..IDS {
                        // Each goes through all ids in an order of its own.
                        let number = (step * [1, 3, 7, 9][sender as usize] + round) % IDS;
                        let twice = vec![timed_of(ORGANIZATION, number); 2];
                        let receipts = receipts(append(store, twice).unwrap());
                        let mut given = given.lock().unwrap();
                        for receipt in receipts {
                            let first = given.entry(receipt.id).or_insert_with(|| receipt.clone());
                            assert_eq!(first.index, receipt.index, "{}", receipt.id);
                            assert_eq!(first.leaf_hash, receipt.leaf_hash, "{}", receipt.id);
                        }
                        drop(given);
                        let other = event(number, "another text");
                        let refused = append(store, vec![other]);
                        assert!(
                            matches!(refused, Err(AppendError::Conflict(_))),
                            "{refused:?}"
                        );
                    }
                }
            });
        }
    });
    store.settle();
    assert_eq!(store.health(), Condition::Accepting);
    let stored = all(&store, ORGANIZATION);
    assert_eq!(stored.len() as u64, IDS);
    for event in &stored {
        assert_eq!(given.lock().unwrap()[&event.id].index, event.index);
    }
    assert_whole(&store, &[]);
}
