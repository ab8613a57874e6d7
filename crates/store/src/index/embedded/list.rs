//! Pages, followers and spans.

use std::num::NonZero;
use std::ops::Range;

use evident_event::query::{Order, Query};
use evident_event::time::Timestamp;
use roaring::RoaringBitmap;

use super::evaluate::Evaluation;
use super::order::{Direction, From, Merge, Ordered};
use super::reader::Reader;
use super::{Cut, MAX_THREADS, in_time};
use crate::index::{
    Followed, IndexError, Listing, MAX_PAGE_EVENTS, PagePlace, PageRequest, Span, StoredEvent,
};

/// Rows that are looked at for a follower at once: one that is far behind, and finds little, comes
/// forward all the same.
const MAX_ROWS_FOLLOWED: u64 = 65_536;
/// Rows that are looked at one by one: fewer than it takes to look up terms.
const FEW_ROWS_FOLLOWED: u64 = 256;
/// Rows of a page that a thread of its own is worth.
const MIN_ROWS_A_THREAD: usize = 12;
/// Bytes of events that a follower is given at once, but for one that has more: followers are many,
/// and what they were given they may hold for long.
const MAX_BYTES_FOLLOWED: usize = 1 << 20;

pub(super) fn direction(query: &Query) -> Direction {
    match query.order() {
        Order::Asc => Direction::Up,
        Order::Desc => Direction::Down,
    }
}

impl Cut {
    /// A page, with the exact total.
    pub(super) fn list(&self, query: &Query, page: PageRequest) -> Result<Listing, IndexError> {
        let matches = self.matches(query)?;
        let total = matches.iter().map(RoaringBitmap::len).sum();
        let limit = page.limit.clamp(1, MAX_PAGE_EVENTS);
        let onward = direction(query);
        let take = |direction, from, limit| {
            Merge::new(&self.units, matches.iter(), direction, from)?.take(&self.units, limit)
        };
        let exists = |direction, from| take(direction, from, 1).map(|rows| !rows.is_empty());
        let (rows, more_before, more_after) = match page.place {
            PagePlace::First => {
                let mut rows = take(onward, From::Beginning, limit + 1)?;
                let more_after = cut_off(&mut rows, limit);
                (rows, false, more_after)
            }
            PagePlace::After(place) => {
                let mut rows = take(onward, From::Behind(place), limit + 1)?;
                let more_after = cut_off(&mut rows, limit);
                (rows, exists(onward.reverse(), From::At(place))?, more_after)
            }
            PagePlace::Before(place) => {
                let mut rows = take(onward.reverse(), From::Behind(place), limit + 1)?;
                let more_before = cut_off(&mut rows, limit);
                rows.reverse();
                (rows, more_before, exists(onward, From::At(place))?)
            }
            PagePlace::Around(place) => {
                let mut before = take(onward.reverse(), From::Behind(place), limit + 1)?;
                let mut behind = take(onward, From::At(place), limit + 1)?;
                let room = limit.saturating_sub(behind.len());
                let more_before = cut_off(&mut before, room.max(limit / 2));
                let more_after = cut_off(&mut behind, limit - before.len());
                before.reverse();
                before.append(&mut behind);
                (before, more_before, more_after)
            }
        };
        Ok(Listing {
            events: self.read_page(&rows)?,
            total,
            as_of: self.as_of,
            more_after,
            more_before,
        })
    }

    /// Reads the events of a page, on several threads if they are many: they may all be in different
    /// frames, each of which has to be decompressed.
    fn read_page(&self, rows: &[Ordered]) -> Result<Vec<StoredEvent>, IndexError> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.min(MAX_THREADS).min(rows.len() / MIN_ROWS_A_THREAD);
        if threads < 2 {
            return self.read(rows, &mut self.reader());
        }
        let parts = rows.chunks(rows.len().div_ceil(threads));
        let parts: Vec<Result<Vec<StoredEvent>, IndexError>> = std::thread::scope(|scope| {
            let reading = parts.map(|part| scope.spawn(|| self.read(part, &mut self.reader())));
            let reading: Vec<_> = reading.collect();
            let failed = || IndexError::Failed("a thread gave no answer".to_owned());
            let joined = reading.into_iter().map(|part| part.join());
            joined
                .map(|part| part.unwrap_or_else(|_| Err(failed())))
                .collect()
        });
        let mut events = Vec::with_capacity(rows.len());
        for part in parts {
            events.extend(part?);
        }
        Ok(events)
    }

    fn read(&self, rows: &[Ordered], reader: &mut Reader) -> Result<Vec<StoredEvent>, IndexError> {
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            in_time(self.deadline)?;
            let unit = self.units.get(row.unit);
            let unit = unit.ok_or_else(|| IndexError::Failed("a unit is gone".to_owned()))?;
            events.push(reader.event_at(unit, row.kept, row.place)?);
        }
        Ok(events)
    }

    /// When the first and the last match happened.
    pub(super) fn span(&self, query: &Query) -> Result<Span, IndexError> {
        let matches = self.matches(query)?;
        let end = |direction| -> Result<Option<Timestamp>, IndexError> {
            let mut rows = Merge::new(&self.units, matches.iter(), direction, From::Beginning)?;
            Ok(rows.next(&self.units)?.map(|row| row.place.occurred_at))
        };
        Ok(Span {
            ends: end(Direction::Up)?.zip(end(Direction::Down)?),
            as_of: self.as_of,
        })
    }

    /// What follows an index.
    pub(super) fn follow(
        &self,
        query: &Query,
        from: u64,
        limit: usize,
    ) -> Result<Followed, IndexError> {
        let end = self.as_of.min(from.saturating_add(MAX_ROWS_FOLLOWED));
        let mut reader = self.reader();
        let found =
            match end.saturating_sub(from) <= FEW_ROWS_FOLLOWED && !query.asks_for_outcomes() {
                true => self.look_at_each(query, from..end, &mut reader)?,
                false => self.look_up(query, from..end)?,
            };
        let mut events = Vec::new();
        let mut bytes = 0;
        for row in &found {
            let read = self.read(std::slice::from_ref(row), &mut reader)?;
            bytes += read
                .iter()
                .map(|event| event.canonical.len())
                .sum::<usize>();
            if bytes > MAX_BYTES_FOLLOWED && !events.is_empty() {
                break;
            }
            events.extend(read);
            if events.len() >= limit.max(1) {
                break;
            }
        }
        let next = match events.last() {
            Some(last) if events.len() < found.len() || events.len() >= limit => last.index + 1,
            _ => end.max(from),
        };
        Ok(Followed { events, next })
    }

    /// The matches of some indexes, in their order, by looking at each row.
    fn look_at_each(
        &self,
        query: &Query,
        indexes: Range<u64>,
        reader: &mut Reader,
    ) -> Result<Vec<Ordered>, IndexError> {
        self.in_indexes(indexes, |number, rows, found| {
            let unit = &self.units[number];
            let evaluation = Evaluation {
                query,
                unit,
                open: None,
                deadline: self.deadline,
            };
            for row in rows {
                if evaluation.holds(row, reader)? {
                    found.push(self.ordered(number, row)?);
                }
            }
            Ok(())
        })
    }

    /// The same by terms.
    fn look_up(&self, query: &Query, indexes: Range<u64>) -> Result<Vec<Ordered>, IndexError> {
        let matches = self.matches_among(query, &indexes)?;
        self.in_indexes(indexes, |number, rows, found| {
            for row in rows & &matches[number] {
                found.push(self.ordered(number, row)?);
            }
            Ok(())
        })
    }

    fn ordered(&self, unit: usize, row: u32) -> Result<Ordered, IndexError> {
        let (kept, place) = self.units[unit].kept_at(row)?;
        Ok(Ordered {
            unit,
            row,
            kept,
            place,
        })
    }

    /// Gathers rows from the rows of each unit whose index is in a range; in the order of indexes.
    fn in_indexes(
        &self,
        indexes: Range<u64>,
        mut gather: impl FnMut(usize, RoaringBitmap, &mut Vec<Ordered>) -> Result<(), IndexError>,
    ) -> Result<Vec<Ordered>, IndexError> {
        let mut found = Vec::new();
        for (number, unit) in self.units.iter().enumerate() {
            let rows = unit.of_indexes(indexes.clone(), unit.all())?;
            if !rows.is_empty() {
                gather(number, rows, &mut found)?;
            }
        }
        found.sort_unstable_by_key(|row| row.place.index);
        Ok(found)
    }
}

/// Keeps the first rows; says whether there were more.
fn cut_off(rows: &mut Vec<Ordered>, limit: usize) -> bool {
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}
