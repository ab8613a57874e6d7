//! A step: what is replaced together, in one change of the manifest.
//!
//! What must hold: after each step all holds that must. No event that is there has an index below its log's minimum
//! index, and from the minimum index on every row has left something; whoever makes the rules longer in the middle of
//! a removal finds whole what has not gone.
//!
//! So the minimum index goes no farther than the next row that a step does not decide on, rounded down to a tile. A
//! segment of which all goes leaves stubs then, for the rest of that tile: fewer than a tile has entries. The
//! step that takes the minimum index beyond them takes them away as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use evident_ledger::tile::TILE_WIDTH;
use roaring::RoaringBitmap;

use crate::index::embedded::View;
use crate::segment::compact::{Left, Removal, Taken, TakenRows};
use crate::segment::error::SegmentError;
use crate::segment::meta::{Listed, Manifest, RemovedRows};
use crate::segment::sealed::Segment;

/// What is replaced together.
pub(super) struct Step {
    /// Segments and what is left of them, in the order of their positions.
    pub(super) pieces: Vec<(Arc<Segment>, Left)>,
    /// The minimum indexes as they are afterwards, as far as this step has a say in them.
    pub(super) minimums: BTreeMap<String, u64>,
}

impl Step {
    /// Takes some rows out of a segment; `None` if the segment is not there any more. `planned` is where minimum
    /// indexes are once all is done.
    pub(super) fn of(
        view: &View,
        segment: &Arc<Segment>,
        ranks: &RoaringBitmap,
        planned: &BTreeMap<String, u64>,
    ) -> Result<Option<Self>, SegmentError> {
        let generation = segment.listed().generation;
        let is_it = |other: &Arc<Segment>| other.listed().generation == generation;
        let Some(at) = view.segments.iter().position(is_it) else {
            return Ok(None);
        };
        let minimums = minimums(view, at, segment.listed(), planned);
        let mut pieces = Vec::new();
        for before in view.segments.iter().take(at) {
            let loses_stubs = before.listed().organizations.iter().any(|rows| {
                let minimum = minimums.get(&rows.id);
                minimum.is_some_and(|minimum| rows.first_index < *minimum)
            });
            if loses_stubs {
                pieces.push((before, RoaringBitmap::new()));
            }
        }
        pieces.push((segment, ranks.clone()));
        let mut step = Self {
            pieces: Vec::with_capacity(pieces.len()),
            minimums,
        };
        for (piece, ranks) in pieces {
            let organizations = piece.listed().organizations.iter();
            let of = |id: &String| step.minimums.get(id).copied().unwrap_or_default();
            let minimum_indexes = organizations.map(|rows| of(&rows.id)).collect();
            let removal = Removal {
                ranks,
                minimum_indexes,
            };
            let left = Left::of(piece, removal)?;
            if !left.is_everything() {
                step.pieces.push((Arc::clone(piece), left));
            }
        }
        Ok(Some(step))
    }
}

/// How far the minimum indexes of a segment's organizations may go when it alone is decided on. Events before it are
/// there to stay, or could not be removed; rows behind it are decided on later.
fn minimums(
    view: &View,
    at: usize,
    segment: &Listed,
    planned: &BTreeMap<String, u64>,
) -> BTreeMap<String, u64> {
    let mut minimums = BTreeMap::new();
    for rows in &segment.organizations {
        let Some(planned) = planned.get(&rows.id) else {
            continue;
        };
        let others = view.segments.iter().enumerate();
        let first_beside = others
            .filter(|(other, _)| *other != at)
            .find_map(|(other, segment)| {
                let rows = segment.listed().organization(&rows.id)?;
                (other > at || rows.events() > 0).then_some(rows.first_index)
            });
        let known =
            first_beside.map_or(*planned, |first| (first - first % TILE_WIDTH).min(*planned));
        if known > 0 {
            minimums.insert(rows.id.clone(), known);
        }
    }
    minimums
}

/// Puts what is left of segments in their places, counts what was taken out of them, and notes where their
/// organizations begin now.
pub(super) fn note_taken(
    manifest: &mut Manifest,
    made: &[(Arc<Segment>, Option<Listed>)],
    taken: &TakenRows,
    minimums: &BTreeMap<String, u64>,
) {
    // The index behind the last row of each organization in any of them.
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    for (old, new) in made {
        replace(manifest, old.listed(), new.as_ref());
        for rows in &old.listed().organizations {
            let end = ends.entry(&rows.id).or_default();
            *end = rows.end().max(*end);
        }
    }
    for (id, end) in ends {
        let mut first = manifest.segments.iter();
        let first = first.find_map(|segment| segment.organization(id));
        // Without any, the next row is the first.
        let first_index = first.map_or(end, |first| first.first_index);
        let of_organization = taken.get(id);
        let found = manifest
            .removed
            .binary_search_by(|removed| removed.id.as_str().cmp(id));
        let at = match (found, of_organization) {
            (Ok(at), _) => at,
            (Err(at), Some(_)) => {
                manifest.removed.insert(at, nothing_of(id));
                at
            }
            (Err(_), None) => continue,
        };
        let removed = &mut manifest.removed[at];
        removed.first_index = first_index;
        let minimum = minimums.get(id).copied().unwrap_or_default();
        removed.minimum_index = removed.minimum_index.max(minimum);
        if let Some(Taken {
            events,
            bytes,
            indexes,
            ..
        }) = of_organization
        {
            removed.events += events;
            removed.bytes += bytes;
            removed.end_index = removed.end_index.max(indexes.1 + 1);
        }
    }
}

/// Puts what is left of a segment in its place, or takes it away.
fn replace(manifest: &mut Manifest, old: &Listed, new: Option<&Listed>) {
    let end = manifest.end();
    let is_it = |other: &Listed| other.generation == old.generation;
    if let Some(at) = manifest.segments.iter().position(is_it) {
        manifest.segments.splice(at..=at, new.cloned());
    }
    let of_segments = manifest.segments.last().map_or(0, Listed::end);
    manifest.end_position = (of_segments < end).then_some(end);
}

fn nothing_of(organization_id: &str) -> RemovedRows {
    RemovedRows {
        id: organization_id.to_owned(),
        first_index: 0,
        minimum_index: 0,
        events: 0,
        bytes: 0,
        end_index: 0,
    }
}
