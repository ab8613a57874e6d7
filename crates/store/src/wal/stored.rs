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

/// Bytes that are read at a time where rows are read one after the other.
const READ_BYTES: usize = 256 << 10;

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
        self.checked(&bytes)?;
        Ok(bytes.into())
    }

    fn checked(&self, bytes: &[u8]) -> Result<(), StoredError> {
        match crc32c::crc32c(bytes) == self.checksum {
            true => Ok(()),
            false => Err(StoredError::Damaged {
                path: self.file.path.clone(),
                offset: self.offset,
            }),
        }
    }
}

/// Reads many rows that lie behind each other, more than one at a time.
#[derive(Debug, Default)]
pub(crate) struct StoredReader {
    file: Option<Arc<WalFile>>,
    /// Where in it what was read begins.
    start: u64,
    read: Vec<u8>,
}

impl StoredReader {
    /// The canonical bytes of a row.
    pub(crate) fn read(&mut self, stored: &Stored) -> Result<&[u8], StoredError> {
        let length = stored.length as usize;
        let is_same = |file: &Arc<WalFile>| Arc::ptr_eq(file, &stored.file);
        let at = stored.offset.checked_sub(self.start);
        let at = at.and_then(|at| usize::try_from(at).ok());
        let has_it = |at: &usize| at.saturating_add(length) <= self.read.len();
        let at = match at.filter(has_it) {
            Some(at) if self.file.as_ref().is_some_and(is_same) => at,
            _ => {
                self.fill(stored)?;
                0
            }
        };
        let bytes = self.read.get(at..at + length).unwrap_or_default();
        stored.checked(bytes)?;
        Ok(bytes)
    }

    /// Reads from a row on, as far as the file goes.
    fn fill(&mut self, stored: &Stored) -> Result<(), StoredError> {
        let length = stored.length as usize;
        // Until it is read there is nothing.
        self.file = None;
        self.read.resize(length.max(READ_BYTES), 0);
        let mut filled = 0;
        while filled < length {
            let file = &stored.file.file;
            let into = self.read.get_mut(filled..).unwrap_or_default();
            let read = match file.read_at(into, stored.offset + filled as u64) {
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
                other => other,
            };
            filled += read.map_err(|source| StoredError::Unreadable {
                path: stored.file.path.clone(),
                offset: stored.offset,
                source,
            })?;
        }
        self.read.truncate(filled);
        self.start = stored.offset;
        self.file = Some(Arc::clone(&stored.file));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;

    #[test]
    fn rows_are_read_in_any_order_and_size_and_damage_is_told() {
        let mut rows: Vec<Vec<u8>> = (0..50_u8)
            .map(|row| vec![row; 1 + usize::from(row) * 977])
            .collect();
        rows.push(vec![9; READ_BYTES + 1]);
        rows.push(vec![8; 3]);
        let path = tempfile::NamedTempFile::new().unwrap();
        let mut file = path.as_file();
        let opened = Arc::new(WalFile::open(path.path()).unwrap());
        let mut stored = Vec::new();
        let mut offset = 0;
        for row in &rows {
            file.write_all(b"head").unwrap();
            file.write_all(row).unwrap();
            stored.push(Stored::new(&opened, offset + 4, row));
            offset += 4 + row.len() as u64;
        }
        let mut reader = StoredReader::default();
        let backwards = (0..rows.len()).rev();
        for number in (0..rows.len()).chain(backwards).chain([7, 51, 3, 50]) {
            assert_eq!(
                reader.read(&stored[number]).unwrap(),
                &rows[number][..],
                "{number}"
            );
        }
        let other = Arc::new(WalFile::open(path.path()).unwrap());
        let elsewhere = Stored::new(&other, stored[2].offset, &rows[1]);
        assert!(matches!(
            reader.read(&elsewhere),
            Err(StoredError::Damaged { .. })
        ));
        let beyond = Stored::new(&opened, offset, b"x");
        assert!(matches!(
            reader.read(&beyond),
            Err(StoredError::Unreadable { .. })
        ));
        let near = Stored::new(&opened, offset + 1, b"");
        assert!(reader.read(&beyond).is_err() && reader.read(&near).is_ok());
        assert_eq!(reader.read(&stored[2]).unwrap(), &rows[2][..]);
    }
}
