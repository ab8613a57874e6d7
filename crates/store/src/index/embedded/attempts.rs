//! Which attempts are open: have no outcome anywhere in their organization.
//!
//! Most attempts have their outcome soon, in the same segment, and a segment knows those that have
//! not. Only these are looked for elsewhere.

use std::ops::ControlFlow;
use std::time::Instant;

use evident_event::query::Phase;
use roaring::RoaringBitmap;

use super::reader::{Reader, value};
use super::unit::Unit;
use super::{in_time, key};
use crate::index::IndexError;
use crate::segment::key::KeptValue;

const PHASE: &str = "phase";
const ATTEMPT_ID: &str = "attempt_id";

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
    for attempt in begun {
        in_time(deadline)?;
        let mut has_outcome = false;
        for (number, unit) in units.iter().enumerate() {
            if number != attempt.unit && !has_outcome {
                let rows = unit.set(ATTEMPT_ID, &attempt.attempt_id)?;
                has_outcome = !rows.is_disjoint(&outcomes[number]);
            }
        }
        if !has_outcome {
            open[attempt.unit] |= attempt.rows;
        }
    }
    Ok(open)
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
