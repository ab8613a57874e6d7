//! Holding the logs against their anchor, and bringing their heads there.
//!
//! What must hold: see [`crate::anchor`]. Once a directory's logs have been anchored, a log whose head was
//! shown is in the anchor; where it is missing, the anchor is not the one it was (a disk that is not
//! mounted), and nothing is signed.

use bytes::Bytes;
use evident_ledger::checkpoint::Checkpoint;

use super::heads::open_history;
use super::log::{Log, Published};
use super::{LogError, Logs, lock};
use crate::anchor::{Anchor, Judgement, judge};
use crate::checkpoints::CheckpointStoreError;
use crate::durable::FileMode;
use crate::layout;

/// What the mark says to whoever finds it.
const MARK: &str = "The logs of this directory are anchored. Without this file, an anchor that knows \
                    nothing of them would be taken for a new one.\n";

impl Logs {
    fn anchor(&self) -> Result<Option<&Anchor>, LogError> {
        match &self.anchor {
            Ok(anchor) => Ok(anchor.as_ref()),
            Err(reason) => Err(LogError::Anchor(reason.clone())),
        }
    }

    /// The logs of this directory were anchored once.
    fn is_marked(&self) -> bool {
        self.durable.path(layout::ANCHORED.as_ref()).exists()
    }

    /// How long an anchor that follows rests between two rounds.
    pub(crate) fn anchor_pause(&self) -> Option<std::time::Duration> {
        self.anchor().ok().flatten()?.pause
    }

    /// In recovery: whether every log is what its anchor remembers, or longer. Before anything is signed.
    pub(crate) fn check_anchored(&self) -> Result<(), LogError> {
        let was_anchored = self.is_marked();
        let Some(anchor) = self.anchor()? else {
            if was_anchored {
                tracing::warn!(
                    "the logs of this directory were anchored, and now are not: if it is an older \
                     copy, nobody here will tell"
                );
            }
            return Ok(());
        };
        for log in self.all() {
            let note = anchor.notes.read(&log.organization_id);
            let note = note.map_err(|error| not_answering(&error))?;
            match note {
                Some(note) => self.check_note(&log, note.into())?,
                None if was_anchored && lock(&log.heads).in_place.is_some() => {
                    return Err(self.lost(&log));
                }
                None => {}
            }
        }
        Ok(())
    }

    fn check_note(&self, log: &Log, note: Bytes) -> Result<(), LogError> {
        let anchored = Checkpoint::open(&note, log.key.verifier());
        let anchored = anchored.map_err(|error| {
            log.contradiction(format!(
                "what its anchor has is not its checkpoint: {error}"
            ))
        })?;
        let heads = lock(&log.heads).clone();
        let size = heads.signed.as_ref().map_or(0, |head| head.size);
        let own = match (heads.records, &heads.signed) {
            // None was kept yet, but one is in place.
            (0, Some(head)) if head.size == anchored.size => {
                Some(Checkpoint::new(log.origin(), head.size, head.root))
            }
            (records, _) => {
                let history = open_history(&self.durable, &log.organization_id)?;
                let found = history.find(anchored.size, records);
                let found = found.map_err(|source| LogError::Unreadable {
                    path: layout::history_file(&log.organization_id)
                        .display()
                        .to_string(),
                    source,
                })?;
                found.map(|record| record.checkpoint(log.origin()))
            }
        };
        match judge(&anchored, size, own.as_ref()) {
            Judgement::Extends => {
                lock(&log.heads).anchored = Some(note);
                Ok(())
            }
            Judgement::RolledBack => Err(log.contradiction(format!(
                "its anchor has a checkpoint of {} leaves, and {size} are signed here: this data \
                 directory is an older copy; bring the newest one back",
                anchored.size
            ))),
            Judgement::Forked => Err(log.contradiction(format!(
                "its anchor has another checkpoint of {} leaves than this data directory: they are \
                 two histories of one log; find out which one is true before either signs again",
                anchored.size
            ))),
        }
    }

    /// In recovery, once the heads are published: brings those to the anchor that it does not know yet.
    pub(crate) fn anchor_recovered(&self) -> Result<(), LogError> {
        if self.anchor()?.is_none() {
            return Ok(());
        }
        for log in self.all() {
            if lock(&log.heads).anchored.is_none()
                && let Some(head) = log.published()
            {
                self.anchor_head(&log, &head)?;
            }
        }
        self.durable.replace(
            layout::ANCHORED.as_ref(),
            MARK.as_bytes(),
            FileMode::Ordinary,
        )?;
        Ok(())
    }

    /// Before a head is shown: brings it to the anchor, unless that follows at its own pace.
    pub(super) fn anchor_before_showing(
        &self,
        log: &Log,
        head: &Published,
    ) -> Result<(), LogError> {
        let follows = self.anchor()?.is_none_or(|anchor| anchor.pause.is_some());
        // A log's first head is always brought there: without one, nothing would be known of it.
        if follows && lock(&log.heads).anchored.is_some() {
            return Ok(());
        }
        self.anchor_head(log, head)
    }

    /// Brings every head to the anchor that has been shown since the last round. All are tried; the
    /// first error.
    pub(crate) fn anchor_round(&self) -> Result<(), LogError> {
        let mut round = Ok(());
        for log in self.all() {
            if let Some(head) = log.published() {
                round = round.and(self.anchor_head(&log, &head));
            }
        }
        round
    }

    fn anchor_head(&self, log: &Log, head: &Published) -> Result<(), LogError> {
        let Some(anchor) = self.anchor()? else {
            return Ok(());
        };
        // Held while the anchor is asked: one at a time for each log.
        let _anchoring = lock(&log.anchoring);
        let known = lock(&log.heads).anchored.clone();
        if known.as_ref() == Some(&head.note) {
            return Ok(());
        }
        let put = anchor
            .notes
            .compare_and_swap(&log.organization_id, known.as_deref(), &head.note);
        match put {
            Ok(()) => {
                lock(&log.heads).anchored = Some(head.note.clone());
                Ok(())
            }
            Err(CheckpointStoreError::Raced) => Err(self.other_note(anchor, log)),
            Err(error) => Err(not_answering(&error)),
        }
    }

    /// What it means that the anchor has not the note that was put there last.
    fn other_note(&self, anchor: &Anchor, log: &Log) -> LogError {
        match anchor.notes.read(&log.organization_id) {
            // Nobody signs there: it is not the anchor that it was.
            Ok(None) => self.lost(log),
            Err(error) => not_answering(&error),
            Ok(Some(_)) => log.contradiction(
                "its anchor has another checkpoint than this process put there: another process \
                 signs for the same log"
                    .to_owned(),
            ),
        }
    }

    fn lost(&self, log: &Log) -> LogError {
        LogError::Anchor(format!(
            "the anchor knows nothing of {}, and did before: mount it, or bring its notes back; if it \
             was moved on purpose, stop the server and remove the file {}",
            log.organization_id,
            self.durable.path(layout::ANCHORED.as_ref()).display()
        ))
    }
}

fn not_answering(error: &CheckpointStoreError) -> LogError {
    LogError::Anchor(format!(
        "the anchor does not answer: {error}; nothing is signed that it cannot remember"
    ))
}
