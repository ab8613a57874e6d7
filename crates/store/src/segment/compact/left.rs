//! What is left of a segment when rows are taken out of it.
//!
//! What must hold: a row that goes leaves a stub, unless its index is below the organization's minimum
//! and no event before it stays; so the rows that left something still follow each other in their
//! organization's log. A stub's entry hashes to the leaf, or nothing is taken out at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use evident_ledger::entry::{Entry, commitment};
use roaring::RoaringBitmap;

use super::super::error::SegmentError;
use super::super::key;
use super::super::meta::{Listed, OrganizationRows};
use super::super::rows::{Line, Stub};
use super::super::sealed::{Parts, Segment};
use super::super::writing::MakeError;
use crate::check::row::RowFacts;
use crate::durable::Durable;
use crate::logs::HashFiles;
use crate::seeds::Seeds;
use crate::wal::group_of;

/// Rows that are to be taken out of a segment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Removal {
    /// Their ranks.
    pub(crate) ranks: RoaringBitmap,
    /// By the ordinals of the segment's organizations: rows below this index leave nothing.
    pub(crate) minimum_indexes: Vec<u64>,
}

/// What was taken of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) events: u64,
    /// Bytes of their canonical forms.
    pub(crate) bytes: u64,
    /// The lowest and the highest index.
    pub(crate) indexes: (u64, u64),
    /// When the first and the last of them were received, in microseconds.
    pub(crate) received: (i64, i64),
}

impl Taken {
    pub(crate) fn one(index: u64, bytes: usize, received_at: i64) -> Self {
        Self {
            events: 1,
            bytes: bytes as u64,
            indexes: (index, index),
            received: (received_at, received_at),
        }
    }

    /// Takes in what else was taken.
    pub(crate) fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.bytes += other.bytes;
        let (first, last) = other.indexes;
        self.indexes = (self.indexes.0.min(first), self.indexes.1.max(last));
        let (first, last) = other.received;
        self.received = (self.received.0.min(first), self.received.1.max(last));
    }
}

/// What was taken, by organization.
pub(crate) type TakenRows = BTreeMap<String, Taken>;

/// Adds what was taken of an organization.
pub(crate) fn add_taken(all: &mut TakenRows, organization_id: &str, taken: &Taken) {
    match all.get_mut(organization_id) {
        Some(known) => known.add(taken),
        None => {
            all.insert(organization_id.to_owned(), taken.clone());
        }
    }
}

/// What the rows and stubs of one organization are reduced to.
struct OrganizationLeft {
    /// The places of its rows and stubs, as they were.
    places: RoaringBitmap,
    /// The index of the first of them.
    first_index: u64,
}

/// What is left of a segment.
pub(crate) struct Left {
    /// By the segment's ordinals: what is left of each organization, if anything is.
    pub(super) organizations: Vec<Option<OrganizationRows>>,
    /// The ranks of the rows that go.
    pub(super) removed: RoaringBitmap,
    /// The places that are not those of a row or stub any longer.
    pub(super) emptied: RoaringBitmap,
    /// The places of the rows that go and leave a stub.
    stubbed: RoaringBitmap,
    olds: Vec<OrganizationLeft>,
    ordinals: BTreeMap<String, usize>,
}

impl Left {
    /// What is left of a segment.
    pub(crate) fn of(segment: &Segment, removal: Removal) -> Result<Self, SegmentError> {
        let (parts, listed) = (segment.parts()?, segment.listed());
        let (gone, staying) = split(&parts, listed, &removal.ranks)?;
        let mut left = Self {
            organizations: Vec::with_capacity(listed.organizations.len()),
            removed: removal.ranks,
            emptied: RoaringBitmap::new(),
            stubbed: RoaringBitmap::new(),
            olds: Vec::with_capacity(listed.organizations.len()),
            ordinals: BTreeMap::new(),
        };
        for (number, rows) in listed.organizations.iter().enumerate() {
            let minimum = removal.minimum_indexes.get(number);
            let places = places_of(&parts, listed, number)?;
            left.ordinals.insert(rows.id.clone(), number);
            left.reduce(rows, places, minimum.copied().unwrap_or(0), &staying);
        }
        left.stubbed = gone - &left.emptied;
        Ok(left)
    }

    fn reduce(
        &mut self,
        rows: &OrganizationRows,
        places: RoaringBitmap,
        minimum_index: u64,
        staying: &RoaringBitmap,
    ) {
        let events = &places & staying;
        let below = minimum_index.saturating_sub(rows.first_index);
        let below = u32::try_from(below).unwrap_or(u32::MAX).min(rows.rows);
        let before_event = events.min().map_or(rows.rows, |first| {
            // Fits: it is among these places.
            places.rank(first).saturating_sub(1) as u32
        });
        let leaving_nothing = below.min(before_event);
        let left = rows.rows - leaving_nothing;
        self.emptied
            .extend(places.iter().take(leaving_nothing as usize));
        let events = events.len() as u32;
        self.organizations
            .push((left > 0).then(|| OrganizationRows {
                id: rows.id.clone(),
                first_index: rows.first_index + u64::from(leaving_nothing),
                rows: left,
                events: (events != left).then_some(events),
            }));
        self.olds.push(OrganizationLeft {
            places,
            first_index: rows.first_index,
        });
    }

    /// How many events are left.
    pub(super) fn events(&self) -> u32 {
        let left = self.organizations.iter().flatten();
        left.map(OrganizationRows::events).sum()
    }

    /// Whether nothing is left: neither rows nor stubs.
    pub(crate) fn is_nothing(&self) -> bool {
        self.organizations.iter().all(Option::is_none)
    }

    /// Whether nothing changes.
    pub(crate) fn is_everything(&self) -> bool {
        self.emptied.is_empty() && self.stubbed.is_empty()
    }

    /// Whether places of a range change.
    pub(super) fn changes(&self, places: std::ops::Range<u32>) -> bool {
        self.emptied.range_cardinality(places.clone()) > 0
            || self.stubbed.range_cardinality(places) > 0
    }

    /// Whether the row of a place goes, and what becomes of it.
    pub(super) fn fate(&self, place: u32) -> Fate {
        match (self.emptied.contains(place), self.stubbed.contains(place)) {
            (true, _) => Fate::Empty,
            (false, true) => Fate::Stub,
            (false, false) => Fate::Stay,
        }
    }

    /// The index of an organization's row or stub.
    fn index_of(&self, organization_id: &str, place: u32) -> Option<u64> {
        let number = self.ordinals.get(organization_id)?;
        let old = self.olds.get(*number)?;
        let before = old.places.rank(place).checked_sub(1)?;
        old.places
            .contains(place)
            .then_some(old.first_index + before)
    }
}

/// What becomes of what stands in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Stay,
    Stub,
    Empty,
}

/// The places of the rows that go, and of those that stay.
fn split(
    parts: &Parts,
    listed: &Listed,
    removed: &RoaringBitmap,
) -> Result<(RoaringBitmap, RoaringBitmap), SegmentError> {
    let mut places = Vec::new();
    parts.places.read_into(0..listed.events(), &mut places)?;
    let (mut gone, mut staying) = (Vec::new(), Vec::new());
    for (place, rank) in places.iter().zip(0..) {
        let place = u32::try_from(*place)
            .ok()
            .filter(|place| *place < listed.rows);
        let place = place.ok_or(SegmentError::malformed(
            "places",
            "a place is out of bounds",
        ))?;
        match removed.contains(rank) {
            true => gone.push(place),
            false => staying.push(place),
        }
    }
    Ok((gone.into_iter().collect(), staying.into_iter().collect()))
}

/// The places of the rows and stubs of an organization.
fn places_of(
    parts: &Parts,
    listed: &Listed,
    ordinal: usize,
) -> Result<RoaringBitmap, SegmentError> {
    // Fits: there are fewer organizations than rows.
    let found = parts
        .dictionary
        .find(&key::of_value(ordinal as u32, key::PLACES, ""))?;
    let places = match found {
        Some(found) => parts.dictionary.posting(&found)?.to_bitmap()?,
        None => RoaringBitmap::new(),
    };
    let rows = listed.organizations.get(ordinal).map(|rows| rows.rows);
    match rows.is_some_and(|rows| places.len() == u64::from(rows)) {
        true => Ok(places),
        false => Err(SegmentError::malformed(
            "places",
            "an organization has other places than rows",
        )),
    }
}

/// Makes the entries of rows that go, and counts these.
pub(crate) struct Taking<'a> {
    durable: &'a Durable,
    seeds: &'a mut Seeds,
    hashes: BTreeMap<String, Arc<HashFiles>>,
    pub(crate) taken: TakenRows,
}

impl<'a> Taking<'a> {
    pub(crate) fn new(durable: &'a Durable, seeds: &'a mut Seeds) -> Self {
        Self {
            durable,
            seeds,
            hashes: BTreeMap::new(),
            taken: BTreeMap::new(),
        }
    }

    /// What stands in a place afterwards: nothing if `into` stays empty.
    pub(super) fn line(
        &mut self,
        left: &Left,
        first_position: u64,
        place: u32,
        line: &[u8],
        into: &mut Vec<u8>,
    ) -> Result<(), MakeError> {
        into.clear();
        let fate = left.fate(place);
        if fate == Fate::Stay {
            into.extend_from_slice(line);
            return Ok(());
        }
        let Line::Event(canonical) = Line::read(line)? else {
            return Ok(());
        };
        let facts = RowFacts::read(canonical);
        let facts = facts.map_err(|what| SegmentError::malformed("rows.ndjson.zst", what))?;
        let index = left.index_of(facts.organization_id, place);
        let index = index.ok_or(SegmentError::malformed(
            "rows.ndjson.zst",
            "a row is of another organization than its terms",
        ))?;
        let one = Taken::one(index, canonical.len(), facts.received_at.as_micros());
        add_taken(&mut self.taken, facts.organization_id, &one);
        if fate == Fate::Stub {
            let entry = self.entry(&facts, canonical, first_position + u64::from(place), index)?;
            let organization_id = facts.organization_id;
            Stub {
                organization_id,
                entry,
            }
            .write(into);
        }
        Ok(())
    }

    /// The entry of a row, which is held against its leaf: once the row is gone there is nothing else
    /// to make it from.
    fn entry(
        &mut self,
        facts: &RowFacts<'_>,
        canonical: &[u8],
        position: u64,
        index: u64,
    ) -> Result<Entry, MakeError> {
        let event_id = *facts.id.as_bytes();
        let seed = self.seeds.existing(group_of(position))?;
        let salt = seed.salt(facts.organization_id, &event_id);
        let entry = Entry {
            event_id,
            received_at_micros: facts.received_at.as_micros(),
            commitment: commitment(&salt, canonical),
        };
        let id = facts.organization_id;
        if !self.hashes.contains_key(id) {
            let files = Arc::new(HashFiles::new(self.durable, id));
            self.hashes.insert(id.to_owned(), files);
        }
        let leaf = match self.hashes.get(id) {
            // Rows are sealed only once their leaves' hashes are in the files.
            Some(files) => Some(files.leaf(index, u64::MAX)?),
            None => None,
        };
        match leaf == Some(entry.leaf_hash()) {
            true => Ok(entry),
            false => Err(SegmentError::malformed(
                "rows.ndjson.zst",
                "an event is not what its leaf commits to",
            )
            .into()),
        }
    }
}
