//! Units: the segments and tails that an organization's rows are in, each with its own numbers.
//!
//! A *row* here is a number within its unit: a rank in a segment, a place in a tail. What must hold: a
//! unit shows the rows of one organization only, and of these only those below the size that the
//! answer is cut at.

use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::time::Timestamp;
use roaring::RoaringBitmap;

use crate::index::{IndexError, Place};
use crate::segment::dictionary::{Found, Pieces, Place::Stored};
use crate::segment::error::SegmentError;
use crate::segment::ids::{self, IdKind};
use crate::segment::key::{self, KeptValue};
use crate::segment::postings::Posting;
use crate::segment::sealed::{Parts, Segment};
use crate::segment::sets::Sets;
use crate::segment::tail::{Organization, Rows, Tail, ascending_set};

/// Bytes of a prefix that are looked for in keys: no more than those of a value that is cut.
const MAX_PREFIX_BYTES: usize = 200;

/// The rows of an organization in one place.
pub(super) enum Unit {
    Sealed(Sealed),
    Tail(TailUnit),
}

/// The rows of an organization in a segment.
pub(super) struct Sealed {
    pub(super) segment: Arc<Segment>,
    pub(super) parts: Arc<Parts>,
    ordinal: u32,
    /// The indexes of its rows here, also of those of which stubs are left.
    indexes: Range<u64>,
    /// All places of the segment are of the organization, so that they follow from the indexes.
    is_alone: bool,
    all: RoaringBitmap,
    is_cut: bool,
    /// The places of the organization's rows and stubs, if it is not alone.
    places: OnceLock<RoaringBitmap>,
    /// What was read of the sets of many terms.
    pieces: Mutex<Pieces>,
    /// Large sets that were read lately.
    sets: Arc<Sets>,
}

/// The rows of an organization in a tail.
pub(super) struct TailUnit {
    pub(super) tail: Arc<Tail>,
    pub(super) ordinal: u32,
    first_index: u64,
    all: RoaringBitmap,
}

/// The rows of a term, perhaps not read yet.
pub(super) enum Hits {
    Stored(Found),
    Set(RoaringBitmap),
}

impl Hits {
    /// How many rows there are, at most.
    pub(super) fn cardinality(&self) -> u64 {
        match self {
            Self::Stored(found) => u64::from(found.cardinality),
            Self::Set(rows) => rows.len(),
        }
    }
}

/// What is done with each value of a field.
pub(super) type EachValue<'e> =
    &'e mut dyn FnMut(KeptValue<'_>, Hits) -> Result<ControlFlow<()>, IndexError>;

impl From<SegmentError> for IndexError {
    fn from(error: SegmentError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Unit {
    /// The organization's rows in a segment, those below an index only. `None` if there are none.
    pub(super) fn sealed(
        segment: &Arc<Segment>,
        organization_id: &str,
        as_of: u64,
        sets: &Arc<Sets>,
    ) -> Result<Option<Self>, IndexError> {
        let Some(ordinal) = segment.ordinal(organization_id) else {
            return Ok(None);
        };
        let Some(listed) = segment.listed().organizations.get(ordinal as usize) else {
            return Ok(None);
        };
        let kept = as_of.saturating_sub(listed.first_index);
        if kept == 0 {
            return Ok(None);
        }
        let mut unit = Sealed {
            parts: segment.parts()?,
            segment: Arc::clone(segment),
            ordinal,
            indexes: listed.first_index..listed.end().min(as_of),
            is_alone: listed.rows == segment.row_count(),
            all: RoaringBitmap::new(),
            is_cut: kept < u64::from(listed.rows),
            places: OnceLock::new(),
            pieces: Mutex::default(),
            sets: Arc::clone(sets),
        };
        unit.all = match listed.events() == segment.listed().events() {
            true => full(listed.events()),
            false => unit.own_set(key::ROWS)?,
        };
        if unit.is_cut {
            let first_cut = unit.place_at(listed.first_index + kept)?;
            unit.all &= &*segment.ranks_below(first_cut)?;
        }
        Ok(Some(Self::Sealed(unit)))
    }

    /// The organization's rows in a tail, those below an index only. `None` if there are none.
    pub(super) fn tail(tail: &Arc<Tail>, organization_id: &str, as_of: u64) -> Option<Self> {
        let rows = tail.read();
        let ordinal = rows.ordinal(organization_id)?;
        let organization = rows.organizations().get(ordinal as usize)?;
        let kept = as_of.saturating_sub(organization.first_index);
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        let places = organization.places.iter().copied().take(kept);
        let all = ascending_set(places);
        (!all.is_empty()).then(|| {
            Self::Tail(TailUnit {
                tail: Arc::clone(tail),
                ordinal,
                first_index: organization.first_index,
                all,
            })
        })
    }

    /// The organization's rows.
    pub(super) fn all(&self) -> &RoaringBitmap {
        match self {
            Self::Sealed(unit) => &unit.all,
            Self::Tail(unit) => &unit.all,
        }
    }

    /// The indexes of its rows, also of those of which stubs are left.
    pub(super) fn indexes(&self) -> Range<u64> {
        match self {
            Self::Sealed(unit) => unit.indexes.clone(),
            Self::Tail(unit) => unit.first_index..unit.first_index + unit.all.len(),
        }
    }

    /// Some terms' rows are cut away by the size that the answer is cut at.
    pub(super) fn is_cut(&self) -> bool {
        match self {
            Self::Sealed(unit) => unit.is_cut,
            Self::Tail(_) => true,
        }
    }

    /// The rows of a term.
    pub(super) fn find(&self, field: &str, value: &str) -> Result<Option<Hits>, IndexError> {
        match self {
            Self::Sealed(unit) => {
                let key = key::of_value(unit.ordinal, field, value);
                Ok(unit.parts.dictionary.find(&key)?.map(Hits::Stored))
            }
            Self::Tail(unit) => Ok(unit.with(|_, organization| {
                let members = organization.find(field, value)?;
                Some(Hits::Set(organization.set_of(members)))
            })),
        }
    }

    /// The rows of a term as a set; none if there is no such term.
    pub(super) fn set(&self, field: &str, value: &str) -> Result<RoaringBitmap, IndexError> {
        match self.find(field, value)? {
            None => Ok(RoaringBitmap::new()),
            Some(hits) => self.load(hits),
        }
    }

    /// Reads a term's rows.
    pub(super) fn load(&self, hits: Hits) -> Result<RoaringBitmap, IndexError> {
        match (self, hits) {
            (_, Hits::Set(rows)) => Ok(rows),
            (Self::Sealed(unit), Hits::Stored(found)) => match unit.large_set(&found)? {
                Some(set) => Ok(RoaringBitmap::clone(&set)),
                None => Ok(unit.parts.dictionary.posting(&found)?.to_bitmap()?),
            },
            (Self::Tail(_), Hits::Stored(_)) => Ok(RoaringBitmap::new()),
        }
    }

    /// Adds a term's rows to a set.
    pub(super) fn load_into(&self, hits: Hits, set: &mut RoaringBitmap) -> Result<(), IndexError> {
        match (self, hits) {
            (Self::Sealed(unit), Hits::Stored(found)) => match unit.large_set(&found)? {
                Some(large) => *set |= &*large,
                None => add_to(set, &unit.parts.dictionary.posting(&found)?)?,
            },
            (_, hits) => self.load_of_many(&hits, set)?,
        }
        Ok(())
    }

    /// The same for one of many terms that are gone through.
    pub(super) fn load_of_many(
        &self,
        hits: &Hits,
        set: &mut RoaringBitmap,
    ) -> Result<(), IndexError> {
        match (self, hits) {
            (Self::Sealed(unit), Hits::Stored(found)) => match unit.large_set(found)? {
                Some(large) => *set |= &*large,
                None => add_to(set, &unit.posting_near(found)?)?,
            },
            (_, Hits::Set(rows)) => *set |= rows,
            (Self::Tail(_), Hits::Stored(_)) => {}
        }
        Ok(())
    }

    /// The rows of one of many terms, shared with others where they are kept.
    pub(super) fn shared_set(&self, hits: &Hits) -> Result<Arc<RoaringBitmap>, IndexError> {
        if let (Self::Sealed(unit), Hits::Stored(found)) = (self, hits)
            && let Some(large) = unit.large_set(found)?
        {
            return Ok(large);
        }
        let mut set = RoaringBitmap::new();
        self.load_of_many(hits, &mut set)?;
        Ok(Arc::new(set))
    }

    /// How many rows of one of many terms are among these.
    pub(super) fn count(&self, hits: &Hits, among: &RoaringBitmap) -> Result<u64, IndexError> {
        match (self, hits) {
            (_, Hits::Set(rows)) => Ok(rows.intersection_len(among)),
            (Self::Sealed(unit), Hits::Stored(found)) => match unit.large_set(found)? {
                Some(large) => Ok(large.intersection_len(among)),
                None => Ok(unit.posting_near(found)?.intersection_len(among)?),
            },
            (Self::Tail(_), Hits::Stored(_)) => Ok(0),
        }
    }

    /// Shows the values of a field that begin with a text (or are long and may), with their rows.
    /// In a segment they come in their order.
    pub(super) fn scan(
        &self,
        field: &str,
        prefix: &str,
        each: EachValue<'_>,
    ) -> Result<(), IndexError> {
        match self {
            Self::Sealed(unit) => unit.scan(field, prefix, each),
            Self::Tail(unit) => {
                // Copied out, so that whoever looks at them may look at the tail once more.
                let values: Vec<(Box<str>, RoaringBitmap)> = unit.with(|_, organization| {
                    let values = organization.values(field);
                    let wanted = values.filter(|(value, _)| value.starts_with(prefix));
                    wanted
                        .map(|(value, members)| (value.into(), organization.set_of(members)))
                        .collect()
                });
                for (value, rows) in values {
                    if each(KeptValue::Whole(&value), Hits::Set(rows))?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    /// The rows some of whose terms are missing.
    pub(super) fn partial(&self) -> Result<RoaringBitmap, IndexError> {
        match self {
            Self::Sealed(unit) => unit.own_set(key::PARTIAL),
            Self::Tail(unit) => {
                Ok(unit.with(|_, organization| organization.partial.iter().copied().collect()))
            }
        }
    }

    /// Rows that may have an id. Those that have it are among them.
    pub(super) fn id_candidates(
        &self,
        organization_id: &str,
        kind: IdKind,
        value: &str,
    ) -> Result<RoaringBitmap, IndexError> {
        let event_id = match kind {
            // An event's id is written in one way, so no other text is it.
            IdKind::Event => match EventId::parse(value)
                .ok()
                .filter(|id| id.to_string() == value)
            {
                Some(id) => Some(id),
                None => return Ok(RoaringBitmap::new()),
            },
            _ => None,
        };
        match self {
            Self::Sealed(unit) => {
                let hash = match &event_id {
                    Some(id) => ids::hash(organization_id, kind, id.as_bytes()),
                    None => ids::hash(organization_id, kind, value.as_bytes()),
                };
                let mut candidates = Vec::new();
                unit.parts.ids.candidates(hash, &mut candidates)?;
                Ok(candidates.into_iter().collect())
            }
            Self::Tail(unit) => Ok(unit.with(|rows, organization| {
                if let Some(id) = event_id {
                    let place = rows.place_of_id(&organization.id, id);
                    return place.into_iter().collect();
                }
                let wanted = ids::hash(organization_id, kind, value.as_bytes());
                let hashed = organization.hashed.iter();
                let found = hashed.filter(|(hash, _)| *hash == wanted);
                found.map(|(_, place)| *place).collect()
            })),
        }
    }

    /// The organization's rows of a time.
    pub(super) fn during(&self, micros: &Range<i64>) -> Result<RoaringBitmap, IndexError> {
        match self {
            Self::Sealed(unit) => {
                let meta = &unit.parts.meta;
                if meta.last_occurred_at < micros.start || meta.first_occurred_at >= micros.end {
                    return Ok(RoaringBitmap::new());
                }
                let mut rows = unit.all.clone();
                let ranks = unit.ranks_during(micros)?;
                rows.remove_range(..ranks.start);
                rows.remove_range(ranks.end..);
                Ok(rows)
            }
            Self::Tail(unit) => Ok(unit.with(|rows, _| {
                let within = |row: &u32| {
                    let row = rows.rows().get(*row as usize);
                    row.is_some_and(|row| micros.contains(&row.occurred_at.as_micros()))
                };
                unit.all.iter().filter(within).collect()
            })),
        }
    }

    /// Whether all rows of the unit are of a time. May say no though they are.
    pub(super) fn is_during(&self, micros: &Range<i64>) -> bool {
        match self {
            Self::Sealed(unit) => {
                let meta = &unit.parts.meta;
                micros.contains(&meta.first_occurred_at) && micros.contains(&meta.last_occurred_at)
            }
            Self::Tail(_) => false,
        }
    }

    /// Where a row is in the order of time.
    pub(super) fn place(&self, row: u32) -> Result<Place, IndexError> {
        self.kept_at(row).map(|(_, place)| place)
    }

    /// The same, with which of the rows that are kept here it is, in the order of positions.
    pub(super) fn kept_at(&self, row: u32) -> Result<(u32, Place), IndexError> {
        let (kept, occurred_at, index) = match self {
            Self::Sealed(unit) => {
                let kept = unit.place_of(row)?;
                let occurred_at = Timestamp::from_micros(unit.parts.times.get(row)?);
                (kept, occurred_at, unit.index_at(kept)?)
            }
            Self::Tail(unit) => unit.with(|rows, _| {
                let found = rows.rows().get(row as usize).ok_or_else(no_such_row)?;
                Ok::<_, IndexError>((row, found.occurred_at, found.index))
            })?,
        };
        Ok((kept, Place { occurred_at, index }))
    }

    /// The rows among these whose index is in a range.
    pub(super) fn of_indexes(
        &self,
        indexes: Range<u64>,
        among: &RoaringBitmap,
    ) -> Result<RoaringBitmap, IndexError> {
        let own = self.indexes();
        let indexes = indexes.start.max(own.start)..indexes.end.min(own.end);
        if indexes.is_empty() {
            return Ok(RoaringBitmap::new());
        }
        match self {
            Self::Sealed(unit) => {
                let first = unit.place_at(indexes.start)?;
                let last = unit.place_at(indexes.end - 1)?;
                let ranks = unit
                    .segment
                    .ranks_where(|place| (first..=last).contains(&place))?;
                Ok(ranks & among)
            }
            Self::Tail(unit) => Ok(unit.with(|_, organization| {
                let number = |index: u64| (index - unit.first_index) as usize;
                let places = organization
                    .places
                    .get(number(indexes.start)..number(indexes.end));
                let places = places.unwrap_or_default().iter().copied();
                ascending_set(places) & among
            })),
        }
    }
}

/// Sets of as many bytes are kept decoded.
const LARGE_SET_BYTES: u32 = 2048;
/// Sets of fewer rows are added row by row.
const SMALL_SET: u32 = 64;

fn add_to(set: &mut RoaringBitmap, posting: &Posting) -> Result<(), IndexError> {
    if posting.cardinality() < SMALL_SET {
        posting.each(&mut |row| {
            set.insert(row);
        })?;
    } else {
        *set |= posting.to_bitmap()?;
    }
    Ok(())
}

fn no_such_row() -> IndexError {
    IndexError::Failed("a row is not where it was found".to_owned())
}

/// All ranks of a segment.
fn full(rows: u32) -> RoaringBitmap {
    let mut all = RoaringBitmap::new();
    all.insert_range(0..rows);
    all
}

impl Sealed {
    /// The set of a term, if it is so large that it is kept decoded.
    fn large_set(&self, found: &Found) -> Result<Option<Arc<RoaringBitmap>>, SegmentError> {
        match found.place {
            Stored { offset, length, .. } if length >= LARGE_SET_BYTES => {
                let key = (self.segment.listed().generation, offset);
                let read = || self.parts.dictionary.posting(found)?.to_bitmap();
                self.sets.get(key, length as usize, read).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn posting_near(&self, found: &Found) -> Result<Posting, SegmentError> {
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        self.parts.dictionary.posting_near(found, &mut pieces)
    }

    /// One of the sets that the segment keeps for the organization itself.
    fn own_set(&self, field: &str) -> Result<RoaringBitmap, IndexError> {
        let found = self
            .parts
            .dictionary
            .find(&key::of_value(self.ordinal, field, ""))?;
        match found {
            Some(found) => Ok(self.parts.dictionary.posting(&found)?.to_bitmap()?),
            None => Ok(RoaringBitmap::new()),
        }
    }

    fn scan(&self, field: &str, prefix: &str, each: EachValue<'_>) -> Result<(), IndexError> {
        let mut from = key::of_field(self.ordinal, field);
        let value_at = from.len();
        let prefix = prefix.as_bytes();
        from.extend_from_slice(&prefix[..prefix.len().min(MAX_PREFIX_BYTES)]);
        let mut cursor = self.parts.dictionary.scan(&from)?;
        while let Some((key, found)) = cursor.next()? {
            if !key.starts_with(&from) {
                break;
            }
            let value = key.get(value_at..).and_then(KeptValue::read);
            let value = value.ok_or(SegmentError::malformed("terms", "a value is no text"))?;
            let is_wanted = match value {
                KeptValue::Whole(value) => value.as_bytes().starts_with(prefix),
                KeptValue::Cut(_) => {
                    let common = value.start().len().min(prefix.len());
                    value.start()[..common] == prefix[..common]
                }
            };
            if is_wanted && each(value, Hits::Stored(found))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The ranks of a time, of all organizations.
    pub(super) fn ranks_during(&self, micros: &Range<i64>) -> Result<Range<u32>, IndexError> {
        let start = self.rank_at(micros.start)?;
        let end = self.rank_at(micros.end)?;
        Ok(start..end.max(start))
    }

    /// The ranks of ascending instants, each that of the first row that is not before it.
    pub(super) fn ranks_of_edges(&self, edges: &[i64]) -> Result<Vec<u32>, IndexError> {
        edges.iter().map(|edge| self.rank_at(*edge)).collect()
    }

    /// The rank of the first row that is not before an instant.
    pub(super) fn rank_at(&self, micros: i64) -> Result<u32, IndexError> {
        let meta = &self.parts.meta;
        if micros <= meta.first_occurred_at {
            return Ok(0);
        }
        if micros > meta.last_occurred_at {
            return Ok(meta.events());
        }
        Ok(self.parts.times.partition_point(|time| time < micros)?)
    }

    /// The place of a row.
    pub(super) fn place_of(&self, rank: u32) -> Result<u32, IndexError> {
        let place = u32::try_from(self.parts.places.get(rank)?).ok();
        let place = place.filter(|place| *place < self.parts.meta.rows);
        Ok(place.ok_or(SegmentError::malformed(
            "places",
            "a place is out of bounds",
        ))?)
    }

    /// The places of the organization's rows and stubs.
    fn places(&self) -> Result<&RoaringBitmap, IndexError> {
        if let Some(places) = self.places.get() {
            return Ok(places);
        }
        let places = self.own_set(key::PLACES)?;
        Ok(self.places.get_or_init(|| places))
    }

    /// The index of the organization's first row or stub that is not before a place.
    pub(super) fn index_at(&self, place: u32) -> Result<u64, IndexError> {
        let before = match (self.is_alone, place.checked_sub(1)) {
            (true, _) => u64::from(place),
            (false, None) => 0,
            (false, Some(last)) => self.places()?.rank(last),
        };
        Ok(self.indexes.start + before)
    }

    /// The place of the row with an index of the organization's, which must be here.
    pub(super) fn place_at(&self, index: u64) -> Result<u32, IndexError> {
        let number = u32::try_from(index - self.indexes.start).unwrap_or(u32::MAX);
        if self.is_alone {
            return Ok(number);
        }
        let place = self.places()?.select(number);
        Ok(place.ok_or(SegmentError::malformed(
            "places",
            "an organization has fewer places than rows",
        ))?)
    }
}

impl TailUnit {
    /// A row's canonical bytes.
    pub(super) fn canonical(&self, row: u32) -> Result<Bytes, IndexError> {
        let stored = self.with(|rows, _| {
            let row = rows.rows().get(row as usize);
            row.map(|row| row.stored.clone())
        });
        Ok(stored.ok_or_else(no_such_row)?.read()?)
    }

    /// Does something with the rows as they are now. No more than the unit's own may be shown, and
    /// nothing that looks at the tail again may be done meanwhile.
    pub(super) fn with<T>(&self, act: impl FnOnce(&Rows, &Organization) -> T) -> T {
        let rows = self.tail.read();
        let organization = &rows.organizations()[self.ordinal as usize];
        act(&rows, organization)
    }
}
