//! The rows of a segment on their way into new ones.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use evident_ledger::{HASH_BYTES, Hash};
use rustix::fs::MemfdFlags;

use super::super::context::RawFile;
use super::super::row::RowFacts;
use super::super::segment::open_rows;
use super::Rebuilding;
use crate::layout;
use crate::segment::error::SegmentError;
use crate::segment::meta::Listed;
use crate::segment::rows::{Line, Rows, Stub};
use crate::segment::seal::{Holes, seal_among};
use crate::segment::sealed::Segment;
use crate::segment::tail::{NewRow, Tail};
use crate::segment::writing::MakeError;
use crate::wal::{GROUP_POSITIONS, Stored, WalFile};

/// Places of a segment that is made anew. Compaction joins those of this size again.
const MAX_ROWS: u32 = GROUP_POSITIONS as u32;
/// Canonical bytes of one, which are in memory while it is made.
const MAX_ROWS_BYTES: u64 = 256 << 20;

/// The rows of one segment, and what is made of them.
pub(super) struct Copying<'a, 'b> {
    rebuilding: &'a mut Rebuilding<'b>,
    listed: &'a Listed,
    rows: Rows<RawFile>,
    /// By ordinal: the index of the organization's next row.
    next: Vec<u64>,
    made: Vec<Listed>,
}

/// The rows of the segment that is begun. A tail reads its rows from a file, so they are in one that
/// is in memory only.
struct Batch {
    tail: Tail,
    file: Arc<WalFile>,
    bytes: u64,
    /// Places that were filled.
    places: u32,
    holes: Holes,
    /// By ordinal: the number that the organization's next event has in the tail, which counts no holes.
    /// The first has the index of the organization's first row here.
    numbers: BTreeMap<usize, u64>,
}

impl Batch {
    fn begin(first_position: u64) -> Result<Self, MakeError> {
        let descriptor =
            rustix::fs::memfd_create("rows", MemfdFlags::CLOEXEC).map_err(std::io::Error::from)?;
        Ok(Self {
            tail: Tail::new(first_position, MAX_ROWS),
            file: Arc::new(WalFile {
                file: File::from(descriptor),
                path: "rows".into(),
            }),
            bytes: 0,
            places: 0,
            holes: Holes::default(),
            numbers: BTreeMap::new(),
        })
    }
}

impl<'a, 'b> Copying<'a, 'b> {
    pub(super) fn begin(
        rebuilding: &'a mut Rebuilding<'b>,
        listed: &'a Listed,
    ) -> Result<Self, MakeError> {
        let data = rebuilding.durable.path(Path::new(""));
        let parts = Segment::new(&data, listed.clone()).parts().ok();
        Ok(Self {
            rows: open_rows(&data, listed, parts.as_deref())?,
            next: listed
                .organizations
                .iter()
                .map(|rows| rows.first_index)
                .collect(),
            rebuilding,
            listed,
            made: Vec::new(),
        })
    }

    /// Makes new segments of all rows, and gives them.
    pub(super) fn run(&mut self) -> Result<Vec<Listed>, MakeError> {
        let mut batch = Batch::begin(self.listed.first_position)?;
        for number in 0..self.rows.frame_count() {
            let frame = self.rows.frame(number)?;
            for (row, place) in frame.rows().zip(frame.first_place()..) {
                self.push(&mut batch, row)?;
                if batch.places >= MAX_ROWS || batch.bytes >= MAX_ROWS_BYTES {
                    self.seal(&batch)?;
                    batch = Batch::begin(self.listed.first_position + u64::from(place) + 1)?;
                }
            }
        }
        self.seal(&batch)?;
        Ok(std::mem::take(&mut self.made))
    }

    fn push(&mut self, batch: &mut Batch, line: &[u8]) -> Result<(), MakeError> {
        match Line::read(line)? {
            Line::Event(canonical) => self.push_event(batch, canonical)?,
            Line::Stub(stub) => self.push_stub(batch, &stub)?,
            Line::Nothing => batch.holes.push_nothing(batch.places),
        }
        batch.places += 1;
        Ok(())
    }

    /// The ordinal of an organization, and the index of its next row, which is taken.
    fn next_of(&mut self, organization_id: &str) -> Result<(usize, u64), SegmentError> {
        let unknown = || no_row("the manifest does not name its organization");
        let organizations = &self.listed.organizations;
        let ordinal = organizations
            .binary_search_by(|rows| rows.id.as_str().cmp(organization_id))
            .map_err(|_| unknown())?;
        let next = self.next.get_mut(ordinal).ok_or_else(unknown)?;
        let index = *next;
        *next += 1;
        Ok((ordinal, index))
    }

    fn push_stub(&mut self, batch: &mut Batch, stub: &Stub<'_>) -> Result<(), MakeError> {
        let (ordinal, index) = self.next_of(stub.organization_id)?;
        batch.numbers.entry(ordinal).or_insert(index);
        batch.holes.push_stub(batch.places, index, stub);
        Ok(())
    }

    fn push_event(&mut self, batch: &mut Batch, canonical: &[u8]) -> Result<(), MakeError> {
        let facts = RowFacts::read(canonical).map_err(no_row)?;
        let (ordinal, index) = self.next_of(facts.organization_id)?;
        (&batch.file.file).write_all(canonical)?;
        let row = NewRow {
            id: facts.id,
            received_at: facts.received_at,
            occurred_at: facts.occurred_at,
            // A segment has no leaves: they are in the level files.
            leaf_hash: Hash([0; HASH_BYTES]),
            stored: Stored::new(&batch.file, batch.bytes, canonical),
            canonical,
        };
        let number = batch.numbers.entry(ordinal).or_insert(index);
        let organization_id = facts.organization_id.into();
        batch
            .tail
            .push(&organization_id, *number, std::iter::once(row));
        *number += 1;
        batch.bytes += canonical.len() as u64;
        Ok(())
    }

    fn seal(&mut self, batch: &Batch) -> Result<(), MakeError> {
        let rows = batch.tail.read();
        if rows.rows().is_empty() && !batch.holes.has_stubs() {
            return Ok(());
        }
        let durable = self.rebuilding.durable;
        let manifest = &mut self.rebuilding.manifest;
        let (first, count) = (batch.tail.first_position(), batch.places);
        let generation = manifest.next_generation;
        manifest.next_generation += 1;
        // A crash may have left one of this name, which nothing names.
        let folder = layout::segment_folder(first, count, generation);
        if durable.path(&folder).exists() {
            durable.remove_folder(&folder)?;
        }
        let made = seal_among(durable, first, generation, &[&rows], &batch.holes)?;
        self.made.push(made);
        Ok(())
    }
}

fn no_row(what: &'static str) -> SegmentError {
    SegmentError::malformed("rows", what)
}
