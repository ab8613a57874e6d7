//! Rows are read as they were written, also by stock tools.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

fn write(rows: &[Vec<u8>]) -> (Vec<u8>, Vec<FrameEntry>) {
    let mut writer = RowsWriter::new(1).unwrap();
    let mut out = Vec::new();
    for row in rows {
        writer.push(row, &mut out).unwrap();
    }
    let entries = writer.finish(&mut out).unwrap();
    (out, entries)
}

fn open(file: &[u8], entries: &[FrameEntry], rows: u32) -> Result<Rows<Vec<u8>>, SegmentError> {
    Rows::open(file.to_vec(), &encode_frames(entries), rows)
}

/// All rows, each found by its place.
fn read_all(rows: &Rows<Vec<u8>>) -> Result<Vec<Vec<u8>>, SegmentError> {
    (0..rows.row_count())
        .map(|place| {
            let frame = rows.frame(rows.frame_of(place))?;
            Ok(frame.row(place).expect("the frame has the row").to_vec())
        })
        .collect()
}

fn noise(length: usize, seed: u64) -> Vec<u8> {
    (1..=length as u64)
        .map(|i| ((i * 31 + seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .map(|byte| if byte == b'\n' { 0 } else { byte })
        .collect()
}

fn stock_zstd(file: &[u8], arguments: &[&str]) -> Vec<u8> {
    let mut child = Command::new("zstd")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the `zstd` command is needed for this test: install it (`apt-get install zstd`)");
    let mut input = child.stdin.take().unwrap();
    let file = file.to_vec();
    let feeder = std::thread::spawn(move || input.write_all(&file));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn stock_zstd_gives_the_rows_as_lines() {
    let rows: Vec<Vec<u8>> = (0..4000)
        .map(|i| format!("{{\"row\":{i},\"text\":\"{i:>60}\"}}").into_bytes())
        .collect();
    let (file, entries) = write(&rows);
    assert!(entries.len() > 3);
    let mut lines = rows.join(&b"\n"[..]);
    lines.push(b'\n');
    assert_eq!(stock_zstd(&file, &["-d", "-c"]), lines);
}

#[test]
fn a_frame_holds_as_many_rows_as_end_within_65_536_bytes_but_at_least_one() {
    let lengths = [
        32_767,
        32_767,
        32_767,
        32_768,
        1,
        65_535,
        65_536,
        MAX_ROW_BYTES,
        5,
    ];
    let rows: Vec<Vec<u8>> = lengths.iter().map(|length| noise(*length, 1)).collect();
    let (file, entries) = write(&rows);
    let firsts: Vec<(u32, u32)> = entries
        .iter()
        .map(|entry| (entry.first_place, entry.decompressed))
        .collect();
    assert_eq!(
        firsts,
        [
            (0, 65_536),
            (2, 32_768),
            (3, 32_771),
            (5, 65_536),
            (6, 65_537),
            (7, 1_048_577),
            (8, 6)
        ]
    );
    let read = open(&file, &entries, 9).unwrap();
    assert_eq!(read_all(&read).unwrap(), rows);
    let frames: Vec<u32> = (0..10).map(|place| read.frame_of(place)).collect();
    assert_eq!(frames, [0, 0, 1, 2, 2, 3, 4, 5, 6, 6]);
    assert!(read.frame(7).is_err());
}

#[test]
fn the_seek_table_and_the_entries_are_as_the_format_says() {
    let rows = [noise(40_000, 1), noise(40_000, 2), b"{}".to_vec()];
    let (file, entries) = write(&rows);
    let [first, second] = &entries[..] else {
        panic!("two frames")
    };
    let start = u32::try_from(second.offset).unwrap();
    let end = file.len() - (8 + 2 * 8 + 9);
    let mut table = vec![0x5E, 0x2A, 0x4D, 0x18, 25, 0, 0, 0];
    table.extend(start.to_le_bytes());
    table.extend([0x41, 0x9C, 0, 0]); // 40,001
    table.extend((u32::try_from(end).unwrap() - start).to_le_bytes());
    table.extend([0x44, 0x9C, 0, 0]); // 40,004
    table.extend([2, 0, 0, 0, 0, 0xB1, 0xEA, 0x92, 0x8F]);
    assert_eq!(file[end..], table);
    for frame in [&file[..start as usize], &file[start as usize..end]] {
        // The magic number; then a descriptor that says single segment or not, content size and checksum.
        assert_eq!(frame[..4], [0x28, 0xB5, 0x2F, 0xFD]);
        assert_eq!(frame[4] & 4, 4, "a frame has a content checksum");
        assert!(
            frame[4] >> 6 != 0 || frame[4] & 0x20 != 0,
            "a frame has its content size"
        );
    }
    let mut expected = vec![0; 12];
    expected.extend([0x41, 0x9C, 0, 0]);
    expected.extend(u64::from(start).to_le_bytes());
    expected.extend([1, 0, 0, 0, 0x44, 0x9C, 0, 0]);
    assert_eq!(encode_frames(&[*first, *second]), expected);
}

#[test]
fn rows_that_a_reader_would_refuse_are_not_written() {
    let mut writer = RowsWriter::new(1).unwrap();
    let mut out = Vec::new();
    assert!(writer.push(b"", &mut out).is_err());
    assert!(writer.push(b"{\n}", &mut out).is_err());
    assert!(
        writer
            .push(&vec![b' '; MAX_ROW_BYTES + 1], &mut out)
            .is_err()
    );
    writer.push(b"{}", &mut out).unwrap();
    assert_eq!(writer.finish(&mut out).unwrap().len(), 1);
    assert_eq!(stock_zstd(&out, &["-d", "-c"]), b"{}\n");
}

#[test]
fn a_file_of_no_rows_opens() {
    let (file, entries) = write(&[]);
    assert_eq!(file.len(), 17);
    let rows = open(&file, &entries, 0).unwrap();
    assert_eq!(
        (rows.row_count(), rows.frame_count(), rows.frame_of(0)),
        (0, 0, 0)
    );
    assert!(rows.frame(0).is_err() && rows.compressed(0).is_err());
    assert!(open(&file, &entries, 1).is_err());
    assert_eq!(rebuild_frames(&file).unwrap(), (vec![], 0));
}

#[test]
fn copied_frames_stand_between_pushed_rows_byte_for_byte() {
    let source: Vec<Vec<u8>> = (0..9).map(|i| noise(9_000, i)).collect();
    let (source_file, source_entries) = write(&source);
    let from = open(&source_file, &source_entries, 9).unwrap();
    let mut writer = RowsWriter::new(1).unwrap();
    let mut out = Vec::new();
    let mut compressed = Vec::new();
    writer.push(b"first", &mut out).unwrap();
    for number in 0..from.frame_count() {
        let (decompressed, rows) = from.read_compressed(number, &mut compressed).unwrap();
        let (offset, length) = from.compressed(number).unwrap();
        assert_eq!(
            compressed,
            source_file[offset as usize..][..length as usize]
        );
        writer
            .copy_frame(&compressed, decompressed, rows, &mut out)
            .unwrap();
    }
    writer.push(b"last", &mut out).unwrap();
    let entries = writer.finish(&mut out).unwrap();
    let rows = open(&out, &entries, 11).unwrap();
    let expected = [&[b"first".to_vec()], &source[..], &[b"last".to_vec()]].concat();
    assert_eq!(read_all(&rows).unwrap(), expected);
    assert_eq!(rebuild_frames(&out).unwrap(), (entries, 11));
}

#[test]
fn a_frame_that_is_not_what_its_entry_says_is_not_copied() {
    let (file, entries) = write(&[b"{}".to_vec(), b"[]".to_vec()]);
    let rows = open(&file, &entries, 2).unwrap();
    let mut frame = Vec::new();
    assert_eq!(rows.read_compressed(0, &mut frame).unwrap(), (6, 2));
    let mut writer = RowsWriter::new(1).unwrap();
    let mut out = Vec::new();
    let longer = [&frame[..], &frame[..]].concat();
    for (bytes, decompressed, rows) in [
        (&frame[..], 5, 2),
        (&frame[..], 6, 0),
        (&frame[..], 6, 7),
        (&frame[..frame.len() - 1], 6, 2),
        (&longer[..], 6, 2),
        (&[][..], 6, 2),
    ] {
        assert!(
            writer
                .copy_frame(bytes, decompressed, rows, &mut out)
                .is_err()
        );
    }
    assert!(out.is_empty());
    writer.copy_frame(&frame, 6, 2, &mut out).unwrap();
}

#[test]
fn entries_that_do_not_hold_do_not_open_or_give_an_error() {
    let rows: Vec<Vec<u8>> = (0..6).map(|i| noise(40_000, i)).collect();
    let (file, entries) = write(&rows);
    assert_eq!(entries.len(), 6);
    type Change = fn(&mut Vec<FrameEntry>);
    let at_opening: [Change; 9] = [
        |entries| entries[0].offset = 1,
        |entries| entries[0].first_place = 1,
        |entries| entries[2].first_place = 1,
        |entries| entries[2].offset = entries[1].offset,
        |entries| entries[5].offset = u64::MAX,
        |entries| entries[5].first_place = 6,
        |entries| entries[3].decompressed = MAX_FRAME_BYTES + 1,
        |entries| entries[3].decompressed = 0,
        |entries| entries.truncate(5),
    ];
    for (number, change) in at_opening.iter().enumerate() {
        let mut changed = entries.clone();
        change(&mut changed);
        let opened = open(&file, &changed, 6);
        // Without its last frame, the file is longer than the entries say, and so is the frame.
        let failed = opened.and_then(|rows| read_all(&rows)).is_err();
        assert!(failed, "change {number}");
    }
    for (place, change) in [(3, 1_i64), (3, -1)] {
        let mut changed = entries.clone();
        changed[place].decompressed = changed[place]
            .decompressed
            .checked_add_signed(change as i32)
            .unwrap();
        let rows = open(&file, &changed, 6).unwrap();
        assert!(rows.frame(3).is_err());
        assert!(rows.frame(2).is_ok());
    }
    assert!(open(&file, &entries, 5).is_err());
    // Seven rows can be in six frames, but they are not.
    assert!(open(&file, &entries, 7).unwrap().frame(5).is_err());
    assert!(Rows::open(file.clone(), &vec![0; 17], 6).is_err());
    assert!(Rows::open(file, &vec![0; 16 << 20], 6).is_err());
}

#[test]
fn every_changed_byte_of_rows_or_frames_is_an_error_or_the_same_answer() {
    let rows: Vec<Vec<u8>> = (0..80)
        .map(|i| format!("{{\"n\":{i},\"m\":\"{}\"}}", "x".repeat(1700)).into_bytes())
        .collect();
    let (file, entries) = write(&rows);
    assert!(entries.len() > 2);
    let frames = encode_frames(&entries);
    for change in [1, 0x40, 0xFF] {
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= change;
            let table = changed.len() - seek_table_bytes(entries.len() as u64) as usize;
            let answer = Rows::open(changed.clone(), &frames, 40).and_then(|rows| read_all(&rows));
            assert!(answer.is_err() || answer.unwrap() == rows);
            let rebuilt = rebuild_frames(&changed);
            assert!(rebuilt.is_err() || at < table && rebuilt.unwrap().0 == entries);
        }
        for at in 0..frames.len() {
            let mut changed = frames.clone();
            changed[at] ^= change;
            let answer = Rows::open(file.clone(), &changed, 40).and_then(|rows| read_all(&rows));
            assert!(answer.is_err(), "byte {at} of `frames`");
        }
    }
    for cut in 0..file.len() {
        assert!(read_seek_table(&file[..cut].to_vec()).is_err());
        let answer = Rows::open(file[..cut].to_vec(), &frames, 40).and_then(|rows| read_all(&rows));
        assert!(answer.is_err());
    }
}

#[test]
fn a_seek_table_that_claims_more_than_the_file_has_is_malformed() {
    let mut file = vec![0; 100];
    file.extend(u32::MAX.to_le_bytes());
    file.extend([0, 0xB1, 0xEA, 0x92, 0x8F]);
    assert!(read_seek_table(&file).is_err());
}

#[test]
fn a_thread_that_met_a_bad_frame_reads_good_ones_after_it() {
    let rows = [noise(40_000, 1), noise(40_000, 2)];
    let (mut file, entries) = write(&rows);
    let last = entries[1].offset as usize - 1;
    file[last] ^= 1; // of the content checksum
    let read = open(&file, &entries, 2).unwrap();
    assert!(read.frame(0).is_err());
    assert_eq!(read.frame(1).unwrap().row(1), Some(&rows[1][..]));
    assert!(read.frame(0).is_err());
}

#[test]
fn a_frame_gives_its_rows_by_place_in_order_and_shared() {
    let rows = [b"a".to_vec(), b"bcd".to_vec(), b"ef".to_vec()];
    let mut writer = RowsWriter::with_frame_bytes(1, 6).unwrap();
    let mut out = Vec::new();
    rows.iter()
        .for_each(|row| writer.push(row, &mut out).unwrap());
    let entries = writer.finish(&mut out).unwrap();
    let read = open(&out, &entries, 3).unwrap();
    let frame = read.frame(0).unwrap();
    assert_eq!(
        (frame.first_place(), frame.row_count(), &frame.bytes()[..]),
        (0, 2, &b"a\nbcd\n"[..])
    );
    assert_eq!(frame.rows().collect::<Vec<_>>(), [&b"a"[..], b"bcd"]);
    assert_eq!(frame.row(2), None);
    let frame = read.frame(1).unwrap();
    assert_eq!(
        (frame.row(1), frame.row(2), frame.row(3)),
        (None, Some(&b"ef"[..]), None)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_rows_read_are_the_rows_written_however_the_output_is_taken(
        sizes in prop::collection::vec(prop_oneof![8 => 1_usize..2000, 1 => 1_usize..50_000], 0..120),
        level in 1..4_i32,
    ) {
        let rows: Vec<Vec<u8>> = sizes.iter().enumerate().map(|(i, size)| noise(*size, i as u64)).collect();
        let mut writer = RowsWriter::new(level).unwrap();
        let (mut file, mut piece) = (Vec::new(), Vec::new());
        for row in &rows {
            writer.push(row, &mut piece).unwrap();
            file.append(&mut piece);
        }
        let entries = writer.finish(&mut piece).unwrap();
        file.append(&mut piece);
        let read = open(&file, &entries, rows.len() as u32).unwrap();
        prop_assert_eq!(read_all(&read).unwrap(), rows);
        let lengths: Vec<(u32, u32)> = (0..read.frame_count())
            .map(|number| (read.compressed(number).unwrap().1 as u32, entries[number as usize].decompressed))
            .collect();
        prop_assert_eq!(read_seek_table(&file).unwrap(), lengths);
        prop_assert_eq!(rebuild_frames(&file).unwrap(), (entries, sizes.len() as u32));
    }

    #[test]
    fn bytes_of_any_kind_are_an_error_and_never_a_panic(
        file in prop::collection::vec(any::<u8>(), 0..200),
        frames in prop::collection::vec(any::<u8>(), 0..64),
        rows in 0_u32..9,
    ) {
        let _ = rebuild_frames(&file);
        if let Ok(rows) = Rows::open(file, &frames, rows) {
            let _ = read_all(&rows);
        }
    }
}
