//! Directories from which rows were removed: they hold, and what was removed is counted; rows that were cut
//! out by hand are missed.

use evident_ledger::HASH_BYTES;

use super::made::{EVENTS, FIRST, Made, OF_FIRST, SECOND};
use super::{kinds, told, verified};
use crate::check::fixtures::removing::{
    Removal, lines_of, manifest_of, remove, stub_of, write_lines, write_manifest,
};
use crate::layout;
use crate::segment::meta::{Listed, Manifest, RemovedRows};
use crate::segment::rows::Line;
use crate::verify::{Kind, Report};

/// A directory from which rows of the first organization were removed.
fn without(minimum_index: u64, goes: impl Fn(u64) -> bool) -> Made {
    let made = Made::new();
    let removal = Removal {
        organization_id: FIRST,
        minimum_index,
        goes: &goes,
    };
    remove(made.path(), &removal);
    made
}

/// A prefix is gone, and every fifth event behind it.
fn with_both() -> Made {
    without(256, |index| index < 256 || index < 330 && index % 5 == 0)
}

/// It holds, with so many events removed of the first organization.
fn holds(made: &Made, removed: u64) -> Report {
    let report = verified(made.path());
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(report.counts.removed, removed);
    assert_eq!(report.counts.events, EVENTS - removed);
    let [first, second] = &report.logs[..] else {
        panic!("two logs: {:?}", report.logs);
    };
    assert_eq!((first.events, first.removed), (OF_FIRST - removed, removed));
    assert_eq!((second.events, second.removed), (EVENTS - OF_FIRST, 0));
    assert_eq!(first.head.unwrap().0, OF_FIRST, "the tree is as it was");
    report
}

#[test]
fn a_directory_without_a_prefix_with_holes_or_with_both_holds_and_tells_how_many_are_gone() {
    assert_eq!(holds(&Made::new(), 0).counts.checkpoints, 10);
    let cut = holds(&without(256, |index| index < 256), 256);
    assert_eq!(
        cut.counts.checkpoints, 10,
        "those below the first event too"
    );
    holds(&without(0, |index| index < 300 && index % 3 == 1), 100);
    holds(&with_both(), 256 + 14);
    // What is below the minimum index stays as stubs while an older event is there.
    holds(&without(256, |index| (10..256).contains(&index)), 246);
}

#[test]
fn an_index_is_not_believed_about_stubs_either() {
    let made = with_both();
    for listed in manifest_of(made.path()).segments {
        made.write(&listed.folder().join("index"), b"");
        made.write(&listed.folder().join("meta.json"), b"");
    }
    holds(&made, 256 + 14);
}

/// The segment that has this position, its lines, and the line's place.
fn line_at(made: &Made, position: u64) -> (Listed, Vec<Vec<u8>>, usize) {
    let segments = manifest_of(made.path()).segments.into_iter();
    let mut of_position =
        segments.filter(|listed| (listed.first_position..listed.end()).contains(&position));
    let listed = of_position.next().unwrap();
    let lines = lines_of(made.path(), &listed);
    let place = usize::try_from(position - listed.first_position).unwrap();
    (listed, lines, place)
}

/// The positions of the first organization's stubs.
fn stubs(made: &Made) -> Vec<u64> {
    let mut positions = Vec::new();
    for listed in manifest_of(made.path()).segments {
        let lines = lines_of(made.path(), &listed);
        let is_stub = |line: &[u8]| matches!(Line::read(line).unwrap(), Line::Stub(_));
        let found = (listed.first_position..).zip(&lines);
        positions.extend(found.filter(|(_, line)| is_stub(line)).map(|(at, _)| at));
    }
    positions
}

/// The position of an event of the first organization that is in a segment behind the prefix.
fn an_event(made: &Made) -> u64 {
    let listed = manifest_of(made.path()).segments.pop().unwrap();
    let lines = lines_of(made.path(), &listed);
    let is_ours = |line: &[u8]| {
        Line::is_event(line) && memchr::memmem::find(line, FIRST.as_bytes()).is_some()
    };
    let place = lines.iter().position(|line| is_ours(line)).unwrap();
    listed.first_position + place as u64
}

/// Changes the line at a position.
fn change_line(made: &Made, position: u64, change: impl FnOnce(&mut Vec<u8>)) {
    let (listed, mut lines, place) = line_at(made, position);
    change(&mut lines[place]);
    write_lines(made.path(), &listed, &lines);
}

fn change_manifest(made: &Made, change: impl FnOnce(&mut Manifest)) {
    let mut manifest = manifest_of(made.path());
    change(&mut manifest);
    write_manifest(made.path(), &manifest);
}

#[test]
fn a_stub_that_was_altered_is_named() {
    let made = with_both();
    let position = stubs(&made)[3];
    change_line(&made, position, |line| {
        let at = "{\"entry\":\"".len() + 40;
        line[at] = if line[at] == b'A' { b'B' } else { b'A' };
    });
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Event], "{:?}", told(&report));
    let finding = &report.findings.listed[0];
    // The stubs are those of 260, 265, 270, 275, …
    assert_eq!(finding.organization_id.as_deref(), Some(FIRST));
    assert_eq!(finding.index, Some(275));
    assert!(
        finding.what.contains("what was left of the event"),
        "{}",
        finding.what
    );
}

#[test]
fn stubs_of_other_events_are_named_both() {
    let made = with_both();
    let stubs = stubs(&made);
    let (listed, mut lines, a) = line_at(&made, stubs[0]);
    let b = usize::try_from(stubs[1] - listed.first_position).unwrap();
    lines.swap(a, b);
    write_lines(made.path(), &listed, &lines);
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Event; 2], "{:?}", told(&report));
}

#[test]
fn a_stub_that_was_cut_out_is_missed() {
    // With nothing in its place.
    let made = with_both();
    let position = stubs(&made)[3];
    change_line(&made, position, Vec::clear);
    let found = told(&verified(made.path()));
    assert!(
        found.iter().any(|what| what.contains("rows.ndjson.zst")),
        "{found:?}"
    );
    // And with a list of segments that says so.
    change_manifest(&made, |manifest| {
        let mut cut = 0;
        for listed in &mut manifest.segments {
            let has_it = (listed.first_position..listed.end()).contains(&position);
            for rows in &mut listed.organizations {
                if rows.id == FIRST {
                    rows.first_index -= cut;
                    rows.rows -= u32::from(has_it);
                }
            }
            cut += u64::from(has_it);
        }
        manifest.removed[0].events -= 1;
    });
    let report = verified(made.path());
    let kinds = kinds(&report);
    assert!(
        kinds.contains(&Kind::Event),
        "each row behind it is another leaf: {kinds:?}"
    );
    assert!(report.findings.differs);
}

#[test]
fn an_event_that_became_a_stub_without_being_counted_is_found() {
    let made = with_both();
    let position = an_event(&made);
    let data = made.path().to_owned();
    change_line(&made, position, |line| {
        *line = stub_of(&data, position, line)
    });
    let found = told(&verified(made.path()));
    assert!(
        found.iter().any(|what| what.contains("stubs of")),
        "{found:?}"
    );
    // With a list of segments that counts it, what was removed has to count it as well.
    change_manifest(&made, |manifest| {
        let listed = manifest.segments.last_mut().unwrap();
        listed.events = Some(listed.events() - 1);
        let of = listed.organizations.iter_mut();
        let rows = of.into_iter().find(|rows| rows.id == FIRST).unwrap();
        rows.events = Some(rows.events() - 1);
    });
    let report = verified(made.path());
    assert_eq!(kinds(&report)[0], Kind::Rows, "{:?}", told(&report));
    assert!(
        told(&report)[0].contains("the manifest has 270 removed"),
        "{:?}",
        told(&report)
    );
    // Counted all through, it is what a removal leaves: whoever runs the server may remove.
    change_manifest(&made, |manifest| {
        let index = manifest.segments.last().unwrap().organizations[0].first_index;
        let removed = &mut manifest.removed[0];
        removed.events += 1;
        removed.bytes += 100;
        removed.end_index = removed.end_index.max(index + 1);
    });
    holds(&made, 271);
}

#[test]
fn a_prefix_that_was_cut_off_is_missed_unless_the_manifest_has_it_removed() {
    let cut = |first_index: u64, minimum_index: u64| {
        let made = without(256, |index| index < 256);
        change_manifest(&made, |manifest| {
            let removed: &mut RemovedRows = &mut manifest.removed[0];
            removed.first_index = first_index;
            removed.minimum_index = minimum_index;
            removed.events = first_index;
            removed.end_index = first_index.max(minimum_index);
        });
        verified(made.path())
    };
    assert_eq!(told(&cut(256, 256)), [""; 0]);
    // The rows are fewer than the positions, and none may be gone that the minimum index does not cover.
    let found = told(&cut(256, 0));
    assert!(
        found.iter().any(|what| what.contains("minimum index")),
        "{found:?}"
    );
    for first_index in [0, 255, 257] {
        assert!(cut(first_index, 256).findings.differs, "{first_index}");
    }
    let found = told(&cut(256, 512));
    assert!(!found.is_empty(), "no checkpoint covers that many");
}

#[test]
fn rows_that_were_taken_out_of_a_directory_that_has_none_removed_are_missed() {
    let made = Made::new();
    let position = an_event(&made);
    let data = made.path().to_owned();
    change_line(&made, position, |line| {
        *line = stub_of(&data, position, line)
    });
    change_manifest(&made, |manifest| {
        let listed = manifest.segments.last_mut().unwrap();
        listed.events = Some(listed.events() - 1);
        let of = listed.organizations.iter_mut();
        let rows = of.into_iter().find(|rows| rows.id == FIRST).unwrap();
        rows.events = Some(rows.events() - 1);
    });
    let found = told(&verified(made.path()));
    assert!(
        found
            .iter()
            .any(|what| what.contains("none of its events removed")),
        "{found:?}"
    );
}

#[test]
fn the_hash_of_a_row_that_left_nothing_is_under_the_signed_roots() {
    let made = without(256, |index| index < 256);
    made.change(&layout::level_file(FIRST, 0), |bytes| {
        bytes[100 * HASH_BYTES] ^= 1;
    });
    let report = verified(made.path());
    let kinds = kinds(&report);
    assert!(
        kinds.contains(&Kind::Hashes) && kinds.contains(&Kind::Checkpoint),
        "{:?}",
        told(&report)
    );
    assert!(report.logs.iter().any(|log| log.organization_id == SECOND));
}

#[test]
fn rows_that_cannot_be_read_are_not_taken_for_removed() {
    let made = with_both();
    let position = stubs(&made)[0];
    let (listed, lines, _) = line_at(&made, position);
    write_lines(made.path(), &listed, &lines[..lines.len() - 2]);
    let report = verified(made.path());
    assert!(report.findings.differs, "{:?}", told(&report));
    let file = listed.folder().join("rows.ndjson.zst");
    std::fs::write(made.path().join(&file), b"").unwrap();
    let found = told(&verified(made.path()));
    assert!(
        found.iter().all(|what| what.contains("rows.ndjson.zst")),
        "{found:?}"
    );
}
