//! A whole data directory: what its verification found, told.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use evident_store::verify::{self, Finding, Kept, Known, Report, VerifiedLog};
use serde_json::{Value, json};

use super::super::CommandError;
use super::super::output::Progress;
use super::outcome::{Found, Outcome};
use super::{Verify, inputs};

const KIND: &str = "data directory";
/// Time between two looks at how far it has come.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// Logs that are described in words. JSON has all.
const MAX_TOLD_LOGS: usize = 50;

/// Verifies a data directory.
pub(super) fn verify(directory: &Path, flags: &Verify) -> Result<Outcome, CommandError> {
    let mut kept = Vec::new();
    for path in &flags.checkpoints {
        let note = inputs::read_file(path)?;
        let name = super::name_of(path);
        kept.push(Kept { name, note });
    }
    let known = Known {
        keys: flags.keys.clone(),
        kept,
        allow_unsigned: flags.allow_unsigned,
    };
    let started = Instant::now();
    let report = {
        let shown = Mutex::new((Progress::alone(), Instant::now()));
        let progress = |now: verify::Progress| {
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            if shown.1.elapsed() >= PROGRESS_INTERVAL {
                shown.1 = Instant::now();
                shown.0.say(&percent(now));
            }
        };
        verify::verify(directory, &known, &progress)?
    };
    Ok(outcome(directory, report, started.elapsed()))
}

fn percent(now: verify::Progress) -> String {
    let percent = now.done_bytes.saturating_mul(100) / now.total_bytes.max(1);
    format!("{percent} % of {} MB verified", now.total_bytes / 1_000_000)
}

fn found(finding: Finding) -> Found {
    Found {
        kind: finding.kind.name(),
        file: finding.file.map(|file| file.display().to_string()),
        byte: finding.byte,
        organization_id: finding.organization_id,
        index: finding.index,
        event_id: finding.event_id.map(|id| id.to_string()),
        size: finding.size,
        what: finding.what,
    }
}

fn outcome(directory: &Path, report: Report, took: Duration) -> Outcome {
    let mut outcome = Outcome::new(KIND);
    outcome.is_unknown = !report.findings.differs;
    let all_holds = report.findings.is_empty();
    outcome.more = report.findings.more;
    outcome.findings = report.findings.listed.into_iter().map(found).collect();
    outcome.say("directory", "directory", directory.display().to_string());
    let counts = report.counts;
    outcome.unsigned = counts.not_covered;
    outcome.say("events", "events", counts.events);
    outcome.say("removed", "removed", counts.removed);
    outcome.say("not_covered", "not covered", counts.not_covered);
    outcome.say("checkpoints", "checkpoints", counts.checkpoints);
    outcome.say("kept_checkpoints", "kept ones", counts.kept);
    outcome.say("segments", "segments", counts.segments);
    outcome.say("event_bytes", "event bytes", counts.bytes);
    outcome.say("logs", "logs", counts.logs);
    outcome.say("seconds", "seconds", rounded(took));
    if counts.removed > 0 && all_holds {
        outcome.lines.push(format!(
            "{} events were removed; their hashes are there and lead to the signed heads",
            counts.removed
        ));
    }
    let logs: Vec<Value> = report.logs.iter().map(log_as_json).collect();
    outcome.verified.insert("by_log".to_owned(), logs.into());
    let told = report.logs.iter().take(MAX_TOLD_LOGS);
    outcome.lines.extend(told.flat_map(log_in_words));
    if let Some(more @ 1..) = report.logs.len().checked_sub(MAX_TOLD_LOGS) {
        outcome
            .lines
            .push(format!("and {more} more logs: see --json"));
    }
    if report.logs.iter().any(|log| !log.key_was_given) {
        outcome.lines.push(
            "note: keys of the directory itself were used: that shows that it agrees with itself; \
             name the verifier keys that you trust with --key"
                .to_owned(),
        );
    }
    outcome
        .lines
        .extend(report.notes.iter().map(|note| format!("note: {note}")));
    outcome
        .verified
        .insert("notes".to_owned(), report.notes.into());
    outcome
}

/// Seconds, to milliseconds.
fn rounded(took: Duration) -> f64 {
    (took.as_secs_f64() * 1_000.0).round() / 1_000.0
}

fn log_as_json(log: &VerifiedLog) -> Value {
    json!({
        "organization_id": log.organization_id,
        "verifier_key": log.verifier_key,
        "key_was_given": log.key_was_given,
        "events": log.events,
        "removed": log.removed,
        "checkpoints": log.checkpoints,
        "size": log.head.map(|(size, _)| size),
        "root": log.head.map(|(_, root)| root.to_base64()),
    })
}

fn log_in_words(log: &VerifiedLog) -> Vec<String> {
    let head = match log.head {
        Some((size, root)) => format!("size {size}, root {}", root.to_base64()),
        None => "none that can be read".to_owned(),
    };
    let from = match log.key_was_given {
        true => "as it was named",
        false => "from the directory",
    };
    let removed = match log.removed {
        0 => String::new(),
        removed => format!(", {removed} removed"),
    };
    vec![
        format!(
            "log of {}: {} events{removed}",
            log.organization_id, log.events
        ),
        format!("  newest checkpoint: {head}"),
        format!("  verifier key, {from}: {}", log.verifier_key),
    ]
}
