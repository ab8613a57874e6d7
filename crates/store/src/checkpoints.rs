//! Where an organization's current checkpoint is kept.
//!
//! What must hold: a checkpoint is replaced only by whoever knows the one that is there
//! (compare-and-swap), so that two writers that both believe they own a log cannot both publish.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::durable::{Durable, DurableError, FileMode};
use crate::layout;

/// Largest checkpoint that is read: three lines, a few signatures.
pub(crate) const MAX_CHECKPOINT_BYTES: u64 = 64 << 10;

/// Why a checkpoint was not read or published.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointStoreError {
    /// Another checkpoint is there than the caller knew.
    #[error("another process has published a checkpoint of this log: only one may own it")]
    Raced,
    /// It could not be written.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// It could not be read.
    #[error("could not read the published checkpoint of {organization_id}: {source}")]
    Unreadable {
        /// The organization.
        organization_id: String,
        /// What the operating system said.
        source: std::io::Error,
    },
}

/// A place for one checkpoint an organization.
pub trait CheckpointStore: Send + Sync {
    /// The checkpoint that is there.
    fn read(&self, organization_id: &str) -> Result<Option<Vec<u8>>, CheckpointStoreError>;

    /// Puts `new` in place of `known`, durably; fails if another is there.
    fn compare_and_swap(
        &self,
        organization_id: &str,
        known: Option<&[u8]>,
        new: &[u8],
    ) -> Result<(), CheckpointStoreError>;
}

/// Checkpoints as files of the data directory.
pub(crate) struct FileCheckpoints {
    durable: Durable,
    /// Held from the comparison to the swap.
    swapping: Mutex<()>,
}

impl FileCheckpoints {
    pub(crate) fn new(durable: &Durable) -> Self {
        Self {
            durable: durable.clone(),
            swapping: Mutex::new(()),
        }
    }
}

impl CheckpointStore for FileCheckpoints {
    fn read(&self, organization_id: &str) -> Result<Option<Vec<u8>>, CheckpointStoreError> {
        let path = self.durable.path(&layout::checkpoint_file(organization_id));
        read_note(&path, organization_id)
    }

    fn compare_and_swap(
        &self,
        organization_id: &str,
        known: Option<&[u8]>,
        new: &[u8],
    ) -> Result<(), CheckpointStoreError> {
        let _swapping = self.swapping.lock().unwrap_or_else(PoisonError::into_inner);
        if self.read(organization_id)?.as_deref() != known {
            return Err(CheckpointStoreError::Raced);
        }
        let path = layout::checkpoint_file(organization_id);
        self.durable.replace(&path, new, FileMode::Ordinary)?;
        Ok(())
    }
}

/// A note that a file holds, if there is one.
pub(crate) fn read_note(
    path: &Path,
    organization_id: &str,
) -> Result<Option<Vec<u8>>, CheckpointStoreError> {
    let read = || {
        if std::fs::metadata(path)?.len() > MAX_CHECKPOINT_BYTES {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        std::fs::read(path)
    };
    match read() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CheckpointStoreError::Unreadable {
            organization_id: organization_id.to_owned(),
            source,
        }),
    }
}
