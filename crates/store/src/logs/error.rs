//! What can be wrong with a log.

use evident_ledger::checkpoint::CheckpointError;
use evident_ledger::note::KeyError;

use crate::checkpoints::CheckpointStoreError;
use crate::durable::DurableError;

/// Why a log could not be opened, made or published.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A write failed.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// The checkpoint could not be read or swapped.
    #[error(transparent)]
    Checkpoints(#[from] CheckpointStoreError),
    /// A file could not be read.
    #[error("could not read {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The signing key is not one.
    #[error("the signing key of {organization_id} cannot be used: {source}; restore its file")]
    Key {
        /// The organization.
        organization_id: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The checkpoint is not one, or is not signed by the log's key.
    #[error("the published checkpoint of {organization_id} does not hold: {source}")]
    Checkpoint {
        /// The organization.
        organization_id: String,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// The log is not what its published checkpoint says.
    #[error("the log of {organization_id} contradicts its published checkpoint: {what}")]
    Contradiction {
        /// The organization.
        organization_id: String,
        /// How.
        what: String,
    },
    /// The anchor does not answer, or is not the one it was.
    #[error("{0}")]
    Anchor(String),
    /// A log's files cannot be used, so nothing is signed.
    #[error("{0}")]
    Broken(String),
    /// The organization has a log already.
    #[error("the organization {0} has a log already")]
    Exists(String),
    /// The organization has rows and no log.
    #[error("the organization {0} has rows and no signing key: restore its file")]
    Missing(String),
    /// A file of hashes does not hold what it must.
    #[error(
        "the file of hashes {path} cannot be used: {what}; stop Evident and run `evident check \
         --rebuild`, which makes it anew from the events"
    )]
    Hashes {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// The store has stopped, so nothing is signed.
    #[error("no log can be made: {0}")]
    Stopped(String),
    /// The organization's id, or the name of its key, cannot be used.
    #[error("{0}")]
    Name(String),
}

impl LogError {
    /// It may go away by itself, and what was to be done is tried again.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Anchor(_)) || self.is_no_space()
    }

    pub(crate) fn is_no_space(&self) -> bool {
        match self {
            Self::Durable(error) | Self::Checkpoints(CheckpointStoreError::Durable(error)) => {
                error.is_no_space()
            }
            _ => false,
        }
    }
}
