//! Hashes and rows that were changed on the disk are not shown: what is asked for is as it was, or refused.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::*;
use crate::disk::read_files;

/// What is asked of a store, and its answers.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Bytes(Option<Vec<u8>>),
    Hashes(Vec<Vec<Hash>>),
    Leaf(Hash),
    Refused,
}

fn or_refused<T>(answer: Result<T, ProofsError>, told: impl FnOnce(T) -> Answer) -> Answer {
    match answer {
        Ok(answer) => told(answer),
        Err(ProofsError::Failed(_)) => Answer::Refused,
        Err(other) => panic!("{other}"),
    }
}

/// Everything that the hash of leaf `index` has a part in, and some that it has none in.
fn ask(store: &Store, index: u64, sizes: &[u64]) -> Vec<Answer> {
    let size = *sizes.last().unwrap();
    let number = index / TILE_WIDTH;
    let there = TILE_WIDTH.min(size - number * TILE_WIDTH);
    let tiles = [
        hash_tile(0, number, there),
        hash_tile(0, number, (index % TILE_WIDTH + 1).min(there)),
        hash_tile(0, number, 1),
        hash_tile(0, 0, 256),
        hash_tile(1, 0, size / TILE_WIDTH),
        hash_tile(1, 0, 1),
        bundle(number, index % TILE_WIDTH + 1),
    ];
    let mut answers = Vec::new();
    for tile in tiles {
        let bytes = run(store.tile(ORGANIZATION, tile));
        answers.push(or_refused(bytes, |bytes| {
            Answer::Bytes(bytes.map(Vec::from))
        }));
    }
    for size in sizes.iter().copied().filter(|size| *size > index) {
        for leaf in [index, 0, size - 1] {
            let proofs = run(store.inclusion(ORGANIZATION, vec![leaf], size));
            answers.push(or_refused(proofs, Answer::Hashes));
        }
    }
    for pair in sizes.windows(2).chain([&[sizes[1], size][..]]) {
        let proof = run(store.consistency(ORGANIZATION, pair[0]..pair[1]));
        answers.push(or_refused(proof, |proof| Answer::Hashes(vec![proof])));
    }
    let opening = run(store.openings(ORGANIZATION, vec![index]));
    answers.push(or_refused(opening, |openings| {
        Answer::Leaf(openings[0].entry.leaf_hash())
    }));
    answers
}

/// Turns one bit of a file over; again, and it is as it was.
fn flip(path: &Path, at: u64) {
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1 << (at % 8)], at).unwrap();
}

/// Whether any answer was refused; none may differ otherwise.
fn assert_right_or_refused(answers: &[Answer], right: &[Answer], context: &str) -> bool {
    assert_eq!(answers.len(), right.len());
    let mut is_refused = false;
    for (number, (answer, right)) in answers.iter().zip(right).enumerate() {
        is_refused |= *answer == Answer::Refused;
        assert!(
            answer == right || *answer == Answer::Refused,
            "{context}: answer {number} is wrong"
        );
    }
    is_refused
}

#[test]
fn a_flipped_bit_in_any_hash_shows_nothing_wrong() {
    let directory = memory_directory();
    let store = open_all(directory.path(), sealing());
    let sizes = [1, 200, 256, 300, 512, 600];
    grow(&store, &sizes);
    store.settle();
    let file = |level: u8| directory.path().join(format!("log/{ORGANIZATION}/{level}"));
    for index in 0..600 {
        let right = ask(&store, index, &sizes);
        assert!(!right.contains(&Answer::Refused));
        let at = index * HASH_BYTES as u64 + index % HASH_BYTES as u64;
        flip(&file(0), at);
        let answers = ask(&store, index, &sizes);
        flip(&file(0), at);
        let is_refused = assert_right_or_refused(&answers, &right, &format!("leaf {index}"));
        assert!(is_refused, "leaf {index}");
    }
    for hash in 0..2 {
        for byte in 0..HASH_BYTES as u64 {
            let index = hash * TILE_WIDTH + byte;
            let right = ask(&store, index, &sizes);
            let at = hash * HASH_BYTES as u64 + byte;
            flip(&file(1), at);
            let answers = ask(&store, index, &sizes);
            flip(&file(1), at);
            let is_refused = assert_right_or_refused(&answers, &right, &format!("byte {at}"));
            assert!(is_refused, "byte {at}");
        }
    }
}

#[test]
fn a_flipped_bit_shows_nothing_wrong_of_a_size_that_has_no_head_of_its_own() {
    let directory = memory_directory();
    let store = open_all(directory.path(), sealing());
    grow(&store, &[300]);
    let root = |size: usize| naive_root(&leaves(&store, ORGANIZATION)[..size]);
    let (root, leaves) = (root(290), leaves(&store, ORGANIZATION));
    let file = directory.path().join(format!("log/{ORGANIZATION}/0"));
    for index in (0..290).step_by(10) {
        let at = index * HASH_BYTES as u64;
        flip(&file, at);
        for leaf in [index, 0, 289] {
            if let Ok(proofs) = run(store.inclusion(ORGANIZATION, vec![leaf], 290)) {
                let hash = leaves[usize::try_from(leaf).unwrap()];
                let holds = verify_inclusion(hash, leaf, 290, root, &proofs[0]);
                assert_eq!(holds, Ok(()), "leaf {leaf}, hash {index} flipped");
            }
        }
        flip(&file, at);
    }
}

#[test]
fn a_truncated_level_file_shows_nothing_wrong() {
    let directory = memory_directory();
    let store = open_all(directory.path(), sealing());
    let sizes = [1, 200, 256, 300, 512, 600];
    grow(&store, &sizes);
    let right = ask(&store, 599, &sizes);
    for (level, length) in [(0, 599 * 32), (0, 599 * 32 + 31), (0, 0), (1, 32), (1, 0)] {
        let path = directory.path().join(format!("log/{ORGANIZATION}/{level}"));
        let whole = std::fs::read(&path).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_len(length).unwrap();
        let answers = ask(&store, 599, &sizes);
        file.write_all_at(&whole, 0).unwrap();
        assert!(assert_right_or_refused(
            &answers,
            &right,
            &format!("level {level}, {length}")
        ));
    }
    assert_eq!(ask(&store, 599, &sizes), right);
}

#[test]
fn a_flipped_bit_in_a_segment_opens_no_other_event() {
    let directory = memory_directory();
    let store = open_all(directory.path(), sealing());
    grow(&store, &[200]);
    store.settle();
    let wanted = leaves(&store, ORGANIZATION);
    drop(store);
    let files: Vec<PathBuf> = read_files(directory.path()).into_keys().collect();
    let rows: Vec<_> = files
        .into_iter()
        .filter(|path| {
            path.starts_with("segments")
                && path
                    .file_name()
                    .is_some_and(|name| name == "rows.ndjson.zst")
        })
        .collect();
    assert!(!rows.is_empty());
    let (mut refused, mut shown) = (0, 0);
    for path in rows {
        let path = directory.path().join(path);
        let length = std::fs::metadata(&path).unwrap().len();
        for number in 0..24 {
            let at = length * number / 24;
            flip(&path, at);
            let store = open_all(directory.path(), sealing());
            for index in 0..200 {
                match run(store.openings(ORGANIZATION, vec![index])) {
                    Ok(openings) => {
                        let leaf = openings[0].entry.leaf_hash();
                        assert_eq!(leaf, wanted[usize::try_from(index).unwrap()]);
                        shown += 1;
                    }
                    Err(ProofsError::Failed(_)) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
            drop(store);
            flip(&path, at);
        }
    }
    assert!(refused > 0 && shown > 0, "{refused} refused, {shown} shown");
}

#[test]
fn another_seed_opens_nothing() {
    let directory = memory_directory();
    let store = open_all(directory.path(), sealing());
    // All rows are sealed: opening the store asks for no seed.
    append_range(&store, ORGANIZATION, 0..128);
    wait_head(&store, ORGANIZATION, 128);
    store.settle();
    drop(store);
    let other = memory_directory();
    let store = open_all(other.path(), sealing());
    append_range(&store, ORGANIZATION, 0..1);
    drop(store);
    let seed = "seeds/0000000000000000";
    std::fs::copy(other.path().join(seed), directory.path().join(seed)).unwrap();
    let store = open_all(directory.path(), sealing());
    for index in 0..128 {
        let refused = run(store.openings(ORGANIZATION, vec![index]));
        assert!(
            matches!(refused, Err(ProofsError::Failed(_))),
            "{refused:?}"
        );
    }
    let refused = run(store.tile(ORGANIZATION, bundle(0, 128)));
    assert!(
        matches!(refused, Err(ProofsError::Failed(_))),
        "{refused:?}"
    );
    assert!(
        run(store.tile(ORGANIZATION, hash_tile(0, 0, 128)))
            .unwrap()
            .is_some()
    );
}
