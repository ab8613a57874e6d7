//! A log as an outsider reads it: the C2SP read interface, over HTTP.
//!
//! What must always hold:
//!
//! - every answer has a bound, in bytes and in time;
//! - nothing that comes is believed here: it leads to a signed root later, or is refused;
//! - only the tiles that a signed checkpoint covers are asked for, by the widths that its size gives.

use std::cell::RefCell;
use std::collections::HashMap;

use evident_ledger::tile::{TILE_WIDTH, Tile, TileKind, hashes_at_level};
use evident_ledger::tree::HashReader;
use evident_ledger::{HASH_BYTES, Hash, note};
use ureq::http::StatusCode;

use super::super::client::{Client, ClientError, Freshness};
use super::trouble::{Alarm, Kind, Trouble};

/// Most bytes of a checkpoint.
const MAX_CHECKPOINT_BYTES: u64 = note::MAX_NOTE_BYTES as u64;
/// The media type of a checkpoint.
const CHECKPOINT_TYPE: &str = "text/plain";
/// Most bytes of a tile of hashes.
const MAX_TILE_BYTES: u64 = TILE_WIDTH * HASH_BYTES as u64;
/// Bytes of the length before each entry of a bundle.
const ENTRY_LENGTH_BYTES: usize = 2;
/// Most bytes of a bundle: lengths have two bytes. A log of Evident's has 15,104 at most.
const MAX_BUNDLE_BYTES: u64 = TILE_WIDTH * (ENTRY_LENGTH_BYTES as u64 + u16::MAX as u64);
/// Tiles that are kept within a round: 8 MiB. The ways to two roots are some 30 tiles.
const MAX_KEPT_TILES: usize = 1_024;

/// What the code of a problem is that says that entries were removed.
const PRUNED: &str = "pruned";
/// What such a bundle is asked for as, to be told why it is not there.
const BUNDLE_TYPE: &str = "application/octet-stream";

/// What a log has of a bundle.
pub(super) enum Bundle {
    /// The entries.
    Entries(Vec<Vec<u8>>),
    /// The log says that they were removed, with all below this index.
    Pruned {
        /// The first index that the log shows entries from.
        minimum_index: u64,
    },
}

/// A log, by its prefix.
pub(super) struct Log {
    client: Client,
}

impl Log {
    pub(super) const fn new(client: Client) -> Self {
        Self { client }
    }

    /// The newest checkpoint, as it is shown.
    pub(super) fn checkpoint(&self) -> Result<Vec<u8>, Trouble> {
        let (newest, at_most) = (Freshness::Newest, MAX_CHECKPOINT_BYTES);
        // A page of whatever stands in front of the log is no checkpoint that was signed wrongly.
        let text = Some(CHECKPOINT_TYPE);
        let bytes = self.fetch("/checkpoint", text, newest, at_most, Kind::Signature)?;
        let url = self.client.url();
        bytes.ok_or_else(|| {
            Trouble::Unchecked(format!("{url} has no checkpoint: it is not a log's prefix"))
        })
    }

    /// The entries of a bundle, as many as it names.
    pub(super) fn bundle(&self, tile: Tile) -> Result<Bundle, Trouble> {
        let fetched = self.fetch_tile(tile, MAX_BUNDLE_BYTES, Kind::Entry)?;
        let Some((found, bytes)) = fetched else {
            let pruned = self.why_missing(tile)?;
            return pruned.ok_or_else(|| self.missing(tile));
        };
        let wrong = |what: &str| {
            let path = self.path(found);
            Alarm::new(Kind::Entry, format!("{path} {what}: ask its operator"))
        };
        let mut entries = read_bundle(&bytes).ok_or_else(|| wrong("does not end with an entry"))?;
        if entries.len() != usize::from(found.width) {
            let (has, wants) = (entries.len(), found.width);
            return Err(wrong(&format!("has {has} entries instead of {wants}")).into());
        }
        entries.truncate(usize::from(tile.width));
        Ok(Bundle::Entries(entries))
    }

    /// What the log says of a bundle that it does not show. Only entries may go, all below an index, and that
    /// is one at which a bundle begins.
    fn why_missing(&self, tile: Tile) -> Result<Option<Bundle>, Trouble> {
        let path = format!("/tile/{tile}");
        let minimum_index = match self.client.get(&path, &[], BUNDLE_TYPE, "") {
            // It is there now: the next round reads it.
            Ok(_) => None,
            Err(ClientError::Refused {
                status: StatusCode::NOT_FOUND | StatusCode::GONE,
                code: Some(code),
                minimum_index,
                ..
            }) if code == PRUNED => minimum_index,
            // It only says that there is nothing, as others' logs do in whatever words.
            Err(
                ClientError::NotEvident { .. }
                | ClientError::Refused {
                    status: StatusCode::NOT_FOUND | StatusCode::GONE,
                    ..
                },
            ) => None,
            Err(error) => return Err(error.into()),
        };
        let end = tile.range().map(|range| range.end);
        let goes_on = minimum_index.filter(|minimum_index| {
            minimum_index.is_multiple_of(TILE_WIDTH) && end.is_some_and(|end| end <= *minimum_index)
        });
        Ok(goes_on.map(|minimum_index| Bundle::Pruned { minimum_index }))
    }

    /// The bytes of a tile; or of the full one that a partial one has grown into since, as a log
    /// need not keep the partial one then. `None` if neither is there.
    fn fetch_tile(
        &self,
        tile: Tile,
        at_most: u64,
        if_longer: Kind,
    ) -> Result<Option<(Tile, Vec<u8>)>, Trouble> {
        let full = Tile {
            width: TILE_WIDTH as u16,
            ..tile
        };
        let fallback = (tile != full).then_some(full);
        for found in [tile].into_iter().chain(fallback) {
            let path = format!("/tile/{found}");
            if let Some(bytes) = self.fetch(&path, None, Freshness::Any, at_most, if_longer)? {
                return Ok(Some((found, bytes)));
            }
        }
        Ok(None)
    }

    fn missing(&self, tile: Tile) -> Trouble {
        Trouble::Unchecked(format!(
            "{} is not there, though the log signed what it holds: try again, then ask its operator",
            self.path(tile)
        ))
    }

    fn fetch(
        &self,
        path: &str,
        media_type: Option<&'static str>,
        freshness: Freshness,
        at_most: u64,
        if_longer: Kind,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        match self.client.bytes(path, media_type, freshness, at_most) {
            Err(error @ ClientError::TooLong { .. }) => {
                Err(Alarm::new(if_longer, error.to_string()).into())
            }
            answer => Ok(answer?),
        }
    }

    fn path(&self, tile: Tile) -> String {
        format!("{}/tile/{tile}", self.client.url())
    }
}

/// The tile of a kind that holds hash or entry `index` of its level in a tree of `size` leaves, as wide
/// as it is there; `None` if the tree has none.
pub(super) fn tile_of(kind: TileKind, index: u64, size: u64) -> Option<Tile> {
    let level = match kind {
        TileKind::Hashes(level) => level,
        TileKind::Entries => 0,
    };
    let there = hashes_at_level(size, level);
    let number = index / TILE_WIDTH;
    let width = (there.checked_sub(number * TILE_WIDTH)?).min(TILE_WIDTH);
    (index < there).then_some(Tile {
        kind,
        number,
        width: width as u16,
    })
}

/// The entries of a bundle, of whatever log; `None` unless it consists of entries.
fn read_bundle(mut bundle: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk::<ENTRY_LENGTH_BYTES>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length)?;
        entries.push(entry.to_vec());
        bundle = rest;
    }
    Some(entries)
}

/// The hashes of the tree of a signed checkpoint, fetched as they are needed.
pub(super) struct Tiles<'l> {
    log: &'l Log,
    size: u64,
    kept: RefCell<HashMap<Tile, Vec<u8>>>,
}

impl<'l> Tiles<'l> {
    /// The hashes of the first `size` leaves.
    pub(super) fn new(log: &'l Log, size: u64) -> Self {
        let kept = RefCell::default();
        Self { log, size, kept }
    }

    fn fetch(&self, tile: Tile) -> Result<Vec<u8>, Trouble> {
        let fetched = self.log.fetch_tile(tile, MAX_TILE_BYTES, Kind::Tile)?;
        let (found, mut bytes) = fetched.ok_or_else(|| self.log.missing(tile))?;
        let expected = usize::from(found.width) * HASH_BYTES;
        if bytes.len() != expected {
            let (path, has) = (self.log.path(found), bytes.len());
            let what = format!("{path} has {has} bytes instead of {expected}: ask its operator");
            return Err(Alarm::new(Kind::Tile, what).into());
        }
        bytes.truncate(usize::from(tile.width) * HASH_BYTES);
        Ok(bytes)
    }
}

impl HashReader for Tiles<'_> {
    type Error = Trouble;

    fn read(&self, level: u8, index: u64) -> Result<Hash, Trouble> {
        let beyond = || {
            let size = self.size;
            Trouble::Unchecked(format!(
                "a tree of {size} leaves has no hash {index} at level {level}"
            ))
        };
        let tile = tile_of(TileKind::Hashes(level), index, self.size).ok_or_else(beyond)?;
        let mut kept = self.kept.borrow_mut();
        if !kept.contains_key(&tile) {
            if kept.len() == MAX_KEPT_TILES {
                kept.clear();
            }
            kept.insert(tile, self.fetch(tile)?);
        }
        // Below 256, and 32 bytes each.
        let at = (index % TILE_WIDTH) as usize * HASH_BYTES;
        let hash = kept.get(&tile).and_then(|bytes| bytes.get(at..));
        let hash = hash.and_then(|bytes| bytes.first_chunk()).copied();
        hash.map(Hash).ok_or_else(beyond)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_tile_is_as_wide_as_the_signed_tree_has_it() {
        let width = |level, index, size| {
            let tile = tile_of(TileKind::Hashes(level), index, size);
            tile.map(|tile| (tile.number, tile.width))
        };
        assert_eq!(width(0, 0, 1), Some((0, 1)));
        assert_eq!(width(0, 255, 256), Some((0, 256)));
        assert_eq!(width(0, 256, 257), Some((1, 1)));
        assert_eq!(width(0, 0, 257), Some((0, 256)));
        assert_eq!(width(0, 257, 257), None);
        assert_eq!(width(1, 0, 255), None);
        assert_eq!(width(1, 0, 256), Some((0, 1)));
        // The example of tlog-tiles: 70,000 leaves.
        assert_eq!(width(0, 69_999, 70_000), Some((273, 112)));
        assert_eq!(width(1, 272, 70_000), Some((1, 17)));
        assert_eq!(width(2, 0, 70_000), Some((0, 1)));
        assert_eq!(width(7, u64::MAX >> 56, u64::MAX), None);
        assert_eq!(width(0, u64::MAX - 1, u64::MAX), Some(((1 << 56) - 1, 255)));
    }

    #[test]
    fn a_bundle_is_entries_to_its_last_byte() {
        let two = [0, 1, 7, 0, 3, 1, 2, 3];
        assert_eq!(read_bundle(&two), Some(vec![vec![7], vec![1, 2, 3]]));
        assert_eq!(read_bundle(&[]), Some(Vec::new()));
        assert_eq!(read_bundle(&[0, 0]), Some(vec![Vec::new()]));
        for length in [1, 2, 4, 5, 6, 7] {
            assert_eq!(read_bundle(&two[..length]), None, "{length}");
        }
    }
}
