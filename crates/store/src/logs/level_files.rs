//! Writing hashes to a log's level files.
//!
//! What must hold: a hash is counted as synced only after a sync that followed its writing by this
//! process. What was found in a file may be in memory only, and after a sync that failed the system
//! may take those pages for written, so it is written once more before it is synced.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use evident_ledger::tile::hashes_at_level;
use evident_ledger::{HASH_BYTES, Hash};

use crate::durable::{Durable, DurableError, DurableFile};
use crate::layout;

/// Tile levels that a tree of 2^64 leaves has.
pub(super) const LEVELS: usize = evident_ledger::tile::MAX_LEVELS as usize;

/// Bytes that are read and written again at once.
const REWRITE_BYTES: usize = 1 << 20;

/// The hashes on their way to the level files.
#[derive(Default)]
pub(super) struct LevelFiles {
    levels: [Level; LEVELS],
    /// No file was made since the directory was last synced by this process.
    names_synced: bool,
}

/// One level. The counts are of hashes from the first on.
#[derive(Default)]
struct Level {
    /// On stable storage.
    synced: u64,
    /// Found in the file by comparison, and not written by this process.
    found: u64,
    /// In the file.
    written: u64,
    /// The bytes of the hashes that follow.
    unwritten: Vec<u8>,
}

impl LevelFiles {
    /// Files whose hashes of the first `size` leaves were settled in an earlier life.
    pub(super) fn holding(size: u64) -> Self {
        let level = |level| {
            let hashes = hashes_at_level(size, level as u8);
            Level {
                synced: hashes,
                found: hashes,
                written: hashes,
                unwritten: Vec::new(),
            }
        };
        Self {
            levels: std::array::from_fn(level),
            names_synced: false,
        }
    }

    pub(super) fn take(&mut self, hashes: Vec<(u8, Hash)>) {
        for (level, hash) in hashes {
            if let Some(level) = self.levels.get_mut(usize::from(level)) {
                level.unwritten.extend_from_slice(&hash.0);
            }
        }
    }

    /// Lets go of the hashes that the files hold already, as they mostly do in recovery. Only
    /// before anything is written.
    pub(super) fn compare(&mut self, durable: &Durable, organization_id: &str) {
        for (number, level) in (0..).zip(&mut self.levels) {
            let path = layout::level_file(organization_id, number);
            if !level.unwritten.is_empty()
                && file_holds(durable, &path, offset(level.written), &level.unwritten)
            {
                level.written += level.take_unwritten();
                level.found = level.written;
            }
        }
    }

    /// Brings the files up to date. What failed is still there for the next time.
    pub(super) fn write(
        &mut self,
        durable: &Durable,
        organization_id: &str,
    ) -> Result<(), DurableError> {
        for (number, level) in (0..).zip(&mut self.levels) {
            if level.unwritten.is_empty() {
                continue;
            }
            let path = layout::level_file(organization_id, number);
            let offset = offset(level.written);
            if level.written == 0 {
                // The file may be made now.
                self.names_synced = false;
            }
            let mut file = durable.open_derived(&path)?;
            if file.length()? > offset {
                tracing::warn!(
                    file = %durable.path(&path).display(),
                    offset,
                    bytes = level.unwritten.len(),
                    "a file of hashes differs from what its events give; putting it right"
                );
            }
            file.write_at(offset, &level.unwritten)?;
            level.written += level.take_unwritten();
        }
        Ok(())
    }

    /// Brings what is in the files, and their names, to stable storage; how many leaves that is.
    pub(super) fn sync(
        &mut self,
        durable: &Durable,
        organization_id: &str,
    ) -> Result<u64, DurableError> {
        for (number, level) in (0..).zip(&mut self.levels) {
            if level.synced == level.written {
                continue;
            }
            let mut file = durable.open_existing(&layout::level_file(organization_id, number))?;
            rewrite(&mut file, offset(level.synced), offset(level.found))?;
            file.sync()?;
            level.synced = level.written;
        }
        if !self.names_synced {
            durable.sync_directory(&layout::log_directory(organization_id))?;
            self.names_synced = true;
        }
        Ok(self.levels[0].synced)
    }
}

impl Level {
    /// Lets go of the bytes that are in the file now; how many hashes they are.
    fn take_unwritten(&mut self) -> u64 {
        (std::mem::take(&mut self.unwritten).len() / HASH_BYTES) as u64
    }
}

/// Where in its file a hash is. One that was hashed has an offset.
fn offset(hash: u64) -> u64 {
    hash * HASH_BYTES as u64
}

/// Writes a part of a file once more, as it is.
fn rewrite(file: &mut DurableFile, from: u64, to: u64) -> Result<(), DurableError> {
    let mut offset = from;
    let mut buffer = Vec::new();
    while offset < to {
        let length = REWRITE_BYTES.min(usize::try_from(to - offset).unwrap_or(usize::MAX));
        buffer.resize(length, 0);
        file.read_at(offset, &mut buffer)?;
        file.write_at(offset, &buffer)?;
        offset += length as u64;
    }
    Ok(())
}

/// Whether a file has these bytes.
fn file_holds(durable: &Durable, path: &Path, offset: u64, bytes: &[u8]) -> bool {
    let mut stored = vec![0; bytes.len()];
    File::open(durable.path(path))
        .and_then(|file| file.read_exact_at(&mut stored, offset))
        .is_ok_and(|()| stored == bytes)
}
