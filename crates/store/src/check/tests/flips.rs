//! A bit that flips anywhere is found, under the name of its file.

use std::path::{Path, PathBuf};

use super::checked;
use crate::check::fixtures::Directory;
use crate::disk::read_files;
use crate::layout;
use crate::segment::meta::Manifest;
use crate::segment::sealed::{INDEX_FILE, SECTIONS, read_meta};

/// Bytes of a file that are tried, beside the first and last of every section.
const TRIED: usize = 90;

/// Which bytes of a file to try: some of all, and the ends of each section of an index.
fn tried(directory: &Path, name: &Path, length: usize) -> Vec<usize> {
    let step = (length / TRIED).max(1);
    let mut tried: Vec<usize> = (0..length)
        .step_by(step)
        .chain(length.checked_sub(1))
        .collect();
    if name.file_name() == Some(INDEX_FILE.as_ref()) {
        let manifest = std::fs::read(directory.join(layout::MANIFEST)).unwrap();
        let manifest = Manifest::decode(&manifest).unwrap();
        let listed = manifest
            .segments
            .iter()
            .find(|listed| name.starts_with(listed.folder()))
            .unwrap();
        let meta = read_meta(&directory.join(listed.folder()), listed).unwrap();
        for section in SECTIONS {
            let extent = meta.sections[section];
            let first = extent.offset as usize;
            tried.extend(
                (extent.length > 0)
                    .then(|| [first, first + extent.length as usize - 1])
                    .into_iter()
                    .flatten(),
            );
        }
    }
    tried
}

#[test]
fn a_bit_that_flips_in_any_file_is_found_under_its_name() {
    let directory = Directory::make();
    let files = read_files(directory.path());
    let mut flips = 0;
    for (name, bytes) in &files {
        let path = directory.path().join(name);
        for at in tried(directory.path(), name, bytes.len()) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            std::fs::write(&path, &flipped).unwrap();
            let report = checked(directory.path());
            let named: Vec<&PathBuf> = report.damage().map(|finding| &finding.file).collect();
            assert!(
                named.contains(&name),
                "bit {} of byte {at} of {}: {:?}",
                at % 8,
                name.display(),
                report.findings
            );
            flips += 1;
        }
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(
        flips > 1_000 && files.len() >= 17,
        "{flips} flips in {} files",
        files.len()
    );
    assert_eq!(checked(directory.path()).findings, [], "all is as it was");
}

#[test]
fn bytes_behind_the_end_of_a_segments_file_are_found() {
    let directory = Directory::make();
    for (name, mut bytes) in read_files(directory.path()) {
        if !name.starts_with(layout::SEGMENTS) {
            continue;
        }
        let path = directory.path().join(&name);
        let whole = bytes.clone();
        bytes.push(0);
        std::fs::write(&path, bytes).unwrap();
        let report = checked(directory.path());
        assert!(
            report.damage().any(|finding| finding.file == name),
            "{}",
            name.display()
        );
        std::fs::write(&path, whole).unwrap();
    }
}
