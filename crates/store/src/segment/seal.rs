//! Sealing: tails become a segment.
//!
//! What must hold: the segment has the rows of the tails, those of each behind those of the one before
//! it, and its terms are those of the tails. They were ended, so nothing is added to them meanwhile; they
//! answer until the segment does.
//! A segment that is made anew may have holes between its rows.

mod holes;

use std::borrow::Cow;
use std::collections::BTreeMap;

use roaring::RoaringBitmap;

pub(crate) use self::holes::Holes;
use super::dictionary::DictionaryWriter;
use super::filter::FilterWriter;
use super::ids::{self, IdKind};
use super::key;
use super::meta::{Listed, OrganizationRows};
use super::packed::pack;
use super::rows::{RowsWriter, encode_frames};
use super::tail::{Organization, Rows, TailRow, Values};
use super::writing::{About, IndexParts, MakeError, SegmentWriter};
use crate::durable::Durable;
use crate::wal::StoredReader;

/// How hard rows are compressed: at frames of this size as fast as the levels below, and smaller.
pub(super) const ROWS_LEVEL: i32 = 3;

/// Of so many rows one has to be among some for these to be put in order by a bit for each row.
const RANKS_A_BIT: usize = 256;

/// Writes tails, which follow each other, as a segment. It is on stable storage when this returns.
pub(crate) fn seal(
    durable: &Durable,
    first_position: u64,
    generation: u32,
    tails: &[&Rows],
) -> Result<Listed, MakeError> {
    seal_among(
        durable,
        first_position,
        generation,
        tails,
        &Holes::default(),
    )
}

/// The same of rows among which there are holes.
pub(crate) fn seal_among(
    durable: &Durable,
    first_position: u64,
    generation: u32,
    tails: &[&Rows],
    holes: &Holes,
) -> Result<Listed, MakeError> {
    let tails = Tails::new(tails);
    let order = Order::of(&tails);
    let organizations = tails.organizations(holes);
    let listed = organizations
        .iter()
        .map(|pieces| holes.list(pieces.listed()));
    let (first, last) = (order.times.first(), order.times.last());
    let about = About {
        first_position,
        rows: tails.rows + holes.count(),
        events: tails.rows,
        generation,
        organizations: listed.collect(),
        first_occurred_at: first.copied().unwrap_or_default(),
        last_occurred_at: last.copied().unwrap_or_default(),
        received: tails.received(),
    };
    let mut writer = SegmentWriter::begin(durable, about)?;
    let places_of_events = holes.places_of_events(tails.rows);
    let frames = write_rows(&tails, holes, &places_of_events, &mut writer)?;
    let hashes = Hashes::of(&tails, &order, &organizations);
    let mut filter = FilterWriter::new(tails.rows);
    hashes.events.iter().for_each(|hash| filter.add(*hash));
    let mut dictionary = DictionaryWriter::new()?;
    for (organization, ordinal) in organizations.iter().zip(0..) {
        let places = organization.places(|piece| &piece.places);
        let places = places
            .iter()
            .map(|number| places_of_events[*number as usize]);
        let places = holes.with_stubs(organization.id, places.collect());
        write_terms((organization, ordinal), places, &order, &mut dictionary)?;
    }
    let places = order.places.iter();
    let places: Vec<i64> = places
        .map(|number| i64::from(places_of_events[*number as usize]))
        .collect();
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

/// Tails whose rows have places of one count.
struct Tails<'a> {
    /// Each with the place of its first row.
    tails: Vec<(u32, &'a Rows)>,
    rows: u32,
}

impl<'a> Tails<'a> {
    fn new(tails: &[&'a Rows]) -> Self {
        let mut rows = 0;
        let with_place = |tail: &&'a Rows| {
            let first = rows;
            rows += tail.rows().len() as u32;
            (first, *tail)
        };
        let tails = tails.iter().map(with_place).collect();
        Self { tails, rows }
    }

    /// All rows, by place, each with the organization that it is of.
    fn rows(&self) -> impl Iterator<Item = (&'a TailRow, &'a Organization)> {
        self.tails.iter().flat_map(|(_, tail)| {
            let organizations = tail.organizations();
            let rows = tail.rows().iter();
            rows.map(|row| (row, &organizations[row.organization as usize]))
        })
    }

    /// When the first and the last of the rows were received: a clock may have jumped between them.
    fn received(&self) -> Option<(i64, i64)> {
        let received = || self.rows().map(|(row, _)| row.received_at.as_micros());
        received().min().zip(received().max())
    }

    /// The organizations that have rows or stubs, in the order of their ids.
    fn organizations(&self, holes: &'a Holes) -> Vec<Pieces<'a>> {
        let with_stubs = holes.organizations().map(|id| (id, Vec::new()));
        let mut by_id: BTreeMap<&str, Vec<(u32, &Organization)>> = with_stubs.collect();
        for (first, tail) in &self.tails {
            for organization in tail.organizations() {
                let pieces = by_id.entry(&organization.id).or_default();
                pieces.push((*first, organization));
            }
        }
        by_id
            .into_iter()
            .map(|(id, pieces)| Pieces { id, pieces })
            .collect()
    }
}

/// What tails have of one organization.
struct Pieces<'a> {
    id: &'a str,
    /// In the order of their rows; each with the place of its tail's first row.
    pieces: Vec<(u32, &'a Organization)>,
}

impl<'a> Pieces<'a> {
    fn listed(&self) -> OrganizationRows {
        let first = self.pieces.first().map(|(_, first)| first);
        let rows = |(_, piece): &(u32, &Organization)| piece.places.len() as u32;
        OrganizationRows {
            id: self.id.to_owned(),
            first_index: first.map_or(0, |first| first.first_index),
            rows: self.pieces.iter().map(rows).sum(),
            events: None,
        }
    }

    /// Places that the pieces have, as those of all.
    fn places(&self, of: impl Fn(&Organization) -> &[u32]) -> Vec<u32> {
        let of = &of;
        let pieces = self.pieces.iter();
        pieces
            .flat_map(|(first, piece)| of(piece).iter().map(move |place| first + place))
            .collect()
    }

    /// The values of each field, by the beginning of its keys.
    fn fields(&self, ordinal: u32) -> BTreeMap<Vec<u8>, FieldValues<'a>> {
        let mut fields: BTreeMap<Vec<u8>, FieldValues<'a>> = BTreeMap::new();
        for (first, piece) in &self.pieces {
            for (field, values) in piece.fields() {
                let field = fields.entry(key::of_field(ordinal, &field)).or_default();
                field.pieces.push((*first, piece, values));
            }
        }
        fields
    }

    /// The rows of a value, by place.
    fn set_of(&self, field: &str, value: &str) -> RoaringBitmap {
        let mut places = Vec::new();
        for (first, piece) in &self.pieces {
            let members = piece.find(field, value).unwrap_or_default();
            let own = piece.places_of(members).into_iter();
            places.extend(own.map(|place| first + place));
        }
        places.into_iter().collect()
    }
}

/// The values that pieces of an organization have for one field.
#[derive(Default)]
struct FieldValues<'a> {
    pieces: Vec<(u32, &'a Organization, &'a Values)>,
}

/// A value, as one piece has it.
struct Value<'a> {
    text: Cow<'a, [u8]>,
    piece: u32,
    members: &'a [u32],
}

impl FieldValues<'_> {
    /// Shows each value, in the order of keys, with the places of its rows in no order.
    fn each<E>(&self, mut show: impl FnMut(&[u8], &[u32]) -> Result<(), E>) -> Result<(), E> {
        let mut values: Vec<Value<'_>> = Vec::new();
        for ((_, _, of_piece), piece) in self.pieces.iter().zip(0..) {
            values.extend(of_piece.iter().map(|(text, members)| Value {
                text: key_value(text),
                piece,
                members,
            }));
        }
        let order = in_order(&values);
        let mut ordered = order
            .iter()
            .filter_map(|number| values.get(*number as usize));
        let mut next = ordered.next();
        let mut places = Vec::new();
        while let Some(value) = next {
            places.clear();
            self.push_places(value, &mut places);
            loop {
                next = ordered.next();
                match next {
                    Some(same) if same.text == value.text => self.push_places(same, &mut places),
                    _ => break,
                }
            }
            show(&value.text, &places)?;
        }
        Ok(())
    }

    fn push_places(&self, value: &Value<'_>, places: &mut Vec<u32>) {
        if let Some((first, organization, _)) = self.pieces.get(value.piece as usize) {
            let before = places.len();
            organization.push_places_of(value.members, places);
            let new = places.get_mut(before..).unwrap_or_default();
            new.iter_mut().for_each(|place| *place += first);
        }
    }
}

/// The numbers of values in the order of their texts.
///
/// Nearly all are told apart by the few bytes that follow what all of them begin with, and numbers
/// made of these are sorted several times as fast as texts that lie here and there.
fn in_order(values: &[Value<'_>]) -> Vec<u32> {
    let Some(first) = values.first() else {
        return Vec::new();
    };
    let alike = values.iter().fold(first.text.len(), |alike, value| {
        let pairs = first.text.iter().zip(value.text.iter()).take(alike);
        pairs.take_while(|(a, b)| a == b).count()
    });
    let mut order: Vec<(u64, u32)> = values
        .iter()
        .map(|value| beginning(value.text.get(alike..).unwrap_or_default()))
        .zip(0..)
        .collect();
    order.sort_unstable();
    let text = |(_, number): &(u64, u32)| values.get(*number as usize).map(|value| &value.text);
    for ties in order.chunk_by_mut(|(a, _), (b, _)| a == b) {
        if ties.len() > 1 {
            ties.sort_unstable_by(|a, b| text(a).cmp(&text(b)).then(a.cmp(b)));
        }
    }
    order.into_iter().map(|(_, number)| number).collect()
}

/// How a value begins, as a number: of two that differ, the greater is of the greater value.
fn beginning(value: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = value.len().min(bytes.len());
    bytes[..length].copy_from_slice(&value[..length]);
    u64::from_be_bytes(bytes)
}

fn key_value(value: &[u8]) -> Cow<'_, [u8]> {
    if value.len() <= key::MAX_VALUE_BYTES {
        return Cow::Borrowed(value);
    }
    let mut cut = Vec::new();
    // What tails keep are texts.
    key::push_value(&String::from_utf8_lossy(value), &mut cut);
    Cow::Owned(cut)
}

fn write_rows(
    tails: &Tails<'_>,
    holes: &Holes,
    places: &[u32],
    writer: &mut SegmentWriter,
) -> Result<Vec<u8>, MakeError> {
    let mut rows = RowsWriter::new(ROWS_LEVEL)?;
    let mut compressed = Vec::new();
    let mut stored = StoredReader::default();
    let mut next_hole = 0;
    for ((row, _), place) in tails.rows().zip(places) {
        next_hole = holes.write_before(*place, next_hole, &mut rows, &mut compressed)?;
        rows.push(stored.read(&row.stored)?, &mut compressed)?;
        writer.push_rows(&compressed)?;
        compressed.clear();
    }
    holes.write_before(u32::MAX, next_hole, &mut rows, &mut compressed)?;
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
    /// By place; of no meaning where there is no row.
    pub(super) ranks: Vec<u32>,
}

impl Order {
    fn of(tails: &Tails<'_>) -> Self {
        let rows = tails.rows().zip(0..);
        let rows = rows.map(|((row, _), place)| (row.occurred_at.as_micros(), place));
        Self::new(rows.collect(), tails.rows)
    }

    /// Of rows given as their times and places, of which there are so many.
    pub(super) fn new(mut rows: Vec<(i64, u32)>, places: u32) -> Self {
        // Rows come nearly in order, which a stable sort makes use of.
        rows.sort();
        let mut ranks = vec![0; places as usize];
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
    fn ranks_of(&self, places: &[u32], ranks: &mut Vec<u32>) {
        ranks.clear();
        ranks.extend(places.iter().map(|place| self.ranks[*place as usize]));
        if ranks.is_sorted_by(|a, b| a < b) {
            return;
        }
        if ranks.len() * RANKS_A_BIT < self.ranks.len() {
            ranks.sort_unstable();
            ranks.dedup();
            return;
        }
        // So many are put in order by marking them in a row of bits.
        let mut marks = vec![0_u64; self.ranks.len().div_ceil(64)];
        for rank in ranks.iter() {
            marks[*rank as usize / 64] |= 1 << (rank % 64);
        }
        ranks.clear();
        for (first, mark) in (0..).step_by(64).zip(marks) {
            let mut rest = mark;
            while rest != 0 {
                ranks.push(first + rest.trailing_zeros());
                rest &= rest - 1;
            }
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
    fn of(tails: &Tails<'_>, order: &Order, organizations: &[Pieces<'_>]) -> Self {
        let mut events = vec![0; tails.rows as usize];
        for ((row, organization), rank) in tails.rows().zip(&order.ranks) {
            let hash = ids::hash(&organization.id, IdKind::Event, row.id.as_bytes());
            events[*rank as usize] = hash;
        }
        let mut others = Vec::new();
        for (first, piece) in organizations.iter().flat_map(|all| &all.pieces) {
            let hashed = piece.hashed.iter();
            others
                .extend(hashed.map(|(hash, place)| (*hash, order.ranks[(first + place) as usize])));
        }
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

/// Writes the terms of an organization, which has rows and stubs at these places.
fn write_terms(
    (organization, ordinal): (&Pieces<'_>, u32),
    all_places: Vec<u32>,
    order: &Order,
    dictionary: &mut DictionaryWriter,
) -> std::io::Result<()> {
    let mut ranks = Vec::new();
    let mut own = |places: &[u32]| {
        order.ranks_of(places, &mut ranks);
        Terms::Own(vec![(Vec::new(), ranks.clone())])
    };
    let places = organization.places(|piece| &piece.places);
    let partial = organization.places(|piece| &piece.partial);
    let mut fields = organization
        .fields(ordinal)
        .into_iter()
        .map(|(key, values)| (key, Terms::Tails(values)))
        .collect::<BTreeMap<_, _>>();
    if !places.is_empty() {
        fields.insert(key::of_field(ordinal, key::ROWS), own(&places));
    }
    if !partial.is_empty() {
        fields.insert(key::of_field(ordinal, key::PARTIAL), own(&partial));
    }
    let open = Terms::Own(open_attempts(organization, order));
    fields.insert(key::of_field(ordinal, key::OPEN), open);
    let places = Terms::Own(vec![(Vec::new(), all_places)]);
    fields.insert(key::of_field(ordinal, key::PLACES), places);
    for (mut key, terms) in fields {
        let field_bytes = key.len();
        match terms {
            Terms::Own(values) => {
                for (value, ranks) in values {
                    key.truncate(field_bytes);
                    key.extend_from_slice(&value);
                    dictionary.push(&key, &ranks)?;
                }
            }
            Terms::Tails(values) => values.each(|value, places| {
                key.truncate(field_bytes);
                key.extend_from_slice(value);
                order.ranks_of(places, &mut ranks);
                dictionary.push(&key, &ranks)
            })?,
        }
    }
    Ok(())
}

/// The terms of one field on their way into the dictionary.
enum Terms<'a> {
    Tails(FieldValues<'a>),
    Own(Vec<(Vec<u8>, Vec<u32>)>),
}

/// The attempts that have no outcome among these rows, by their ids.
fn open_attempts(organization: &Pieces<'_>, order: &Order) -> Vec<(Vec<u8>, Vec<u32>)> {
    let attempts = organization.set_of("phase", "attempt");
    let outcomes = organization.set_of("phase", "outcome");
    let mut ids = FieldValues::default();
    for (first, piece) in &organization.pieces {
        if let Some(values) = piece.values_of("attempt_id") {
            ids.pieces.push((*first, *piece, values));
        }
    }
    let mut open = Vec::new();
    let Ok(()) = ids.each(|value, places| {
        let rows: RoaringBitmap = places.iter().copied().collect();
        let begun = &rows & &attempts;
        if !begun.is_empty() && rows.is_disjoint(&outcomes) {
            let mut ranks = Vec::new();
            let begun: Vec<u32> = begun.iter().collect();
            order.ranks_of(&begun, &mut ranks);
            open.push((value.to_vec(), ranks));
        }
        Ok::<(), std::convert::Infallible>(())
    });
    open
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_come_in_the_order_of_their_texts(
            prefix in "[ab]{0,12}",
            texts in proptest::collection::vec("[ab\u{0}]{0,12}", 0..60),
        ) {
            let mut texts: Vec<String> = texts.into_iter().map(|text| [&prefix, &*text].concat()).collect();
            let values: Vec<Value<'_>> = texts
                .iter()
                .map(|text| Value { text: Cow::Borrowed(text.as_bytes()), piece: 0, members: &[] })
                .collect();
            let ordered = in_order(&values);
            let ordered: Vec<String> = ordered.iter().map(|number| texts[*number as usize].clone()).collect();
            texts.sort();
            prop_assert_eq!(ordered, texts);
        }
    }

    #[test]
    fn ranks_are_ascending_whether_they_are_few_or_many() {
        let rows: Vec<(i64, u32)> = (0..10_000)
            .map(|place| (i64::from(place * 7_919 % 10_007), place as u32))
            .collect();
        let order = Order::new(rows, 10_000);
        for step in [1, 3, 1_000] {
            let places: Vec<u32> = (0..10_000).step_by(step).chain([0, 0]).collect();
            let mut ranks = Vec::new();
            order.ranks_of(&places, &mut ranks);
            let mut expected: Vec<u32> = places
                .iter()
                .map(|place| order.ranks[*place as usize])
                .collect();
            expected.sort_unstable();
            expected.dedup();
            assert_eq!(ranks, expected, "every {step}");
        }
    }
}
