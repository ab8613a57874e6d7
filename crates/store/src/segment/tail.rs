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
//! - memory is bounded by [`ROOM_BYTES`] beside a fixed amount a row: when it is spent, rows are
//!   marked as partial, and readers look at the rows themselves.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use evident_event::id::EventId;
use evident_event::json;
use evident_event::json::members::{MemberText, members};
use evident_event::query::terms::{self, Term};
use evident_event::query::text;
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use hashbrown::HashMap;
use roaring::RoaringBitmap;
use smallvec::{SmallVec, smallvec};

use super::ids;
use super::key;
use crate::wal::Stored;

/// Bytes of texts that a tail keeps for finding, at most.
const ROOM_BYTES: usize = 128 << 20;
/// Bytes from which on an organization that has taken [`FAIR_ROOM_BYTES`] gets no more: one that sends
/// what is never seen again must not make the rows of all others partial.
const SHARED_ROOM_BYTES: usize = 96 << 20;
/// See [`SHARED_ROOM_BYTES`].
const FAIR_ROOM_BYTES: usize = 32 << 20;
/// What a member costs beside its text, at least.
const MEMBER_BYTES: usize = 96;
/// Terms that one member may have.
pub(crate) const MAX_MEMBER_TERMS: usize = 4_096;
/// Numbers of members, or of rows. Most are alone.
type Numbers = SmallVec<[u32; 4]>;

/// A row of the tail.
pub(crate) struct TailRow {
    pub(crate) id: EventId,
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
#[derive(Default)]
pub(crate) struct Rows {
    rows: Vec<TailRow>,
    organizations: Vec<Organization>,
    ordinals: HashMap<Arc<str>, u32>,
    room_taken: usize,
}

/// One organization's part of a tail.
pub(crate) struct Organization {
    pub(crate) id: Arc<str>,
    /// The index of its first row here.
    pub(crate) first_index: u64,
    /// The places of its rows.
    pub(crate) places: Vec<u32>,
    /// Those of them that are partial.
    pub(crate) partial: Vec<u32>,
    ids: HashMap<EventId, u32>,
    /// What it has taken of the room for texts.
    room_taken: usize,
    /// Hashes of trace and span ids, with their rows.
    pub(crate) hashed: Vec<(u64, u32)>,
    known: HashMap<Box<[u8]>, u32>,
    members: Vec<Member>,
    fields: Fields,
    /// Room to put a key together.
    key: Vec<u8>,
}

/// A member of the record, as some rows have it.
struct Member {
    places: Numbers,
    /// All of its terms are known.
    is_complete: bool,
}

impl Tail {
    /// One without rows, that takes those from a position on.
    pub(crate) fn new(first_position: u64) -> Self {
        Self {
            first_position,
            rows: RwLock::default(),
        }
    }

    pub(crate) fn first_position(&self) -> u64 {
        self.first_position
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
            organization.ids.insert(new.id, place);
            organization.places.push(place);
            let mut room_taken = organization.room_counted(self.room_taken);
            let before = room_taken;
            if !organization.take(place, new.canonical, &mut room_taken) {
                organization.partial.push(place);
            }
            self.room_taken += room_taken - before;
            organization.room_taken += room_taken - before;
            self.rows.push(TailRow {
                id: new.id,
                occurred_at: new.occurred_at,
                leaf_hash: new.leaf_hash,
                organization: ordinal,
                index,
                stored: new.stored,
            });
        }
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
        let ordinal = self.ordinal(organization_id)?;
        let organization = self.organizations.get(ordinal as usize)?;
        organization.ids.get(&id).copied()
    }

    /// The row with this id.
    pub(crate) fn find_id(&self, organization_id: &str, id: EventId) -> Option<&TailRow> {
        self.rows
            .get(self.place_of_id(organization_id, id)? as usize)
    }
}

impl Organization {
    fn new(id: &Arc<str>, first_index: u64) -> Self {
        Self {
            id: Arc::clone(id),
            first_index,
            places: Vec::new(),
            partial: Vec::new(),
            ids: HashMap::default(),
            room_taken: 0,
            hashed: Vec::new(),
            known: HashMap::default(),
            members: Vec::new(),
            fields: Fields::default(),
            key: Vec::new(),
        }
    }

    /// How much room is taken as far as this organization is concerned, of which all have taken so
    /// much: all of it, once it has had its share.
    fn room_counted(&self, all: usize) -> usize {
        match all > SHARED_ROOM_BYTES && self.room_taken > FAIR_ROOM_BYTES {
            true => all.max(ROOM_BYTES + 1),
            false => all,
        }
    }

    /// Takes the members of a row; says whether all of its terms are known.
    fn take(&mut self, place: u32, canonical: &[u8], room_taken: &mut usize) -> bool {
        let mut complete = true;
        let mut key = std::mem::take(&mut self.key);
        for member in members(canonical) {
            complete &= match member.name {
                b"context" | b"metadata" | b"request" => {
                    let mut all = true;
                    for part in members(member.value) {
                        all &= self.part(&mut key, member.name, part, place, room_taken);
                    }
                    all
                }
                // Their values have no terms: it is enough that they are there.
                b"id" | b"occurred_at" | b"received_at" => {
                    let text = member.whole;
                    self.member(
                        member.name,
                        text,
                        Taken::Whole(member.name),
                        place,
                        room_taken,
                    )
                }
                name => {
                    let text = member.whole;
                    self.member(text, text, Taken::Whole(name), place, room_taken)
                }
            };
        }
        self.key = key;
        complete
    }

    /// Takes a part of a member that differs from event to event as a whole, but whose parts come
    /// again.
    fn part(
        &mut self,
        key: &mut Vec<u8>,
        member: &[u8],
        part: MemberText<'_>,
        place: u32,
        room_taken: &mut usize,
    ) -> bool {
        match (member, part.name) {
            // They have no terms, however long they are.
            (b"request", b"body" | b"response") => return true,
            (b"context", b"trace_id" | b"span_id") => {
                let (id, hashed) = (&self.id, &mut self.hashed);
                ids::each_of_context(&part, &mut |kind, text| {
                    hashed.push((ids::hash(id, kind, text.as_bytes()), place));
                });
                // Beside that, it is enough that it is there.
                let known_by = part.name;
                return self.member(
                    known_by,
                    part.whole,
                    Taken::PartOf(member),
                    place,
                    room_taken,
                );
            }
            _ => {}
        }
        key.clear();
        key.extend_from_slice(member);
        key.push(b'.');
        key.extend_from_slice(part.whole);
        self.member(
            &key[..],
            part.whole,
            Taken::PartOf(member),
            place,
            room_taken,
        )
    }

    /// Gives a row to the member that is known by `key`, and makes it known if it is not.
    fn member(
        &mut self,
        key: &[u8],
        text: &[u8],
        taken: Taken<'_>,
        place: u32,
        room_taken: &mut usize,
    ) -> bool {
        if let Some(known) = self.known.get(key) {
            let known = &mut self.members[*known as usize];
            known.places.push(place);
            return known.is_complete;
        }
        if *room_taken > ROOM_BYTES && !taken.is_always_kept() {
            return false;
        }
        let number = self.members.len() as u32;
        if !taken.never_comes_again() {
            self.known.insert(key.into(), number);
            *room_taken += key.len();
        }
        *room_taken += MEMBER_BYTES;
        let is_complete = self.know(number, text, taken, room_taken);
        self.members.push(Member {
            places: smallvec![place],
            is_complete,
        });
        is_complete
    }

    /// Takes up the terms of a member that is met for the first time; says whether all are known.
    fn know(&mut self, number: u32, text: &[u8], taken: Taken<'_>, room_taken: &mut usize) -> bool {
        if let Some(taken) = self.know_plain(number, text, taken) {
            *room_taken += taken;
            return true;
        }
        let whole = [b"{", text, b"}"].concat();
        // What is not JSON is looked at, if ever, by whoever reads the row.
        let Ok(parsed) = json::parse(&whole, json::MAX_DEPTH) else {
            return false;
        };
        let mut terms_left = MAX_MEMBER_TERMS;
        let fields = &mut self.fields;
        let mut each = |term: Term<'_>| {
            if terms_left > 0 {
                let bytes = fields.add(term, number);
                *room_taken += bytes;
                // What it had already takes no room.
                terms_left -= usize::from(bytes > 0);
            }
        };
        match taken {
            Taken::PartOf(name) => {
                let name = std::str::from_utf8(name).unwrap_or_default();
                terms::of_member(name, &parsed, &mut each);
            }
            Taken::Whole(_) => {
                for (name, value) in parsed.as_object().unwrap_or_default() {
                    terms::of_member(name, value, &mut each);
                }
            }
        }
        terms_left > 0
    }

    /// The same of what most new members are: plain texts in members that are taken apart, and
    /// descriptions. `None` if it is something else; otherwise the bytes that it took.
    fn know_plain(&mut self, number: u32, text: &[u8], taken: Taken<'_>) -> Option<usize> {
        let (name, value) = plain_member(text)?;
        let fields = &mut self.fields;
        match taken {
            Taken::PartOf(member) if value.len() <= key::MAX_VALUE_BYTES => {
                let path = [std::str::from_utf8(member).ok()?, ".", name].concat();
                let value_bytes = match terms::has_terms(&path) {
                    true => fields.add_other(&path, value, number),
                    false => 0,
                };
                Some(value_bytes + add(&mut fields.names, &path, number))
            }
            Taken::Whole(b"description") => {
                let mut bytes = add(&mut fields.names, name, number);
                text::each_word(value, |word| bytes += add(&mut fields.words, word, number));
                Some(bytes)
            }
            _ => None,
        }
    }

    /// The rows of a term, by place, in no order and perhaps more than once.
    pub(crate) fn places_of<'a>(&'a self, members: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        let lists = members
            .iter()
            .filter_map(|member| self.members.get(*member as usize));
        lists.flat_map(|member| &member.places).copied()
    }

    /// The members that have a term.
    pub(crate) fn find(&self, field: &str, value: &str) -> Option<&[u32]> {
        self.fields.get(field)?.get(value).map(SmallVec::as_slice)
    }

    /// All values of a field, in no order.
    pub(crate) fn values(&self, field: &str) -> impl Iterator<Item = (&str, &[u32])> {
        let values = self.fields.get(field).into_iter().flatten();
        values.map(|(value, members)| (&**value, members.as_slice()))
    }

    /// All fields.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        let others = self.fields.others.keys().map(|field| &**field);
        others.chain([key::WORD, key::NAMES])
    }

    /// The rows that some members have, as a set.
    pub(crate) fn set_of(&self, members: &[u32]) -> RoaringBitmap {
        match members {
            [only] => {
                let places = self
                    .members
                    .get(*only as usize)
                    .map(|member| &member.places);
                let places = places.into_iter().flatten().copied();
                ascending_set(places)
            }
            several => self.places_of(several).collect(),
        }
    }
}

/// Name and value of a member, if both are texts without escapes, the name is spelled alike in a
/// path, and the value is not empty.
fn plain_member(text: &[u8]) -> Option<(&str, &str)> {
    /// Longest name that is taken this way.
    const MAX_NAME_BYTES: usize = 128;
    let inner = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let end = memchr::memchr3(b'"', b'\\', b'.', inner)?;
    let (name, rest) = inner.split_at_checked(end)?;
    let value = rest.strip_prefix(b"\":\"")?;
    let is_plain = (1..=MAX_NAME_BYTES).contains(&name.len())
        && memchr::memchr(b':', name).is_none()
        && !value.is_empty()
        && memchr::memchr2(b'"', b'\\', value).is_none();
    let is_text = |bytes| std::str::from_utf8(bytes).ok();
    is_plain.then_some(is_text(name)?).zip(is_text(value))
}

/// Places in their order as a set; of any order the same set, only slower.
pub(crate) fn ascending_set(places: impl Iterator<Item = u32> + Clone) -> RoaringBitmap {
    RoaringBitmap::from_sorted_iter(places.clone()).unwrap_or_else(|_| places.collect())
}

/// How a member of the record is taken.
#[derive(Clone, Copy)]
enum Taken<'a> {
    /// As a whole, by its name.
    Whole(&'a [u8]),
    /// It is a part of the member of this name.
    PartOf(&'a [u8]),
}

impl Taken<'_> {
    /// Pairing attempts with outcomes relies on it.
    fn is_always_kept(self) -> bool {
        matches!(self, Self::Whole(b"attempt_id" | b"phase"))
    }

    /// Hardly any two events have the same.
    fn never_comes_again(self) -> bool {
        matches!(self, Self::Whole(b"description"))
    }
}

/// The members that have a term, by its field and its value.
#[derive(Default)]
struct Fields {
    words: Values,
    names: Values,
    others: HashMap<Box<str>, Values>,
}

type Values = HashMap<Box<str>, Numbers>;

impl Fields {
    fn get(&self, field: &str) -> Option<&Values> {
        match field {
            key::WORD => Some(&self.words),
            key::NAMES => Some(&self.names),
            _ => self.others.get(field),
        }
    }

    /// Adds a member to a term; how many bytes that took.
    fn add(&mut self, term: Term<'_>, member: u32) -> usize {
        match term {
            Term::Word(word) => add(&mut self.words, word, member),
            Term::Name(name) => add(&mut self.names, name, member),
            Term::Value(path, value) => self.add_other(path, value, member),
            Term::Folded(path, value) => self.add_other(&[key::FOLD, path].concat(), value, member),
            Term::Shown(field, value) => {
                self.add_other(&[key::SHOWN, field].concat(), value, member)
            }
            // They are found by their hashes.
            Term::Trace(_) | Term::Span(_) => 0,
        }
    }

    fn add_other(&mut self, field: &str, value: &str, member: u32) -> usize {
        if let Some(values) = self.others.get_mut(field) {
            return add(values, value, member);
        }
        let mut values = Values::default();
        let taken = add(&mut values, value, member);
        self.others.insert(field.into(), values);
        taken
    }
}

fn add(values: &mut Values, value: &str, member: u32) -> usize {
    match values.get_mut(value) {
        Some(members) if members.last() == Some(&member) => 0,
        Some(members) => {
            members.push(member);
            size_of::<u32>()
        }
        None => {
            values.insert(value.into(), smallvec![member]);
            value.len() + MEMBER_BYTES
        }
    }
}
