//! Hashes that cannot be read: what was to be held against them is not known to be right.

use std::path::{Path, PathBuf};

use super::super::segment::verify_segment;
use super::super::shared::Shared;
use super::super::wal::verify_wal;
use super::events::{change_newest, first_segment, replace, write_rows};
use super::made::{EVENTS, FIRST, Made, OF_FIRST, SECOND};
use super::{kinds, told, verified};
use crate::durable::Durable;
use crate::layout;
use crate::segment::meta::Manifest;
use crate::verify::Kind;

/// Makes reading a file fail, as a disk would, also for whoever may read everything: its name leads
/// to itself.
fn make_unreadable(made: &Made, file: &Path) {
    let path = made.path().join(file);
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(path.file_name().unwrap(), &path).unwrap();
}

/// What the rows alone come to: how many hold, and the files that they could not be held against.
fn rows_alone(made: &Made) -> (u64, Vec<PathBuf>) {
    let durable = Durable::for_reading(made.path());
    let manifest = Manifest::decode(&made.read(layout::MANIFEST.as_ref())).unwrap();
    let shared = Shared::new(&durable, 0, &|_| ());
    let mut events = verify_wal(&shared, &manifest).counts.events;
    for listed in &manifest.segments {
        events += verify_segment(&shared, listed).counts.events;
    }
    let unreadable = shared.into_told().unreadable;
    (events, unreadable.into_keys().collect())
}

#[test]
fn rows_whose_hashes_cannot_be_read_are_not_verified_and_their_file_is_named_once() {
    let made = Made::new();
    assert_eq!(rows_alone(&made), (EVENTS, Vec::new()));
    // One that is in a segment, and one that is in the write-ahead log alone.
    let (file, mut rows) = first_segment(&made);
    replace(&mut rows[3], "xxxxxxxxxx", "xxxxxxxxxy");
    write_rows(&made, &file, &rows);
    change_newest(&made, b"xxxxxxxxxx", b"xxxxxxxxxy");
    let mut there = EVENTS;
    let mut files = Vec::new();
    for (id, events) in [(FIRST, OF_FIRST), (SECOND, EVENTS - OF_FIRST)] {
        make_unreadable(&made, &layout::level_file(id, 0));
        files.push(layout::level_file(id, 0));
        there -= events;
        let (verified, unreadable) = rows_alone(&made);
        // The newest is of the second.
        assert_eq!(verified, there.saturating_sub(1));
        assert_eq!(unreadable, files);
    }
}

#[test]
fn hashes_that_cannot_be_read_are_told_of_and_nothing_is_concluded_from_it() {
    let made = Made::new();
    let level = layout::level_file(FIRST, 0);
    make_unreadable(&made, &level);
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Unreadable], "{:?}", told(&report));
    assert_eq!(report.findings.listed[0].file, Some(level));
    assert!(!report.findings.differs);
    assert_eq!(report.counts.events, EVENTS - OF_FIRST);
}

#[test]
fn a_higher_level_that_cannot_be_read_is_not_said_to_end() {
    let made = Made::new();
    let level = layout::level_file(FIRST, 1);
    make_unreadable(&made, &level);
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Unreadable], "{:?}", told(&report));
    assert_eq!(report.findings.listed[0].file, Some(level));
}

#[test]
fn records_that_cannot_be_read_are_not_said_to_be_missing() {
    let made = Made::new();
    let file = layout::history_file(FIRST);
    make_unreadable(&made, &file);
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Unreadable], "{:?}", told(&report));
    assert_eq!(report.findings.listed[0].file, Some(file));
    assert_eq!(report.notes, [""; 0]);
}
