//! The last run of retention over each organization: what it went by, and what it removed.
//!
//! It must hold that a run is written down before anything is removed: whatever ends the server then, what is
//! reported afterwards can say by which rules it went.

use evident_event::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query};
use std::collections::BTreeMap;

use super::retention::{as_bigint, number};
use super::{Control, ControlError, unwritable};

/// Why retention ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetentionCause {
    /// It does so every day.
    Daily,
    /// Somebody asked for it.
    Requested,
}

impl RetentionCause {
    const ALL: [Self; 2] = [Self::Daily, Self::Requested];

    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Requested => "requested",
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetentionOutcome {
    /// All that was to go is gone.
    Succeeded,
    /// It failed; the server's log says why.
    Failed,
    /// The server was ended during it.
    Interrupted,
}

impl RetentionOutcome {
    const ALL: [Self; 3] = [Self::Succeeded, Self::Failed, Self::Interrupted];

    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The rules that a run goes by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct RetentionPolicy {
    /// How many days the organization's events are kept; `None`: for ever.
    pub(crate) days: Option<u32>,
    /// Those that were received before go, in UTC.
    pub(crate) cutoff: Option<String>,
    /// The same for projects with a rule of their own, the first of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) projects: BTreeMap<String, RetentionPolicy>,
    /// How many further projects have one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) further_projects: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What was removed in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RetentionNumbers {
    /// How many events.
    pub(crate) events: u64,
    /// Their canonical bytes.
    pub(crate) bytes: u64,
    /// The lowest index, if it is known.
    pub(crate) first_index: Option<u64>,
    /// The highest index, if it is known.
    pub(crate) last_index: Option<u64>,
    /// The first and the last time that one was received, if it is known.
    pub(crate) received: Option<(Timestamp, Timestamp)>,
}

impl RetentionNumbers {
    /// These and others. What is not known of either is not known of both.
    fn with(&self, others: &Self) -> Self {
        if self.events == 0 {
            return *others;
        }
        let both = |one: Option<u64>, other: Option<u64>| one.zip(other);
        let first_index = both(self.first_index, others.first_index);
        let last_index = both(self.last_index, others.last_index);
        let received = self.received.zip(others.received);
        Self {
            events: self.events + others.events,
            bytes: self.bytes + others.bytes,
            first_index: first_index.map(|(one, other)| one.min(other)),
            last_index: last_index.map(|(one, other)| one.max(other)),
            received: received.map(|(one, other)| (one.0.min(other.0), one.1.max(other.1))),
        }
    }
}

/// A run over an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RetentionRun {
    /// Whose events.
    pub(crate) organization_id: String,
    /// Why it ran.
    pub(crate) cause: RetentionCause,
    /// The person or the key that asked for it.
    pub(crate) requested_by: Option<String>,
    /// What it went by.
    pub(crate) policy: RetentionPolicy,
    /// When it began.
    pub(crate) started_at: Timestamp,
    /// When it ended, unless it runs.
    pub(crate) finished_at: Option<Timestamp>,
    /// How it ended, unless it runs.
    pub(crate) outcome: Option<RetentionOutcome>,
    /// What it removed.
    pub(crate) numbers: RetentionNumbers,
}

impl RetentionRun {
    /// The last one over an organization.
    pub(crate) async fn last(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let row = query(
            "SELECT organization_id, cause, requested_by, policy, started_at, finished_at, outcome, \
             events, bytes, first_index, last_index, received_from, received_to \
             FROM retention_runs WHERE organization_id = $1",
        )
        .bind(organization_id.to_owned())
        .fetch_optional(connection)
        .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// Puts it in the place of the one before.
    async fn write(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        let policy = serde_json::to_string(&self.policy).map_err(unwritable)?;
        query("DELETE FROM retention_runs WHERE organization_id = $1")
            .bind(self.organization_id.clone())
            .execute(&mut *connection)
            .await?;
        query(
            "INSERT INTO retention_runs (organization_id, cause, requested_by, policy, started_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(self.organization_id.clone())
        .bind(self.cause.as_str())
        .bind(self.requested_by.clone())
        .bind(policy)
        .bind(self.started_at.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Adds what was removed to the last run over an organization, in the transaction of the record of it.
    pub(crate) async fn add(
        connection: &mut AnyConnection,
        organization_id: &str,
        numbers: &RetentionNumbers,
    ) -> Result<(), ControlError> {
        let before = Self::last(&mut *connection, organization_id).await?;
        let before = before.map(|run| run.numbers).unwrap_or_default();
        let numbers = before.with(numbers);
        let received = numbers.received;
        query(
            "UPDATE retention_runs SET events = $2, bytes = $3, first_index = $4, last_index = $5, received_from = $6, received_to = $7 WHERE organization_id = $1",
        )
        .bind(organization_id.to_owned())
        .bind(as_bigint(numbers.events)?)
        .bind(as_bigint(numbers.bytes)?)
        .bind(numbers.first_index.map(as_bigint).transpose()?)
        .bind(numbers.last_index.map(as_bigint).transpose()?)
        .bind(received.map(|(from, _)| from.as_micros()))
        .bind(received.map(|(_, to)| to.as_micros()))
        .execute(connection)
        .await?;
        Ok(())
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let cause: String = row.try_get("cause")?;
        let outcome: Option<String> = row.try_get("outcome")?;
        let policy: String = row.try_get("policy")?;
        let policy = serde_json::from_str(&policy)
            .map_err(|error| ControlError::Unknown(format!("a policy of retention ({error})")))?;
        let time = |column: &str| -> Result<Option<Timestamp>, ControlError> {
            let micros: Option<i64> = row.try_get(column)?;
            Ok(micros.map(Timestamp::from_micros))
        };
        let index = |column: &str| -> Result<Option<u64>, ControlError> {
            let index: Option<i64> = row.try_get(column)?;
            index.map(|_| number(row, column)).transpose()
        };
        Ok(Self {
            organization_id: row.try_get("organization_id")?,
            cause: named(RetentionCause::ALL, RetentionCause::as_str, &cause)?,
            requested_by: row.try_get("requested_by")?,
            policy,
            started_at: Timestamp::from_micros(row.try_get("started_at")?),
            finished_at: time("finished_at")?,
            outcome: outcome
                .map(|word| named(RetentionOutcome::ALL, RetentionOutcome::as_str, &word))
                .transpose()?,
            numbers: RetentionNumbers {
                events: number(row, "events")?,
                bytes: number(row, "bytes")?,
                first_index: index("first_index")?,
                last_index: index("last_index")?,
                received: time("received_from")?.zip(time("received_to")?),
            },
        })
    }
}

fn named<T: Copy, const N: usize>(
    all: [T; N],
    as_str: fn(T) -> &'static str,
    word: &str,
) -> Result<T, ControlError> {
    let found = all.into_iter().find(|one| as_str(*one) == word);
    found.ok_or_else(|| ControlError::Unknown(format!("a run of retention that is {word:?}")))
}

impl Control {
    /// Keeps that these runs have begun.
    pub(crate) async fn retention_begins(&self, runs: &[RetentionRun]) -> Result<(), ControlError> {
        let mut change = self.begin().await?;
        for run in runs {
            run.write(&mut change).await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// Keeps by which rules the runs over some organizations go on that have begun.
    pub(crate) async fn retention_goes_on_by(
        &self,
        policies: &[(String, RetentionPolicy)],
    ) -> Result<(), ControlError> {
        let mut change = self.begin().await?;
        for (organization_id, policy) in policies {
            let policy = serde_json::to_string(policy).map_err(unwritable)?;
            query(
                "UPDATE retention_runs SET policy = $2 WHERE organization_id = $1 AND outcome IS NULL",
            )
            .bind(organization_id.clone())
            .bind(policy)
            .execute(&mut *change)
            .await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// Keeps that the runs that had begun were interrupted. The day is not done then: what they left is removed by the
    /// next look, by the rules as they are then.
    pub(crate) async fn retention_was_interrupted(
        &self,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let mut change = self.begin().await?;
        let interrupted =
            query("UPDATE retention_runs SET outcome = $1, finished_at = $2 WHERE outcome IS NULL")
                .bind(RetentionOutcome::Interrupted.as_str())
                .bind(now.as_micros())
                .execute(&mut *change)
                .await?;
        if interrupted.rows_affected() > 0 {
            query("UPDATE instance SET retention_done_on = NULL")
                .execute(&mut *change)
                .await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// Keeps how all runs have ended that have begun.
    pub(crate) async fn retention_ends(
        &self,
        outcome: RetentionOutcome,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        query("UPDATE retention_runs SET outcome = $1, finished_at = $2 WHERE outcome IS NULL")
            .bind(outcome.as_str())
            .bind(now.as_micros())
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_in_two_parts_is_told_as_one_as_far_as_both_are_known() {
        let at = Timestamp::from_micros;
        let first = RetentionNumbers {
            events: 2,
            bytes: 20,
            first_index: Some(5),
            last_index: Some(9),
            received: Some((at(3), at(4))),
        };
        let second = RetentionNumbers {
            events: 3,
            bytes: 30,
            first_index: Some(1),
            last_index: Some(7),
            received: Some((at(1), at(6))),
        };
        assert_eq!(RetentionNumbers::default().with(&first), first);
        let both = first.with(&second);
        assert_eq!((both.events, both.bytes), (5, 50));
        assert_eq!((both.first_index, both.last_index), (Some(1), Some(9)));
        assert_eq!(both.received, Some((at(1), at(6))));
        let unknown = RetentionNumbers {
            first_index: None,
            received: None,
            ..second
        };
        let both = first.with(&unknown);
        assert_eq!((both.first_index, both.last_index), (None, Some(9)));
        assert_eq!(both.received, None);
    }
}
