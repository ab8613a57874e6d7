//! Places of a segment in which there is no event: what was left of rows that were removed.
//!
//! What must hold: while a segment is made, its events are numbered without the holes, as they are in
//! tails; only what the segment says of places counts the holes.

use std::collections::BTreeMap;

use crate::segment::error::SegmentError;
use crate::segment::meta::OrganizationRows;
use crate::segment::rows::{RowsWriter, Stub};

/// A place without an event.
struct Hole {
    place: u32,
    /// The line of a stub; empty if nothing was left.
    line: Vec<u8>,
}

/// The stubs of an organization.
struct Stubs {
    first_index: u64,
    places: Vec<u32>,
}

/// The places of a segment in which there is no event.
#[derive(Default)]
pub(crate) struct Holes {
    /// In the order of their places.
    holes: Vec<Hole>,
    stubs: BTreeMap<String, Stubs>,
}

impl Holes {
    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        // Fits: a segment has no more places.
        self.holes.len() as u32
    }

    /// Whether something was left at one of them.
    pub(crate) fn has_stubs(&self) -> bool {
        !self.stubs.is_empty()
    }

    /// A row of this index left its stub at this place, behind all that are known.
    pub(crate) fn push_stub(&mut self, place: u32, index: u64, stub: &Stub<'_>) {
        let mut line = Vec::new();
        stub.write(&mut line);
        self.holes.push(Hole { place, line });
        let stubs = self.stubs.entry(stub.organization_id.to_owned());
        let stubs = stubs.or_insert_with(|| Stubs {
            first_index: index,
            places: Vec::new(),
        });
        stubs.places.push(place);
    }

    /// A row left nothing at this place, behind all that are known.
    pub(crate) fn push_nothing(&mut self, place: u32) {
        let line = Vec::new();
        self.holes.push(Hole { place, line });
    }

    /// The organizations that have stubs.
    pub(super) fn organizations(&self) -> impl Iterator<Item = &str> {
        self.stubs.keys().map(String::as_str)
    }

    /// The place of each of so many events.
    pub(super) fn places_of_events(&self, events: u32) -> Vec<u32> {
        let mut holes = self.holes.iter().map(|hole| hole.place).peekable();
        let all = 0..events + self.count();
        all.filter(|place| holes.next_if_eq(place).is_none())
            .collect()
    }

    /// The places of an organization's events with those of its stubs.
    pub(super) fn with_stubs(&self, organization_id: &str, mut places: Vec<u32>) -> Vec<u32> {
        if let Some(stubs) = self.stubs.get(organization_id) {
            places.extend_from_slice(&stubs.places);
            places.sort_unstable();
        }
        places
    }

    /// What is listed of an organization's events, with its stubs.
    pub(super) fn list(&self, events: OrganizationRows) -> OrganizationRows {
        let Some(stubs) = self.stubs.get(&events.id) else {
            return events;
        };
        let first_index = match events.rows {
            0 => stubs.first_index,
            _ => events.first_index.min(stubs.first_index),
        };
        OrganizationRows {
            first_index,
            rows: events.rows + stubs.places.len() as u32,
            events: Some(events.rows),
            id: events.id,
        }
    }

    /// Writes the holes from number `next` on that stand before the event at this place; gives the number
    /// of the next hole.
    pub(super) fn write_before(
        &self,
        place: u32,
        mut next: usize,
        rows: &mut RowsWriter,
        out: &mut Vec<u8>,
    ) -> Result<usize, SegmentError> {
        while let Some(hole) = self.holes.get(next).filter(|hole| hole.place < place) {
            match hole.line.is_empty() {
                true => rows.push_nothing(out)?,
                false => rows.push(&hole.line, out)?,
            }
            next += 1;
        }
        Ok(next)
    }
}
