//! Compaction: segments that follow each other become one.
//!
//! What must hold: the result has the rows of its sources at the same positions, and its index is the
//! one that sealing all these rows at once would have made, but for the section `hashes`. Rows are
//! copied as they are compressed, so the cost is that of the index. Memory is a fixed amount for each
//! row and the new index, whatever the rows hold; nothing that a source says is believed unchecked.

mod hashes;
mod open;
mod ranks;
mod sets;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use ranks::Ranks;

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
    let listed: Vec<&Listed> = sources.iter().map(|source| source.listed()).collect();
    let (first_position, rows) = run_of(&listed);
    let organizations = union(&listed);
    let mut olds = open_all(sources, &organizations)?;
    let order = order_of(&mut olds, rows)?;
    let about = About {
        first_position,
        rows,
        generation,
        first_occurred_at: order.times.first().copied().unwrap_or_default(),
        last_occurred_at: order.times.last().copied().unwrap_or_default(),
        organizations: organizations.clone(),
    };
    let mut writer = SegmentWriter::begin(durable, about)?;
    let frames = copy_rows(&olds, &mut writer, &mut pace)?;
    let (ids, filter) = find_ids(&olds, &organizations, rows, &mut pace)?;
    let (times, places) = pack_columns(order);
    let dictionary = terms::merge(&olds, &mut pace)?;
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
    rows: u32,
    /// The new place of its first row.
    first_place: u32,
    /// The new ordinals, by the old ones; ascending.
    ordinals: Vec<u32>,
    /// The new ranks, ascending.
    ranks: Ranks,
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
fn union(sources: &[&Listed]) -> Vec<OrganizationRows> {
    let mut union: BTreeMap<&str, OrganizationRows> = BTreeMap::new();
    for organization in sources.iter().flat_map(|source| &source.organizations) {
        let Some(known) = union.get_mut(organization.id.as_str()) else {
            union.insert(&organization.id, organization.clone());
            continue;
        };
        let next = known.first_index + u64::from(known.rows);
        assert_eq!(
            organization.first_index, next,
            "{} has all its rows",
            known.id
        );
        known.rows += organization.rows;
    }
    union.into_values().collect()
}

fn open_all(
    sources: &[Arc<Segment>],
    organizations: &[OrganizationRows],
) -> Result<Vec<Old>, SegmentError> {
    let mut first_place = 0;
    let mut olds = Vec::with_capacity(sources.len());
    for source in sources {
        let listed = source.listed();
        // Both lists are in the order of ids.
        let mut all = (0..).zip(organizations);
        let ordinals = listed.organizations.iter().filter_map(|old| {
            let (ordinal, _) = all.by_ref().find(|(_, new)| new.id == old.id)?;
            Some(ordinal)
        });
        olds.push(Old {
            parts: source.parts()?,
            rows: listed.rows,
            first_place,
            ordinals: ordinals.collect(),
            ranks: Ranks::default(),
        });
        first_place += listed.rows;
    }
    Ok(olds)
}

/// Orders the rows of all segments by time, and tells each its new ranks.
fn order_of(olds: &mut [Old], rows: u32) -> Result<Order, SegmentError> {
    let mut all = Vec::with_capacity(rows as usize);
    let (mut times, mut places) = (Vec::new(), Vec::new());
    for old in olds.iter() {
        times.clear();
        places.clear();
        old.parts.times.read_into(0..old.rows, &mut times)?;
        old.parts.places.read_into(0..old.rows, &mut places)?;
        for (time, place) in times.iter().zip(&places) {
            let place = u32::try_from(*place).ok().filter(|place| *place < old.rows);
            let place = place.ok_or(malformed("a place is not one of a row"))?;
            all.push((*time, old.first_place + place));
        }
    }
    let new_places: Vec<u32> = all.iter().map(|(_, place)| *place).collect();
    let order = Order::new(all);
    let mut new_places = new_places.iter();
    for old in olds {
        let places = new_places.by_ref().take(old.rows as usize);
        let ranks: Vec<u32> = places.map(|place| order.ranks[*place as usize]).collect();
        if !ranks.is_sorted_by(|a, b| a < b) {
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

/// Copies the frames of all rows; gives the section `frames`.
fn copy_rows(
    olds: &[Old],
    writer: &mut SegmentWriter,
    pace: &mut Pace<'_>,
) -> Result<Vec<u8>, MakeError> {
    let mut rows = RowsWriter::new(ROWS_LEVEL)?;
    let (mut frame, mut out) = (Vec::new(), Vec::new());
    for old in olds {
        for number in 0..old.parts.rows.frame_count() {
            let (decompressed, count) = old.parts.rows.read_compressed(number, &mut frame)?;
            rows.copy_frame(&frame, decompressed, count, &mut out)?;
            writer.push_rows(&out)?;
            out.clear();
            pace.worked(frame.len() / BYTES_PER_STEP)?;
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
    rows: u32,
    pace: &mut Pace<'_>,
) -> Result<(Vec<u8>, Vec<u8>), MakeError> {
    let (entries, filter) = hashes::gather(olds, organizations, rows, pace)?;
    Ok((ids::encode(&entries)?, filter.finish()))
}

fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("index", what)
}

#[cfg(test)]
mod tests;
