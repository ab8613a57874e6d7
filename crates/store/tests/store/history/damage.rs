//! A history that a crash left unfinished goes on; one that was changed is refused, or never believed.

use evident_store::append::AppendError;
use evident_store::check::check;

use super::*;

fn note_of(store: &Store) -> Bytes {
    store.checkpoint(ORGANIZATION).unwrap()
}

/// The store signs and acknowledges nothing, says why, and its events can be read.
fn assert_refused(directory: &Path, says: &str, context: &str) {
    assert_refused_behind(directory, says, 5, context);
}

/// The same where what was recorded can be read up to a leaf that contradicts what was signed.
fn assert_refused_behind(directory: &Path, says: &str, stored: usize, context: &str) {
    let file = |name: &str| std::fs::read(directory.join(name)).ok();
    let before = (file(HISTORY), file(REGISTER));
    let store = Store::open(directory, options()).unwrap();
    let Condition::Damaged(reason) = store.health() else {
        panic!("{context}: {:?}", store.health());
    };
    assert!(reason.contains(says), "{context}: {reason}");
    let refused = append(&store, events(9..10));
    assert!(matches!(refused, Err(AppendError::Stopped(_))), "{context}");
    assert_eq!(all(&store, ORGANIZATION).len(), stored, "{context}");
    drop(store);
    assert_eq!((file(HISTORY), file(REGISTER)), before, "{context}");
}

/// The store goes on from the head of 5 leaves, and keeps all.
fn assert_goes_on(directory: &Path, context: &str) {
    let store = Store::open(directory, options()).unwrap();
    assert_eq!(store.health(), Condition::Accepting, "{context}");
    assert_eq!(size_of(&note_of(&store)), 5, "{context}");
    let head = Notes::from([(5, note_of(&store))]);
    assert_history(&store, ORGANIZATION, &head);
    append(&store, events(5..6)).unwrap();
    wait_published(&store, 6);
    drop(store);
    let store = Store::open(directory, options()).unwrap();
    assert_eq!(store.health(), Condition::Accepting, "{context}");
    assert_history(&store, ORGANIZATION, &head);
    let history = std::fs::read(directory.join(HISTORY)).unwrap();
    assert_eq!(sizes_in(&history).last(), Some(&6), "{context}");
    assert_eq!(history.len() % RECORD_BYTES, 0, "{context}");
}

#[test]
fn a_last_record_that_nobody_has_seen_may_be_cut_or_changed_at_any_byte() {
    let (closed, register) = three_heads();
    // As after a crash between keeping the head of 5 leaves and showing it.
    let left = copy_with(closed.path(), REGISTER, Some(&register));
    let history = std::fs::read(left.path().join(HISTORY)).unwrap();
    let last = 2 * RECORD_BYTES;
    for at in last..history.len() {
        let directory = copy_with(left.path(), HISTORY, Some(&history[..at]));
        assert_goes_on(directory.path(), &format!("cut at {at}"));
        let mut zeros = history.clone();
        zeros[at..].fill(0);
        let directory = copy_with(left.path(), HISTORY, Some(&zeros));
        assert_goes_on(directory.path(), &format!("zeros from {at} on"));
        let mut flipped = history.clone();
        flipped[at] ^= 1 << (at % 8);
        let directory = copy_with(left.path(), HISTORY, Some(&flipped));
        assert_goes_on(directory.path(), &format!("flipped at {at}"));
    }
    // Whole, it counts as published, with the very bytes that were kept.
    assert_goes_on(left.path(), "whole");
    let after = std::fs::read(left.path().join(HISTORY)).unwrap();
    assert!(after.starts_with(&history));
}

#[test]
fn a_last_record_that_was_shown_is_refused_when_it_was_cut_or_changed() {
    let (closed, _) = three_heads();
    let history = std::fs::read(closed.path().join(HISTORY)).unwrap();
    for at in 2 * RECORD_BYTES..history.len() {
        let says = "its checkpoint of 5 leaves is not among those that were kept";
        let directory = copy_with(closed.path(), HISTORY, Some(&history[..at]));
        assert_refused(directory.path(), says, &format!("cut at {at}"));
        let mut flipped = history.clone();
        flipped[at] ^= 1 << (at % 8);
        let directory = copy_with(closed.path(), HISTORY, Some(&flipped));
        assert_refused(directory.path(), says, &format!("flipped at {at}"));
    }
}

#[test]
fn a_changed_earlier_record_is_never_believed() {
    let (closed, register) = three_heads();
    let history = std::fs::read(closed.path().join(HISTORY)).unwrap();
    for at in 0..2 * RECORD_BYTES {
        let mut flipped = history.clone();
        flipped[at] ^= 1 << (at % 8);
        let directory = copy_with(closed.path(), HISTORY, Some(&flipped));
        let record = at / RECORD_BYTES;
        let store = Store::open(directory.path(), options()).unwrap();
        match store.health() {
            Condition::Damaged(reason) => {
                assert!(reason.contains("checkpoints"), "byte {at}: {reason}");
                assert_eq!(all(&store, ORGANIZATION).len(), 5, "byte {at}");
            }
            // Opening looks at what it relies on alone. Whoever asks for the record is told.
            Condition::Accepting => {
                let told = kept(&store, ORGANIZATION);
                assert!(
                    matches!(told, Err(ProofsError::Failed(_))),
                    "byte {at}: {told:?}"
                );
                let size = [0, 2][record];
                let told = run(store.past_head(ORGANIZATION, size));
                assert!(!matches!(told, Ok(Some(_))), "byte {at}: {told:?}");
            }
            other => panic!("byte {at}: {other:?}"),
        }
        drop(store);
        let report = check(directory.path(), &|_| ()).unwrap();
        let named = report.damage().any(|finding| {
            let finding = finding.to_string();
            finding.contains(HISTORY) && finding.contains(&(record * RECORD_BYTES).to_string())
        });
        assert!(named, "byte {at}: {:?}", report.findings);
    }
    // What the register holds must be there whole, wherever in the history it is.
    let left = copy_with(closed.path(), REGISTER, Some(&register));
    for at in RECORD_BYTES..2 * RECORD_BYTES {
        let mut flipped = history.clone();
        flipped[at] ^= 1 << (at % 8);
        let directory = copy_with(left.path(), HISTORY, Some(&flipped));
        assert_refused(directory.path(), "checkpoints", &format!("byte {at}"));
    }
}

#[test]
fn two_records_that_are_not_whole_are_damage_whatever_was_shown() {
    let (closed, register) = three_heads();
    let history = std::fs::read(closed.path().join(HISTORY)).unwrap();
    let left = copy_with(closed.path(), REGISTER, Some(&register));
    let zeros = [history.as_slice(), &[0; 2 * RECORD_BYTES]].concat();
    for bytes in [&zeros[..], &zeros[..zeros.len() - 1]] {
        for from in [left.path(), closed.path()] {
            let directory = copy_with(from, HISTORY, Some(bytes));
            assert_refused(
                directory.path(),
                "record 3 of its checkpoints is damaged",
                "zeros",
            );
        }
    }
}

#[test]
fn a_missing_register_is_put_back() {
    let (closed, _) = three_heads();
    let register = std::fs::read(closed.path().join(REGISTER)).unwrap();
    let directory = copy_with(closed.path(), REGISTER, None);
    drop(Store::open(directory.path(), options()).unwrap());
    assert_eq!(
        std::fs::read(directory.path().join(REGISTER)).unwrap(),
        register
    );
    assert_goes_on(directory.path(), "put back");
}

#[test]
fn the_history_wins_over_an_older_register() {
    let (closed, register) = three_heads();
    let newest = std::fs::read(closed.path().join(REGISTER)).unwrap();
    let directory = copy_with(closed.path(), REGISTER, Some(&register));
    let store = Store::open(directory.path(), unsigned()).unwrap();
    assert_eq!(note_of(&store), newest);
    assert_eq!(
        std::fs::read(directory.path().join(REGISTER)).unwrap(),
        newest
    );
    drop(store);
    assert_goes_on(directory.path(), "an older register");
}

#[test]
fn a_register_ahead_of_the_history_is_damage() {
    let (closed, _) = three_heads();
    let history = std::fs::read(closed.path().join(HISTORY)).unwrap();
    for records in 1..3 {
        let cut = &history[..records * RECORD_BYTES];
        let directory = copy_with(closed.path(), HISTORY, Some(cut));
        let says = "its checkpoint of 5 leaves is not among those that were kept";
        assert_refused(directory.path(), says, &format!("{records} records"));
    }
}

#[test]
fn a_history_of_another_log_is_refused() {
    let (closed, _) = three_heads();
    let other = memory_directory();
    let store = open(other.path(), unsigned());
    append(&store, vec![event(0, "another"), event(1, "life")]).unwrap();
    drop(store);
    let store = open(other.path(), unsigned());
    append(&store, events(2..5)).unwrap();
    drop(store);
    // Signed by the same key, of the same sizes, and of other leaves.
    let foreign = std::fs::read(other.path().join(HISTORY)).unwrap();
    assert_eq!(sizes_in(&foreign), [0, 2, 5]);
    let directory = copy_with(closed.path(), HISTORY, Some(&foreign));
    assert_refused(directory.path(), "contradicts", "foreign history");
    let register = std::fs::read(other.path().join(REGISTER)).unwrap();
    std::fs::write(directory.path().join(REGISTER), register).unwrap();
    assert_refused_behind(
        directory.path(),
        "another root",
        2,
        "foreign history and register",
    );
    std::fs::remove_file(directory.path().join(REGISTER)).unwrap();
    assert_refused_behind(directory.path(), "another root", 2, "foreign history alone");
}

#[test]
fn a_directory_without_a_history_begins_it_with_its_current_checkpoint() {
    let (closed, _) = three_heads();
    let register = std::fs::read(closed.path().join(REGISTER)).unwrap();
    let directory = copy_with(closed.path(), HISTORY, None);
    let store = Store::open(directory.path(), unsigned()).unwrap();
    assert_eq!(store.health(), Condition::Accepting);
    let told = kept(&store, ORGANIZATION).unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|head| (head.size, head.note.as_bytes()))
        .collect();
    assert_eq!(told, [(5, register.as_slice())]);
    drop(store);
    assert_goes_on(directory.path(), "begun anew");
    // As is one whose only record was cut while it was begun.
    let history = std::fs::read(closed.path().join(HISTORY)).unwrap();
    for length in [0, 1, 127] {
        let cut = &history[..length];
        let directory = copy_with(closed.path(), HISTORY, Some(cut));
        assert_goes_on(directory.path(), &format!("{length} bytes"));
    }
}

#[test]
fn rows_in_segments_without_a_head_over_them_are_not_gone_on_from() {
    // Three rows a segment: six of the seven leaves have nothing but their hashes beside them.
    let sealing = || Options {
        segment_rows: 3,
        compaction_fanout: 2,
        ..options()
    };
    let directory = memory_directory();
    let store = open(directory.path(), sealing());
    let empty = note_of(&store);
    append(&store, events(0..7)).unwrap();
    wait_published(&store, 7);
    store.settle();
    drop(store);
    // What was signed since is cut away, as by files that were put back from a backup.
    let history = std::fs::read(directory.path().join(HISTORY)).unwrap();
    std::fs::write(directory.path().join(HISTORY), &history[..RECORD_BYTES]).unwrap();
    std::fs::write(directory.path().join(REGISTER), &empty).unwrap();
    let store = Store::open(directory.path(), sealing()).unwrap();
    let Condition::Damaged(reason) = store.health() else {
        panic!("{:?}", store.health());
    };
    assert!(
        reason.contains("none of its checkpoints covers them"),
        "{reason}"
    );
    assert!(append(&store, events(9..10)).is_err());
    assert_eq!(all(&store, ORGANIZATION).len(), 7, "they can be read");
}
