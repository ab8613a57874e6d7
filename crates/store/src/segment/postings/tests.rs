//! Sets are read as they were written.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn encoded(rows: &[u32]) -> (Kind, Vec<u8>) {
    let mut bytes = vec![7; 3];
    let kind = encode(rows, &mut bytes);
    (kind, bytes)
}

fn posting(rows: &[u32], limit: u32) -> Posting {
    let (kind, bytes) = encoded(rows);
    Posting::new(rows.len() as u32, kind, bytes, limit)
}

fn rows_of(posting: &Posting) -> Result<Vec<u32>, SegmentError> {
    let mut rows = Vec::new();
    posting.each(&mut |row| rows.push(row))?;
    Ok(rows)
}

/// All ways to read a set agree, on the rows or on that it is no good.
fn agree(posting: &Posting, limit: u32) {
    let with: RoaringBitmap = (0..limit).step_by(3).collect();
    match rows_of(posting) {
        Ok(rows) => {
            assert!(rows.is_sorted_by(|a, b| a < b));
            assert_eq!(rows.len(), posting.cardinality() as usize);
            assert!(rows.iter().all(|&row| row < limit));
            let bitmap = posting.to_bitmap().unwrap();
            assert_eq!(bitmap.iter().collect::<Vec<_>>(), rows);
            let common = rows.iter().filter(|&&row| with.contains(row)).count() as u64;
            assert_eq!(posting.intersection_len(&with).unwrap(), common);
        }
        Err(_) => {
            assert!(posting.to_bitmap().is_err());
            assert!(posting.intersection_len(&with).is_err());
        }
    }
}

#[test]
fn gaps_are_the_first_row_and_the_differences() {
    assert_eq!(encoded(&[5, 6, 306]), (Kind::Gaps, vec![5, 1, 0xac, 2]));
    assert_eq!(encoded(&[0]), (Kind::Gaps, vec![0]));
}

#[test]
fn a_long_run_is_a_bitmap_with_a_run() {
    let rows: Vec<u32> = (3..103).collect();
    // Cookie with one container, which is a run; its key, its cardinality - 1; one run from 3, 99 more.
    let expected = [0x3b, 0x30, 0, 0, 1, 0, 0, 99, 0, 1, 0, 3, 0, 99, 0].to_vec();
    assert_eq!(encoded(&rows), (Kind::Bitmap, expected));
}

#[test]
fn what_fits_beside_a_term_is_gaps_even_if_a_bitmap_is_shorter() {
    let run = |rows: u32| (0..rows).collect::<Vec<_>>();
    assert_eq!(encoded(&run(16)).0, Kind::Gaps);
    assert_eq!(encoded(&run(17)).0, Kind::Bitmap);
}

#[test]
fn the_shorter_encoding_is_taken() {
    let sets: Vec<Vec<u32>> = vec![
        (0..200_000).step_by(2).collect(),
        (0..200_000).step_by(9).collect(),
        (0..200_000).step_by(5_000).collect(),
        (0..4_000_000).step_by(70_000).collect(),
        (0..400_000).filter(|row| row % 1_000 < 990).collect(),
        (65_000..66_000).collect(),
        (0..70_000)
            .filter(|row| *row > 65_600 || row % 2 == 0)
            .collect(),
        (0..300_000).filter(|row| row % 20 > 1).collect(),
    ];
    for rows in sets {
        let (kind, bytes) = encoded(&rows);
        let mut bitmap: RoaringBitmap = rows.iter().copied().collect();
        bitmap.optimize();
        let mut gaps = Vec::new();
        let mut last = 0;
        for &row in &rows {
            varint::push(&mut gaps, u64::from(row - last));
            last = row;
        }
        let shorter = bitmap.serialized_size().min(gaps.len());
        assert_eq!(
            bytes.len(),
            shorter,
            "{kind:?} of {} rows from {}",
            rows.len(),
            rows[0]
        );
        agree(&posting(&rows, 5_000_000), 5_000_000);
    }
}

#[test]
fn wrong_gaps_are_an_error() {
    let wrong = |cardinality, bytes: &[u8]| {
        let posting = Posting::new(cardinality, Kind::Gaps, bytes.to_vec(), 100);
        assert!(rows_of(&posting).is_err());
        agree(&posting, 100);
    };
    wrong(3, &[1, 2]);
    wrong(1, &[1, 2]);
    wrong(2, &[1, 0]);
    wrong(2, &[1, 99]);
    wrong(1, &[100]);
    wrong(1, &[0x80]);
    wrong(
        2,
        &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    );
    wrong(u32::MAX, &[]);
    assert!(rows_of(&Posting::new(2, Kind::Gaps, vec![0, 99], 100)).is_ok());
}

#[test]
fn wrong_bitmaps_are_an_error() {
    let rows: Vec<u32> = (0..100).collect();
    let (_, bytes) = encoded(&rows);
    let check = |cardinality, bytes: &[u8], limit, good| {
        let posting = Posting::new(cardinality, Kind::Bitmap, bytes.to_vec(), limit);
        assert_eq!(rows_of(&posting).is_ok(), good);
        agree(&posting, limit);
    };
    check(100, &bytes, 100, true);
    check(100, &bytes, 99, false);
    check(99, &bytes, 100, false);
    check(100, &[&bytes[..], &[0]].concat(), 100, false);
    check(100, &bytes[..bytes.len() - 1], 100, false);
    check(100, &[], 100, false);
}

#[test]
fn runs_of_all_rows_that_there_could_be_are_not_gone_through() {
    let mut all = RoaringBitmap::full();
    all.optimize();
    let mut runs = Vec::new();
    all.serialize_into(&mut runs).unwrap();
    let posting = Posting::new(u32::MAX, Kind::Bitmap, runs, 1_000);
    assert!(
        posting
            .each(&mut |_| unreachable!("a row was passed on"))
            .is_err()
    );
}

#[test]
#[should_panic(expected = "ascending")]
fn rows_that_do_not_ascend_are_not_encoded() {
    encoded(&[3, 3]);
}

#[test]
fn whatever_a_byte_is_changed_to_the_readers_agree() {
    let sets: [Vec<u32>; 3] = [
        (0..40).map(|i| i * i * 5).collect(),
        (0..90).chain(200..300).chain(66_000..66_500).collect(),
        (0..20_000).filter(|row| row % 7 < 3).collect(),
    ];
    for rows in sets {
        let (kind, bytes) = encoded(&rows);
        let step = (bytes.len() / 500).max(1);
        for at in (0..bytes.len()).filter(|at| *at < 64 || at % step == 0) {
            for change in [1, 0x10, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= change;
                agree(
                    &Posting::new(rows.len() as u32, kind, bytes, 70_000),
                    70_000,
                );
            }
            let cut = bytes[..at].to_vec();
            agree(&Posting::new(rows.len() as u32, kind, cut, 70_000), 70_000);
        }
    }
}

proptest! {
    #[test]
    fn any_set_is_read_as_it_was(
        pieces in prop::collection::btree_map(0u32..300_000, 1u32..400, 1..40), keep in 1u32..5,
    ) {
        let set: std::collections::BTreeSet<u32> = pieces
            .into_iter()
            .flat_map(|(start, rows)| start..start + rows)
            .filter(|row| row % 5 < keep)
            .collect();
        let rows: Vec<u32> = set.into_iter().collect();
        let posting = posting(&rows, 301_000);
        prop_assert_eq!(rows_of(&posting).unwrap(), rows);
        agree(&posting, 301_000);
    }
}
