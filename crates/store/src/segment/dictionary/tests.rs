//! Terms are found as they were written, and hostile bytes do no harm.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const ROWS: u32 = 100_000;

type Terms = BTreeMap<Vec<u8>, Vec<u32>>;

fn write(terms: &Terms) -> Sections {
    let mut writer = DictionaryWriter::new().unwrap();
    for (key, rows) in terms {
        writer.push(key, rows).unwrap();
    }
    writer.finish().unwrap()
}

fn open(sections: Sections) -> Result<Dictionary<Vec<u8>>, SegmentError> {
    Dictionary::open(
        sections.terms,
        &sections.term_blocks,
        sections.postings,
        ROWS,
    )
}

fn rows_of(dictionary: &Dictionary<Vec<u8>>, found: &Found) -> Result<Vec<u32>, SegmentError> {
    let posting = dictionary.posting(found)?;
    let mut rows = Vec::new();
    posting.each(&mut |row| rows.push(row))?;
    assert_eq!(rows.len(), found.cardinality as usize);
    Ok(rows)
}

fn scan(
    dictionary: &Dictionary<Vec<u8>>,
    from: &[u8],
) -> Result<Vec<(Vec<u8>, Found)>, SegmentError> {
    let mut all = Vec::new();
    let mut cursor = dictionary.scan(from)?;
    while let Some((key, found)) = cursor.next()? {
        all.push((key.to_vec(), found));
    }
    assert!(cursor.next()?.is_none(), "the end stays the end");
    Ok(all)
}

/// Terms of all kinds, in several blocks.
fn some_terms() -> Terms {
    let mut terms = Terms::new();
    for i in 0..1_500u32 {
        let key = format!(
            "actor.id\0user-{:05}-{:x}",
            i,
            i.wrapping_mul(2_654_435_761)
        );
        let rows = match i % 50 {
            0 => (i..i + 3_000).collect(),
            1 => (0..40).map(|k| k * 700 + i).collect(),
            2 => (0..30).map(|k| k * 900).collect(),
            _ => vec![i, i + 1 + i % 300],
        };
        terms.insert(key.into_bytes(), rows);
    }
    terms.insert(b"long\0".repeat(270), vec![9]);
    terms
}

fn block(entries: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(entries, 1).unwrap()
}

/// Opens one block of entries, however wrong, whose first key is `a`.
fn of_entries(entries: &[u8]) -> Dictionary<Vec<u8>> {
    of_frame(block(entries)).unwrap()
}

fn of_frame(terms: Vec<u8>) -> Result<Dictionary<Vec<u8>>, SegmentError> {
    let mut term_blocks = vec![1, 0, 0, 0, 0, 0, 0, 0];
    term_blocks.extend((terms.len() as u32).to_le_bytes());
    term_blocks.extend([1, 0, 0, 0, b'a']);
    Dictionary::open(terms, &term_blocks, vec![0; 100], ROWS)
}

#[test]
fn the_bytes_are_those_of_the_format() {
    let scattered: Vec<u32> = (0..9).map(|i| i * 300).collect();
    let run: Vec<u32> = (0..100).collect();
    let terms = Terms::from([
        (b"ab".to_vec(), vec![5, 305]),
        (b"abc".to_vec(), scattered.clone()),
        (b"ad".to_vec(), run),
        (b"b".to_vec(), scattered),
    ]);
    let sections = write(&terms);
    let mut entries = vec![0, 2, b'a', b'b', 2 * 4, 5, 0xac, 2];
    entries.extend([2, 1, b'c', 9 * 4 + 1, 0, 17]);
    entries.extend([1, 1, b'd', 0x92, 3, 17, 15]);
    entries.extend([0, 1, b'b', 9 * 4 + 1, 0, 17]);
    assert_eq!(
        zstd::bulk::decompress(&sections.terms, 1_000).unwrap(),
        entries
    );
    let mut postings = vec![0];
    postings.extend([0xac, 2].repeat(8));
    postings.extend([0x3b, 0x30, 0, 0, 1, 0, 0, 99, 0, 1, 0, 0, 0, 99, 0]);
    assert_eq!(sections.postings, postings);
    let mut term_blocks = vec![1, 0, 0, 0, 0, 0, 0, 0];
    term_blocks.extend((sections.terms.len() as u32).to_le_bytes());
    term_blocks.extend([2, 0, 0, 0, b'a', b'b']);
    assert_eq!(sections.term_blocks, term_blocks);
}

#[test]
fn a_dictionary_without_terms_finds_none() {
    let sections = DictionaryWriter::new().unwrap().finish().unwrap();
    assert_eq!(sections.term_blocks, [0; 4]);
    let dictionary = open(sections).unwrap();
    assert_eq!(dictionary.find(b"").unwrap(), None);
    assert_eq!(scan(&dictionary, b"").unwrap(), []);
}

#[test]
fn all_terms_are_found_with_their_rows_and_no_others() {
    let terms = some_terms();
    let sections = write(&terms);
    assert!(sections.term_blocks[0] > 3, "there are several blocks");
    let dictionary = open(sections).unwrap();
    for (key, rows) in &terms {
        let found = dictionary.find(key).unwrap().unwrap();
        assert_eq!(&rows_of(&dictionary, &found).unwrap(), rows);
        let mut other = key.clone();
        other.push(0);
        assert_eq!(dictionary.find(&other).unwrap(), None);
        assert_eq!(dictionary.find(&key[..key.len() - 1]).unwrap(), None);
    }
    assert_eq!(dictionary.find(b"").unwrap(), None);
    assert_eq!(dictionary.find(b"z").unwrap(), None);
}

#[test]
fn a_scan_begins_at_the_first_key_that_is_not_before() {
    let terms = some_terms();
    let dictionary = open(write(&terms)).unwrap();
    for key in terms
        .keys()
        .step_by(7)
        .chain([&b"".to_vec(), &b"b".to_vec(), &b"zz".to_vec()])
    {
        for suffix in [&b""[..], b"\0"] {
            let from = [key, suffix].concat();
            let scanned: Vec<_> = scan(&dictionary, &from)
                .unwrap()
                .into_iter()
                .map(|t| t.0)
                .collect();
            let expected: Vec<_> = terms.range(from..).map(|t| t.0.clone()).collect();
            assert!(scanned == expected);
        }
    }
    for (key, found) in scan(&dictionary, b"").unwrap() {
        assert_eq!(dictionary.find(&key).unwrap(), Some(found));
    }
}

#[test]
fn cursors_that_are_open_at_once_do_not_disturb_each_other() {
    let terms = some_terms();
    let dictionary = open(write(&terms)).unwrap();
    let mut a = dictionary.scan(b"").unwrap();
    let mut b = dictionary.scan(b"actor.id\0user-01").unwrap();
    for (in_a, in_b) in terms
        .keys()
        .zip(terms.range(b"actor.id\0user-01".to_vec()..))
    {
        assert_eq!(a.next().unwrap().unwrap().0, in_a);
        assert_eq!(b.next().unwrap().unwrap().0, in_b.0);
    }
}

#[test]
fn equal_sets_are_stored_once() {
    let rows: Vec<u32> = (0..3_000).step_by(30).collect();
    let once = write(&Terms::from([(b"a".to_vec(), rows.clone())])).postings;
    let both = Terms::from([(b"a".to_vec(), rows.clone()), (b"b".to_vec(), rows)]);
    assert_eq!(write(&both).postings, once);
}

#[test]
#[should_panic(expected = "ascending")]
fn the_same_key_is_not_written_twice() {
    let mut writer = DictionaryWriter::new().unwrap();
    writer.push(b"a", &[1]).unwrap();
    writer.push(b"a", &[1]).unwrap();
}

#[test]
#[should_panic(expected = "ascending")]
fn a_key_is_not_written_behind_a_longer_one() {
    let mut writer = DictionaryWriter::new().unwrap();
    writer.push(b"key-key-key-key", &[1]).unwrap();
    writer.push(b"key-key-key-ke", &[1]).unwrap();
}

#[test]
#[should_panic(expected = "has rows")]
fn a_term_without_rows_is_not_written() {
    DictionaryWriter::new().unwrap().push(b"a", &[]).unwrap();
}

#[test]
fn wrong_entries_are_an_error() {
    let good = [0, 1, b'a', 4, 7];
    assert_eq!(scan(&of_entries(&good), b"").unwrap().len(), 1);
    let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    let wrong: Vec<Vec<u8>> = vec![
        vec![0, 1, b'a'],
        vec![0, 1, b'a', 4],
        vec![0, 9, b'a', 4, 7],
        vec![1, 1, b'a', 4, 7],
        vec![0, 1, b'b', 4, 7],
        vec![0, 1, b'a', 0],
        vec![0, 1, b'a', 4 + 3, 0, 1],
        vec![0, 1, b'a', 4 + 1, 0, 6],
        vec![0, 1, b'a', 40 + 1, 99, 2],
        [&[0, 1, b'a', 4 + 1][..], &huge, &[1]].concat(),
        [&[0, 1, b'a', 4 + 1, 0][..], &huge].concat(),
        [&[0, 1, b'a'][..], &huge].concat(),
        [&[0][..], &huge, b"a"].concat(),
        [&[0, 1, b'a', 17 * 4][..], &[1; 17]].concat(),
        [&[0, 1, b'a', 4][..], &[0x80; 16], &[1]].concat(),
        [&good[..], &[1, 0, 4, 7]].concat(),
        [&good[..], &[0, 1, b'a', 4, 7]].concat(),
        [&good[..], &[2, 1, b'a', 4, 7]].concat(),
        [&good[..], &huge, b"a"].concat(),
    ];
    for entries in wrong {
        let dictionary = of_entries(&entries);
        assert!(scan(&dictionary, b"").is_err(), "{entries:?}");
        assert!(dictionary.find(b"c").is_err(), "{entries:?}");
    }
}

#[test]
fn after_an_error_a_cursor_is_at_its_end() {
    let dictionary = of_entries(&[0, 1, b'a', 4, 7, 9]);
    let mut cursor = dictionary.scan(b"").unwrap();
    assert!(cursor.next().unwrap().is_some());
    assert!(cursor.next().is_err());
    assert!(cursor.next().unwrap().is_none());
}

#[test]
fn wrong_frames_are_an_error() {
    let entry = [0, 1, b'a', 4, 7];
    let opens = |frame: Vec<u8>| of_frame(frame).unwrap().find(b"a").is_ok();
    assert!(opens(block(&entry)));
    assert!(!opens([block(&entry), block(&entry)].concat()));
    assert!(!opens(vec![0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9]));
    assert!(!opens(block(&[])));
    assert!(!opens(block(&vec![0; MAX_BLOCK_BYTES + 1])));
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    std::io::Write::write_all(&mut encoder, &entry).unwrap();
    assert!(!opens(encoder.finish().unwrap()), "its length is not known");
    assert!(!opens(Vec::new()));
}

#[test]
fn keys_that_do_not_ascend_from_block_to_block_are_an_error() {
    let terms = [
        block(&[0, 1, b'a', 4, 7, 0, 1, b'd', 4, 7]),
        block(&[0, 1, b'c', 4, 7]),
    ];
    let list = |keys: [u8; 2]| {
        let mut list = vec![2, 0, 0, 0];
        let mut offset = 0u32;
        for (frame, key) in terms.iter().zip(keys) {
            list.extend(offset.to_le_bytes());
            list.extend((frame.len() as u32).to_le_bytes());
            list.extend([1, 0, 0, 0, key]);
            offset += frame.len() as u32;
        }
        list
    };
    let open = |keys| Dictionary::open(terms.concat(), &list(keys), Vec::new(), ROWS);
    assert!(open([b'c', b'a']).is_err());
    assert!(open([b'a', b'a']).is_err());
    assert!(scan(&open([b'a', b'c']).unwrap(), b"").is_err());
}

#[test]
fn whatever_a_byte_is_changed_to_nothing_breaks() {
    let terms: Terms = some_terms().into_iter().step_by(4).collect();
    let Sections {
        postings,
        terms: blocks,
        term_blocks,
    } = write(&terms);
    let use_all = |blocks: &Vec<u8>, term_blocks: &Vec<u8>| {
        let Ok(dictionary) = Dictionary::open(blocks.clone(), term_blocks, postings.clone(), ROWS)
        else {
            return;
        };
        let _ = scan(&dictionary, b"");
        for key in terms.keys().step_by(90) {
            if let Ok(Some(found)) = dictionary.find(key) {
                let _ = rows_of(&dictionary, &found);
            }
        }
    };
    for at in 0..term_blocks.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = term_blocks.clone();
            changed[at] ^= change;
            use_all(&blocks, &changed);
        }
        use_all(&blocks, &term_blocks[..at].to_vec());
    }
    for at in (0..blocks.len()).step_by(5).chain(0..40) {
        for change in [1, 0x80] {
            let mut changed = blocks.clone();
            changed[at] ^= change;
            use_all(&changed, &term_blocks);
        }
    }
}

#[test]
fn whatever_a_byte_of_the_entries_is_changed_to_nothing_breaks() {
    let terms: Terms = some_terms().into_iter().take(120).collect();
    let sections = write(&terms);
    let entries = zstd::bulk::decompress(&sections.terms, MAX_BLOCK_BYTES).unwrap();
    let first_key = terms.first_key_value().unwrap().0;
    for at in 0..entries.len() {
        for change in [1, 2, 0x10, 0x80] {
            let mut entries = entries.clone();
            entries[at] ^= change;
            let frame = block(&entries);
            let mut list = vec![1, 0, 0, 0, 0, 0, 0, 0];
            list.extend((frame.len() as u32).to_le_bytes());
            list.extend((first_key.len() as u32).to_le_bytes());
            list.extend(first_key);
            let dictionary =
                Dictionary::open(frame, &list, sections.postings.clone(), ROWS).unwrap();
            let Ok(mut cursor) = dictionary.scan(b"") else {
                continue;
            };
            let mut last = Vec::new();
            while let Ok(Some((key, found))) = cursor.next() {
                assert!(last.as_slice() < key);
                last = key.to_vec();
                let _ = rows_of(&dictionary, &found);
            }
        }
    }
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let key = prop_oneof![
        "[ab]{0,12}",
        "(actor|action)\\.(id|name)/[a-c]{0,20}",
        "common-prefix-common-prefix-[a-z0-9]{0,600}",
    ];
    let rows = prop::collection::btree_set(0..ROWS, 1..30);
    prop::collection::btree_map(key, rows, 0..120).prop_map(|terms| {
        terms
            .into_iter()
            .map(|(k, rows)| (k.into_bytes(), rows.into_iter().collect()))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_terms_are_read_as_they_were(terms in any_terms(), from in "[abc]{0,5}") {
        let dictionary = open(write(&terms)).unwrap();
        let mut scanned = Terms::new();
        for (key, found) in scan(&dictionary, from.as_bytes()).unwrap() {
            scanned.insert(key, rows_of(&dictionary, &found).unwrap());
        }
        let expected: Terms =
            terms.range(from.clone().into_bytes()..).map(|(k, r)| (k.clone(), r.clone())).collect();
        prop_assert_eq!(scanned, expected);
        for (key, rows) in &terms {
            let found = dictionary.find(key).unwrap().unwrap();
            prop_assert_eq!(&rows_of(&dictionary, &found).unwrap(), rows);
        }
        prop_assert_eq!(
            dictionary.find(from.as_bytes()).unwrap().is_some(),
            terms.contains_key(from.as_bytes())
        );
    }
}
