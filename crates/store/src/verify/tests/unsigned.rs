//! Events that are under no signature, since checkpoints were taken away or none was signed yet.

use evident_ledger::Hash;

use super::super::leaves::leaf_of;
use super::super::row::Told;
use super::events::{change_frame, first_segment, replace, write_rows};
use super::made::{EVENTS, FIRST, Made, OF_FIRST, key};
use super::{kinds, told, verified};
use crate::durable::Durable;
use crate::layout;
use crate::logs::history::{RECORD_BYTES, Record};
use crate::seeds::Seeds;
use crate::verify::{Kind, Known, Report, verify};

const WAS: &str = "xxxxxxxxxx";
const IS: &str = "xxxxxxxxxy";

/// Cuts a log's checkpoints to the first, of size 0, which needs no key.
fn forget_checkpoints(made: &Made, id: &str) {
    made.change(&layout::history_file(id), |bytes| {
        bytes.truncate(RECORD_BYTES)
    });
    let record = made.read(&layout::history_file(id));
    let record = Record::from_bytes(record.as_slice().try_into().unwrap()).unwrap();
    assert_eq!(record.size, 0);
    let note = record.note(key(id).verifier());
    made.write(&layout::checkpoint_file(id), note.as_bytes());
}

/// Changes an event of the first batch wherever it is, and the hashes to fit, and forgets what was signed.
fn forge(made: &Made) {
    let (file, mut rows) = first_segment(made);
    // The last of the batch's 20 rows.
    let row = &mut rows[19];
    replace(row, WAS, IS);
    let seeds = &mut Seeds::new(&Durable::for_reading(made.path()));
    let leaf = leaf_of(seeds, 19, &Told::read(row).unwrap(), row).unwrap();
    write_rows(made, &file, &rows);
    made.change(&layout::wal_file(0), |bytes| {
        let mark = bytes[32..40].to_vec();
        let first = memchr::memmem::find(bytes, WAS.as_bytes()).unwrap();
        let frame = memchr::memmem::rfind(&bytes[..first], &mark).unwrap();
        change_frame(bytes, frame, WAS.as_bytes(), IS.as_bytes());
    });
    let mut leaves = made.leaves(FIRST);
    leaves[19] = leaf;
    made.write_levels(FIRST, &leaves);
    forget_checkpoints(made, FIRST);
}

fn allowing(made: &Made) -> Report {
    let known = Known {
        allow_unsigned: true,
        ..Known::default()
    };
    verify(made.path(), &known, &|_| ()).unwrap()
}

#[test]
fn events_in_segments_that_no_checkpoint_covers_were_robbed_of_it() {
    let made = Made::new();
    let base = made.in_segments(FIRST);
    assert!(base > 0 && base < OF_FIRST);
    forge(&made);
    let report = verified(made.path());
    assert_eq!(
        kinds(&report),
        [Kind::Checkpoint, Kind::Unsigned],
        "{:?}",
        told(&report)
    );
    let what = format!(
        "{base} events in segments (leaves 0 to {}) are under no signature",
        base - 1
    );
    assert!(told(&report)[0].contains(&what), "{:?}", told(&report));
    let finding = &report.findings.listed[0];
    assert_eq!(
        (finding.size, finding.organization_id.as_deref()),
        (Some(0), Some(FIRST))
    );
    assert_eq!(report.counts.not_covered, OF_FIRST);
    // No server leaves that.
    assert_eq!(kinds(&allowing(&made)), [Kind::Checkpoint]);
}

#[test]
fn segments_that_are_covered_to_their_last_event_but_one_are_found_too() {
    let made = Made::new();
    let base = made.in_segments(FIRST);
    made.publish(FIRST, &[0, base - 1]);
    let report = allowing(&made);
    assert_eq!(kinds(&report), [Kind::Checkpoint], "{:?}", told(&report));
    let what = format!("1 events in segments (leaves {0} to {0})", base - 1);
    assert!(told(&report)[0].contains(&what), "{:?}", told(&report));
    made.publish(FIRST, &[0, base]);
    assert_eq!(told(&allowing(&made)), [""; 0]);
    // The newest checkpoint alone, as an older release left it.
    std::fs::remove_file(made.path().join(layout::history_file(FIRST))).unwrap();
    assert_eq!(told(&allowing(&made)), [""; 0]);
    let note = made.note(FIRST, base - 1, made.root(FIRST, base - 1));
    made.write(&layout::checkpoint_file(FIRST), &note);
    assert_eq!(kinds(&allowing(&made)), [Kind::Checkpoint]);
}

#[test]
fn a_signed_root_of_the_segments_that_is_not_that_of_the_leaves_is_told_of_once() {
    let made = Made::new();
    made.publish(FIRST, &[0, 100]);
    let base = made.in_segments(FIRST);
    let forged = super::made::record(&key(FIRST), base, Hash([3; 32]));
    made.change(&layout::history_file(FIRST), |bytes| bytes.extend(forged));
    let report = allowing(&made);
    assert_eq!(kinds(&report), [Kind::Checkpoint], "{:?}", told(&report));
    assert!(told(&report)[0].contains("do not lead to its root"));
}

#[test]
fn events_that_were_moved_out_of_the_segments_do_not_go_unnoticed() {
    let made = Made::new();
    forge(&made);
    // The write-ahead log has them all here.
    std::fs::remove_file(made.path().join(layout::MANIFEST)).unwrap();
    std::fs::remove_dir_all(made.path().join("segments")).unwrap();
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Unsigned], "{:?}", told(&report));
    assert!(report.findings.differs);
    let finding = &report.findings.listed[0];
    assert_eq!(
        (finding.index, finding.organization_id.as_deref()),
        (Some(0), Some(FIRST))
    );
    let what = format!("{OF_FIRST} events of {FIRST} (leaves 0 to 399) are under no signature");
    assert!(finding.what.starts_with(&what), "{}", finding.what);
    assert!(
        finding.what.contains("--allow-unsigned"),
        "{}",
        finding.what
    );
    // Whoever allows it is told all the same.
    let report = allowing(&made);
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(report.notes, [what]);
    assert_eq!(report.counts.not_covered, OF_FIRST);
}

#[test]
fn the_newest_events_of_a_server_that_was_killed_are_noted_if_that_is_allowed() {
    let made = Made::new();
    made.publish(FIRST, &[0, OF_FIRST - 1]);
    let report = verified(made.path());
    assert_eq!(kinds(&report), [Kind::Unsigned], "{:?}", told(&report));
    assert!(told(&report)[0].starts_with(&format!("1 events of {FIRST} (leaves 399 to 399)")));
    assert_eq!(report.counts.not_covered, 1);
    let report = allowing(&made);
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(report.counts.events, EVENTS);
    // It allows nothing else.
    let (file, mut rows) = first_segment(&made);
    replace(&mut rows[3], WAS, IS);
    write_rows(&made, &file, &rows);
    assert_eq!(kinds(&allowing(&made)), [Kind::Event]);
}

#[test]
fn heads_that_were_signed_and_not_shown_cover_events() {
    let made = Made::new();
    let note = made.note(FIRST, 0, made.root(FIRST, 0));
    made.write(&layout::checkpoint_file(FIRST), &note);
    let report = verified(made.path());
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(report.counts.not_covered, 0);
}
