//! What of a log is signed, kept and shown: the steps of publishing, in their order.
//!
//! A head is signed over leaves on stable storage, put at the end of the history, brought to the
//! anchor, put in place of the current checkpoint, and shown. Each step is durable before the next is
//! begun, so that after a crash between any two of them the log goes on from the last one. What must
//! hold: whatever was shown is in the history; whatever is in the history counts as published.

use bytes::Bytes;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::SigningKey;

use super::history::{History, RECORD_BYTES, Record};
use super::log::{Log, Published};
use super::{LogError, Logs, lock};
use crate::checkpoints::CheckpointStore;
use crate::durable::{Durable, FileMode};
use crate::layout;

/// How far publishing has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Heads {
    /// The last head that was signed.
    pub(super) signed: Option<Published>,
    /// How many records the history has.
    pub(super) records: u64,
    /// The last head is in the history, on stable storage.
    pub(super) is_kept: bool,
    /// The note that is in place as the current checkpoint.
    pub(super) in_place: Option<Bytes>,
    /// The head that the anchor has.
    pub(super) anchored: Option<Published>,
}

/// What a log was opened with: how far publishing had come, and what had been shown.
pub(super) struct OpenedHeads {
    pub(super) heads: Heads,
    pub(super) shown: Option<Published>,
}

impl OpenedHeads {
    /// Reads what an earlier life has left.
    pub(super) fn read(
        durable: &Durable,
        checkpoints: &dyn CheckpointStore,
        organization_id: &str,
        key: &SigningKey,
    ) -> Result<Self, LogError> {
        let reading = Reading {
            organization_id,
            key,
            history: open_history(durable, organization_id)?,
        };
        let in_place = checkpoints.read(organization_id)?.map(Bytes::from);
        let shown = in_place
            .clone()
            .map(|note| reading.open(note))
            .transpose()?;
        let (records, last) = reading.last()?;
        let Some(last) = last else {
            // None was kept yet: a new log, or a directory of a release that kept none.
            if let Some(shown) = shown.as_ref().filter(|shown| shown.size > 0) {
                tracing::warn!(
                    organization_id,
                    size = shown.size,
                    "no checkpoints of this log are kept: unless an older release made it, their file \
                     was lost; it is begun anew with the current one"
                );
            }
            let heads = Heads {
                signed: shown.clone(),
                in_place,
                ..Heads::default()
            };
            return Ok(Self { heads, shown });
        };
        let signed = reading.open(last.note(key.verifier()).into())?;
        reading.check_shown(shown.as_ref(), records)?;
        let heads = Heads {
            // One that is in place was synced before it was put there.
            is_kept: in_place.as_ref() == Some(&signed.note),
            signed: Some(signed),
            records,
            in_place,
            anchored: None,
        };
        Ok(Self { heads, shown })
    }
}

struct Reading<'a> {
    organization_id: &'a str,
    key: &'a SigningKey,
    history: History,
}

impl Reading<'_> {
    fn open(&self, note: Bytes) -> Result<Published, LogError> {
        let checkpoint = Checkpoint::open(&note, self.key.verifier());
        let checkpoint = checkpoint.map_err(|source| LogError::Checkpoint {
            organization_id: self.organization_id.to_owned(),
            source,
        })?;
        Ok(Published::new(&checkpoint, note))
    }

    /// How many records were written whole, and the last of them. Where the very last is not, its
    /// writing was cut off and nobody has seen it, unless what was shown is missing then.
    fn last(&self) -> Result<(u64, Option<Record>), LogError> {
        let read = |number| self.history.read(number).map_err(|e| self.unreadable(e));
        let Some(last) = self.length()?.checked_sub(1) else {
            return Ok((0, None));
        };
        if let Some(record) = read(last)? {
            return Ok((last + 1, Some(record)));
        }
        let Some(before) = last.checked_sub(1) else {
            return Ok((0, None));
        };
        match read(before)? {
            Some(record) => Ok((last, Some(record))),
            None => {
                Err(self.contradiction(format!("record {before} of its checkpoints is damaged")))
            }
        }
    }

    /// What was shown must have been kept.
    fn check_shown(&self, shown: Option<&Published>, records: u64) -> Result<(), LogError> {
        let Some(shown) = shown else {
            return Ok(());
        };
        let kept = self.history.find(shown.size, records);
        let kept = kept.map_err(|error| self.unreadable(error))?;
        let kept = kept.map(|record| record.note(self.key.verifier()));
        match kept.is_some_and(|note| note.as_bytes() == shown.note) {
            true => Ok(()),
            false => Err(self.contradiction(format!(
                "its checkpoint of {} leaves is not among those that were kept",
                shown.size
            ))),
        }
    }

    fn length(&self) -> Result<u64, LogError> {
        self.history.length().map_err(|e| self.unreadable(e))
    }

    fn unreadable(&self, source: std::io::Error) -> LogError {
        LogError::Unreadable {
            path: layout::history_file(self.organization_id)
                .display()
                .to_string(),
            source,
        }
    }

    fn contradiction(&self, what: String) -> LogError {
        LogError::Contradiction {
            organization_id: self.organization_id.to_owned(),
            what,
        }
    }
}

/// A log's history, to be read.
pub(super) fn open_history(durable: &Durable, organization_id: &str) -> Result<History, LogError> {
    let path = durable.path(&layout::history_file(organization_id));
    History::open(&path).map_err(|source| LogError::Unreadable {
        path: path.display().to_string(),
        source,
    })
}

impl Logs {
    /// Writes the log's new hashes to its level files, then signs, publishes and shows its head, if it
    /// has grown since. Says whether something new is shown.
    pub(crate) fn publish(&self, log: &Log) -> Result<bool, LogError> {
        self.sign(log)?;
        self.show(log)
    }

    /// The first half: afterwards a signed head of all leaves so far is kept, and shown to nobody.
    pub(crate) fn sign(&self, log: &Log) -> Result<(), LogError> {
        // Held throughout: one signs at a time, and the level files are in order.
        let mut levels = lock(&log.levels);
        let (size, root, unwritten) = {
            let mut growth = lock(&log.growth);
            let unwritten = std::mem::take(&mut growth.unwritten);
            (growth.tree.size(), growth.tree.root(), unwritten)
        };
        levels.take(unwritten);
        let directory = layout::log_directory(&log.organization_id);
        self.durable.ensure_directory(&directory)?;
        levels.write(&self.durable, &log.organization_id)?;
        let mut heads = lock(&log.heads).clone();
        for known in [&heads.signed, &log.published()] {
            log.confirm(known.as_ref(), size, root)?;
        }
        if !heads.is_kept
            && let Some(signed) = heads.signed.clone()
        {
            // Found, and perhaps in memory only; or kept by nobody yet.
            self.keep(log, &mut heads, &signed)?;
        }
        if heads.signed.as_ref().is_none_or(|head| head.size != size) {
            let head = self.signed_head(log, size, root)?;
            self.keep(log, &mut heads, &head)?;
        }
        Ok(())
    }

    fn signed_head(
        &self,
        log: &Log,
        size: u64,
        root: evident_ledger::Hash,
    ) -> Result<Published, LogError> {
        let checkpoint = Checkpoint::new(log.key.name(), size, root);
        let note = checkpoint
            .sign(&log.key)
            .map_err(|source| log.refused(source))?;
        Ok(Published::new(&checkpoint, Bytes::from(note)))
    }

    /// Puts a signed head at the end of the history; one that is there already, once more.
    fn keep(&self, log: &Log, heads: &mut Heads, head: &Published) -> Result<(), LogError> {
        let is_last = |known: &Published| heads.records > 0 && known.size == head.size;
        let number = match heads.signed.as_ref().is_some_and(is_last) {
            true => heads.records - 1,
            false => heads.records,
        };
        let record = self.record(log, number, head)?;
        let path = layout::history_file(&log.organization_id);
        let bytes = record.to_bytes();
        if number == 0 {
            self.durable.replace(&path, &bytes, FileMode::Ordinary)?;
        } else {
            let mut file = self.durable.open_existing(&path)?;
            file.write_at(number * RECORD_BYTES as u64, &bytes)?;
            file.sync()?;
        }
        // What the anchor has may have changed meanwhile.
        let mut known = lock(&log.heads);
        known.signed = Some(head.clone());
        known.records = number + 1;
        known.is_kept = true;
        heads.clone_from(&known);
        Ok(())
    }

    /// The record of a head: as it is there, if it is, so that writing it again changes nothing.
    fn record(&self, log: &Log, number: u64, head: &Published) -> Result<Record, LogError> {
        let verifier = log.key.verifier();
        let there = open_history(&self.durable, &log.organization_id)?.read(number);
        if let Ok(Some(record)) = there
            && record.note(verifier).as_bytes() == head.note
        {
            return Ok(record);
        }
        let checkpoint = Checkpoint::new(log.key.name(), head.size, head.root);
        let note = String::from_utf8_lossy(&head.note);
        let record = Record::of(&checkpoint, &note, verifier, now_micros());
        record.ok_or_else(|| log.contradiction("its head is not signed by its key".to_owned()))
    }

    /// The second half: brings the signed head to where everybody looks for it. Says whether it was not
    /// there yet. An anchor may take its time with it, and nobody who signs or seals waits for that.
    pub(crate) fn show(&self, log: &Log) -> Result<bool, LogError> {
        let _showing = lock(&log.showing);
        let heads = lock(&log.heads).clone();
        let Some(signed) = heads.signed else {
            return Ok(false);
        };
        self.anchor_before_showing(log, &signed)?;
        if heads.in_place.as_ref() != Some(&signed.note) {
            self.checkpoints.compare_and_swap(
                &log.organization_id,
                heads.in_place.as_deref(),
                &signed.note,
            )?;
            lock(&log.heads).in_place = Some(signed.note.clone());
        }
        let is_new = log
            .published()
            .is_none_or(|shown| shown.size != signed.size);
        if is_new {
            log.shown.send_replace(Some(signed));
        }
        Ok(is_new)
    }
}

/// The wall clock, in microseconds since 1970-01-01T00:00:00Z; 0 before that.
fn now_micros() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    })
}
