//! Checking one segment: its files byte by byte, its rows against the log, its index against its rows.
//!
//! What must hold: the rows are judged without the index, by the checksums of their own frames and
//! by the leaves that the log has of them, stubs of removed rows too; only what they say is then held
//! against the index.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evident_ledger::Hash;

use super::columns;
use super::context::{Context, RawFile, finding_of, leaf_of, stored_hashes};
use super::removed::{AllStubs, Stubs};
use super::report::{Counts, Finding, Remedy, Report};
use super::row::RowFacts;
use super::terms::Terms;
use crate::layout;
use crate::seeds::Seeds;
use crate::segment::checked::CHUNK_BYTES;
use crate::segment::error::SegmentError;
use crate::segment::meta::Listed;
use crate::segment::rows::{Line, Rows, Stub, read_seek_table, rebuild_frames};
use crate::segment::sealed::{INDEX_FILE, META_FILE, Parts, ROWS_FILE, Segment, read_meta};
use crate::wal::{WalFile, group_of};

/// What is wrong with a segment.
pub(super) struct SegmentReport {
    pub(super) report: Report,
    /// Every row could be read, and is what its frame's checksum says.
    pub(super) rows_whole: bool,
    /// What was left of rows that were removed.
    pub(super) stubs: AllStubs,
    /// The groups that events of it are in, as far as it could be read.
    pub(super) groups: BTreeSet<u64>,
}

/// A segment that is being checked.
struct Checking<'a> {
    context: &'a Context<'a>,
    listed: &'a Listed,
    report: Report,
    stubs: AllStubs,
    groups: BTreeSet<u64>,
}

/// What the rows say, by place.
#[derive(Default)]
pub(super) struct Told {
    /// When the events happened, in microseconds, and their places.
    pub(super) times: Vec<(i64, u32)>,
    /// The hashes of their ids; at places without an event 0, which nobody reads.
    pub(super) ids: Vec<u64>,
    /// When the first and the last of them were received.
    pub(super) received: Option<(i64, i64)>,
}

/// Opens the rows of a segment without relying on its checksums, by what the index says of the
/// frames, or else by the seek table of the file itself.
pub(super) fn open_rows(
    data: &Path,
    listed: &Listed,
    parts: Option<&Parts>,
) -> Result<Rows<RawFile>, SegmentError> {
    let folder = data.join(listed.folder());
    let path = folder.join(ROWS_FILE);
    let length = read_meta(&folder, listed).ok().map(|meta| meta.rows_bytes);
    if let Some(parts) = parts {
        let by_index = parts
            .section("frames")
            .and_then(|frames| Rows::open(RawFile::open(&path, length)?, &frames, listed.rows));
        if by_index.is_ok() {
            return by_index;
        }
    }
    let raw = RawFile::open(&path, length)?;
    let (entries, count) = rebuild_frames(&raw)?;
    if count != listed.rows {
        return Err(SegmentError::malformed(
            "rows",
            "there are not as many as the manifest says",
        ));
    }
    Rows::with_entries(raw, entries.into(), count)
}

/// Checks a segment.
pub(super) fn check_segment(context: &Context<'_>, listed: &Listed) -> SegmentReport {
    let mut checking = Checking {
        context,
        listed,
        report: Report::default(),
        stubs: AllStubs::default(),
        groups: BTreeSet::new(),
    };
    let rows_whole = checking.run();
    let mut report = checking.report;
    if !rows_whole {
        // An index is made anew from rows that can be read.
        for finding in &mut report.findings {
            if finding.remedy == Remedy::Rebuildable {
                finding.remedy = Remedy::Backup;
            }
        }
    }
    report.counts.add(Counts {
        segments: 1,
        rows: u64::from(listed.events()),
        ..Counts::default()
    });
    SegmentReport {
        report,
        rows_whole,
        stubs: checking.stubs,
        groups: checking.groups,
    }
}

impl Checking<'_> {
    fn file(&self, name: &str) -> PathBuf {
        self.listed.folder().join(name)
    }

    fn find(&mut self, finding: Finding) {
        self.report.findings.push(finding);
    }

    fn fail(&mut self, error: &SegmentError, file: &str, remedy: Remedy) {
        let finding = finding_of(self.context.durable, error, &self.file(file), remedy);
        self.find(finding);
    }

    fn run(&mut self) -> bool {
        let data = self.context.durable.path(Path::new(""));
        let folder = data.join(self.listed.folder());
        let mut parts = None;
        match read_meta(&folder, self.listed) {
            Err(error) => self.fail(&error, META_FILE, Remedy::Rebuildable),
            Ok(meta) => {
                self.check_length(INDEX_FILE, meta.index_bytes);
                self.check_length(ROWS_FILE, meta.rows_bytes);
                match Segment::new(&data, self.listed.clone()).parts() {
                    Ok(opened) => parts = Some(opened),
                    Err(error) => self.fail(&error, INDEX_FILE, Remedy::Rebuildable),
                }
            }
        }
        if let Some(parts) = &parts {
            self.verify_pieces(parts);
        }
        let rows = match open_rows(&data, self.listed, parts.as_deref()) {
            Ok(rows) => rows,
            Err(error) => {
                self.fail(&error, ROWS_FILE, Remedy::Backup);
                return false;
            }
        };
        if let Some(parts) = &parts {
            self.check_seek_table(parts, &rows);
        }
        self.check_rows(&rows, parts)
    }

    /// Bytes behind the end that a file should have are under no checksum.
    fn check_length(&mut self, name: &str, expected: u64) {
        let path = self.context.durable.path(&self.file(name));
        let finding = match std::fs::metadata(path) {
            Err(error) => Finding::damage(
                self.file(name),
                format!("it could not be found: {error}"),
                Remedy::Rebuildable,
            ),
            Ok(data) if data.len() != expected => Finding::damage(
                self.file(name),
                format!("it has {} bytes and should have {expected}", data.len()),
                Remedy::Rebuildable,
            )
            .at(expected.min(data.len())),
            Ok(_) => return,
        };
        self.find(finding);
    }

    fn verify_pieces(&mut self, parts: &Parts) {
        for (file, name) in parts.files().into_iter().zip([INDEX_FILE, ROWS_FILE]) {
            let mut done = 0;
            let verified = file.verify(&mut |offset| {
                self.context.advance(offset.saturating_sub(done));
                done = offset;
                true
            });
            self.report.counts.bytes += done;
            match verified {
                Err(error) => self.fail(&error, name, Remedy::Rebuildable),
                Ok(bad) => {
                    if let Some(first) = bad.first() {
                        let what = format!(
                            "{} of its pieces of {CHUNK_BYTES} bytes do not match their checksums",
                            bad.len()
                        );
                        let file = self.file(name);
                        self.find(Finding::damage(file, what, Remedy::Rebuildable).at(*first));
                    }
                }
            }
        }
    }

    /// The seek table in the file must say what `frames` says.
    fn check_seek_table(&mut self, parts: &Parts, rows: &Rows<RawFile>) {
        let path = self.context.durable.path(&self.file(ROWS_FILE));
        let table =
            RawFile::open(&path, Some(parts.meta.rows_bytes)).and_then(|raw| read_seek_table(&raw));
        let table = match table {
            Ok(table) => table,
            Err(error) => return self.fail(&error, ROWS_FILE, Remedy::Rebuildable),
        };
        let by_index = (0..rows.frame_count()).map_while(|frame| rows.compressed(frame).ok());
        let same = table.len() as u64 == u64::from(rows.frame_count())
            && by_index
                .zip(&table)
                .all(|((_, length), entry)| length == u64::from(entry.0));
        if !same {
            let what = "`frames` is not what the seek table of the rows says";
            let file = self.file(INDEX_FILE);
            self.find(Finding::damage(file, what, Remedy::Rebuildable));
        }
    }

    /// Reads all rows; says whether they are whole.
    fn check_rows(&mut self, rows: &Rows<RawFile>, parts: Option<Arc<Parts>>) -> bool {
        let mut walk = Walk::new(self, parts.as_deref());
        let mut whole = true;
        for number in 0..rows.frame_count() {
            match rows.frame(number) {
                Ok(frame) if whole => {
                    for (row, place) in frame.rows().zip(frame.first_place()..) {
                        whole &= walk.row(self, place, row);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let mut finding = finding_of(
                        self.context.durable,
                        &error,
                        &self.file(ROWS_FILE),
                        Remedy::Backup,
                    );
                    let place = rows.compressed(number).map(|(offset, _)| offset);
                    finding.offset = finding.offset.or(place.ok());
                    self.find(finding);
                    whole = false;
                }
            }
        }
        if !whole {
            return false;
        }
        if !walk.has_listed_rows(self.listed) {
            let what = "its rows are not of the organizations that the manifest says";
            self.find(Finding::damage(self.file(ROWS_FILE), what, Remedy::Backup));
            return false;
        }
        for (rows, counted) in self.listed.organizations.iter().zip(&walk.organizations) {
            self.stubs.add(&rows.id, counted.stubs);
        }
        if let Some(parts) = parts {
            let (told, terms) = (walk.told, walk.terms);
            for finding in columns::compare(self.context, self.listed, &parts, told, terms) {
                self.find(finding);
            }
        }
        true
    }
}

/// Going through the rows.
struct Walk {
    seeds: Seeds,
    told: Told,
    terms: Option<Terms>,
    /// By ordinal.
    organizations: Vec<Counted>,
    /// By ordinal: the hashes that the level file has of this segment's rows.
    hashes: HashMap<usize, Vec<Hash>>,
}

/// What was met of an organization.
struct Counted {
    /// The index of its next row.
    next: u64,
    events: u32,
    stubs: Stubs,
}

impl Walk {
    fn new(checking: &mut Checking<'_>, parts: Option<&Parts>) -> Self {
        let listed = checking.listed;
        let path = checking.context.durable.path(&checking.file(ROWS_FILE));
        let terms = parts.and_then(|parts| {
            let file = Arc::new(WalFile::open(&path).ok()?);
            match Terms::new(listed, parts, file) {
                Ok(terms) => Some(terms),
                Err(error) => {
                    checking.fail(&error, INDEX_FILE, Remedy::Rebuildable);
                    None
                }
            }
        });
        let organizations = listed.organizations.iter().map(|rows| Counted {
            next: rows.first_index,
            events: 0,
            stubs: Stubs::default(),
        });
        Self {
            seeds: Seeds::new(checking.context.durable),
            told: Told::default(),
            terms,
            organizations: organizations.collect(),
            hashes: HashMap::new(),
        }
    }

    /// Takes a row; says whether it is one.
    fn row(&mut self, checking: &mut Checking<'_>, place: u32, line: &[u8]) -> bool {
        let taken = match Line::read(line) {
            Ok(Line::Event(canonical)) => self.event(checking, place, canonical),
            Ok(Line::Stub(stub)) => self.stub(checking, place, &stub),
            Ok(Line::Nothing) => {
                self.told.ids.push(0);
                Ok(())
            }
            Err(_) => Err("it begins like a stub and is none"),
        };
        let Err(what) = taken else {
            return true;
        };
        let what = format!("the row of place {place} is no event of this segment: {what}");
        let file = checking.file(ROWS_FILE);
        checking.find(Finding::damage(file, what, Remedy::Backup));
        false
    }

    /// The ordinal of an organization and the index of its next row, which is taken.
    fn next_of(
        &mut self,
        listed: &Listed,
        organization_id: &str,
    ) -> Result<(usize, u64), &'static str> {
        const UNKNOWN: &str = "the manifest does not name its organization";
        let ordinal = listed
            .organizations
            .binary_search_by(|rows| rows.id.as_str().cmp(organization_id))
            .map_err(|_| UNKNOWN)?;
        let counted = self.organizations.get_mut(ordinal).ok_or(UNKNOWN)?;
        let index = counted.next;
        counted.next += 1;
        Ok((ordinal, index))
    }

    fn event(
        &mut self,
        checking: &mut Checking<'_>,
        place: u32,
        canonical: &[u8],
    ) -> Result<(), &'static str> {
        let listed = checking.listed;
        let facts = RowFacts::read(canonical)?;
        let (ordinal, index) = self.next_of(listed, facts.organization_id)?;
        if let Some(counted) = self.organizations.get_mut(ordinal) {
            counted.events += 1;
        }
        self.told.times.push((facts.occurred_at.as_micros(), place));
        let received = facts.received_at.as_micros();
        let (first, last) = self.told.received.unwrap_or((received, received));
        self.told.received = Some((first.min(received), last.max(received)));
        let id = facts.id.as_bytes();
        self.told.ids.push(crate::segment::ids::hash(
            facts.organization_id,
            crate::segment::ids::IdKind::Event,
            id,
        ));
        if let Some(terms) = &mut self.terms {
            terms.push(ordinal as u32, place, facts.id, canonical);
        }
        let position = listed.first_position + u64::from(place);
        checking.groups.insert(group_of(position));
        let leaf = leaf_of(
            &mut self.seeds,
            facts.organization_id,
            position,
            (facts.id, facts.received_at),
            canonical,
        );
        // A seed that is missing is found by itself.
        if let Some(leaf) = leaf {
            self.leaf(checking, (ordinal, index), facts.organization_id, leaf);
        }
        Ok(())
    }

    /// Takes what was left of a row: its entry is that of the log, without any seed.
    fn stub(
        &mut self,
        checking: &mut Checking<'_>,
        place: u32,
        stub: &Stub<'_>,
    ) -> Result<(), &'static str> {
        let id = stub.organization_id;
        let (ordinal, index) = self.next_of(checking.listed, id)?;
        if let Some(counted) = self.organizations.get_mut(ordinal) {
            counted.stubs.add(index);
        }
        self.told.ids.push(0);
        if let Some(terms) = &mut self.terms {
            terms.push_stub(ordinal as u32, place);
        }
        self.leaf(checking, (ordinal, index), id, stub.entry.leaf_hash());
        Ok(())
    }

    /// Holds a row's leaf against the log's.
    fn leaf(
        &mut self,
        checking: &mut Checking<'_>,
        (ordinal, index): (usize, u64),
        organization_id: &str,
        leaf: Hash,
    ) {
        let (context, listed) = (checking.context, checking.listed);
        checking.report.counts.leaves += 1;
        let Some(rows) = listed.organizations.get(ordinal) else {
            return;
        };
        let hashes = self.hashes.entry(ordinal).or_insert_with(|| {
            let (first, count) = (rows.first_index, u64::from(rows.rows));
            // A file that cannot be read is found by whoever checks the log.
            stored_hashes(context.durable, &rows.id, 0, first, count).unwrap_or_default()
        });
        let number = usize::try_from(index - rows.first_index).unwrap_or(usize::MAX);
        if hashes.get(number) != Some(&leaf) {
            context.differs(organization_id, index, leaf, &checking.file(ROWS_FILE));
        }
    }

    /// Every organization has as many events and stubs as the manifest says.
    fn has_listed_rows(&self, listed: &Listed) -> bool {
        let organizations = listed.organizations.iter();
        organizations
            .zip(&self.organizations)
            .all(|(rows, counted)| rows.end() == counted.next && rows.events() == counted.events)
    }
}

/// Bytes of the files of a segment.
pub(super) fn bytes_of(data: &Path, listed: &Listed) -> u64 {
    let length = |name| {
        let path = data.join(listed.folder()).join(name);
        std::fs::metadata(path).map_or(0, |data| data.len())
    };
    length(ROWS_FILE) + length(INDEX_FILE)
}

/// A folder's name, taken apart: first position, rows and generation.
pub(super) fn parse_folder(name: &str) -> Option<(u64, u32, u32)> {
    let mut parts = name.split('-');
    let first_position = u64::from_str_radix(parts.next()?, 16).ok()?;
    let rows = u32::from_str_radix(parts.next()?, 16).ok()?;
    let generation = u32::from_str_radix(parts.next()?, 16).ok()?;
    let folder = layout::segment_folder(first_position, rows, generation);
    (folder.file_name()? == name).then_some((first_position, rows, generation))
}
