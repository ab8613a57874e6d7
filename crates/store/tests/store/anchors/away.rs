//! An anchor's directory that is away: publishing waits for it, recording does not.

use std::path::PathBuf;

use evident_ledger::note::SigningKey;

use super::*;

/// A place for an anchor, which can be taken away and brought back.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            root: memory_directory(),
        };
        std::fs::create_dir(place.path()).unwrap();
        place
    }

    fn path(&self) -> PathBuf {
        self.root.path().join("anchor")
    }

    fn aside(&self) -> PathBuf {
        self.root.path().join("aside")
    }

    fn take_away(&self) {
        std::fs::rename(self.path(), self.aside()).unwrap();
    }

    fn bring_back(&self) {
        std::fs::rename(self.aside(), self.path()).unwrap();
    }
}

/// Waits until the anchor was asked in vain once more.
fn wait_for_failure(store: &Store) {
    let before = store.measurements().anchor_failures;
    wait_until("the anchor was asked in vain", || {
        store.measurements().anchor_failures > before
    });
}

#[test]
fn an_anchor_that_is_not_there_at_the_start_signs_nothing() {
    let place = Place::new();
    let directory = grown(|| anchored(&place.path()), &[5]);
    place.take_away();
    let says = ["is not there: mount it", place.path().to_str().unwrap()].map(str::to_owned);
    let says: Vec<&str> = says.iter().map(String::as_str).collect();
    assert_refused(directory.path(), anchored(&place.path()), 5, &says);
    assert!(!place.path().exists(), "it is not made anew");
    std::fs::write(place.path(), "a file").unwrap();
    assert_refused(directory.path(), anchored(&place.path()), 5, &says);
    std::fs::remove_file(place.path()).unwrap();
    place.bring_back();
    assert_goes_on(directory.path(), &place.path());
}

#[test]
fn while_the_anchor_is_away_events_are_recorded_and_heads_wait_for_it() {
    let place = Place::new();
    let directory = grown(|| anchored(&place.path()), &[5]);
    for instead in [None, Some("a file")] {
        let store = open(directory.path(), anchored(&place.path()));
        let shown = note_of(&store);
        let size = size_of(&shown);
        place.take_away();
        if let Some(text) = instead {
            std::fs::write(place.path(), text).unwrap();
        }
        for number in size..size + 4 {
            append(&store, events(number..number + 1)).unwrap();
            wait_for_failure(&store);
            assert_eq!(note_of(&store), shown);
            assert_eq!(store.health(), Condition::Accepting);
        }
        assert_eq!(all(&store, ORGANIZATION).len() as u64, size + 4);
        if instead.is_some() {
            std::fs::remove_file(place.path()).unwrap();
        }
        place.bring_back();
        wait_published(&store, size + 4);
        assert_eq!(note_in(&place.path(), ORGANIZATION), Some(note_of(&store)));
        assert_history(&store, ORGANIZATION, &Notes::from([(size, shown)]));
    }
    assert_goes_on(directory.path(), &place.path());
}

#[test]
fn a_store_that_is_closed_while_the_anchor_is_away_shows_its_head_at_the_next_start() {
    let place = Place::new();
    let directory = grown(|| anchored(&place.path()), &[5]);
    let store = open(directory.path(), anchored(&place.path()));
    place.take_away();
    append(&store, events(5..8)).unwrap();
    wait_for_failure(&store);
    store.close();
    assert_eq!(published(&store, ORGANIZATION).size, 5);
    drop(store);
    place.bring_back();
    let store = open(directory.path(), anchored(&place.path()));
    assert_eq!(published(&store, ORGANIZATION).size, 8);
    drop(store);
    assert_goes_on(directory.path(), &place.path());
}

#[test]
fn an_empty_directory_in_place_of_the_anchor_is_not_taken_for_it() {
    let place = Place::new();
    let directory = grown(|| anchored(&place.path()), &[5]);
    let store = open(directory.path(), anchored(&place.path()));
    place.take_away();
    // As where its disk is no longer mounted.
    std::fs::create_dir(place.path()).unwrap();
    append(&store, events(5..6)).unwrap();
    wait_for_failure(&store);
    wait_for_failure(&store);
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(published(&store, ORGANIZATION).size, 5);
    assert_eq!(
        note_in(&place.path(), ORGANIZATION),
        None,
        "it is not begun anew"
    );
    store.close();
    assert_eq!(published(&store, ORGANIZATION).size, 5);
    drop(store);
    assert_refused(
        directory.path(),
        anchored(&place.path()),
        6,
        &["mount it", "anchored"],
    );
    std::fs::remove_dir_all(place.path()).unwrap();
    place.bring_back();
    assert_goes_on(directory.path(), &place.path());
    let store = open(directory.path(), anchored(&place.path()));
    place.take_away();
    std::fs::create_dir(place.path()).unwrap();
    append(&store, events(7..8)).unwrap();
    wait_for_failure(&store);
    std::fs::remove_dir_all(place.path()).unwrap();
    place.bring_back();
    wait_published(&store, 8);
    assert_eq!(note_in(&place.path(), ORGANIZATION), Some(note_of(&store)));
}

#[test]
fn a_log_that_is_made_while_the_anchor_is_away_shows_its_first_head_when_it_is_back() {
    for is_restarted in [false, true] {
        let place = Place::new();
        let directory = grown(|| anchored(&place.path()), &[5]);
        let mut store = open(directory.path(), anchored(&place.path()));
        // The publisher has nothing more to do, so that it is not by chance that it tries again.
        append_published(&store, 5..6);
        append_published(&store, 6..7);
        place.take_away();
        let key = SigningKey::from_seed("evident.test/org_new", [9; 32]).unwrap();
        store.create_log("org_new", key).unwrap();
        assert!(store.has_log("org_new"));
        assert_eq!(
            store.head("org_new"),
            None,
            "nothing is shown that is not anchored"
        );
        if is_restarted {
            drop(store);
            place.bring_back();
            store = open(directory.path(), anchored(&place.path()));
        } else {
            place.bring_back();
        }
        wait_until("its head is shown", || store.head("org_new").is_some());
        assert_eq!(store.head("org_new").unwrap().size, 0);
        assert_eq!(
            note_in(&place.path(), "org_new"),
            store.checkpoint("org_new")
        );
        append_to(
            &store,
            "org_new",
            vec![event_of("org_new", 1, "first")],
            false,
        )
        .unwrap();
        wait_until("its event is covered", || {
            store.head("org_new").unwrap().size == 1
        });
        assert_eq!(store.health(), Condition::Accepting);
    }
}

#[test]
fn events_of_a_log_that_was_made_while_the_anchor_is_away_are_recorded() {
    let place = Place::new();
    let directory = grown(|| anchored(&place.path()), &[5]);
    let store = open(directory.path(), anchored(&place.path()));
    place.take_away();
    ensure_log(&store, "org_new");
    append_to(
        &store,
        "org_new",
        vec![event_of("org_new", 1, "first")],
        false,
    )
    .unwrap();
    wait_for_failure(&store);
    assert_eq!(store.head("org_new"), None);
    assert_eq!(all(&store, "org_new").len(), 1);
    place.bring_back();
    wait_until("its event is covered", || {
        store.head("org_new").is_some_and(|head| head.size == 1)
    });
    assert_eq!(
        note_in(&place.path(), "org_new"),
        store.checkpoint("org_new")
    );
}

#[test]
fn an_organization_may_have_the_name_of_the_anchors_own_file() {
    let anchor = memory_directory();
    let directory = memory_directory();
    for name in ["lock", "anchored", "log"] {
        let store = open(directory.path(), anchored(anchor.path()));
        ensure_log(&store, name);
        append_to(&store, name, vec![event_of(name, 1, "first")], false).unwrap();
        wait_until("its event is covered", || {
            store.head(name).is_some_and(|head| head.size == 1)
        });
        drop(store);
        let store = open(directory.path(), anchored(anchor.path()));
        assert_eq!(store.health(), Condition::Accepting);
        assert_eq!(note_in(anchor.path(), name), store.checkpoint(name));
    }
}
