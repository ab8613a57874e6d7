//! The filter has no false denials, and few false alarms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

/// Numbers that look random: SplitMix64.
fn hashes(seed: u64) -> impl Iterator<Item = u64> {
    (1_u64..).map(move |i| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    })
}

#[test]
fn there_are_twelve_bits_for_a_row_in_whole_blocks() {
    for (rows, blocks) in [
        (0, 1),
        (1, 1),
        (42, 1),
        (43, 2),
        (85, 2),
        (86, 3),
        (65_536, 1536),
    ] {
        assert_eq!(
            FilterWriter::new(rows).finish().len(),
            blocks * 64,
            "{rows} rows"
        );
    }
}

#[test]
fn the_bits_are_as_the_format_says() {
    let hash = 0x9ABC_DEF0_1234_5678_u64;
    let mut writer = FilterWriter::new(100);
    writer.add(hash);
    let mut expected = vec![0; 3 * 64];
    // Computed apart from this code: block 1, and the bits in it.
    for bit in [333, 475, 21, 10, 388, 128] {
        expected[64 + bit / 8] |= 1_u8 << (bit % 8);
    }
    assert_eq!(writer.finish(), expected);
}

#[test]
fn at_full_load_fewer_than_one_in_a_hundred_is_a_false_alarm() {
    let mut writer = FilterWriter::new(50_000);
    hashes(1).take(50_000).for_each(|hash| writer.add(hash));
    let filter = Filter::open(&writer.finish()).unwrap();
    assert!(hashes(1).take(50_000).all(|hash| filter.may_contain(hash)));
    let alarms = hashes(2)
        .take(200_000)
        .filter(|hash| filter.may_contain(*hash))
        .count();
    assert!((200..2000).contains(&alarms), "{alarms} of 200,000");
    assert_eq!(filter.bytes(), 50_000 * 12 / 8 / 64 * 64 + 64);
}

#[test]
fn a_length_that_is_not_of_blocks_is_malformed() {
    for length in [0, 1, 63, 65, 127] {
        assert!(Filter::open(&vec![0; length]).is_err());
    }
    // Of an empty filter nothing is there, of a full one all.
    assert!(!Filter::open(&[0; 64]).unwrap().may_contain(1));
    assert!(Filter::open(&[0xFF; 128]).unwrap().may_contain(u64::MAX));
}

proptest! {
    #[test]
    fn what_was_added_may_be_there(added in prop::collection::vec(any::<u64>(), 0..300), rows in 0_u32..400) {
        let mut writer = FilterWriter::new(rows);
        added.iter().for_each(|hash| writer.add(*hash));
        let filter = Filter::open(&writer.finish()).unwrap();
        prop_assert!(added.iter().all(|hash| filter.may_contain(*hash)));
    }
}
