//! Histograms, facets and completions.
//!
//! It must hold that counts are of the rows that the list would show, and that the order of values is
//! that of [`Counts::ranked`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use evident_event::query::{Field, Query, fold, names};
use evident_event::time::Timestamp;
use evident_event::time::buckets::Buckets;
use roaring::RoaringBitmap;

use super::unit::Unit;
use super::values::Which;
use super::{Cut, in_time, key};
use crate::index::counts::{Counts, ranked};
use crate::index::{Completing, Facet, Histogram, IndexError, MAX_SPLIT_VALUES, Split, ValueCount};

/// Values of a unit whose counts for each bucket are held at once.
const MAX_SPREAD_VALUES: usize = 256;

impl Cut {
    /// The values of fields among the matches.
    pub(super) fn facets(
        &self,
        query: &Query,
        fields: &[Field],
        limit: usize,
    ) -> Result<Vec<Facet>, IndexError> {
        let matches = self.matches(query)?;
        let mut facets = Vec::new();
        for field in fields {
            let parts = self.in_each(&matches, |_, unit, rows| {
                let with_value = self.with_value(unit, field, rows)?;
                let values = self.count_values(unit, field, rows)?;
                Ok((values, rows.len() - with_value.len()))
            })?;
            let mut counts = Counts::of(field);
            let mut missing = 0;
            for (values, without) in parts {
                missing += without;
                for (value, count) in values {
                    counts.add_many(&value, count);
                }
            }
            let mut values = counts.ranked();
            let distinct = values.len() as u64;
            values.truncate(limit);
            facets.push(Facet {
                values,
                distinct,
                missing,
            });
        }
        Ok(facets)
    }

    /// How many of some rows of a unit each value is shown for.
    fn count_values(
        &self,
        unit: &Unit,
        field: &Field,
        rows: &RoaringBitmap,
    ) -> Result<Vec<(String, u64)>, IndexError> {
        let mut values = Vec::new();
        let is_all = !unit.is_cut() && rows.len() == unit.all().len();
        self.each_value(
            unit,
            field,
            Which::Shown,
            rows,
            &|_| true,
            &mut |value, hits| {
                let count = match is_all {
                    true => hits.cardinality(),
                    false => unit.count(hits, rows)?,
                };
                if count > 0 {
                    values.push((value.to_owned(), count));
                }
                Ok(ControlFlow::Continue(()))
            },
        )?;
        Ok(values)
    }

    /// How the matches spread over time, and over the values of a field.
    pub(super) fn histogram(
        &self,
        query: &Query,
        buckets: &Buckets,
        split_by: Option<&Field>,
    ) -> Result<Histogram, IndexError> {
        let matches = self.matches(query)?;
        let edges = Edges::of(buckets);
        let inside = self.in_each(&matches, |_, unit, rows| edges.inside(unit, rows))?;
        let parts = self.in_each(&inside, |_, unit, rows| {
            Ok(edges.in_unit(unit)?.counts(unit, rows))
        })?;
        let counts = sum(parts, edges.len());
        let split = match split_by {
            None => None,
            Some(field) => Some(self.split(&inside, &edges, field)?),
        };
        Ok(Histogram { counts, split })
    }

    fn split(
        &self,
        rows: &[RoaringBitmap],
        edges: &Edges,
        field: &Field,
    ) -> Result<Split, IndexError> {
        let parts = self.in_each(rows, |_, unit, rows| self.spread(unit, field, rows, edges))?;
        let mut counts = Counts::of(field);
        for (value, count) in parts.iter().flat_map(|part| &part.values) {
            counts.add_many(value, *count);
        }
        let mut frequent = counts.ranked();
        frequent.truncate(MAX_SPLIT_VALUES);
        let keys: Vec<String> = frequent
            .iter()
            .map(|value| counts.key(&value.value))
            .collect();
        let is_frequent: HashMap<&str, usize> = keys.iter().map(String::as_str).zip(0..).collect();
        let parts = self.in_each(rows, |number, unit, rows| {
            let part = &parts[number];
            let edges_here = edges.in_unit(unit)?;
            let missing = edges_here.counts(unit, &(rows - &part.with_value));
            let mut sums = Sums {
                values: vec![vec![0; edges.len()]; keys.len()],
                other: vec![0; edges.len()],
                missing,
            };
            let mut tell = |value: &str, spread: &[u64]| {
                let frequent = is_frequent.get(&*counts.key(value));
                let sum = frequent.and_then(|place| sums.values.get_mut(*place));
                add(sum.unwrap_or(&mut sums.other), spread);
            };
            if let Some(spreads) = &part.spreads {
                for ((value, _), spread) in part.values.iter().zip(spreads) {
                    tell(value, spread);
                }
                return Ok(sums);
            }
            self.each_value(
                unit,
                field,
                Which::Shown,
                rows,
                &|_| true,
                &mut |value, hits| {
                    let set = unit.shared_set(hits)?;
                    tell(value, &edges_here.counts(unit, &(&*set & rows)));
                    Ok(ControlFlow::Continue(()))
                },
            )?;
            Ok(sums)
        })?;
        let mut split = Split {
            values: frequent
                .into_iter()
                .map(|value| (value.value, vec![0; edges.len()]))
                .collect(),
            other: vec![0; edges.len()],
            missing: vec![0; edges.len()],
        };
        for part in parts {
            for ((_, sums), counts) in split.values.iter_mut().zip(part.values) {
                add(sums, &counts);
            }
            add(&mut split.other, &part.other);
            add(&mut split.missing, &part.missing);
        }
        Ok(split)
    }

    /// Counts the values of some rows of a unit, over time too while they are few.
    fn spread(
        &self,
        unit: &Unit,
        field: &Field,
        rows: &RoaringBitmap,
        edges: &Edges,
    ) -> Result<Spread, IndexError> {
        let edges = edges.in_unit(unit)?;
        let is_all = !unit.is_cut() && rows.len() == unit.all().len();
        let mut values = Vec::new();
        let mut spreads = Some(Vec::new());
        self.each_value(
            unit,
            field,
            Which::Shown,
            rows,
            &|_| true,
            &mut |value, hits| {
                if values.len() >= MAX_SPREAD_VALUES {
                    spreads = None;
                }
                let count = match &mut spreads {
                    None => unit.count(hits, rows)?,
                    Some(spreads) => {
                        let all = unit.shared_set(hits)?;
                        let some = (!is_all).then(|| &*all & rows);
                        let set = some.as_ref().unwrap_or(&all);
                        if !set.is_empty() {
                            spreads.push(edges.counts(unit, set));
                        }
                        set.len()
                    }
                };
                if count > 0 {
                    values.push((value.to_owned(), count));
                }
                Ok(ControlFlow::Continue(()))
            },
        )?;
        Ok(Spread {
            values,
            spreads,
            with_value: self.with_value(unit, field, rows)?,
        })
    }

    /// Values or names that begin with a prefix.
    pub(super) fn completions(
        &self,
        query: &Query,
        completing: &Completing,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<ValueCount>, IndexError> {
        let matches = self.matches(query)?;
        let prefix = fold(prefix);
        let mut completions = match completing {
            Completing::Values(field) => self.completed_values(&matches, field, &prefix)?,
            Completing::Names => self.completed_names(&matches, &prefix)?,
        };
        completions.truncate(limit);
        Ok(completions)
    }

    fn completed_values(
        &self,
        matches: &[RoaringBitmap],
        field: &Field,
        prefix: &str,
    ) -> Result<Vec<ValueCount>, IndexError> {
        let wanted = |value: &str| fold(value).starts_with(prefix);
        let parts = self.in_each(matches, |_, unit, rows| {
            let mut sets: BTreeMap<String, RoaringBitmap> = BTreeMap::new();
            self.each_value(
                unit,
                field,
                Which::All,
                rows,
                &wanted,
                &mut |value, hits| {
                    let set = sets.entry(value.to_owned()).or_default();
                    unit.load_of_many(hits, set)?;
                    Ok(ControlFlow::Continue(()))
                },
            )?;
            // Spellings of one value, such as a name and an e-mail that differ in case, count once
            // for an event: the first does.
            let mut counted: HashMap<String, RoaringBitmap> = HashMap::new();
            let mut values = Vec::new();
            for (value, mut set) in sets {
                set &= rows;
                if field.ignores_case() {
                    let before = counted.entry(fold(&value)).or_default();
                    set -= &*before;
                    *before |= &set;
                }
                values.push((value, set.len()));
            }
            Ok(values)
        })?;
        let mut counts = Counts::of(field);
        for (value, count) in parts.into_iter().flatten().filter(|(_, count)| *count > 0) {
            counts.add_many(&value, count);
        }
        Ok(counts.ranked())
    }

    fn completed_names(
        &self,
        matches: &[RoaringBitmap],
        prefix: &str,
    ) -> Result<Vec<ValueCount>, IndexError> {
        let parts = self.in_each(matches, |_, unit, rows| {
            let mut counts: HashMap<String, u64> = HashMap::new();
            counts.insert("index".to_owned(), rows.len());
            let partial = unit.partial()? & rows;
            let told = rows - &partial;
            let mut reader = self.reader();
            self.each_term(
                unit,
                key::NAMES,
                &told,
                &|_| true,
                &mut reader,
                &mut |name, hits| {
                    *counts.entry(name.to_owned()).or_default() += unit.count(hits, &told)?;
                    Ok(ControlFlow::Continue(()))
                },
            )?;
            self.count_names(unit, &partial, &mut counts)?;
            Ok(counts)
        })?;
        let known = names::known().into_iter().map(|name| (name, 0));
        let mut counts: BTreeMap<String, u64> = known.collect();
        for (name, count) in parts.into_iter().flatten() {
            if count > 0 {
                *counts.entry(name).or_default() += count;
            }
        }
        let fitting = counts
            .into_iter()
            .filter(|(name, _)| fold(name).starts_with(prefix));
        Ok(ranked(
            fitting.map(|(value, count)| ValueCount { value, count }),
        ))
    }

    /// Counts the names of rows whose terms are not all there.
    fn count_names(
        &self,
        unit: &Unit,
        rows: &RoaringBitmap,
        counts: &mut HashMap<String, u64>,
    ) -> Result<(), IndexError> {
        let mut reader = self.reader();
        for row in rows {
            in_time(self.deadline)?;
            let canonical = reader.canonical(unit, row)?;
            let Some(event) = super::reader::value(&canonical) else {
                continue;
            };
            let own: HashSet<String> = names::of(&event).into_iter().collect();
            for name in own.into_iter().filter(|name| name != "index") {
                *counts.entry(name).or_default() += 1;
            }
        }
        Ok(())
    }
}

fn add(sums: &mut [u64], counts: &[u64]) {
    sums.iter_mut()
        .zip(counts)
        .for_each(|(sum, count)| *sum += count);
}

fn sum(parts: Vec<Vec<u64>>, length: usize) -> Vec<u64> {
    let mut sums = vec![0; length];
    parts.iter().for_each(|part| add(&mut sums, part));
    sums
}

/// The values of some rows of a unit.
struct Spread {
    /// How many rows have them.
    values: Vec<(String, u64)>,
    /// The same for each bucket, where there are few values.
    spreads: Option<Vec<Vec<u64>>>,
    /// The rows that have one.
    with_value: RoaringBitmap,
}

/// The counts of a split, for each bucket.
struct Sums {
    values: Vec<Vec<u64>>,
    other: Vec<u64>,
    missing: Vec<u64>,
}

/// Where buckets begin and end, in microseconds: one more than there are buckets, or none.
struct Edges(Vec<i64>);

impl Edges {
    fn of(buckets: &Buckets) -> Self {
        let mut edges: Vec<i64> = buckets
            .edges()
            .iter()
            .map(|edge| edge.as_micros())
            .collect();
        // The end of time lies inside of the last bucket.
        if let Some(last) = edges
            .last_mut()
            .filter(|last| **last == Timestamp::MAX.as_micros())
        {
            *last = last.saturating_add(1);
        }
        Self(edges)
    }

    /// How many buckets there are.
    fn len(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// The rows that are in a bucket.
    fn inside(&self, unit: &Unit, rows: &RoaringBitmap) -> Result<RoaringBitmap, IndexError> {
        let [first, .., last] = self.0.as_slice() else {
            return Ok(RoaringBitmap::new());
        };
        let all = *first..*last;
        match unit.is_during(&all) {
            true => Ok(rows.clone()),
            false => Ok(unit.during(&all)? & rows),
        }
    }

    /// The same as a unit's rows have them.
    fn in_unit(&self, unit: &Unit) -> Result<UnitEdges<'_>, IndexError> {
        Ok(match unit {
            Unit::Sealed(sealed) => UnitEdges::Ranks(sealed.ranks_of_edges(&self.0)?),
            Unit::Tail(_) => UnitEdges::Micros(&self.0),
        })
    }
}

/// Where buckets begin and end among a unit's rows.
enum UnitEdges<'e> {
    /// A segment's rows are in the order of time.
    Ranks(Vec<u32>),
    Micros(&'e [i64]),
}

impl UnitEdges<'_> {
    /// How many of the rows are in each bucket.
    fn counts(&self, unit: &Unit, rows: &RoaringBitmap) -> Vec<u64> {
        let edges = match self {
            Self::Ranks(ranks) => ranks.len(),
            Self::Micros(micros) => micros.len(),
        };
        let mut counts = vec![0; edges.saturating_sub(1)];
        if rows.is_empty() {
            return counts;
        }
        match (self, unit) {
            (Self::Ranks(ranks), _) => {
                let before = |rank: u32| rank.checked_sub(1).map_or(0, |last| rows.rank(last));
                let mut counted = None;
                for (count, edge) in counts.iter_mut().zip(ranks.windows(2)) {
                    if edge[0] < edge[1] {
                        let start = match counted {
                            Some((rank, rows)) if rank == edge[0] => rows,
                            _ => before(edge[0]),
                        };
                        let end = before(edge[1]);
                        *count = end - start;
                        counted = Some((edge[1], end));
                    }
                }
            }
            (Self::Micros(edges), Unit::Tail(tail)) => tail.with(|all, _| {
                for row in rows.iter().filter_map(|row| all.rows().get(row as usize)) {
                    let micros = row.occurred_at.as_micros();
                    let behind = edges.partition_point(|edge| *edge <= micros);
                    if let Some(count) = behind.checked_sub(1).and_then(|at| counts.get_mut(at)) {
                        *count += 1;
                    }
                }
            }),
            (Self::Micros(_), Unit::Sealed(_)) => {}
        }
        counts
    }
}
