//! The values of a field among some rows, unit by unit.
//!
//! Values come from terms, each with the set of its rows, so counting them reads no event. Only rows
//! whose terms are not all there, and fields that have none, are counted by the events themselves.
//!
//! It must hold that each value is counted for the rows that `field::shown` or `field::values_of`
//! give it for, each row once.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use evident_event::json::members::members;
use evident_event::query::terms::{self, Term, has_terms, path_name};
use evident_event::query::{Candidate, Field, field};
use roaring::RoaringBitmap;

use super::evaluate::VALUES_A_LOOK;
use super::reader::{Reader, value};
use super::unit::{Hits, Unit};
use super::{Cut, in_time, key};
use crate::index::IndexError;
use crate::segment::key::KeptValue;

/// Which values of a field an event has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// What it is counted under.
    Shown,
    /// All.
    All,
}

/// Where the values of a field are kept.
enum Kept {
    /// Under one field of terms.
    Once(String),
    /// Under several.
    Apart(Vec<String>),
    /// In the events only.
    Nowhere,
}

fn kept(field: &Field, which: Which) -> Kept {
    let is_party = field.paths().len() > 1 && ["user", "authority"].contains(&field.name());
    if is_party && which == Which::Shown {
        return Kept::Once([key::SHOWN, field.name()].concat());
    }
    let mut paths: Vec<String> = field.paths().iter().map(|path| path_name(path)).collect();
    if field.is_index() || !paths.iter().all(|path| has_terms(path)) {
        return Kept::Nowhere;
    }
    match paths.len() {
        1 => Kept::Once(paths.swap_remove(0)),
        _ => Kept::Apart(paths),
    }
}

/// What is told of each value: its text and its rows, among others perhaps.
pub(super) type EachSet<'e> = &'e mut dyn FnMut(&str, &Hits) -> Result<ControlFlow<()>, IndexError>;

impl Cut {
    /// Shows the values of a field in a unit that are as wanted, with their rows, and the rows that
    /// have none of it told and must be looked at. A value may be shown several times, for different
    /// rows each time.
    pub(super) fn each_value(
        &self,
        unit: &Unit,
        field: &Field,
        which: Which,
        among: &RoaringBitmap,
        wanted: &dyn Fn(&str) -> bool,
        each: EachSet<'_>,
    ) -> Result<(), IndexError> {
        if among.is_empty() {
            return Ok(());
        }
        let kept = kept(field, which);
        let by_event = match kept {
            Kept::Nowhere => among.clone(),
            _ => unit.partial()? & among,
        };
        let mut reader = self.reader();
        match kept {
            Kept::Nowhere => {}
            Kept::Once(path) if by_event.is_empty() => {
                self.each_term(unit, &path, among, wanted, &mut reader, each)?;
            }
            Kept::Once(path) => {
                self.each_term(
                    unit,
                    &path,
                    among,
                    wanted,
                    &mut reader,
                    &mut |value, hits| {
                        let mut rows = RoaringBitmap::new();
                        unit.load_of_many(hits, &mut rows)?;
                        each(value, &Hits::Set(rows - &by_event))
                    },
                )?;
            }
            Kept::Apart(paths) => {
                let mut sets: BTreeMap<String, RoaringBitmap> = BTreeMap::new();
                for path in paths {
                    self.each_term(
                        unit,
                        &path,
                        among,
                        wanted,
                        &mut reader,
                        &mut |value, hits| {
                            let set = sets.entry(value.to_owned()).or_default();
                            unit.load_of_many(hits, set)?;
                            Ok(ControlFlow::Continue(()))
                        },
                    )?;
                }
                for (value, rows) in sets {
                    if each(&value, &Hits::Set(rows - &by_event))?.is_break() {
                        return Ok(());
                    }
                }
            }
        }
        self.each_by_event(unit, field, which, &by_event, wanted, &mut reader, each)
    }

    pub(super) fn each_term(
        &self,
        unit: &Unit,
        path: &str,
        among: &RoaringBitmap,
        wanted: &dyn Fn(&str) -> bool,
        reader: &mut Reader,
        each: EachSet<'_>,
    ) -> Result<(), IndexError> {
        let mut looked_at = 0_usize;
        let mut cut_off = Vec::new();
        unit.scan(path, "", &mut |value, hits| {
            looked_at += 1;
            if looked_at.is_multiple_of(VALUES_A_LOOK) {
                in_time(self.deadline)?;
            }
            match value {
                KeptValue::Whole(text) if wanted(text) => each(text, &hits),
                KeptValue::Whole(_) => Ok(ControlFlow::Continue(())),
                KeptValue::Cut(bytes) => {
                    cut_off.push((bytes.to_owned(), hits));
                    Ok(ControlFlow::Continue(()))
                }
            }
        })?;
        for (bytes, hits) in cut_off {
            in_time(self.deadline)?;
            let mut rows = RoaringBitmap::new();
            unit.load_of_many(&hits, &mut rows)?;
            let Some(row) = (rows & among).min() else {
                continue;
            };
            let text = whole_text(unit, path, KeptValue::Cut(&bytes), row, reader)?;
            if let Some(text) = text.filter(|text| wanted(text))
                && each(&text, &hits)?.is_break()
            {
                break;
            }
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn each_by_event(
        &self,
        unit: &Unit,
        field: &Field,
        which: Which,
        rows: &RoaringBitmap,
        wanted: &dyn Fn(&str) -> bool,
        reader: &mut Reader,
        each: EachSet<'_>,
    ) -> Result<(), IndexError> {
        let mut sets: HashMap<String, RoaringBitmap> = HashMap::new();
        for row in rows {
            in_time(self.deadline)?;
            let canonical = reader.canonical(unit, row)?;
            let Some(event) = value(&canonical) else {
                continue;
            };
            let candidate = Candidate {
                event: &event,
                index: unit.place(row)?.index,
                has_outcome: false,
            };
            let values = match which {
                Which::Shown => field::shown(field, &candidate),
                Which::All => field::values_of(field, &candidate),
            };
            for value in values.into_iter().filter(|value| wanted(value)) {
                sets.entry(value.into_owned()).or_default().insert(row);
            }
        }
        for (value, rows) in sets {
            if each(&value, &Hits::Set(rows))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Of these rows, those that have a value for a field.
    pub(super) fn with_value(
        &self,
        unit: &Unit,
        field: &Field,
        among: &RoaringBitmap,
    ) -> Result<RoaringBitmap, IndexError> {
        if field.is_index() {
            return Ok(among.clone());
        }
        let partial = unit.partial()? & among;
        let mut rows = unit.set(key::NAMES, field.name())? & among;
        if !partial.is_empty() {
            rows -= &partial;
            let (wanted, mut reader) = (|_: &str| true, self.reader());
            let which = Which::Shown;
            self.each_by_event(
                unit,
                field,
                which,
                &partial,
                &wanted,
                &mut reader,
                &mut |_, hits| {
                    unit.load_of_many(hits, &mut rows)?;
                    Ok(ControlFlow::Continue(()))
                },
            )?;
        }
        Ok(rows)
    }
}

/// A long value, as a row that has it has it.
fn whole_text(
    unit: &Unit,
    path: &str,
    kept: KeptValue<'_>,
    row: u32,
    reader: &mut Reader,
) -> Result<Option<String>, IndexError> {
    let canonical = reader.canonical(unit, row)?;
    let mut found = None;
    for member in members(&canonical) {
        let Ok(name) = std::str::from_utf8(member.name) else {
            continue;
        };
        terms::of_member(name, member.value, &mut |term| {
            let (field, text) = match term {
                Term::Value(field, text) => (field.to_owned(), text),
                Term::Shown(field, text) => ([key::SHOWN, field].concat(), text),
                Term::Name(name) => (key::NAMES.to_owned(), name),
                _ => return,
            };
            if field == path && kept.is_of(text) {
                found = Some(text.to_owned());
            }
        });
    }
    Ok(found)
}
