//! What an anchor's note says of a log, and the two kinds of anchors on their own.

use std::collections::BTreeSet;
use std::sync::Mutex;

use evident_ledger::Hash;
use tempfile::TempDir;

use super::*;
use crate::checkpoints::CheckpointStoreError;

const LOG: &str = "org_test";

fn checkpoint(size: u64, root: u8) -> Checkpoint {
    Checkpoint::new("evident.test/org_test", size, Hash([root; 32]))
}

#[test]
fn a_log_is_judged_by_the_checkpoint_that_it_has_of_the_anchored_size() {
    use Judgement::{Extends, Forked, RolledBack, Unknown};
    let (five, other, six) = (checkpoint(5, 1), checkpoint(5, 2), checkpoint(6, 1));
    for (anchored, size, own, judgement) in [
        (&five, 5, Some(&five), Extends),
        (&five, 9, Some(&five), Extends),
        (&five, 5, Some(&other), Forked),
        (&five, 9, Some(&other), Forked),
        (&five, 9, None, Unknown),
        (&five, 5, None, Unknown),
        (&five, 4, None, RolledBack),
        (&five, 0, None, RolledBack),
        // What the log has of the size does not matter where it is shorter.
        (&six, 5, Some(&six), RolledBack),
        (&five, 6, Some(&six), Forked),
    ] {
        let judged = judge(anchored, size, own);
        assert_eq!(judged, judgement, "{anchored:?}, {size} leaves, {own:?}");
    }
    let renamed = Checkpoint::new("evident.test/org_other", 5, five.root);
    assert_eq!(judge(&renamed, 5, Some(&five)), Forked);
}

fn directory() -> (TempDir, DirectoryAnchor) {
    let directory = tempfile::tempdir().unwrap();
    let anchor = DirectoryAnchor::open(directory.path()).unwrap();
    (directory, anchor)
}

/// A command that keeps what it is given, in a directory of its own.
fn command(what: &str, timeout: Duration) -> (TempDir, CommandAnchor) {
    let directory = tempfile::tempdir().unwrap();
    let script = format!("cd '{}'; {what}", directory.path().display());
    let command = ["/bin/sh", "-c", &script, "keep"].map(str::to_owned);
    let anchor = CommandAnchor::new(&AnchorCommand {
        command: command.to_vec(),
        timeout,
        pause: DEFAULT_COMMAND_PAUSE,
    });
    (directory, anchor)
}

const KEEP: &str =
    r#"case $1 in get) cat kept 2>/dev/null || true;; put) cat > new && mv new kept;; esac"#;

fn swaps(anchor: &dyn CheckpointStore) {
    assert_eq!(anchor.read(LOG).unwrap(), None);
    let raced = |known: Option<&[u8]>, new: &[u8]| {
        let result = anchor.compare_and_swap(LOG, known, new);
        matches!(result, Err(CheckpointStoreError::Raced))
    };
    assert!(raced(Some(b"a"), b"b"), "nothing is there yet");
    assert_eq!(anchor.read(LOG).unwrap(), None);
    anchor.compare_and_swap(LOG, None, b"a").unwrap();
    assert_eq!(anchor.read(LOG).unwrap().unwrap(), b"a");
    assert!(raced(None, b"b"));
    assert!(raced(Some(b""), b"b"));
    assert!(raced(Some(b"ab"), b"b"));
    anchor.compare_and_swap(LOG, Some(b"a"), b"b").unwrap();
    assert!(raced(Some(b"a"), b"c"));
    assert_eq!(anchor.read(LOG).unwrap().unwrap(), b"b");
    // One that came through although its writer was not told so.
    anchor.compare_and_swap(LOG, Some(b"a"), b"b").unwrap();
    anchor.compare_and_swap(LOG, None, b"b").unwrap();
    assert_eq!(anchor.read(LOG).unwrap().unwrap(), b"b");
}

#[test]
fn a_directory_swaps_only_what_is_known() {
    let (_directory, anchor) = directory();
    swaps(&anchor);
    assert_eq!(anchor.read("org_other").unwrap(), None);
    anchor.compare_and_swap("org_other", None, b"x").unwrap();
    assert_eq!(anchor.read(LOG).unwrap().unwrap(), b"b");
}

#[test]
fn a_command_swaps_only_what_is_known() {
    let (_directory, anchor) = command(KEEP, DEFAULT_COMMAND_TIMEOUT);
    swaps(&anchor);
}

#[test]
fn of_many_that_swap_in_a_directory_each_replaces_what_it_has_read() {
    let (directory, _) = directory();
    let replaced = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (path, replaced) = (directory.path(), &replaced);
            scope.spawn(move || {
                // As a process of its own: it shares no lock but the directory's.
                let anchor = DirectoryAnchor::open(path).unwrap();
                for number in 0..25 {
                    let known = anchor.read(LOG).unwrap();
                    let new = format!("{writer}-{number}").into_bytes();
                    match anchor.compare_and_swap(LOG, known.as_deref(), &new) {
                        Ok(()) => replaced.lock().unwrap().push(known),
                        Err(CheckpointStoreError::Raced) => {}
                        // The lock is held at this moment.
                        Err(CheckpointStoreError::Unreadable { source, .. })
                            if source.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    let replaced = replaced.into_inner().unwrap();
    assert!(!replaced.is_empty());
    let distinct: BTreeSet<_> = replaced.iter().collect();
    assert_eq!(distinct.len(), replaced.len(), "a note was replaced twice");
}

#[test]
fn a_directory_that_is_not_there_is_not_made() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("anchor");
    let refused = DirectoryAnchor::open(&path).map(drop).unwrap_err();
    assert!(refused.to_string().contains("mount it"), "{refused}");
    assert!(!path.exists());
    std::fs::create_dir(&path).unwrap();
    let anchor = DirectoryAnchor::open(&path).unwrap();
    std::fs::remove_dir(&path).unwrap();
    for known in [None, Some(&b"a"[..])] {
        let swapped = anchor.compare_and_swap(LOG, known, b"b");
        let is_raced = matches!(swapped, Err(CheckpointStoreError::Raced));
        assert!(swapped.is_err() && !is_raced, "{swapped:?}");
    }
    assert!(!path.exists());
}

#[test]
fn a_command_is_given_the_note_and_its_complaint_is_told() {
    let (directory, anchor) = command(
        "cat > given; echo why it fails >&2; exit 7",
        DEFAULT_COMMAND_TIMEOUT,
    );
    let failed = anchor.read(LOG).unwrap_err().to_string();
    assert!(
        failed.contains("why it fails") && failed.contains('7'),
        "{failed}"
    );
    let (given, put) = command(KEEP, DEFAULT_COMMAND_TIMEOUT);
    let note = "three lines\n\n— and a signature\n".repeat(9);
    put.compare_and_swap(LOG, None, note.as_bytes()).unwrap();
    assert_eq!(
        std::fs::read_to_string(given.path().join("kept")).unwrap(),
        note
    );
    assert_eq!(
        std::fs::read(directory.path().join("given")).unwrap(),
        b"",
        "get is given nothing"
    );
}

#[test]
fn a_command_that_reads_nothing_is_not_waited_for() {
    let (_directory, anchor) = command("exit 0", DEFAULT_COMMAND_TIMEOUT);
    let large = vec![b'x'; 60 << 10];
    anchor.compare_and_swap(LOG, None, &large).unwrap();
}

#[test]
fn no_more_is_read_of_a_command_than_a_note_may_have() {
    use crate::checkpoints::MAX_CHECKPOINT_BYTES;
    for (bytes, is_read) in [
        (MAX_CHECKPOINT_BYTES, true),
        (MAX_CHECKPOINT_BYTES + 1, false),
        (10 << 20, false),
    ] {
        let what = format!("head -c {bytes} /dev/zero");
        let (_directory, anchor) = command(&what, DEFAULT_COMMAND_TIMEOUT);
        assert_eq!(anchor.read(LOG).is_ok(), is_read, "{bytes} bytes");
    }
}

#[test]
fn a_command_that_hangs_is_ended_in_time() {
    for what in [
        "sleep 1000",
        "yes",
        "yes >&2",
        "sleep 1000 & sleep 1000",
        "trap '' TERM; sleep 1000",
    ] {
        let (_directory, anchor) = command(what, Duration::from_millis(100));
        let started = std::time::Instant::now();
        let late = anchor.read(LOG).unwrap_err().to_string();
        assert!(late.contains("did not end within 0.1 s"), "{late}");
        assert!(started.elapsed() < Duration::from_secs(30), "{what}");
    }
}
