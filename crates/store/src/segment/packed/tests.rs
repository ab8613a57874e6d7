//! Packed numbers are read as they were written.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn open(numbers: &[i64]) -> Packed<Vec<u8>> {
    Packed::open(pack(numbers)).unwrap()
}

fn all(packed: &Packed<Vec<u8>>) -> Vec<i64> {
    let mut out = Vec::new();
    packed.read_into(0..packed.len(), &mut out).unwrap();
    out
}

/// Uses everything there is; whatever is read, it has to come back.
fn use_all(bytes: Vec<u8>) {
    let Ok(packed) = Packed::open(bytes) else {
        return;
    };
    let mut out = Vec::new();
    let _ = packed.read_into(0..packed.len(), &mut out);
    let _ = packed.get(packed.len().saturating_sub(1));
    if let Ok(index) = packed.partition_point(|number| number < 1_000) {
        assert!(index <= packed.len());
    }
}

#[test]
fn the_bytes_are_those_of_the_format() {
    // Differences 2, 0, 5 thousands: 3 bits each, the lowest first: 010 | 000 | 101.
    let mut expected = vec![3, 0, 0, 0, 0, 0, 0, 0];
    expected.extend([0x58, 0x1b, 0, 0, 0, 0, 0, 0]);
    expected.extend([0, 0, 0, 0, 3, 1, 0, 0]);
    expected.extend([0b0100_0010, 0b1]);
    assert_eq!(pack(&[9_000, 7_000, 12_000]), expected);
    assert_eq!(pack(&[]), [0; 8]);
}

#[test]
fn the_second_block_begins_where_the_first_one_ends() {
    let numbers: Vec<i64> = (0..129).map(|i| i % 2 - 1).collect();
    let bytes = pack(&numbers);
    // 128 numbers of one bit are 16 bytes; one number that is its own base has none.
    assert_eq!(bytes.len(), 8 + 2 * 16 + 16);
    assert_eq!(
        bytes[8..24],
        [
            255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0
        ]
    );
    assert_eq!(
        bytes[24..40],
        [
            255, 255, 255, 255, 255, 255, 255, 255, 16, 0, 0, 0, 0, 2, 0, 0
        ]
    );
    assert_eq!(bytes[40..], [0b1010_1010; 16]);
}

#[test]
fn the_largest_scale_that_divides_all_is_taken() {
    let scale = |numbers: &[i64]| pack(numbers)[8 + 13];
    assert_eq!(scale(&[5, 6]), 0);
    assert_eq!(scale(&[5, 1_005, 2_000_005]), 1);
    assert_eq!(scale(&[5, 1_000_005]), 2);
}

#[test]
fn the_extremes_are_kept() {
    let numbers = [i64::MIN, i64::MAX, 0, -1, i64::MIN];
    assert_eq!(all(&open(&numbers)), numbers);
    assert_eq!(open(&numbers).get(1).unwrap(), i64::MAX);
    assert_eq!(all(&open(&[])), [0_i64; 0]);
    assert_eq!(open(&[]).partition_point(|_| true).unwrap(), 0);
}

#[test]
fn what_is_behind_the_last_number_is_an_error() {
    let packed = open(&[1, 2, 3]);
    assert!(packed.get(3).is_err());
    assert!(packed.read_into(2..4, &mut Vec::new()).is_err());
    assert!(packed.read_into(9..9, &mut Vec::new()).is_ok());
}

#[test]
fn numbers_that_do_not_fit_are_an_error() {
    let mut bytes = pack(&[0, 3_000_000]);
    bytes[8..16].copy_from_slice(&i64::MAX.to_le_bytes());
    let packed = Packed::open(bytes).unwrap();
    assert_eq!(packed.get(0).unwrap(), i64::MAX);
    assert!(packed.get(1).is_err());
    assert!(packed.read_into(0..2, &mut Vec::new()).is_err());
}

#[test]
fn a_count_without_heads_takes_no_memory() {
    let mut bytes = vec![0xff; 4];
    bytes.extend([0; 4]);
    assert!(Packed::open(bytes).is_err());
}

#[test]
fn whatever_a_byte_is_changed_to_nothing_breaks() {
    let numbers: Vec<i64> = (0..300).map(|i| i * i * 7).collect();
    let bytes = pack(&numbers);
    for at in 0..bytes.len() {
        for change in [1, 0x10, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] ^= change;
            use_all(bytes);
        }
        use_all(bytes[..at].to_vec());
    }
}

fn any_numbers() -> impl Strategy<Value = Vec<i64>> {
    (0u32..64, prop::sample::select(vec![1, 1_000, 1_000_000])).prop_flat_map(|(shift, scale)| {
        prop::collection::vec(any::<i64>(), 0..700).prop_map(move |numbers| {
            numbers
                .into_iter()
                .map(|n| (n >> shift).wrapping_mul(scale))
                .collect()
        })
    })
}

proptest! {
    #[test]
    fn any_range_of_any_numbers_is_read_as_it_was(
        numbers in any_numbers(), a in 0usize..700, b in 0usize..700,
    ) {
        let packed = open(&numbers);
        prop_assert_eq!(packed.len() as usize, numbers.len());
        let (a, b) = (a.min(numbers.len()), b.min(numbers.len()));
        let range = a.min(b)..a.max(b);
        let mut out = vec![42];
        packed.read_into(range.start as u32..range.end as u32, &mut out).unwrap();
        prop_assert_eq!(&out[1..], &numbers[range.clone()]);
        for i in range {
            prop_assert_eq!(packed.get(i as u32).unwrap(), numbers[i]);
        }
    }

    #[test]
    fn the_partition_point_is_that_of_the_numbers(mut numbers in any_numbers(), at: usize, random: i64) {
        numbers.sort_unstable();
        let packed = open(&numbers);
        let there = if numbers.is_empty() { 0 } else { numbers[at % numbers.len()] };
        for bound in [there, there.saturating_add(1), random, i64::MIN, i64::MAX] {
            let expected = numbers.partition_point(|&n| n < bound);
            prop_assert_eq!(packed.partition_point(|n| n < bound).unwrap() as usize, expected);
        }
    }
}

#[test]
fn more_blocks_than_are_read_at_once_are_read() {
    let numbers: Vec<i64> = (0..20_000).map(|i| i * i).collect();
    let packed = open(&numbers);
    assert_eq!(all(&packed), numbers);
    let mut out = Vec::new();
    packed.read_into(8_190..17_000, &mut out).unwrap();
    assert_eq!(out, numbers[8_190..17_000]);
}
