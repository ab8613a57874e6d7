//! Where a row's canonical bytes lie in the WAL, and reading them back from there.
//!
//! What must hold: what is given back is what was recorded, by its own checksum. The file is held
//! open, so that a row that was found can be read even when its file has been removed meanwhile.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

/// A WAL file, open for reading.
#[derive(Debug)]
pub(crate) struct WalFile {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl WalFile {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            path: path.to_owned(),
        })
    }
}

/// Why a row could not be read back from the WAL.
#[derive(Debug, thiserror::Error)]
pub enum StoredError {
    /// The operating system could not read it.
    #[error("could not read the event at byte {offset} of {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Where the event begins.
        offset: u64,
        /// What the operating system said.
        source: io::Error,
    },
    /// What was read is not what was recorded.
    #[error(
        "the event at byte {offset} of {} is damaged: its checksum is wrong; restore the file from \
         a backup", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the event begins.
        offset: u64,
    },
}

/// Where a row's canonical bytes are.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) file: Arc<WalFile>,
    pub(crate) offset: u64,
    pub(crate) length: u32,
    /// CRC-32C of the canonical bytes: the frame's own is over all of its rows.
    pub(crate) checksum: u32,
}

impl Stored {
    /// The place of bytes that are, or are about to be, at this offset. A frame bounds a row's
    /// length to far less than 4 GiB.
    pub(crate) fn new(file: &Arc<WalFile>, offset: u64, canonical: &[u8]) -> Self {
        Self {
            file: Arc::clone(file),
            offset,
            length: canonical.len() as u32,
            checksum: crc32c::crc32c(canonical),
        }
    }

    /// The canonical bytes.
    pub(crate) fn read(&self) -> Result<Bytes, StoredError> {
        let mut bytes = vec![0; self.length as usize];
        self.file
            .file
            .read_exact_at(&mut bytes, self.offset)
            .map_err(|source| StoredError::Unreadable {
                path: self.file.path.clone(),
                offset: self.offset,
                source,
            })?;
        if crc32c::crc32c(&bytes) != self.checksum {
            return Err(StoredError::Damaged {
                path: self.file.path.clone(),
                offset: self.offset,
            });
        }
        Ok(bytes.into())
    }
}
