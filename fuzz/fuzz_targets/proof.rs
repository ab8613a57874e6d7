//! What an auditor reads from others: proofs, checkpoints, notes, tile paths and entry bundles. Each is
//! refused, or is the one text of what was read; and what was not made by the log's key never opens.

#![no_main]

use std::sync::LazyLock;

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::entry::{ENTRY_BYTES, Opening};
use evident_ledger::hash::leaf_hash;
use evident_ledger::note::{SigningKey, VerifierKey};
use evident_ledger::proof_text::{ConsistencyProof, InclusionProof};
use evident_ledger::tile::{TILE_WIDTH, Tile, push_to_bundle, read_bundle};
use libfuzzer_sys::fuzz_target;

/// A key that signs nothing here: no input may open with it.
static KEY: LazyLock<VerifierKey> = LazyLock::new(|| {
    let key = SigningKey::from_seed("example.com/log", [9; 32]).expect("the name is a name");
    key.verifier().clone()
});

fn read_text(data: &[u8]) {
    if let Ok(proof) = InclusionProof::parse(data) {
        assert_eq!(proof.to_text().as_bytes(), data);
        assert!(proof.verify(leaf_hash(data), &KEY).is_err());
    }
    if let Ok(proof) = ConsistencyProof::parse(data) {
        assert_eq!(proof.to_text().as_bytes(), data);
        let old = Checkpoint::new("example.com/log", proof.old_size, leaf_hash(data));
        assert!(proof.verify(&old, &KEY).is_err());
    }
    assert!(Checkpoint::open(data, &KEY).is_err());
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_text(), text);
    }
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text);
    }
    if let Some(tile) = Tile::parse(text) {
        assert_eq!(tile.to_string(), text);
        assert!((1..=TILE_WIDTH).contains(&u64::from(tile.width)));
    }
}

fn read_bytes(data: &[u8]) {
    if let Ok(entries) = read_bundle(data) {
        let mut again = Vec::new();
        for entry in &entries {
            push_to_bundle(&mut again, entry);
        }
        assert_eq!(again, data);
    }
    if let Ok(opening) = Opening::from_bytes(data) {
        assert_eq!(opening.to_bytes(), data);
        assert!(data.len() >= ENTRY_BYTES);
    }
}

fuzz_target!(|data: &[u8]| {
    read_text(data);
    read_bytes(data);
});
