//! Logs and the place outside that remembers their heads: an older copy, a second writer and a place that
//! is away are found, and nothing is signed that could contradict what was shown.

mod away;
mod command;
mod copies;
mod cuts;
mod notes;

use std::path::Path;

use bytes::Bytes;
use evident_store::anchor::AnchorPlace;
use evident_store::append::AppendError;
use evident_store::health::Condition;
use evident_store::{Options, Store};

use crate::history::{HISTORY, Notes, REGISTER, assert_history, size_of};
use crate::world::*;

fn anchored(anchor: &Path) -> Options {
    Options {
        anchor: Some(AnchorPlace::Directory(anchor.to_owned())),
        ..options()
    }
}

/// The note that a directory has of a log.
fn note_in(anchor: &Path, organization_id: &str) -> Option<Bytes> {
    std::fs::read(anchor.join(organization_id))
        .ok()
        .map(Bytes::from)
}

fn note_of(store: &Store) -> Bytes {
    store.checkpoint(ORGANIZATION).unwrap()
}

fn append_published(store: &Store, numbers: std::ops::Range<u64>) {
    let end = numbers.end;
    append(store, events(numbers)).unwrap();
    wait_published(store, end);
}

fn signed(directory: &Path) -> [Option<Vec<u8>>; 2] {
    [HISTORY, REGISTER].map(|file| std::fs::read(directory.join(file)).ok())
}

/// The store signs and acknowledges nothing and says why; what was recorded can be read.
fn assert_refused(directory: &Path, options: Options, stored: usize, says: &[&str]) {
    let before = signed(directory);
    let store = Store::open(directory, options).unwrap();
    let Condition::Damaged(reason) = store.health() else {
        panic!("{:?}, and should say {says:?}", store.health());
    };
    for part in says {
        assert!(reason.contains(part), "{reason}, and should say {part}");
    }
    let refused = append(&store, events(900..901));
    assert!(matches!(refused, Err(AppendError::Stopped(_))));
    let key = evident_ledger::note::SigningKey::from_seed("evident.test/org_new", [9; 32]);
    assert!(store.create_log("org_new", key.unwrap()).is_err());
    assert_eq!(all(&store, ORGANIZATION).len(), stored);
    assert_eq!(
        run(store.past_heads(ORGANIZATION, None, 1)).unwrap().len(),
        1
    );
    drop(store);
    assert_eq!(signed(directory), before, "nothing is signed");
}

/// The store accepts events, and what it shows is in the anchor.
fn assert_goes_on(directory: &Path, anchor: &Path) {
    let store = open(directory, anchored(anchor));
    assert_eq!(store.health(), Condition::Accepting);
    assert_history(&store, ORGANIZATION, &Notes::new());
    assert_eq!(note_in(anchor, ORGANIZATION), Some(note_of(&store)));
    let size = published(&store, ORGANIZATION).size;
    append_published(&store, size..size + 1);
    assert_eq!(note_in(anchor, ORGANIZATION), Some(note_of(&store)));
}

/// The reason why a store has stopped, once it has.
fn stopped(store: &Store) -> String {
    wait_until("it has stopped", || {
        matches!(store.health(), Condition::Stopped(_))
    });
    match store.health() {
        Condition::Stopped(reason) => reason,
        other => panic!("{other:?}"),
    }
}

/// A directory whose log has these sizes one after the other, closed.
fn grown(options: impl Fn() -> Options, sizes: &[u64]) -> tempfile::TempDir {
    let directory = memory_directory();
    let mut last = 0;
    for size in sizes {
        let store = open(directory.path(), options());
        append_published(&store, last..*size);
        last = *size;
    }
    directory
}

fn copy_of(directory: &Path) -> tempfile::TempDir {
    let copy = memory_directory();
    copy_directory(directory, copy.path());
    copy
}
