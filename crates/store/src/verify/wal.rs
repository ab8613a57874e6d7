//! Holding every row of the write-ahead log against its leaf.
//!
//! What must hold: the rows behind the segments follow them and each other without gap, by position
//! and by number in their organization's log; so their leaves, in order, are the rest of each log.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use evident_ledger::Hash;

use super::leaves::{Differs, Window, leaf_of};
use super::report::{Counts, Finding, Findings, Kind};
use super::row::Told;
use super::shared::Shared;
use crate::layout;
use crate::seeds::Seeds;
use crate::segment::meta::Manifest;
use crate::wal::{self, FileHeader, FileName, Frame, Scan, ScanError, group_of};

/// Windows of leaves that are in use at the same time, about.
const WINDOWS: usize = 64;

/// The rows behind the segments.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// Their leaves by organization, from the index on at which its segments end.
    pub(super) leaves: BTreeMap<String, Vec<Hash>>,
    /// Organizations whose leaves are not all known: no more is said of where their logs end.
    pub(super) broken: BTreeSet<String>,
    pub(super) findings: Findings,
    pub(super) notes: Vec<String>,
    pub(super) counts: Counts,
}

/// Going through the files.
struct Walk<'a> {
    shared: &'a Shared<'a>,
    seeds: Seeds,
    /// How many rows of each organization the segments have.
    bases: HashMap<String, u64>,
    base: u64,
    expected: Option<u64>,
    windows: HashMap<String, Window>,
    newest: Newest,
}

/// Verifies the files behind what this manifest has.
pub(super) fn verify_wal(shared: &Shared<'_>, manifest: &Manifest) -> Newest {
    let bases = manifest.next_indexes().into_iter();
    let mut walk = Walk {
        shared,
        seeds: Seeds::new(shared.durable),
        bases: bases.map(|(id, next)| (id.to_owned(), next)).collect(),
        base: manifest.end(),
        expected: None,
        windows: HashMap::new(),
        newest: Newest::default(),
    };
    match wal::files(shared.durable) {
        Ok(files) => {
            for name in &files {
                walk.file(*name, files.last() == Some(name));
            }
            walk.end(files.is_empty());
        }
        Err(error) => {
            let finding = Finding::unreadable(layout::WAL.as_ref(), error.io_error());
            walk.newest.findings.push(finding);
        }
    }
    walk.newest
}

impl Walk<'_> {
    fn find(&mut self, file: &Path, byte: u64, what: impl std::fmt::Display) {
        let what = format!("{what} (byte {byte})");
        let finding = Finding::of_file(Kind::Rows, file, what).at(byte);
        self.newest.findings.push(finding);
    }

    fn file(&mut self, name: FileName, newest: bool) {
        let file = name.path();
        let named: Arc<Path> = Arc::from(file.as_path());
        let path = self.shared.durable.path(&file);
        let length = std::fs::metadata(&path).map_or(0, |data| data.len());
        let scanned = Scan::open(&path).and_then(|scan| {
            self.begin(&file, name, scan.header());
            scan.frames(newest, |frame, offset| {
                self.frame(&named, frame, offset);
                Ok(())
            })
        });
        match scanned {
            Ok(end) if end.at < length => self.newest.notes.push(format!(
                "{}: its last {} bytes are a write that a crash cut off and that was never acknowledged",
                file.display(),
                length - end.at
            )),
            Ok(_) => {}
            Err(ScanError::Damage(damage)) => {
                self.find(&file, damage.offset, damage.what);
                self.expected = None;
            }
            Err(ScanError::Io { source, .. }) => {
                self.newest.findings.push(Finding::unreadable(&file, &source));
                self.expected = None;
            }
        }
        self.shared.advance(length);
    }

    fn begin(&mut self, file: &Path, name: FileName, header: FileHeader) {
        let first = header.first_position;
        if let Err(what) = name.check(&header) {
            self.find(file, 0, what);
        }
        match self.expected {
            Some(expected) if expected != first => self.find(
                file,
                0,
                format_args!("it begins with position {first}, and {expected} was to follow"),
            ),
            None if first > self.base && self.newest.counts.events == 0 => {
                let base = self.base;
                let what = format_args!(
                    "it begins with position {first}, and the rows from position {base} on are nowhere"
                );
                self.find(file, 0, what);
            }
            _ => {}
        }
        self.expected = Some(first);
    }

    fn frame(&mut self, file: &Arc<Path>, frame: &Frame<'_>, offset: u64) {
        let expected = self.expected.unwrap_or(frame.first_position);
        if frame.first_position != expected {
            let first = frame.first_position;
            let what = format_args!("the frame begins at {first}, and {expected} was to follow");
            self.find(file, offset, what);
        }
        let rows = frame.rows.len() as u64;
        let ends = (
            frame.first_position.checked_add(rows),
            frame.first_index.checked_add(rows),
        );
        let (Some(end), Some(_)) = ends else {
            return self.find(
                file,
                offset,
                "the frame's numbers are higher than there are",
            );
        };
        let numbers = (frame.first_position..).zip(frame.first_index..);
        for (found, numbers) in frame.rows.iter().zip(numbers) {
            let row = found.row;
            let byte = offset + found.canonical_offset as u64;
            let of_frame = (frame.organization_id, row.id, row.received_at);
            let leaf = match Told::read(row.canonical) {
                Ok(told) if (told.organization_id, told.id, told.received_at) == of_frame => {
                    self.leaf(numbers.0, &told, row.canonical)
                }
                Ok(_) => {
                    self.find(file, byte, "the event is not the one that its frame says");
                    None
                }
                Err(what) => {
                    self.find(file, byte, format_args!("the row is no event: {what}"));
                    None
                }
            };
            let differs = leaf.map(|leaf| Differs {
                leaf,
                id: row.id,
                file: Arc::clone(file),
                row: None,
                byte: Some(byte),
                has_hash: true,
                is_copy: numbers.0 < self.base,
                is_stub: false,
            });
            let holds = self.row(frame.organization_id, numbers, differs);
            // Others are counted where their segment is.
            if holds && numbers.0 >= self.base {
                self.newest.counts.events += 1;
                self.newest.counts.bytes += row.canonical.len() as u64;
            }
        }
        self.expected = Some(end);
    }

    fn leaf(&mut self, position: u64, told: &Told<'_>, canonical: &[u8]) -> Option<Hash> {
        let leaf = leaf_of(&mut self.seeds, position, told, canonical);
        leaf.inspect_err(|error| self.shared.no_seed(group_of(position), error))
            .ok()
    }

    /// Takes the leaf that a row gives, if it gives one; says whether it is the log's.
    fn row(&mut self, id: &str, (position, index): (u64, u64), of_row: Option<Differs>) -> bool {
        if self.windows.len() > WINDOWS {
            self.windows.clear();
        }
        let windows = &mut self.windows;
        let window = windows
            .entry(id.to_owned())
            .or_insert_with(|| Window::new(id, 0, WINDOWS));
        let read = window.get(self.shared.durable, index);
        let is_read = read.is_ok();
        let stored = read.unwrap_or_else(|error| {
            self.shared.no_leaves(id, &error);
            None
        });
        let leaf = of_row.as_ref().map(|of_row| of_row.leaf);
        if position >= self.base && !self.newest.broken.contains(id) {
            let base = self.bases.get(id).copied().unwrap_or_default();
            let leaves = self.newest.leaves.entry(id.to_owned()).or_default();
            let expected = base + leaves.len() as u64;
            match leaf.or(stored) {
                Some(leaf) if index == expected => leaves.push(leaf),
                _ => {
                    self.newest.broken.insert(id.to_owned());
                    if index != expected {
                        let what = format!(
                            "{id} goes on with index {index}, and {expected} was to follow"
                        );
                        let finding = Finding::of_file(Kind::Rows, layout::WAL.as_ref(), what);
                        self.newest.findings.push(finding.of(id));
                    }
                }
            }
        }
        match (of_row, stored) {
            (None, _) => false,
            _ if !is_read => false,
            (Some(differs), Some(stored)) if differs.leaf != stored => {
                self.shared.differing.add(id, index, differs);
                false
            }
            // Where the level file ends before the row, the leaf comes from the row alone.
            _ => true,
        }
    }

    fn end(&mut self, none: bool) {
        let base = self.base;
        if none && base > 0 {
            let what = "there is no file, and the newest is never removed";
            let finding = Finding::of_file(Kind::Rows, layout::WAL.as_ref(), what);
            self.newest.findings.push(finding);
        }
        if let Some(end) = self.expected.filter(|end| *end < base) {
            let what =
                format!("it ends before position {end}, and segments have the rows up to {base}");
            let finding = Finding::of_file(Kind::Rows, layout::WAL.as_ref(), what);
            self.newest.findings.push(finding);
        }
    }
}
