//! Copies of a data directory, keys and all.

use super::*;

/// Events that the original never has.
fn others(numbers: std::ops::Range<u64>) -> Vec<evident_store::append::NewEvent> {
    numbers
        .map(|number| event(500 + number, "of the copy"))
        .collect()
}

#[test]
fn an_older_copy_is_known_to_be_one() {
    let anchor = memory_directory();
    let directory = grown(|| anchored(anchor.path()), &[10]);
    let copy = copy_of(directory.path());
    let store = open(directory.path(), anchored(anchor.path()));
    append_published(&store, 10..20);
    let newest = note_of(&store);
    drop(store);
    for _ in 0..2 {
        let says = [
            "20 leaves",
            "10 are signed here",
            "older copy",
            ORGANIZATION,
        ];
        assert_refused(copy.path(), anchored(anchor.path()), 10, &says);
    }
    assert_eq!(note_in(anchor.path(), ORGANIZATION), Some(newest));
    assert_goes_on(directory.path(), anchor.path());
}

#[test]
fn an_older_copy_that_was_grown_without_the_anchor_is_known_by_its_root() {
    let anchor = memory_directory();
    let directory = grown(|| anchored(anchor.path()), &[10]);
    let copies = [(); 3].map(|()| copy_of(directory.path()));
    let store = open(directory.path(), anchored(anchor.path()));
    append_published(&store, 10..20);
    drop(store);
    // Without the anchor nothing tells that it is a copy.
    for (copy, size) in copies.iter().zip([15, 20, 25]) {
        let store = open(copy.path(), options());
        assert_eq!(store.health(), Condition::Accepting);
        append(&store, others(10..size)).unwrap();
        wait_published(&store, size);
    }
    let [shorter, equal, longer] = copies;
    let refused = |copy: &tempfile::TempDir, size, says: &str| {
        assert_refused(
            copy.path(),
            anchored(anchor.path()),
            size,
            &[says, "20 leaves"],
        );
    };
    refused(&shorter, 15, "older copy");
    refused(&equal, 20, "two histories");
    refused(&longer, 25, "two histories");
    assert_goes_on(directory.path(), anchor.path());
}

#[test]
fn of_two_copies_that_run_the_second_to_sign_is_stopped() {
    let anchor = memory_directory();
    let directory = grown(|| anchored(anchor.path()), &[10]);
    let copy = copy_of(directory.path());
    let first = open(directory.path(), anchored(anchor.path()));
    let second = open(copy.path(), anchored(anchor.path()));
    let shown = note_of(&second);
    append_published(&first, 10..12);
    append(&second, others(10..16)).unwrap();
    let reason = stopped(&second);
    assert!(reason.contains("another"), "{reason}");
    assert!(append(&second, others(16..17)).is_err());
    assert_eq!(note_of(&second), shown, "what it signed is shown to nobody");
    assert_eq!(all(&second, ORGANIZATION).len(), 16);
    drop(second);
    // The first is not disturbed.
    append_published(&first, 12..14);
    assert_eq!(note_in(anchor.path(), ORGANIZATION), Some(note_of(&first)));
    assert_eq!(first.health(), Condition::Accepting);
    drop(first);
    assert_refused(
        copy.path(),
        anchored(anchor.path()),
        16,
        &["two histories", "14 leaves"],
    );
    assert_goes_on(directory.path(), anchor.path());
}

#[test]
fn a_copy_of_the_newest_state_may_take_over() {
    let anchor = memory_directory();
    let directory = grown(|| anchored(anchor.path()), &[3, 10]);
    let copy = copy_of(directory.path());
    assert_goes_on(copy.path(), anchor.path());
    // And the one that it was made of is the older one now.
    assert_refused(
        directory.path(),
        anchored(anchor.path()),
        10,
        &["11 leaves", "older copy"],
    );
}

#[test]
fn one_rolled_back_log_of_several_stops_them_all() {
    let anchor = memory_directory();
    let directory = memory_directory();
    let store = open(directory.path(), anchored(anchor.path()));
    ensure_log(&store, "org_other");
    append_published(&store, 0..4);
    drop(store);
    let copy = copy_of(directory.path());
    let store = open(directory.path(), anchored(anchor.path()));
    append_to(
        &store,
        "org_other",
        vec![event_of("org_other", 1, "new")],
        false,
    )
    .unwrap();
    wait_until("it is anchored", || {
        note_in(anchor.path(), "org_other").is_some_and(|note| size_of(&note) == 1)
    });
    drop(store);
    assert_refused(
        copy.path(),
        anchored(anchor.path()),
        4,
        &["org_other", "older copy"],
    );
}
