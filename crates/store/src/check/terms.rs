//! Comparing the terms of a segment with those of its rows.
//!
//! The rows go through the code that seals them, in small tails one after the other; what comes out
//! is added up by field, and so is what the dictionary has. Equal sums of well mixed numbers mean
//! equal terms with equal rows. Memory is bounded by one small tail and a number a field.
//!
//! Rows that the segment calls partial may lack any of their terms, so they are left out on both
//! sides. What must hold of them is that no row is whole that has to be partial.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use evident_event::id::EventId;
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use roaring::RoaringBitmap;

use crate::segment::error::SegmentError;
use crate::segment::key;
use crate::segment::meta::Listed;
use crate::segment::sealed::Parts;
use crate::segment::tail::{NewRow, Organization, Tail};
use crate::wal::{Stored, WalFile};

/// Canonical bytes in one of the small tails.
const CHUNK_BYTES: usize = 2 << 20;
/// Room for texts that one of them has taken when the next one begins, as terms may cost much more than
/// the text they are of. Far less than a tail has, so a row that is partial there is so by itself.
const CHUNK_ROOM_BYTES: usize = 16 << 20;
/// Fields that are named in what was found, at most.
const MAX_NAMED: usize = 8;

/// The rows of one field's terms, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sum {
    count: u64,
    sum: u64,
}

impl Sum {
    fn add(&mut self, value: u64, row: u32) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(mix(value, row));
    }
}

/// Spreads a term's value and a row over 64 bits, as `SplitMix64` does.
fn mix(value: u64, row: u32) -> u64 {
    let mut bits = value
        ^ u64::from(row)
            .wrapping_add(1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ bits >> 31
}

/// By what a key begins with: organization and field.
type Sums = BTreeMap<Vec<u8>, Sum>;

/// Hashes of the ids of traces and spans, each with the place of a row.
pub(super) type Traces = Vec<(u64, u32)>;

/// The terms of a segment's rows.
pub(super) struct Terms {
    organizations: Vec<Arc<str>>,
    /// Places of rows that may lack terms.
    partial: RoaringBitmap,
    hasher: RandomState,
    expected: Sums,
    /// Attempts: ordinal, id and place.
    attempts: Vec<(u32, u64, u32)>,
    /// Those that have an outcome: ordinal and id.
    concluded: HashSet<(u32, u64)>,
    /// See [`Traces`].
    traces: Traces,
    /// A row that should be partial and is not.
    not_partial: Option<u32>,
    tail: Tail,
    /// The places of the tail's rows in the segment: between them there may be stubs.
    tail_places: Vec<u32>,
    /// By ordinal: how many events it has had. In tails, only these have numbers.
    pushed: Vec<u64>,
    tail_bytes: usize,
    /// The rows' file: a tail wants to know where its rows are, though nobody reads them from there.
    file: Arc<WalFile>,
}

impl Terms {
    /// Reads which rows are partial.
    pub(super) fn new(
        listed: &Listed,
        parts: &Parts,
        file: Arc<WalFile>,
    ) -> Result<Self, SegmentError> {
        let mut places = Vec::new();
        parts.places.read_into(0..listed.events(), &mut places)?;
        let mut partial = RoaringBitmap::new();
        for ordinal in 0..listed.organizations.len() as u32 {
            let key = key::of_value(ordinal, key::PARTIAL, "");
            if let Some(found) = parts.dictionary.find(&key)? {
                parts.dictionary.posting(&found)?.each(&mut |rank| {
                    let place = places.get(rank as usize);
                    partial.extend(place.and_then(|place| u32::try_from(*place).ok()));
                })?;
            }
        }
        Ok(Self {
            organizations: listed
                .organizations
                .iter()
                .map(|rows| rows.id.as_str().into())
                .collect(),
            partial,
            hasher: RandomState::new(),
            expected: Sums::new(),
            attempts: Vec::new(),
            concluded: HashSet::new(),
            traces: Vec::new(),
            not_partial: None,
            tail: Tail::new(0, u32::MAX),
            tail_places: Vec::new(),
            pushed: vec![0; listed.organizations.len()],
            tail_bytes: 0,
            file,
        })
    }

    /// Whether a row may lack terms.
    pub(super) fn is_partial(&self, place: u32) -> bool {
        self.partial.contains(place)
    }

    /// The next event: its organization, its place, its id and its bytes.
    pub(super) fn push(&mut self, ordinal: u32, place: u32, id: EventId, canonical: &[u8]) {
        let known = self.organizations.get(ordinal as usize).map(Arc::clone);
        let (Some(organization), Some(pushed)) = (known, self.pushed.get_mut(ordinal as usize))
        else {
            return;
        };
        let number = *pushed;
        *pushed += 1;
        let row = NewRow {
            id,
            received_at: Timestamp::from_micros(0),
            occurred_at: Timestamp::from_micros(0),
            leaf_hash: Hash([0; 32]),
            stored: Stored::new(&self.file, 0, &[]),
            canonical,
        };
        self.tail.push(&organization, number, std::iter::once(row));
        self.tail_places.push(place);
        self.expect(ordinal, key::ROWS, place);
        self.expect(ordinal, key::PLACES, place);
        self.tail_bytes += canonical.len();
        let room_taken = self.tail.read().room_taken();
        if self.tail_bytes >= CHUNK_BYTES || room_taken >= CHUNK_ROOM_BYTES {
            self.absorb();
        }
    }

    /// A stub: its organization and its place.
    pub(super) fn push_stub(&mut self, ordinal: u32, place: u32) {
        self.expect(ordinal, key::PLACES, place);
    }

    /// Adds a place to the only term of a field.
    fn expect(&mut self, ordinal: u32, field: &str, place: u32) {
        let value = self.hasher.hash_one(&b""[..]);
        let sums = self.expected.entry(key::of_field(ordinal, field));
        sums.or_default().add(value, place);
    }

    /// Adds up what the tail has, and begins another.
    fn absorb(&mut self) {
        let tail = std::mem::replace(&mut self.tail, Tail::new(0, u32::MAX));
        let rows = tail.read();
        for organization in rows.organizations() {
            let found = self.organizations.binary_search(&organization.id);
            if let Ok(ordinal) = found {
                self.absorb_organization(ordinal as u32, organization);
            }
        }
        self.tail_places.clear();
        self.tail_bytes = 0;
    }

    /// The place in the segment of a row of the tail.
    fn place_of(&self, row: u32) -> u32 {
        let place = self.tail_places.get(row as usize);
        place.copied().unwrap_or(u32::MAX)
    }

    fn absorb_organization(&mut self, ordinal: u32, organization: &Organization) {
        for row in &organization.partial {
            let place = self.place_of(*row);
            if !self.partial.contains(place) {
                self.not_partial.get_or_insert(place);
            }
        }
        for (hash, row) in &organization.hashed {
            self.traces.push((*hash, self.place_of(*row)));
        }
        for (field, _) in organization.fields() {
            let mut sum = Sum::default();
            for (value, members) in organization.values(&field) {
                // Members may have rows in common.
                let rows: RoaringBitmap = organization.places_of(members).into_iter().collect();
                let places = rows.iter().map(|row| self.place_of(row));
                let mut kept = Vec::new();
                key::push_value(value, &mut kept);
                let value = self.hasher.hash_one(&kept[..]);
                places
                    .filter(|place| !self.partial.contains(*place))
                    .for_each(|place| sum.add(value, place));
            }
            if sum.count > 0 {
                let all = self
                    .expected
                    .entry(key::of_field(ordinal, &field))
                    .or_default();
                all.count += sum.count;
                all.sum = all.sum.wrapping_add(sum.sum);
            }
        }
        self.absorb_attempts(ordinal, organization);
    }

    fn absorb_attempts(&mut self, ordinal: u32, organization: &Organization) {
        let of_phase = |phase| -> RoaringBitmap {
            let members = organization.find("phase", phase).unwrap_or_default();
            organization.places_of(members).into_iter().collect()
        };
        let (begun, ended) = (of_phase("attempt"), of_phase("outcome"));
        for (value, members) in organization.values("attempt_id") {
            let mut kept = Vec::new();
            key::push_value(value, &mut kept);
            let id = self.hasher.hash_one(&kept[..]);
            let places: RoaringBitmap = organization.places_of(members).into_iter().collect();
            if !places.is_disjoint(&ended) {
                self.concluded.insert((ordinal, id));
            }
            for row in &places & &begun {
                self.attempts.push((ordinal, id, self.place_of(row)));
            }
        }
    }

    /// Compares with the dictionary, whose ranks are of these places. Gives what is wrong, and the
    /// hashes of traces and spans by place.
    pub(super) fn compare(
        mut self,
        parts: &Parts,
        places: &[u32],
    ) -> Result<(Vec<String>, Traces), SegmentError> {
        self.absorb();
        for (ordinal, id, place) in std::mem::take(&mut self.attempts) {
            if !self.concluded.contains(&(ordinal, id)) && !self.partial.contains(place) {
                let key = key::of_field(ordinal, key::OPEN);
                self.expected.entry(key).or_default().add(id, place);
            }
        }
        let found = self.add_up(parts, places)?;
        let mut wrong = Vec::new();
        let mut unequal = 0;
        let keys: std::collections::BTreeSet<&Vec<u8>> =
            self.expected.keys().chain(found.keys()).collect();
        for key in keys {
            if self.expected.get(key) != found.get(key) {
                unequal += 1;
                if unequal <= MAX_NAMED {
                    wrong.push(self.tell(key));
                }
            }
        }
        if unequal > MAX_NAMED {
            wrong.push(format!("the same of {} more fields", unequal - MAX_NAMED));
        }
        if let Some(place) = self.not_partial {
            wrong.push(format!(
                "the row of place {place} lacks terms and is not marked as partial"
            ));
        }
        Ok((wrong, self.traces))
    }

    /// Adds up what the dictionary has.
    fn add_up(&self, parts: &Parts, places: &[u32]) -> Result<Sums, SegmentError> {
        let mut sums = Sums::new();
        let mut cursor = parts.dictionary.scan(&[])?;
        while let Some((key, found)) = cursor.next()? {
            let Some((_, field, value)) = key::parts(key) else {
                return Err(SegmentError::malformed(
                    "dictionary of terms",
                    "a key is none",
                ));
            };
            if field == key::PARTIAL.as_bytes() {
                continue;
            }
            let own = field == key::ROWS.as_bytes();
            let ranks_are_places = field == key::PLACES.as_bytes();
            let prefix = &key[..key.len() - value.len()];
            let value = self.hasher.hash_one(value);
            let mut sum = Sum::default();
            parts.dictionary.posting(&found)?.each(&mut |rank| {
                let place = match ranks_are_places {
                    true => rank,
                    false => places.get(rank as usize).copied().unwrap_or(u32::MAX),
                };
                if own || ranks_are_places || !self.partial.contains(place) {
                    sum.add(value, place);
                }
            })?;
            if sum.count > 0 {
                if !sums.contains_key(prefix) {
                    sums.insert(prefix.to_vec(), Sum::default());
                }
                if let Some(all) = sums.get_mut(prefix) {
                    all.count += sum.count;
                    all.sum = all.sum.wrapping_add(sum.sum);
                }
            }
        }
        Ok(sums)
    }

    fn tell(&self, key: &[u8]) -> String {
        let parts = key::parts(key);
        let field = parts
            .map(|(_, field, _)| String::from_utf8_lossy(field))
            .unwrap_or_default();
        let organization = parts.and_then(|(ordinal, ..)| self.organizations.get(ordinal as usize));
        let organization = organization.map_or("an organization that is not there", |id| id);
        format!("the terms of {field} of {organization} are not those of the rows")
    }
}
