//! The files of a segment as bytes that are verified when they are read.
//!
//! What must hold: no byte leaves here that is not under a checksum that matched, and what is read
//! is bounded by the checksums that are really there, not by a length that somebody wrote down.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::SegmentError;
use super::source::Source;

/// Bytes under one checksum.
pub(crate) const CHUNK_BYTES: usize = 4096;
/// Bytes read at a time when a whole file is verified: a multiple of `CHUNK_BYTES`.
const VERIFY_BYTES: usize = 1 << 20;
/// Bytes of a checksum.
const CHECKSUM_BYTES: usize = 4;

/// The checksums of the chunks of a file, in order.
pub(crate) type Checksums = Arc<[u32]>;

/// How many checksums a file of so many bytes has.
pub(crate) fn chunks_of(length: u64) -> u64 {
    length.div_ceil(CHUNK_BYTES as u64)
}

/// The checksums of a stream of bytes that comes in any pieces.
#[derive(Debug, Default)]
pub(crate) struct Checksummer {
    checksums: Vec<u32>,
    /// Of the chunk that is begun.
    current: u32,
    /// Bytes of the chunk that is begun.
    filled: usize,
}

impl Checksummer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let wanted = (CHUNK_BYTES - self.filled).min(bytes.len());
            let (piece, rest) = bytes.split_at(wanted);
            self.current = crc32c::crc32c_append(self.current, piece);
            self.filled += wanted;
            bytes = rest;
            if self.filled == CHUNK_BYTES {
                self.close();
            }
        }
    }

    /// One checksum for each chunk; the last chunk may be shorter.
    pub(crate) fn finish(mut self) -> Vec<u32> {
        if self.filled > 0 {
            self.close();
        }
        self.checksums
    }

    fn close(&mut self) {
        self.checksums.push(self.current);
        self.current = 0;
        self.filled = 0;
    }
}

/// The section `checksums`: those of the index, then those of the rows.
pub(crate) fn encode_checksums(index: &[u32], rows: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity((index.len() + rows.len()) * CHECKSUM_BYTES);
    for checksum in index.iter().chain(rows) {
        bytes.extend_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

/// What the section `checksums` says: of the index up to this section, and of the rows.
pub(crate) fn decode_checksums(
    bytes: &[u8],
    index_length: u64,
    rows_length: u64,
) -> Result<(Checksums, Checksums), SegmentError> {
    let index = chunks_of(index_length);
    let total = index + chunks_of(rows_length);
    let (words, rest) = bytes.as_chunks::<CHECKSUM_BYTES>();
    if !rest.is_empty() || words.len() as u64 != total {
        return Err(SegmentError::malformed(
            "checksums",
            "they are not as many as the files have pieces",
        ));
    }
    let (index, rows) = words.split_at(
        usize::try_from(index)
            .unwrap_or(usize::MAX)
            .min(words.len()),
    );
    let decode = |words: &[[u8; CHECKSUM_BYTES]]| {
        words.iter().map(|word| u32::from_le_bytes(*word)).collect()
    };
    Ok((decode(index), decode(rows)))
}

/// A file whose every chunk has a checksum.
#[derive(Debug)]
pub(crate) struct CheckedFile {
    path: PathBuf,
    file: File,
    /// Bytes that have checksums; the file may have more behind them.
    length: u64,
    checksums: Checksums,
}

impl CheckedFile {
    pub(crate) fn open(
        path: &Path,
        length: u64,
        checksums: Checksums,
    ) -> Result<Self, SegmentError> {
        let file = File::open(path).map_err(|source| SegmentError::Io {
            path: path.to_path_buf(),
            source,
        })?;
        Self::new(path.to_path_buf(), file, length, checksums)
    }

    /// Of a file that is open for reading.
    pub(crate) fn new(
        path: PathBuf,
        file: File,
        length: u64,
        checksums: Checksums,
    ) -> Result<Self, SegmentError> {
        if checksums.len() as u64 != chunks_of(length) {
            return Err(SegmentError::malformed(
                "checksums",
                "they are not as many as the file has pieces",
            ));
        }
        Ok(Self {
            path,
            file,
            length,
            checksums,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    #[cfg(test)]
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Replaces what is in `into` by the `length` bytes at an offset, verified.
    /// What `into` holds after an error is not to be used.
    pub(crate) fn read(
        &self,
        offset: u64,
        length: usize,
        into: &mut Vec<u8>,
    ) -> Result<(), SegmentError> {
        let end = offset
            .checked_add(length as u64)
            .filter(|end| *end <= self.length)
            .ok_or_else(|| {
                SegmentError::malformed("file", "something in it points past its end")
            })?;
        if length == 0 {
            into.clear();
            return Ok(());
        }
        let head = offset % CHUNK_BYTES as u64;
        let first = offset - head;
        let last = end.next_multiple_of(CHUNK_BYTES as u64).min(self.length);
        // Both differ from what the caller asked for by less than a chunk.
        let covering = (last - first) as usize;
        let head = head as usize;

        into.resize(covering, 0);
        let got = self.fill(first, into)?;
        if let Some(bad) = self.bad_chunks(first, into, got).next() {
            return Err(self.damaged(bad, "its bytes do not match their checksum"));
        }
        if got < covering {
            return Err(self.short(first + got as u64));
        }
        into.truncate(head + length);
        into.drain(..head);
        Ok(())
    }

    /// Where the chunks begin that do not match their checksums, or are not there. Tells how many
    /// bytes are done after each piece, and ends early when the answer is no.
    pub(crate) fn verify(
        &self,
        progress: &mut impl FnMut(u64) -> bool,
    ) -> Result<Vec<u64>, SegmentError> {
        let mut bad = Vec::new();
        let mut piece = vec![0; VERIFY_BYTES];
        let mut offset = 0;
        while offset < self.length {
            let wanted = (self.length - offset).min(VERIFY_BYTES as u64);
            piece.truncate(wanted as usize);
            let got = self.fill(offset, &mut piece)?;
            bad.extend(self.bad_chunks(offset, &piece, got));
            if got < piece.len() {
                // The chunk that the end of the file cuts, and all behind it.
                let whole = (got - got % CHUNK_BYTES) as u64;
                bad.extend((offset + whole..self.length).step_by(CHUNK_BYTES));
                progress(self.length);
                break;
            }
            offset += wanted;
            if !progress(offset) {
                break;
            }
        }
        Ok(bad)
    }

    /// Reads until `into` is full or the file ends; says how many bytes there were.
    fn fill(&self, offset: u64, into: &mut [u8]) -> Result<usize, SegmentError> {
        let mut got = 0;
        while let Some(rest) = into.get_mut(got..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, offset + got as u64) {
                Ok(0) => break,
                Ok(count) => got += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(SegmentError::Io {
                        path: self.path.clone(),
                        source,
                    });
                }
            }
        }
        Ok(got)
    }

    /// Where the chunks begin that are wholly among the first `got` bytes and do not match.
    /// `first` is where a chunk begins, and `piece` ends where one does.
    fn bad_chunks(&self, first: u64, piece: &[u8], got: usize) -> impl Iterator<Item = u64> {
        let number = usize::try_from(first / CHUNK_BYTES as u64).unwrap_or(usize::MAX);
        let checksums = self.checksums.get(number..).unwrap_or_default();
        piece
            .chunks(CHUNK_BYTES)
            .zip(checksums)
            .enumerate()
            .map(|(index, (chunk, checksum))| (index * CHUNK_BYTES, chunk, checksum))
            .filter(move |(start, chunk, checksum)| {
                start + chunk.len() <= got && crc32c::crc32c(chunk) != **checksum
            })
            .map(move |(start, ..)| first + start as u64)
    }

    fn short(&self, read_to: u64) -> SegmentError {
        // A read far behind the end of a file gives no bytes; the damage is where the file ends.
        let end = self
            .file
            .metadata()
            .map_or(read_to, |data| data.len().min(read_to));
        self.damaged(end, "the file ends here, too early")
    }

    fn damaged(&self, offset: u64, what: &str) -> SegmentError {
        SegmentError::Damaged {
            path: self.path.clone(),
            offset,
            what: what.to_owned(),
        }
    }
}

/// A run of bytes of a checked file.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    file: Arc<CheckedFile>,
    offset: u64,
    length: u64,
}

impl Section {
    pub(crate) fn new(
        file: Arc<CheckedFile>,
        offset: u64,
        length: u64,
    ) -> Result<Self, SegmentError> {
        match offset.checked_add(length) {
            Some(end) if end <= file.length => Ok(Self {
                file,
                offset,
                length,
            }),
            _ => Err(SegmentError::malformed(
                "meta.json",
                "a section ends behind the end of the file",
            )),
        }
    }

    /// All that has checksums.
    pub(crate) fn whole(file: Arc<CheckedFile>) -> Self {
        let length = file.length;
        Self {
            file,
            offset: 0,
            length,
        }
    }
}

impl Source for Section {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, length: usize, into: &mut Vec<u8>) -> Result<(), SegmentError> {
        match offset.checked_add(length as u64) {
            Some(end) if end <= self.length => self.file.read(self.offset + offset, length, into),
            _ => Err(SegmentError::malformed(
                "section",
                "something in it points past its end",
            )),
        }
    }
}

#[cfg(test)]
mod tests;
