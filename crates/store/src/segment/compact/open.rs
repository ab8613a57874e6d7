//! Which attempts are open no longer, since another segment has their outcome.
//!
//! What must hold: an attempt is left out of `@open` exactly if its organization has an outcome of the
//! same id in one of the segments, among the rows that stay. The values of `@open` and of `attempt_id` are the same bytes in the
//! same order, so one pass over the ids of an organization tells it of all its attempts.

use roaring::RoaringBitmap;

use super::super::checked::Section;
use super::super::dictionary::{Cursor, Dictionary, Found};
use super::super::error::SegmentError;
use super::super::key;
use super::super::writing::MakeError;
use super::terms::TERM_STEPS;
use super::{Old, Pace};

/// The outcomes of one organization at a time.
pub(super) struct Outcomes<'a> {
    olds: &'a [Old],
    /// By the new ordinal.
    organization: Option<u32>,
    /// Those of the segments that have outcomes of it.
    sources: Vec<Source<'a>>,
}

/// The outcomes that a segment has, and a place among its attempts' ids.
struct Source<'a> {
    dictionary: &'a Dictionary<Section>,
    outcomes: RoaringBitmap,
    cursor: Cursor<'a, Section>,
    /// What the keys of all ids begin with.
    field: Vec<u8>,
    value: Vec<u8>,
    /// Its set; none behind the last id.
    found: Option<Found>,
}

impl<'a> Outcomes<'a> {
    pub(super) fn of(olds: &'a [Old]) -> Self {
        Self {
            olds,
            organization: None,
            sources: Vec::new(),
        }
    }

    /// Whether an organization has an outcome of the attempts of this id, as keys hold it. It is
    /// asked in the order of keys.
    pub(super) fn has(
        &mut self,
        organization: u32,
        attempt_id: &[u8],
        pace: &mut Pace<'_>,
    ) -> Result<bool, MakeError> {
        if self.organization != Some(organization) {
            self.organization = Some(organization);
            self.sources.clear();
            for old in self.olds {
                self.sources.extend(Source::of(old, organization)?);
            }
        }
        for source in &mut self.sources {
            if source.has(attempt_id, pace)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl<'a> Source<'a> {
    fn of(old: &'a Old, organization: u32) -> Result<Option<Self>, SegmentError> {
        let dictionary = &old.parts.dictionary;
        let Some(ordinal) = old.old_ordinal(organization) else {
            return Ok(None);
        };
        let Some(outcomes) = dictionary.find(&key::of_value(ordinal, "phase", "outcome"))? else {
            return Ok(None);
        };
        let field = key::of_field(ordinal, "attempt_id");
        let mut source = Self {
            dictionary,
            outcomes: old.staying(dictionary.posting(&outcomes)?.to_bitmap()?),
            cursor: dictionary.scan(&field)?,
            field,
            value: Vec::new(),
            found: None,
        };
        source.advance()?;
        Ok(Some(source))
    }

    /// Goes to the next id.
    fn advance(&mut self) -> Result<(), SegmentError> {
        self.found = None;
        if let Some((key, found)) = self.cursor.next()?
            && let Some(value) = key.strip_prefix(self.field.as_slice())
        {
            self.value.clear();
            self.value.extend_from_slice(value);
            self.found = Some(found);
        }
        Ok(())
    }

    fn has(&mut self, attempt_id: &[u8], pace: &mut Pace<'_>) -> Result<bool, MakeError> {
        while self.found.is_some() && self.value.as_slice() < attempt_id {
            self.advance()?;
            pace.worked(TERM_STEPS)?;
        }
        let Some(found) = self.found.filter(|_| self.value == attempt_id) else {
            return Ok(false);
        };
        let rows = self.dictionary.posting(&found)?;
        pace.worked(TERM_STEPS + rows.cardinality() as usize)?;
        Ok(rows.intersection_len(&self.outcomes)? > 0)
    }
}

/// A key, and the new ranks of its rows, ascending.
pub(super) type Term = (Vec<u8>, Vec<u32>);

/// The terms of attempts that were not open in a segment and are again, since their outcomes go; in the
/// order of their keys.
pub(super) fn reopened(old: &Old, pace: &mut Pace<'_>) -> Result<Vec<Term>, MakeError> {
    let mut terms = Vec::new();
    let Some(left) = &old.left else {
        return Ok(terms);
    };
    let dictionary = &old.parts.dictionary;
    for (ordinal, new) in (0..).zip(&old.ordinals) {
        let Some(new) = new else { continue };
        let of_phase = |phase| -> Result<RoaringBitmap, SegmentError> {
            match dictionary.find(&key::of_value(ordinal, "phase", phase))? {
                Some(found) => dictionary.posting(&found)?.to_bitmap(),
                None => Ok(RoaringBitmap::new()),
            }
        };
        let outcomes = of_phase("outcome")?;
        if outcomes.is_disjoint(&left.removed) {
            continue;
        }
        let attempts = old.staying(of_phase("attempt")?);
        let staying = old.staying(outcomes.clone());
        let field = key::of_field(ordinal, "attempt_id");
        let mut cursor = dictionary.scan(&field)?;
        while let Some((key, found)) = cursor.next()? {
            let Some(value) = key.strip_prefix(field.as_slice()) else {
                break;
            };
            let rows = dictionary.posting(&found)?.to_bitmap()?;
            pace.worked(TERM_STEPS + found.cardinality as usize)?;
            let was_closed = !rows.is_disjoint(&outcomes);
            let open = rows.clone() & &attempts;
            if was_closed && rows.is_disjoint(&staying) && !open.is_empty() {
                let key = [key::of_field(*new, key::OPEN).as_slice(), value].concat();
                let ranks = open.iter().filter_map(|rank| old.ranks.get(rank));
                terms.push((key, ranks.collect()));
            }
        }
    }
    Ok(terms)
}
