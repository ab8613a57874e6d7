//! Every answer to a question, each a walk over the whole log.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::Ask;
use super::field::{FieldPath, known_names, names_of};
use super::limits::Limits;
use super::log::{Log, Row};
use super::text::fold;

/// A question, who asks it, and when.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub ask: &'a Ask,
    /// What the caller may see.
    pub limits: &'a Limits,
    /// In microseconds since the epoch.
    pub now: i64,
}

/// Where a page is, by places of events.
#[derive(Debug, Clone, Copy)]
pub enum PageAt {
    First,
    After((i64, u64)),
    Before((i64, u64)),
    Around((i64, u64)),
}

/// A page of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct ModelPage {
    pub indexes: Vec<u64>,
    pub more_before: bool,
    pub more_after: bool,
}

/// Values and their counts, the most frequent first.
pub type Counted = Vec<(String, u64)>;

/// The values of a field, counted.
#[derive(Debug, PartialEq, Eq)]
pub struct ModelFacet {
    pub values: Counted,
    pub distinct: u64,
    pub missing: u64,
}

/// Counts by bucket.
#[derive(Debug, PartialEq, Eq)]
pub struct ModelSplit {
    pub values: Vec<(String, Vec<u64>)>,
    pub other: Vec<u64>,
    pub missing: Vec<u64>,
}

/// Values that a split names; all others are counted together.
const SPLIT_VALUES: usize = 20;

impl Question<'_> {
    /// The events that it finds on the log of that size, in index order.
    pub fn found<'l>(&self, log: &'l Log, as_of: u64) -> Vec<&'l Row> {
        let rows = log.at(as_of);
        let may_see = |row: &&Row| self.may_see(row);
        rows.iter()
            .filter(may_see)
            .filter(|row| self.ask.holds(row, rows, self.now))
            .collect()
    }

    /// Whether the caller may see an event of the organization.
    pub fn may_see(&self, row: &Row) -> bool {
        self.limits.show(row)
    }

    /// The same in the order of the list.
    pub fn listed<'l>(&self, log: &'l Log, as_of: u64) -> Vec<&'l Row> {
        let mut rows = self.found(log, as_of);
        rows.sort_by_key(|row| row.place());
        if !self.ask.ascending {
            rows.reverse();
        }
        rows
    }

    /// A page of the list.
    pub fn page(&self, log: &Log, as_of: u64, at: PageAt, limit: usize) -> ModelPage {
        let rows = self.listed(log, as_of);
        let stands_before = |row: &&&Row, place: (i64, u64)| match self.ask.ascending {
            true => row.place() < place,
            false => row.place() > place,
        };
        let before = |place| rows.iter().filter(|row| stands_before(row, place)).count();
        let is_there = |place| rows.iter().any(|row| row.place() == place);
        let (first, end) = match at {
            PageAt::First => (0, limit),
            PageAt::After(place) => {
                let first = before(place) + usize::from(is_there(place));
                (first, first + limit)
            }
            PageAt::Before(place) => (before(place).saturating_sub(limit), before(place)),
            PageAt::Around(place) => {
                let wanted = before(place).saturating_sub(limit / 2);
                let first = wanted.min(rows.len().saturating_sub(limit));
                (first, first + limit)
            }
        };
        let end = end.min(rows.len());
        ModelPage {
            indexes: rows[first..end].iter().map(|row| row.index).collect(),
            more_before: first > 0,
            more_after: end < rows.len(),
        }
    }

    /// When the first and the last of the events happened.
    pub fn span(&self, log: &Log, as_of: u64) -> Option<(i64, i64)> {
        let times: Vec<i64> = self
            .found(log, as_of)
            .iter()
            .map(|row| row.micros)
            .collect();
        Some((*times.iter().min()?, *times.iter().max()?))
    }

    /// How many of the events lie in each bucket, from an edge to before the next.
    pub fn histogram(&self, log: &Log, as_of: u64, buckets: &[(i64, i64)]) -> Vec<u64> {
        let found = self.found(log, as_of);
        count_by_bucket(&found, buckets)
    }

    /// The same for each value of a field, over the events that lie in any bucket.
    pub fn split(
        &self,
        log: &Log,
        as_of: u64,
        buckets: &[(i64, i64)],
        field: &FieldPath,
    ) -> ModelSplit {
        let mut inside = self.found(log, as_of);
        inside.retain(|row| buckets.iter().any(|bucket| is_in(row, *bucket)));
        let has = |row: &Row, value: &str| {
            let mut shown = field.shown(row).into_iter();
            shown.any(|own| field.comparable(&own) == field.comparable(value))
        };
        let of_value = |value: &String| {
            let with_it: Vec<&Row> = inside
                .iter()
                .copied()
                .filter(|row| has(row, value))
                .collect();
            count_by_bucket(&with_it, buckets)
        };
        let ranked = rank(field, inside.iter().map(|row| field.shown(row)));
        let (named, others) = ranked.split_at(ranked.len().min(SPLIT_VALUES));
        let mut other = vec![0; buckets.len()];
        for (value, _) in others {
            for (sum, count) in other.iter_mut().zip(of_value(value)) {
                *sum += count;
            }
        }
        let without = inside
            .iter()
            .copied()
            .filter(|row| field.shown(row).is_empty());
        ModelSplit {
            values: named
                .iter()
                .map(|(value, _)| (value.clone(), of_value(value)))
                .collect(),
            other,
            missing: count_by_bucket(&without.collect::<Vec<_>>(), buckets),
        }
    }

    /// The values of a field among the events, at most `limit` of them.
    pub fn facet(&self, log: &Log, as_of: u64, field: &FieldPath, limit: usize) -> ModelFacet {
        let found = self.found(log, as_of);
        let shown: Vec<BTreeSet<String>> = found.iter().map(|row| field.shown(row)).collect();
        let missing = shown.iter().filter(|values| values.is_empty()).count() as u64;
        let mut values = rank(field, shown.into_iter());
        let distinct = values.len() as u64;
        values.truncate(limit);
        ModelFacet {
            values,
            distinct,
            missing,
        }
    }

    /// The values of a field that begin with a text, whatever its case.
    pub fn values(
        &self,
        log: &Log,
        as_of: u64,
        field: &FieldPath,
        prefix: &str,
        limit: usize,
    ) -> Counted {
        let begins = |value: &String| fold(value).starts_with(&fold(prefix));
        let found = self.found(log, as_of);
        let of_row = |row: &&Row| field.values(row).into_iter().filter(begins).collect();
        let mut ranked = rank(field, found.iter().map(of_row));
        ranked.truncate(limit);
        ranked
    }

    /// The names of fields that begin with a text, whatever its case.
    pub fn names(&self, log: &Log, as_of: u64, prefix: &str, limit: usize) -> Counted {
        let mut counts: BTreeMap<String, u64> =
            known_names().into_iter().map(|name| (name, 0)).collect();
        for row in self.found(log, as_of) {
            for name in names_of(row) {
                *counts.entry(name).or_default() += 1;
            }
        }
        counts.retain(|name, _| fold(name).starts_with(&fold(prefix)));
        let mut ranked = most_frequent_first(counts);
        ranked.truncate(limit);
        ranked
    }
}

fn is_in(row: &Row, (start, end): (i64, i64)) -> bool {
    start <= row.micros && row.micros < end
}

fn count_by_bucket(rows: &[&Row], buckets: &[(i64, i64)]) -> Vec<u64> {
    let count = |bucket| rows.iter().filter(|row| is_in(row, bucket)).count() as u64;
    buckets.iter().copied().map(count).collect()
}

/// Counts values, of which each event brings a set. Spellings that make no difference are one
/// value, which an event has once, and which is shown as most events spell it; an event that has
/// several spellings of it counts for the first of them by its bytes.
fn rank(field: &FieldPath, of_events: impl Iterator<Item = BTreeSet<String>>) -> Counted {
    let mut spellings: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for values in of_events {
        let mut seen = BTreeSet::new();
        for value in values {
            let comparable = field.comparable(&value);
            if seen.insert(comparable.clone()) {
                let spellings = spellings.entry(comparable).or_default();
                *spellings.entry(value).or_default() += 1;
            }
        }
    }
    let shown = spellings.into_values().map(|spellings| {
        let total = spellings.values().sum();
        let (shown, _) = most_frequent_first(spellings).swap_remove(0);
        (shown, total)
    });
    most_frequent_first(shown.collect())
}

/// By count, the highest first, and then by the bytes of the value.
fn most_frequent_first(counts: BTreeMap<String, u64>) -> Counted {
    let mut ranked: Counted = counts.into_iter().collect();
    // The sort is stable, and the map is in the order of its keys.
    ranked.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    ranked
}
