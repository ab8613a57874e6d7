//! What is to go of each segment.
//!
//! Terms tell which rows are of a project, and what a segment says of itself tells when its rows were
//! received, so most rows are decided on without being read. Only those are read that a rule cuts
//! through the middle of.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use evident_ledger::tile::TILE_WIDTH;
use roaring::RoaringBitmap;

use super::ExpireError;
use super::rules::{Rule, Rules};
use crate::check::row::RowFacts;
use crate::index::embedded::View;
use crate::segment::compact::{Removal, Taken, TakenRows, add_taken};
use crate::segment::error::SegmentError;
use crate::segment::key;
use crate::segment::meta::OrganizationRows;
use crate::segment::rows::Line;
use crate::segment::sealed::{Parts, Segment};

/// What is done with an event: its index, its canonical bytes.
type EachEvent<'e> = &'e mut dyn FnMut(u64, &[u8]) -> Result<(), SegmentError>;
/// What is done with an event: its rank, its place, its canonical bytes.
type EachRank<'e> = &'e mut dyn FnMut(u32, u32, &[u8]) -> Result<(), SegmentError>;
/// Of the times at which a segment's rows were received.
type Received = Option<(i64, i64)>;

/// What is to go.
pub(super) struct Plan {
    /// From which segments, the oldest first.
    pub(super) segments: Vec<(Arc<Segment>, Removal)>,
    /// From which index on entries are shown, by organization.
    pub(super) minimum_indexes: BTreeMap<String, u64>,
}

/// What is to go of the segments of a view that end at or before a position.
pub(super) fn plan(view: &View, rules: &Rules, through: u64) -> Result<Plan, ExpireError> {
    let mut over = Vec::with_capacity(view.segments.len());
    let mut first_left: BTreeMap<String, u64> = BTreeMap::new();
    for segment in &view.segments {
        let mut of_segment = RoaringBitmap::new();
        for (ordinal, rows) in (0..).zip(&segment.listed().organizations) {
            let Some(rule) = rules.get(&rows.id) else {
                continue;
            };
            if segment.listed().end() > through {
                // What is behind stays for now.
                first_left
                    .entry(rows.id.clone())
                    .or_insert(rows.first_index);
                continue;
            }
            let sealed = SealedRows::of(segment, ordinal, rows)?;
            let own = sealed.over(rule)?;
            if !first_left.contains_key(&rows.id)
                && let Some(index) = sealed.first_index_without(&own)?
            {
                first_left.insert(rows.id.clone(), index);
            }
            of_segment |= own;
        }
        over.push((segment, of_segment));
    }
    let minimum = |id: &str| {
        rules.get(id)?;
        let left = first_left.get(id).copied();
        let first = left.unwrap_or_else(|| view.first_unsealed(id));
        Some(first - first % TILE_WIDTH)
    };
    let mut plan = Plan {
        segments: Vec::new(),
        minimum_indexes: BTreeMap::new(),
    };
    for (segment, ranks) in over {
        let organizations = &segment.listed().organizations;
        let minimums = organizations.iter().map(|rows| minimum(&rows.id));
        let minimums: Vec<Option<u64>> = minimums.collect();
        let leaves_less = organizations.iter().zip(&minimums).any(|(rows, minimum)| {
            // Stubs from before may leave nothing now.
            rows.events() < rows.rows && minimum.is_some_and(|minimum| rows.first_index < minimum)
        });
        for (rows, minimum) in organizations.iter().zip(&minimums) {
            let known = minimum.filter(|minimum| *minimum > 0);
            plan.minimum_indexes
                .extend(known.map(|minimum| (rows.id.clone(), minimum)));
        }
        if segment.listed().end() <= through && (!ranks.is_empty() || leaves_less) {
            let minimum_indexes = minimums.into_iter().map(|minimum| minimum.unwrap_or(0));
            let removal = Removal {
                ranks,
                minimum_indexes: minimum_indexes.collect(),
            };
            plan.segments.push((Arc::clone(segment), removal));
        }
    }
    Ok(plan)
}

/// Counts what is over, in segments and in what is not sealed yet.
pub(super) fn measure(view: &View, rules: &Rules) -> Result<TakenRows, ExpireError> {
    let mut taken = BTreeMap::new();
    for segment in &view.segments {
        for (ordinal, rows) in (0..).zip(&segment.listed().organizations) {
            if let Some(rule) = rules.get(&rows.id) {
                let sealed = SealedRows::of(segment, ordinal, rows)?;
                let over = sealed.over(rule)?;
                sealed.each(&over, &mut |index, canonical| {
                    count(&mut taken, &rows.id, index, canonical)
                })?;
            }
        }
    }
    view.each_unsealed(&mut |id, index, canonical| {
        match rules.get(id).map(|rule| rule.is_over_by(canonical)) {
            Some(Ok(true)) => count(&mut taken, id, index, canonical),
            Some(Err(what)) => Err(malformed(what)),
            _ => Ok(()),
        }?;
        Ok(true)
    })?;
    Ok(taken)
}

/// Whether something is over that is not sealed yet.
pub(super) fn is_unsealed_over(view: &View, rules: &Rules) -> Result<bool, ExpireError> {
    let mut is_over = false;
    view.each_unsealed(&mut |id, _, canonical| {
        let decided = rules.get(id).map(|rule| rule.is_over_by(canonical));
        is_over = decided.transpose().map_err(malformed)?.unwrap_or(false);
        Ok(!is_over)
    })?;
    Ok(is_over)
}

fn count(
    taken: &mut TakenRows,
    organization_id: &str,
    index: u64,
    canonical: &[u8],
) -> Result<(), SegmentError> {
    let facts = RowFacts::read(canonical).map_err(malformed)?;
    let received_at = facts.received_at.as_micros();
    add_taken(
        taken,
        organization_id,
        &Taken::one(index, canonical.len(), received_at),
    );
    Ok(())
}

fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("rows.ndjson.zst", what)
}

/// The rows of one organization in a segment.
struct SealedRows<'a> {
    parts: Arc<Parts>,
    rows: &'a OrganizationRows,
    ordinal: u32,
    received: Received,
}

impl<'a> SealedRows<'a> {
    fn of(
        segment: &Segment,
        ordinal: u32,
        rows: &'a OrganizationRows,
    ) -> Result<Self, SegmentError> {
        let parts = segment.parts()?;
        Ok(Self {
            received: parts.meta.received(),
            parts,
            rows,
            ordinal,
        })
    }

    fn set(&self, field: &str, value: &str) -> Result<RoaringBitmap, SegmentError> {
        let key = key::of_value(self.ordinal, field, value);
        match self.parts.dictionary.find(&key)? {
            Some(found) => self.parts.dictionary.posting(&found)?.to_bitmap(),
            None => Ok(RoaringBitmap::new()),
        }
    }

    /// The ranks of the events that are over.
    fn over(&self, rule: &Rule) -> Result<RoaringBitmap, SegmentError> {
        if let (Some((first, last)), Some(latest)) = (self.received, rule.latest()) {
            if first >= latest {
                return Ok(RoaringBitmap::new());
            }
            if rule.earliest().is_some_and(|earliest| last < earliest) {
                return self.set(key::ROWS, "");
            }
        }
        let mut rest = self.set(key::ROWS, "")?;
        // Their terms do not tell all of them.
        let mut unsure = self.set(key::PARTIAL, "")?;
        rest -= &unsure;
        let mut over = RoaringBitmap::new();
        for (project, cutoff) in &rule.projects {
            let rows = self.set("project_id", project)? & &rest;
            rest -= &rows;
            self.decide(rows, *cutoff, &mut over, &mut unsure);
        }
        self.decide(rest, rule.default, &mut over, &mut unsure);
        let mut wrong = None;
        let mut read = Vec::new();
        self.each_rank(&unsure, &mut |rank, _, canonical| {
            match rule.is_over_by(canonical) {
                Ok(true) => read.push(rank),
                Ok(false) => {}
                Err(what) => wrong = Some(malformed(what)),
            }
            Ok(())
        })?;
        over.extend(read);
        wrong.map_or(Ok(over), Err)
    }

    /// Which of some rows, to which the same cutoff applies, are over, as far as that can be told.
    fn decide(
        &self,
        rows: RoaringBitmap,
        cutoff: Option<i64>,
        over: &mut RoaringBitmap,
        unsure: &mut RoaringBitmap,
    ) {
        match (cutoff, self.received) {
            (None, _) => {}
            (Some(cutoff), Some((first, _))) if first >= cutoff => {}
            (Some(cutoff), Some((_, last))) if last < cutoff => *over |= rows,
            _ => *unsure |= rows,
        }
    }

    /// The index of the first event that is not among these.
    fn first_index_without(&self, over: &RoaringBitmap) -> Result<Option<u64>, SegmentError> {
        let left = self.set(key::ROWS, "")? - over;
        if left.is_empty() {
            return Ok(None);
        }
        let mut places = Vec::new();
        let events = self.parts.meta.events();
        self.parts.places.read_into(0..events, &mut places)?;
        let of_left = left.iter().filter_map(|rank| places.get(rank as usize));
        let first = of_left.min().and_then(|place| u32::try_from(*place).ok());
        let own = self.set(key::PLACES, "")?;
        Ok(first.and_then(|first| {
            let before = own.rank(first).checked_sub(1)?;
            Some(self.rows.first_index + before)
        }))
    }

    /// Shows events with their indexes.
    fn each(&self, ranks: &RoaringBitmap, each: EachEvent<'_>) -> Result<(), SegmentError> {
        let own = match ranks.is_empty() {
            true => return Ok(()),
            false => self.set(key::PLACES, "")?,
        };
        self.each_rank(ranks, &mut |_, place, canonical| {
            let before = own.rank(place).saturating_sub(1);
            each(self.rows.first_index + before, canonical)
        })
    }

    /// Shows events by their ranks, in the order of their places.
    fn each_rank(&self, ranks: &RoaringBitmap, each: EachRank<'_>) -> Result<(), SegmentError> {
        if ranks.is_empty() {
            return Ok(());
        }
        let mut all = Vec::new();
        let events = self.parts.meta.events();
        self.parts.places.read_into(0..events, &mut all)?;
        let mut places = BTreeSet::new();
        for rank in ranks {
            let place = all.get(rank as usize);
            let place = place.and_then(|place| u32::try_from(*place).ok());
            places.insert((place.ok_or(malformed("a row has no place"))?, rank));
        }
        let mut places = places.into_iter().peekable();
        while let Some((first, _)) = places.peek() {
            let number = self.parts.rows.frame_of(*first);
            let frame = self.parts.rows.frame(number)?;
            let within: Range<u32> = self.parts.rows.places_of(number)?;
            while let Some((place, rank)) = places.next_if(|(place, _)| within.contains(place)) {
                match frame.row(place).map(Line::read).transpose()? {
                    Some(Line::Event(canonical)) => each(rank, place, canonical)?,
                    _ => return Err(malformed("an event is not where it was found")),
                }
            }
        }
        Ok(())
    }
}
