//! The mark of a directory that was made for the demo.
//!
//! It is in the control database, not in a file beside it, because it has to come with the founding or not at
//! all: there is no moment, and no file to remove, by which a demo becomes a real directory or the other way
//! around.

use evident_event::time::Timestamp;
use sqlx::{Any, Row, Transaction, query};

use super::{Control, ControlError};

/// What makes a demo go on as it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DemoMark {
    /// What all of it is drawn from.
    pub(crate) seed: u32,
    /// When the year that it tells of ends.
    pub(crate) year_ends_at: Timestamp,
    /// About how many events the year has.
    pub(crate) year_events: u32,
    /// Everything that happens before this moment is recorded.
    pub(crate) recorded_until: Timestamp,
}

impl Control {
    /// The mark, if the directory is a demo's.
    pub(crate) async fn demo(&self) -> Result<Option<DemoMark>, ControlError> {
        let row = query("SELECT seed, year_ends_at, year_events, recorded_until FROM demo")
            .fetch_optional(self.pool())
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let number = |column| -> Result<u32, ControlError> {
            let number: i64 = row.try_get(column)?;
            u32::try_from(number)
                .map_err(|_| ControlError::Unknown(format!("a demo whose {column} is {number}")))
        };
        Ok(Some(DemoMark {
            seed: number("seed")?,
            year_ends_at: Timestamp::from_micros(row.try_get("year_ends_at")?),
            year_events: number("year_events")?,
            recorded_until: Timestamp::from_micros(row.try_get("recorded_until")?),
        }))
    }

    /// Notes up to when everything is recorded.
    pub(crate) async fn demo_recorded_until(&self, until: Timestamp) -> Result<(), ControlError> {
        query("UPDATE demo SET recorded_until = $1")
            .bind(until.as_micros())
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

/// Marks the directory that is being founded.
pub(super) async fn mark(
    transaction: &mut Transaction<'_, Any>,
    mark: &DemoMark,
) -> Result<(), ControlError> {
    query(
        "INSERT INTO demo (seed, year_ends_at, year_events, recorded_until) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(i64::from(mark.seed))
    .bind(mark.year_ends_at.as_micros())
    .bind(i64::from(mark.year_events))
    .bind(mark.recorded_until.as_micros())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
