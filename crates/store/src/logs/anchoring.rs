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
                lock(&log.heads).anchored = Some(Published::new(&anchored, note));
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
            Judgement::Unknown => Err(log.contradiction(format!(
                "its anchor has a checkpoint of {} leaves that this data directory never signed: they \
                 are two histories of one log (or its file of kept checkpoints was lost); find out \
                 which one is true before either signs again",
                anchored.size
            ))),
        }
    }

    /// A log that is to be made must not be known to the anchor: it would be a second one of its name.
    pub(super) fn check_new(&self, organization_id: &str) -> Result<(), LogError> {
        let note = self
            .anchor()?
            .map(|anchor| anchor.notes.read(organization_id));
        match note {
            Some(Ok(Some(_))) => Err(LogError::Name(format!(
                "the anchor has a checkpoint of {organization_id} already: bring its key and data back, \
                 or make an organization with another id"
            ))),
            // One that does not answer is asked again before anything is shown.
            _ => Ok(()),
        }
    }

    /// Whether the log's head was shown and the anchor has none of it yet.
    pub(crate) fn lacks_anchor(&self, log: &Log) -> bool {
        let heads = lock(&log.heads);
        matches!(&self.anchor, Ok(Some(_))) && heads.anchored.is_none() && heads.in_place.is_some()
    }

    /// Writes down that the logs are anchored, once all of them are. (Earlier, a crash would leave logs
    /// that are missed without ever having been there.)
    pub(crate) fn mark_anchored(&self) -> Result<(), LogError> {
        if self.anchor()?.is_none() || self.is_marked() {
            return Ok(());
        }
        if self.all().iter().any(|log| self.lacks_anchor(log)) {
            return Ok(());
        }
        let mark = layout::ANCHORED.as_ref();
        self.durable
            .replace(mark, MARK.as_bytes(), FileMode::Ordinary)?;
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

    /// Brings every head to the anchor that has been shown since the last round. What holds up one log
    /// does not hold up the others.
    pub(crate) fn anchor_round(&self) -> Result<(), LogError> {
        let mut held_up = Ok(());
        for log in self.all() {
            let Some(head) = log.published() else {
                continue;
            };
            match self.anchor_head(&log, &head) {
                Ok(()) => {}
                Err(error) if error.is_passing() => held_up = held_up.and(Err(error)),
                Err(error) => return Err(error),
            }
        }
        held_up
    }

    fn anchor_head(&self, log: &Log, head: &Published) -> Result<(), LogError> {
        let Some(anchor) = self.anchor()? else {
            return Ok(());
        };
        // Held while the anchor is asked: one at a time for each log.
        let _anchoring = lock(&log.anchoring);
        let known = lock(&log.heads).anchored.clone();
        // A newer one may have come there meanwhile.
        if known.as_ref().is_some_and(|known| known.size >= head.size) {
            return Ok(());
        }
        let known = known.map(|known| known.note);
        let put = |known: Option<Bytes>| {
            let (id, notes) = (&log.organization_id, &anchor.notes);
            notes.compare_and_swap(id, known.as_deref(), &head.note)
        };
        let put = match put(known) {
            // Perhaps an earlier one came through although that was not told.
            Err(CheckpointStoreError::Raced) => put(Some(self.own_note(anchor, log)?)),
            put => put,
        };
        match put {
            Ok(()) => {
                lock(&log.heads).anchored = Some(head.clone());
                self.mark_anchored()
            }
            Err(CheckpointStoreError::Raced) => Err(log.contradiction(
                "its anchor changes while it is written: another process signs for the same log"
                    .to_owned(),
            )),
            Err(error) => Err(not_answering(&error)),
        }
    }

    /// The note that the anchor has, if it is one that this log has signed.
    fn own_note(&self, anchor: &Anchor, log: &Log) -> Result<Bytes, LogError> {
        let note = anchor.notes.read(&log.organization_id);
        let note = note.map_err(|error| not_answering(&error))?;
        // With none, nobody signs there: it is not the anchor that it was.
        let note = Bytes::from(note.ok_or_else(|| self.lost(log))?);
        match self.check_note(log, note.clone()) {
            Err(LogError::Contradiction { what, .. }) => Err(log.contradiction(format!(
                "{what}; another process may be signing for the same log"
            ))),
            checked => checked.map(|()| note),
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
        "the anchor does not answer: {error}; nothing is shown that it cannot remember"
    ))
}
