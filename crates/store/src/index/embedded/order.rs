//! The rows of all units in the order of time.
//!
//! A segment's rows are in that order already, so its next row is the next member of a set; a
//! tail's are sorted. What must hold: rows come in the order of `Order::compare` or its reverse, each
//! once, and a place between two rows is the same place in every unit.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use evident_event::time::Timestamp;
use roaring::RoaringBitmap;

use super::unit::{Sealed, Unit};
use crate::index::{IndexError, Place};

/// Numbers of a segment's columns that are read at once.
const BLOCK_ROWS: u32 = 128;
/// Members of a set that are looked up at once: few for a page, which takes few of each unit, then more.
const FIRST_MEMBERS: usize = 8;
const MAX_MEMBERS: usize = 256;

/// Which way rows are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the earliest to the latest.
    Up,
    /// From the latest to the earliest.
    Down,
}

impl Direction {
    pub(super) fn reverse(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }

    fn compare(self, a: Place, b: Place) -> Ordering {
        match self {
            Self::Up => a.cmp(&b),
            Self::Down => b.cmp(&a),
        }
    }
}

/// Where rows begin that are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// At the first.
    Beginning,
    /// At a place, its own row not included.
    Behind(Place),
    /// At a place, its own row included.
    At(Place),
}

/// A row, with its unit's number and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ordered {
    pub(super) unit: usize,
    pub(super) row: u32,
    /// Which of the rows that its unit keeps it is, in the order of their positions.
    pub(super) kept: u32,
    pub(super) place: Place,
}

/// Goes through the rows of several units.
pub(super) struct Merge {
    direction: Direction,
    runs: Vec<(Run, Option<Ordered>)>,
}

impl Merge {
    /// Goes through these rows of these units.
    pub(super) fn new<'m>(
        units: &[Unit],
        matches: impl Iterator<Item = &'m RoaringBitmap>,
        direction: Direction,
        from: From,
    ) -> Result<Self, IndexError> {
        let mut runs = Vec::new();
        for (number, (unit, rows)) in units.iter().zip(matches).enumerate() {
            if rows.is_empty() {
                continue;
            }
            let mut run = Run::new(number, unit, rows, direction, from)?;
            let head = run.next(unit)?;
            runs.push((run, head));
        }
        Ok(Self { direction, runs })
    }

    /// The next row.
    pub(super) fn next(&mut self, units: &[Unit]) -> Result<Option<Ordered>, IndexError> {
        Ok(self.take(units, 1)?.pop())
    }

    /// The next rows, at most so many.
    pub(super) fn take(
        &mut self,
        units: &[Unit],
        limit: usize,
    ) -> Result<Vec<Ordered>, IndexError> {
        let direction = self.direction;
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some((first, until)) = self.first_run()
        {
            let Some((run, head)) = self.runs.get_mut(first) else {
                break;
            };
            let unit = units.get(run.unit);
            // Units follow each other in time for the most part, so many rows in a row are of one.
            while let Some(row) = *head {
                taken.push(row);
                *head = match unit {
                    Some(unit) => run.next(unit)?,
                    None => None,
                };
                let is_first = |row: &Ordered| {
                    until.is_none_or(|until| direction.compare(row.place, until).is_lt())
                };
                if taken.len() >= limit || !head.as_ref().is_some_and(is_first) {
                    break;
                }
            }
        }
        Ok(taken)
    }

    /// The run whose next row comes first, and the place of the row that comes first in all others.
    fn first_run(&self) -> Option<(usize, Option<Place>)> {
        let (mut first, mut second): (Option<(usize, Place)>, Option<Place>) = (None, None);
        for (number, (_, head)) in self.runs.iter().enumerate() {
            let Some(Ordered { place, .. }) = *head else {
                continue;
            };
            let is_before = |other: Place| self.direction.compare(place, other).is_lt();
            match first {
                Some((_, other)) if !is_before(other) => {
                    if second.is_none_or(is_before) {
                        second = Some(place);
                    }
                }
                _ => {
                    second = first.map(|(_, other)| other);
                    first = Some((number, place));
                }
            }
        }
        first.map(|(number, _)| (number, second))
    }
}

/// A place as a number that is the larger the earlier the place comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Standing(i64, u64);

impl Standing {
    fn of(place: Place, direction: Direction) -> Self {
        let (micros, index) = (place.occurred_at.as_micros(), place.index);
        match direction {
            Direction::Down => Self(micros, index),
            // Of two's complements the order is the reverse.
            Direction::Up => Self(!micros, !index),
        }
    }

    fn place(self, direction: Direction) -> Place {
        let (micros, index) = match direction {
            Direction::Down => (self.0, self.1),
            Direction::Up => (!self.0, !self.1),
        };
        Place {
            occurred_at: Timestamp::from_micros(micros),
            index,
        }
    }
}

/// The rows of one unit that are still to come.
struct Run {
    unit: usize,
    direction: Direction,
    rest: Rest,
}

enum Rest {
    /// Members of a set.
    Set(Members, Block),
    /// Those that come first are on top.
    Heap(BinaryHeap<(Standing, u32)>),
}

/// Members of a set, of which some were looked up.
struct Members {
    set: RoaringBitmap,
    /// Where those begin and end that were not looked up yet.
    start: u32,
    end: u32,
    /// The next one is the last.
    found: Vec<u32>,
    at_once: usize,
}

impl Members {
    fn next(&mut self, direction: Direction) -> Option<u32> {
        if self.found.is_empty() {
            let left = self.set.range(self.start..self.end);
            match direction {
                Direction::Up => self.found.extend(left.take(self.at_once)),
                Direction::Down => self.found.extend(left.rev().take(self.at_once)),
            }
            let last = *self.found.last()?;
            match direction {
                Direction::Up => self.start = last + 1,
                Direction::Down => self.end = last,
            }
            self.found.reverse();
            self.at_once = (self.at_once * 2).min(MAX_MEMBERS);
        }
        self.found.pop()
    }
}

/// A part of a segment's columns.
#[derive(Default)]
struct Block {
    start: u32,
    times: Vec<i64>,
    places: Vec<i64>,
}

impl Run {
    fn new(
        number: usize,
        unit: &Unit,
        rows: &RoaringBitmap,
        direction: Direction,
        from: From,
    ) -> Result<Self, IndexError> {
        let rest = match unit {
            Unit::Sealed(sealed) => {
                let count = sealed.parts.meta.events();
                let (start, end) = match (direction, from) {
                    (_, From::Beginning) => (0, count),
                    (Direction::Up, From::At(place)) => (sealed.rank_before(place)?, count),
                    (Direction::Up, From::Behind(place)) => (sealed.rank_behind(place)?, count),
                    (Direction::Down, From::At(place)) => (0, sealed.rank_behind(place)?),
                    (Direction::Down, From::Behind(place)) => (0, sealed.rank_before(place)?),
                };
                let members = Members {
                    set: rows.clone(),
                    start,
                    end,
                    found: Vec::new(),
                    at_once: FIRST_MEMBERS,
                };
                Rest::Set(members, Block::default())
            }
            Unit::Tail(tail) => {
                let is_behind = |place: Place| match from {
                    From::Beginning => true,
                    From::At(at) => direction.compare(place, at).is_ge(),
                    From::Behind(at) => direction.compare(place, at).is_gt(),
                };
                let standings: Vec<(Standing, u32)> = tail.with(|all, _| {
                    let standing = |row: u32| {
                        let at = all.rows().get(row as usize)?;
                        let (occurred_at, index) = (at.occurred_at, at.index);
                        let place = Place { occurred_at, index };
                        is_behind(place).then(|| (Standing::of(place, direction), row))
                    };
                    rows.iter().filter_map(standing).collect()
                });
                // A page takes few of them, so they are not sorted.
                Rest::Heap(BinaryHeap::from(standings))
            }
        };
        Ok(Self {
            unit: number,
            direction,
            rest,
        })
    }

    fn next(&mut self, unit: &Unit) -> Result<Option<Ordered>, IndexError> {
        let (number, direction) = (self.unit, self.direction);
        let ordered = |row, kept, place| Ordered {
            unit: number,
            row,
            kept,
            place,
        };
        match (&mut self.rest, unit) {
            (Rest::Heap(rows), _) => Ok(rows
                .pop()
                .map(|(standing, row)| ordered(row, row, standing.place(direction)))),
            (Rest::Set(members, block), Unit::Sealed(sealed)) => {
                let Some(row) = members.next(direction) else {
                    return Ok(None);
                };
                let (kept, place) = block.find(sealed, row)?;
                Ok(Some(ordered(row, kept, place)))
            }
            (Rest::Set(..), Unit::Tail(_)) => Ok(None),
        }
    }
}

impl Block {
    /// Which of the rows that are kept a row is, and its place in time.
    fn find(&mut self, sealed: &Sealed, row: u32) -> Result<(u32, Place), IndexError> {
        let start = row - row % BLOCK_ROWS;
        if self.start != start || self.times.is_empty() {
            let end = sealed.parts.meta.events().min(start + BLOCK_ROWS);
            self.times.clear();
            self.places.clear();
            sealed.parts.times.read_into(start..end, &mut self.times)?;
            sealed
                .parts
                .places
                .read_into(start..end, &mut self.places)?;
            self.start = start;
        }
        let at = (row - start) as usize;
        let kept = self
            .places
            .get(at)
            .copied()
            .and_then(|kept| u32::try_from(kept).ok());
        match (self.times.get(at), kept) {
            (Some(time), Some(kept)) => Ok((
                kept,
                Place {
                    occurred_at: Timestamp::from_micros(*time),
                    index: sealed.index_at(kept)?,
                },
            )),
            _ => Err(IndexError::Failed("a row has no time".to_owned())),
        }
    }
}

impl Sealed {
    /// The rank of the first row that does not come before a place.
    fn rank_before(&self, place: Place) -> Result<u32, IndexError> {
        let micros = place.occurred_at.as_micros();
        let (start, end) = (
            self.rank_at(micros)?,
            self.rank_at(micros.saturating_add(1))?,
        );
        self.partition(start, end, |index| index < place.index)
    }

    /// The rank of the first row that comes behind a place.
    fn rank_behind(&self, place: Place) -> Result<u32, IndexError> {
        let micros = place.occurred_at.as_micros();
        let (start, end) = (
            self.rank_at(micros)?,
            self.rank_at(micros.saturating_add(1))?,
        );
        self.partition(start, end, |index| index <= place.index)
    }

    /// Among rows of one instant, all of which may be of several organizations: where those end
    /// whose index is as said. An organization's indexes ascend with the places.
    fn partition(
        &self,
        start: u32,
        end: u32,
        is_before: impl Fn(u64) -> bool,
    ) -> Result<u32, IndexError> {
        let (mut low, mut high) = (start, end);
        while low < high {
            let middle = low + (high - low) / 2;
            // A place of another organization stands for the first of our own behind it.
            match is_before(self.index_at(self.place_of(middle)?)?) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Ok(low)
    }
}
