//! Where a tree's hashes lie in its level files, and what the C2SP format `tlog-tiles` calls them.
//!
//! A log keeps one append-only file a tile level, and every hash at a place
//! that follows from its number alone: hash `i` of level `L` is the 32 bytes at
//! `32·i` of file `L`. It is the root of the leaves `i·256^L .. (i+1)·256^L`.
//! A full C2SP tile is therefore 8 KiB at a multiple of 8 KiB, and a partial
//! one a prefix of that.
//!
//! What must always hold:
//!
//! - A level has only hashes of complete subtrees, so what is written once never
//!   changes, however the tree grows.
//! - A tile, and an entry bundle, has exactly one path.

use std::fmt;

use crate::entry::{ENTRY_BYTES, Entry, EntryError};
use crate::hash::HASH_BYTES;

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Levels of the tree between one tile level and the next: 2^8 = 256.
pub const TILE_HEIGHT: u32 = 8;

/// Tile levels that a tree of at most 2^64 − 1 leaves can have: 0 to 7.
pub const MAX_LEVELS: u8 = 8;

/// How many hashes the file of `level` has when the tree has `size` leaves.
#[must_use]
pub const fn hashes_at_level(size: u64, level: u8) -> u64 {
    if level < MAX_LEVELS {
        size >> (TILE_HEIGHT * level as u32)
    } else {
        0
    }
}

/// Where hash `index` begins in its level's file, in bytes; `None` past 2^64 bytes.
#[must_use]
pub const fn byte_offset(index: u64) -> Option<u64> {
    index.checked_mul(HASH_BYTES as u64)
}

/// Bytes of the length before each entry of a bundle.
const ENTRY_LENGTH_BYTES: usize = 2;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of a tile level. The format knows levels up to 63; trees have fewer than [`MAX_LEVELS`].
    Hashes(u8),
    /// The entries themselves: a bundle.
    Entries,
}

/// A tile or entry bundle, full or partial, as its path names it: `tile/<level>/<number>[.p/<width>]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    /// What it holds.
    pub kind: TileKind,
    /// Its number in its level.
    pub number: u64,
    /// How many hashes or entries it has, 1 to [`TILE_WIDTH`].
    pub width: u16,
}

/// The highest level that a path may name.
const MAX_PATH_LEVEL: u8 = 63;
/// Digits of a path element.
const ELEMENT: u64 = 1000;

impl Tile {
    /// Reads a path behind `tile/`; `None` unless it is the one path of a tile.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let kind = match level {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes(
                level
                    .parse()
                    .ok()
                    .filter(|level| *level <= MAX_PATH_LEVEL)?,
            ),
        };
        let (elements, width) = match rest.split_once(".p/") {
            Some((elements, width)) => (elements, width.parse().ok()?),
            None => (rest, TILE_WIDTH as u16),
        };
        let digits = |element: &str| element.trim_start_matches('x').parse::<u64>().ok();
        let mut number = 0_u64;
        for element in elements.split('/') {
            number = number.checked_mul(ELEMENT)?.checked_add(digits(element)?)?;
        }
        let tile = Self {
            kind,
            number,
            width,
        };
        // Whatever was read too generously is written otherwise: zeros, signs, a width of 256.
        let is_width = (1..=TILE_WIDTH).contains(&u64::from(tile.width));
        (is_width && tile.to_string() == path).then_some(tile)
    }

    /// The hashes or entries that it has, by number from the first of its level.
    #[must_use]
    pub fn range(&self) -> Option<std::ops::Range<u64>> {
        let start = self.number.checked_mul(TILE_WIDTH)?;
        Some(start..start.checked_add(u64::from(self.width))?)
    }

    /// Whether a tree of `size` leaves has all of it.
    #[must_use]
    pub fn is_in(&self, size: u64) -> bool {
        let level = match self.kind {
            TileKind::Hashes(level) => level,
            TileKind::Entries => 0,
        };
        self.range()
            .is_some_and(|range| range.end <= hashes_at_level(size, level))
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "{level}/")?,
            TileKind::Entries => write!(f, "entries/")?,
        }
        // The highest digits come first, all elements but the last behind an x.
        let mut unit = 1;
        while self.number / unit >= ELEMENT {
            unit *= ELEMENT;
        }
        while unit > 1 {
            write!(f, "x{:03}/", self.number / unit % ELEMENT)?;
            unit /= ELEMENT;
        }
        write!(f, "{:03}", self.number % ELEMENT)?;
        match u64::from(self.width) {
            TILE_WIDTH => Ok(()),
            width => write!(f, ".p/{width}"),
        }
    }
}

/// Adds an entry to a bundle: its length as two bytes, the high one first, and its bytes.
pub fn push_to_bundle(bundle: &mut Vec<u8>, entry: &Entry) {
    bundle.extend_from_slice(&(ENTRY_BYTES as u16).to_be_bytes());
    bundle.extend_from_slice(&entry.to_bytes());
}

/// Reads the entries of a bundle: as many as there are, which whoever asked for a width must compare.
///
/// # Errors
/// When it does not consist of entries.
pub fn read_bundle(bundle: &[u8]) -> Result<Vec<Entry>, EntryError> {
    let mut entries = Vec::with_capacity(bundle.len() / (ENTRY_LENGTH_BYTES + ENTRY_BYTES));
    let mut rest = bundle;
    while !rest.is_empty() {
        let cut_off = EntryError::Length(rest.len());
        let (length, behind) = rest.split_first_chunk().ok_or(cut_off)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, behind) = behind.split_at_checked(length).ok_or(cut_off)?;
        entries.push(Entry::from_bytes(entry)?);
        rest = behind;
    }
    Ok(entries)
}
