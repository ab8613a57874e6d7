//! What an anchor's directory has: the newest head before anybody sees it, and nothing that is believed
//! without its signature.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use evident_ledger::note::SigningKey;
use evident_store::durable::{Operation, Tap, Verdict};

use super::*;

/// Looks at the anchor whenever a note is about to be shown.
struct Order {
    directory: PathBuf,
    anchor: PathBuf,
    /// How many notes were shown, and those that the anchor had not.
    seen: Mutex<(u64, Vec<String>)>,
}

impl Tap for Order {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        let Operation::Rename { from, to } = operation else {
            return Verdict::Proceed;
        };
        let mut parts = to.iter().skip(1).map(|part| part.to_str().unwrap());
        if let (Some(organization_id), Some("checkpoint")) = (parts.next(), parts.next()) {
            let about_to_be_shown = std::fs::read(self.directory.join(from)).unwrap();
            let mut seen = self.seen.lock().unwrap();
            seen.0 += 1;
            if note_in(&self.anchor, organization_id) != Some(about_to_be_shown.into()) {
                let number = seen.0;
                seen.1.push(format!("{organization_id}, note {number}"));
            }
        }
        Verdict::Proceed
    }

    fn after(&self, _: &Operation<'_>) {}
}

#[test]
fn a_head_is_in_the_anchor_before_it_is_shown() {
    let (directory, anchor) = (memory_directory(), memory_directory());
    let tap = Arc::new(Order {
        directory: directory.path().to_owned(),
        anchor: anchor.path().to_owned(),
        seen: Mutex::default(),
    });
    let sealing = || Options {
        segment_rows: 8,
        compaction_fanout: 2,
        tap: Some(Arc::clone(&tap) as _),
        ..anchored(anchor.path())
    };
    let mut next = 0;
    for _ in 0..3 {
        let store = open(directory.path(), sealing());
        ensure_log(&store, "org_other");
        assert_eq!(note_in(anchor.path(), ORGANIZATION), Some(note_of(&store)));
        for _ in 0..8 {
            let other = event_of("org_other", next, "beside");
            append_to(&store, "org_other", vec![other], false).unwrap();
            append_published(&store, next..next + 3);
            next += 3;
            assert_eq!(note_in(anchor.path(), ORGANIZATION), Some(note_of(&store)));
        }
        store.settle();
        assert_eq!(store.health(), Condition::Accepting);
    }
    let seen = tap.seen.lock().unwrap();
    assert_eq!(seen.1, Vec::<String>::new());
    assert!(seen.0 > 30, "only {} notes were shown", seen.0);
}

#[test]
fn a_log_that_is_anchored_for_the_first_time_brings_its_head_there() {
    let directory = grown(options, &[2, 5]);
    let anchor = memory_directory();
    let shown = std::fs::read(directory.path().join(REGISTER)).unwrap();
    let before = signed(directory.path());
    drop(open(directory.path(), anchored(anchor.path())));
    assert_eq!(note_in(anchor.path(), ORGANIZATION), Some(shown.into()));
    assert_eq!(signed(directory.path()), before);
    assert_goes_on(directory.path(), anchor.path());
}

#[test]
fn an_anchor_that_has_forgotten_is_refused_until_it_is_said_to_be_new() {
    for begun_with in [options(), anchored(memory_directory().path())] {
        let anchor = memory_directory();
        // In use from the first day, or only later.
        let is_first = begun_with.anchor.is_some();
        let begin = || match is_first {
            true => anchored(anchor.path()),
            false => options(),
        };
        let directory = grown(begin, &[5]);
        assert_goes_on(directory.path(), anchor.path());
        let mark = directory.path().join("anchored");
        assert!(mark.exists());
        // As where its disk is not mounted.
        let empty = memory_directory();
        let says = [ORGANIZATION, "mount it", mark.to_str().unwrap()];
        for _ in 0..2 {
            assert_refused(directory.path(), anchored(empty.path()), 6, &says);
            assert_eq!(note_in(empty.path(), ORGANIZATION), None);
        }
        // The same disk, mounted.
        assert_goes_on(directory.path(), anchor.path());
        std::fs::remove_file(&mark).unwrap();
        assert_goes_on(directory.path(), empty.path());
        assert!(mark.exists());
    }
}

#[test]
fn an_anchor_that_took_its_first_note_late_is_missed_as_well() {
    let directory = grown(options, &[5]);
    let anchor = memory_directory();
    // It can be read, and takes no note: what is in the way of the file is no file.
    let in_the_way = anchor.path().join(format!("{ORGANIZATION}.new"));
    std::fs::create_dir(&in_the_way).unwrap();
    let store = open(directory.path(), anchored(anchor.path()));
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(note_in(anchor.path(), ORGANIZATION), None);
    std::fs::remove_dir(&in_the_way).unwrap();
    append_published(&store, 5..6);
    assert_eq!(note_in(anchor.path(), ORGANIZATION), Some(note_of(&store)));
    drop(store);
    let empty = memory_directory();
    let says = [ORGANIZATION, "mount it"];
    assert_refused(directory.path(), anchored(empty.path()), 6, &says);
}

#[test]
fn a_log_that_is_forgotten_is_refused_although_others_are_known() {
    let anchor = memory_directory();
    let directory = grown(|| anchored(anchor.path()), &[5]);
    let store = open(directory.path(), anchored(anchor.path()));
    ensure_log(&store, "org_other");
    drop(store);
    std::fs::remove_file(anchor.path().join("org_other")).unwrap();
    assert_refused(
        directory.path(),
        anchored(anchor.path()),
        5,
        &["org_other", "anchored"],
    );
}

fn signed_by(name: &str, seed: u8, size: u64) -> Vec<u8> {
    let key = SigningKey::from_seed(name, [seed; 32]).unwrap();
    let root = evident_ledger::Hash([5; 32]);
    let checkpoint = evident_ledger::checkpoint::Checkpoint::new(name, size, root);
    checkpoint.sign(&key).unwrap().into()
}

#[test]
fn a_note_that_is_not_the_logs_is_refused() {
    let anchor = memory_directory();
    let directory = grown(|| anchored(anchor.path()), &[2, 5]);
    let path = anchor.path().join(ORGANIZATION);
    let right = std::fs::read(&path).unwrap();
    let own = "evident.test/org_test";
    let mut wrong = vec![
        Vec::new(),
        b"garbage".to_vec(),
        vec![b'x'; 65 << 10],
        signed_by("evident.test/org_other", 7, 3),
        signed_by("evident.test/org_other", 8, 3),
        signed_by(own, 8, 3),
        right[..right.len() - 1].to_vec(),
        [right.as_slice(), b"\n"].concat(),
    ];
    wrong.extend((0..right.len()).step_by(5).map(|at| {
        let mut flipped = right.clone();
        flipped[at] ^= 1;
        flipped
    }));
    for wrong in wrong {
        std::fs::write(&path, wrong).unwrap();
        assert_refused(directory.path(), anchored(anchor.path()), 5, &["anchor"]);
    }
    // Signed by the log's own key, and no head that it has.
    for (size, says) in [
        (2, "two histories"),
        (3, "two histories"),
        (5, "two histories"),
        (6, "older copy"),
    ] {
        std::fs::write(&path, signed_by(own, 7, size)).unwrap();
        assert_refused(directory.path(), anchored(anchor.path()), 5, &[says]);
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_refused(directory.path(), anchored(anchor.path()), 5, &["anchor"]);
    std::fs::remove_dir(&path).unwrap();
    // An earlier head of its own is what a crash may have left there.
    let earlier = grown(options, &[2]);
    assert_ne!(std::fs::read(earlier.path().join(REGISTER)).unwrap(), right);
    std::fs::write(&path, &right).unwrap();
    assert_goes_on(directory.path(), anchor.path());
}

#[test]
fn an_earlier_head_of_the_log_in_the_anchor_is_brought_up_to_date_with_the_next() {
    let anchor = memory_directory();
    let directory = grown(|| anchored(anchor.path()), &[2]);
    let earlier = note_in(anchor.path(), ORGANIZATION).unwrap();
    let store = open(directory.path(), options());
    append_published(&store, 2..5);
    drop(store);
    let store = open(directory.path(), anchored(anchor.path()));
    assert_eq!(store.health(), Condition::Accepting);
    let now = note_in(anchor.path(), ORGANIZATION).unwrap();
    assert!(now == earlier || now == note_of(&store));
    append_published(&store, 5..6);
    assert_eq!(note_in(anchor.path(), ORGANIZATION), Some(note_of(&store)));
}

#[test]
fn a_note_that_appears_while_the_store_runs_stops_it() {
    for wrong in [
        b"garbage".to_vec(),
        signed_by("evident.test/org_test", 7, 6),
        Vec::new(),
    ] {
        let anchor = memory_directory();
        let directory = grown(|| anchored(anchor.path()), &[5]);
        let store = open(directory.path(), anchored(anchor.path()));
        std::fs::write(anchor.path().join(ORGANIZATION), &wrong).unwrap();
        append(&store, events(5..6)).unwrap();
        let reason = stopped(&store);
        assert!(reason.contains("another"), "{reason}");
        assert_eq!(size_of(&note_of(&store)), 5);
        assert_eq!(
            note_in(anchor.path(), ORGANIZATION),
            Some(wrong.into()),
            "it is not written over"
        );
    }
}

#[test]
fn an_organization_that_the_anchor_knows_is_not_made_a_second_time() {
    let anchor = memory_directory();
    let directory = grown(|| anchored(anchor.path()), &[2]);
    let store = open(directory.path(), anchored(anchor.path()));
    // As after the key and the data of another log were lost.
    let note = signed_by("evident.test/org_lost", 9, 1);
    std::fs::write(anchor.path().join("org_lost"), &note).unwrap();
    let key = evident_ledger::note::SigningKey::from_seed("evident.test/org_lost", [8; 32]);
    let refused = store.create_log("org_lost", key.unwrap()).unwrap_err();
    assert!(refused.to_string().contains("already"), "{refused}");
    assert!(!directory.path().join("keys/org_lost").exists());
    drop(store);
    let store = Store::open(directory.path(), anchored(anchor.path())).unwrap();
    assert_eq!(store.health(), Condition::Accepting);
    assert_eq!(std::fs::read(anchor.path().join("org_lost")).unwrap(), note);
}
