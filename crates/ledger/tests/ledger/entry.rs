//! Salts, commitments and entries, against values computed by Python and Go.

use crate::vectors::{hex, list, text};
use evident_ledger::Hash;
use evident_ledger::entry::{ENTRY_BYTES, Entry, EntryError, GroupSeed, Salt, commitment};
use proptest::prelude::*;
use serde_json::Value;

const PYTHON: &str = include_str!("../../../../spec/vectors/ledger-python.json");
const GO: &str = include_str!("../../../../spec/vectors/ledger-go.json");

fn check(seed: &[u8], organization: &str, canonical: &[u8], case: &Value) {
    let seed = GroupSeed::new(seed.try_into().unwrap());
    let event_id = hex(case, "event_id").try_into().unwrap();
    let salt = seed.salt(organization, &event_id);
    assert_eq!(salt.0.as_slice(), hex(case, "salt"), "salt of {case}");
    let commitment = commitment(&salt, canonical);
    assert_eq!(commitment.as_slice(), hex(case, "commitment"));
    let entry = Entry {
        event_id,
        received_at_micros: case["received_at_micros"].as_i64().unwrap(),
        commitment,
    };
    assert_eq!(entry.to_bytes().as_slice(), hex(case, "entry"));
    assert_eq!(entry.leaf_hash().to_base64(), text(case, "leaf_hash"));
    assert_eq!(Entry::from_bytes(&hex(case, "entry")), Ok(entry));
}

#[test]
fn python_agrees_from_seed_to_leaf() {
    let file = crate::vectors::parse(PYTHON);
    for case in list(&file, "cases") {
        let (seed, canonical) = (hex(case, "seed"), hex(case, "canonical"));
        check(&seed, text(case, "organization"), &canonical, case);
    }
}

#[test]
fn go_agrees_from_seed_to_leaf() {
    let file = crate::vectors::parse(GO);
    let log = &file["log"];
    for case in list(log, "events") {
        let canonical = text(case, "canonical").as_bytes();
        check(
            &hex(log, "seed"),
            text(log, "organization"),
            canonical,
            case,
        );
    }
}

#[test]
fn the_layout_is_that_of_the_specification() {
    let entry = Entry {
        event_id: [0xaa; 16],
        received_at_micros: 0x0102_0304_0506_0708,
        commitment: [0xbb; 32],
    };
    let bytes = entry.to_bytes();
    assert_eq!((ENTRY_BYTES, bytes.len()), (57, 57));
    assert_eq!(bytes[0], 1);
    assert_eq!(bytes[1..17], [0xaa; 16]);
    assert_eq!(bytes[17..25], [8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(bytes[25..57], [0xbb; 32]);
}

#[test]
fn any_other_length_and_version_is_refused() {
    let bytes = [1; 3 * ENTRY_BYTES];
    for length in (0..bytes.len()).filter(|&length| length != ENTRY_BYTES) {
        let refused = Entry::from_bytes(&bytes[..length]);
        assert_eq!(refused, Err(EntryError::Length(length)));
    }
    for version in (0..=u8::MAX).filter(|&version| version != 1) {
        let mut bytes = [7; ENTRY_BYTES];
        bytes[0] = version;
        let refused = Entry::from_bytes(&bytes);
        assert_eq!(refused, Err(EntryError::Version(version)));
    }
}

#[test]
fn every_changed_byte_is_another_entry_or_none() {
    let entry = Entry {
        event_id: *b"0123456789abcdef",
        received_at_micros: 1_770_978_502_120_000,
        commitment: [0x5a; 32],
    };
    for at in 0..ENTRY_BYTES {
        for flip in 1..=u8::MAX {
            let mut bytes = entry.to_bytes();
            bytes[at] ^= flip;
            match Entry::from_bytes(&bytes) {
                Ok(other) => {
                    assert_ne!(at, 0, "the version counts");
                    assert_ne!(other, entry);
                    assert_ne!(other.leaf_hash(), entry.leaf_hash());
                    assert_eq!(other.to_bytes(), bytes);
                }
                Err(error) => {
                    assert_eq!((at, error), (0, EntryError::Version(bytes[0])));
                }
            }
        }
    }
}

#[test]
fn secrets_are_not_printed() {
    let seed = GroupSeed::new([0xab; 32]);
    assert_eq!(format!("{seed:?}"), "GroupSeed(hidden)");
    assert_eq!(format!("{:?}", Salt([0xab; 16])), "Salt(hidden)");
    assert_eq!(seed.as_bytes(), &[0xab; 32]);
}

#[test]
fn hashes_have_one_text() {
    let hash = Hash([0xfb; 32]);
    let text = hash.to_base64();
    assert_eq!(Hash::from_base64(&text), Ok(hash));
    assert_eq!(format!("{hash:?}"), "fb".repeat(32));
    let others = [
        "",
        "+/s=",
        text.trim_end_matches('='),
        &text.replace('+', "-"),
        &format!("{text}\n"),
        &format!(" {text}"),
        // The same bytes to a decoder that ignores trailing bits.
        &text.replace("s=", "t="),
    ];
    for other in others {
        assert_ne!(other, text);
        assert!(Hash::from_base64(other).is_err(), "{other:?}");
    }
}

proptest! {
    #[test]
    fn entries_round_trip(event_id: [u8; 16], received_at_micros: i64, commitment: [u8; 32]) {
        let entry = Entry { event_id, received_at_micros, commitment };
        prop_assert_eq!(Entry::from_bytes(&entry.to_bytes()), Ok(entry));
    }

    #[test]
    fn a_salt_depends_on_all_it_is_made_of(seed: [u8; 32], id: [u8; 16], at in 0usize..32, flip in 1u8..) {
        let salt = GroupSeed::new(seed).salt("org_1", &id);
        prop_assert_eq!(GroupSeed::new(seed).salt("org_1", &id), salt);
        prop_assert_ne!(GroupSeed::new(seed).salt("org_2", &id), salt);
        let mut other_seed = seed;
        other_seed[at] ^= flip;
        prop_assert_ne!(GroupSeed::new(other_seed).salt("org_1", &id), salt);
        let mut other_id = id;
        other_id[at % 16] ^= flip;
        prop_assert_ne!(GroupSeed::new(seed).salt("org_1", &other_id), salt);
    }
}
