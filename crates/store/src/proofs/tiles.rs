//! The hashes of a log, read tile by tile and held against each other.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use evident_ledger::Hash;
use evident_ledger::tile::{TILE_WIDTH, hashes_at_level};
use evident_ledger::tree::{HashReader, Tree, root_at};

use super::ProofsError;
use crate::logs::{HashFiles, LogError, Published};

/// Tiles that are kept, of 8 KiB each.
const MAX_TILES: usize = 1_024;

/// Level and number of a tile.
type Place = (u8, u64);

/// The hashes of a tree, a tile read at a time.
pub(super) struct Tiles {
    files: Arc<HashFiles>,
    size: u64,
    read: RefCell<HashMap<Place, Arc<[Hash]>>>,
    /// Those that lead to the published root.
    right: RefCell<HashSet<Place>>,
}

impl Tiles {
    /// Those of the tree of the first `size` leaves, which must be in the level files.
    pub(super) fn new(files: Arc<HashFiles>, size: u64) -> Self {
        Self {
            files,
            size,
            read: RefCell::default(),
            right: RefCell::default(),
        }
    }

    /// A tile as far as the tree has it.
    fn tile(&self, level: u8, number: u64) -> Result<Arc<[Hash]>, LogError> {
        if let Some(tile) = self.read.borrow().get(&(level, number)) {
            return Ok(Arc::clone(tile));
        }
        let start = number.saturating_mul(TILE_WIDTH);
        let end = start.saturating_add(TILE_WIDTH);
        let end = end.min(hashes_at_level(self.size, level));
        let tile: Arc<[Hash]> = self.files.read_many(level, start..end)?.into();
        let mut read = self.read.borrow_mut();
        if read.len() >= MAX_TILES {
            read.clear();
            self.right.borrow_mut().clear();
        }
        read.insert((level, number), Arc::clone(&tile));
        Ok(tile)
    }

    /// A leaf.
    pub(super) fn leaf(&self, index: u64) -> Result<Hash, LogError> {
        self.read(0, index)
    }

    /// A tile as far as the published tree has it, once it was shown to lead to the published root: a full
    /// one by its hash on the level above, which is in a tile of its own, up to the right edge.
    pub(super) fn checked(
        &self,
        level: u8,
        number: u64,
        head: &Published,
    ) -> Result<Arc<[Hash]>, ProofsError> {
        let tile = self.tile(level, number)?;
        if self.right.borrow().contains(&(level, number)) {
            return Ok(tile);
        }
        let is_right = match tile.len() as u64 == TILE_WIDTH {
            true => {
                let mut tree = Tree::new();
                for hash in tile.iter() {
                    tree.append(*hash, &mut |_, _, _| {});
                }
                let above = self.checked(level + 1, number / TILE_WIDTH, head)?;
                let place = usize::try_from(number % TILE_WIDTH).unwrap_or(usize::MAX);
                above.get(place) == Some(&tree.root())
            }
            // Of these very hashes, as the tile is kept.
            false => head.root == root_at(head.size, self)?,
        };
        if !is_right {
            return Err(ProofsError::Failed(format!(
                "tile {number} of level {level} does not lead to what was signed"
            )));
        }
        self.right.borrow_mut().insert((level, number));
        Ok(tile)
    }
}

impl HashReader for Tiles {
    type Error = LogError;

    fn read(&self, level: u8, index: u64) -> Result<Hash, LogError> {
        let tile = self.tile(level, index / TILE_WIDTH)?;
        let place = usize::try_from(index % TILE_WIDTH).unwrap_or(usize::MAX);
        tile.get(place).copied().ok_or_else(|| {
            let size = self.size;
            LogError::Broken(format!(
                "hash {index} of level {level} is not in the tree of {size} leaves"
            ))
        })
    }
}
