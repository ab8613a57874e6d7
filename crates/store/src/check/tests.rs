//! What a check must find, and what must and must not be made anew.

mod flips;
mod rebuilding;
mod removal;

use std::path::Path;

use super::fixtures::{Directory, OTHER, Rows, options};
use super::*;
use crate::disk::read_files;
use crate::layout;

pub(super) fn checked(directory: &Path) -> Report {
    check(directory, &|_| ()).unwrap()
}

/// The findings that tell of damage, as they are shown.
fn told(report: &Report) -> Vec<String> {
    report.damage().map(ToString::to_string).collect()
}

#[test]
fn a_healthy_directory_has_no_findings_and_all_of_it_was_looked_at() {
    let directory = Directory::make();
    let before = read_files(directory.path());
    let report = checked(directory.path());
    assert_eq!(report.findings, []);
    let counts = report.counts;
    assert_eq!(
        (counts.segments, counts.rows, counts.leaves, counts.logs),
        (3, 14, 14, 2)
    );
    assert_eq!(
        read_files(directory.path()),
        before,
        "a check writes nothing"
    );
}

#[test]
fn a_directory_without_segments_has_no_findings() {
    let directory = Directory::without_segments();
    let report = checked(directory.path());
    assert_eq!(report.findings, []);
    assert_eq!((report.counts.segments, report.counts.rows), (0, 14));
}

#[test]
fn a_directory_in_use_and_one_that_is_none_are_refused() {
    let directory = Directory::make();
    let store = crate::Store::open(directory.path(), options()).unwrap();
    let refused = check(directory.path(), &|_| ());
    assert!(matches!(refused, Err(CheckError::Locked(_))), "{refused:?}");
    drop(store);
    let empty = tempfile::tempdir().unwrap();
    let refused = check(empty.path(), &|_| ());
    assert!(
        matches!(refused, Err(CheckError::NoDirectory(_))),
        "{refused:?}"
    );
    assert!(read_files(empty.path()).is_empty(), "nothing is made");
}

#[test]
fn an_index_whose_checksums_are_right_is_held_against_the_rows() {
    type Change = fn(&str) -> String;
    let changes: [(Change, &str); 4] = [
        (
            |row| row.replace(r#""id":"u1""#, r#""id":"u9""#),
            "actor.id",
        ),
        (
            |row| row.replace(r#""team":"blue""#, r#""team":"reds""#),
            "metadata.team",
        ),
        (
            |row| row.replace("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaab"),
            "`ids`",
        ),
        (
            |row| row.replace(r#""attempt_id":"try-1""#, r#""attempt_id":"try-9""#),
            "@open",
        ),
    ];
    for (change, part) in changes {
        let directory = Directory::sealed(|row| Rows {
            indexed: change(row),
            ..Rows::of(row)
        });
        let told = told(&checked(directory.path()));
        assert!(
            told.iter().any(|what| what.contains(part)),
            "{part}: {told:?}"
        );
        assert!(told.iter().all(|what| what.contains("/index")), "{told:?}");
        let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
        assert!(!rebuilt.made.is_empty(), "{rebuilt:?}");
        assert_eq!(checked(directory.path()).findings, []);
    }
}

#[test]
fn times_that_are_not_those_of_the_rows_are_found() {
    let directory = Directory::sealed(|row| Rows {
        later_by: 1,
        ..Rows::of(row)
    });
    let told = told(&checked(directory.path()));
    assert!(told.iter().any(|what| what.contains("`times`")), "{told:?}");
    assert!(
        told.iter().any(|what| what.contains("meta.json")),
        "{told:?}"
    );
    assert!(
        told.iter().any(|what| what.contains("were received")),
        "{told:?}"
    );
}

#[test]
fn a_group_in_several_files_has_no_findings_and_a_missing_one_of_them_is_found() {
    let directory = Directory::cut_early();
    let files = |directory: &Directory| {
        let all = read_files(directory.path()).into_keys();
        all.filter(|name| name.starts_with(layout::WAL))
            .collect::<Vec<_>>()
    };
    let names = [layout::wal_file(0), layout::further_wal_file(0, 5)];
    assert!(files(&directory).iter().all(|name| names.contains(name)));
    assert_eq!(files(&directory).len(), 2, "the first has no segment yet");
    let report = checked(directory.path());
    assert_eq!(report.findings, []);
    assert_eq!(report.counts.rows, 14);
    for (name, what) in [(&names[0], "are nowhere"), (&names[1], "is missing")] {
        let copy = directory.copy();
        std::fs::remove_file(copy.path().join(name)).unwrap();
        let report = checked(copy.path());
        assert!(!report.is_clean(), "{what}: {:?}", told(&report));
    }
    // A file under the name of another place.
    let moved = directory.path().join(layout::further_wal_file(0, 6));
    std::fs::rename(directory.path().join(&names[1]), moved).unwrap();
    let told = told(&checked(directory.path()));
    assert!(
        told.iter().any(|what| what.contains("its name says 6")),
        "{told:?}"
    );
}

#[test]
fn a_directory_that_was_sealed_early_has_no_findings_and_can_be_rebuilt() {
    let directory = Directory::sealed_early();
    let report = checked(directory.path());
    assert_eq!(report.findings, []);
    let counts = report.counts;
    assert_eq!((counts.segments, counts.rows, counts.leaves), (5, 14, 14));
    let manifest = directory.path().join(layout::MANIFEST);
    std::fs::remove_file(manifest).unwrap();
    let report = checked(directory.path());
    assert!(!report.is_clean(), "{:?}", told(&report));
    let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
    assert!(!rebuilt.made.is_empty(), "{rebuilt:?}");
    assert_eq!(checked(directory.path()).findings, []);
}

#[test]
fn a_missing_file_of_any_kind_is_found_under_its_name() {
    let healthy = Directory::make();
    for name in read_files(healthy.path()).into_keys() {
        if name == Path::new(layout::LOCK) {
            continue;
        }
        let copy = healthy.copy();
        std::fs::remove_file(copy.path().join(&name)).unwrap();
        let report = checked(copy.path());
        // The log has all rows from position 0 on here, so nothing is lost with the manifest.
        if name == Path::new(layout::MANIFEST) {
            assert!(report.is_clean() && !report.findings.is_empty());
            continue;
        }
        let of_wal = name.starts_with(layout::WAL);
        let named = report
            .damage()
            .any(|finding| finding.file == name || of_wal && finding.file.starts_with(layout::WAL));
        assert!(named, "{}: {:?}", name.display(), told(&report));
    }
}

#[test]
fn what_a_crash_leaves_is_no_damage() {
    let directory = Directory::make();
    let left = directory.path().join(layout::segment_folder(12, 2, 77));
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("rows.ndjson.zst"), b"half").unwrap();
    std::fs::write(directory.path().join("wal/0000000000000001.wal.new"), b"").unwrap();
    let wal = directory.path().join(layout::wal_file(0));
    let mut bytes = std::fs::read(&wal).unwrap();
    let whole = bytes.len() as u64;
    bytes.extend_from_slice(b"torn");
    std::fs::write(&wal, bytes).unwrap();
    let report = checked(directory.path());
    assert!(report.is_clean(), "{:?}", told(&report));
    assert_eq!(report.findings.len(), 3, "{:?}", report.findings);
    let torn = report
        .findings
        .iter()
        .find(|finding| finding.file == layout::wal_file(0));
    assert_eq!(torn.unwrap().offset, Some(whole));
}

#[test]
fn a_log_that_has_lost_its_newest_events_is_found() {
    let directory = Directory::make();
    let path = directory.path().join(layout::wal_file(0));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let told = told(&checked(directory.path()));
    assert!(
        told.iter()
            .any(|what| what.contains(&format!("of {OTHER} were published"))),
        "{told:?}"
    );
}

#[test]
fn what_a_store_has_sealed_and_compacted_has_no_findings_and_is_made_anew_alike() {
    let directory = Directory::compacted();
    let report = checked(directory.path());
    assert_eq!(report.findings, []);
    assert_eq!((report.counts.segments, report.counts.rows), (6, 50));
    let names = read_files(directory.path()).into_keys();
    let indexes: Vec<_> = names.filter(|name| name.ends_with("index")).collect();
    assert_eq!(indexes.len(), 6);
    for name in indexes {
        std::fs::write(directory.path().join(name), b"").unwrap();
    }
    assert!(!checked(directory.path()).is_clean());
    let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
    assert_eq!(
        (rebuilt.made.len(), rebuilt.refused.len()),
        (6, 0),
        "{rebuilt:?}"
    );
    let report = checked(directory.path());
    assert_eq!(report.findings, []);
    assert_eq!(report.counts.leaves, 50);
}

#[test]
fn rows_that_were_sealed_when_there_was_room_are_not_taken_for_damaged() {
    let directory = Directory::with_costly_rows();
    let report = checked(directory.path());
    assert!(report.findings.is_empty(), "{:?}", told(&report));
}

#[test]
fn a_manifest_that_is_lost_is_made_of_the_folders() {
    let directory = Directory::compacted();
    let manifest = directory.path().join(layout::MANIFEST);
    let before = std::fs::read(&manifest).unwrap();
    std::fs::write(&manifest, b"no manifest").unwrap();
    let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
    assert!(rebuilt.refused.is_empty(), "{rebuilt:?}");
    let made = Manifest::decode(&std::fs::read(&manifest).unwrap()).unwrap();
    assert_eq!(made.segments, Manifest::decode(&before).unwrap().segments);
    assert_eq!(checked(directory.path()).findings, []);
}
