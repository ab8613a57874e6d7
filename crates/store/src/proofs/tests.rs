//! What is shown of a log from which rows were removed: its tree as before, and of its entries what is left.

use evident_ledger::tile::{TILE_WIDTH, Tile, TileKind, read_bundle};

use super::ProofsError;
use crate::Store;
use crate::check::fixtures::removing::{
    Removal, lines_of, manifest_of, remove, write_lines, write_manifest,
};
use crate::check::fixtures::world::{ORGANIZATION, run};
use crate::check::fixtures::{Directory, OTHER, options};
use crate::check::rebuild;
use crate::layout;
use crate::segment::rows::Line;

/// How many events the first organization has.
const SIZE: u64 = 400;

fn open(directory: &Directory) -> Store {
    Store::open(directory.path(), options()).unwrap()
}

fn without(healthy: &Directory, minimum_index: u64, goes: &dyn Fn(u64) -> bool) -> Directory {
    let directory = healthy.copy();
    let removal = Removal {
        organization_id: ORGANIZATION,
        minimum_index,
        goes,
    };
    remove(directory.path(), &removal);
    directory
}

fn tile(store: &Store, kind: TileKind, number: u64, width: u64) -> Option<Vec<u8>> {
    let tile = Tile {
        kind,
        number,
        width: u16::try_from(width).unwrap(),
    };
    run(store.tile(ORGANIZATION, tile)).unwrap().map(Vec::from)
}

/// The entries of a bundle give the hashes of the tile, and are those of the healthy log.
fn assert_bundles(store: &Store, healthy: &Store, minimum: u64) {
    for number in 0..=SIZE / TILE_WIDTH + 1 {
        for width in [1, 2, 44, 100, 144, 145, 255, 256] {
            let shown = tile(store, TileKind::Entries, number, width);
            if number * TILE_WIDTH + width <= minimum {
                assert_eq!(shown, None, "bundle {number} of {width}");
                continue;
            }
            let whole = tile(healthy, TileKind::Entries, number, width);
            assert_eq!(shown, whole, "bundle {number} of {width}");
            let hashes = tile(store, TileKind::Hashes(0), number, width);
            let leaves = shown.map(|bytes| {
                let entries = read_bundle(&bytes).unwrap().into_iter();
                entries.flat_map(|entry| entry.leaf_hash().0).collect()
            });
            assert_eq!(leaves, hashes, "bundle {number} of {width}");
        }
    }
}

/// Tiles and proofs are those of the healthy log, for every size and leaf.
fn assert_tree(store: &Store, healthy: &Store) {
    for level in 0..3 {
        for number in 0..=SIZE / TILE_WIDTH + 1 {
            for width in [1, 2, 143, 144, 145, 255, 256] {
                let of = |store| tile(store, TileKind::Hashes(level), number, width);
                assert_eq!(
                    of(store),
                    of(healthy),
                    "level {level}, tile {number} of {width}"
                );
            }
        }
    }
    for size in 1..=SIZE {
        // The first and last leaves, and those around the first that was kept.
        let mut indexes = vec![0, 1, 255, 256, 257, size / 2, size - 1];
        indexes.retain(|index| *index < size);
        let included = |store: &Store| run(store.inclusion(ORGANIZATION, indexes.clone(), size));
        assert_eq!(
            included(store).unwrap(),
            included(healthy).unwrap(),
            "size {size}"
        );
        for newer in [size, (size + 300).min(SIZE), SIZE] {
            let extends = |store: &Store| run(store.consistency(ORGANIZATION, size..newer));
            assert_eq!(
                extends(store).unwrap(),
                extends(healthy).unwrap(),
                "{size} to {newer}"
            );
        }
    }
    let heads = |store: &Store| {
        let heads = run(store.past_heads(ORGANIZATION, None, 500)).unwrap();
        heads
            .into_iter()
            .map(|head| (head.size, head.root))
            .collect::<Vec<_>>()
    };
    assert_eq!(heads(store), heads(healthy));
}

fn assert_openings(store: &Store, healthy: &Store, first: u64, is_gone: &dyn Fn(u64) -> bool) {
    for index in 0..SIZE {
        let opened = run(store.openings(ORGANIZATION, vec![index]));
        if index < first {
            let is_right =
                matches!(opened, Err(ProofsError::Removed { first_index }) if first_index == first);
            assert!(is_right, "leaf {index}: {opened:?}");
            continue;
        }
        let opening = opened.unwrap().pop().unwrap();
        let whole = run(healthy.openings(ORGANIZATION, vec![index]))
            .unwrap()
            .pop()
            .unwrap();
        assert_eq!(opening.entry, whole.entry, "leaf {index}");
        let salt = whole.salt.filter(|_| !is_gone(index));
        assert_eq!(opening.salt.is_some(), salt.is_some(), "leaf {index}");
        assert!(opening.salt == salt, "leaf {index}");
    }
    let some = [first, SIZE - 1, first];
    assert_eq!(
        run(store.openings(ORGANIZATION, some.to_vec()))
            .unwrap()
            .len(),
        3
    );
}

fn assert_shown(minimum: u64, first: u64, goes: &dyn Fn(u64) -> bool) {
    let healthy = Directory::large();
    let removed = without(&healthy, minimum, goes);
    let (store, healthy) = (open(&removed), open(&healthy));
    assert_eq!(store.minimum_index(ORGANIZATION), minimum);
    assert_eq!(
        (
            store.minimum_index(OTHER),
            healthy.minimum_index(ORGANIZATION)
        ),
        (0, 0)
    );
    assert_bundles(&store, &healthy, minimum);
    assert_tree(&store, &healthy);
    assert_openings(&store, &healthy, first, goes);
}

#[test]
fn a_log_without_its_first_events_shows_its_tree_and_the_entries_that_are_left() {
    assert_shown(256, 256, &|index| index < 256);
}

#[test]
fn a_log_with_holes_shows_all_of_its_entries() {
    assert_shown(0, 0, &|index| index < 300 && index % 3 == 1);
}

#[test]
fn a_log_without_its_first_events_and_with_holes_shows_what_is_left() {
    assert_shown(256, 256, &|index| {
        index < 256 || index < 330 && index % 5 == 0
    });
}

#[test]
fn entries_below_the_minimum_index_are_not_shown_though_an_event_keeps_them() {
    // Events 0 to 9 are to go, and are still there: so all behind them left stubs.
    assert_shown(256, 0, &|index| (10..256).contains(&index));
}

#[test]
fn a_stub_that_is_not_what_its_leaf_commits_to_is_not_shown() {
    type Change = fn(&mut Vec<Vec<u8>>, &[usize]);
    let changes: [Change; 2] = [
        |lines, stubs| lines[stubs[0]] = lines[stubs[1]].clone(),
        |lines, stubs| {
            let at = "{\"entry\":\"".len() + 40;
            let byte = &mut lines[stubs[0]][at];
            *byte = if *byte == b'A' { b'B' } else { b'A' };
        },
    ];
    for change in changes {
        let directory = without(&Directory::large(), 0, &|index| {
            index < 300 && index % 3 == 1
        });
        let listed = manifest_of(directory.path()).segments.remove(0);
        let mut lines = lines_of(directory.path(), &listed);
        let stubs: Vec<usize> = (0..lines.len())
            .filter(|place| !Line::is_event(&lines[*place]))
            .collect();
        change(&mut lines, &stubs);
        write_lines(directory.path(), &listed, &lines);
        make_index(&directory);
        let store = open(&directory);
        let opened = run(store.openings(ORGANIZATION, vec![1]));
        assert!(matches!(opened, Err(ProofsError::Failed(_))), "{opened:?}");
        let whole = Tile {
            kind: TileKind::Entries,
            number: 0,
            width: 256,
        };
        let shown = run(store.tile(ORGANIZATION, whole));
        assert!(matches!(shown, Err(ProofsError::Failed(_))), "{shown:?}");
        assert!(run(store.openings(ORGANIZATION, vec![0])).is_ok());
    }
}

/// Makes the first segment's index of rows that were tampered with. Without the checkpoint that contradicts
/// them, that is done.
fn make_index(directory: &Directory) {
    let checkpoint = directory.path().join(layout::checkpoint_file(ORGANIZATION));
    let note = std::fs::read(&checkpoint).unwrap();
    std::fs::remove_file(&checkpoint).unwrap();
    let mut manifest = manifest_of(directory.path());
    manifest.segments[0].meta_crc32c = "00000000".to_owned();
    write_manifest(directory.path(), &manifest);
    let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
    assert_eq!(rebuilt.made.len(), 1, "{rebuilt:?}");
    std::fs::write(&checkpoint, note).unwrap();
}
