//! Why an export did not become a file.

use std::io;

use evident_event::query::QueryError;
use evident_store::durable::DurableError;
use evident_store::index::IndexError;

use super::files::FilesError;
use super::formats::FormatError;
use crate::control::ControlError;

/// Why an export came to an end without a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// Somebody does not want it any more.
    #[error("it was cancelled")]
    Cancelled,
    /// The server is stopping; it is begun anew afterwards.
    #[error("the server was stopped in the middle of it")]
    Stopping,
    /// Whoever asked for it may not have it any more.
    #[error(
        "whoever asked for it is no longer permitted to export this: ask for it with credentials that may"
    )]
    NotPermitted,
    /// The server ended each time.
    #[error(
        "it was begun {0} times, and the server ended in the middle each time: ask for a smaller part of the log"
    )]
    BegunTooOften(u32),
    /// It is of a format that this version does not write.
    #[error("this version does not write files of the format {0:?}: ask for another one")]
    UnknownFormat(String),
    /// The question is not understood any more.
    #[error("its query is not understood by this version: {0}")]
    Query(#[from] QueryError),
    /// The index did not answer in time.
    #[error(
        "the log was searched for too long: ask for a narrower range of time, or leave quotes out of q"
    )]
    TooSlow,
    /// The index did not answer.
    #[error("the log could not be read: {0}")]
    Index(IndexError),
    /// The file would be too large.
    #[error(
        "the file would have more than {0} bytes, which is the most that export_max_bytes allows: ask for a smaller part of the log"
    )]
    TooLarge(u64),
    /// It takes too long.
    #[error(
        "it took more than {0} minutes, which is the most that export_max_minutes allows: ask for a smaller part of the log"
    )]
    TooLong(u64),
    /// There is no room for it.
    #[error(
        "the server's disk is full: make room in its data directory, or ask for a smaller part of the log"
    )]
    NoSpace,
    /// What there is belongs to recording.
    #[error(
        "the server's disk has less than {0} bytes free, which export_keep_free_bytes leaves to recording: make room \
         in its data directory, or ask for a smaller part of the log"
    )]
    NoRoom(u64),
    /// Retention removed events that are in what was made; it is begun anew.
    #[error("retention removed events of it in the middle")]
    Removed,
    /// The file could not be written.
    #[error("the file could not be written on the server: {0}")]
    Unwritten(String),
    /// The store of files did not take it.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The control database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// A thread panicked.
    #[error("it was abandoned; the server's log says why")]
    Abandoned,
}

impl From<io::Error> for JobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            _ => Self::Unwritten(error.to_string()),
        }
    }
}

impl From<DurableError> for JobError {
    fn from(error: DurableError) -> Self {
        match error.is_no_space() {
            true => Self::NoSpace,
            // Where on the server it is concerns nobody who asks for files.
            false => error.io_error().kind().into(),
        }
    }
}

impl From<io::ErrorKind> for JobError {
    fn from(kind: io::ErrorKind) -> Self {
        io::Error::from(kind).into()
    }
}

impl From<FormatError> for JobError {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Io(error) => error.into(),
            error => Self::Unwritten(error.to_string()),
        }
    }
}

impl From<IndexError> for JobError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::DeadlinePassed => Self::TooSlow,
            error => Self::Index(error),
        }
    }
}
