//! Which of a unit's rows match a query.
//!
//! A condition becomes sets of rows: terms are looked up, and sets are joined, the smallest first.
//! What terms do not tell is told by the rows themselves, and only those are read that may match.
//!
//! It must hold that the answer is that of `Query::matches`, row by row.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Instant;

use evident_event::query::terms::{FOLDED, has_terms, path_name};
use evident_event::query::text::{self, Word};
use evident_event::query::{Candidate, Condition, Field, Pattern, Query, Test};
use evident_event::time::Timestamp;
use roaring::RoaringBitmap;

use super::reader::{Reader, value};
use super::set::{Bounds, Set};
use super::unit::{Hits, Unit};
use super::{in_time, key};
use crate::index::IndexError;
use crate::segment::ids::IdKind;
use crate::segment::key::KeptValue;

/// Values that are looked at between two looks at the clock.
pub(super) const VALUES_A_LOOK: usize = 256;
/// So many values of one field, as a scope may have projects, are looked for by going through the
/// field rather than one by one.
const MANY_VALUES: usize = 32;
/// Kept values that are gone through for each that is looked for, before each is looked up after all.
/// Going through so many takes a quarter of the time of looking one up.
const KEPT_VALUES_A_WANTED: usize = 16;
/// Path and kind of the members that are found by hashes.
const IDS: [(&str, IdKind); 3] = [
    ("id", IdKind::Event),
    ("context.trace_id", IdKind::Trace),
    ("context.span_id", IdKind::Span),
];

/// A query, to be answered for one unit.
pub(super) struct Evaluation<'q> {
    pub(super) query: &'q Query,
    pub(super) unit: &'q Unit,
    /// The open attempts of the unit, where the query asks for them.
    pub(super) open: Option<&'q RoaringBitmap>,
    pub(super) deadline: Instant,
}

/// A part of a conjunction.
enum Part<'q> {
    /// The rows of terms, joined.
    Terms(Vec<Hits>, u64),
    Other(&'q Condition),
}

impl Evaluation<'_> {
    /// The rows that match.
    pub(super) fn matches(&self, reader: &mut Reader) -> Result<RoaringBitmap, IndexError> {
        in_time(self.deadline)?;
        let micros = self.query.range().map(|range| range.as_micros());
        let universe = match &micros {
            Some(micros) if !self.unit.is_during(micros) => self.unit.during(micros)?,
            _ => self.unit.all().clone(),
        };
        let condition = self.query.condition();
        if universe.is_empty() || *condition == Condition::always() {
            return Ok(universe);
        }
        let bounds = self.bounds(condition)?;
        let bounds = bounds.unsure_of(&self.unit.partial()?);
        let (mut certain, unsure) = bounds.within(&universe);
        for row in unsure {
            if self.holds(row, reader)? {
                certain.insert(row);
            }
        }
        Ok(certain)
    }

    /// Whether the condition holds of a row, by the row itself.
    pub(super) fn holds(&self, row: u32, reader: &mut Reader) -> Result<bool, IndexError> {
        in_time(self.deadline)?;
        let canonical = reader.canonical(self.unit, row)?;
        let Some(event) = value(&canonical) else {
            return Ok(false);
        };
        let candidate = Candidate {
            event: &event,
            index: self.unit.place(row)?.index,
            has_outcome: self.open.is_some_and(|open| !open.contains(row)),
        };
        Ok(self.query.matches(&candidate))
    }

    fn bounds(&self, condition: &Condition) -> Result<Bounds, IndexError> {
        match condition {
            Condition::All(members) => self.all(members),
            Condition::Any(members) => {
                let mut any = Bounds::exactly(Set::none());
                for member in members {
                    any = any.or(self.bounds(member)?);
                }
                Ok(any)
            }
            Condition::Not(condition) => Ok(self.bounds(condition)?.complement()),
            Condition::Field(field, test) => self.field(field, test),
            Condition::Word(word) => self.word(word),
            Condition::Phrase(phrase) => {
                let mut all = Bounds::exactly(Set::all());
                for word in &phrase.words {
                    all = all.and(self.word(word)?);
                }
                Ok(unsure(all))
            }
            Condition::OpenAttempt => Ok(Bounds::exactly(
                self.open
                    .map_or_else(Set::none, |rows| Set::of(rows.clone())),
            )),
            // What is not known here is told by the rows.
            _ => Ok(Bounds::perhaps(Set::all())),
        }
    }

    /// All of these: what few rows have first, so that the rest has little to cut down.
    fn all(&self, members: &[Condition]) -> Result<Bounds, IndexError> {
        let mut parts = Vec::new();
        for member in members {
            let part = match self.terms_of(member)? {
                Some(hits) => {
                    let rows = hits.iter().map(Hits::cardinality).sum();
                    Part::Terms(hits, rows)
                }
                None => Part::Other(member),
            };
            if matches!(part, Part::Terms(_, 0)) {
                return Ok(Bounds::exactly(Set::none()));
            }
            parts.push(part);
        }
        parts.sort_by_key(|part| match part {
            Part::Terms(_, rows) => *rows,
            Part::Other(Condition::Not(_)) => u64::MAX,
            Part::Other(_) => u64::MAX - 1,
        });
        let mut all = Bounds::exactly(Set::all());
        for part in parts {
            all = match part {
                // Most conditions are one term, whose rows are only looked at.
                Part::Terms(hits, _) if hits.len() == 1 => {
                    let mut only = hits.iter();
                    let rows = only.next().map(|hits| self.unit.shared_set(hits));
                    all.and_rows(&rows.transpose()?.unwrap_or_default())
                }
                Part::Terms(hits, _) => all.and(Bounds::exactly(self.union(hits)?)),
                Part::Other(condition) => all.and(self.bounds(condition)?),
            };
            if all.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// The terms that a condition is about, if they tell exactly where it holds.
    fn terms_of(&self, condition: &Condition) -> Result<Option<Vec<Hits>>, IndexError> {
        let mut hits = Vec::new();
        match condition {
            Condition::Word(word) if !word.is_prefix => {
                hits.extend(self.unit.find(key::WORD, &word.text)?);
            }
            Condition::Field(field, Test::OneOf(values)) if !field.is_index() => {
                for path in field.paths() {
                    let path = path_name(path);
                    let Some(kept) = kept_as(field, &path) else {
                        return Ok(None);
                    };
                    hits.append(&mut self.find_all(&kept, values)?);
                }
            }
            _ => return Ok(None),
        }
        Ok(Some(hits))
    }

    /// The terms of these values, which are sorted.
    fn find_all(&self, field: &str, values: &[String]) -> Result<Vec<Hits>, IndexError> {
        if values.len() >= MANY_VALUES
            && matches!(self.unit, Unit::Sealed(_))
            && let Some(hits) = self.find_by_scan(field, values)?
        {
            return Ok(hits);
        }
        let mut hits = Vec::new();
        for (value, looked_for) in values.iter().zip(1_usize..) {
            if looked_for.is_multiple_of(VALUES_A_LOOK) {
                in_time(self.deadline)?;
            }
            hits.extend(self.unit.find(field, value)?);
        }
        Ok(hits)
    }

    /// The same by going through all values of the field. `None` if there are too many of them.
    fn find_by_scan(
        &self,
        field: &str,
        values: &[String],
    ) -> Result<Option<Vec<Hits>>, IndexError> {
        let most = values.len().saturating_mul(KEPT_VALUES_A_WANTED);
        let (mut hits, mut looked_at) = (Vec::new(), 0_usize);
        self.unit.scan(field, "", &mut |value, found| {
            looked_at += 1;
            if looked_at.is_multiple_of(VALUES_A_LOOK) {
                in_time(self.deadline)?;
            }
            if let KeptValue::Whole(text) = value
                && values.binary_search_by(|v| v.as_str().cmp(text)).is_ok()
            {
                hits.push(found);
            }
            Ok(match looked_at > most {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            })
        })?;
        if looked_at > most {
            return Ok(None);
        }
        // Of a long one only its beginning and a hash are kept.
        for value in values.iter().filter(|v| v.len() > key::MAX_VALUE_BYTES) {
            hits.extend(self.unit.find(field, value)?);
        }
        Ok(Some(hits))
    }

    fn union(&self, hits: Vec<Hits>) -> Result<Set, IndexError> {
        let is_many = hits.len() >= MANY_VALUES;
        let mut rows = RoaringBitmap::new();
        for (hits, joined) in hits.into_iter().zip(1_usize..) {
            if joined.is_multiple_of(VALUES_A_LOOK) {
                in_time(self.deadline)?;
            }
            match is_many {
                true => self.unit.load_of_many(&hits, &mut rows)?,
                false => self.unit.load_into(hits, &mut rows)?,
            }
        }
        Ok(Set::of(rows))
    }

    fn field(&self, field: &Field, test: &Test) -> Result<Bounds, IndexError> {
        if field.is_index() {
            return self.index(test);
        }
        let mut any = Bounds::exactly(Set::none());
        for path in field.paths() {
            let path = path_name(path);
            any = any.or(match kept_as(field, &path) {
                Some(kept) => self.values(&kept, test)?,
                None => self.without_terms(&path, test)?,
            });
        }
        Ok(any)
    }

    /// A value that is kept as a term passes.
    fn values(&self, field: &str, test: &Test) -> Result<Bounds, IndexError> {
        match test {
            Test::OneOf(values) => {
                let hits = self.find_all(field, values)?;
                Ok(Bounds::exactly(self.union(hits)?))
            }
            Test::Like(pattern) => {
                self.scan(field, pattern.prefix(), &|value| pattern.matches(value))
            }
        }
    }

    /// The rows of all values that are as wanted. Of those that are cut it cannot be told.
    fn scan(
        &self,
        field: &str,
        prefix: &str,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Bounds, IndexError> {
        let mut certain = RoaringBitmap::new();
        let mut possible = RoaringBitmap::new();
        let mut looked_at = 0_usize;
        self.unit.scan(field, prefix, &mut |value, hits| {
            looked_at += 1;
            if looked_at.is_multiple_of(VALUES_A_LOOK) {
                in_time(self.deadline)?;
            }
            match value {
                KeptValue::Whole(text) if !wanted(text) => {}
                KeptValue::Whole(_) => self.unit.load_of_many(&hits, &mut certain)?,
                KeptValue::Cut(_) => self.unit.load_of_many(&hits, &mut possible)?,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let certain = Bounds::exactly(Set::of(certain));
        Ok(match possible.is_empty() {
            true => certain,
            false => certain.or(Bounds::perhaps(Set::of(possible))),
        })
    }

    fn word(&self, word: &Word) -> Result<Bounds, IndexError> {
        match word.is_prefix {
            true => self.scan(key::WORD, &word.text, &|kept| word.fits(kept)),
            false => {
                let hits = self.unit.find(key::WORD, &word.text)?;
                Ok(Bounds::exactly(self.union(hits.into_iter().collect())?))
            }
        }
    }

    /// A value of a member that has no terms passes.
    fn without_terms(&self, path: &str, test: &Test) -> Result<Bounds, IndexError> {
        let Test::OneOf(values) = test else {
            return Ok(Bounds::perhaps(Set::all()));
        };
        if let Some((_, kind)) = IDS.iter().find(|(id, _)| *id == path) {
            let organization_id = self.query.scope().organization_id();
            let mut rows = RoaringBitmap::new();
            for value in values {
                rows |= self.unit.id_candidates(organization_id, *kind, value)?;
            }
            return Ok(Bounds::perhaps(Set::of(rows)));
        }
        match path {
            "occurred_at" => self.at_instants(values),
            "description" => {
                let mut any = Bounds::exactly(Set::none());
                for value in values {
                    any = any.or(self.with_words_of(value)?);
                }
                Ok(unsure(any))
            }
            _ => Ok(Bounds::perhaps(Set::all())),
        }
    }

    /// The events that happened at one of these instants.
    fn at_instants(&self, values: &[String]) -> Result<Bounds, IndexError> {
        let mut rows = RoaringBitmap::new();
        for value in values {
            if let Ok(instant) = Timestamp::parse_rfc3339(value) {
                let micros = instant.as_micros();
                rows |= self.unit.during(&(micros..micros.saturating_add(1)))?;
            }
        }
        // The text may be another spelling than the one that events have.
        Ok(Bounds::perhaps(Set::of(rows)))
    }

    fn with_words_of(&self, value: &str) -> Result<Bounds, IndexError> {
        let mut all = Bounds::exactly(Set::all());
        for text in text::words(value).collect::<BTreeSet<String>>() {
            let is_prefix = false;
            all = all.and(self.word(&Word { text, is_prefix })?);
            if all.is_none() {
                break;
            }
        }
        Ok(all)
    }

    /// The index, as text, passes.
    fn index(&self, test: &Test) -> Result<Bounds, IndexError> {
        let rows = match test {
            Test::OneOf(values) => {
                let mut rows = RoaringBitmap::new();
                for value in values {
                    let index = value.parse::<u64>().ok();
                    if let Some(index) = index.filter(|index| index.to_string() == *value) {
                        let end = index.saturating_add(1);
                        rows |= self.unit.of_indexes(index..end, self.unit.all())?;
                    }
                }
                rows
            }
            Test::Like(pattern) => self.indexes_like(pattern)?,
        };
        Ok(Bounds::exactly(Set::of(rows)))
    }

    fn indexes_like(&self, pattern: &Pattern) -> Result<RoaringBitmap, IndexError> {
        let mut rows = RoaringBitmap::new();
        for (row, looked_at) in self.unit.all().iter().zip(0_usize..) {
            if looked_at.is_multiple_of(VALUES_A_LOOK) {
                in_time(self.deadline)?;
            }
            if pattern.matches(&self.unit.place(row)?.index.to_string()) {
                rows.insert(row);
            }
        }
        Ok(rows)
    }
}

/// What was narrowed down, and is not certain.
fn unsure(bounds: Bounds) -> Bounds {
    bounds.and(Bounds::perhaps(Set::all()))
}

/// The field of terms in which a member's values are kept the way a field compares them. `None` if
/// they are in none.
pub(super) fn kept_as(field: &Field, path: &str) -> Option<String> {
    match field.ignores_case() {
        true => FOLDED.contains(&path).then(|| [key::FOLD, path].concat()),
        false => has_terms(path).then(|| path.to_owned()),
    }
}
