//! What a verification must find, and must not.

mod events;
mod heads;
mod made;
mod removal;
mod unread;
mod unsigned;

use std::path::Path;

use self::made::{FIRST, Made, SECOND};
use super::*;
use crate::check::fixtures::Directory;

fn verified(directory: &Path) -> Report {
    verify(directory, &Known::default(), &|_| ()).unwrap()
}

fn told(report: &Report) -> Vec<String> {
    let listed = report.findings.listed.iter();
    listed.map(ToString::to_string).collect()
}

fn kinds(report: &Report) -> Vec<Kind> {
    let listed = report.findings.listed.iter();
    listed.map(|finding| finding.kind).collect()
}

#[test]
fn a_directory_as_a_store_leaves_it_holds_and_every_event_of_it_was_verified() {
    let made = Made::new();
    let before = crate::disk::read_files(made.path());
    let report = verified(made.path());
    assert_eq!(told(&report), [""; 0]);
    let counts = report.counts;
    assert_eq!(
        (counts.events, counts.logs, counts.not_covered),
        (made::EVENTS, 2, 0)
    );
    assert!(counts.segments >= 2, "{counts:?}");
    // Five records each, and these are all.
    assert_eq!((counts.checkpoints, counts.kept), (10, 0));
    let log = &report.logs[0];
    assert_eq!(
        (log.organization_id.as_str(), log.key_was_given),
        (FIRST, false)
    );
    assert_eq!(log.head.unwrap().0, log.events);
    let after = crate::disk::read_files(made.path());
    assert_eq!(after, before, "nothing is written");
}

#[test]
fn a_group_in_several_files_and_segments_that_were_sealed_early_are_read_to_their_ends() {
    for directory in [Directory::cut_early(), Directory::sealed_early()] {
        let report = verified(directory.path());
        assert_eq!(told(&report), [""; 0]);
        assert_eq!((report.counts.events, report.counts.not_covered), (14, 0));
    }
    let directory = Directory::cut_early();
    let further = layout::further_wal_file(0, 5);
    for (number, name) in [layout::wal_file(0), further].iter().enumerate() {
        let path = directory.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        let mark = bytes[32..40].to_vec();
        let frame = memchr::memmem::rfind(&bytes, &mark).unwrap();
        events::change_frame(&mut bytes, frame, b"as it was", b"as it is.");
        std::fs::write(&path, bytes).unwrap();
        let listed = verified(directory.path()).findings.listed;
        assert_eq!(listed.len(), number + 1, "{listed:?}");
        assert!(
            listed
                .iter()
                .any(|finding| finding.file.as_ref() == Some(name))
        );
    }
}

#[test]
fn a_directory_without_segments_and_one_of_an_older_release_hold() {
    let made = Made::of(made::Shape {
        segment_rows: u32::MAX,
        ..made::Shape::default()
    });
    assert_eq!(told(&verified(made.path())), [""; 0]);
    for id in [FIRST, SECOND] {
        std::fs::remove_file(made.path().join(layout::history_file(id))).unwrap();
    }
    let report = verified(made.path());
    assert_eq!(told(&report), [""; 0]);
    assert_eq!((report.counts.checkpoints, report.counts.segments), (2, 0));
    assert_eq!(report.notes.len(), 2, "{:?}", report.notes);
}

#[test]
fn a_directory_in_use_and_one_that_is_none_are_refused() {
    let made = Made::new();
    let store = crate::Store::open(made.path(), made::options()).unwrap();
    let refused = verify(made.path(), &Known::default(), &|_| ());
    assert!(
        matches!(refused, Err(VerifyError::Locked(_))),
        "{refused:?}"
    );
    drop(store);
    let empty = tempfile::tempdir().unwrap();
    let refused = verify(empty.path(), &Known::default(), &|_| ());
    assert!(
        matches!(refused, Err(VerifyError::NoDirectory(_))),
        "{refused:?}"
    );
    assert!(
        crate::disk::read_files(empty.path()).is_empty(),
        "nothing is made"
    );
}

#[test]
fn a_missing_file_of_any_kind_is_found_or_named() {
    let made = Made::new();
    let names = crate::disk::read_files(made.path()).into_keys();
    // An index is not believed, so it is not missed.
    let is_needless = |name: &Path| {
        let file = name.file_name().unwrap_or_default();
        file == "index" || file == "meta.json" || file == layout::LOCK
    };
    for name in names.filter(|name| !is_needless(name)) {
        let copy = made.copy();
        std::fs::remove_file(copy.path().join(&name)).unwrap();
        let shown = name.display().to_string();
        match verify(copy.path(), &Known::default(), &|_| ()) {
            Err(error) => {
                assert!(error.to_string().contains(&shown), "{shown}: {error}");
            }
            // Without the records it looks as an older release left it.
            Ok(report) if name.ends_with("checkpoints") => {
                assert!(
                    report.notes[0].contains("older releases"),
                    "{:?}",
                    report.notes
                );
            }
            // The write-ahead log has all events from the first one on here.
            Ok(report) if name == Path::new(layout::MANIFEST) => {
                assert_eq!(
                    (report.counts.events, report.counts.segments),
                    (made::EVENTS, 0)
                );
                assert!(
                    report.notes[0].contains("was not verified"),
                    "{:?}",
                    report.notes
                );
            }
            Ok(report) => {
                let told = told(&report);
                let of_wal = name.starts_with(layout::WAL);
                let named = |what: &String| what.contains(&shown) || of_wal;
                assert!(told.iter().any(named), "{shown}: {told:?}");
            }
        }
    }
}

#[test]
fn a_key_that_was_named_is_used_before_the_one_that_is_there() {
    let made = Made::new();
    let key = made::key(FIRST).verifier().clone();
    let named = |key: VerifierKey| Known {
        keys: vec![key],
        ..Known::default()
    };
    let report = verify(made.path(), &named(key.clone()), &|_| ()).unwrap();
    assert_eq!(told(&report), [""; 0]);
    assert!(report.logs[0].key_was_given && !report.logs[1].key_was_given);
    // A copy without the signing keys.
    std::fs::remove_file(made.path().join(layout::key_file(FIRST))).unwrap();
    let refused = verify(made.path(), &Known::default(), &|_| ()).unwrap_err();
    assert!(refused.to_string().contains("--key"), "{refused}");
    let report = verify(made.path(), &named(key), &|_| ()).unwrap();
    assert_eq!(told(&report), [""; 0]);
}

#[test]
fn another_key_than_the_logs_opens_nothing() {
    let made = Made::new();
    let other = made::key_of_seed(FIRST, 9).verifier().clone();
    let known = Known {
        keys: vec![other],
        ..Known::default()
    };
    let report = verify(made.path(), &known, &|_| ()).unwrap();
    let kinds = kinds(&report);
    assert!(
        kinds.contains(&Kind::Key) && kinds.contains(&Kind::Checkpoint),
        "{kinds:?}"
    );
    let unknown = made::key("org_unknown").verifier().clone();
    let known = Known {
        keys: vec![unknown],
        ..Known::default()
    };
    let report = verify(made.path(), &known, &|_| ()).unwrap();
    assert!(
        told(&report)[0].contains("no log of"),
        "{:?}",
        told(&report)
    );
}

#[test]
fn a_log_that_is_gone_with_its_key_is_missed() {
    let made = Made::of(made::Shape {
        segment_rows: u32::MAX,
        ..made::Shape::default()
    });
    std::fs::remove_file(made.path().join(layout::key_file(SECOND))).unwrap();
    std::fs::remove_dir_all(made.path().join(layout::log_directory(SECOND))).unwrap();
    let report = verified(made.path());
    let told = told(&report);
    assert!(
        told[0].contains(&format!("there are events of {SECOND}")),
        "{told:?}"
    );
}
