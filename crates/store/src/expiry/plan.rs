//! What is to go of each segment.
//!
//! Terms tell which rows are of a project, and what a segment says of itself tells when its rows were
//! received, so most rows are decided on without being read. Only segments are read that a rule cuts
//! through the middle of.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use evident_ledger::tile::TILE_WIDTH;
use roaring::RoaringBitmap;

use super::ExpireError;
use super::receipts::{Latest, Receipts};
use super::rules::{Rule, Rules};
use crate::check::row::RowFacts;
use crate::index::embedded::{EachUnsealed, View};
use crate::segment::compact::{Taken, TakenRows, add_taken};
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
    /// The ranks of the rows, by segments, the oldest first.
    pub(super) segments: Vec<(Arc<Segment>, RoaringBitmap)>,
    /// From which index on entries are shown once all of it is done, by organization.
    pub(super) minimum_indexes: BTreeMap<String, u64>,
}

/// What is to go of the segments of a view that end at or before a position.
pub(super) fn plan(view: &View, rules: &Rules, through: u64) -> Result<Plan, ExpireError> {
    let mut over = Vec::with_capacity(view.segments.len());
    let mut first_left: BTreeMap<String, u64> = BTreeMap::new();
    let mut latest = rules.latest();
    for segment in &view.segments {
        let mut looked = Looked::at(segment, latest);
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
            let mut sealed = SealedRows::of(&mut looked, ordinal, rows)?;
            let own = sealed.over(rule)?;
            if !first_left.contains_key(&rows.id)
                && let Some(index) = sealed.first_index_without(&own)?
            {
                first_left.insert(rows.id.clone(), index);
            }
            of_segment |= own;
        }
        latest = looked.passed();
        over.push((segment, of_segment));
    }
    let mut minimum_indexes = BTreeMap::new();
    for rows in view.segments.iter().flat_map(|s| &s.listed().organizations) {
        if rules.get(&rows.id).is_some() && !minimum_indexes.contains_key(&rows.id) {
            let left = first_left.get(&rows.id).copied();
            let first = left.unwrap_or_else(|| view.first_unsealed(&rows.id));
            minimum_indexes.insert(rows.id.clone(), first - first % TILE_WIDTH);
        }
    }
    let leaves_less = |segment: &Segment| {
        segment.listed().organizations.iter().any(|rows| {
            let minimum = minimum_indexes.get(&rows.id);
            // Stubs from before may leave nothing now.
            rows.events() < rows.rows && minimum.is_some_and(|minimum| rows.first_index < *minimum)
        })
    };
    let to_do = over.into_iter().filter(|(segment, ranks)| {
        segment.listed().end() <= through && (!ranks.is_empty() || leaves_less(segment))
    });
    Ok(Plan {
        segments: to_do
            .map(|(segment, ranks)| (Arc::clone(segment), ranks))
            .collect(),
        minimum_indexes,
    })
}

/// Counts what is over, in segments and in what is not sealed yet.
pub(super) fn measure(view: &View, rules: &Rules) -> Result<TakenRows, ExpireError> {
    let mut taken = BTreeMap::new();
    let mut latest = rules.latest();
    for segment in &view.segments {
        let mut looked = Looked::at(segment, latest);
        for (ordinal, rows) in (0..).zip(&segment.listed().organizations) {
            if let Some(rule) = rules.get(&rows.id) {
                let mut sealed = SealedRows::of(&mut looked, ordinal, rows)?;
                let over = sealed.over(rule)?;
                sealed.each(&over, &mut |index, canonical| {
                    count(&mut taken, &rows.id, index, canonical)
                })?;
            }
        }
        latest = looked.passed();
    }
    each_unsealed_over(view, rules, latest, &mut |id, index, canonical| {
        count(&mut taken, id, index, canonical)?;
        Ok(true)
    })?;
    Ok(taken)
}

/// Whether something is over that is not sealed yet.
pub(super) fn is_unsealed_over(view: &View, rules: &Rules) -> Result<bool, ExpireError> {
    let mut latest = rules.latest();
    for segment in &view.segments {
        latest = Looked::at(segment, latest).passed();
    }
    let mut is_over = false;
    each_unsealed_over(view, rules, latest, &mut |_, _, _| {
        is_over = true;
        Ok(false)
    })?;
    Ok(is_over)
}

/// Shows what is over and not sealed yet, for as long as that is wanted.
fn each_unsealed_over(
    view: &View,
    rules: &Rules,
    mut latest: Latest,
    each: EachUnsealed<'_>,
) -> Result<(), ExpireError> {
    view.each_unsealed(&mut |id, index, canonical| {
        let facts = RowFacts::read(canonical).map_err(malformed)?;
        let received_at = latest.next(facts.received_at.as_micros());
        let rule = rules.get(id);
        let decided = rule.map(|rule| rule.is_over_by(canonical, received_at));
        match decided.transpose().map_err(malformed)? {
            Some(true) => each(id, index, canonical),
            Some(false) | None => Ok(true),
        }
    })?;
    Ok(())
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

pub(super) fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("rows.ndjson.zst", what)
}

/// A segment that is looked through.
struct Looked<'s> {
    segment: &'s Arc<Segment>,
    /// Of what is before it.
    latest: Latest,
    /// When its events count as received, once somebody had to know of each.
    receipts: Option<Arc<Receipts>>,
}

impl<'s> Looked<'s> {
    const fn at(segment: &'s Arc<Segment>, latest: Latest) -> Self {
        Self {
            segment,
            latest,
            receipts: None,
        }
    }

    fn receipts(&mut self, parts: &Parts) -> Result<Arc<Receipts>, SegmentError> {
        if let Some(receipts) = &self.receipts {
            return Ok(Arc::clone(receipts));
        }
        let receipts = Arc::new(Receipts::read(parts, self.latest)?);
        self.receipts = Some(Arc::clone(&receipts));
        Ok(receipts)
    }

    /// What is known of receipts behind it. One that cannot be read tells nothing.
    fn passed(self) -> Latest {
        let mut latest = self.latest;
        if let Ok(parts) = self.segment.parts() {
            latest.pass(parts.meta.received());
        }
        latest
    }
}

/// The rows of one organization in a segment.
struct SealedRows<'a, 's> {
    looked: &'a mut Looked<'s>,
    parts: Arc<Parts>,
    rows: &'a OrganizationRows,
    ordinal: u32,
    received: Received,
}

impl<'a, 's> SealedRows<'a, 's> {
    fn of(
        looked: &'a mut Looked<'s>,
        ordinal: u32,
        rows: &'a OrganizationRows,
    ) -> Result<Self, SegmentError> {
        let parts = looked.segment.parts()?;
        let received = parts.meta.received();
        Ok(Self {
            received: received.map(|times| looked.latest.during(times)),
            looked,
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
    fn over(&mut self, rule: &Rule) -> Result<RoaringBitmap, SegmentError> {
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
        if unsure.is_empty() {
            return Ok(over);
        }
        let receipts = self.looked.receipts(&self.parts)?;
        let mut read = Vec::new();
        self.each_rank(&unsure, &mut |rank, place, canonical| {
            let decided = rule.is_over_by(canonical, receipts.of(place));
            if decided.map_err(malformed)? {
                read.push(rank);
            }
            Ok(())
        })?;
        over.extend(read);
        Ok(over)
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
