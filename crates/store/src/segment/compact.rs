//! Compaction: segments that follow each other become one; and rows are taken out of a segment.
//!
//! What must hold: the result has the rows of its sources at the same positions, but for those that are
//! taken out, and its index is the one that sealing all these rows at once would have made, but for the
//! section `hashes`. Rows are copied as they are compressed, but for frames out of which some are taken,
//! so the cost is that of the index. Memory is a fixed amount for each
//! row and the new index, whatever the rows hold; nothing that a source says is believed unchecked.

mod hashes;
mod left;
mod open;
mod ranks;
mod sets;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use left::Fate;
pub(crate) use left::{Left, Removal, Taken, TakenRows, Taking, add_taken};
use ranks::{REMOVED, Ranks};
use roaring::RoaringBitmap;

use super::error::SegmentError;
use super::ids;
use super::meta::{Listed, OrganizationRows};
use super::packed::pack;
use super::rows::{RowsWriter, encode_frames};
use super::seal::{Order, ROWS_LEVEL};
use super::sealed::{Parts, Segment};
use super::writing::{About, IndexParts, MakeError, SegmentWriter};
use crate::durable::Durable;

/// Rows of a segment, at most: a rank has 24 bits in `ids`.
pub(crate) const MAX_ROWS: u32 = 1 << 24;
/// Steps between two pauses. A step takes some 5 nanoseconds, so these take a few milliseconds.
const STEPS_PER_PAUSE: usize = 1 << 19;
/// Steps that it takes to look at a row that may be taken out.
const ROW_STEPS: usize = 400;
/// Bytes of compressed rows that are copied in a step.
const BYTES_PER_STEP: usize = 4;

/// Writes the rows of segments as one segment. It is on stable storage when this returns.
///
/// `pause` is called after every few milliseconds of work; its error ends the work.
pub(crate) fn compact(
    durable: &Durable,
    sources: &[Arc<Segment>],
    generation: u32,
    pause: &mut dyn FnMut() -> Result<(), MakeError>,
) -> Result<Listed, MakeError> {
    let mut pace = Pace { pause, steps: 0 };
    let all = sources.iter().map(|source| (source, None)).collect();
    make(durable, all, generation, None, &mut pace)
}

/// Writes what is left of a segment as another, which is on stable storage when this returns; none if
/// nothing is left. What is taken out is counted either way.
pub(crate) fn rewrite(
    durable: &Durable,
    source: &Arc<Segment>,
    left: Left,
    generation: u32,
    taking: &mut Taking<'_>,
    pause: &mut dyn FnMut() -> Result<(), MakeError>,
) -> Result<Option<Listed>, MakeError> {
    let mut pace = Pace { pause, steps: 0 };
    if !left.is_nothing() {
        let all = vec![(source, Some(left))];
        return make(durable, all, generation, Some(taking), &mut pace).map(Some);
    }
    let (parts, first_position) = (source.parts()?, source.listed().first_position);
    let mut nothing = Vec::new();
    for number in 0..parts.rows.frame_count() {
        let frame = parts.rows.frame(number)?;
        for (line, place) in frame.rows().zip(frame.first_place()..) {
            taking.line(&left, first_position, place, line, &mut nothing)?;
        }
        pace.worked(frame.row_count() as usize * ROW_STEPS)?;
    }
    Ok(None)
}

fn make(
    durable: &Durable,
    sources: Vec<(&Arc<Segment>, Option<Left>)>,
    generation: u32,
    taking: Option<&mut Taking<'_>>,
    pace: &mut Pace<'_>,
) -> Result<Listed, MakeError> {
    let listed: Vec<&Listed> = sources.iter().map(|(source, _)| source.listed()).collect();
    let (first_position, rows) = run_of(&listed);
    let organizations = union(&sources);
    let mut olds = open_all(sources, &organizations)?;
    let order = order_of(&mut olds, rows)?;
    let events = olds.iter().map(Old::events_left).sum();
    let about = About {
        first_position,
        rows,
        events,
        generation,
        first_occurred_at: order.times.first().copied().unwrap_or_default(),
        last_occurred_at: order.times.last().copied().unwrap_or_default(),
        received: received_of(&olds),
        organizations: organizations.clone(),
    };
    let mut writer = SegmentWriter::begin(durable, about)?;
    let frames = copy_rows(&olds, first_position, &mut writer, taking, pace)?;
    let (ids, filter) = find_ids(&olds, &organizations, events, pace)?;
    let (times, places) = pack_columns(order);
    let dictionary = terms::merge(&olds, pace)?;
    writer.finish(IndexParts {
        dictionary,
        times,
        places,
        frames,
        ids,
        filter,
        hashes: Vec::new(),
    })
}

/// Lets others have their turn while much is done.
struct Pace<'a> {
    pause: &'a mut dyn FnMut() -> Result<(), MakeError>,
    steps: usize,
}

impl Pace<'_> {
    fn worked(&mut self, steps: usize) -> Result<(), MakeError> {
        self.steps += steps;
        if self.steps < STEPS_PER_PAUSE {
            return Ok(());
        }
        self.steps = 0;
        (self.pause)()
    }
}

/// A segment that becomes part of a larger one.
struct Old {
    parts: Arc<Parts>,
    /// How many places it has.
    rows: u32,
    /// In how many of them there is an event.
    events: u32,
    /// The new place of its first row.
    first_place: u32,
    /// The new ordinals, by the old ones; ascending. None for those of which nothing is left.
    ordinals: Vec<Option<u32>>,
    /// The old ordinals by the new ones.
    by_new: Vec<(u32, u32)>,
    /// The new ranks, ascending.
    ranks: Ranks,
    /// What is left of it, if rows are taken out.
    left: Option<Left>,
}

impl Old {
    /// In how many places there is an event afterwards.
    fn events_left(&self) -> u32 {
        self.left.as_ref().map_or(self.events, Left::events)
    }

    /// Whether the row of a rank is taken out.
    fn is_removed(&self, rank: u32) -> bool {
        let left = self.left.as_ref();
        left.is_some_and(|left| left.removed.contains(rank))
    }

    /// Whether nothing is in a place afterwards.
    fn is_emptied(&self, place: u32) -> bool {
        let left = self.left.as_ref();
        left.is_some_and(|left| left.emptied.contains(place))
    }

    /// Whether the row of a place is taken out.
    fn is_leaving(&self, place: u32) -> bool {
        let left = self.left.as_ref();
        left.is_some_and(|left| left.fate(place) != Fate::Stay)
    }

    /// Those of some rows that stay, by their ranks.
    fn staying(&self, rows: RoaringBitmap) -> RoaringBitmap {
        match &self.left {
            Some(left) => rows - &left.removed,
            None => rows,
        }
    }

    /// The old ordinal of an organization.
    fn old_ordinal(&self, new: u32) -> Option<u32> {
        let found = self.by_new.binary_search_by_key(&new, |(new, _)| *new);
        let found = found.ok().and_then(|at| self.by_new.get(at));
        found.map(|(_, old)| *old)
    }
}

/// The first position and the number of rows of segments that follow each other.
fn run_of(sources: &[&Listed]) -> (u64, u32) {
    assert!(!sources.is_empty(), "there is something to compact");
    for pair in sources.windows(2) {
        assert_eq!(
            pair[0].end(),
            pair[1].first_position,
            "segments follow each other"
        );
    }
    let rows: u64 = sources.iter().map(|source| u64::from(source.rows)).sum();
    assert!(
        rows <= u64::from(MAX_ROWS),
        "a segment has room for all rows"
    );
    (sources[0].first_position, rows as u32)
}

/// The organizations of all segments, by their ids.
fn union(sources: &[(&Arc<Segment>, Option<Left>)]) -> Vec<OrganizationRows> {
    let mut union: BTreeMap<&str, OrganizationRows> = BTreeMap::new();
    let organizations = sources.iter().flat_map(|(source, left)| {
        let all = &source.listed().organizations;
        let all: Vec<&OrganizationRows> = match left {
            Some(left) => left.organizations.iter().flatten().collect(),
            None => all.iter().collect(),
        };
        all
    });
    for organization in organizations {
        let Some(known) = union.get_mut(organization.id.as_str()) else {
            union.insert(&organization.id, organization.clone());
            continue;
        };
        assert_eq!(
            organization.first_index,
            known.end(),
            "{} has all its rows",
            known.id
        );
        let events = known.events() + organization.events();
        known.rows += organization.rows;
        known.events = (events != known.rows).then_some(events);
    }
    union.into_values().collect()
}

/// When the first and the last row of all segments were received, if each of them knows.
fn received_of(olds: &[Old]) -> Option<(i64, i64)> {
    let each = olds.iter().map(|old| old.parts.meta.received());
    let unite =
        |(first, last): (i64, i64), other: (i64, i64)| (first.min(other.0), last.max(other.1));
    let all: Vec<(i64, i64)> = each.collect::<Option<_>>()?;
    all.into_iter().reduce(unite)
}

fn open_all(
    sources: Vec<(&Arc<Segment>, Option<Left>)>,
    organizations: &[OrganizationRows],
) -> Result<Vec<Old>, SegmentError> {
    let mut first_place = 0;
    let mut olds = Vec::with_capacity(sources.len());
    for (source, left) in sources {
        let listed = source.listed();
        let ordinals = listed.organizations.iter().map(|old| {
            // Of one that is not there nothing is left in any of the segments.
            let found = organizations.binary_search_by(|new| new.id.cmp(&old.id));
            // Fits: there are fewer organizations than rows.
            found.ok().map(|number| number as u32)
        });
        let ordinals: Vec<Option<u32>> = ordinals.collect();
        let of_new = ordinals.iter().zip(0..);
        olds.push(Old {
            parts: source.parts()?,
            rows: listed.rows,
            events: listed.events(),
            first_place,
            by_new: of_new
                .filter_map(|(new, old)| Some(((*new)?, old)))
                .collect(),
            ordinals,
            ranks: Ranks::default(),
            left,
        });
        first_place += listed.rows;
    }
    Ok(olds)
}

/// Orders the rows of all segments by time, and tells each its new ranks.
fn order_of(olds: &mut [Old], rows: u32) -> Result<Order, SegmentError> {
    let mut all = Vec::with_capacity(rows as usize);
    // The new place of each row, those that are taken out among them.
    let mut new_places = Vec::with_capacity(rows as usize);
    let (mut times, mut places) = (Vec::new(), Vec::new());
    for old in olds.iter() {
        times.clear();
        places.clear();
        old.parts.times.read_into(0..old.events, &mut times)?;
        old.parts.places.read_into(0..old.events, &mut places)?;
        for ((time, place), rank) in times.iter().zip(&places).zip(0..) {
            let place = u32::try_from(*place).ok().filter(|place| *place < old.rows);
            let place = place.ok_or(malformed("a place is not one of a row"))?;
            let is_removed = old.is_removed(rank);
            new_places.push((!is_removed).then_some(old.first_place + place));
            if !is_removed {
                all.push((*time, old.first_place + place));
            }
        }
    }
    let order = Order::new(all, rows);
    let mut new_places = new_places.iter();
    for old in olds {
        let places = new_places.by_ref().take(old.events as usize);
        let rank = |place: &Option<u32>| place.map_or(REMOVED, |at| order.ranks[at as usize]);
        let ranks: Vec<u32> = places.map(rank).collect();
        let staying = ranks.iter().filter(|rank| **rank != REMOVED);
        if !staying.is_sorted_by(|a, b| a < b) {
            return Err(malformed(
                "ranks are not in the order of time, or a place is there twice",
            ));
        }
        old.ranks = Ranks::new(ranks);
    }
    Ok(order)
}

/// The sections `times` and `places`. The order is not needed any more: it makes room for the terms.
fn pack_columns(order: Order) -> (Vec<u8>, Vec<u8>) {
    let places: Vec<i64> = order.places.iter().copied().map(i64::from).collect();
    (pack(&order.times), pack(&places))
}

/// Copies the frames of all rows, without those that are taken out; gives the section `frames`.
fn copy_rows(
    olds: &[Old],
    first_position: u64,
    writer: &mut SegmentWriter,
    mut taking: Option<&mut Taking<'_>>,
    pace: &mut Pace<'_>,
) -> Result<Vec<u8>, MakeError> {
    let mut rows = RowsWriter::new(ROWS_LEVEL)?;
    let (mut frame, mut line, mut out) = (Vec::new(), Vec::new(), Vec::new());
    for old in olds {
        let first = first_position + u64::from(old.first_place);
        for number in 0..old.parts.rows.frame_count() {
            let places = old.parts.rows.places_of(number)?;
            let changed = old
                .left
                .as_ref()
                .filter(|left| left.changes(places.clone()));
            if let (Some(left), Some(taking)) = (changed, taking.as_deref_mut()) {
                let read = old.parts.rows.frame(number)?;
                for (bytes, place) in read.rows().zip(places.clone()) {
                    taking.line(left, first, place, bytes, &mut line)?;
                    match line.is_empty() {
                        true => rows.push_nothing(&mut out)?,
                        false => rows.push(&line, &mut out)?,
                    }
                }
                pace.worked(places.len() * ROW_STEPS)?;
            } else {
                let (decompressed, count) = old.parts.rows.read_compressed(number, &mut frame)?;
                rows.copy_frame(&frame, decompressed, count, &mut out)?;
                pace.worked(frame.len() / BYTES_PER_STEP)?;
            }
            writer.push_rows(&out)?;
            out.clear();
        }
    }
    let frames = rows.finish(&mut out)?;
    writer.push_rows(&out)?;
    Ok(encode_frames(&frames))
}

/// The sections `ids` and `filter`.
fn find_ids(
    olds: &[Old],
    organizations: &[OrganizationRows],
    events: u32,
    pace: &mut Pace<'_>,
) -> Result<(Vec<u8>, Vec<u8>), MakeError> {
    let (entries, filter) = hashes::gather(olds, organizations, events, pace)?;
    Ok((ids::encode(&entries)?, filter.finish()))
}

fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("index", what)
}

#[cfg(test)]
mod tests;
