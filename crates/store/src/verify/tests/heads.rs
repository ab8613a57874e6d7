//! Checkpoints, those of the directory and those that somebody kept, changed.

use evident_ledger::Hash;

use super::made::{FIRST, Made, OF_FIRST, key, key_of_seed, record, seal};
use super::{kinds, told, verified};
use crate::layout;
use crate::logs::history::RECORD_BYTES;
use crate::verify::{Kept, Kind, Known, Report, verify};

/// Changes the records of the first organization's log.
fn with_records(made: &Made, change: impl FnOnce(&mut Vec<u8>)) -> Report {
    let copy = made.copy();
    copy.change(&layout::history_file(FIRST), change);
    verified(copy.path())
}

fn only(report: &Report, kind: Kind, part: &str) {
    let told = told(report);
    assert!(kinds(report).iter().all(|found| *found == kind), "{told:?}");
    assert!(
        told.iter().any(|what| what.contains(part)),
        "{part}: {told:?}"
    );
}

#[test]
fn a_record_that_was_changed_is_named_with_its_place() {
    let made = Made::new();
    let at = 2 * RECORD_BYTES;
    // Its checksum is not made right.
    let report = with_records(&made, |bytes| bytes[at + 20] ^= 1);
    only(
        &report,
        Kind::Checkpoint,
        "record 2 does not match its checksum (byte 256)",
    );
    // Size, root and signature, with a checksum that is right.
    for byte in [0, 8, 39, 48, 111] {
        let report = with_records(&made, |bytes| {
            bytes[at + byte] ^= 1;
            seal(&mut bytes[at..at + RECORD_BYTES]);
        });
        only(&report, Kind::Checkpoint, "record 2 (byte 256)");
        only(&report, Kind::Checkpoint, "is invalid");
        assert_eq!(report.counts.checkpoints, 9);
    }
    // What the server's clock said is under no signature, and nothing relies on it.
    let report = with_records(&made, |bytes| {
        bytes[at + 40] ^= 1;
        seal(&mut bytes[at..at + RECORD_BYTES]);
    });
    assert!(report.findings.is_empty());
    let report = with_records(&made, |bytes| {
        bytes[at + 112] = 1;
        seal(&mut bytes[at..at + RECORD_BYTES]);
    });
    only(&report, Kind::Checkpoint, "record 2");
}

#[test]
fn another_root_that_the_log_signed_is_no_root_of_its_leaves() {
    let made = Made::new();
    let forged = record(&key(FIRST), 100, Hash([3; 32]));
    let report = with_records(&made, |bytes| {
        bytes[2 * RECORD_BYTES..3 * RECORD_BYTES].copy_from_slice(&forged);
    });
    only(
        &report,
        Kind::Checkpoint,
        "record 2 (byte 256), the checkpoint of size 100: the first 100 leaves",
    );
    assert_eq!(report.findings.listed.len(), 1, "{:?}", told(&report));
    assert_eq!(report.findings.listed[0].size, Some(100));
}

#[test]
fn records_of_another_key_are_refused() {
    let made = Made::new();
    let other = key_of_seed(FIRST, 9);
    let forged = record(&other, 100, made.root(FIRST, 100));
    let report = with_records(&made, |bytes| {
        bytes[2 * RECORD_BYTES..3 * RECORD_BYTES].copy_from_slice(&forged);
    });
    only(
        &report,
        Kind::Checkpoint,
        "record 2 (byte 256), the checkpoint of size 100, does not hold",
    );
}

#[test]
fn records_out_of_order_or_twice_are_found() {
    let made = Made::new();
    let report = with_records(&made, |bytes| {
        let (before, behind) = bytes.split_at_mut(2 * RECORD_BYTES);
        before[RECORD_BYTES..].swap_with_slice(&mut behind[..RECORD_BYTES]);
    });
    only(&report, Kind::Checkpoint, "stands behind one of size 100");
    let report = with_records(&made, |bytes| {
        let again = bytes[RECORD_BYTES..2 * RECORD_BYTES].to_vec();
        bytes.splice(RECORD_BYTES..RECORD_BYTES, again);
    });
    only(
        &report,
        Kind::Checkpoint,
        "record 2 (byte 256) is of size 1, and stands behind one of size 1",
    );
}

#[test]
fn a_last_record_that_is_missing_or_cut_off_is_found_unless_it_was_never_shown() {
    let made = Made::new();
    let last = 4 * RECORD_BYTES;
    let report = with_records(&made, |bytes| bytes.truncate(last));
    only(
        &report,
        Kind::Checkpoint,
        "the checkpoint of size 400, which log/org_first/checkpoint has, is not among its records",
    );
    let report = with_records(&made, |bytes| bytes.truncate(last + 100));
    only(
        &report,
        Kind::Checkpoint,
        "record 4, the last, is not whole",
    );
    // A crash while a further one was written.
    let report = with_records(&made, |bytes| bytes.extend([7; 50]));
    assert!(report.findings.is_empty(), "{:?}", told(&report));
    assert!(
        report.notes[0].contains("never shown"),
        "{:?}",
        report.notes
    );
    // A first one of a directory that had none.
    let report = with_records(&made, |bytes| *bytes = vec![7; 50]);
    assert!(report.findings.is_empty(), "{:?}", told(&report));
    assert!(
        report.notes[0].contains("older releases"),
        "{:?}",
        report.notes
    );
    // But the only checkpoint is held against the leaves then.
    let forged = made.copy();
    forged.write(&layout::history_file(FIRST), &[7; 50]);
    let note = forged.note(FIRST, OF_FIRST, Hash([3; 32]));
    forged.write(&layout::checkpoint_file(FIRST), &note);
    only(
        &verified(forged.path()),
        Kind::Checkpoint,
        "do not lead to its root",
    );
}

#[test]
fn the_newest_checkpoint_may_be_any_of_the_records_and_nothing_else() {
    let made = Made::new();
    // Heads are signed before they are shown, and sealing and an anchor that is away keep them so.
    for size in [0, 1, 100, OF_FIRST / 2 + 13] {
        let behind = made.copy();
        let note = behind.note(FIRST, size, behind.root(FIRST, size));
        behind.write(&layout::checkpoint_file(FIRST), &note);
        let report = verified(behind.path());
        assert!(report.findings.is_empty(), "{size}: {:?}", told(&report));
        let note = format!("behind size {size} were signed and not shown");
        assert!(report.notes[0].contains(&note), "{:?}", report.notes);
        assert_eq!(report.counts.not_covered, 0);
        // A crash while a further one was written.
        behind.change(&layout::history_file(FIRST), |bytes| bytes.extend([7; 50]));
        let report = verified(behind.path());
        assert!(report.findings.is_empty(), "{size}: {:?}", told(&report));
        assert!(
            report.notes[0].contains("never shown"),
            "{:?}",
            report.notes
        );
    }
    // Signed, but none that is kept; and of a size that is, with another root.
    for (size, root) in [
        (150, made.root(FIRST, 150)),
        (OF_FIRST, Hash([3; 32])),
        (100, Hash([3; 32])),
    ] {
        let other = made.copy();
        let note = other.note(FIRST, size, root);
        other.write(&layout::checkpoint_file(FIRST), &note);
        only(
            &verified(other.path()),
            Kind::Checkpoint,
            "is not among its records",
        );
    }
}

#[test]
fn records_that_do_not_begin_at_size_zero_are_noted() {
    let made = Made::new();
    let whole = with_kept(&made, made.note(FIRST, 1, made.root(FIRST, 1)));
    assert!(whole.notes.is_empty(), "{:?}", whole.notes);
    made.change(&layout::history_file(FIRST), |bytes| {
        bytes.drain(..2 * RECORD_BYTES);
    });
    let report = with_kept(&made, made.note(FIRST, 1, made.root(FIRST, 1)));
    assert!(report.findings.is_empty(), "{:?}", told(&report));
    let [begins, before] = report.notes.as_slice() else {
        panic!("{:?}", report.notes);
    };
    assert!(
        begins.contains("begins with the checkpoint of size 100"),
        "{begins}"
    );
    assert!(
        before.contains("of size 1, which kept.txt shows was signed, is missing"),
        "{before}"
    );
}

#[test]
fn every_byte_of_the_newest_checkpoint_matters() {
    let made = Made::new();
    let file = layout::checkpoint_file(FIRST);
    let note = made.read(&file);
    let copy = made.copy();
    for at in 0..note.len() {
        let mut changed = note.clone();
        changed[at] ^= 1;
        copy.write(&file, &changed);
        let report = verified(copy.path());
        assert_eq!(
            kinds(&report),
            [Kind::Checkpoint],
            "byte {at}: {:?}",
            told(&report)
        );
    }
}

fn with_kept(made: &Made, note: Vec<u8>) -> Report {
    let known = Known {
        keys: Vec::new(),
        kept: vec![Kept {
            name: "kept.txt".to_owned(),
            note,
        }],
        ..Known::default()
    };
    verify(made.path(), &known, &|_| ()).unwrap()
}

#[test]
fn a_checkpoint_that_somebody_kept_holds_if_the_log_still_has_it() {
    let made = Made::new();
    let report = with_kept(&made, made.note(FIRST, 100, made.root(FIRST, 100)));
    assert!(report.findings.is_empty(), "{:?}", told(&report));
    assert_eq!(report.counts.kept, 1);
    // One that was signed, and of which no record is left.
    let report = with_kept(&made, made.note(FIRST, 150, made.root(FIRST, 150)));
    only(
        &report,
        Kind::Checkpoint,
        "the checkpoint of size 150, which kept.txt shows was signed, is missing",
    );
}

#[test]
fn a_longer_checkpoint_names_a_rollback_and_another_root_a_fork() {
    let made = Made::new();
    let report = with_kept(&made, made.note(FIRST, OF_FIRST + 1, Hash([4; 32])));
    only(
        &report,
        Kind::Rollback,
        "kept.txt: the log signed a checkpoint of size 401, and only 400 leaves",
    );
    let report = with_kept(&made, made.note(FIRST, 150, Hash([4; 32])));
    only(
        &report,
        Kind::Fork,
        "kept.txt: the log signed this checkpoint of size 150, and has another root there",
    );
    assert_eq!(report.counts.kept, 0);
}

#[test]
fn a_kept_checkpoint_that_the_log_did_not_sign_is_refused() {
    let made = Made::new();
    let good = made.note(FIRST, 100, made.root(FIRST, 100));
    for at in [0, 30, good.len() - 10] {
        let mut changed = good.clone();
        changed[at] ^= 1;
        let report = with_kept(&made, changed);
        assert_eq!(kinds(&report), [Kind::Signature], "{:?}", told(&report));
    }
    let other = made.note("org_third", 0, made.root(FIRST, 0));
    only(
        &with_kept(&made, other),
        Kind::Signature,
        "none of the logs",
    );
}
