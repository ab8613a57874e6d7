//! Trees, against RFC 6962's own definition, Certificate Transparency's vectors and Go's tlog.

use crate::files::{Files, Missing, entry_hash};
use crate::rfc::defined_root;
use crate::vectors::{list, text};
use evident_ledger::Hash;
use evident_ledger::hash::{EMPTY_ROOT, leaf_hash};
use evident_ledger::tile::{MAX_LEVELS, TILE_WIDTH, byte_offset, hashes_at_level};
use evident_ledger::tree::{HashReader, Tree, root_at};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

const GO: &str = include_str!("../../../../spec/vectors/ledger-go.json");

#[test]
fn certificate_transparency_roots() {
    let entries: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
            0x6e, 0x6f,
        ],
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Tree::new();
    assert_eq!(format!("{:?}", tree.root()), roots[0]);
    for (entry, root) in entries.iter().zip(&roots[1..]) {
        tree.append(leaf_hash(entry), &mut |_, _, _| {});
        assert_eq!(format!("{:?}", tree.root()), *root);
    }
}

#[test]
fn every_small_size_meets_the_definition_and_resumes() {
    let leaves: Vec<Hash> = (0..600).map(entry_hash).collect();
    let (mut files, mut tree) = (Files::default(), Tree::new());
    assert_eq!(tree.root(), EMPTY_ROOT);
    assert_eq!(Tree::resume(0, &files), Ok(Tree::new()));
    for (before, &leaf) in leaves.iter().enumerate() {
        files.append(&mut tree, leaf);
        assert_eq!(tree.size(), before as u64 + 1);
        assert_eq!(tree.root(), defined_root(&leaves[..=before]));
        assert_eq!(Tree::resume(tree.size(), &files), Ok(tree.clone()));
        for (level, file) in (0..MAX_LEVELS).zip(&files.levels) {
            assert_eq!(file.len() as u64, hashes_at_level(tree.size(), level));
        }
    }
    // Every earlier root is still to be had from the larger tree's files.
    for size in 0..=leaves.len() {
        let root = root_at(size as u64, &files);
        assert_eq!(root, Ok(defined_root(&leaves[..size])));
    }
}

#[test]
fn level_hashes_are_roots_of_complete_subtrees() {
    let (files, _) = Files::grown(1030);
    let leaves: Vec<Hash> = (0..1030).map(entry_hash).collect();
    assert_eq!(files.levels[0], leaves);
    let tiles = leaves.chunks_exact(TILE_WIDTH as usize);
    assert_eq!(files.levels[1], tiles.map(defined_root).collect::<Vec<_>>());
    assert_eq!(files.levels.len(), 2);
}

#[test]
fn go_agrees_on_roots_and_level_files() {
    let vectors = crate::vectors::parse(GO);
    let sizes = list(&vectors, "roots");
    let largest = sizes.iter().map(|v| v["size"].as_u64().unwrap()).max();
    let (files, _) = Files::grown(largest.unwrap());
    for vector in sizes {
        let root = root_at(vector["size"].as_u64().unwrap(), &files).unwrap();
        assert_eq!(root.to_base64(), text(vector, "root"), "{vector}");
    }
    for vector in list(&vectors, "levels") {
        let level = u8::try_from(vector["level"].as_u64().unwrap()).unwrap();
        let count = hashes_at_level(vector["size"].as_u64().unwrap(), level);
        assert_eq!(count, vector["hashes"].as_u64().unwrap(), "{vector}");
        let file = &files.levels[usize::from(level)][..usize::try_from(count).unwrap()];
        let bytes: Vec<u8> = file.iter().flat_map(|hash| hash.0).collect();
        let digest = Hash(Sha256::digest(&bytes).into());
        assert_eq!(
            format!("{digest:?}"),
            text(vector, "file_sha256"),
            "{vector}"
        );
    }
}

#[test]
fn a_missing_hash_is_the_readers_error() {
    let (mut files, tree) = Files::grown(700);
    files.levels[1].truncate(1);
    assert_eq!(Tree::resume(tree.size(), &files), Err(Missing(1, 1)));
    assert_eq!(root_at(1, &Files::default()), Err(Missing(0, 0)));
}

#[test]
fn resuming_reads_the_right_edge_only() {
    let (files, tree) = Files::grown(65_535);
    files.reads.set(0);
    Tree::resume(tree.size(), &files).unwrap();
    assert_eq!(files.reads.get(), 2 * 255);
}

/// Every hash there could be, all the same: for sizes no test can grow.
struct Uniform;

impl HashReader for Uniform {
    type Error = Missing;

    fn read(&self, level: u8, index: u64) -> Result<Hash, Missing> {
        assert!(level < MAX_LEVELS && byte_offset(index >> 8).is_some());
        Ok(EMPTY_ROOT)
    }
}

#[test]
fn the_largest_sizes_resume_and_grow() {
    assert_eq!(Tree::resume(u64::MAX, &Uniform).unwrap().size(), u64::MAX);
    let mut tree = Tree::resume((1 << 56) - 1, &Uniform).unwrap();
    let mut calls = Vec::new();
    tree.append(EMPTY_ROOT, &mut |level, index, _| {
        calls.push((level, index))
    });
    let expected: Vec<(u8, u64)> = (0..=7)
        .map(|level| (level, (1 << (56 - 8 * u32::from(level))) - 1))
        .collect();
    assert_eq!(calls, expected);
}

#[test]
fn level_arithmetic() {
    // The example of tlog-tiles: 70,000 leaves.
    let counts: Vec<u64> = (0..4).map(|level| hashes_at_level(70_000, level)).collect();
    assert_eq!(counts, [273 * 256 + 112, 256 + 17, 1, 0]);
    assert_eq!(hashes_at_level(u64::MAX, 7), 255);
    assert_eq!(hashes_at_level(u64::MAX, 8), 0);
    assert_eq!(hashes_at_level(u64::MAX, u8::MAX), 0);
    assert_eq!(byte_offset(TILE_WIDTH), Some(8192));
    assert_eq!(byte_offset(1 << 59), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn resumed_is_continuous(size in 1u64..100_000, stop in 0.0..1.0f64, past in 0.0..1.0f64) {
        let at = |part: f64| (size as f64 * part) as u64;
        let (stop, past) = (at(stop), at(past));
        let leaves: Vec<Hash> = (0..size).map(entry_hash).collect();
        let (files, continuous) = Files::grown(size);

        // Stopped at some size, the tree goes on from its files as if it had not.
        let (mut restarted, stopped) = Files::grown(stop);
        let mut tree = Tree::resume(stop, &restarted).unwrap();
        prop_assert_eq!(&tree, &stopped);
        for &leaf in &leaves[usize::try_from(stop).unwrap()..] {
            restarted.append(&mut tree, leaf);
        }
        prop_assert_eq!(&tree, &continuous);
        prop_assert_eq!(&restarted.levels, &files.levels);
        prop_assert_eq!(Tree::resume(size, &files), Ok(tree));

        prop_assert_eq!(continuous.root(), defined_root(&leaves));
        let earlier = &leaves[..usize::try_from(past).unwrap()];
        prop_assert_eq!(root_at(past, &files), Ok(defined_root(earlier)));
    }
}
