//! The anchor: a place outside of the data directory that remembers the newest checkpoint of each log, so
//! that an older copy of the directory is known to be one.
//!
//! What must hold (`spec/ledger.md`, "Anchor"):
//!
//! - nothing is signed before every log was held against its note there;
//! - a note is put there only in place of the one that this process put or found there;
//! - an anchor that does not answer holds up, and never lets through.

mod command;
mod directory;
mod following;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use evident_ledger::checkpoint::Checkpoint;

use crate::checkpoints::CheckpointStore;
use crate::logs::LogError;

pub(crate) use self::command::CommandAnchor;
pub(crate) use self::directory::DirectoryAnchor;
pub(crate) use self::following::Following;

/// How long an anchor's command may take by default.
pub const DEFAULT_COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an anchor's command rests between two rounds by default.
pub const DEFAULT_COMMAND_PAUSE: Duration = Duration::from_secs(30);

/// Where the anchor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnchorPlace {
    /// A directory, on another disk or machine. It must be there.
    Directory(PathBuf),
    /// A command of the operator's.
    Command(AnchorCommand),
}

/// A command that keeps checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorCommand {
    /// The program and its first arguments.
    pub command: Vec<String>,
    /// How long it may take each time.
    pub timeout: Duration,
    /// How long it rests between two rounds.
    pub pause: Duration,
}

/// An anchor that is in use.
pub(crate) struct Anchor {
    pub(crate) notes: Box<dyn CheckpointStore>,
    /// How long it rests between two rounds; without, it is written before anything is shown.
    pub(crate) pause: Option<Duration>,
}

impl Anchor {
    pub(crate) fn open(place: &AnchorPlace) -> Result<Self, LogError> {
        match place {
            AnchorPlace::Directory(directory) => Ok(Self {
                notes: Box::new(DirectoryAnchor::open(directory)?),
                pause: None,
            }),
            AnchorPlace::Command(command) => Ok(Self {
                notes: Box::new(CommandAnchor::new(command)),
                pause: Some(command.pause),
            }),
        }
    }
}

/// What an anchor's note says of a log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// The log has that checkpoint.
    Extends,
    /// The log is shorter.
    RolledBack,
    /// The log has another one of that size.
    Forked,
    /// The log has none of that size.
    Unknown,
}

/// Judges a log by its anchored checkpoint, its own size, and its own checkpoint of the anchored size.
pub(crate) fn judge(anchored: &Checkpoint, size: u64, own: Option<&Checkpoint>) -> Judgement {
    match own {
        _ if anchored.size > size => Judgement::RolledBack,
        Some(own) if own == anchored => Judgement::Extends,
        Some(_) => Judgement::Forked,
        None => Judgement::Unknown,
    }
}
