//! Holding every row of a segment against its leaf.
//!
//! What must hold: a row's position is its place in the file, and its number in its organization's
//! log is how many rows of the organization come before it; the manifest's word for where the
//! segment begins in both is itself under test, since another leaf would be there. A row or frame
//! that cannot be read costs itself alone: the numbers behind it are found again by their leaves. What was
//! left of a removed row is verified like a row; only its entry is there already.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evident_event::id::EventId;
use evident_ledger::Hash;

use super::frames::{Frames, rows_of};
use super::leaves::{Differs, Window, leaf_of};
use super::report::{Counts, Finding, Findings, Kind};
use super::row::Told;
use super::shared::Shared;
use crate::check::removed::{AllStubs, Stubs};
use crate::durable::Durable;
use crate::seeds::Seeds;
use crate::segment::error::SegmentError;
use crate::segment::meta::Listed;
use crate::segment::rows::{Line, Stub};
use crate::segment::sealed::ROWS_FILE;
use crate::wal::group_of;

/// What came of a segment.
#[derive(Debug, Default)]
pub(super) struct Verified {
    pub(super) findings: Findings,
    pub(super) counts: Counts,
    /// What was left of rows that were removed.
    pub(super) stubs: AllStubs,
    /// Rows could not be told apart, so that not all that it has was counted.
    pub(super) is_uncounted: bool,
}

/// An organization's rows, as they come.
struct Expected {
    window: Window,
    /// The number of its next row.
    next: u64,
    /// Rows of the organization that were there and could be read, its stubs among them.
    rows: u64,
    stubs: Stubs,
    search: Search,
}

/// Places that are looked at for a row's leaf, at most, ahead of where it should be. If more rows of one
/// organization are lost in a row, those behind them are told of as different.
const MAX_SEARCHED_PLACES: u64 = 1 << 16;
/// Rows that are looked for in vain until more rows are lost. One that was changed, right behind what is
/// lost, must not keep the numbers of those behind it from being found.
const MAX_VAIN_SEARCHES: u32 = 4;

/// When rows of an organization are looked for ahead of their place, so that a segment full of rows that
/// are found nowhere does not take time for each of them.
#[derive(Debug, Default)]
struct Search {
    /// How many rows were lost when one was last looked for in vain.
    lost: u64,
    vain: u32,
}

impl Search {
    /// How many places ahead a row is to be looked for, with so many rows lost.
    fn places(&self, lost: u64) -> u64 {
        match lost > self.lost || self.vain < MAX_VAIN_SEARCHES {
            true => lost.min(MAX_SEARCHED_PLACES),
            false => 0,
        }
    }

    /// A row was looked for, and found nowhere.
    fn was_vain(&mut self, lost: u64) {
        let is_new = lost > std::mem::replace(&mut self.lost, lost);
        self.vain = if is_new { 1 } else { self.vain + 1 };
    }
}

/// Going through the rows of a segment.
struct Walk<'a> {
    shared: &'a Shared<'a>,
    listed: &'a Listed,
    /// Within the data directory.
    file: PathBuf,
    named: Arc<Path>,
    seeds: Seeds,
    organizations: Vec<Expected>,
    /// The organization of the row before: mostly the next row's too.
    last: usize,
    /// Rows that could not be read: their organizations' numbers may have to jump.
    lost: u64,
    /// Rows that were removed and left nothing, whosever they were.
    nothing: u64,
    verified: Verified,
}

/// Verifies a segment.
pub(super) fn verify_segment(shared: &Shared<'_>, listed: &Listed) -> Verified {
    let beside = listed.organizations.len();
    let organizations = listed.organizations.iter().map(|rows| Expected {
        window: Window::new(&rows.id, 0, beside),
        next: rows.first_index,
        rows: 0,
        stubs: Stubs::default(),
        search: Search::default(),
    });
    let file = listed.folder().join(ROWS_FILE);
    let mut walk = Walk {
        shared,
        listed,
        named: Arc::from(file.as_path()),
        file,
        seeds: Seeds::new(shared.durable),
        organizations: organizations.collect(),
        last: 0,
        lost: 0,
        nothing: 0,
        verified: Verified::default(),
    };
    walk.run();
    for (rows, found) in listed.organizations.iter().zip(&walk.organizations) {
        walk.verified.stubs.add(&rows.id, found.stubs);
    }
    walk.verified.is_uncounted |= walk.lost > 0;
    walk.verified.counts.segments = 1;
    walk.verified
}

impl Expected {
    /// Takes the next row, which gives this leaf: its number in the log, and the hash that is there.
    fn take(
        &mut self,
        durable: &Durable,
        leaf: Hash,
        lost: u64,
    ) -> std::io::Result<(u64, Option<Hash>)> {
        let index = self.next;
        self.next = index + 1;
        let stored = self.window.get(durable, index)?;
        let places = self.search.places(lost);
        if stored == Some(leaf) || places == 0 {
            return Ok((index, stored));
        }
        let Some(found) = self.find_ahead(durable, leaf, places)? else {
            self.search.was_vain(lost);
            return Ok((index, stored));
        };
        // Of the rows that were lost so many were this organization's.
        self.next = found + 1;
        Ok((found, Some(leaf)))
    }

    /// Where a leaf is, within so many places from the next on.
    fn find_ahead(
        &mut self,
        durable: &Durable,
        leaf: Hash,
        places: u64,
    ) -> std::io::Result<Option<u64>> {
        for index in self.next..self.next.saturating_add(places) {
            match self.window.get(durable, index)? {
                Some(hash) if hash == leaf => return Ok(Some(index)),
                Some(_) => {}
                None => break,
            }
        }
        Ok(None)
    }
}

impl Walk<'_> {
    fn find(&mut self, what: String) {
        let finding = Finding::of_file(Kind::Rows, &self.file, what);
        self.verified.findings.push(finding);
    }

    fn fail(&mut self, error: SegmentError, byte: Option<u64>) {
        let mut finding = match error {
            SegmentError::Io { source, .. } => Finding::unreadable(&self.file, &source),
            SegmentError::Damaged { what, offset, .. } => {
                Finding::of_file(Kind::Rows, &self.file, what).at(offset)
            }
            SegmentError::Malformed { what, .. } => Finding::of_file(Kind::Rows, &self.file, what),
        };
        if let Some(byte) = byte {
            finding.what = format!("{} (byte {byte})", finding.what);
            finding.byte = finding.byte.or(Some(byte));
        }
        self.verified.findings.push(finding);
    }

    fn run(&mut self) {
        let mut frames = match Frames::open(&self.shared.durable.path(&self.file)) {
            Ok(frames) => frames,
            Err(error) => {
                self.verified.is_uncounted = true;
                return self.fail(error, None);
            }
        };
        let mut place = 0;
        for number in 0..frames.count() {
            let (byte, length) = frames.place(number);
            match frames.read(number) {
                Ok(rows) => {
                    for row in rows_of(rows) {
                        self.row(place, row);
                        place += 1;
                    }
                }
                Err(error) => {
                    self.fail(error, Some(byte));
                    let behind = rows_behind(&mut frames, number + 1);
                    let missing = behind
                        .and_then(|behind| u64::from(self.listed.rows).checked_sub(place + behind));
                    let Some(missing) = missing else {
                        self.verified.is_uncounted = true;
                        let what = format!(
                            "its rows from row {place} on cannot be told apart, and were not verified"
                        );
                        return self.find(what);
                    };
                    place += missing;
                    self.lost += missing;
                }
            }
            self.shared.advance(length);
        }
        self.end(place);
    }

    fn row(&mut self, place: u64, line: &[u8]) {
        match Line::read(line) {
            Ok(Line::Event(canonical)) => self.event(place, canonical),
            Ok(Line::Stub(stub)) => self.stub(place, &stub),
            Ok(Line::Nothing) => self.nothing += 1,
            Err(_) => self.no_event(place, "it begins like a stub and is none"),
        }
    }

    fn event(&mut self, place: u64, canonical: &[u8]) {
        let told = match Told::read(canonical) {
            Ok(told) => told,
            Err(what) => return self.no_event(place, what),
        };
        let Some(ordinal) = self.ordinal(told.organization_id) else {
            return self.no_event(place, "its organization has no rows in this segment");
        };
        self.last = ordinal;
        let position = self.listed.first_position + place;
        let leaf = match leaf_of(&mut self.seeds, position, &told, canonical) {
            Ok(leaf) => leaf,
            Err(error) => {
                self.shared.no_seed(group_of(position), &error);
                if let Some(expected) = self.organizations.get_mut(ordinal) {
                    expected.rows += 1;
                    expected.next += 1;
                }
                return;
            }
        };
        let of_row = (told.organization_id, told.id, false);
        if self.take(ordinal, place, leaf, of_row).is_some() {
            self.verified.counts.events += 1;
            self.verified.counts.bytes += canonical.len() as u64;
        }
    }

    /// A stub's entry is what its leaf is the hash of: no seed is needed, and none could make it another.
    fn stub(&mut self, place: u64, stub: &Stub<'_>) {
        let Some(ordinal) = self.ordinal(stub.organization_id) else {
            return self.no_event(place, "its organization has no rows in this segment");
        };
        self.last = ordinal;
        let of_row = (
            stub.organization_id,
            EventId::from_bytes(stub.entry.event_id),
            true,
        );
        let taken = self.take(ordinal, place, stub.entry.leaf_hash(), of_row);
        if let Some(expected) = self.organizations.get_mut(ordinal) {
            // One that is not the log's is told of, and is no less gone.
            let index = taken.unwrap_or_else(|| expected.next.saturating_sub(1));
            expected.stubs.add(index);
        }
    }

    /// Holds the leaf that a row gives against the log's; gives the row's index if they are the same.
    fn take(
        &mut self,
        ordinal: usize,
        place: u64,
        leaf: Hash,
        (organization_id, id, is_stub): (&str, EventId, bool),
    ) -> Option<u64> {
        let expected = self.organizations.get_mut(ordinal)?;
        expected.rows += 1;
        let (index, stored) = match expected.take(self.shared.durable, leaf, self.lost) {
            Ok(taken) => taken,
            // What is not known to be right is not counted.
            Err(error) => {
                self.shared.no_leaves(organization_id, &error);
                return None;
            }
        };
        if stored == Some(leaf) {
            return Some(index);
        }
        let differs = Differs {
            leaf,
            id,
            file: Arc::clone(&self.named),
            row: Some(place),
            byte: None,
            has_hash: stored.is_some(),
            is_copy: false,
            is_stub,
        };
        self.shared.differing.add(organization_id, index, differs);
        None
    }

    fn no_event(&mut self, place: u64, what: &str) {
        self.lost += 1;
        self.find(format!("row {place} is no event of this segment: {what}"));
    }

    /// Which of the segment's organizations this is.
    fn ordinal(&self, organization_id: &str) -> Option<usize> {
        let organizations = &self.listed.organizations;
        let is_last = |rows: &&_| is_of(rows, organization_id);
        if organizations.get(self.last).filter(is_last).is_some() {
            return Some(self.last);
        }
        organizations
            .binary_search_by(|rows| rows.id.as_str().cmp(organization_id))
            .ok()
    }

    /// There are as many rows as there must be, of everyone, and as many stubs among them.
    fn end(&mut self, rows: u64) {
        let listed = u64::from(self.listed.rows);
        if rows != listed {
            self.find(format!(
                "it has {rows} rows, and {listed} are in the list of segments"
            ));
        }
        if self.lost > 0 {
            return;
        }
        let listed: u64 = self
            .listed
            .organizations
            .iter()
            .map(|rows| u64::from(rows.rows))
            .sum();
        let nothing = rows.saturating_sub(listed);
        if self.nothing != nothing {
            self.find(format!(
                "{} of its rows left nothing, and {nothing} are to by the list of segments",
                self.nothing
            ));
        }
        let counted = self.listed.organizations.iter().zip(&self.organizations);
        let others: Vec<String> = counted
            .flat_map(|(listed, found)| {
                let stubs = u64::from(listed.rows - listed.events());
                let rows = (found.rows != u64::from(listed.rows)).then(|| {
                    format!(
                        "it has {} rows of {}, and {} are in the list of segments",
                        found.rows, listed.id, listed.rows
                    )
                });
                let stubs = (found.stubs.count != stubs).then(|| {
                    format!(
                        "it has {} stubs of {}, and {stubs} are in the list of segments",
                        found.stubs.count, listed.id
                    )
                });
                [rows, stubs]
            })
            .flatten()
            .collect();
        others.into_iter().for_each(|what| self.find(what));
    }
}

fn is_of(rows: &crate::segment::meta::OrganizationRows, organization_id: &str) -> bool {
    rows.id == organization_id
}

/// How many rows the frames from one on have; `None` if one of them cannot be read.
fn rows_behind(frames: &mut Frames, first: usize) -> Option<u64> {
    let mut rows = 0;
    for number in first..frames.count() {
        rows += rows_of(frames.read(number).ok()?).count() as u64;
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places that are looked at for so many rows that are nowhere, with so many lost before each.
    fn looked_at(search: &mut Search, rows: u64, lost: impl Fn(u64) -> u64) -> u64 {
        let of_row = |row| {
            let places = search.places(lost(row));
            if places > 0 {
                search.was_vain(lost(row));
            }
            places
        };
        (0..rows).map(of_row).sum()
    }

    #[test]
    fn rows_that_are_nowhere_are_not_each_looked_for() {
        let vain = u64::from(MAX_VAIN_SEARCHES);
        let mut search = Search::default();
        assert_eq!(looked_at(&mut search, 1_000_000, |_| 0), 0);
        assert_eq!(looked_at(&mut search, 1_000_000, |_| 1_000), vain * 1_000);
        // More are lost: it may be further ahead now.
        assert_eq!(looked_at(&mut search, 1_000_000, |_| 1_001), vain * 1_001);
        assert_eq!(looked_at(&mut search, 1_000_000, |_| 1_001), 0);
    }

    #[test]
    fn no_row_is_looked_for_everywhere() {
        let mut search = Search::default();
        let rows = 1_000;
        let looked_at = looked_at(&mut search, rows, |row| 1_000_000_000 + row);
        assert_eq!(looked_at, rows * MAX_SEARCHED_PLACES);
    }
}
