//! Events, their rows, their seeds and the hashes of their leaves, changed.

use std::path::{Path, PathBuf};

use evident_ledger::HASH_BYTES;

use super::made::{EVENTS, FIRST, Made, OF_FIRST, SECOND, Shape, id_of};
use super::{kinds, told, verified};
use crate::durable::Durable;
use crate::layout;
use crate::segment::rows::RowsWriter;
use crate::segment::sealed::ROWS_FILE;
use crate::verify::report::{Kind, MAX_FINDINGS};

/// The rows of the first segment: its file, and each row.
pub(super) fn first_segment(made: &Made) -> (PathBuf, Vec<Vec<u8>>) {
    let manifest = made.read(layout::MANIFEST.as_ref());
    let manifest = crate::segment::meta::Manifest::decode(&manifest).unwrap();
    let file = manifest.segments[0].folder().join(ROWS_FILE);
    let mut frames = super::super::frames::Frames::open(&made.path().join(&file)).unwrap();
    let mut rows = Vec::new();
    for number in 0..frames.count() {
        let frame = frames.read(number).unwrap();
        rows.extend(super::super::frames::rows_of(frame).map(<[u8]>::to_vec));
    }
    (file, rows)
}

/// The same rows with other contents, in a file as a segment has it.
pub(super) fn write_rows(made: &Made, file: &Path, rows: &[Vec<u8>]) {
    let mut writer = RowsWriter::new(3).unwrap();
    let mut bytes = Vec::new();
    for row in rows {
        writer.push(row, &mut bytes).unwrap();
    }
    writer.finish(&mut bytes).unwrap();
    made.write(file, &bytes);
}

pub(super) fn replace(row: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(std::mem::take(row)).unwrap();
    assert!(text.contains(from), "{text}");
    *row = text.replace(from, to).into_bytes();
}

#[test]
fn an_event_that_was_changed_in_a_segment_is_named() {
    let made = Made::new();
    let (file, mut rows) = first_segment(&made);
    // The rows of a batch: 20 of the first, then 10 of the second.
    replace(&mut rows[25], "xxxxxxxxxx", "xxxxxxxxxy");
    write_rows(&made, &file, &rows);
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Event], "{:?}", told(&report));
    let finding = &report.findings.listed[0];
    assert_eq!(finding.organization_id.as_deref(), Some(SECOND));
    assert_eq!(
        (finding.index, finding.event_id),
        (Some(5), Some(id_of(15)))
    );
    let what = format!(
        "the event {} (leaf 5 of {SECOND}, row 25 of {}) is not what its leaf commits to",
        id_of(15),
        file.display()
    );
    assert_eq!(finding.what, what);
    assert_eq!(report.counts.events, EVENTS - 1);
}

#[test]
fn every_member_that_a_leaf_is_made_of_is_under_it() {
    let changes = [
        ("\"received_at\":\"2026", "\"received_at\":\"2025"),
        ("\"occurred_at\":\"2026", "\"occurred_at\":\"2025"),
        (FIRST, SECOND),
        ("\"organization_id\"", "\"organization_ie\""),
    ];
    for (from, to) in changes {
        let made = Made::new();
        let (file, mut rows) = first_segment(&made);
        replace(&mut rows[3], from, to);
        write_rows(&made, &file, &rows);
        let report = verified(made.path());
        assert!(report.findings.differs, "{from}");
        assert!(!report.findings.is_empty(), "{from}");
    }
}

#[test]
fn rows_that_changed_places_are_named_both() {
    let made = Made::new();
    let (file, mut rows) = first_segment(&made);
    rows.swap(2, 9);
    write_rows(&made, &file, &rows);
    let report = verified(made.path());
    let indexes: Vec<_> = report
        .findings
        .listed
        .iter()
        .map(|finding| finding.index)
        .collect();
    assert_eq!(indexes, [Some(2), Some(9)], "{:?}", told(&report));
}

#[test]
fn a_row_that_is_missing_or_comes_twice_is_found() {
    let made = Made::new();
    let (file, rows) = first_segment(&made);
    for change in [
        (|rows: &mut Vec<Vec<u8>>| drop(rows.remove(7))) as fn(&mut Vec<Vec<u8>>),
        |rows| rows.insert(7, rows[6].clone()),
        |rows| drop(rows.pop()),
        |rows| rows[7] = rows[6].clone(),
    ] {
        let mut changed = rows.clone();
        change(&mut changed);
        write_rows(&made, &file, &changed);
        let report = verified(made.path());
        let shown = file.display().to_string();
        assert!(report.findings.differs, "{:?}", told(&report));
        assert!(told(&report).iter().any(|what| what.contains(&shown)));
    }
}

#[test]
fn a_frame_that_is_lost_costs_its_own_rows_alone() {
    let made = Made::of(Shape {
        segment_rows: 192,
        description_bytes: 2_000,
    });
    let (file, rows) = first_segment(&made);
    let mut lost = 0;
    made.change(&file, |bytes| {
        let at = bytes.len() / 2;
        bytes[at] ^= 0x10;
    });
    let mut frames = super::super::frames::Frames::open(&made.path().join(&file)).unwrap();
    assert!(frames.count() > 4, "the rows are in several frames");
    for number in 0..frames.count() {
        lost += u64::from(frames.read(number).is_err());
    }
    assert_eq!(lost, 1);
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Rows], "{:?}", told(&report));
    let finding = &report.findings.listed[0];
    assert!(finding.byte.is_some() && finding.file == Some(file));
    let verified = report.counts.events;
    assert!(
        verified < EVENTS && verified > EVENTS - rows.len() as u64 / 3,
        "{verified}"
    );
}

#[test]
fn a_changed_row_behind_a_lost_one_does_not_hide_where_those_behind_it_belong() {
    let made = Made::new();
    let (file, mut rows) = first_segment(&made);
    rows[3] = b"{}".to_vec();
    replace(&mut rows[4], "xxxxxxxxxx", "xxxxxxxxxy");
    write_rows(&made, &file, &rows);
    let report = verified(made.path());
    assert_eq!(
        kinds(&report),
        [Kind::Rows, Kind::Event],
        "{:?}",
        told(&report)
    );
    assert_eq!(report.counts.events, EVENTS - 2);
}

#[test]
fn a_hash_that_was_changed_is_told_from_an_event_that_was() {
    let made = Made::new();
    // In the segments, the last, and in the write-ahead log.
    for index in [17, 200, OF_FIRST - 1] {
        let copy = made.copy();
        let level = layout::level_file(FIRST, 0);
        let byte = index * HASH_BYTES as u64;
        copy.change(&level, |bytes| bytes[byte as usize + 3] ^= 1);
        let report = verified(copy.path());
        assert_eq!(kinds(&report), [Kind::Hashes], "{:?}", told(&report));
        let finding = &report.findings.listed[0];
        assert_eq!((finding.index, finding.byte), (Some(index), Some(byte)));
        assert_eq!(finding.file, Some(level));
    }
}

#[test]
fn an_event_changed_with_its_hash_is_found_by_the_signed_root() {
    let made = Made::new();
    let (file, mut rows) = first_segment(&made);
    replace(&mut rows[0], "xxxxxxxxxx", "xxxxxxxxxy");
    write_rows(&made, &file, &rows);
    // The leaf is made to fit the event, as whoever changed both would do.
    let seeds = &mut crate::seeds::Seeds::new(&Durable::for_reading(made.path()));
    let told_of_row = super::super::row::Told::read(&rows[0]).unwrap();
    let leaf = super::super::leaves::leaf_of(seeds, 0, &told_of_row, &rows[0]).unwrap();
    made.change(&layout::level_file(FIRST, 0), |bytes| {
        bytes[..HASH_BYTES].copy_from_slice(&leaf.0);
    });
    let report = verified(made.path());
    let told = told(&report);
    assert!(
        told.iter().any(|what| what.contains("record 1 ")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|what| what.contains("do not lead to its root")),
        "{told:?}"
    );
}

#[test]
fn hashes_of_higher_levels_and_files_that_end_early_are_found() {
    let made = Made::new();
    let level = layout::level_file(FIRST, 1);
    made.change(&level, |bytes| bytes[5] ^= 1);
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Hashes]);
    assert_eq!(report.findings.listed[0].file, Some(level.clone()));
    made.write(&level, b"");
    assert!(told(&verified(made.path()))[0].contains("it ends at byte 0"));

    let made = Made::new();
    let level = layout::level_file(SECOND, 0);
    made.change(&level, |bytes| bytes.truncate(100 * HASH_BYTES));
    let report = verified(made.path());
    assert!(
        told(&report)[0].contains("it ends after 100 leaves"),
        "{:?}",
        told(&report)
    );
}

#[test]
fn a_seed_that_was_changed_fits_no_event_and_one_that_is_missing_is_named() {
    let made = Made::new();
    let file = layout::seed_file(0);
    made.change(&file, |bytes| {
        bytes[20] ^= 1;
        let checksum = crc32c::crc32c(&bytes[..48]);
        bytes[48..52].copy_from_slice(&checksum.to_le_bytes());
    });
    let report = verified(made.path());
    assert_eq!(report.findings.listed.len(), MAX_FINDINGS);
    assert_eq!(report.findings.more, EVENTS - MAX_FINDINGS as u64);
    assert!(kinds(&report).iter().all(|kind| *kind == Kind::Event));
    assert_eq!(report.counts.events, 0);
    std::fs::remove_file(made.path().join(&file)).unwrap();
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Seed], "{:?}", told(&report));
    assert_eq!(report.findings.listed[0].file, Some(file));
}

/// Changes a frame of the write-ahead log, the last place in it where this is, checksums and all.
pub(super) fn change_frame(bytes: &mut [u8], frame: usize, from: &[u8], to: &[u8]) {
    let length = u32::from_le_bytes(bytes[frame + 8..frame + 12].try_into().unwrap());
    let end = frame + length as usize;
    let at = frame + memchr::memmem::rfind(&bytes[frame..end], from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    let payload = crc32c::crc32c(&bytes[frame + 48..end]);
    bytes[frame + 40..frame + 44].copy_from_slice(&payload.to_le_bytes());
    let header = crc32c::crc32c(&bytes[frame..frame + 44]);
    bytes[frame + 44..frame + 48].copy_from_slice(&header.to_le_bytes());
}

/// Changes the newest event in the write-ahead log.
pub(super) fn change_newest(made: &Made, from: &[u8], to: &[u8]) -> PathBuf {
    let file = layout::wal_file(0);
    made.change(&file, |bytes| {
        let mark = bytes[32..40].to_vec();
        let frame = memchr::memmem::rfind(bytes, &mark).unwrap();
        change_frame(bytes, frame, from, to);
    });
    file
}

#[test]
fn an_event_that_was_changed_in_the_write_ahead_log_is_named() {
    let made = Made::new();
    let file = change_newest(&made, b"xxxxxxxxxx", b"xxxxxxxxxy");
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Event], "{:?}", told(&report));
    let finding = &report.findings.listed[0];
    let last = EVENTS - OF_FIRST - 1;
    assert_eq!(
        (finding.index, finding.event_id),
        (Some(last), Some(id_of(597)))
    );
    assert!(finding.byte.is_some() && finding.file == Some(file));
    // What a frame says beside the event is held against it.
    change_newest(&made, SECOND.as_bytes(), b"org_secone");
    let report = verified(made.path());
    assert!(
        told(&report)[0].contains("not the one that its frame says"),
        "{:?}",
        told(&report)
    );
}

#[test]
fn the_newest_events_cannot_go_unnoticed() {
    let made = Made::new();
    let file = layout::wal_file(0);
    made.change(&file, |bytes| {
        let mark = bytes[32..40].to_vec();
        let frame = memchr::memmem::rfind(bytes, &mark).unwrap();
        bytes.truncate(frame);
    });
    let report = verified(made.path());
    let told = told(&report);
    assert!(
        told.iter().any(
            |what| what.contains("a checkpoint of size 200 was published, and only 190 leaves")
        ),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|what| what.contains("the newest events are missing")),
        "{told:?}"
    );
    // With the hashes cut to fit, the checkpoint still tells.
    made.change(&layout::level_file(SECOND, 0), |bytes| {
        bytes.truncate(190 * HASH_BYTES)
    });
    assert_eq!(kinds(&verified(made.path())), [Kind::Checkpoint]);
}
