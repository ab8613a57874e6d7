//! A data directory of format version 1 that was made once and is never changed: whatever becomes of
//! the code, it opens, and answers as it did.
//!
//! `EVIDENT_MAKE_FIXTURE=<a directory that is not there yet>` makes one anew, for another version of the
//! format: `cargo test -p evident-store --test store the_fixture_is_made`.

use std::path::PathBuf;

use evident_store::health::Condition;

use super::*;

/// Where a directory is to be made.
const MAKE: &str = "EVIDENT_MAKE_FIXTURE";
/// The positions of the other organization's rows.
const OTHERS: [u64; 5] = [2, 7, 10, 13, 16];
/// Rows: nine in a segment that compaction made, twice three in sealed ones, two in the WAL alone.
const ROWS: u64 = 17;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

fn options_of_fixture() -> Options {
    Options {
        segment_rows: 3,
        compaction_fanout: 3,
        ..unsigned()
    }
}

fn organization_of(number: u64) -> &'static str {
    match OTHERS.contains(&number) {
        true => OTHER,
        false => ORGANIZATION,
    }
}

/// What is asked, and how it is written down.
fn answers(store: &Store) -> String {
    let index = store.index();
    let mut text = String::new();
    let mut add = |question: &str, answer: String| {
        text.push_str(&format!("# {question}\n{answer}\n"));
    };
    for organization_id in [ORGANIZATION, OTHER] {
        let note = store.checkpoint(organization_id).unwrap();
        add(
            &format!("checkpoint of {organization_id}"),
            String::from_utf8(note.to_vec()).unwrap(),
        );
        let everything = query(organization_id, &["range=all_time"]);
        add(
            &format!("all of {organization_id}"),
            shown(&all(store, organization_id)),
        );
        let words = query(organization_id, &["range=all_time", "q=word1"]);
        let ids = |events: Vec<StoredEvent>| {
            let indexes: Vec<String> = events.iter().map(|event| event.index.to_string()).collect();
            indexes.join(" ")
        };
        add("list", ids(listed(&*index, &everything).unwrap()));
        add("q=word1", ids(listed(&*index, &words).unwrap()));
        let minutes = by_minute(&*index, &everything).unwrap();
        add("by minute", format!("{:?}", &minutes[..20]));
        add(
            "by actor",
            format!("{:?}", by_actor(&*index, &everything).unwrap()),
        );
    }
    text
}

#[test]
fn a_directory_of_version_1_answers_as_it_did_when_it_was_made() {
    let copy = memory_directory();
    copy_directory(&fixture().join("data"), copy.path());
    let expected = std::fs::read_to_string(fixture().join("answers.txt")).unwrap();
    let store = Store::open(copy.path(), options_of_fixture()).unwrap();
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(answers(&store), expected);
    assert_eq!(
        run(store.index().applied_through(ORGANIZATION)).unwrap(),
        12
    );
    assert_eq!(run(store.index().applied_through(OTHER)).unwrap(), 5);
    // Every event is known: in segments, and in the WAL.
    for number in 0..ROWS {
        let organization_id = organization_of(number);
        let again = vec![timed_of(organization_id, number)];
        let given = receipts(append_to(&store, organization_id, again, false).unwrap());
        assert!(given[0].duplicate, "event {number}");
    }
    // It goes on: the tail becomes a segment, and three of them one.
    append_settled(&store, ORGANIZATION, timed(17..18));
    assert_eq!(named(copy.path()).len(), 2);
    assert_whole(&store, &[]);
}

#[test]
fn the_fixture_is_made_when_that_is_asked_for() {
    let Some(target) = std::env::var_os(MAKE).map(PathBuf::from) else {
        return;
    };
    assert!(!target.exists(), "{} is there already", target.display());
    let directory = target.join("data");
    std::fs::create_dir_all(&directory).unwrap();
    let store = open(&directory, options_of_fixture());
    ensure_log(&store, OTHER);
    for number in 0..ROWS {
        let organization_id = organization_of(number);
        append_settled(
            &store,
            organization_id,
            vec![timed_of(organization_id, number)],
        );
    }
    // Closing signs what came last; then it is as whoever opens it finds it.
    drop(store);
    assert_eq!(named(&directory).len(), 3);
    let store = open(&directory, options_of_fixture());
    std::fs::write(target.join("answers.txt"), answers(&store)).unwrap();
    drop(store);
    std::fs::remove_file(directory.join("lock")).unwrap();
}
