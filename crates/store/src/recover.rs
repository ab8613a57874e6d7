//! Opening a data directory: the normal path, whether it was closed or killed.
//!
//! What the segments have is the base; the WAL is read from its beginning, and every row behind the
//! base takes effect as it did when it was written.
//! What must hold:
//!
//! - nothing is written before everything was read and checked against the published checkpoints;
//! - what was read is brought to stable storage, and its names too, before anything is signed: a
//!   process that was killed leaves bytes and names that can be seen and that a power cut takes;
//! - damage stops acknowledging and signing, and leaves what lies before it readable.

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use crate::anchor::AnchorPlace;
use crate::durable::{Durable, DurableError};
use crate::health::Condition;
use crate::index::embedded::EmbeddedIndex;
use crate::layout;
use crate::logs::{LogError, Logs};
use crate::replay::{ReplayError, replay};
use crate::seeds::Seeds;
use crate::state::{Base, State};
use crate::wal::{self, Writer};

/// Why a data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "another process is using {}: stop it, or choose another data directory", .0.display()
    )]
    Locked(PathBuf),
    /// A write failed.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// The WAL could not be read.
    #[error("could not read {}: {source}", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A log could not be opened.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The operating system gave no thread.
    #[error("a thread could not be started: {0}")]
    Thread(std::io::Error),
}

/// What is in the directory.
pub(crate) struct Recovered {
    pub(crate) state: State,
    pub(crate) writer: Option<Writer>,
    pub(crate) condition: Condition,
}

/// Brings the directory to where its last owner left it. The index answers for the base already.
pub(crate) fn recover(
    durable: &Durable,
    preallocate_bytes: u64,
    base: Base,
    index: Arc<EmbeddedIndex>,
    anchor: Option<&AnchorPlace>,
) -> Result<Recovered, OpenError> {
    for directory in layout::DIRECTORIES {
        durable.ensure_directory(directory.as_ref())?;
    }
    let logs = Arc::new(Logs::open(durable, anchor)?);
    sync_names(durable, &logs)?;
    let resumed = resume_logs(&logs, &base);
    let seeds = Seeds::new(durable);
    let mut state = State::new(index, Arc::clone(&logs), seeds, base.clone());
    let replayed = replay(durable, &mut state, &base);
    let checked = replayed.and_then(|newest| {
        resumed
            .and_then(|()| logs.check_recovered())
            .and_then(|()| logs.check_anchored())
            .map_err(ReplayError::Log)?;
        Ok(newest)
    });
    let newest = match checked {
        Ok(newest) => newest,
        Err(ReplayError::Damage(damage)) => return Ok(damaged(state, damage.to_string())),
        Err(ReplayError::Log(error)) => return Ok(damaged(state, error.to_string())),
        Err(ReplayError::Io { path, source }) => {
            return Err(OpenError::Unreadable { path, source });
        }
        Err(ReplayError::Durable(error)) => return Err(error.into()),
    };
    // Nothing is signed, and no level file is written, before what was read is on stable storage.
    let writer = match newest {
        None => None,
        Some(newest) => Some(Writer::resume(
            durable,
            newest.name,
            newest.header,
            newest.end.last_write,
            newest.end.at,
            preallocate_bytes,
        )?),
    };
    remove_covered(durable, base.next_position)?;
    let published = logs.publish_recovered();
    let condition = match published.and_then(|()| logs.mark_anchored()) {
        Ok(()) => Condition::Accepting,
        Err(error @ LogError::Anchor(_)) => {
            tracing::warn!(%error, "heads are shown when the anchor answers");
            Condition::Accepting
        }
        Err(error) if error.is_no_space() => {
            tracing::warn!(%error, "the disk is full: heads are signed when there is room");
            Condition::NoSpace
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Recovered {
        state,
        writer,
        condition,
    })
}

/// Lets the logs go on behind the base; the first error, when all have been tried. It is told only
/// after the WAL was read, so that its events can be.
fn resume_logs(logs: &Logs, base: &Base) -> Result<(), LogError> {
    let mut resumed = Ok(());
    for (organization_id, size) in &base.next_indexes {
        resumed = resumed
            .and(logs.resume(organization_id, *size))
            .and(logs.check_vouched(organization_id, *size));
    }
    resumed
}

/// Removes the WAL files that the last owner had no time to remove, or to make.
fn remove_covered(durable: &Durable, through: u64) -> Result<(), DurableError> {
    let removed = wal::remove_covered(durable, through);
    match removed.and_then(|_| wal::remove_unfinished(durable)) {
        // There are file systems that need room to remove. The next removal takes these along.
        Err(error) if error.is_no_space() => {
            tracing::warn!(%error, "the disk is full: WAL files are removed when there is room");
            Ok(())
        }
        removed => removed,
    }
}

/// Makes every name durable that a killed process may have left for others to see only.
fn sync_names(durable: &Durable, logs: &Logs) -> Result<(), DurableError> {
    durable.sync_directory("".as_ref())?;
    for directory in layout::DIRECTORIES {
        durable.sync_directory(directory.as_ref())?;
    }
    logs.sync_names()
}

fn damaged(state: State, reason: String) -> Recovered {
    tracing::error!(reason, "the log is damaged: reading only");
    Recovered {
        state,
        writer: None,
        condition: Condition::Damaged(reason),
    }
}
