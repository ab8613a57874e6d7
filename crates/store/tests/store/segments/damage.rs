//! A flipped bit anywhere: no answer is wrong, nothing wrong is signed, and what does not need the
//! damaged bytes is still answered.

use std::path::{Path, PathBuf};

use evident_event::query::Scope;
use evident_ledger::Hash;
use evident_ledger::tree::Tree;
use evident_store::Store;
use evident_store::append::{AppendError, NewEvent, Outcome};
use evident_store::health::Condition;

use super::*;
use crate::disk::read_files;

/// A directory with a compacted segment (0 to 5), a sealed one (6 to 8, one row of it another
/// organization's) and a tail (9 and 10, likewise); and all that is right to answer.
struct Sound {
    directory: tempfile::TempDir,
    events: Vec<NewEvent>,
    leaves: Vec<Hash>,
    answers: Vec<(String, String)>,
}

/// The positions of the other organization's rows.
const OTHERS: [u64; 2] = [7, 10];

fn sound() -> Sound {
    let directory = memory_directory();
    let store = open(directory.path(), tiny(options()));
    ensure_log(&store, OTHER);
    let mut events = Vec::new();
    for number in 0..11 {
        if OTHERS.contains(&number) {
            append_settled(&store, OTHER, vec![timed_of(OTHER, number)]);
        } else {
            events.push(timed_of(ORGANIZATION, number));
            append_settled(&store, ORGANIZATION, vec![timed_of(ORGANIZATION, number)]);
        }
    }
    drop(store);
    let copy = memory_directory();
    copy_directory(directory.path(), copy.path());
    let store = open(copy.path(), tiny(options()));
    let answers = ask(&store, &events)
        .into_iter()
        .map(|(question, answer)| (question, answer.unwrap()))
        .collect();
    let stored = all(&store, ORGANIZATION);
    assert_eq!(stored.len(), events.len());
    for (stored, event) in stored.iter().zip(&events) {
        assert_eq!((stored.id, &stored.canonical), (event.id, &event.canonical));
    }
    let names = named(directory.path());
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names[0].starts_with("0000000000000000-00000006-"),
        "{names:?}"
    );
    Sound {
        leaves: stored.iter().map(|event| event.leaf_hash).collect(),
        directory,
        events,
        answers,
    }
}

const RANGES: [(&str, &str, &str); 3] = [
    ("compacted", "2026-09-20T00:00:00Z", "2026-09-20T00:06:00Z"),
    ("sealed", "2026-09-20T00:06:00Z", "2026-09-20T00:09:00Z"),
    ("tail", "2026-09-20T00:09:00Z", "2026-09-20T00:12:00Z"),
];

type Answer = Result<String, String>;

/// Asks everything that can be asked.
fn ask(store: &Store, events: &[NewEvent]) -> Vec<(String, Answer)> {
    let index = store.index();
    let index = &*index;
    let mut answers = Vec::new();
    let mut add = |question: String, answer: Result<String, IndexError>| {
        answers.push((question, answer.map_err(|error| error.to_string())));
    };
    let everything = query(ORGANIZATION, &["range=all_time"]);
    let events_of = |query: &Query| listed(index, query).map(|events| shown(&events));
    add("list".into(), events_of(&everything));
    let walk = walked(index, &everything).map(|events| shown_walked(&events));
    add("walk".into(), walk);
    for filter in [
        "filter=actor.id:is:u1",
        "filter=action:is:test.done",
        "q=word1",
    ] {
        let query = query(ORGANIZATION, &["range=all_time", filter]);
        add(filter.into(), events_of(&query));
    }
    let histogram = by_minute(index, &everything);
    add(
        "histogram".into(),
        histogram.map(|counts| format!("{counts:?}")),
    );
    let facets = by_actor(index, &everything);
    add("facets".into(), facets.map(|values| format!("{values:?}")));
    let other = query(OTHER, &["range=all_time"]);
    add("other".into(), events_of(&other));
    for (name, from, to) in RANGES {
        let (from, to) = (format!("from={from}"), format!("to={to}"));
        let query = query(ORGANIZATION, &[&from, &to]);
        add(format!("range {name}"), events_of(&query));
    }
    let followed = run(index.follow(&everything, 6, 100, in_time()));
    add(
        "follow".into(),
        followed.map(|followed| shown(&followed.events)),
    );
    for (number, event) in events.iter().enumerate() {
        let got = run(index.get(&Scope::organization(ORGANIZATION), event.id));
        add(
            format!("get {number}"),
            got.map(|event| shown(event.as_slice())),
        );
    }
    answers
}

/// A copy in which one bit is another.
fn flipped(sound: &Sound, file: &Path, place: usize) -> tempfile::TempDir {
    let directory = memory_directory();
    copy_directory(sound.directory.path(), directory.path());
    let path = directory.path().join(file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[place] ^= 1 << (place % 8);
    std::fs::write(path, bytes).unwrap();
    directory
}

/// Every answer is right, or an error that names the file.
fn assert_answers(sound: &Sound, store: &Store, names: &[&str], context: &str) -> Vec<String> {
    let mut refused = Vec::new();
    let answers = ask(store, &sound.events);
    for ((question, answer), (_, right)) in answers.iter().zip(&sound.answers) {
        match answer {
            Ok(answer) => assert_eq!(answer, right, "{context}: {question}"),
            Err(error) => {
                assert!(
                    names.iter().all(|name| error.contains(name)),
                    "{context}: {question}: {error}"
                );
                refused.push(question.clone());
            }
        }
    }
    refused
}

/// No event is recorded twice; what is signed in the end is right.
fn assert_exactly_once_and_signed_right(sound: &Sound, store: Store, context: &str) {
    for (number, event) in sound.events.iter().enumerate() {
        match append(&store, vec![event.clone()]) {
            Ok(outcomes) => {
                let [Outcome::Recorded(receipt)] = &outcomes[..] else {
                    panic!("{context}: event {number}: {outcomes:?}");
                };
                assert!(
                    receipt.duplicate,
                    "{context}: event {number} is there twice"
                );
                assert_eq!(receipt.index, number as u64, "{context}");
                assert_eq!(
                    receipt.leaf_hash, sound.leaves[number],
                    "{context}: receipt {number}"
                );
            }
            Err(AppendError::Stopped(_)) => {}
            Err(error) => panic!("{context}: event {number}: {error}"),
        }
    }
    let mut leaves = sound.leaves.clone();
    if let Ok(outcomes) = append(&store, vec![timed_of(ORGANIZATION, 99)]) {
        let receipt = receipts(outcomes).remove(0);
        assert_eq!(receipt.index, leaves.len() as u64, "{context}");
        leaves.push(receipt.leaf_hash);
    }
    store.close();
    let head = published(&store, ORGANIZATION);
    let mut tree = Tree::new();
    let count = usize::try_from(head.size).unwrap();
    assert!(count >= sound.leaves.len(), "{context}");
    for leaf in &leaves[..count] {
        tree.append(*leaf, &mut |_, _, _| {});
    }
    assert_eq!(tree.root(), head.root, "{context}: a wrong root is signed");
}

/// The files in a segment's folder.
fn segment_files(sound: &Sound) -> Vec<(PathBuf, usize)> {
    let files = read_files(sound.directory.path());
    let in_folder = |path: &PathBuf| path.starts_with("segments") && path.components().count() == 3;
    let files = files.into_iter().filter(|(path, _)| in_folder(path));
    files.map(|(path, bytes)| (path, bytes.len())).collect()
}

/// Bytes that are flipped, of all: every so many, the first, the last, and where sections begin.
fn places(sound: &Sound, file: &Path, length: usize, stride: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..length).step_by(stride).collect();
    places.push(length - 1);
    if file.ends_with("index") {
        let meta = sound
            .directory
            .path()
            .join(file)
            .with_file_name("meta.json");
        let meta: serde_json::Value =
            serde_json::from_slice(&std::fs::read(meta).unwrap()).unwrap();
        for extent in meta["sections"].as_object().unwrap().values() {
            let [at, length] = ["offset", "length"].map(|name| extent[name].as_u64().unwrap());
            if length > 0 {
                places.extend([
                    at as usize,
                    (at + length / 2) as usize,
                    (at + length - 1) as usize,
                ]);
            }
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

#[test]
fn a_flipped_bit_in_a_segment_gives_no_wrong_answer_and_leaves_the_others_served() {
    let sound = sound();
    for (file, length) in segment_files(&sound) {
        let is_compacted = file.to_str().unwrap().contains("-00000006-");
        let (own, healthy) = match is_compacted {
            true => ("range compacted", ["range sealed", "range tail"]),
            false => ("range sealed", ["range compacted", "range tail"]),
        };
        let mut ever_refused = false;
        for place in places(&sound, &file, length, 13) {
            let context = format!("{}, byte {place}", file.display());
            let directory = flipped(&sound, &file, place);
            let store = open(directory.path(), tiny(options()));
            assert_eq!(store.health(), Condition::Accepting, "{context}");
            let folder = file.parent().unwrap().to_str().unwrap();
            let refused = assert_answers(&sound, &store, &[folder], &context);
            ever_refused |= refused
                .iter()
                .any(|question| question == own || question == "list");
            // When nothing is known of a segment, not even its times, it may be about any time.
            if !file.ends_with("meta.json") {
                for question in healthy {
                    assert!(
                        !refused.iter().any(|q| q == question),
                        "{context}: {question}"
                    );
                }
            }
            assert!(
                !refused.iter().any(|q| q == "follow") || !is_compacted,
                "{context}"
            );
            assert_exactly_once_and_signed_right(&sound, store, &context);
        }
        assert!(ever_refused, "{}: no damage was ever seen", file.display());
    }
}

#[test]
fn a_flipped_bit_in_the_manifest_is_found_and_nothing_is_removed() {
    let sound = sound();
    let file = Path::new("segments/manifest");
    let length = std::fs::metadata(sound.directory.path().join(file))
        .unwrap()
        .len();
    for place in (0..length as usize).step_by(3) {
        let context = format!("manifest, byte {place}");
        let directory = flipped(&sound, file, place);
        let store = open(directory.path(), tiny(options()));
        let Condition::Damaged(reason) = store.health() else {
            panic!("{context}: {:?}", store.health());
        };
        assert!(reason.contains("segments/manifest"), "{reason}");
        // The WAL still has all rows from the first on.
        assert_eq!(assert_answers(&sound, &store, &[], &context), [""; 0]);
        assert_exactly_once_and_signed_right(&sound, store, &context);
        assert_eq!(folders(directory.path()), folders(sound.directory.path()));
    }
}

#[test]
fn a_flipped_bit_in_the_hashes_of_sealed_rows_gives_no_wrong_answer() {
    let sound = sound();
    let files = read_files(sound.directory.path());
    let own = Path::new("log").join(ORGANIZATION);
    let levels: Vec<_> = files
        .iter()
        .filter(|(path, _)| path.starts_with(&own))
        .filter(|(path, _)| !path.ends_with("checkpoint") && !path.ends_with("checkpoints"))
        .collect();
    assert!(!levels.is_empty());
    for (file, bytes) in levels {
        for place in (0..bytes.len()).step_by(5) {
            let context = format!("{}, byte {place}", file.display());
            let directory = flipped(&sound, file, place);
            let store = open(directory.path(), tiny(options()));
            if store.health() == Condition::Accepting {
                assert_answers(&sound, &store, &[file.to_str().unwrap()], &context);
            }
            assert_exactly_once_and_signed_right(&sound, store, &context);
        }
    }
}

#[test]
fn a_flipped_bit_in_the_wal_behind_segments_is_found_and_what_lies_before_it_is_served() {
    let sound = sound();
    let file = Path::new("wal/0000000000000000.wal");
    let length = std::fs::metadata(sound.directory.path().join(file))
        .unwrap()
        .len();
    for place in (0..length as usize).step_by(7) {
        let context = format!("WAL, byte {place}");
        let directory = flipped(&sound, file, place);
        let store = open(directory.path(), tiny(options()));
        // The last row is the other organization's, and its checkpoint covers it.
        assert!(
            matches!(store.health(), Condition::Damaged(_)),
            "{context}: {:?}",
            store.health()
        );
        let stored = all(&store, ORGANIZATION);
        assert!(stored.len() >= 8, "{context}: sealed rows are served");
        for (number, (stored, leaf)) in stored.iter().zip(&sound.leaves).enumerate() {
            assert_eq!(stored.leaf_hash, *leaf, "{context}: {number}");
            assert_eq!(
                stored.canonical, sound.events[number].canonical,
                "{context}"
            );
        }
        assert!(append(&store, timed(99..100)).is_err(), "{context}");
        assert!(append(&store, timed(0..1)).is_err(), "{context}");
        store.close();
        assert_eq!(
            published(&store, ORGANIZATION).size,
            sound.leaves.len() as u64
        );
        assert_eq!(folders(directory.path()), folders(sound.directory.path()));
    }
}

#[test]
fn a_missing_seed_of_sealed_rows_is_not_replaced_by_another() {
    let directory = memory_directory();
    let store = open(directory.path(), tiny(options()));
    append_settled(&store, ORGANIZATION, timed(0..6));
    drop(store);
    let seed = directory.path().join("seeds/0000000000000000");
    std::fs::remove_file(&seed).unwrap();
    let store = open(directory.path(), tiny(options()));
    let refused = append(&store, timed(6..7));
    assert!(
        matches!(refused, Err(AppendError::Stopped(_))),
        "{refused:?}"
    );
    assert!(
        !seed.exists(),
        "the salts of six leaves are lost, and nobody is told"
    );
    assert_eq!(all(&store, ORGANIZATION).len(), 6);
}

#[test]
fn a_flipped_bit_in_the_hashes_of_many_sealed_rows_gives_no_wrong_answer() {
    // More leaves than a tile has: the first of them are not looked at when the log goes on.
    let directory = memory_directory();
    let options = Options {
        segment_rows: 300,
        ..options()
    };
    let store = open(directory.path(), options.clone());
    receipts(append(&store, timed(0..300)).unwrap());
    store.settle();
    let leaves: Vec<Hash> = all(&store, ORGANIZATION)
        .iter()
        .map(|event| event.leaf_hash)
        .collect();
    drop(store);
    let path = directory.path().join("log").join(ORGANIZATION).join("0");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[10 * 32 + 5] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let store = open(directory.path(), options);
    let got = run(store
        .index()
        .get(&Scope::organization(ORGANIZATION), timed(10..11)[0].id));
    match got {
        Ok(event) => assert_eq!(event.unwrap().leaf_hash, leaves[10], "a wrong leaf is told"),
        Err(error) => assert!(error.to_string().contains("org_test/0"), "{error}"),
    }
    match append(&store, timed(10..11)) {
        Ok(outcomes) => assert_eq!(
            receipts(outcomes)[0].leaf_hash,
            leaves[10],
            "a wrong receipt"
        ),
        Err(error) => assert!(matches!(error, AppendError::Stopped(_)), "{error}"),
    }
}
