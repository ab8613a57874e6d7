//! An anchor that is a directory, with a file for each log.

use std::path::{Path, PathBuf};

use crate::checkpoints::{self, CheckpointStore, CheckpointStoreError};
use crate::durable::{Durable, FileMode};
use crate::logs::LogError;

/// Held while a note is compared and replaced. No organization can be called that.
const LOCK: &str = ".lock";

/// Notes as files of a directory that other processes may write to as well.
pub(crate) struct DirectoryAnchor {
    durable: Durable,
}

impl DirectoryAnchor {
    /// The directory, which must be there: one that was made now could not remember anything.
    pub(crate) fn open(directory: &Path) -> Result<Self, LogError> {
        if !directory.is_dir() {
            return Err(LogError::Anchor(format!(
                "the anchor's directory {} is not there: mount it, or make it if it is new",
                directory.display()
            )));
        }
        Ok(Self {
            durable: Durable::open(directory, None)?,
        })
    }

    /// A directory that has vanished is not made anew.
    fn path(&self, organization_id: &str) -> PathBuf {
        self.durable.path(organization_id.as_ref())
    }
}

impl CheckpointStore for DirectoryAnchor {
    fn read(&self, organization_id: &str) -> Result<Option<Vec<u8>>, CheckpointStoreError> {
        checkpoints::read_note(&self.path(organization_id), organization_id)
    }

    fn compare_and_swap(
        &self,
        organization_id: &str,
        known: Option<&[u8]>,
        new: &[u8],
    ) -> Result<(), CheckpointStoreError> {
        // Waiting could take for ever where the directory is on another machine.
        let lock = self.durable.lock(LOCK.as_ref())?;
        let _lock = lock.ok_or_else(|| CheckpointStoreError::Unreadable {
            organization_id: organization_id.to_owned(),
            source: std::io::ErrorKind::WouldBlock.into(),
        })?;
        let there = self.read(organization_id)?;
        if there.as_deref() == Some(new) {
            // An earlier attempt came through but for its last step.
            return Ok(self.durable.sync_directory("".as_ref())?);
        }
        if there.as_deref() != known {
            return Err(CheckpointStoreError::Raced);
        }
        let path = Path::new(organization_id);
        Ok(self.durable.replace(path, new, FileMode::Ordinary)?)
    }
}
