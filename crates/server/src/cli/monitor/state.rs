//! What a monitor remembers of a log, and the evidence that it keeps, in files of its own.
//!
//! What must always hold:
//!
//! - the state holds only what was verified: it is replaced as a whole, after the verification, so that a
//!   kill at any moment leaves the one or the other;
//! - a state that cannot be read, or is another log's, ends the command and stays as it is: to begin
//!   anew would trust whatever the log shows next;
//! - one monitor at a time has it;
//! - evidence is never written over.

use std::path::{Path, PathBuf};
use std::time::Duration;

use evident_event::time::Timestamp;
use evident_ledger::note::{MAX_NOTE_BYTES, VerifierKey};
use evident_store::durable::{Durable, DurableError, FileMode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::heads::Head;
use super::trouble::Alarm;
use crate::cli::kept::{KeptError, KeptFile, place};

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// Most bytes of a state: a note has up to two for each of its own in JSON.
const MAX_STATE_BYTES: u64 = 4 * MAX_NOTE_BYTES as u64;
/// Most pieces of evidence that are kept. A fork that grows shows a new one in each round.
const MAX_EVIDENCE_FILES: usize = 100;
/// How long an event is there after it was recorded, at least: a log removes none sooner.
const KEPT: Duration = Duration::from_hours(24);
/// Bytes of a note's hash that its file is named by.
const NAMED_BY_BYTES: usize = 6;

/// Why a state cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum StateError {
    /// The file cannot be used.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// The file is no state.
    #[error(
        "{} holds no monitor's state ({what}): find out why before you move it away, since without it whatever the log shows next is taken for the first",
        path.display()
    )]
    Garbage { path: PathBuf, what: String },
    /// The state is another log's.
    #[error(
        "{} is of the log {origin} with the key {key}, not of this one: give each log its own --state",
        path.display()
    )]
    OtherLog {
        path: PathBuf,
        origin: String,
        key: String,
    },
    /// It cannot be written.
    #[error(transparent)]
    Unwritten(#[from] DurableError),
}

/// What is remembered of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    /// The newest head that was verified.
    pub(super) head: Head,
    /// When the first one was.
    pub(super) first_seen_at: Timestamp,
    /// When the log was last seen to have grown.
    pub(super) grown_at: Timestamp,
    /// When a round last checked all that it was to.
    pub(super) checked_at: Option<Timestamp>,
    /// How far entries have been verified. They may be fewer than the head has.
    pub(super) entries_verified: u64,
    /// How many of them were held against their events.
    pub(super) events_verified: u64,
    /// How many of those were found to be erased, where that was expected.
    pub(super) events_erased: u64,
    /// How many entries the log had removed before they were read.
    pub(super) entries_pruned: u64,
    /// How large the log was less than a day ago.
    pub(super) mark: Option<Mark>,
}

/// How large a log was at a time: what comes behind was recorded later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) size: u64,
    pub(super) at: Timestamp,
}

impl State {
    /// Marks the size of the head, unless there is a mark of less than a day ago.
    pub(super) fn mark(&mut self, now: Timestamp) {
        let is_new = |mark: Mark| {
            let micros = now.as_micros() - mark.at.as_micros();
            // One that is in the future was made by a clock that was wrong.
            u64::try_from(micros).is_ok_and(|micros| Duration::from_micros(micros) < KEPT)
        };
        if !self.mark.is_some_and(is_new) {
            let size = self.head.size();
            self.mark = Some(Mark { size, at: now });
        }
    }
}

/// The same as it stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    origin: String,
    key: String,
    head: String,
    first_seen_at: String,
    grown_at: String,
    checked_at: Option<String>,
    entries_verified: u64,
    events_verified: u64,
    /// Not in states of before it was counted.
    #[serde(default)]
    events_erased: u64,
    /// Nor this.
    #[serde(default)]
    entries_pruned: u64,
    #[serde(default)]
    marked_size: u64,
    #[serde(default)]
    marked_at: Option<String>,
}

/// The file of a state. Nobody else has it until this is dropped.
pub(super) struct StateFile {
    file: KeptFile,
    key: VerifierKey,
}

impl StateFile {
    /// Takes the file, which need not be there yet.
    pub(super) fn open(path: &Path, key: VerifierKey) -> Result<Self, StateError> {
        let file = KeptFile::open(path, "monitor")?;
        Ok(Self { file, key })
    }

    /// What is remembered; nothing before the first round.
    pub(super) fn load(&self) -> Result<Option<State>, StateError> {
        let path = self.file.path().to_owned();
        let Some(text) = self.file.read(MAX_STATE_BYTES)? else {
            return Ok(None);
        };
        let garbage = |what: String| StateError::Garbage {
            path: path.clone(),
            what,
        };
        let stored: Stored =
            serde_json::from_str(&text).map_err(|error| garbage(error.to_string()))?;
        if stored.version != VERSION {
            return Err(garbage(format!("its version is {}", stored.version)));
        }
        if stored.origin != self.key.name() || stored.key != self.key.to_string() {
            return Err(StateError::OtherLog {
                path,
                origin: stored.origin,
                key: stored.key,
            });
        }
        let time = |text: &str| {
            let time = Timestamp::parse_rfc3339(text);
            time.map_err(|error| garbage(error.to_string()))
        };
        let head = Head::open(stored.head.as_bytes(), &self.key);
        let head = head.map_err(|alarm| garbage(alarm.what))?;
        let (entries_verified, events_verified) = (stored.entries_verified, stored.events_verified);
        if entries_verified > head.size() || events_verified > entries_verified {
            return Err(garbage("its positions are beyond its head".to_owned()));
        }
        let marked_at = stored.marked_at.as_deref().map(time).transpose()?;
        let mark = marked_at.map(|at| Mark {
            size: stored.marked_size,
            at,
        });
        Ok(Some(State {
            mark,
            head,
            first_seen_at: time(&stored.first_seen_at)?,
            grown_at: time(&stored.grown_at)?,
            checked_at: stored.checked_at.as_deref().map(time).transpose()?,
            entries_verified,
            events_verified,
            events_erased: stored.events_erased,
            entries_pruned: stored.entries_pruned,
        }))
    }

    /// Remembers this from now on.
    pub(super) fn save(&self, state: &State) -> Result<(), StateError> {
        let stored = Stored {
            version: VERSION,
            origin: self.key.name().to_owned(),
            key: self.key.to_string(),
            head: state.head.note.clone(),
            first_seen_at: state.first_seen_at.to_string(),
            grown_at: state.grown_at.to_string(),
            checked_at: state.checked_at.map(|time| time.to_string()),
            entries_verified: state.entries_verified,
            events_verified: state.events_verified,
            events_erased: state.events_erased,
            entries_pruned: state.entries_pruned,
            marked_size: state.mark.map_or(0, |mark| mark.size),
            marked_at: state.mark.map(|mark| mark.at.to_string()),
        };
        Ok(self.file.save(&stored)?)
    }

    /// Keeps the notes of an alarm beside the state, unless they are there already, and names them in it.
    pub(super) fn keep_evidence(&self, alarm: &mut Alarm) -> Result<(), StateError> {
        for note in &alarm.notes {
            let size = note.lines().nth(1).unwrap_or_default();
            let hash = Sha256::digest(note);
            let hash: String = hash[..NAMED_BY_BYTES]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let name = self.file.beside(&format!(".evidence-{size}-{hash}"));
            let path = self.file.directory().path(&name);
            if !path.exists() {
                if self.evidence_files()? >= MAX_EVIDENCE_FILES {
                    continue;
                }
                let ordinary = FileMode::Ordinary;
                self.file
                    .directory()
                    .create_whole(&name, note.as_bytes(), ordinary)?;
            }
            alarm.evidence.push(path);
        }
        Ok(())
    }

    fn evidence_files(&self) -> Result<usize, StateError> {
        let prefix = self.file.beside(".evidence-");
        let prefix = prefix.as_os_str().as_encoded_bytes();
        let names = self.file.directory().names(Path::new(""))?;
        let is_evidence = |name: &&std::ffi::OsString| name.as_encoded_bytes().starts_with(prefix);
        Ok(names.iter().filter(is_evidence).count())
    }
}

/// Replaces a file as a whole, for whoever reads it meanwhile.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), StateError> {
    let (directory, name) = place(path).ok_or_else(|| KeptError::NoFile(path.to_owned()))?;
    let directory = Durable::open(directory, None)?;
    Ok(directory.replace(&name, text.as_bytes(), FileMode::Ordinary)?)
}
