//! Putting together what was found: where events and hashes differ, what was signed says which of the
//! two is right.
//!
//! What must hold: the report is the same however the threads ran.

use std::collections::BTreeMap;
use std::path::PathBuf;

use evident_ledger::HASH_BYTES;

use super::keys::LogKey;
use super::leaves::{Differing, Differs};
use super::report::{Finding, Findings, Kind, Report, VerifiedLog};
use super::shared::{Shared, Told};
use super::tree::{Log, Walked, walk};
use super::{Done, KeptHeads, log_of};
use crate::check::removed::{AllStubs, misfits, removed_of};
use crate::layout;
use crate::segment::meta::Manifest;

/// Why an event and the hash of its leaf differ.
#[derive(Clone, Copy)]
enum Verdict {
    /// The hash is under a signed root.
    Event,
    /// With the events' leaves in place of the hashes, all signed roots come out.
    Hash,
    /// Signed roots do not come out, and it is not known why.
    Either,
    /// No signed root covers it.
    NotCovered,
}

/// The logs that are judged, and what is known of them.
pub(super) struct Logs<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) keys: &'a BTreeMap<String, LogKey>,
    pub(super) kept: &'a KeptHeads,
    /// Events that no checkpoint covers are no finding.
    pub(super) allow_unsigned: bool,
}

/// Completes the report.
pub(super) fn report(shared: Shared<'_>, logs: &Logs<'_>, mut done: Done, report: &mut Report) {
    let durable = shared.durable;
    let Told {
        differing,
        seeds,
        unreadable,
    } = shared.into_told();
    let mut stubs = AllStubs::default();
    let mut is_counted = true;
    for verified in done.segments.into_values() {
        report.findings.append(verified.findings);
        report.counts.add(verified.counts);
        stubs.append(&verified.stubs);
        is_counted &= !verified.is_uncounted;
    }
    if is_counted {
        find_misfits(logs.manifest, &stubs, report);
    }
    report
        .findings
        .append(std::mem::take(&mut done.newest.findings));
    report.counts.add(done.newest.counts);
    report.notes.append(&mut done.newest.notes);
    seeds
        .into_values()
        .for_each(|finding| report.findings.push(finding));
    let bases = logs.manifest.next_indexes();
    let mut of_events = Findings::default();
    for (id, key) in logs.keys {
        let base = bases.get(id.as_str()).copied().unwrap_or_default();
        let log = log_of(id, key, base, &done.newest, logs.kept);
        let differing = differing.take(id);
        let mut walked = done.logs.remove(id).unwrap_or_default();
        let leaves = differing.leaves();
        let mut hashes_are_wrong = false;
        if walked.failed.is_some() && !leaves.is_empty() && differing.more == 0 {
            let again = walk(durable, &log, &leaves);
            hashes_are_wrong = again.failed.is_none() && !again.is_unread;
            if hashes_are_wrong {
                walked = again;
            }
        }
        tell(&log, &walked, differing, hashes_are_wrong, &mut of_events);
        let signed = (!walked.is_unread).then_some(walked.signed);
        let removed = removed_of(logs.manifest, id, &stubs);
        find_unsigned_removal(logs.manifest, &log, &walked, report);
        add_log(&log, (key.was_given, removed), walked, report);
        if let Some(signed) = signed {
            find_unsigned(&log, signed, logs.allow_unsigned, report);
        }
    }
    // Their leaves are held against nothing, however right they look.
    for id in done
        .newest
        .leaves
        .keys()
        .filter(|id| !logs.keys.contains_key(*id))
    {
        let what = format!("there are events of {id}, and neither a log nor a key of it");
        let finding = Finding::of_file(Kind::Rows, layout::WAL.as_ref(), what);
        report.findings.push(finding.of(id));
    }
    add_unreadable(unreadable, &mut report.findings);
    report.findings.append(of_events);
}

/// What the manifest says of removed rows has to fit what is there.
fn find_misfits(manifest: &Manifest, stubs: &AllStubs, report: &mut Report) {
    for misfit in misfits(manifest, stubs) {
        let finding = Finding::of_file(Kind::Rows, layout::MANIFEST.as_ref(), misfit.what);
        report.findings.push(match misfit.organization_id {
            Some(id) => finding.of(&id),
            None => finding,
        });
    }
}

/// Rows that left nothing are vouched for by their hashes alone, so a signed checkpoint has to cover these.
fn find_unsigned_removal(manifest: &Manifest, log: &Log<'_>, walked: &Walked, report: &mut Report) {
    let Some(removed) = manifest.removed_of(log.id) else {
        return;
    };
    let minimum = removed.minimum_index;
    if walked.is_unread || minimum <= walked.signed {
        return;
    }
    let what = format!(
        "the entries of {} below index {minimum} are to be gone, and no checkpoint covers more than {}",
        log.id, walked.signed
    );
    let finding = Finding::of_file(Kind::Rows, layout::MANIFEST.as_ref(), what);
    report.findings.push(finding.of(log.id));
}

/// Level files that rows could not be held against, unless the walk over their tree has told of them.
fn add_unreadable(unreadable: BTreeMap<PathBuf, Finding>, findings: &mut Findings) {
    for (file, finding) in unreadable {
        let is_same = |told: &Finding| {
            told.kind == Kind::Unreadable && told.file.as_deref() == Some(file.as_path())
        };
        if !findings.listed.iter().any(is_same) {
            findings.push(finding);
        }
    }
}

/// Events behind the segments that no checkpoint covers, the largest of which is of this size.
fn find_unsigned(log: &Log<'_>, signed: u64, is_allowed: bool, report: &mut Report) {
    let first = signed.max(log.base);
    let end = log.base + log.newest.len() as u64;
    report.counts.not_covered += end.saturating_sub(signed);
    if first >= end {
        return;
    }
    let what = format!(
        "{} events of {} (leaves {first} to {}) are under no signature",
        end - first,
        log.id,
        end - 1
    );
    if is_allowed {
        return report.notes.push(what);
    }
    let what = format!(
        "{what}: a server that was killed leaves its last second so; start and stop it once, then verify \
         again, or say --allow-unsigned"
    );
    let finding = Finding {
        index: Some(first),
        ..Finding::new(Kind::Unsigned, what)
    };
    report.findings.push(finding.of(log.id));
}

fn add_log(
    log: &Log<'_>,
    (key_was_given, removed): (bool, u64),
    walked: Walked,
    report: &mut Report,
) {
    let leaves = log.base + log.newest.len() as u64;
    let head = walked.head.map(|head| (head.size, head.root));
    report.findings.append(walked.findings);
    report.notes.extend(walked.notes);
    report.counts.add(walked.counts);
    report.counts.logs += 1;
    report.counts.removed += removed;
    report.logs.push(VerifiedLog {
        organization_id: log.id.to_owned(),
        verifier_key: log.key.to_string(),
        key_was_given,
        events: leaves.saturating_sub(removed),
        removed,
        head,
        checkpoints: walked.counts.checkpoints,
    });
}

/// Tells of the events of a log that differ from its hashes.
fn tell(
    log: &Log<'_>,
    walked: &Walked,
    differing: Differing,
    hashes_are_wrong: bool,
    findings: &mut Findings,
) {
    let leaves = differing.leaves();
    for ((index, _), differs) in differing.events {
        let verdict = if hashes_are_wrong {
            Verdict::Hash
        } else if index < walked.proved {
            Verdict::Event
        } else if walked.failed.is_some() {
            Verdict::Either
        } else {
            Verdict::NotCovered
        };
        // That the file of hashes ends is told of once, and an event and its copy are one.
        let is_told = differs.is_copy && leaves.get(&index) == Some(&differs.leaf);
        if differs.has_hash && !is_told {
            findings.push(finding(log.id, index, &differs, verdict));
        }
    }
    findings.more += differing.more;
}

fn finding(id: &str, index: u64, differs: &Differs, verdict: Verdict) -> Finding {
    let (event, file) = (differs.id, differs.file.display());
    let row = match (differs.row, differs.byte) {
        (Some(row), _) => format!("row {row} of {file}"),
        (None, byte) => format!("byte {} of {file}", byte.unwrap_or_default()),
    };
    let level = layout::level_file(id, 0);
    let byte = index.saturating_mul(HASH_BYTES as u64);
    let hash = format!("its hash in {} (byte {byte})", level.display());
    let event = match differs.is_stub {
        true => format!("what was left of the event {event} (leaf {index} of {id}, {row})"),
        false => format!("the event {event} (leaf {index} of {id}, {row})"),
    };
    let what = match verdict {
        Verdict::Event => format!("{event} is not what its leaf commits to"),
        Verdict::Hash => format!("{event} is what was signed, and {hash} is not that of its leaf"),
        Verdict::Either => format!(
            "{event} and {hash} do not agree, and the hashes do not lead to the signed roots"
        ),
        Verdict::NotCovered => format!(
            "{event} and {hash} do not agree, and no checkpoint covers them that would say which is right"
        ),
    };
    let (kind, file, byte) = match verdict {
        Verdict::Hash => (Kind::Hashes, level, Some(byte)),
        _ => (Kind::Event, differs.file.to_path_buf(), differs.byte),
    };
    Finding {
        file: Some(file),
        byte,
        organization_id: Some(id.to_owned()),
        index: Some(index),
        event_id: Some(differs.id),
        ..Finding::new(kind, what)
    }
}
