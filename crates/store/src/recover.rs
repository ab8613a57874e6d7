//! Opening a data directory: the normal path, whether it was closed or killed.
//!
//! The WAL is read from its beginning and every frame takes effect as it did when it was written.
//! What must hold:
//!
//! - nothing is written before everything was read and checked against the published checkpoints;
//! - what was read is brought to stable storage, and its names too, before anything is signed: a
//!   process that was killed leaves bytes and names that can be seen and that a power cut takes;
//! - damage stops acknowledging and signing, and leaves what lies before it readable.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use crate::durable::{Durable, DurableError};
use crate::health::Condition;
use crate::index::memory::MemoryIndex;
use crate::layout;
use crate::logs::{LogError, Logs};
use crate::seeds::Seeds;
use crate::state::{AppliedFrame, Row, State};
use crate::wal::{self, Damage, End, ScanError, Writer};

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

pub(crate) fn recover(durable: &Durable, preallocate_bytes: u64) -> Result<Recovered, OpenError> {
    for directory in layout::DIRECTORIES {
        durable.ensure_directory(directory.as_ref())?;
    }
    let logs = Arc::new(Logs::open(durable)?);
    sync_names(durable, &logs)?;
    let index = Arc::new(MemoryIndex::new());
    let mut state = State::new(index, Arc::clone(&logs), Seeds::new(durable));
    let replayed = replay(durable, &mut state);
    let checked = replayed.and_then(|newest| {
        logs.check_recovered().map_err(ReplayError::Log)?;
        Ok(newest)
    });
    let newest = match checked {
        Ok(newest) => newest,
        Err(ReplayError::Damage(damage)) => return Ok(damaged(state, damage.to_string())),
        Err(ReplayError::Log(error)) => return Ok(damaged(state, error.to_string())),
        Err(ReplayError::Io { path, source }) => {
            return Err(OpenError::Unreadable { path, source });
        }
    };
    // Nothing is signed, and no level file is written, before what was read is on stable storage.
    let writer = match newest {
        None => None,
        Some((header, end)) => Some(Writer::resume(
            durable,
            header,
            end.last_write,
            end.at,
            preallocate_bytes,
        )?),
    };
    let condition = match logs.publish_recovered() {
        Ok(()) => Condition::Accepting,
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

enum ReplayError {
    Damage(Damage),
    Log(LogError),
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl From<ScanError> for ReplayError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Damage(damage) => Self::Damage(damage),
            ScanError::Io { path, source } => Self::Io { path, source },
        }
    }
}

/// Gives every frame its effect; the newest file, if there is one, and where it ends.
fn replay(
    durable: &Durable,
    state: &mut State,
) -> Result<Option<(wal::FileHeader, End)>, ReplayError> {
    let groups = wal_groups(durable)?;
    let mut newest = None;
    for (number, group) in groups.iter().enumerate() {
        let path = durable.path(&layout::wal_file(*group));
        let is_newest = number + 1 == groups.len();
        let (header, end) = wal::scan(&path, is_newest, |frame| {
            let organization_id: Arc<str> = frame.organization_id.into();
            let rows = frame.rows.iter().map(|row| Row {
                id: row.id,
                received_at: row.received_at,
                occurred_at: row.occurred_at,
                canonical: Bytes::copy_from_slice(row.canonical),
            });
            let frame = AppliedFrame {
                organization_id,
                first_position: frame.first_position,
                first_index: frame.first_index,
                rows: rows.collect(),
            };
            state
                .apply(frame)
                .map(drop)
                .map_err(|error| error.to_string())
        })?;
        if header.group != *group {
            return Err(ReplayError::Damage(Damage {
                path,
                offset: 0,
                what: format!("it is the file of group {}", header.group),
            }));
        }
        state.logs.compare_levels();
        newest = Some((header, end));
    }
    Ok(newest)
}

/// The groups that have a WAL file, in order.
fn wal_groups(durable: &Durable) -> Result<Vec<u64>, ReplayError> {
    let path = durable.path(layout::WAL.as_ref());
    let unreadable = |source| ReplayError::Io {
        path: path.clone(),
        source,
    };
    let mut groups = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        // Other names are files that a crash left unfinished.
        let group = name
            .to_str()
            .and_then(|name| name.strip_suffix(".wal"))
            .and_then(|digits| u64::from_str_radix(digits, 16).ok());
        groups.extend(group);
    }
    groups.sort_unstable();
    Ok(groups)
}
