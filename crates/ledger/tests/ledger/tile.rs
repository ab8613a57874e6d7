//! Tiles and entry bundles: names against `tlog-tiles` and Go's tlog, bytes against Go's, and that no
//! byte of a bundle can be another one.

use crate::files::Files;
use crate::vectors::{list, text};
use evident_ledger::Hash;
use evident_ledger::entry::{ENTRY_BYTES, Entry, EntryError};
use evident_ledger::tile::{
    MAX_LEVELS, TILE_WIDTH, Tile, TileKind, hashes_at_level, push_to_bundle, read_bundle,
};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

const GO: &str = include_str!("../../../../spec/vectors/ledger-go.json");
const FULL: u16 = 256;

fn hashes(level: u8, number: u64, width: u16) -> Tile {
    let kind = TileKind::Hashes(level);
    Tile {
        kind,
        number,
        width,
    }
}

fn entries(number: u64, width: u16) -> Tile {
    let kind = TileKind::Entries;
    Tile {
        kind,
        number,
        width,
    }
}

/// The full path of the vectors, as the crate takes it.
fn behind_tile(path: &str) -> &str {
    path.strip_prefix("tile/").unwrap()
}

#[test]
fn the_examples_of_the_format_are_named_so() {
    for (tile, path) in [
        (hashes(0, 1_234_067, FULL), "0/x001/x234/067"),
        (entries(1_234_067, 8), "entries/x001/x234/067.p/8"),
        (hashes(0, 272, FULL), "0/272"),
        (hashes(0, 273, 112), "0/273.p/112"),
        (hashes(1, 1, 17), "1/001.p/17"),
        (hashes(63, 0, 255), "63/000.p/255"),
        (entries(999, FULL), "entries/999"),
        (entries(1000, FULL), "entries/x001/000"),
        (
            hashes(7, u64::MAX, 1),
            "7/x018/x446/x744/x073/x709/x551/615.p/1",
        ),
    ] {
        assert_eq!(tile.to_string(), path);
        assert_eq!(Tile::parse(path), Some(tile), "{path}");
    }
}

#[test]
fn go_names_tiles_the_same() {
    let vectors = crate::vectors::parse(GO);
    for named in list(&vectors["paths"], "named") {
        let number = named["number"].as_u64().unwrap();
        let width = u16::try_from(named["width"].as_u64().unwrap()).unwrap();
        let tile = match named["level"].as_i64().unwrap() {
            -1 => entries(number, width),
            level => hashes(u8::try_from(level).unwrap(), number, width),
        };
        let path = behind_tile(text(named, "path"));
        assert_eq!(tile.to_string(), path);
        assert_eq!(Tile::parse(path), Some(tile), "{path}");
    }
}

#[test]
fn go_takes_and_refuses_the_same_paths() {
    let vectors = crate::vectors::parse(GO);
    let judged = vectors["paths"]["judged"].as_object().unwrap();
    let is_taken = |verdict: &serde_json::Value| verdict.as_bool().unwrap();
    assert!(judged.values().any(is_taken) && !judged.values().all(is_taken));
    for (path, verdict) in judged {
        let parsed = Tile::parse(path).is_some();
        assert_eq!(parsed, is_taken(verdict), "{path:?}");
    }
}

#[test]
fn what_is_not_the_one_path_of_a_tile_is_refused() {
    for path in [
        "64/000",
        "255/000",
        "256/000",
        "0/000\n",
        "0/000 ",
        " 0/000",
        "0/٠٠٠",
        "0/000.P/1",
        "0/000.p//1",
        "0/000.p/0001",
        "0/000.p/1.p/",
        "0/000?",
        "0/000/.p/1",
        "0/../000",
        "0/.p/1",
        "entries/x",
        "entries/000.p/257",
        "entries/000.p/65535",
        "entries/000.p/65536",
        "data/000",
        // 2^64, one past the largest number.
        "0/x018/x446/x744/x073/x709/x551/616",
    ] {
        assert_eq!(Tile::parse(path), None, "{path:?}");
    }
    // All widths there are, and all that are none.
    for width in 0..=u16::MAX {
        let path = format!("0/000.p/{width}");
        let tile = (1..FULL).contains(&width).then(|| hashes(0, 0, width));
        assert_eq!(Tile::parse(&path), tile, "{path}");
    }
    for level in 0..=u8::MAX {
        let tile = (level < 64).then(|| hashes(level, 0, FULL));
        assert_eq!(Tile::parse(&format!("{level}/000")), tile, "{level}");
    }
}

#[test]
fn every_changed_byte_of_a_path_is_another_tile_or_none() {
    for path in ["entries/x001/x234/067.p/8", "0/273.p/112", "1/x001/000"] {
        let tile = Tile::parse(path).unwrap();
        for at in 0..path.len() {
            for byte in 0..0x80 {
                let mut changed = path.as_bytes().to_vec();
                changed[at] = byte;
                let mut longer = path.as_bytes().to_vec();
                longer.insert(at, byte);
                for other in [changed, longer] {
                    let other = String::from_utf8(other).unwrap();
                    let parsed = Tile::parse(&other);
                    assert_eq!(parsed == Some(tile), other == path, "{other:?}");
                    assert!(parsed.is_none_or(|parsed| parsed.to_string() == other));
                }
            }
            let shorter = [&path[..at], &path[at + 1..]].concat();
            assert_ne!(Tile::parse(&shorter), Some(tile), "{shorter}");
        }
    }
}

#[test]
fn bytes_are_those_of_gos_tiles() {
    let vectors = crate::vectors::parse(GO);
    let (files, _) = Files::grown(70_000);
    for tree in list(&vectors, "tiles") {
        let size = tree["size"].as_u64().unwrap();
        let named = list(tree, "tiles").iter().map(|line| {
            let (path, digest) = line.as_str().unwrap().split_once(' ').unwrap();
            (Tile::parse(behind_tile(path)).unwrap(), digest)
        });
        let named: Vec<(Tile, &str)> = named.collect();
        for (tile, digest) in &named {
            assert!(tile.is_in(size), "{tile} in {size}");
            let TileKind::Hashes(level) = tile.kind else {
                panic!("{tile} has no hashes");
            };
            let range = tile.range().unwrap();
            let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            let file = &files.levels[usize::from(level)];
            let bytes: Vec<u8> = file[range].iter().flat_map(|hash| hash.0).collect();
            let found = Hash(Sha256::digest(&bytes).into());
            assert_eq!(found.to_base64(), *digest, "{tile} of {size}");
        }
        // Together they are what the level files have, and as many as the format's example says.
        for level in 0..MAX_LEVELS {
            let of_level = named.iter().map(|(tile, _)| tile);
            let of_level = of_level.filter(|tile| tile.kind == TileKind::Hashes(level));
            let widths: Vec<u64> = of_level.map(|tile| u64::from(tile.width)).collect();
            assert_eq!(widths.iter().sum::<u64>(), hashes_at_level(size, level));
            if size == 70_000 {
                let full = widths.iter().filter(|width| **width == TILE_WIDTH).count();
                let partial: Vec<_> = widths.iter().filter(|w| **w != TILE_WIDTH).collect();
                match level {
                    0 => assert_eq!((full, partial), (273, vec![&112])),
                    1 => assert_eq!((full, partial), (1, vec![&17])),
                    2 => assert_eq!((full, partial), (0, vec![&1])),
                    _ => assert_eq!((full, partial), (0, vec![])),
                }
            }
        }
    }
}

#[test]
fn a_tree_has_the_tiles_that_its_size_fills() {
    let sizes = (0..=3 * TILE_WIDTH)
        .chain(65_279..=65_281)
        .chain(65_534..=65_538)
        .chain([65_791, 65_792, 65_793, 70_000]);
    for size in sizes {
        for (level, numbers) in [(0_u8, [0, 1, 2, 255, 256, 273]), (1, [0, 1, 2, 3, 4, 5])] {
            // What the level has, counted without shifts.
            let count = size / TILE_WIDTH.pow(u32::from(level));
            for number in numbers {
                for width in 1..=FULL {
                    let has = number * TILE_WIDTH + u64::from(width) <= count;
                    let tile = hashes(level, number, width);
                    assert_eq!(tile.is_in(size), has, "{tile} in {size}");
                    if level == 0 {
                        let tile = entries(number, width);
                        assert_eq!(tile.is_in(size), has, "{tile} in {size}");
                    }
                }
            }
        }
    }
}

#[test]
fn no_tree_has_a_tile_past_the_last_number() {
    let last = u64::MAX / TILE_WIDTH;
    assert!(entries(last, 255).is_in(u64::MAX));
    assert!(!entries(last, 255).is_in(u64::MAX - 1));
    // It would end at 2^64.
    assert_eq!(entries(last, FULL).range(), None);
    assert!(!entries(last, FULL).is_in(u64::MAX));
    for number in [last + 1, u64::MAX] {
        assert_eq!(entries(number, 1).range(), None);
        assert!(!entries(number, 1).is_in(u64::MAX));
    }
    assert!(hashes(7, 0, 255).is_in(u64::MAX));
    for level in MAX_LEVELS..=u8::MAX {
        assert!(!hashes(level, 0, 1).is_in(u64::MAX), "level {level}");
    }
}

fn entry(n: u8) -> Entry {
    Entry {
        event_id: [n; 16],
        received_at_micros: 1_771_000_000_000_000 + i64::from(n),
        commitment: Sha256::digest([n]).into(),
    }
}

fn bundle_of(entries: &[Entry]) -> Vec<u8> {
    let mut bundle = Vec::new();
    for entry in entries {
        push_to_bundle(&mut bundle, entry);
    }
    bundle
}

#[test]
fn a_bundle_has_each_entry_behind_its_length() {
    let entries: Vec<Entry> = (0..=255).map(entry).collect();
    let bundle = bundle_of(&entries);
    assert_eq!(bundle.len(), 256 * (2 + ENTRY_BYTES));
    for (part, entry) in bundle.chunks_exact(2 + ENTRY_BYTES).zip(&entries) {
        assert_eq!(part[..2], [0x00, 0x39]);
        assert_eq!(part[2..], entry.to_bytes());
    }
    assert_eq!(read_bundle(&bundle), Ok(entries));
    assert_eq!(read_bundle(&[]), Ok(Vec::new()));
}

#[test]
fn every_changed_byte_of_a_bundle_is_refused_or_another_leaf() {
    let leaves = |bundle: &[u8]| -> Option<Vec<Hash>> {
        let entries = read_bundle(bundle).ok()?;
        Some(entries.iter().map(Entry::leaf_hash).collect())
    };
    let bundle = bundle_of(&[entry(1), entry(2), entry(3)]);
    let whole = leaves(&bundle).unwrap();
    assert_eq!(whole.len(), 3);
    for at in 0..bundle.len() {
        let part = at % (2 + ENTRY_BYTES);
        for bit in 0..8 {
            let mut changed = bundle.clone();
            changed[at] ^= 1 << bit;
            // Lengths and versions have one value, and all other bytes are under the leaf's hash.
            match part {
                0..=2 => assert_eq!(leaves(&changed), None, "byte {at}"),
                _ => {
                    let found = leaves(&changed).unwrap();
                    let differ = (0..3).filter(|&n| found[n] != whole[n]);
                    assert_eq!(differ.collect::<Vec<_>>(), [at / (2 + ENTRY_BYTES)]);
                }
            }
        }
        let shorter = [&bundle[..at], &bundle[at + 1..]].concat();
        assert_eq!(leaves(&shorter), None, "without byte {at}");
        let longer = [&bundle[..=at], &bundle[at..]].concat();
        assert_eq!(leaves(&longer), None, "byte {at} twice");
        // Cut off between two entries it is a bundle, of fewer: whoever asked for three counts them.
        let before = (part == 0).then(|| whole[..at / (2 + ENTRY_BYTES)].to_vec());
        assert_eq!(leaves(&bundle[..at]), before, "up to byte {at}");
    }
}

#[test]
fn a_bundle_says_what_is_wrong() {
    let mut bundle = bundle_of(&[entry(1)]);
    bundle.push(0);
    assert_eq!(read_bundle(&bundle), Err(EntryError::Length(1)));
    assert_eq!(read_bundle(&[0, 57]), Err(EntryError::Length(2)));
    assert_eq!(read_bundle(&[0, 0]), Err(EntryError::Length(0)));
    let swapped = [&[57, 0], &[0; 57 * 256][..]].concat();
    assert_eq!(read_bundle(&swapped), Err(EntryError::Length(57 * 256)));
    let mut other_version = bundle_of(&[entry(1)]);
    other_version[2] = 2;
    assert_eq!(read_bundle(&other_version), Err(EntryError::Version(2)));
}

proptest! {
    #[test]
    fn a_tile_reads_back_from_its_path(
        level in prop::option::of(0..64_u8), number: u64, bits in 0..u64::BITS, width in 1..=FULL,
    ) {
        let number = number >> bits;
        let tile = match level {
            Some(level) => hashes(level, number, width),
            None => entries(number, width),
        };
        prop_assert_eq!(Tile::parse(&tile.to_string()), Some(tile));
    }

    #[test]
    fn whatever_is_read_as_a_tile_is_written_so(
        path in "(0|1|7|63|64|entries|[0-9+]{1,3})/(x[0-9]{3}/){0,6}x?[0-9]{2,4}(\\.p/[+0-9]{1,4})?"
    ) {
        if let Some(tile) = Tile::parse(&path) {
            prop_assert_eq!(tile.to_string(), path);
            prop_assert!((1..=FULL).contains(&tile.width));
        }
    }
}
