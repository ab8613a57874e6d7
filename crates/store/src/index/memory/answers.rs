//! The naive answers: a walk over all rows for each, with nothing in the way of reading what the
//! trait says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::ready;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use evident_event::query::{Candidate, Field, Order, Query, field, fold, names};
use evident_event::time::buckets::Buckets;

use super::super::counts::{Counts, ranked};
use super::super::{
    Answer, Completing, Facet, Followed, Histogram, IndexError, Listing, MAX_PAGE_EVENTS,
    MAX_SPLIT_VALUES, PagePlace, PageRequest, Place, Span, Split, StoredEvent, ValueCount, Walk,
    WalkedEvent,
};
use super::{Outcomes, Rows, place, value};

/// Rows that are looked at for a follower at once: one that is far behind, and finds little, comes
/// forward all the same.
const MAX_ROWS_FOLLOWED: u64 = 65_536;
/// Canonical bytes that are looked at for a follower at once, but for an event that has more.
const MAX_BYTES_FOLLOWED: usize = 32 * 1024 * 1024;

/// The rows of an organization as they were at one size of its log.
pub(super) struct Cut {
    rows: Rows,
    outcomes: Arc<Outcomes>,
    as_of: u64,
    deadline: Instant,
}

impl Cut {
    /// The rows below `as_of`, or all of them.
    pub(super) fn at(
        (rows, outcomes): (Rows, Arc<Outcomes>),
        as_of: Option<u64>,
        deadline: Instant,
    ) -> Result<Self, IndexError> {
        let size = rows.len();
        let as_of = as_of.unwrap_or(size);
        if as_of > size {
            return Err(IndexError::Shrunk { as_of, size });
        }
        Ok(Self {
            rows,
            outcomes,
            as_of,
            deadline,
        })
    }

    fn in_time(&self) -> Result<(), IndexError> {
        match Instant::now() > self.deadline {
            true => Err(IndexError::DeadlinePassed),
            false => Ok(()),
        }
    }

    /// All rows.
    fn all(&self) -> Range<u64> {
        0..self.as_of
    }

    fn rows(
        &self,
        indexes: Range<u64>,
    ) -> impl Iterator<Item = Result<&Arc<StoredEvent>, IndexError>> {
        let rows = indexes.map_while(|index| self.rows.get(index));
        // A look at the clock is nothing beside the reading of an event, which may be a large one.
        rows.map(|row| self.in_time().map(|()| row))
    }

    /// Shows `each` the rows that match, for as long as it says `true`.
    fn each_match<'r>(
        &'r self,
        query: &Query,
        indexes: Range<u64>,
        mut each: impl FnMut(&'r Arc<StoredEvent>, &Candidate<'_>) -> bool,
    ) -> Result<(), IndexError> {
        self.in_time()?;
        let asks_for_outcomes = query.asks_for_outcomes();
        for row in self.rows(indexes) {
            let row = row?;
            let Some(event) = value(row) else { continue };
            let attempt = event.get("attempt_id").and_then(|id| id.as_str());
            let attempt = attempt.filter(|_| asks_for_outcomes);
            let candidate = Candidate {
                event: &event,
                index: row.index,
                has_outcome: attempt.is_some_and(|id| self.outcomes.has(id, self.as_of)),
            };
            if query.matches(&candidate) && !each(row, &candidate) {
                break;
            }
        }
        Ok(())
    }

    /// All rows that match, in the query's order.
    fn matching(&self, query: &Query) -> Result<Vec<&Arc<StoredEvent>>, IndexError> {
        let mut found = Vec::new();
        self.each_match(query, self.all(), |row, _| {
            found.push(row);
            true
        })?;
        found.sort_by_key(|row| place(row));
        if query.order() == Order::Desc {
            found.reverse();
        }
        Ok(found)
    }

    pub(super) fn list(&self, query: &Query, page: PageRequest) -> Result<Listing, IndexError> {
        let found = self.matching(query)?;
        let limit = page.limit.clamp(1, MAX_PAGE_EVENTS);
        let at = |event: &StoredEvent| (event.occurred_at, event.index);
        let before = |limit: Place| {
            let limit = (limit.occurred_at, limit.index);
            found.partition_point(|row| query.order().compare(at(row), limit).is_lt())
        };
        let through = |limit: Place| {
            let limit = (limit.occurred_at, limit.index);
            found.partition_point(|row| query.order().compare(at(row), limit).is_le())
        };
        let first = match page.place {
            PagePlace::First => 0,
            PagePlace::After(place) => through(place),
            PagePlace::Before(place) => before(place).saturating_sub(limit),
            PagePlace::Around(place) => before(place)
                .saturating_sub(limit / 2)
                .min(found.len().saturating_sub(limit)),
        };
        let last = match page.place {
            PagePlace::Before(place) => before(place),
            _ => found.len().min(first + limit),
        };
        Ok(Listing {
            events: events(&found[first..last]),
            total: found.len() as u64,
            as_of: self.as_of,
            more_after: last < found.len(),
            more_before: first > 0,
        })
    }

    pub(super) fn follow(
        &self,
        query: &Query,
        from: u64,
        limit: usize,
    ) -> Result<Followed, IndexError> {
        let end = self.end_of_a_look(from);
        let mut found = Vec::new();
        self.each_match(query, from..end, |row, _| {
            found.push(row);
            found.len() < limit
        })?;
        let next = match found.last() {
            Some(last) if found.len() >= limit => last.index + 1,
            _ => end.max(from),
        };
        Ok(Followed {
            events: events(&found),
            next,
        })
    }

    /// How far is looked at once.
    fn end_of_a_look(&self, from: u64) -> u64 {
        let mut end = from;
        let mut bytes = 0;
        while end < self.as_of && end - from < MAX_ROWS_FOLLOWED {
            bytes += self.rows.get(end).map_or(0, |row| row.canonical.len());
            if bytes > MAX_BYTES_FOLLOWED && end > from {
                break;
            }
            end += 1;
        }
        end
    }

    pub(super) fn span(&self, query: &Query) -> Result<Span, IndexError> {
        let mut times = Vec::new();
        self.each_match(query, self.all(), |row, _| {
            times.push(row.occurred_at);
            true
        })?;
        let ends = times.iter().min().copied().zip(times.iter().max().copied());
        Ok(Span {
            ends,
            as_of: self.as_of,
        })
    }

    pub(super) fn histogram(
        &self,
        query: &Query,
        buckets: &Buckets,
        split_by: Option<&Field>,
    ) -> Result<Histogram, IndexError> {
        let mut counts = vec![0; buckets.len()];
        let mut values = split_by.map(Counts::of);
        self.each_match(query, self.all(), |row, candidate| {
            if let Some(bucket) = buckets.of(row.occurred_at) {
                counts[bucket] += 1;
                if let Some((values, field)) = values.as_mut().zip(split_by) {
                    let shown = field::shown(field, candidate);
                    shown.iter().for_each(|value| values.add(value));
                }
            }
            true
        })?;
        let split = match values.zip(split_by) {
            Some((values, field)) => Some(self.split(query, buckets, field, &values)?),
            None => None,
        };
        Ok(Histogram { counts, split })
    }

    /// The most frequent values by themselves, all others together: which values those are is known
    /// only when all have been counted.
    fn split(
        &self,
        query: &Query,
        buckets: &Buckets,
        field: &Field,
        counted: &Counts,
    ) -> Result<Split, IndexError> {
        let none = || vec![0; buckets.len()];
        let frequent = counted.ranked().into_iter().take(MAX_SPLIT_VALUES);
        let mut values: Vec<(String, Vec<u64>)> =
            frequent.map(|counted| (counted.value, none())).collect();
        let keys = values.iter().map(|(value, _)| counted.key(value));
        let places: HashMap<String, usize> = keys.zip(0..).collect();
        let (mut other, mut missing) = (none(), none());
        self.each_match(query, self.all(), |row, candidate| {
            let Some(bucket) = buckets.of(row.occurred_at) else {
                return true;
            };
            let shown = field::shown(field, candidate);
            missing[bucket] += u64::from(shown.is_empty());
            for value in shown {
                match places.get(&counted.key(&value)) {
                    Some(place) => values[*place].1[bucket] += 1,
                    None => other[bucket] += 1,
                }
            }
            true
        })?;
        Ok(Split {
            values,
            other,
            missing,
        })
    }

    pub(super) fn facets(
        &self,
        query: &Query,
        fields: &[Field],
        limit: usize,
    ) -> Result<Vec<Facet>, IndexError> {
        let mut counting: Vec<(Counts, u64)> =
            fields.iter().map(|field| (Counts::of(field), 0)).collect();
        self.each_match(query, self.all(), |_, candidate| {
            for (field, (counts, missing)) in fields.iter().zip(&mut counting) {
                let values = field::shown(field, candidate);
                *missing += u64::from(values.is_empty());
                values.iter().for_each(|value| counts.add(value));
            }
            true
        })?;
        let facet = |(counts, missing): (Counts, u64)| {
            let mut values = counts.ranked();
            let distinct = values.len() as u64;
            values.truncate(limit);
            Facet {
                values,
                distinct,
                missing,
            }
        };
        Ok(counting.into_iter().map(facet).collect())
    }

    pub(super) fn completions(
        &self,
        query: &Query,
        completing: &Completing,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<ValueCount>, IndexError> {
        let prefix = fold(prefix);
        let mut completions = match completing {
            Completing::Values(field) => self.values(query, field, &prefix)?,
            Completing::Names => self.names(query, &prefix)?,
        };
        completions.truncate(limit);
        Ok(completions)
    }

    fn values(
        &self,
        query: &Query,
        field: &Field,
        prefix: &str,
    ) -> Result<Vec<ValueCount>, IndexError> {
        let mut counts = Counts::of(field);
        self.each_match(query, self.all(), |_, candidate| {
            let mut values = field::values_of(field, candidate);
            values.retain(|value| fold(value).starts_with(prefix));
            values.sort_unstable();
            // Spellings of one value, such as a name and an e-mail that differ in case, count once.
            let mut seen = HashSet::new();
            values.retain(|value| seen.insert(counts.key(value)));
            values.iter().for_each(|value| counts.add(value));
            true
        })?;
        Ok(counts.ranked())
    }

    fn names(&self, query: &Query, prefix: &str) -> Result<Vec<ValueCount>, IndexError> {
        let known = names::known().into_iter().map(|name| (name, 0));
        let mut counts: BTreeMap<String, u64> = known.collect();
        self.each_match(query, self.all(), |_, candidate| {
            for name in names::of(candidate.event) {
                *counts.entry(name).or_default() += 1;
            }
            true
        })?;
        let fitting = counts
            .into_iter()
            .filter(|(name, _)| fold(name).starts_with(prefix));
        Ok(ranked(
            fitting.map(|(value, count)| ValueCount { value, count }),
        ))
    }
}

fn events(rows: &[&Arc<StoredEvent>]) -> Vec<StoredEvent> {
    rows.iter().map(|row| StoredEvent::clone(row)).collect()
}

/// All that matched when the walk began.
pub(super) struct Listed {
    rows: std::vec::IntoIter<Arc<StoredEvent>>,
    as_of: u64,
}

impl Listed {
    pub(super) fn new(cut: &Cut, query: &Query) -> Result<Self, IndexError> {
        let rows: Vec<Arc<StoredEvent>> = cut.matching(query)?.into_iter().cloned().collect();
        Ok(Self {
            rows: rows.into_iter(),
            as_of: cut.as_of,
        })
    }
}

impl Walk for Listed {
    fn as_of(&self) -> u64 {
        self.as_of
    }

    fn next(
        &mut self,
        limit: usize,
        max_bytes: usize,
        deadline: Instant,
    ) -> Answer<'_, Vec<WalkedEvent>> {
        if Instant::now() > deadline {
            return Box::pin(ready(Err(IndexError::DeadlinePassed)));
        }
        let (mut events, mut bytes) = (Vec::new(), 0);
        while events.len() < limit.max(1)
            && (events.is_empty() || bytes < max_bytes)
            && let Some(row) = self.rows.next()
        {
            bytes += row.canonical.len();
            events.push(StoredEvent::clone(&row).into());
        }
        Box::pin(ready(Ok(events)))
    }
}
