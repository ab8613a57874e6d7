//! Sealing: a full tail becomes a segment.
//!
//! What must hold: the segment has the rows of the tail at the same places, and its terms are those of
//! the tail. The tail is full, so nothing is added to it meanwhile; it answers until the segment does.

use std::borrow::Cow;

use roaring::RoaringBitmap;

use super::dictionary::DictionaryWriter;
use super::filter::FilterWriter;
use super::ids::{self, IdKind};
use super::key;
use super::meta::{Listed, OrganizationRows};
use super::packed::pack;
use super::rows::{RowsWriter, encode_frames};
use super::tail::{Organization, Rows};
use super::writing::{About, IndexParts, MakeError, SegmentWriter};
use crate::durable::Durable;

/// How hard rows are compressed: at frames of this size as fast as the levels below, and smaller.
pub(super) const ROWS_LEVEL: i32 = 3;

/// Writes a full tail as a segment. It is on stable storage when this returns.
pub(crate) fn seal(
    durable: &Durable,
    first_position: u64,
    generation: u32,
    tail: &Rows,
) -> Result<Listed, MakeError> {
    let order = Order::of(tail);
    let mut organizations: Vec<&Organization> = tail.organizations().iter().collect();
    organizations.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let (first, last) = (order.times.first(), order.times.last());
    let about = About {
        first_position,
        rows: tail.rows().len() as u32,
        generation,
        organizations: organizations.iter().map(|rows| rows_of(rows)).collect(),
        first_occurred_at: first.copied().unwrap_or_default(),
        last_occurred_at: last.copied().unwrap_or_default(),
    };
    let mut writer = SegmentWriter::begin(durable, about)?;
    let frames = write_rows(tail, &mut writer)?;
    let hashes = Hashes::of(tail, &order, &organizations);
    let mut filter = FilterWriter::new(tail.rows().len() as u32);
    hashes.events.iter().for_each(|hash| filter.add(*hash));
    let mut dictionary = DictionaryWriter::new()?;
    for (organization, ordinal) in organizations.iter().zip(0..) {
        write_terms(organization, ordinal, &order, &mut dictionary)?;
    }
    let places: Vec<i64> = order.places.iter().copied().map(i64::from).collect();
    writer.finish(IndexParts {
        dictionary: dictionary.finish()?,
        times: pack(&order.times),
        places: pack(&places),
        frames,
        ids: ids::encode(&hashes.all())?,
        filter: filter.finish(),
        hashes: hashes.encode(),
    })
}

fn rows_of(organization: &Organization) -> OrganizationRows {
    OrganizationRows {
        id: organization.id.to_string(),
        first_index: organization.first_index,
        rows: organization.places.len() as u32,
    }
}

fn write_rows(tail: &Rows, writer: &mut SegmentWriter) -> Result<Vec<u8>, MakeError> {
    let mut rows = RowsWriter::new(ROWS_LEVEL)?;
    let mut compressed = Vec::new();
    for row in tail.rows() {
        rows.push(&row.stored.read()?, &mut compressed)?;
        writer.push_rows(&compressed)?;
        compressed.clear();
    }
    let frames = rows.finish(&mut compressed)?;
    writer.push_rows(&compressed)?;
    Ok(encode_frames(&frames))
}

/// The rows in the order of time.
pub(super) struct Order {
    /// By rank.
    pub(super) times: Vec<i64>,
    /// By rank.
    pub(super) places: Vec<u32>,
    /// By place.
    pub(super) ranks: Vec<u32>,
}

impl Order {
    fn of(tail: &Rows) -> Self {
        let rows = tail.rows().iter().zip(0..);
        Self::new(
            rows.map(|(row, place)| (row.occurred_at.as_micros(), place))
                .collect(),
        )
    }

    /// Of rows given as their times and places.
    pub(super) fn new(mut rows: Vec<(i64, u32)>) -> Self {
        // Rows come nearly in order, which a stable sort makes use of.
        rows.sort();
        let mut ranks = vec![0; rows.len()];
        for ((_, place), rank) in rows.iter().zip(0..) {
            ranks[*place as usize] = rank;
        }
        Self {
            times: rows.iter().map(|(time, _)| *time).collect(),
            places: rows.iter().map(|(_, place)| *place).collect(),
            ranks,
        }
    }

    /// The ranks of places, ascending, each once.
    fn ranks_of(&self, places: impl Iterator<Item = u32>, ranks: &mut Vec<u32>) {
        ranks.clear();
        ranks.extend(places.map(|place| self.ranks[place as usize]));
        if !ranks.is_sorted_by(|a, b| a < b) {
            ranks.sort();
            ranks.dedup();
        }
    }
}

/// The hashes of ids, each with its rank.
pub(super) struct Hashes {
    /// Those of the events' ids, by rank.
    pub(super) events: Vec<u64>,
    /// Those of traces and spans.
    pub(super) others: Vec<(u64, u32)>,
}

impl Hashes {
    fn of(tail: &Rows, order: &Order, organizations: &[&Organization]) -> Self {
        let mut events = vec![0; tail.rows().len()];
        for (row, rank) in tail.rows().iter().zip(&order.ranks) {
            let organization = &tail.organizations()[row.organization as usize];
            let hash = ids::hash(&organization.id, IdKind::Event, row.id.as_bytes());
            events[*rank as usize] = hash;
        }
        let hashed = organizations
            .iter()
            .flat_map(|organization| &organization.hashed);
        let others = hashed.map(|(hash, place)| (*hash, order.ranks[*place as usize]));
        let others = others.collect();
        Self { events, others }
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<(u64, u32)> {
        let events = self.events.iter().copied().zip(0..);
        events.chain(self.others.iter().copied()).collect()
    }

    /// As the section `hashes` has them.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.events.len() * 8 + self.others.len() * 12);
        for hash in &self.events {
            bytes.extend_from_slice(&hash.to_le_bytes());
        }
        for (hash, rank) in &self.others {
            bytes.extend_from_slice(&hash.to_le_bytes());
            bytes.extend_from_slice(&rank.to_le_bytes());
        }
        bytes
    }
}

/// The terms of one field on their way into the dictionary.
enum Values<'a> {
    Tail(&'a str),
    Own(Vec<(Cow<'a, [u8]>, Vec<u32>)>),
}

fn write_terms(
    organization: &Organization,
    ordinal: u32,
    order: &Order,
    dictionary: &mut DictionaryWriter,
) -> std::io::Result<()> {
    let mut ranks = Vec::new();
    let mut own = |places: &[u32]| {
        order.ranks_of(places.iter().copied(), &mut ranks);
        Values::Own(vec![(Cow::Borrowed(&b""[..]), ranks.clone())])
    };
    let mut fields = vec![(key::of_field(ordinal, key::ROWS), own(&organization.places))];
    if !organization.partial.is_empty() {
        fields.push((
            key::of_field(ordinal, key::PARTIAL),
            own(&organization.partial),
        ));
    }
    let places = Values::Own(vec![(Cow::Borrowed(&b""[..]), organization.places.clone())]);
    fields.push((key::of_field(ordinal, key::PLACES), places));
    fields.push((
        key::of_field(ordinal, key::OPEN),
        Values::Own(open_attempts(organization, order)),
    ));
    let kept = organization.fields();
    fields.extend(kept.map(|field| (key::of_field(ordinal, field), Values::Tail(field))));
    fields.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    for (mut key, values) in fields {
        let field_bytes = key.len();
        match values {
            Values::Own(values) => {
                for (value, ranks) in values {
                    key.truncate(field_bytes);
                    key.extend_from_slice(&value);
                    dictionary.push(&key, &ranks)?;
                }
            }
            Values::Tail(field) => {
                for (value, members) in sorted(organization, field) {
                    key.truncate(field_bytes);
                    key.extend_from_slice(&value);
                    order.ranks_of(organization.places_of(members), &mut ranks);
                    dictionary.push(&key, &ranks)?;
                }
            }
        }
    }
    Ok(())
}

/// The values of a field as keys have them, in the order of keys.
fn sorted<'a>(organization: &'a Organization, field: &str) -> Vec<(Cow<'a, [u8]>, &'a [u32])> {
    let mut values: Vec<_> = organization
        .values(field)
        .map(|(value, members)| (key_value(value), members))
        .collect();
    values.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    values
}

fn key_value(value: &str) -> Cow<'_, [u8]> {
    if value.len() <= key::MAX_VALUE_BYTES {
        return Cow::Borrowed(value.as_bytes());
    }
    let mut cut = Vec::new();
    key::push_value(value, &mut cut);
    Cow::Owned(cut)
}

/// The attempts that have no outcome among these rows, by their ids.
fn open_attempts<'a>(
    organization: &'a Organization,
    order: &Order,
) -> Vec<(Cow<'a, [u8]>, Vec<u32>)> {
    let phase = |phase| organization.find("phase", phase);
    let set = |members| organization.set_of(members);
    let attempts = phase("attempt").map(set).unwrap_or_default();
    let outcomes: RoaringBitmap = phase("outcome").map(set).unwrap_or_default();
    let mut open = Vec::new();
    for (value, members) in sorted(organization, "attempt_id") {
        let rows = organization.set_of(members);
        let begun = &rows & &attempts;
        if !begun.is_empty() && rows.is_disjoint(&outcomes) {
            let mut ranks = Vec::new();
            order.ranks_of(begun.iter(), &mut ranks);
            open.push((value, ranks));
        }
    }
    open
}
