//! What is made anew is right, and what the rows do not give is not made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{checked, told};
use crate::check::fixtures::{Directory, Rows};
use crate::check::rebuild;
use crate::disk::read_files;
use crate::layout;

fn flip(directory: &Path, name: &Path, at: usize) {
    let path = directory.join(name);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
}

/// The events, as the store answers them.
fn events(directory: &Directory) -> Vec<(u64, Vec<u8>)> {
    let mut events = Vec::new();
    for (name, bytes) in read_files(directory.path()) {
        if name.extension().is_some_and(|extension| extension == "zst") {
            let first = name
                .parent()
                .and_then(Path::file_name)
                .unwrap()
                .to_str()
                .unwrap();
            let first = u64::from_str_radix(&first[..16], 16).unwrap();
            events.push((first, zstd::decode_all(&bytes[..]).unwrap()));
        }
    }
    events.sort();
    events
}

/// Names of files of a kind.
fn names(directory: &Directory, is_one: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    read_files(directory.path())
        .into_keys()
        .filter(|name| is_one(name))
        .collect()
}

#[test]
fn indexes_meta_level_files_and_the_manifest_are_made_anew() {
    let healthy = Directory::make();
    let derived = names(&healthy, |name| {
        let last = name.file_name().unwrap().to_str().unwrap();
        ["index", "meta.json", "manifest", "0"].contains(&last)
    });
    assert_eq!(derived.len(), 9, "{derived:?}");
    for name in derived {
        let length = std::fs::read(healthy.path().join(&name)).unwrap().len();
        for at in [0, length / 3, length / 2, length - 1] {
            let copy = healthy.copy();
            flip(copy.path(), &name, at);
            let rebuilt = rebuild(copy.path(), &|_| ()).unwrap();
            assert!(!rebuilt.before.is_clean());
            assert_eq!(rebuilt.refused, Vec::<String>::new());
            let after = checked(copy.path());
            assert_eq!(after.findings, [], "byte {at} of {}", name.display());
            assert_eq!(events(&copy), events(&healthy));
            let level = |directory: &Directory| -> BTreeMap<PathBuf, Vec<u8>> {
                let mut files = read_files(directory.path());
                files.retain(|name, _| name.starts_with(layout::LOG));
                files
            };
            assert_eq!(
                level(&copy),
                level(&healthy),
                "nothing that was signed is another"
            );
        }
    }
}

#[test]
fn files_that_are_missing_are_made_anew() {
    let healthy = Directory::make();
    let missing = names(&healthy, |name| {
        let last = name.file_name().unwrap().to_str().unwrap();
        ["index", "meta.json", "0"].contains(&last)
    });
    let copy = healthy.copy();
    for name in &missing {
        std::fs::remove_file(copy.path().join(name)).unwrap();
    }
    let rebuilt = rebuild(copy.path(), &|_| ()).unwrap();
    assert_eq!(rebuilt.refused, Vec::<String>::new());
    assert_eq!(checked(copy.path()).findings, []);
    assert_eq!(events(&copy), events(&healthy));
}

#[test]
fn a_rebuild_of_what_is_right_changes_nothing() {
    let directory = Directory::make();
    let before = read_files(directory.path());
    let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
    assert!(
        rebuilt.made.is_empty() && rebuilt.refused.is_empty(),
        "{rebuilt:?}"
    );
    assert_eq!(read_files(directory.path()), before);
}

#[test]
fn damaged_rows_are_not_made_anew() {
    let healthy = Directory::make();
    for name in names(&healthy, |name| {
        name.extension().is_some_and(|extension| extension == "zst")
    }) {
        let copy = healthy.copy();
        // In the first frame, behind its header.
        flip(copy.path(), &name, 40);
        let before = read_files(copy.path());
        let told_before = told(&checked(copy.path()));
        assert!(
            told_before.iter().all(|what| what.contains("backup")),
            "{told_before:?}"
        );
        let rebuilt = rebuild(copy.path(), &|_| ()).unwrap();
        assert_eq!(rebuilt.made, Vec::<String>::new());
        assert_eq!(read_files(copy.path()), before);
    }
}

#[test]
fn rows_that_were_not_signed_are_not_made_into_anything() {
    // Every checksum is right, and the index is that of the rows; but these are others.
    let directory = Directory::sealed(|row| Rows::of(&row.replace("as it was", "as I like")));
    let before = read_files(directory.path());
    let found = told(&checked(directory.path()));
    assert!(
        found
            .iter()
            .any(|what| what.contains("rows.ndjson.zst") && what.contains("signed")),
        "{found:?}"
    );
    let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
    assert_eq!(rebuilt.made, Vec::<String>::new());
    assert_eq!(
        read_files(directory.path()),
        before,
        "what was signed stays"
    );
    // Nor when the index is damaged besides.
    let index = names(&directory, |name| name.ends_with("index")).remove(0);
    flip(directory.path(), &index, 0);
    let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
    assert_eq!(rebuilt.made, Vec::<String>::new());
    assert!(
        rebuilt.refused.iter().any(|why| why.contains("signed")),
        "{rebuilt:?}"
    );
}

#[test]
fn level_files_are_not_made_anew_without_a_checkpoint_to_prove_them() {
    let directory = Directory::make();
    let level = names(&directory, |name| {
        name.starts_with(layout::LOG) && name.ends_with("0")
    })
    .remove(0);
    flip(directory.path(), &level, 5);
    let checkpoint = level.with_file_name("checkpoint");
    std::fs::remove_file(directory.path().join(checkpoint)).unwrap();
    let before = read_files(directory.path());
    let rebuilt = rebuild(directory.path(), &|_| ()).unwrap();
    assert_eq!(rebuilt.made, Vec::<String>::new());
    assert_eq!(read_files(directory.path()), before);
}
