//! Tiles, openings and proofs: right for every leaf and size, and nothing that no checkpoint covers.

mod beyond;
mod damage;
mod while_growing;

use std::ops::Range;
use std::sync::Arc;

use evident_ledger::proof::{verify_consistency, verify_inclusion};
use evident_ledger::tile::{Tile, TileKind, read_bundle};
use evident_ledger::{HASH_BYTES, Hash};
use evident_store::proofs::ProofsError;
use evident_store::{Options, Store};

use crate::history::{kept, leaves, naive_root};
use crate::world::*;

/// Organizations whose events come between each other's.
const ORGANIZATIONS: [&str; 3] = [ORGANIZATION, "org_other", "org_small"];
const TILE_WIDTH: u64 = 256;

/// Rows are sealed and compacted soon, and some stay in the tail.
fn sealing() -> Options {
    Options {
        segment_rows: 64,
        compaction_fanout: 2,
        ..options()
    }
}

fn open_all(directory: &std::path::Path, options: Options) -> Store {
    let store = open(directory, options);
    for organization_id in ORGANIZATIONS {
        ensure_log(&store, organization_id);
    }
    store
}

fn append_range(store: &Store, organization_id: &str, numbers: Range<u64>) {
    if numbers.is_empty() {
        return;
    }
    let events = numbers.map(|number| event_of(organization_id, number, "as it was"));
    append_to(store, organization_id, events.collect(), false).unwrap();
}

fn wait_head(store: &Store, organization_id: &str, size: u64) {
    wait_until("the head is shown", || {
        store
            .head(organization_id)
            .is_some_and(|head| head.size >= size)
    });
}

/// Grows the logs in turns, with heads at these sizes of the first, and others of the others.
fn grow(store: &Store, sizes: &[u64]) {
    let mut last = store.head(ORGANIZATION).unwrap().size;
    for size in sizes {
        append_range(store, ORGANIZATION, last..*size);
        append_range(store, "org_other", last / 2..*size / 2);
        wait_head(store, ORGANIZATION, *size);
        wait_head(store, "org_other", *size / 2);
        last = *size;
    }
}

fn hash_tile(level: u8, number: u64, width: u64) -> Tile {
    Tile {
        kind: TileKind::Hashes(level),
        number,
        width: u16::try_from(width).unwrap(),
    }
}

fn bundle(number: u64, width: u64) -> Tile {
    Tile {
        kind: TileKind::Entries,
        ..hash_tile(0, number, width)
    }
}

fn tile(store: &Store, organization_id: &str, tile: Tile) -> Option<Vec<u8>> {
    run(store.tile(organization_id, tile))
        .unwrap()
        .map(Vec::from)
}

/// The hashes of a level, each made of all the leaves under it.
fn naive_level(leaves: &[Hash], level: u8) -> Vec<Hash> {
    let width = usize::try_from(TILE_WIDTH).unwrap().pow(u32::from(level));
    leaves.chunks_exact(width).map(naive_root).collect()
}

fn bytes_of(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Widths of a tile of which so many are there, whole or in part, up to those that are not.
fn widths(there: u64) -> impl Iterator<Item = u64> {
    let widths = [
        1,
        2,
        3,
        127,
        128,
        there.max(2) - 1,
        there,
        there + 1,
        255,
        256,
    ];
    widths
        .into_iter()
        .filter(|width| (1..=TILE_WIDTH).contains(width))
}

fn assert_tiles(store: &Store, organization_id: &str, leaves: &[Hash]) {
    for level in 0..4 {
        let hashes = naive_level(leaves, level);
        for number in 0..hashes.len() as u64 / TILE_WIDTH + 2 {
            let start = usize::try_from(number * TILE_WIDTH).unwrap();
            let rest = hashes.get(start..).unwrap_or_default();
            for width in widths((rest.len() as u64).min(TILE_WIDTH)) {
                let asked = hash_tile(level, number, width);
                let wanted = rest.get(..usize::try_from(width).unwrap()).map(bytes_of);
                assert_eq!(tile(store, organization_id, asked), wanted, "{asked}");
            }
        }
    }
    for level in [8, 63] {
        assert_eq!(tile(store, organization_id, hash_tile(level, 0, 1)), None);
    }
    for number in [u64::MAX, u64::MAX / TILE_WIDTH] {
        assert_eq!(
            tile(store, organization_id, hash_tile(0, number, 256)),
            None
        );
        assert_eq!(tile(store, organization_id, bundle(number, 256)), None);
    }
}

fn assert_bundles(store: &Store, organization_id: &str, leaves: &[Hash]) {
    for number in 0..leaves.len() as u64 / TILE_WIDTH + 2 {
        let start = usize::try_from(number * TILE_WIDTH).unwrap();
        let rest = leaves.get(start..).unwrap_or_default();
        for width in widths((rest.len() as u64).min(TILE_WIDTH)) {
            let asked = bundle(number, width);
            let wanted = rest.get(..usize::try_from(width).unwrap());
            let Some(bytes) = tile(store, organization_id, asked) else {
                assert_eq!(wanted, None, "{asked}");
                continue;
            };
            let entries = read_bundle(&bytes).unwrap();
            let found: Vec<Hash> = entries.iter().map(|entry| entry.leaf_hash()).collect();
            assert_eq!(Some(&found[..]), wanted, "{asked}");
            assert!(bytes.chunks(59).all(|entry| entry.starts_with(&[0, 57, 1])));
        }
    }
}

fn assert_openings(store: &Store, organization_id: &str) {
    let events = all(store, organization_id);
    let size = events.len() as u64;
    // In an order of their own, and some twice.
    let mut indexes: Vec<u64> = (0..size).rev().chain([0, size - 1, size / 2]).collect();
    indexes.rotate_left(usize::try_from(size / 3).unwrap());
    let openings = run(store.openings(organization_id, indexes.clone())).unwrap();
    assert_eq!(openings.len(), indexes.len());
    for (index, opening) in indexes.iter().zip(openings) {
        let event = &events[usize::try_from(*index).unwrap()];
        assert_eq!(
            opening.opens_to(&event.canonical),
            Some(true),
            "event {index}"
        );
        assert_eq!(opening.entry.leaf_hash(), event.leaf_hash, "event {index}");
        assert_eq!(
            opening.entry.event_id,
            *event.id.as_bytes(),
            "event {index}"
        );
    }
    assert!(
        run(store.openings(organization_id, Vec::new()))
            .unwrap()
            .is_empty()
    );
    for indexes in [vec![size], vec![0, size], vec![u64::MAX]] {
        let refused = run(store.openings(organization_id, indexes));
        assert!(matches!(refused, Err(ProofsError::NotCovered { size: s }) if s == size));
    }
}

/// Inclusion of every leaf in the tree of `size` leaves.
fn assert_inclusion(store: &Store, organization_id: &str, leaves: &[Hash], size: u64) {
    let covered = &leaves[..usize::try_from(size).unwrap()];
    let root = naive_root(covered);
    let indexes: Vec<u64> = (0..size).collect();
    let proofs = run(store.inclusion(organization_id, indexes, size)).unwrap();
    assert_eq!(proofs.len(), covered.len());
    for ((index, leaf), proof) in (0..).zip(covered).zip(proofs) {
        verify_inclusion(*leaf, index, size, root, &proof).unwrap();
    }
    for indexes in [vec![size], vec![0, size], vec![u64::MAX]] {
        let refused = run(store.inclusion(organization_id, indexes.clone(), size));
        let is_refused = matches!(refused, Err(ProofsError::NotCovered { size: s }) if s == size);
        assert!(is_refused || size == 0 && indexes.is_empty(), "{refused:?}");
    }
}

fn assert_consistency(store: &Store, organization_id: &str, leaves: &[Hash], sizes: &[u64]) {
    let root = |size: u64| naive_root(&leaves[..usize::try_from(size).unwrap()]);
    for (number, old) in sizes.iter().enumerate() {
        for new in &sizes[number..] {
            let proof = run(store.consistency(organization_id, *old..*new)).unwrap();
            verify_consistency((*old, root(*old)), (*new, root(*new)), &proof).unwrap();
            assert!(!(*old == 0 || old == new) || proof.is_empty());
        }
    }
    let size = leaves.len() as u64;
    for beyond in [0..size + 1, size..size + 1, size + 1..size + 2, 0..u64::MAX] {
        let refused = run(store.consistency(organization_id, beyond));
        assert!(
            matches!(refused, Err(ProofsError::NotCovered { .. })),
            "{refused:?}"
        );
    }
    let swapped = Range {
        start: size,
        end: size - 1,
    };
    let refused = run(store.consistency(organization_id, swapped));
    assert!(refused.is_err(), "{refused:?}");
}

/// All that a log with every leaf under its head must show.
fn assert_shown(store: &Store, organization_id: &str) {
    let leaves = leaves(store, organization_id);
    assert_eq!(
        store.head(organization_id).unwrap().size,
        leaves.len() as u64
    );
    let kept = kept(store, organization_id).unwrap();
    let sizes: Vec<u64> = kept.iter().map(|head| head.size).collect();
    assert_tiles(store, organization_id, &leaves);
    assert_bundles(store, organization_id, &leaves);
    if leaves.is_empty() {
        return;
    }
    assert_openings(store, organization_id);
    for size in &sizes {
        assert_inclusion(store, organization_id, &leaves, *size);
    }
    assert_consistency(store, organization_id, &leaves, &sizes);
}

#[test]
fn every_leaf_and_head_of_every_organization_is_shown_wherever_its_row_is() {
    let directory = memory_directory();
    let store = open_all(directory.path(), sealing());
    append_range(&store, "org_small", 0..1);
    let sizes = [1, 2, 3, 100, 255, 256, 257, 300, 511, 512, 513, 520];
    for upto in 1..=sizes.len() {
        grow(&store, &sizes[upto - 1..upto]);
        let leaves = leaves(&store, ORGANIZATION);
        assert_tiles(&store, ORGANIZATION, &leaves);
        assert_inclusion(&store, ORGANIZATION, &leaves, sizes[upto - 1]);
    }
    wait_head(&store, "org_small", 1);
    for organization_id in ORGANIZATIONS {
        assert_shown(&store, organization_id);
    }
    store.settle();
    let segments = std::fs::read_dir(directory.path().join("segments")).unwrap();
    assert!(segments.count() > 2, "some are sealed");
    drop(store);
    let store = open_all(directory.path(), sealing());
    for organization_id in ORGANIZATIONS {
        assert_shown(&store, organization_id);
    }
    let none = run(store.tile("org_none", hash_tile(0, 0, 1)));
    assert!(matches!(none, Err(ProofsError::NoLog)), "{none:?}");
}

#[test]
fn what_is_recorded_and_not_yet_under_a_shown_head_is_not_shown() {
    let directory = memory_directory();
    let unsigned = || Options {
        checkpoint_gather: NEVER,
        ..sealing()
    };
    let store = open_all(directory.path(), unsigned());
    append_range(&store, ORGANIZATION, 0..250);
    drop(store);
    let store = open_all(directory.path(), unsigned());
    // Sealing signs and keeps a head over its rows, and shows it to nobody.
    append_range(&store, ORGANIZATION, 250..400);
    store.settle();
    assert_eq!(store.head(ORGANIZATION).unwrap().size, 250);
    let level = std::fs::metadata(directory.path().join(format!("log/{ORGANIZATION}/0")));
    assert!(
        level.unwrap().len() > 250 * HASH_BYTES as u64,
        "the hashes are there"
    );
    let history = std::fs::metadata(directory.path().join(crate::history::HISTORY)).unwrap();
    assert_eq!(history.len(), 3 * 128, "a head was kept that was not shown");
    let leaves = leaves(&store, ORGANIZATION);
    assert_eq!(leaves.len(), 400);
    assert_tiles(&store, ORGANIZATION, &leaves[..250]);
    assert_bundles(&store, ORGANIZATION, &leaves[..250]);
    let not_covered = |refused: Option<ProofsError>| {
        let is_right = matches!(refused, Some(ProofsError::NotCovered { size: 250 }));
        assert!(is_right, "{refused:?}");
    };
    for index in [250, 300, 399, 400] {
        not_covered(run(store.openings(ORGANIZATION, vec![0, index])).err());
        not_covered(run(store.inclusion(ORGANIZATION, vec![0, index], 250)).err());
        not_covered(run(store.inclusion(ORGANIZATION, vec![0], index + 1)).err());
        not_covered(run(store.consistency(ORGANIZATION, 250..index + 1)).err());
    }
    assert_eq!(
        kept(&store, ORGANIZATION).unwrap().last().unwrap().size,
        250
    );
    for size in 251..=400 {
        let told = run(store.past_head(ORGANIZATION, size)).unwrap();
        assert!(told.is_none(), "{told:?}");
    }
    drop(store);
    let store = open_all(directory.path(), unsigned());
    assert_shown(&store, ORGANIZATION);
    assert_eq!(store.head(ORGANIZATION).unwrap().size, 400);
}

#[test]
fn a_log_of_more_than_65_536_leaves_is_shown_on_three_levels() {
    let directory = memory_directory();
    let many = || Options {
        segment_rows: 16_384,
        compaction_fanout: 4,
        ..unsigned()
    };
    let store = open(directory.path(), many());
    for first in (0..65_536).step_by(8_192) {
        append(&store, events(first..first + 8_192)).unwrap();
    }
    drop(store);
    let store = open(directory.path(), many());
    append(&store, events(65_536..65_900)).unwrap();
    drop(store);
    let store = open(directory.path(), many());
    let leaves = leaves(&store, ORGANIZATION);
    assert_eq!(leaves.len(), 65_900);
    let level_1 = naive_level(&leaves, 1);
    for (level, number, wanted) in [
        (0, 255, &leaves[65_280..65_536]),
        (0, 257, &leaves[65_792..65_900]),
        (1, 0, &level_1[..256]),
        (1, 1, &level_1[256..257]),
        (2, 0, &[naive_root(&leaves[..65_536])]),
    ] {
        let asked = hash_tile(level, number, wanted.len() as u64);
        assert_eq!(
            tile(&store, ORGANIZATION, asked),
            Some(bytes_of(wanted)),
            "{asked}"
        );
    }
    let indexes: Vec<u64> = (0..65_900)
        .step_by(997)
        .chain([65_535, 65_536, 65_899])
        .collect();
    let proofs = run(store.inclusion(ORGANIZATION, indexes.clone(), 65_900)).unwrap();
    let root = naive_root(&leaves);
    for (index, proof) in indexes.iter().zip(&proofs) {
        let leaf = leaves[usize::try_from(*index).unwrap()];
        verify_inclusion(leaf, *index, 65_900, root, proof).unwrap();
    }
    assert_consistency(
        &store,
        ORGANIZATION,
        &leaves,
        &[0, 65_535, 65_536, 65_537, 65_900],
    );
    let openings = run(store.openings(ORGANIZATION, indexes.clone())).unwrap();
    for (index, opening) in indexes.iter().zip(openings) {
        let leaf = leaves[usize::try_from(*index).unwrap()];
        assert_eq!(opening.entry.leaf_hash(), leaf);
    }
}
