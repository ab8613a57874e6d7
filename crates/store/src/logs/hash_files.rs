//! Reading hashes back from a log's level files.
//!
//! Their bytes carry no checksums: whoever relies on a hash compares what it leads to with a
//! published root, or with the event. What must hold: a hash that the file does not have whole is an
//! error, never zeros; the hash of one leaf is given out only after its whole tile was compared with
//! the hash of the tile, once, if it is there. (When a log goes on, a published root is compared with
//! what the leaves behind the last whole tile lead to.)

use std::collections::HashSet;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{OnceLock, PoisonError, RwLock};

use evident_ledger::tile::{MAX_LEVELS, TILE_WIDTH, hashes_at_level};
use evident_ledger::tree::{HashReader, Tree};
use evident_ledger::{HASH_BYTES, Hash};

use super::LogError;
use super::level_files::LEVELS;
use crate::durable::Durable;
use crate::layout;

/// A log's level files, opened when they are first read from. They keep their names for ever.
pub(crate) struct HashFiles {
    paths: [PathBuf; LEVELS],
    files: [OnceLock<File>; LEVELS],
    /// The tiles of leaves that were compared and are right.
    compared: RwLock<HashSet<u64>>,
}

impl HashFiles {
    pub(crate) fn new(durable: &Durable, organization_id: &str) -> Self {
        let path = |level| durable.path(&layout::level_file(organization_id, level as u8));
        Self {
            paths: std::array::from_fn(path),
            files: Default::default(),
            compared: RwLock::default(),
        }
    }

    /// Every level has all hashes of a tree of `size` leaves, though few of them are looked at.
    pub(super) fn check_lengths(&self, size: u64) -> Result<(), LogError> {
        for level in 0..MAX_LEVELS {
            let wanted = hashes_at_level(size, level);
            if wanted == 0 {
                break;
            }
            let length = self
                .file(level)?
                .metadata()
                .map_err(|source| self.unreadable(level, source))?
                .len();
            let there = length / HASH_BYTES as u64;
            if there < wanted {
                return Err(self.unusable(level, format!("it has {there} of {wanted} hashes")));
            }
        }
        Ok(())
    }

    /// The leaf hashes of these indexes, all of them below `settled`.
    pub(super) fn leaves(&self, indexes: Range<u64>, settled: u64) -> Result<Vec<Hash>, LogError> {
        if indexes.is_empty() {
            return Ok(Vec::new());
        }
        self.check_settled(indexes.end - 1, settled)?;
        self.read_many(0, indexes)
    }

    /// Some hashes of a level that follow each other.
    pub(crate) fn read_many(&self, level: u8, range: Range<u64>) -> Result<Vec<Hash>, LogError> {
        let count = range.end.saturating_sub(range.start);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut bytes = vec![0; count.saturating_mul(HASH_BYTES)];
        self.read_bytes(level, range.start, &mut bytes)?;
        let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
        Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
    }

    /// The leaf hash of one index below `settled`.
    pub(crate) fn leaf(&self, index: u64, settled: u64) -> Result<Hash, LogError> {
        self.check_settled(index, settled)?;
        let tile = index / TILE_WIDTH;
        let compared = self.compared.read().unwrap_or_else(PoisonError::into_inner);
        let is_right = compared.contains(&tile);
        drop(compared);
        if !is_right {
            self.compare_tile(tile)?;
        }
        self.read(0, index)
    }

    /// Compares the leaves of a tile with the hash that was made of them; one without is let be.
    fn compare_tile(&self, tile: u64) -> Result<(), LogError> {
        let known = match self.read(1, tile) {
            Ok(known) => known,
            // The tile is not whole.
            Err(LogError::Hashes { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let first = tile.saturating_mul(TILE_WIDTH);
        let mut tree = Tree::new();
        for leaf in self.leaves(first..first.saturating_add(TILE_WIDTH), u64::MAX)? {
            tree.append(leaf, &mut |_, _, _| {});
        }
        if tree.root() != known {
            return Err(self.unusable(
                0,
                format!("the {TILE_WIDTH} hashes from {first} on are not those of level 1"),
            ));
        }
        let mut compared = self
            .compared
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        compared.insert(tile);
        Ok(())
    }

    /// Behind what is settled a file may hold anything.
    fn check_settled(&self, index: u64, settled: u64) -> Result<(), LogError> {
        if index < settled {
            return Ok(());
        }
        Err(self.unusable(
            0,
            format!("hash {index} was asked for, and {settled} are on stable storage"),
        ))
    }

    fn read_bytes(&self, level: u8, index: u64, bytes: &mut [u8]) -> Result<(), LogError> {
        // A tree that could be resumed has files of 32 bytes a hash, so this fits.
        let offset = index.saturating_mul(HASH_BYTES as u64);
        self.file(level)?
            .read_exact_at(bytes, offset)
            .map_err(|source| match source.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    self.unusable(level, format!("it ends before byte {offset} is read whole"))
                }
                _ => self.unreadable(level, source),
            })
    }

    fn file(&self, level: u8) -> Result<&File, LogError> {
        let place = usize::from(level);
        let (Some(path), Some(file)) = (self.paths.get(place), self.files.get(place)) else {
            return Err(self.unusable(level, "there is no such level".to_owned()));
        };
        if let Some(file) = file.get() {
            return Ok(file);
        }
        let opened = File::open(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => self.unusable(level, "it is missing".to_owned()),
            _ => self.unreadable(level, source),
        })?;
        Ok(file.get_or_init(|| opened))
    }

    fn path(&self, level: u8) -> String {
        let path = self.paths.get(usize::from(level));
        path.map_or_else(String::new, |path| path.display().to_string())
    }

    fn unusable(&self, level: u8, what: String) -> LogError {
        LogError::Hashes {
            path: self.path(level),
            what,
        }
    }

    fn unreadable(&self, level: u8, source: std::io::Error) -> LogError {
        LogError::Unreadable {
            path: self.path(level),
            source,
        }
    }
}

impl HashReader for HashFiles {
    type Error = LogError;

    fn read(&self, level: u8, index: u64) -> Result<Hash, LogError> {
        let mut hash = [0; HASH_BYTES];
        self.read_bytes(level, index, &mut hash)?;
        Ok(Hash(hash))
    }
}
