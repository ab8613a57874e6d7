//! `--check` and `--show`: what would be sent, without a server.
//!
//! It must hold that nothing is written and nothing sent, and that an event that passes here is refused
//! by a server only for what this machine cannot know: the organization's own settings, event types and
//! ids, and the limits of the key.

use std::collections::BTreeMap;

use evident_event::catalog::Catalog;
use evident_event::id::EventId;
use evident_event::record::{self, Door, Refusal, Sender};
use evident_event::redact::{RedactionKey, Redactor, Rules};
use serde::Serialize;

use super::batch::Origin;
use super::letters::Reason;
use super::records::{Batches, ReadError};
use crate::cli::formats::grouped;
use crate::cli::output::{Output, OutputError, Progress, remark};
use crate::cli::sanitize;
use crate::edge;

/// Most refused events that are listed for people.
const MAX_LISTED: usize = 20;
/// Most that are listed for scripts.
const MAX_LISTED_JSON: usize = 1_000;
/// The organization that events are checked for, which they do not have to name.
const NOBODYS: &str = "org_";

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub(super) enum OfflineError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("the built-in catalog cannot be read: {0}")]
    Catalog(#[from] evident_event::catalog::CatalogError),
    #[error("the built-in redaction rules cannot be read: {0}")]
    Rules(#[from] evident_event::redact::RulesError),
}

/// What checking came to.
#[derive(Debug, Default, Serialize)]
pub(super) struct Checked {
    events: u64,
    acceptable: u64,
    refused: u64,
    with_warnings: u64,
    /// How often which reason was met.
    reasons: BTreeMap<String, u64>,
    /// The first refused events.
    first: Vec<Told>,
}

#[derive(Debug, Serialize)]
struct Told {
    line: u64,
    offset: u64,
    reasons: Vec<Reason>,
}

impl Checked {
    /// Whether all events are acceptable.
    pub(super) const fn is_clean(&self) -> bool {
        self.refused == 0
    }

    fn refuse(&mut self, origin: Origin, reasons: Vec<Reason>) {
        self.refused += 1;
        for reason in &reasons {
            *self.reasons.entry(reason.code.clone()).or_default() += 1;
        }
        if self.first.len() < MAX_LISTED_JSON {
            let Origin { line, offset } = origin;
            self.first.push(Told {
                line,
                offset,
                reasons,
            });
        }
    }
}

/// Shows the first events as they would be sent.
pub(super) fn show(
    batches: &mut Batches,
    most: u64,
    output: &mut Output,
) -> Result<bool, OfflineError> {
    let mut left = most;
    let mut is_clean = true;
    while left > 0
        && let Some(batch) = batches.next()?
    {
        let mut letters = batch.letters.iter().peekable();
        for (origin, event) in batch.sent() {
            while let Some(letter) = letters.next_if(|letter| letter.origin.offset < origin.offset)
                && left > 0
            {
                is_clean = false;
                left -= 1;
                say_refused(letter.origin.line, &letter.reasons);
            }
            if left == 0 {
                break;
            }
            output.write_lines(event)?;
            output.write_lines(b"\n")?;
            left -= 1;
        }
        for letter in letters.take(usize::try_from(left).unwrap_or(usize::MAX)) {
            is_clean = false;
            left -= 1;
            say_refused(letter.origin.line, &letter.reasons);
        }
    }
    output.flush()?;
    Ok(is_clean)
}

/// Takes every event through the record's door.
pub(super) fn check(batches: &mut Batches) -> Result<Checked, OfflineError> {
    let rules = Rules::new(Vec::new(), Vec::new())?;
    let redactor = Redactor::new(RedactionKey::new([0; RedactionKey::BYTES]), &rules);
    let door = Door {
        catalog: Catalog::embedded()?,
        organization_id: NOBODYS,
        received_at: edge::now(),
        fallback_id: EventId::from_bytes([0; 16]),
        strict: false,
        redactor: &redactor,
        levels: &[],
        sender: Sender::Client,
    };
    let mut checked = Checked::default();
    let mut progress = Progress::alone();
    while let Some(batch) = batches.next()? {
        for (origin, event) in batch.sent() {
            checked.events += 1;
            let refusals = match record::admit(event, &door) {
                Ok(admitted) => {
                    checked.with_warnings += u64::from(!admitted.warnings.is_empty());
                    Vec::new()
                }
                Err(refusals) => refusals,
            };
            let reasons: Vec<Reason> = refusals
                .into_iter()
                .filter(is_knowable)
                .map(reason)
                .collect();
            match reasons.is_empty() {
                true => checked.acceptable += 1,
                false => checked.refuse(origin, reasons),
            }
        }
        for letter in &batch.letters {
            checked.events += 1;
            checked.refuse(letter.origin, letter.reasons.clone());
        }
        progress.say(&format!("{} events checked", grouped(checked.events)));
    }
    checked.first.sort_by_key(|told| told.offset);
    Ok(checked)
}

/// Whose events they are, only the key says.
fn is_knowable(refusal: &Refusal) -> bool {
    refusal.code != "organization_mismatch"
}

fn reason(refusal: Refusal) -> Reason {
    Reason {
        pointer: refusal.pointer,
        code: refusal.code.to_owned(),
        reason: refusal.message,
        suggestion: refusal.suggestion,
    }
}

/// Says why events are refused, and how many there are.
pub(super) fn tell(
    checked: &Checked,
    is_json: bool,
    output: &mut Output,
) -> Result<(), OutputError> {
    if is_json {
        let json =
            serde_json::to_string(checked).map_err(|error| OutputError::Failed(error.into()))?;
        output.write_json(&json)?;
        output.write("\n")?;
        return output.flush();
    }
    for told in checked.first.iter().take(MAX_LISTED) {
        say_refused(told.line, &told.reasons);
    }
    let more = checked.refused.saturating_sub(MAX_LISTED as u64);
    if more > 0 {
        remark(&format!("… and {} more", grouped(more)));
    }
    let mut rows = vec![
        ("events", checked.events),
        ("acceptable", checked.acceptable),
        ("refused", checked.refused),
    ];
    rows.extend(
        checked
            .reasons
            .iter()
            .map(|(code, count)| (code.as_str(), *count)),
    );
    if checked.with_warnings > 0 {
        rows.push(("with warnings", checked.with_warnings));
    }
    let first_reason = 3..3 + checked.reasons.len();
    let numbers: Vec<String> = rows.iter().map(|(_, number)| grouped(*number)).collect();
    let width = numbers.iter().map(String::len).max().unwrap_or_default();
    let indented = |at: usize, name: &str| match first_reason.contains(&at) {
        true => format!("  {name}"),
        false => name.to_owned(),
    };
    let names: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(at, (name, _))| indented(at, name))
        .collect();
    let names_width = names.iter().map(String::len).max().unwrap_or_default();
    for (name, number) in names.iter().zip(&numbers) {
        output.write(&format!("{name:<names_width$}  {number:>width$}\n"))?;
    }
    output.flush()
}

/// Says why an event is refused.
pub(super) fn say_refused(line: u64, reasons: &[Reason]) {
    for reason in reasons {
        let place = match reason.pointer.as_str() {
            "" => String::new(),
            pointer => format!(" {}", sanitize::message(pointer)),
        };
        let meant = reason.suggestion.as_deref().map(sanitize::message);
        let meant = meant.map(|meant| format!("; did you mean {meant:?}?"));
        remark(&format!(
            "line {line}:{place} {} ({}){}",
            sanitize::message(&reason.reason),
            reason.code,
            meant.unwrap_or_default()
        ));
    }
}
