//! Pieces and their checksums, byte by byte.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

fn sums(bytes: &[u8]) -> Arc<[u32]> {
    bytes.chunks(4096).map(crc32c::crc32c).collect()
}

fn noise(length: usize) -> Vec<u8> {
    (0..length as u64)
        .map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .collect()
}

/// A file that holds `there` where `bytes` were written.
fn file(folder: &tempfile::TempDir, there: &[u8], bytes: &[u8]) -> (PathBuf, CheckedFile) {
    let path = folder.path().join("index");
    std::fs::write(&path, there).unwrap();
    let file = CheckedFile::open(&path, bytes.len() as u64, sums(bytes)).unwrap();
    (path, file)
}

fn damage<T: std::fmt::Debug>(answer: Result<T, SegmentError>) -> u64 {
    match answer {
        Err(SegmentError::Damaged { path, offset, .. }) => {
            assert!(path.ends_with("index"));
            offset
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn checksums_are_crc_32c_of_4096_bytes_and_of_what_is_left() {
    // The check value of CRC-32C, and that of 4,096 zeros computed bit by bit.
    let mut crc = !0_u32;
    for _ in 0..4096 * 8 {
        crc = if crc & 1 == 1 {
            crc >> 1 ^ 0x82F6_3B78
        } else {
            crc >> 1
        };
    }
    let mut summer = Checksummer::new();
    summer.update(&[0; 4096]);
    summer.update(b"123456789");
    assert_eq!(summer.finish(), [!crc, 0xE306_9283]);
    assert_eq!(Checksummer::new().finish(), [0; 0]);
    assert_eq!(
        encode_checksums(&[0xE306_9283], &[1]),
        [0x83, 0x92, 0x06, 0xE3, 1, 0, 0, 0]
    );
}

#[test]
fn checksums_decode_to_those_of_each_file_and_must_be_as_many_as_the_pieces() {
    let bytes = encode_checksums(&[1, 2], &[3]);
    let (index, rows) = decode_checksums(&bytes, 4097, 4096).unwrap();
    assert_eq!((&*index, &*rows), (&[1, 2][..], &[3][..]));
    assert!(decode_checksums(&bytes, 8193, 4096).is_err());
    assert!(decode_checksums(&bytes, 4096, 4096).is_err());
    assert!(decode_checksums(&bytes[..11], 4097, 4096).is_err());
    assert!(decode_checksums(&bytes, u64::MAX, u64::MAX).is_err());
}

#[test]
fn every_flipped_bit_is_found_where_its_chunk_begins_and_other_chunks_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(4096 + 300);
    let (path, _) = file(&folder, &bytes, &bytes);
    let writer = File::options().write(true).open(&path).unwrap();
    let checked = CheckedFile::open(&path, bytes.len() as u64, sums(&bytes)).unwrap();
    let mut into = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        writer
            .write_all_at(&[byte ^ 1 << (at % 8)], at as u64)
            .unwrap();
        let (bad, good) = if at < 4096 { (0, 4096) } else { (4096, 0) };
        assert_eq!(damage(checked.read(at as u64, 1, &mut into)), bad);
        assert_eq!(damage(checked.read(0, bytes.len(), &mut into)), bad);
        checked.read(good, 300, &mut into).unwrap();
        assert_eq!(into, bytes[good as usize..][..300]);
        assert_eq!(checked.verify(&mut |_| true).unwrap(), [bad]);
        writer.write_all_at(&[*byte], at as u64).unwrap();
    }
    assert!(checked.verify(&mut |_| true).unwrap().is_empty());
}

#[test]
fn a_file_cut_short_is_damaged_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(10_000);
    for cut in [0, 1, 4095, 4096, 4097, 8192, 9999] {
        let (_, checked) = file(&folder, &bytes[..cut], &bytes);
        let mut into = Vec::new();
        assert_eq!(damage(checked.read(0, 10_000, &mut into)), cut as u64);
        assert_eq!(damage(checked.read(9_990, 10, &mut into)), cut as u64);
        let bad: Vec<u64> = [0, 4096, 8192]
            .into_iter()
            .filter(|start| start + 4096 > cut as u64)
            .collect();
        assert_eq!(checked.verify(&mut |_| true).unwrap(), bad, "cut at {cut}");
    }
}

#[test]
fn a_whole_file_is_verified_across_pieces_and_ends_early_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(2 * VERIFY_BYTES + 5000);
    let mut there = bytes.clone();
    for at in [5, VERIFY_BYTES - 1, VERIFY_BYTES, 2 * VERIFY_BYTES + 4999] {
        there[at] ^= 0x80;
    }
    let (_, checked) = file(&folder, &there, &bytes);
    let piece = VERIFY_BYTES as u64;
    let mut seen = Vec::new();
    let bad = checked.verify(&mut |done| {
        seen.push(done);
        true
    });
    assert_eq!(bad.unwrap(), [0, piece - 4096, piece, 2 * piece + 4096]);
    assert_eq!(seen, [piece, 2 * piece, 2 * piece + 5000]);
    assert_eq!(checked.verify(&mut |_| false).unwrap(), [0, piece - 4096]);
}

#[test]
fn a_read_past_the_end_is_malformed_and_not_damage() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(5000);
    // More is in the file than has checksums.
    let (path, checked) = file(&folder, &noise(6000), &bytes);
    let mut into = Vec::new();
    checked.read(4990, 10, &mut into).unwrap();
    checked.read(5000, 0, &mut into).unwrap();
    assert!(into.is_empty());
    let section = Section::new(Arc::new(checked), 4000, 900).unwrap();
    section.read(0, 900, &mut into).unwrap();
    assert_eq!(into, bytes[4000..4900]);
    for (offset, length) in [(0, 901), (900, 1), (u64::MAX, 1), (0, usize::MAX), (1, 900)] {
        let answer = section.read(offset, length, &mut into);
        assert!(matches!(answer, Err(SegmentError::Malformed { .. })));
        let answer = section.file.read(offset.max(5000), length, &mut into);
        assert!(matches!(answer, Err(SegmentError::Malformed { .. })));
    }
    assert!(Section::new(section.file.clone(), 4000, 1001).is_err());
    assert!(Section::new(section.file.clone(), u64::MAX, 2).is_err());
    assert_eq!(Section::whole(section.file.clone()).length(), 5000);
    assert!(CheckedFile::open(&path, 4096, sums(&bytes)).is_err());
    assert!(CheckedFile::open(&path, u64::MAX, sums(&bytes)).is_err());
}

proptest! {
    #[test]
    fn a_stream_in_any_pieces_has_the_same_checksums(lengths in prop::collection::vec(0_usize..9000, 0..8)) {
        let bytes = noise(lengths.iter().sum());
        let mut summer = Checksummer::new();
        let mut rest = &bytes[..];
        for length in lengths {
            let (piece, behind) = rest.split_at(length);
            summer.update(piece);
            rest = behind;
        }
        prop_assert_eq!(&*summer.finish(), &*sums(&bytes));
    }

    #[test]
    fn what_is_read_is_what_was_written(
        length in 0_usize..20_000,
        reads in prop::collection::vec((0_usize..20_000, 0_usize..20_000), 1..20),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let bytes = noise(length);
        let (_, checked) = file(&folder, &bytes, &bytes);
        let mut into = Vec::new();
        for (offset, length) in reads {
            let answer = checked.read(offset as u64, length, &mut into);
            match bytes.get(offset..offset + length) {
                Some(expected) => {
                    answer.unwrap();
                    prop_assert_eq!(&into, expected);
                }
                None => assert!(matches!(answer, Err(SegmentError::Malformed { .. }))),
            }
        }
    }
}
