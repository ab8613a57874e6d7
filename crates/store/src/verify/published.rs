//! The checkpoints that a log has published, as its directory has them.
//!
//! What must hold: records are read in the order of the file and a piece at a time; one that is not
//! whole is told apart from one that says something else.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::logs::history::{RECORD_BYTES, Record};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 1 << 20;

/// What comes next in the file.
#[derive(Debug)]
pub(super) enum Next {
    Whole(Record),
    /// It does not match its checksum.
    Bad,
    /// The file ends in the middle of it.
    Cut,
}

/// A log's records, in order.
pub(super) struct Records {
    file: BufReader<File>,
    /// The number of the next record.
    number: u64,
    /// How many there are, one that is cut off among them.
    count: u64,
}

impl Records {
    /// Of a file; `None` if it is not there.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let count = file.metadata()?.len().div_ceil(RECORD_BYTES as u64);
        Ok(Some(Self {
            file: BufReader::with_capacity(BUFFER_BYTES, file),
            number: 0,
            count,
        }))
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The next record and its number.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Next)>> {
        if self.number >= self.count {
            return Ok(None);
        }
        let number = self.number;
        self.number += 1;
        let mut bytes = [0; RECORD_BYTES];
        let next = match self.file.read_exact(&mut bytes) {
            Ok(()) => Record::from_bytes(&bytes).map_or(Next::Bad, Next::Whole),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Next::Cut,
            Err(error) => return Err(error),
        };
        Ok(Some((number, next)))
    }
}
