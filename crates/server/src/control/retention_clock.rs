//! What retention thinks of the server's clock. It is kept here, so that a restart with the same wrong clock is none the
//! wiser.

use evident_event::time::Timestamp;
use sqlx::{Row, query};

use super::{Control, ControlError};

/// A clock that is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClockDoubt {
    /// What it said when that began.
    pub(crate) since: Timestamp,
    /// What it said when it was last looked at.
    pub(crate) last: Timestamp,
}

/// What is thought of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RetentionClock {
    /// The last time that it was believed; `None`: it never was.
    pub(crate) believed_at: Option<Timestamp>,
    /// Whether it is doubted.
    pub(crate) doubt: Option<ClockDoubt>,
}

impl Control {
    /// What is thought of the clock.
    pub(crate) async fn retention_clock(&self) -> Result<RetentionClock, ControlError> {
        let row = query(
            "SELECT retention_clock_believed_at, retention_clock_doubted_since, \
             retention_clock_doubted_at FROM instance",
        )
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else {
            return Ok(RetentionClock::default());
        };
        let time = |column: &str| -> Result<Option<Timestamp>, ControlError> {
            let micros: Option<i64> = row.try_get(column)?;
            Ok(micros.map(Timestamp::from_micros))
        };
        let since = time("retention_clock_doubted_since")?;
        let last = time("retention_clock_doubted_at")?;
        Ok(RetentionClock {
            believed_at: time("retention_clock_believed_at")?,
            doubt: since
                .zip(last)
                .map(|(since, last)| ClockDoubt { since, last }),
        })
    }

    /// Keeps it.
    pub(crate) async fn keep_retention_clock(
        &self,
        clock: &RetentionClock,
    ) -> Result<(), ControlError> {
        query(
            "UPDATE instance SET retention_clock_believed_at = $1, \
             retention_clock_doubted_since = $2, retention_clock_doubted_at = $3",
        )
        .bind(clock.believed_at.map(Timestamp::as_micros))
        .bind(clock.doubt.map(|doubt| doubt.since.as_micros()))
        .bind(clock.doubt.map(|doubt| doubt.last.as_micros()))
        .execute(self.pool())
        .await?;
        Ok(())
    }
}
