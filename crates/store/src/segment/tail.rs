//! The tail: rows that the write-ahead log holds and no segment does yet, and what finds them.
//!
//! It takes rows as fast as they are appended, so it does as little as it can for each: an event is
//! cut into its members without being parsed, and a member that has been met before (the same
//! actor, the same action) only gets the row's number. What a member's terms are is found out once,
//! when it is first met. A term knows its members, and they know their rows.
//!
//! What must hold:
//!
//! - rows are numbered by *place*, from 0 in the order of their positions;
//! - a reader that looks at the first `n` places only sees the same however many come after;
//! - memory is bounded by [`Room`] beside a fixed amount a row: when it is spent, rows are marked as
//!   partial, and readers look at the rows themselves.
//!
//! A tail has fewer rows than a segment, and several become one: most of its work is looking texts up,
//! and small tables stay in the processor's cache.

mod fields;
mod organization;
mod texts;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use evident_event::id::EventId;
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use hashbrown::HashMap;
use roaring::RoaringBitmap;
use smallvec::SmallVec;

pub(crate) use self::fields::Values;
pub(crate) use self::organization::Organization;
use crate::wal::Stored;

/// Bytes of texts for each row that a tail is for.
const ROOM_BYTES_A_ROW: usize = 2 << 10;
/// Bytes of texts that a tail has room for, at least and at most.
const ROOM_BYTES: (usize, usize) = (32 << 20, 128 << 20);
/// What a member costs beside its text, at least.
const MEMBER_BYTES: usize = 96;
/// What a path costs beside its text: the tables of its values.
const PATH_BYTES: usize = 640;
/// Terms that one member may have.
pub(crate) const MAX_MEMBER_TERMS: usize = 4_096;
/// Numbers of members, or of rows. Most are alone.
type Numbers = SmallVec<[u32; 4]>;

/// Bytes of texts that a tail keeps for finding, at most.
#[derive(Debug, Clone, Copy)]
struct Room {
    all: usize,
    /// From here on an organization that has taken its fair part gets no more: one that sends what is
    /// never seen again must not make the rows of all others partial.
    shared: usize,
    /// See [`Self::shared`].
    fair: usize,
}

impl Room {
    fn for_rows(rows: u32) -> Self {
        let (least, most) = ROOM_BYTES;
        let all = ROOM_BYTES_A_ROW.saturating_mul(rows as usize);
        let all = all.clamp(least, most);
        Self {
            all,
            shared: all / 4 * 3,
            fair: all / 4,
        }
    }
}

/// A row of the tail.
pub(crate) struct TailRow {
    pub(crate) id: EventId,
    pub(crate) received_at: Timestamp,
    pub(crate) occurred_at: Timestamp,
    pub(crate) leaf_hash: Hash,
    /// Its organization's number in this tail.
    pub(crate) organization: u32,
    pub(crate) index: u64,
    /// Its canonical bytes in the write-ahead log.
    pub(crate) stored: Stored,
}

/// A row on its way into the tail.
pub(crate) struct NewRow<'a> {
    pub(crate) id: EventId,
    pub(crate) received_at: Timestamp,
    pub(crate) occurred_at: Timestamp,
    pub(crate) leaf_hash: Hash,
    pub(crate) stored: Stored,
    pub(crate) canonical: &'a [u8],
}

/// The newest rows.
pub(crate) struct Tail {
    first_position: u64,
    rows: RwLock<Rows>,
}

/// What a tail holds.
pub(crate) struct Rows {
    rows: Vec<TailRow>,
    organizations: Vec<Organization>,
    ordinals: HashMap<Arc<str>, u32>,
    room: Room,
    room_taken: usize,
}

impl Tail {
    /// One without rows, that takes so many of those from a position on.
    pub(crate) fn new(first_position: u64, for_rows: u32) -> Self {
        Self {
            first_position,
            rows: RwLock::new(Rows {
                rows: Vec::new(),
                organizations: Vec::new(),
                ordinals: HashMap::default(),
                room: Room::for_rows(for_rows),
                room_taken: 0,
            }),
        }
    }

    pub(crate) fn first_position(&self) -> u64 {
        self.first_position
    }

    /// The position behind the last row that is there now.
    pub(crate) fn end(&self) -> u64 {
        self.first_position + self.read().rows().len() as u64
    }

    /// Takes rows of one organization, which follow all that are there, the first at an index.
    pub(crate) fn push<'a>(
        &self,
        organization_id: &Arc<str>,
        first_index: u64,
        rows: impl Iterator<Item = NewRow<'a>>,
    ) {
        let mut state = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        state.push(organization_id, first_index, rows);
    }

    /// What is there now.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Rows> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn push<'a>(
        &mut self,
        organization_id: &Arc<str>,
        first_index: u64,
        rows: impl Iterator<Item = NewRow<'a>>,
    ) {
        let organizations = &mut self.organizations;
        let ordinal = *self
            .ordinals
            .entry(Arc::clone(organization_id))
            .or_insert_with(|| {
                organizations.push(Organization::new(organization_id, first_index));
                organizations.len() as u32 - 1
            });
        let organization = &mut self.organizations[ordinal as usize];
        for (new, index) in rows.zip(first_index..) {
            assert_eq!(
                index,
                organization.first_index + organization.places.len() as u64
            );
            let place = self.rows.len() as u32;
            self.room_taken += organization.push(&new, place, self.room, self.room_taken);
            self.rows.push(TailRow {
                id: new.id,
                received_at: new.received_at,
                occurred_at: new.occurred_at,
                leaf_hash: new.leaf_hash,
                organization: ordinal,
                index,
                stored: new.stored,
            });
        }
    }

    /// Bytes of texts that it has taken.
    pub(crate) fn room_taken(&self) -> usize {
        self.room_taken
    }

    /// What it has of an organization.
    pub(crate) fn organization(&self, organization_id: &str) -> Option<&Organization> {
        self.organizations
            .get(self.ordinal(organization_id)? as usize)
    }

    /// All rows, by place.
    pub(crate) fn rows(&self) -> &[TailRow] {
        &self.rows
    }

    /// The organizations that have rows.
    pub(crate) fn organizations(&self) -> &[Organization] {
        &self.organizations
    }

    /// The organization's number in this tail.
    pub(crate) fn ordinal(&self, organization_id: &str) -> Option<u32> {
        self.ordinals.get(organization_id).copied()
    }

    /// The place of the row with this id.
    pub(crate) fn place_of_id(&self, organization_id: &str, id: EventId) -> Option<u32> {
        self.organization(organization_id)?.place_of_id(id)
    }

    /// The row with this id.
    pub(crate) fn find_id(&self, organization_id: &str, id: EventId) -> Option<&TailRow> {
        self.rows
            .get(self.place_of_id(organization_id, id)? as usize)
    }
}

/// Places in their order as a set; of any order the same set, only slower.
pub(crate) fn ascending_set(places: impl Iterator<Item = u32> + Clone) -> RoaringBitmap {
    RoaringBitmap::from_sorted_iter(places.clone()).unwrap_or_else(|_| places.collect())
}
