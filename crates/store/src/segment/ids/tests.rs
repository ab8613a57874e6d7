//! Ids are found by their hashes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn found(ids: &Ids<Vec<u8>>, hash: u64) -> Result<Vec<u32>, SegmentError> {
    let mut out = Vec::new();
    ids.candidates(hash, &mut out).map(|()| out)
}

/// The same as the format says it: all entries of the same bucket and fingerprint.
fn model(entries: &[(u64, u32)], hash: u64) -> Vec<u32> {
    let mut buckets = 1_u64;
    while buckets * 8 < entries.len() as u64 {
        buckets *= 2;
    }
    let bucket = |hash: u64| (u128::from(hash) * u128::from(buckets)) >> 64;
    let mut ranks: Vec<u32> = entries
        .iter()
        .filter(|(other, _)| bucket(*other) == bucket(hash) && *other as u16 == hash as u16)
        .map(|(_, rank)| *rank)
        .collect();
    ranks.sort_unstable();
    ranks.dedup();
    ranks
}

#[test]
fn the_hash_is_of_organization_kind_and_value() {
    // sha256sum of `org_7f3k`, 00, 01, `trace`: the first 8 bytes, the lowest first.
    assert_eq!(
        hash("org_7f3k", IdKind::Trace, b"trace"),
        0xD387_1610_EEF5_5747
    );
    assert_eq!(
        hash("org_7f3k", IdKind::Event, &[7; 16]),
        0x486A_AC62_3C4F_B11C
    );
    assert_eq!(hash("o", IdKind::Span, b""), 0x4642_DD0C_A941_8DF8);
}

#[test]
fn the_bytes_are_as_the_format_says() {
    assert_eq!(encode(&[]).unwrap(), [0; 16]);
    // Nine entries are more than one bucket holds: two buckets, by the highest bit.
    let mut entries = vec![
        (0x8000_0000_0000_0201, 0x03_04_05),
        (0x1234_0000_0000_0201, 7),
    ];
    entries.extend((0..7).map(|rank| (0x7FFF_FFFF_FFFF_0100, 6 - rank)));
    let mut expected = vec![9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0];
    expected.extend((0..7).flat_map(|rank| [0x00, 0x01, rank, 0, 0]));
    expected.extend([0x01, 0x02, 7, 0, 0]);
    expected.extend([0x01, 0x02, 5, 4, 3]);
    assert_eq!(encode(&entries).unwrap(), expected);
    let ids = Ids::open(expected, 0x03_04_06).unwrap();
    assert_eq!(found(&ids, 0xFFFF_0000_0000_0201).unwrap(), [0x03_04_05]);
    assert_eq!(found(&ids, 0x0000_0000_0000_0201).unwrap(), [7]);
    assert_eq!(found(&ids, 0x100).unwrap(), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(found(&ids, 0x101).unwrap(), [0; 0]);
}

#[test]
fn there_are_the_fewest_buckets_that_hold_eight_on_average() {
    for (entries, bits) in [
        (0, 0),
        (1, 0),
        (8, 0),
        (9, 1),
        (16, 1),
        (17, 2),
        (32, 2),
        (33, 3),
    ] {
        assert_eq!(bucket_bits(entries), bits, "{entries} entries");
    }
}

#[test]
fn a_rank_that_has_no_room_is_not_written() {
    assert!(encode(&[(1, (1 << 24) - 1)]).is_ok());
    assert!(encode(&[(1, 1 << 24)]).is_err());
}

#[test]
fn an_id_of_very_many_rows_has_all_of_them_and_its_neighbours_theirs() {
    let mut entries: Vec<(u64, u32)> = (0..20_000).map(|rank| (5, rank)).collect();
    entries.push((4, 77));
    entries.push((6, 78));
    let ids = Ids::open(encode(&entries).unwrap(), 20_000).unwrap();
    assert_eq!(found(&ids, 5).unwrap(), (0..20_000).collect::<Vec<_>>());
    assert_eq!(found(&ids, 4).unwrap(), [77]);
    assert_eq!(found(&ids, 6).unwrap(), [78]);
}

#[test]
fn a_rank_of_no_row_is_malformed() {
    let bytes = encode(&[(1, 9)]).unwrap();
    assert!(found(&Ids::open(bytes.clone(), 10).unwrap(), 1).is_ok());
    assert!(found(&Ids::open(bytes, 9).unwrap(), 1).is_err());
}

#[test]
fn every_changed_byte_and_every_cut_is_an_error_or_an_answer_of_real_ranks() {
    let entries: Vec<(u64, u32)> = (0..40_u32)
        .map(|rank| {
            (
                u64::from(rank / 2).wrapping_mul(0x9E37_79B9_7F4A_7C15),
                rank,
            )
        })
        .collect();
    let bytes = encode(&entries).unwrap();
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xFF] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            let Ok(ids) = Ids::open(changed, 40) else {
                continue;
            };
            // The heads tell the length, so a change there does not open.
            assert!(at >= 8);
            for (hash, _) in &entries {
                if let Ok(ranks) = found(&ids, *hash) {
                    assert!(ranks.len() <= 40 && ranks.iter().all(|rank| *rank < 40));
                }
            }
        }
        assert!(Ids::open(bytes[..at].to_vec(), 40).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(Ids::open(longer, 40).is_err());
}

proptest! {
    #[test]
    fn what_is_found_is_what_a_scan_of_all_entries_finds(
        // Few fingerprints and few high bits, so that they meet.
        parts in prop::collection::vec((0_u64..32, 0_u64..4, 0_u32..1000), 0..300),
        asked in prop::collection::vec((0_u64..32, 0_u64..4), 20),
    ) {
        let whole = |high: u64, low: u64| high << 59 | 0xABC << 20 | low;
        let entries: Vec<(u64, u32)> = parts.iter().map(|(high, low, rank)| (whole(*high, *low), *rank)).collect();
        let ids = Ids::open(encode(&entries).unwrap(), 1000).unwrap();
        for (high, low) in asked {
            prop_assert_eq!(found(&ids, whole(high, low)).unwrap(), model(&entries, whole(high, low)));
        }
        for (hash, rank) in &entries {
            prop_assert!(found(&ids, *hash).unwrap().contains(rank));
        }
    }

    #[test]
    fn bytes_of_any_kind_are_an_error_or_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..64), hash: u64) {
        if let Ok(ids) = Ids::open(bytes, 5) {
            let _ = found(&ids, hash);
        }
    }
}
