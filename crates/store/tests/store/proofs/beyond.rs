//! Waiting for a head that covers a leaf.

use std::time::{Duration, Instant};

use super::*;

fn run_in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(future)
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

#[test]
fn a_head_that_covers_the_leaf_already_is_told_whatever_the_deadline() {
    let directory = memory_directory();
    let store = open(directory.path(), unsigned());
    append(&store, events(0..5)).unwrap();
    drop(store);
    let store = open(directory.path(), unsigned());
    let head = store.head(ORGANIZATION);
    for index in 0..5 {
        for deadline in [Instant::now(), later()] {
            let told = run_in_time(store.head_beyond(ORGANIZATION, index, deadline));
            assert_eq!(told.unwrap(), head, "leaf {index}");
        }
    }
    for index in [5, u64::MAX] {
        let told = run_in_time(store.head_beyond(ORGANIZATION, index, Instant::now()));
        assert_eq!(told.unwrap(), None, "leaf {index}");
    }
    // Recorded, and not signed.
    append(&store, events(5..7)).unwrap();
    let soon = Instant::now() + Duration::from_millis(5);
    let told = run_in_time(store.head_beyond(ORGANIZATION, 5, soon));
    assert_eq!(told.unwrap(), None);
    assert!(Instant::now() >= soon, "it waits until the deadline");
    let told = run_in_time(store.head_beyond("org_none", 0, later()));
    assert!(matches!(told, Err(ProofsError::NoLog)), "{told:?}");
}

#[test]
fn who_waits_for_a_leaf_is_told_of_the_first_head_that_covers_it() {
    let directory = memory_directory();
    let store = open_all(directory.path(), options());
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..6)
            .map(|index| {
                let store = &store;
                let wait = move || run_in_time(store.head_beyond(ORGANIZATION, index, later()));
                scope.spawn(wait)
            })
            .collect();
        // Another log's growth is nothing that they wait for.
        append_range(&store, "org_other", 0..9);
        for number in 0..6 {
            append_range(&store, ORGANIZATION, number..number + 1);
        }
        for (index, thread) in (0..).zip(waiting) {
            let head = thread.join().unwrap().unwrap().unwrap();
            assert!(
                (index + 1..=6).contains(&head.size),
                "leaf {index}: {}",
                head.size
            );
            let kept = run(store.past_head(ORGANIZATION, head.size)).unwrap();
            assert_eq!(kept.unwrap().note.as_bytes(), head.note);
        }
    });
}
