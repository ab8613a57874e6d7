//! Which attempts are open: have no outcome anywhere in their organization.
//!
//! Most attempts have their outcome soon, in the same segment, and a segment knows those that have
//! not. Only these are looked for elsewhere.

use std::ops::ControlFlow;
use std::time::Instant;

use evident_event::query::Phase;
use hashbrown::HashMap;
use roaring::RoaringBitmap;

use super::evaluate::VALUES_A_LOOK;
use super::reader::{Reader, value};
use super::unit::{Hits, Unit};
use super::{in_time, key};
use crate::index::IndexError;
use crate::segment::key::KeptValue;

const PHASE: &str = "phase";
const ATTEMPT_ID: &str = "attempt_id";
/// Ids that are looked up one by one.
const MAX_LOOKUPS: usize = 64;

/// An attempt without outcome in its own unit.
struct Begun {
    attempt_id: String,
    unit: usize,
    rows: RoaringBitmap,
}

/// For each unit the rows that are open attempts.
pub(super) fn open(
    units: &[Unit],
    reader: &mut Reader,
    deadline: Instant,
) -> Result<Vec<RoaringBitmap>, IndexError> {
    let of_phase = |unit: &Unit, phase: Phase| {
        unit.set(PHASE, phase.as_str())
            .map(|rows| rows & unit.all())
    };
    let mut open = Vec::new();
    let mut outcomes = Vec::new();
    let mut begun = Vec::new();
    for (number, unit) in units.iter().enumerate() {
        in_time(deadline)?;
        let attempts = of_phase(unit, Phase::Attempt)?;
        let own_outcomes = of_phase(unit, Phase::Outcome)?;
        if !attempts.is_empty() {
            without_outcome_here(number, unit, &attempts, &own_outcomes, reader, &mut begun)?;
        }
        open.push(attempts - unit.set(key::NAMES, ATTEMPT_ID)?);
        outcomes.push(own_outcomes);
    }
    let closed = with_outcome_elsewhere(units, &outcomes, &begun, deadline)?;
    for (attempt, _) in begun.iter().zip(closed).filter(|(_, is_closed)| !is_closed) {
        open[attempt.unit] |= &attempt.rows;
    }
    Ok(open)
}

/// For each attempt whether another unit than its own has an outcome of it. One outcome closes all
/// attempts of its id but those of its own unit, which would not be here.
fn with_outcome_elsewhere(
    units: &[Unit],
    outcomes: &[RoaringBitmap],
    begun: &[Begun],
    deadline: Instant,
) -> Result<Vec<bool>, IndexError> {
    let mut closed = vec![false; begun.len()];
    let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, attempt) in begun.iter().enumerate() {
        by_id.entry(&attempt.attempt_id).or_default().push(number);
    }
    for (unit, outcomes) in units.iter().zip(outcomes) {
        in_time(deadline)?;
        let mut close = |hits: Hits, attempts: &[usize]| -> Result<(), IndexError> {
            let mut rows = RoaringBitmap::new();
            unit.load_of_many(&hits, &mut rows)?;
            if !rows.is_disjoint(outcomes) {
                attempts.iter().for_each(|attempt| closed[*attempt] = true);
            }
            Ok(())
        };
        // Beyond some number of lookups it takes less to go through all ids in their order.
        let is_long = |id: &&str| id.len() > key::MAX_VALUE_BYTES;
        let few = by_id.len() <= MAX_LOOKUPS;
        for (id, attempts) in by_id.iter().filter(|(id, _)| few || is_long(id)) {
            if let Some(hits) = unit.find(ATTEMPT_ID, id)? {
                close(hits, attempts)?;
            }
        }
        if few {
            continue;
        }
        let mut looked_at = 0_usize;
        unit.scan(ATTEMPT_ID, "", &mut |attempt_id, hits| {
            looked_at += 1;
            if looked_at.is_multiple_of(VALUES_A_LOOK) {
                in_time(deadline)?;
            }
            if let KeptValue::Whole(id) = attempt_id
                && let Some(attempts) = by_id.get(id)
            {
                close(hits, attempts)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(closed)
}

fn without_outcome_here(
    number: usize,
    unit: &Unit,
    attempts: &RoaringBitmap,
    outcomes: &RoaringBitmap,
    reader: &mut Reader,
    begun: &mut Vec<Begun>,
) -> Result<(), IndexError> {
    let field = match unit.is_cut() {
        // The outcome may be among the rows that are cut away.
        true => ATTEMPT_ID,
        false => key::OPEN,
    };
    let mut found: Vec<(Option<String>, RoaringBitmap)> = Vec::new();
    unit.scan(field, "", &mut |attempt_id, hits| {
        let rows = unit.load(hits)?;
        let tried = &rows & attempts;
        if !tried.is_empty() && rows.is_disjoint(outcomes) {
            let attempt_id = match attempt_id {
                KeptValue::Whole(text) => Some(text.to_owned()),
                KeptValue::Cut(_) => None,
            };
            found.push((attempt_id, tried));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for (attempt_id, rows) in found {
        let attempt_id = match attempt_id {
            Some(text) => text,
            None => written_in(unit, &rows, reader)?,
        };
        begun.push(Begun {
            attempt_id,
            unit: number,
            rows,
        });
    }
    Ok(())
}

/// The attempt's id as a row has it.
fn written_in(
    unit: &Unit,
    rows: &RoaringBitmap,
    reader: &mut Reader,
) -> Result<String, IndexError> {
    let canonical = reader.canonical(unit, rows.min().unwrap_or_default())?;
    let event = value(&canonical);
    let attempt_id = event
        .as_ref()
        .and_then(|event| event.get(ATTEMPT_ID)?.as_str());
    attempt_id
        .map(str::to_owned)
        .ok_or_else(|| IndexError::Failed("an attempt has no id".to_owned()))
}
