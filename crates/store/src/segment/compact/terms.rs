//! Merging the terms of segments into one dictionary.
//!
//! What must hold: a term of the result has the rows that its sources have it for, in their new
//! numbers. Ordinals and ranks of a source keep their order when they change, so its terms still
//! come in order and its sets still ascend: everything is merged as it is read.

use std::collections::BTreeMap;

use super::super::checked::Section;
use super::super::dictionary::{Cursor, DictionaryWriter, Found, Sections};
use super::super::error::SegmentError;
use super::super::key;
use super::super::writing::MakeError;
use super::open::{Outcomes, Term, reopened};
use super::sets::Sets;
use super::{Old, Pace, malformed};

/// Steps that a term takes beside those of its rows.
pub(super) const TERM_STEPS: usize = 64;

/// The dictionary of all terms.
pub(super) fn merge(olds: &[Old], pace: &mut Pace<'_>) -> Result<Sections, MakeError> {
    let mut dictionary = DictionaryWriter::new()?;
    let mut merge = Merge::begin(olds)?;
    let mut outcomes = Outcomes::of(olds);
    let mut reopened = all_reopened(olds, pace)?.into_iter().peekable();
    loop {
        let is_there = merge.next()?;
        let is_before = |term: &Term| !is_there || term.0 < merge.key;
        while let Some((key, rows)) = reopened.next_if(is_before) {
            push(&mut dictionary, &mut outcomes, (&key, &rows), pace)?;
        }
        if !is_there {
            return Ok(dictionary.finish()?);
        }
        pace.worked(merge.sources.len() * TERM_STEPS + merge.rows.len())?;
        if let Some((_, mut rows)) = reopened.next_if(|(key, _)| *key == merge.key) {
            merge.rows.append(&mut rows);
            merge.rows.sort_unstable();
        }
        push(
            &mut dictionary,
            &mut outcomes,
            (&merge.key, &merge.rows),
            pace,
        )?;
    }
}

/// Adds a term, unless it has no rows or is of an attempt that is open no longer.
fn push(
    dictionary: &mut DictionaryWriter,
    outcomes: &mut Outcomes<'_>,
    (key, rows): (&[u8], &[u32]),
    pace: &mut Pace<'_>,
) -> Result<(), MakeError> {
    if rows.is_empty() {
        return Ok(());
    }
    if let Some((ordinal, field, value)) = own_field(key)
        && field == key::OPEN.as_bytes()
        && outcomes.has(ordinal, value, pace)?
    {
        return Ok(());
    }
    Ok(dictionary.push(key, rows)?)
}

/// The attempts of all segments that are open again, by their keys.
fn all_reopened(olds: &[Old], pace: &mut Pace<'_>) -> Result<Vec<Term>, MakeError> {
    let mut all: BTreeMap<Vec<u8>, Vec<u32>> = BTreeMap::new();
    for old in olds {
        for (key, mut rows) in reopened(old, pace)? {
            all.entry(key).or_default().append(&mut rows);
        }
    }
    Ok(all
        .into_iter()
        .map(|(key, mut rows)| {
            rows.sort_unstable();
            (key, rows)
        })
        .collect())
}

/// The parts of a key of one of the segment's own fields.
fn own_field(key: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    match key.get(size_of::<u32>()) {
        Some(first) if char::from(*first) == key::OWN => key::parts(key),
        _ => None,
    }
}

/// A place among the terms of a segment.
struct Head<'a> {
    old: &'a Old,
    cursor: Cursor<'a, Section>,
    sets: Sets,
    /// The key it stands on, with the new ordinal.
    key: Vec<u8>,
    /// Its set; none at the end.
    found: Option<Found>,
}

impl<'a> Head<'a> {
    fn of(old: &'a Old) -> Result<Self, SegmentError> {
        Ok(Self {
            old,
            cursor: old.parts.dictionary.scan(b"")?,
            sets: Sets::of(old)?,
            key: Vec::new(),
            found: None,
        })
    }

    /// Goes to the next term.
    fn advance(&mut self) -> Result<(), SegmentError> {
        self.found = None;
        while let Some((key, found)) = self.cursor.next()? {
            let (ordinal, rest) = key
                .split_first_chunk()
                .ok_or(malformed("a key is too short"))?;
            let new = self.old.ordinals.get(u32::from_be_bytes(*ordinal) as usize);
            let new = new.ok_or(malformed("a key is of an organization that is not there"))?;
            // Nothing is left of it.
            let Some(new) = new else { continue };
            self.key.clear();
            self.key.extend_from_slice(&new.to_be_bytes());
            self.key.extend_from_slice(rest);
            self.found = Some(found);
            break;
        }
        Ok(())
    }

    /// Appends the new numbers of the set's rows.
    fn append(&mut self, are_places: bool, rows: &mut Vec<u32>) -> Result<(), SegmentError> {
        let Some(found) = &self.found else {
            return Ok(());
        };
        if self.old.left.is_some() {
            return self.append_what_stays(are_places, rows);
        }
        let before = rows.len();
        rows.resize(before + found.cardinality as usize, 0);
        let mut to = rows.get_mut(before..).unwrap_or_default().iter_mut();
        if are_places {
            let first = self.old.first_place;
            return self.sets.each(found, &mut |place| {
                if let Some(to) = to.next() {
                    *to = first + place;
                }
            });
        }
        let ranks = &self.old.ranks;
        // There is one for each row of the segment, and no others are in sets.
        self.sets.each(found, &mut |rank| {
            if let (Some(to), Some(rank)) = (to.next(), ranks.get(rank)) {
                *to = rank;
            }
        })
    }

    /// The same of a segment that rows are taken out of.
    fn append_what_stays(
        &mut self,
        are_places: bool,
        rows: &mut Vec<u32>,
    ) -> Result<(), SegmentError> {
        let (Some(found), old) = (&self.found, self.old) else {
            return Ok(());
        };
        self.sets.each(found, &mut |row| {
            let new = match are_places {
                true => (!old.is_emptied(row)).then_some(old.first_place + row),
                false => old.ranks.get(row),
            };
            rows.extend(new);
        })
    }
}

/// Goes through the terms of all segments.
struct Merge<'a> {
    heads: Vec<Head<'a>>,
    /// The heads that are not at the end, by their keys, the lowest last; of the same key, by place,
    /// the first last.
    queue: Vec<usize>,
    /// The heads that have the key.
    sources: Vec<usize>,
    key: Vec<u8>,
    /// In their new numbers, ascending.
    rows: Vec<u32>,
}

impl<'a> Merge<'a> {
    fn begin(olds: &'a [Old]) -> Result<Self, SegmentError> {
        let heads: Result<Vec<_>, _> = olds.iter().map(Head::of).collect();
        let heads = heads?;
        Ok(Self {
            sources: (0..heads.len()).collect(),
            queue: Vec::with_capacity(heads.len()),
            heads,
            key: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// Goes to the next term, its key and rows; says whether there is one.
    fn next(&mut self) -> Result<bool, SegmentError> {
        for source in self.sources.drain(..) {
            self.heads[source].advance()?;
            if self.heads[source].found.is_some() {
                enqueue(&self.heads, &mut self.queue, source);
            }
        }
        self.rows.clear();
        let Some(lowest) = self.queue.pop() else {
            return Ok(false);
        };
        self.key.clone_from(&self.heads[lowest].key);
        self.sources.push(lowest);
        while let Some(next) = self.queue.pop_if(|next| self.heads[*next].key == self.key) {
            self.sources.push(next);
        }
        let are_places =
            own_field(&self.key).is_some_and(|(_, field, _)| field == key::PLACES.as_bytes());
        let mut in_order = true;
        for source in &self.sources {
            let last = self.rows.last().copied();
            let before = self.rows.len();
            self.heads[*source].append(are_places, &mut self.rows)?;
            in_order &= self.rows.len() == before || last < self.rows.get(before).copied();
        }
        if !in_order {
            // The rows of each segment ascend, which a stable sort makes use of.
            self.rows.sort();
        }
        Ok(true)
    }
}

fn enqueue(heads: &[Head<'_>], queue: &mut Vec<usize>, head: usize) {
    let sorts_after = |other: &usize| {
        let other_key = heads[*other].key.as_slice();
        (other_key, *other) > (heads[head].key.as_slice(), head)
    };
    let at = queue.partition_point(sorts_after);
    queue.insert(at, head);
}
