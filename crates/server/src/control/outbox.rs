//! The outbox: what was done and is not known to be in the log yet.
//!
//! What must always hold:
//!
//! - a row is written in the transaction of the change that it tells of;
//! - it holds the event whole, as canonical bytes, redacted: sending it again is sending the same, so that an
//!   event that went out just before a crash is there once;
//! - rows go out in the order in which they were staged.

use evident_event::id::EventId;
use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query};

use super::{Control, ControlError};

/// An event on its way to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Staged {
    /// Its id.
    pub(crate) event_id: EventId,
    /// The organization whose log takes it.
    pub(crate) organization_id: String,
    /// When it was staged, which is when it was received.
    pub(crate) staged_at: Timestamp,
    /// Its place among what was staged with it.
    pub(crate) place: i64,
    /// When it happened.
    pub(crate) occurred_at: Timestamp,
    /// The event.
    pub(crate) canonical: Vec<u8>,
}

impl Staged {
    /// Writes it, in the transaction of what it tells of.
    pub(crate) async fn write(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query(
            "INSERT INTO outbox (event_id, organization_id, staged_at, place, occurred_at, canonical) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.event_id.to_string())
        .bind(self.organization_id.clone())
        .bind(self.staged_at.as_micros())
        .bind(self.place)
        .bind(self.occurred_at.as_micros())
        .bind(self.canonical.clone())
        .execute(connection)
        .await?;
        Ok(())
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let id: String = row.try_get("event_id")?;
        let event_id = EventId::parse(&id)
            .map_err(|_| ControlError::Unknown(format!("an event on its way with id {id:?}")))?;
        Ok(Self {
            event_id,
            organization_id: row.try_get("organization_id")?,
            staged_at: Timestamp::from_micros(row.try_get("staged_at")?),
            place: row.try_get("place")?,
            occurred_at: Timestamp::from_micros(row.try_get("occurred_at")?),
            canonical: row.try_get("canonical")?,
        })
    }
}

impl Control {
    /// The first so many events on their way.
    pub(crate) async fn staged(&self, limit: u32) -> Result<Vec<Staged>, ControlError> {
        let rows = query(
            "SELECT event_id, organization_id, staged_at, place, occurred_at, canonical \
             FROM outbox ORDER BY staged_at, place, event_id LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(Staged::of_row).collect()
    }

    /// Forgets events that are in the log.
    pub(crate) async fn unstage(&self, sent: &[Staged]) -> Result<(), ControlError> {
        let mut change = self.begin().await?;
        for staged in sent {
            query("DELETE FROM outbox WHERE event_id = $1")
                .bind(staged.event_id.to_string())
                .execute(&mut *change)
                .await?;
        }
        change.commit().await?;
        Ok(())
    }
}
