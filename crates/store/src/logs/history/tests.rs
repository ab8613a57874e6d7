//! Records that say whether they are whole, and finding one among many.

use evident_ledger::hash::EMPTY_ROOT;
use evident_ledger::note::SigningKey;

use super::*;

const ORIGIN: &str = "evident.test/org_test";

fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, [7; 32]).unwrap()
}

fn record(size: u64, signed_at_micros: i64) -> Record {
    let root = match size {
        0 => EMPTY_ROOT,
        size => Hash([size as u8; 32]),
    };
    let checkpoint = Checkpoint::new(ORIGIN, size, root);
    let note = checkpoint.sign(&key()).unwrap();
    Record::of(&checkpoint, &note, key().verifier(), signed_at_micros).unwrap()
}

#[test]
fn a_record_gives_back_the_signed_note_byte_for_byte() {
    for size in [1, 255, 65_536, u64::MAX] {
        let checkpoint = Checkpoint::new(ORIGIN, size, Hash([size as u8; 32]));
        let note = checkpoint.sign(&key()).unwrap();
        for signed_at in [0, -1, i64::MIN, i64::MAX, 1_790_000_000_000_000] {
            let record = Record::of(&checkpoint, &note, key().verifier(), signed_at).unwrap();
            let read = Record::from_bytes(&record.to_bytes()).unwrap();
            assert_eq!(read, record);
            assert_eq!(read.note(key().verifier()), note);
            assert_eq!(read.checkpoint(ORIGIN), checkpoint);
            assert_eq!(read.signed_at_micros, signed_at);
        }
    }
    let other = SigningKey::from_seed(ORIGIN, [8; 32]).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, 1, Hash([1; 32]));
    let note = checkpoint.sign(&key()).unwrap();
    assert_eq!(Record::of(&checkpoint, &note, other.verifier(), 0), None);
}

#[test]
fn a_record_has_the_bytes_of_the_format() {
    let record = record(0x0102_0304, 0x0a0b_0c0d);
    let bytes = record.to_bytes();
    assert_eq!(bytes[..8], [4, 3, 2, 1, 0, 0, 0, 0]);
    assert_eq!(bytes[8..40], record.root.0);
    assert_eq!(bytes[40..48], [0x0d, 0x0c, 0x0b, 0x0a, 0, 0, 0, 0]);
    assert_eq!(bytes[48..112], record.signature);
    assert_eq!(bytes[112..124], [0; 12]);
    assert_eq!(bytes[124..], crc32c::crc32c(&bytes[..124]).to_le_bytes());
}

#[test]
fn a_record_with_any_bit_changed_is_not_whole() {
    let bytes = record(5, 6).to_bytes();
    for bit in 0..8 * RECORD_BYTES {
        let mut flipped = bytes;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Record::from_bytes(&flipped), None, "bit {bit}");
    }
    assert_eq!(Record::from_bytes(&[0; RECORD_BYTES]), None);
    // Nor is one whose unused bytes say something, with a checksum that agrees.
    for at in ZEROS_AT..CHECKSUM_AT {
        let mut used = bytes;
        used[at] = 1;
        let checksum = crc32c::crc32c(&used[..CHECKSUM_AT]);
        used[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(Record::from_bytes(&used), None, "byte {at}");
    }
}

#[test]
fn a_record_is_found_by_its_size_whatever_the_clock_said() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("checkpoints");
    let none = History::open(&path).unwrap();
    assert_eq!((none.length().unwrap(), none.read(0).unwrap()), (0, None));
    let sizes = [0, 1, 2, 5, 8, 9, 100, u64::MAX];
    // The clock went backwards with each of them.
    let records: Vec<Record> = (0..)
        .zip(sizes)
        .map(|(n, size)| record(size, -1_000 * n))
        .collect();
    let bytes: Vec<u8> = records.iter().flat_map(Record::to_bytes).collect();
    std::fs::write(&path, &bytes).unwrap();
    let history = History::open(&path).unwrap();
    assert_eq!(history.length().unwrap(), 8);
    for count in 0..=8 {
        let known = &records[..count as usize];
        let asked = sizes
            .into_iter()
            .chain(sizes.map(|size| size.saturating_add(1)));
        for size in asked.chain([3, 99]) {
            let below = known.iter().filter(|record| record.size < size).count();
            assert_eq!(history.count_below(size, count).unwrap(), below as u64);
            let wanted = known.iter().find(|record| record.size == size);
            assert_eq!(history.find(size, count).unwrap().as_ref(), wanted);
        }
    }
    for cut in 1..RECORD_BYTES {
        std::fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
        let history = History::open(&path).unwrap();
        assert_eq!(history.length().unwrap(), 8, "one of them is not whole");
        assert_eq!(history.read(7).unwrap(), None);
        assert_eq!(history.read(6).unwrap().as_ref(), records.get(6));
        let refused = history.read_whole(7).unwrap_err().to_string();
        assert!(refused.contains("record 7 of"), "{refused}");
    }
}
