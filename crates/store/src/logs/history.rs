//! Every checkpoint that a log has published, for ever: `log/<organization id>/checkpoints`.
//!
//! Records of a fixed size, in ascending order of the logs' sizes; `spec/ledger.md` has the bytes.
//! What must hold: a record is durable before its checkpoint is shown to anybody, so only the last one
//! can be half written, and then nobody has seen it. Whether that is so, the checkpoint that is shown
//! says: it is the record before.

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use evident_ledger::checkpoint::{Checkpoint, CheckpointError};
use evident_ledger::note::{SIGNATURE_BYTES, VerifierKey};
use evident_ledger::{HASH_BYTES, Hash};

/// Bytes of a record.
pub(crate) const RECORD_BYTES: usize = 128;

const ROOT_AT: usize = 8;
const SIGNED_AT: usize = ROOT_AT + HASH_BYTES;
const SIGNATURE_AT: usize = SIGNED_AT + 8;
const ZEROS_AT: usize = SIGNATURE_AT + SIGNATURE_BYTES;
const CHECKSUM_AT: usize = RECORD_BYTES - 4;

/// A published checkpoint, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// By the server's clock, which nothing relies on.
    pub(crate) signed_at_micros: i64,
    pub(crate) signature: [u8; SIGNATURE_BYTES],
}

impl Record {
    /// The record of a signed checkpoint; `None` if it is not signed by the key.
    pub(crate) fn of(
        checkpoint: &Checkpoint,
        note: &str,
        key: &VerifierKey,
        signed_at_micros: i64,
    ) -> Option<Self> {
        Some(Self {
            size: checkpoint.size,
            root: checkpoint.root,
            signed_at_micros,
            signature: key.signature_of(note)?,
        })
    }

    pub(crate) fn to_bytes(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        bytes[..ROOT_AT].copy_from_slice(&self.size.to_le_bytes());
        bytes[ROOT_AT..SIGNED_AT].copy_from_slice(&self.root.0);
        bytes[SIGNED_AT..SIGNATURE_AT].copy_from_slice(&self.signed_at_micros.to_le_bytes());
        bytes[SIGNATURE_AT..ZEROS_AT].copy_from_slice(&self.signature);
        let checksum = crc32c::crc32c(&bytes[..CHECKSUM_AT]);
        bytes[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a record; `None` if it is not whole.
    pub(crate) fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk()?;
        let (root, rest) = rest.split_first_chunk()?;
        let (signed_at, rest) = rest.split_first_chunk()?;
        let (signature, _) = rest.split_first_chunk()?;
        let record = Self {
            size: u64::from_le_bytes(*size),
            root: Hash(*root),
            signed_at_micros: i64::from_le_bytes(*signed_at),
            signature: *signature,
        };
        // One text for a record, as for everything that is signed.
        (record.to_bytes() == *bytes).then_some(record)
    }

    /// The checkpoint of a log.
    pub(crate) fn checkpoint(&self, origin: &str) -> Checkpoint {
        Checkpoint::new(origin, self.size, self.root)
    }

    /// The checkpoint, opened with the log's key.
    pub(crate) fn open(&self, key: &VerifierKey) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::open(self.note(key).as_bytes(), key)
    }

    /// The signed note, byte for byte as it was published.
    pub(crate) fn note(&self, key: &VerifierKey) -> String {
        key.note(&self.checkpoint(key.name()).to_text(), &self.signature)
    }
}

/// A log's history, to be read.
pub(crate) struct History {
    file: Option<File>,
    path: PathBuf,
}

impl History {
    /// Opens the history at a path; one that is not there has no records.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = match File::open(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// How many records it may have, the last of which may not be whole.
    pub(crate) fn length(&self) -> io::Result<u64> {
        let bytes = match &self.file {
            Some(file) => file.metadata()?.len(),
            None => 0,
        };
        Ok(bytes.div_ceil(RECORD_BYTES as u64))
    }

    /// A record; `None` if it is not whole.
    pub(crate) fn read(&self, number: u64) -> io::Result<Option<Record>> {
        let Some(file) = &self.file else {
            return Ok(None);
        };
        let mut bytes = [0; RECORD_BYTES];
        let offset = number.saturating_mul(RECORD_BYTES as u64);
        match file.read_exact_at(&mut bytes, offset) {
            Ok(()) => Ok(Record::from_bytes(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A record that must be whole.
    pub(crate) fn read_whole(&self, number: u64) -> io::Result<Record> {
        self.read(number)?.ok_or_else(|| {
            let path = self.path.display();
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("record {number} of {path} is damaged"),
            )
        })
    }

    /// Of the first `count` records, how many have a size below `size`.
    pub(crate) fn count_below(&self, size: u64, count: u64) -> io::Result<u64> {
        let (mut start, mut end) = (0, count);
        while start < end {
            let middle = start + (end - start) / 2;
            match self.read_whole(middle)?.size < size {
                true => start = middle + 1,
                false => end = middle,
            }
        }
        Ok(start)
    }

    /// Of the first `count` records, the one of a size.
    pub(crate) fn find(&self, size: u64, count: u64) -> io::Result<Option<Record>> {
        let number = self.count_below(size, count)?;
        if number == count {
            return Ok(None);
        }
        let record = self.read_whole(number)?;
        Ok(Some(record).filter(|record| record.size == size))
    }
}
