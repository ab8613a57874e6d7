//! Checking the checkpoints that a log has kept: each whole, signed, larger than the one before, and the
//! last of them the one that is in place. (Whether the events lead to their roots, `verify` finds out.)

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::VerifierKey;

use super::context::Context;
use super::report::{Finding, Remedy};
use crate::layout;
use crate::logs::history::{History, RECORD_BYTES, Record};

/// What is wrong with the kept checkpoints of a log, if anything: the first that is found.
pub(super) fn check_kept(
    context: &Context<'_>,
    id: &str,
    key: &VerifierKey,
    in_place: &Checkpoint,
) -> Option<Finding> {
    let file = layout::history_file(id);
    let kept = match History::open(&context.durable.path(&file)) {
        Ok(history) => look(&history, key, in_place),
        Err(error) => Err(Wrong::unreadable(&error)),
    };
    let wrong = kept.err()?;
    let finding = match wrong.is_unfinished {
        true => Finding::note(file, wrong.what),
        false => Finding::damage(file, wrong.what, Remedy::Backup),
    };
    Some(finding.at(wrong.record * RECORD_BYTES as u64))
}

struct Wrong {
    record: u64,
    what: String,
    /// A crash cut off its writing.
    is_unfinished: bool,
}

impl Wrong {
    fn damage(record: u64, what: impl Into<String>) -> Self {
        Self {
            record,
            what: what.into(),
            is_unfinished: false,
        }
    }

    fn unreadable(error: &std::io::Error) -> Self {
        Self::damage(0, format!("it could not be read: {error}"))
    }
}

fn look(history: &History, key: &VerifierKey, in_place: &Checkpoint) -> Result<(), Wrong> {
    let count = history
        .length()
        .map_err(|error| Wrong::unreadable(&error))?;
    let mut last: Option<Record> = None;
    let mut has_shown = false;
    for number in 0..count {
        let read = history.read(number);
        let Some(record) = read.map_err(|error| Wrong::unreadable(&error))? else {
            return Err(Wrong {
                record: number,
                what: "the record of a checkpoint is not whole".to_owned(),
                is_unfinished: number + 1 == count && has_shown,
            });
        };
        if last.as_ref().is_some_and(|last| last.size >= record.size) {
            return Err(Wrong::damage(
                number,
                "it is not larger than the one before",
            ));
        }
        if let Err(error) = record.open(key) {
            return Err(Wrong::damage(number, error.to_string()));
        }
        has_shown |= record.size == in_place.size && record.root == in_place.root;
        last = Some(record);
    }
    match (has_shown, count) {
        (true, _) => Ok(()),
        (false, 0) => Err(Wrong::damage(
            0,
            "no checkpoints are kept: restore the file, or let the server begin it anew (older \
             releases kept none)",
        )),
        (false, _) => Err(Wrong::damage(
            count,
            "the checkpoint that is in place is not among those that were kept",
        )),
    }
}
