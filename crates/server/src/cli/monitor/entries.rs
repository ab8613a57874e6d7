//! Reading the entries of a log, each once, and holding them against its signed head.
//!
//! What must always hold:
//!
//! - the position moves only over entries whose leaves lead to a signed root, together with all the
//!   leaves before them, and over those that the log says it has removed;
//! - memory is bounded by [`CHUNK_ENTRIES`], however many entries are new.

use std::ops::Range;
use std::thread;
use std::time::Instant;

use evident_ledger::entry::{Entry, EntryError};
use evident_ledger::hash::{Hash, leaf_hash};
use evident_ledger::proof;
use evident_ledger::tile::{TILE_WIDTH, Tile, TileKind};
use evident_ledger::tree::{HashReader, Tree, root_at};

use super::heads::{Head, wrong_tiles};
use super::log::{Bundle, Log, Tiles, tile_of};
use super::trouble::{Alarm, Kind, Trouble};

/// Entries that are verified between two saves of the position.
pub(super) const CHUNK_ENTRIES: u64 = 65_536;
/// Bundles that are fetched at the same time.
const BUNDLES_AT_ONCE: usize = 8;

/// What came of reading on.
pub(super) enum Next {
    /// Entries that were verified.
    Verified(Vec<Result<Entry, EntryError>>),
    /// The next entries were removed: the log shows those from this index on.
    Pruned(u64),
}

/// Reads a log's entries from a position on.
pub(super) struct Entries<'l> {
    log: &'l Log,
    head: &'l Head,
    tiles: Tiles<'l>,
    tree: Tree,
}

impl<'l> Entries<'l> {
    /// Goes on behind the first `from` entries, which were verified before.
    pub(super) fn after(log: &'l Log, head: &'l Head, from: u64) -> Result<Self, Trouble> {
        let tiles = Tiles::new(log, head.size());
        // Believed as far as the end leads to the signed root, as every leaf goes into that.
        let tree = Tree::resume(from, &tiles)?;
        Ok(Self {
            log,
            head,
            tiles,
            tree,
        })
    }

    /// How many entries have been verified.
    pub(super) const fn position(&self) -> u64 {
        self.tree.size()
    }

    /// Reads the next entries, at most up to `end`, and gives them back once they have been verified.
    /// Some are read even when it is later than `until`, so that every call gets on. Those of others'
    /// logs than Evident's cannot be read further.
    pub(super) fn next(&mut self, end: u64, until: Instant) -> Result<Next, Trouble> {
        let range = self.position()..end.min(self.head.size());
        let mut entries = Vec::new();
        let mut leaves = Vec::new();
        'batches: for batch in bundles(range.clone(), self.head.size()).chunks(BUNDLES_AT_ONCE) {
            if !leaves.is_empty() && Instant::now() >= until {
                break;
            }
            for (tile, bundle) in batch.iter().zip(fetch(self.log, batch)?) {
                let bundle = match bundle {
                    Bundle::Entries(bundle) => bundle,
                    // The log may have grown beyond the head since.
                    Bundle::Pruned { minimum_index } if leaves.is_empty() => {
                        return Ok(Next::Pruned(minimum_index.min(self.head.size())));
                    }
                    // What was read before counts first.
                    Bundle::Pruned { .. } => break 'batches,
                };
                let first = tile.number * TILE_WIDTH;
                let numbered = (first..).zip(bundle);
                for (_, entry) in numbered.filter(|(index, _)| range.contains(index)) {
                    let leaf = leaf_hash(&entry);
                    self.tree.append(leaf, &mut |_, _, _| ());
                    leaves.push(leaf);
                    entries.push(Entry::from_bytes(&entry));
                }
            }
        }
        let range = range.start..self.position();
        match self.leads_to_head(range.end, self.tree.root())? {
            true => Ok(Next::Verified(entries)),
            false => Err(self.explain(range, &leaves)?.into()),
        }
    }

    /// Whether the head's tree begins with the first `size` leaves under `root`.
    fn leads_to_head(&self, size: u64, root: Hash) -> Result<bool, Trouble> {
        let head = (self.head.size(), self.head.checkpoint.root);
        let proof = proof::consistency(size, head.0, &self.tiles)?;
        let shown = proof.and_then(|proof| proof::verify_consistency((size, root), head, &proof));
        Ok(shown.is_ok())
    }

    /// Whose fault it is that the leaves do not lead to the head.
    fn explain(&self, range: Range<u64>, leaves: &[Hash]) -> Result<Alarm, Trouble> {
        if self.leads_to_head(range.end, root_at(range.end, &self.tiles)?)? {
            for (index, leaf) in range.zip(leaves) {
                if self.tiles.read(0, index)? != *leaf {
                    let what = format!(
                        "entry {index} is not the one that the log committed to in the tree of size {}: ask its operator",
                        self.head.size()
                    );
                    return Ok(Alarm::new(Kind::Entry, what).shown_by([&self.head.note]));
                }
            }
        }
        Ok(wrong_tiles(self.head))
    }
}

/// The bundles that hold these entries in a tree of `size` leaves.
fn bundles(range: Range<u64>, size: u64) -> Vec<Tile> {
    let mut bundles = Vec::new();
    let mut index = range.start;
    while index < range.end
        && let Some(tile) = tile_of(TileKind::Entries, index, size)
    {
        index = (tile.number * TILE_WIDTH).saturating_add(TILE_WIDTH);
        bundles.push(tile);
    }
    bundles
}

/// Fetches bundles at the same time; the first that failed says why.
fn fetch(log: &Log, tiles: &[Tile]) -> Result<Vec<Bundle>, Trouble> {
    thread::scope(|scope| {
        let fetching: Vec<_> = tiles
            .iter()
            .map(|tile| scope.spawn(|| log.bundle(*tile)))
            .collect();
        let fetched = fetching.into_iter().map(|fetching| {
            let fetched = fetching.join();
            fetched.unwrap_or_else(|_| Err(Trouble::Unchecked("a thread was lost".to_owned())))
        });
        fetched.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundles_of_a_range_are_those_that_it_touches_each_as_wide_as_it_is() {
        let of = |range, size| {
            let bundles = bundles(range, size);
            let plain = bundles.iter().map(|tile| (tile.number, tile.width));
            plain.collect::<Vec<_>>()
        };
        assert_eq!(of(0..0, 0), []);
        assert_eq!(of(0..1, 1), [(0, 1)]);
        assert_eq!(of(255..257, 300), [(0, 256), (1, 44)]);
        assert_eq!(of(256..512, 600), [(1, 256)]);
        assert_eq!(of(300..300, 600), []);
        assert_eq!(of(599..600, 600), [(2, 88)]);
    }
}
