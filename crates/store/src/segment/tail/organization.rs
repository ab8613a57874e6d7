//! One organization's part of a tail: its rows, the members that they have, and the terms of these.
//!
//! What must hold:
//!
//! - a member's places ascend, and each is of a row that has it;
//! - a row that is not partial has all of its terms;
//! - numbers of members, and places, are below [`ONE_ROW`].

use std::borrow::Cow;
use std::sync::Arc;

use evident_event::id::EventId;
use evident_event::json::members::{MemberText, Step, members, scalar_text};
use evident_event::query::terms;
use hashbrown::HashMap;
use roaring::RoaringBitmap;
use smallvec::smallvec;

use super::fields::{Cost, Fields, Values};
use super::texts::TextMap;
use super::{MAX_MEMBER_TERMS, MEMBER_BYTES, NewRow, Numbers, Room, ascending_set};
use crate::segment::ids;

/// Longest name of a member that is looked at without more ado.
const MAX_PLAIN_NAME_BYTES: usize = 128;

/// Stands in a term's list for a member that one row alone has: the rest is the row's place.
const ONE_ROW: u32 = 1 << 31;

/// See the module.
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
    /// The numbers of members that were met before, by their texts.
    known: Known,
    members: Vec<Member>,
    fields: Fields,
    /// Room to put a path together.
    path: String,
}

/// Texts of members of the record, and of members of those that are taken apart, with their numbers.
#[derive(Default)]
struct Known {
    record: TextMap<u32>,
    context: TextMap<u32>,
    metadata: TextMap<u32>,
    request: TextMap<u32>,
}

/// A member of the record, as some rows have it.
struct Member {
    places: Numbers,
    /// All of its terms are known.
    is_complete: bool,
}

/// What a member of the record is a part of, if it is not one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Record,
    Context,
    Metadata,
    Request,
}

impl Within {
    /// The members that differ from event to event as a whole, but whose parts come again.
    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"context" => Some(Self::Context),
            b"metadata" => Some(Self::Metadata),
            b"request" => Some(Self::Request),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Record => "",
            Self::Context => "context",
            Self::Metadata => "metadata",
            Self::Request => "request",
        }
    }
}

/// A row on its way in.
struct Taking {
    place: u32,
    /// There was room when it came.
    may_take: bool,
    /// What it has taken so far.
    taken: usize,
    /// What there was.
    room: usize,
}

impl Taking {
    const fn has_room(&self) -> bool {
        self.may_take && self.taken <= self.room
    }
}

/// A member on its way in.
#[derive(Clone, Copy)]
struct Taken<'a> {
    within: Within,
    member: MemberText<'a>,
    /// What it is known by: its text, or its name if it is enough that it is there.
    known_by: &'a [u8],
}

impl Taken<'_> {
    fn is_of_record(&self, name: &[u8]) -> bool {
        self.within == Within::Record && self.member.name == name
    }

    /// Pairing attempts with outcomes relies on it.
    fn is_always_kept(&self) -> bool {
        self.is_of_record(b"attempt_id") || self.is_of_record(b"phase")
    }

    /// Hardly any two events have the same.
    fn never_comes_again(&self) -> bool {
        self.is_of_record(b"description")
    }
}

impl Organization {
    pub(super) fn new(id: &Arc<str>, first_index: u64) -> Self {
        Self {
            id: Arc::clone(id),
            first_index,
            places: Vec::new(),
            partial: Vec::new(),
            ids: HashMap::default(),
            room_taken: 0,
            hashed: Vec::new(),
            known: Known::default(),
            members: Vec::new(),
            fields: Fields::default(),
            path: String::new(),
        }
    }

    /// Takes the next row, when all organizations have taken so much of the room; how much it takes.
    pub(super) fn push(
        &mut self,
        new: &NewRow<'_>,
        place: u32,
        room: Room,
        all_taken: usize,
    ) -> usize {
        self.ids.insert(new.id, place);
        self.places.push(place);
        let has_had_its_share = all_taken > room.shared && self.room_taken > room.fair;
        let mut taking = Taking {
            place,
            may_take: all_taken <= room.all && !has_had_its_share,
            taken: 0,
            room: room.all.saturating_sub(all_taken),
        };
        if !self.take(new.canonical, &mut taking) {
            self.partial.push(place);
        }
        self.room_taken += taking.taken;
        taking.taken
    }

    /// The place of the row with this id.
    pub(crate) fn place_of_id(&self, id: EventId) -> Option<u32> {
        self.ids.get(&id).copied()
    }

    /// Takes the members of a row; says whether all of its terms are known.
    fn take(&mut self, canonical: &[u8], row: &mut Taking) -> bool {
        let mut complete = true;
        let mut record = members(canonical);
        while let Some(step) = record.step(|name| Within::of(name).is_some()) {
            match step {
                Step::Over(member) => complete &= self.take_member(member, row),
                Step::Into(name, mut parts) => {
                    let within = Within::of(name).unwrap_or(Within::Record);
                    for part in parts.by_ref() {
                        complete &= self.take_part(within, part, row);
                    }
                    record.leave(parts);
                }
            }
        }
        complete
    }

    fn take_member(&mut self, member: MemberText<'_>, row: &mut Taking) -> bool {
        let known_by = match member.name {
            // Their values have no terms: it is enough that they are there.
            b"id" | b"occurred_at" | b"received_at" => member.name,
            _ => member.whole,
        };
        let taken = Taken {
            within: Within::Record,
            member,
            known_by,
        };
        self.member(taken, row)
    }

    fn take_part(&mut self, within: Within, member: MemberText<'_>, row: &mut Taking) -> bool {
        let known_by = match (within, member.name) {
            // They have no terms, however long they are.
            (Within::Request, b"body" | b"response") => return true,
            (Within::Context, b"trace_id" | b"span_id") => {
                self.take_id(&member, row.place);
                // Beside that, it is enough that it is there.
                member.name
            }
            _ => member.whole,
        };
        let taken = Taken {
            within,
            member,
            known_by,
        };
        self.member(taken, row)
    }

    /// Takes the id of a trace or a span.
    fn take_id(&mut self, member: &MemberText<'_>, place: u32) {
        let (id, hashed) = (&self.id, &mut self.hashed);
        ids::each_of_context(member, &mut |kind, text| {
            hashed.push((ids::hash(id, kind, text.as_bytes()), place));
        });
    }

    /// Gives a row to a member, and makes the member known if it is not.
    fn member(&mut self, taken: Taken<'_>, row: &mut Taking) -> bool {
        let has_room = row.has_room() || taken.is_always_kept();
        if taken.never_comes_again() {
            if !has_room {
                return false;
            }
            let cost = self.know(row.place | ONE_ROW, &taken);
            row.taken += cost.bytes + MEMBER_BYTES;
            return cost.terms < MAX_MEMBER_TERMS;
        }
        let next = self.members.len() as u32;
        let known = match taken.within {
            Within::Record => &mut self.known.record,
            Within::Context => &mut self.known.context,
            Within::Metadata => &mut self.known.metadata,
            Within::Request => &mut self.known.request,
        };
        let number = match has_room {
            true => {
                let (text, is_new) = known.number_or_insert(taken.known_by, || next);
                row.taken += usize::from(is_new) * taken.known_by.len();
                known.at(text).copied().unwrap_or(next)
            }
            false => match known.get(taken.known_by) {
                Some(number) => *number,
                None => return false,
            },
        };
        if let Some(known) = self.members.get_mut(number as usize) {
            known.places.push(row.place);
            return known.is_complete;
        }
        let cost = self.know(number, &taken);
        row.taken += cost.bytes + MEMBER_BYTES;
        let is_complete = cost.terms < MAX_MEMBER_TERMS;
        self.members.push(Member {
            places: smallvec![row.place],
            is_complete,
        });
        is_complete
    }

    /// Takes up the terms of a member that is met for the first time. Those that are too many for one
    /// member are left out.
    fn know(&mut self, number: u32, taken: &Taken<'_>) -> Cost {
        let mut cost = Cost::default();
        let fields = &mut self.fields;
        let member = &taken.member;
        if taken.within == Within::Record {
            let name = std::str::from_utf8(member.name).unwrap_or_default();
            terms::each_found(name, member.value, &mut |found| {
                if cost.terms < MAX_MEMBER_TERMS {
                    fields.add(name, found, number, &mut cost);
                }
            });
            return cost;
        }
        let within = taken.within.name();
        if let Some((name, value)) = plain(member) {
            self.path.clear();
            self.path.extend([within, ".", name]);
            fields.add_at(within, &self.path, &value, number, &mut cost);
            return cost;
        }
        let whole = [b"{", member.whole, b"}"].concat();
        terms::each_found(within, &whole, &mut |found| {
            if cost.terms < MAX_MEMBER_TERMS {
                fields.add(within, found, number, &mut cost);
            }
        });
        cost
    }

    /// The rows of a term, by place, in no order and perhaps more than once.
    pub(crate) fn places_of(&self, members: &[u32]) -> Vec<u32> {
        let mut places = Vec::new();
        self.push_places_of(members, &mut places);
        places
    }

    /// Adds the same to some.
    pub(crate) fn push_places_of(&self, members: &[u32], places: &mut Vec<u32>) {
        for member in members {
            if member & ONE_ROW != 0 {
                places.push(member & !ONE_ROW);
            } else if let Some(member) = self.members.get(*member as usize) {
                places.extend_from_slice(&member.places);
            }
        }
    }

    /// The members that have a term.
    pub(crate) fn find(&self, field: &str, value: &str) -> Option<&[u32]> {
        let members = self.fields.get(field)?.get(value.as_bytes());
        members.map(Numbers::as_slice)
    }

    /// All values of a field, in no order.
    pub(crate) fn values(&self, field: &str) -> impl Iterator<Item = (&str, &[u32])> {
        let values = self.fields.get(field).into_iter().flat_map(Values::iter);
        values.filter_map(|(value, members)| {
            Some((std::str::from_utf8(value).ok()?, members.as_slice()))
        })
    }

    /// The values of a field, if it has any.
    pub(crate) fn values_of(&self, field: &str) -> Option<&Values> {
        self.fields.get(field)
    }

    /// All fields with their values.
    pub(crate) fn fields(&self) -> Vec<(String, &Values)> {
        self.fields.all()
    }

    /// The rows that some members have, as a set.
    pub(crate) fn set_of(&self, members: &[u32]) -> RoaringBitmap {
        match members {
            // A member's places are in order.
            [only] => ascending_set(self.places_of(&[*only]).iter().copied()),
            several => self.places_of(several).into_iter().collect(),
        }
    }
}

/// Name and value of a member, if it is a scalar and its name is spelled alike in a path.
fn plain<'a>(member: &MemberText<'a>) -> Option<(&'a str, Cow<'a, str>)> {
    let name = member.name;
    let is_plain = (1..=MAX_PLAIN_NAME_BYTES).contains(&name.len())
        && memchr::memchr3(b'.', b':', b'\\', name).is_none();
    let name = is_plain.then(|| std::str::from_utf8(name).ok())??;
    Some((name, scalar_text(member.value)?))
}
