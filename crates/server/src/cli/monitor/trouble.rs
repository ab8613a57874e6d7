//! What a round may end with instead of success, so that nobody takes a lost connection for a log that
//! lies, or the other way round.

use std::path::PathBuf;

use super::super::client::ClientError;

/// Why a round did not find that all is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The log misbehaves.
    Alarm(Alarm),
    /// It could not be found out.
    Unchecked(String),
}

/// A log that misbehaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alarm {
    pub(super) kind: Kind,
    /// What was seen, and what to do.
    pub(super) what: String,
    /// Signed notes that show it, to be kept.
    pub(super) notes: Vec<String>,
    /// The files that they were kept in.
    pub(super) evidence: Vec<PathBuf>,
}

/// How a log misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It signed two histories.
    Fork,
    /// It signed a state that it had been beyond.
    Rollback,
    /// It has not grown for too long.
    Silence,
    /// An entry or an event is not the one that the log committed to.
    Entry,
    /// The hashes that it shows do not lead to the root that it signed.
    Tile,
    /// What it shows as its checkpoint is not signed by it.
    Signature,
}

impl Kind {
    /// All of them, as metrics list them.
    pub(super) const ALL: [Self; 6] = [
        Self::Fork,
        Self::Rollback,
        Self::Silence,
        Self::Entry,
        Self::Tile,
        Self::Signature,
    ];

    /// The kind's name in output and metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Rollback => "rollback",
            Self::Silence => "silence",
            Self::Entry => "entry",
            Self::Tile => "tile",
            Self::Signature => "signature",
        }
    }
}

impl Alarm {
    /// An alarm without notes.
    pub(super) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            notes: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// The same with signed notes that show it.
    pub(super) fn shown_by<'a>(mut self, notes: impl IntoIterator<Item = &'a String>) -> Self {
        self.notes.extend(notes.into_iter().cloned());
        self
    }
}

impl From<Alarm> for Trouble {
    fn from(alarm: Alarm) -> Self {
        Self::Alarm(alarm)
    }
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        Self::Unchecked(error.to_string())
    }
}
