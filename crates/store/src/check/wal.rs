//! Checking the write-ahead log: every frame of every file, and that nothing is missing behind the
//! segments.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use evident_ledger::Hash;

use super::context::{Context, leaf_of};
use super::report::{Finding, Remedy, Report};
use super::row::RowFacts;
use crate::layout;
use crate::seeds::Seeds;
use crate::segment::meta::Manifest;
use crate::wal::{self, FileHeader, FileName, Frame, Scan, ScanError, group_of};

/// Findings of one kind that are told of a file, at most.
const MAX_TOLD: usize = 20;

/// The leaves of the rows behind the segments.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// By organization, from the index on at which the segments end.
    pub(super) leaves: HashMap<String, Vec<Hash>>,
    /// Organizations whose indexes do not follow each other: no more is said of their logs.
    pub(super) broken: Vec<String>,
    /// Rows that were found.
    pub(super) rows: u64,
    /// The newest file.
    pub(super) file: Option<PathBuf>,
    /// The groups of their positions.
    pub(super) groups: BTreeSet<u64>,
}

/// Going through the files.
struct Walk<'a> {
    context: &'a Context<'a>,
    seeds: Seeds,
    /// How many rows of each organization the segments have.
    base_indexes: HashMap<String, u64>,
    base: u64,
    expected: Option<u64>,
    newest: Newest,
    report: Report,
}

/// Checks the files behind what this manifest has.
pub(super) fn check_wal(context: &Context<'_>, manifest: &Manifest) -> (Newest, Report) {
    let indexes = manifest.next_indexes().into_iter();
    let mut walk = Walk {
        context,
        seeds: Seeds::new(context.durable),
        base_indexes: indexes.map(|(id, next)| (id.to_owned(), next)).collect(),
        base: manifest.end(),
        expected: None,
        newest: Newest::default(),
        report: Report::default(),
    };
    match wal::files(context.durable) {
        Ok(files) => {
            for name in &files {
                walk.file(*name, files.last() == Some(name));
            }
            walk.end(files.is_empty());
        }
        Err(error) => walk.find(Finding::damage(
            layout::WAL,
            error.to_string(),
            Remedy::Backup,
        )),
    }
    walk.leftovers();
    walk.report.counts.rows = walk.newest.rows;
    (walk.newest, walk.report)
}

impl Walk<'_> {
    fn find(&mut self, finding: Finding) {
        let alike = self
            .report
            .findings
            .iter()
            .filter(|known| known.file == finding.file);
        if alike.count() < MAX_TOLD {
            self.report.findings.push(finding);
        }
    }

    fn damage(&mut self, file: &PathBuf, offset: u64, what: String) {
        self.find(Finding::damage(file, what, Remedy::Backup).at(offset));
    }

    fn file(&mut self, name: FileName, newest: bool) {
        let file = name.path();
        let path = self.context.durable.path(&file);
        let length = std::fs::metadata(&path).map_or(0, |data| data.len());
        self.newest.file = Some(file.clone());
        let scanned = Scan::open(&path).and_then(|scan| {
            self.begin(&file, name, scan.header());
            scan.frames(newest, |frame, offset| {
                self.frame(&file, frame, offset);
                Ok(())
            })
        });
        match scanned {
            Ok(end) if end.at < length => {
                let what = format!(
                    "its last {} bytes are no whole frame: a write that a crash cut off and that \
                     was never acknowledged; the next start cuts them off",
                    length - end.at
                );
                self.find(Finding::note(&file, what).at(end.at));
            }
            Ok(_) => {}
            Err(ScanError::Damage(damage)) => {
                self.damage(&file, damage.offset, damage.what);
                self.expected = None;
            }
            Err(ScanError::Io { source, .. }) => {
                let what = format!("it could not be read: {source}");
                self.find(Finding::damage(&file, what, Remedy::Backup));
                self.expected = None;
            }
        }
        self.report.counts.bytes += length;
        self.context.advance(length);
    }

    fn begin(&mut self, file: &PathBuf, name: FileName, header: FileHeader) {
        let first = header.first_position;
        if let Err(what) = name.check(&header) {
            self.damage(file, 0, what);
        }
        match self.expected {
            Some(expected) if expected != first => {
                let what = format!("it begins with position {first}, and {expected} was to follow");
                self.damage(file, 0, what);
            }
            None if first > self.base && self.newest.rows == 0 => {
                let base = self.base;
                let what = format!(
                    "it begins with position {first}, and the rows from position {base} on are nowhere"
                );
                self.damage(file, 0, what);
            }
            _ => {}
        }
        self.expected = Some(first);
    }

    fn frame(&mut self, file: &PathBuf, frame: &Frame<'_>, offset: u64) {
        let expected = self.expected.unwrap_or(frame.first_position);
        if frame.first_position != expected {
            let what = format!(
                "the frame's first position is {}, and {expected} was to follow",
                frame.first_position
            );
            self.damage(file, offset, what);
        }
        let organization_id = frame.organization_id;
        let rows = frame.rows.len() as u64;
        let (end, end_index) = (
            frame.first_position.checked_add(rows),
            frame.first_index.checked_add(rows),
        );
        let (Some(end), Some(_)) = (end, end_index) else {
            let what = "the frame's numbers are higher than there are".to_owned();
            return self.damage(file, offset, what);
        };
        self.newest
            .groups
            .extend([frame.first_position, end - 1].map(group_of));
        let numbers = (frame.first_position..).zip(frame.first_index..);
        for (found, (position, index)) in frame.rows.iter().zip(numbers) {
            let row = found.row;
            let at = offset + found.canonical_offset as u64;
            match RowFacts::read(row.canonical) {
                Err(what) => self.damage(file, at, format!("the row is no event: {what}")),
                Ok(facts)
                    if (
                        facts.organization_id,
                        facts.id,
                        facts.received_at,
                        facts.occurred_at,
                    ) != (organization_id, row.id, row.received_at, row.occurred_at) =>
                {
                    let what = "the event is not the one that its frame says".to_owned();
                    self.damage(file, at, what);
                }
                Ok(_) => {}
            }
            if position < self.base {
                continue;
            }
            self.newest.rows += 1;
            let told = (row.id, row.received_at);
            match leaf_of(
                &mut self.seeds,
                organization_id,
                position,
                told,
                row.canonical,
            ) {
                Some(leaf) => self.leaf(file, offset, organization_id, index, leaf),
                // The seed is missing, which is found by itself.
                None => self.newest.broken.push(organization_id.to_owned()),
            }
        }
        self.expected = Some(end);
    }

    fn leaf(&mut self, file: &PathBuf, offset: u64, organization_id: &str, index: u64, leaf: Hash) {
        let base = self
            .base_indexes
            .get(organization_id)
            .copied()
            .unwrap_or_default();
        if !self.newest.leaves.contains_key(organization_id) {
            self.newest
                .leaves
                .insert(organization_id.to_owned(), Vec::new());
        }
        let Some(leaves) = self.newest.leaves.get_mut(organization_id) else {
            return;
        };
        let expected = base + leaves.len() as u64;
        if index == expected {
            leaves.push(leaf);
            self.report.counts.leaves += 1;
        } else if !self.newest.broken.iter().any(|id| id == organization_id) {
            self.newest.broken.push(organization_id.to_owned());
            let what = format!(
                "the frame has index {index} of {organization_id}, and {expected} was to follow"
            );
            self.damage(file, offset, what);
        }
    }

    fn end(&mut self, none: bool) {
        let base = self.base;
        if none && base > 0 {
            let what = "there is no file, and the newest is never removed";
            self.find(Finding::damage(layout::WAL, what, Remedy::Backup));
        }
        let (Some(end), Some(file)) = (self.expected, self.newest.file.clone()) else {
            return;
        };
        if end < base {
            let what =
                format!("it ends before position {end}, and segments have the rows up to {base}");
            self.find(Finding::damage(file, what, Remedy::Backup));
        }
    }

    /// Names that are no file of the log.
    fn leftovers(&mut self) {
        for name in self
            .context
            .durable
            .names(layout::WAL.as_ref())
            .unwrap_or_default()
        {
            if std::path::Path::new(&name)
                .extension()
                .is_some_and(|extension| extension == "wal")
            {
                continue;
            }
            let file = PathBuf::from(layout::WAL).join(name);
            self.find(Finding::note(
                file,
                "a crash left it before it was whole; it may be removed",
            ));
        }
    }
}
