//! Writing a segment's files.
//!
//! What must hold: when [`SegmentWriter::finish`] returns, every byte and every name of the segment is
//! on stable storage, and nothing but the manifest is missing for it to be one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::checked::{Checksummer, encode_checksums};
use super::dictionary::Sections;
use super::error::SegmentError;
use super::meta::{Extent, Listed, Meta, OrganizationRows, VERSION, checksum_text};
use super::sealed::{INDEX_FILE, META_FILE, ROWS_FILE, SECTIONS};
use crate::durable::{Durable, DurableError, DurableFile};
use crate::layout;

/// Bytes that are written at once.
const WRITE_BYTES: usize = 1 << 20;
/// Bytes after which a file is synced while it is written, so that no sync is a long one: appends
/// wait for the same disk.
const SYNC_BYTES: u64 = 1 << 20;

/// Why a segment was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeError {
    /// It could not be written.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// What it is made of could not be read, or is not right.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// A row could not be read back from the write-ahead log.
    #[error(transparent)]
    Stored(#[from] crate::wal::StoredError),
    /// The hashes of its leaves could not be brought to stable storage.
    #[error(transparent)]
    Log(#[from] crate::logs::LogError),
    /// The salt of a row that is removed is not to be had.
    #[error(transparent)]
    Seed(#[from] crate::seeds::SeedError),
    /// What it says of itself could not be written as JSON.
    #[error("a segment could not be described: {0}")]
    Describe(#[from] serde_json::Error),
    /// There was no memory for a compressor.
    #[error("a compressor could not be made: {0}")]
    Compressor(#[from] std::io::Error),
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
    /// The rules by which rows were to be taken out have changed.
    #[error("the rules have changed by which rows were to be taken out")]
    RulesChanged,
}

/// Everything of an index but its checksums.
pub(crate) struct IndexParts {
    pub(crate) dictionary: Sections,
    pub(crate) times: Vec<u8>,
    pub(crate) places: Vec<u8>,
    pub(crate) frames: Vec<u8>,
    pub(crate) ids: Vec<u8>,
    pub(crate) filter: Vec<u8>,
    pub(crate) hashes: Vec<u8>,
}

/// What a segment is about.
pub(crate) struct About {
    pub(crate) first_position: u64,
    /// How many places.
    pub(crate) rows: u32,
    /// In how many of them there is an event.
    pub(crate) events: u32,
    pub(crate) generation: u32,
    /// In the order of their ids.
    pub(crate) organizations: Vec<OrganizationRows>,
    pub(crate) first_occurred_at: i64,
    pub(crate) last_occurred_at: i64,
    /// When the first and the last of its rows were received, if that is known.
    pub(crate) received: Option<(i64, i64)>,
}

/// A file that is written from its beginning to its end.
struct Growing {
    file: DurableFile,
    end: u64,
    synced: u64,
    waiting: Vec<u8>,
    checksums: Checksummer,
}

impl Growing {
    fn begin(durable: &Durable, path: &std::path::Path) -> Result<Self, DurableError> {
        Ok(Self {
            file: durable.begin_file(path)?,
            end: 0,
            synced: 0,
            waiting: Vec::new(),
            checksums: Checksummer::new(),
        })
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), DurableError> {
        self.checksums.update(bytes);
        if self.waiting.len() + bytes.len() < WRITE_BYTES {
            self.waiting.extend_from_slice(bytes);
            return Ok(());
        }
        self.write_waiting()?;
        for piece in bytes.chunks(WRITE_BYTES) {
            self.write(piece)?;
        }
        Ok(())
    }

    fn write_waiting(&mut self) -> Result<(), DurableError> {
        let waiting = std::mem::take(&mut self.waiting);
        match waiting.is_empty() {
            true => Ok(()),
            false => self.write(&waiting),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DurableError> {
        self.file.write_at(self.end, bytes)?;
        self.end += bytes.len() as u64;
        if self.end - self.synced >= SYNC_BYTES {
            self.file.sync()?;
            self.synced = self.end;
        }
        Ok(())
    }

    /// Where the next byte goes.
    fn length(&self) -> u64 {
        self.end + self.waiting.len() as u64
    }

    fn finish(&mut self) -> Result<(), DurableError> {
        self.write_waiting()?;
        self.file.sync()
    }
}

/// Writes one segment.
pub(crate) struct SegmentWriter {
    durable: Durable,
    folder: PathBuf,
    about: About,
    rows: Growing,
}

impl SegmentWriter {
    /// Begins a segment in a folder of its own.
    pub(crate) fn begin(durable: &Durable, about: About) -> Result<Self, DurableError> {
        let folder = layout::segment_folder(about.first_position, about.rows, about.generation);
        if durable.path(&folder).is_dir() {
            // Begun by an owner that was killed, or that had no room to remove it.
            durable.remove_folder(&folder)?;
        }
        durable.ensure_directory(&folder)?;
        Ok(Self {
            rows: Growing::begin(durable, &folder.join(ROWS_FILE))?,
            durable: durable.clone(),
            folder,
            about,
        })
    }

    /// Goes on with the rows' file.
    pub(crate) fn push_rows(&mut self, compressed: &[u8]) -> Result<(), DurableError> {
        self.rows.push(compressed)
    }

    /// Writes the rest and brings all of it to stable storage.
    pub(crate) fn finish(mut self, parts: IndexParts) -> Result<Listed, MakeError> {
        self.rows.finish()?;
        let mut index = Growing::begin(&self.durable, &self.folder.join(INDEX_FILE))?;
        let Sections {
            postings,
            terms,
            term_blocks,
        } = parts.dictionary;
        let contents = [
            postings,
            terms,
            term_blocks,
            parts.times,
            parts.places,
            parts.frames,
            parts.ids,
            parts.filter,
            parts.hashes,
        ];
        let mut sections = BTreeMap::new();
        let mut add = |index: &mut Growing, name: &str, bytes: &[u8]| {
            let extent = Extent {
                offset: index.length(),
                length: bytes.len() as u64,
            };
            sections.insert(name.to_owned(), extent);
            index.push(bytes)
        };
        for (name, bytes) in SECTIONS.iter().zip(&contents) {
            add(&mut index, name, bytes)?;
        }
        let rows_bytes = self.rows.length();
        let of_index = std::mem::take(&mut index.checksums).finish();
        let checksums = encode_checksums(&of_index, &self.rows.checksums.finish());
        add(&mut index, "checksums", &checksums)?;
        index.finish()?;
        let about = self.about;
        let events = (about.events != about.rows).then_some(about.events);
        let meta = Meta {
            version: VERSION,
            first_position: about.first_position,
            rows: about.rows,
            events,
            organizations: about.organizations.clone(),
            first_occurred_at: about.first_occurred_at,
            last_occurred_at: about.last_occurred_at,
            first_received_at: about.received.map(|(first, _)| first),
            last_received_at: about.received.map(|(_, last)| last),
            rows_bytes,
            index_bytes: index.length(),
            sections,
            checksums_crc32c: checksum_text(&checksums),
        };
        let mut bytes = serde_json::to_vec(&meta)?;
        bytes.push(b'\n');
        let mut file = self.durable.begin_file(&self.folder.join(META_FILE))?;
        file.write_at(0, &bytes)?;
        file.sync()?;
        self.durable.sync_directory(&self.folder)?;
        self.durable.sync_directory(layout::SEGMENTS.as_ref())?;
        Ok(Listed {
            first_position: about.first_position,
            rows: about.rows,
            events,
            generation: about.generation,
            meta_crc32c: checksum_text(&bytes),
            organizations: about.organizations,
        })
    }
}
