//! How long organizations and projects keep their events, what the last runs did, and how much of it is on the log.
//!
//! What must always hold:
//!
//! - a rule is a row of its own, not a column of what it is about: it outlives the deletion of a project or an
//!   organization, whose events are still there;
//! - what was reported is written in the transaction that stages the record of it, under a lock of its own row:
//!   organizations that are deleted have no other.

use std::collections::BTreeMap;

use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query, query_scalar};

use super::{Control, ControlError, unwritable};

/// How long events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// For ever.
    Forever,
    /// For at least so many days after they were received.
    Days(u32),
}

impl Keep {
    /// The days, unless it is for ever.
    pub(crate) const fn days(self) -> Option<u32> {
        match self {
            Self::Forever => None,
            Self::Days(days) => Some(days),
        }
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let days: Option<i64> = row.try_get("days")?;
        let Some(days) = days else {
            return Ok(Self::Forever);
        };
        let days = u32::try_from(days)
            .map_err(|_| ControlError::Unknown(format!("events kept for {days} days")))?;
        Ok(Self::Days(days))
    }
}

/// A rule that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetentionRule {
    /// What it says.
    pub(crate) keep: Keep,
    /// When it was last set.
    pub(crate) updated_at: Timestamp,
}

/// The rules that an organization has set. What is not there is inherited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RetentionRules {
    /// Its own.
    pub(crate) organization: Option<RetentionRule>,
    /// Those of its projects.
    pub(crate) projects: BTreeMap<String, RetentionRule>,
}

impl RetentionRules {
    /// Those of an organization.
    pub(crate) async fn of(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<Self, ControlError> {
        let rows = query(
            "SELECT project_id, days, updated_at FROM retention_rules WHERE organization_id = $1",
        )
        .bind(organization_id.to_owned())
        .fetch_all(connection)
        .await?;
        let mut rules = Self::default();
        for row in &rows {
            rules.add(row)?;
        }
        Ok(rules)
    }

    /// Those of every organization that there is or was.
    pub(crate) async fn of_all(
        connection: &mut AnyConnection,
    ) -> Result<BTreeMap<String, Self>, ControlError> {
        let ids: Vec<String> = query_scalar("SELECT id FROM organizations")
            .fetch_all(&mut *connection)
            .await?;
        let mut all: BTreeMap<String, Self> = ids
            .into_iter()
            .map(|organization_id| (organization_id, Self::default()))
            .collect();
        let rows =
            query("SELECT organization_id, project_id, days, updated_at FROM retention_rules")
                .fetch_all(connection)
                .await?;
        for row in &rows {
            let organization_id: String = row.try_get("organization_id")?;
            all.entry(organization_id).or_default().add(row)?;
        }
        Ok(all)
    }

    fn add(&mut self, row: &AnyRow) -> Result<(), ControlError> {
        let rule = RetentionRule {
            keep: Keep::of_row(row)?,
            updated_at: Timestamp::from_micros(row.try_get("updated_at")?),
        };
        let project_id: String = row.try_get("project_id")?;
        if project_id.is_empty() {
            self.organization = Some(rule);
        } else {
            self.projects.insert(project_id, rule);
        }
        Ok(())
    }

    /// Sets the rule of an organization, or of a project in it. `None`: it is inherited from then on.
    pub(crate) async fn set(
        connection: &mut AnyConnection,
        organization_id: &str,
        project_id: Option<&str>,
        keep: Option<Keep>,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let project_id = project_id.unwrap_or_default();
        let Some(keep) = keep else {
            query("DELETE FROM retention_rules WHERE organization_id = $1 AND project_id = $2")
                .bind(organization_id.to_owned())
                .bind(project_id.to_owned())
                .execute(connection)
                .await?;
            return Ok(());
        };
        query(
            "INSERT INTO retention_rules (organization_id, project_id, days, updated_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id, project_id) \
             DO UPDATE SET days = excluded.days, updated_at = excluded.updated_at",
        )
        .bind(organization_id.to_owned())
        .bind(project_id.to_owned())
        .bind(keep.days().map(i64::from))
        .bind(now.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// A project as retention knows it: also one that is deleted, whose events are still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RetainedProject {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Whether it is deleted.
    pub(crate) deleted: bool,
}

impl RetainedProject {
    /// The project of an id, deleted or not.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let row = query(
            "SELECT id, name, deleted_at FROM projects WHERE organization_id = $1 AND id = $2",
        )
        .bind(organization_id.to_owned())
        .bind(id.to_owned())
        .fetch_optional(connection)
        .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// Those that have a rule of their own, by their ids.
    pub(crate) async fn with_rules(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<BTreeMap<String, Self>, ControlError> {
        let rows = query(
            "SELECT projects.id, projects.name, projects.deleted_at FROM retention_rules \
             JOIN projects ON projects.organization_id = retention_rules.organization_id \
             AND projects.id = retention_rules.project_id \
             WHERE retention_rules.organization_id = $1",
        )
        .bind(organization_id.to_owned())
        .fetch_all(connection)
        .await?;
        let of_row = |row| {
            let project = Self::of_row(row)?;
            Ok((project.id.clone(), project))
        };
        rows.iter().map(of_row).collect()
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            deleted: row.try_get::<Option<i64>, _>("deleted_at")?.is_some(),
        })
    }
}

/// How much of what was removed of an organization is on its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RetentionReported {
    /// How many events.
    pub(crate) events: u64,
    /// Their canonical bytes.
    pub(crate) bytes: u64,
    /// Behind the highest index that went.
    pub(crate) end_index: u64,
}

impl RetentionReported {
    /// What is reported of an organization, as it is now.
    pub(crate) async fn of(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<Self, ControlError> {
        let row = query(
            "SELECT events, bytes, end_index FROM retention_reported WHERE organization_id = $1",
        )
        .bind(organization_id.to_owned())
        .fetch_optional(connection)
        .await?;
        row.as_ref()
            .map_or_else(|| Ok(Self::default()), Self::of_row)
    }

    /// What is reported of an organization, which nobody else changes until the transaction ends. Begins with a
    /// write, as every change does.
    pub(crate) async fn locked(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<Self, ControlError> {
        let row = query(
            "INSERT INTO retention_reported (organization_id, events, bytes, end_index) \
             VALUES ($1, 0, 0, 0) ON CONFLICT (organization_id) \
             DO UPDATE SET events = retention_reported.events RETURNING events, bytes, end_index",
        )
        .bind(organization_id.to_owned())
        .fetch_one(connection)
        .await?;
        Self::of_row(&row)
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        Ok(Self {
            events: number(row, "events")?,
            bytes: number(row, "bytes")?,
            end_index: number(row, "end_index")?,
        })
    }

    /// Keeps it, in the transaction of the record that tells of it.
    pub(crate) async fn write(
        self,
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<(), ControlError> {
        query(
            "UPDATE retention_reported SET events = $2, bytes = $3, end_index = $4 \
             WHERE organization_id = $1",
        )
        .bind(organization_id.to_owned())
        .bind(as_bigint(self.events)?)
        .bind(as_bigint(self.bytes)?)
        .bind(as_bigint(self.end_index)?)
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Control {
    /// The UTC day of the last daily run that came to its end: its first instant.
    pub(crate) async fn retention_done_on(&self) -> Result<Option<Timestamp>, ControlError> {
        let day: Option<Option<i64>> = query_scalar("SELECT retention_done_on FROM instance")
            .fetch_optional(self.pool())
            .await?;
        Ok(day.flatten().map(Timestamp::from_micros))
    }

    /// Keeps that the run of a UTC day has come to its end.
    pub(crate) async fn retention_is_done_on(&self, day: Timestamp) -> Result<(), ControlError> {
        query("UPDATE instance SET retention_done_on = $1")
            .bind(day.as_micros())
            .execute(self.pool())
            .await?;
        Ok(())
    }
}

/// A number that is never negative.
pub(super) fn number(row: &AnyRow, column: &str) -> Result<u64, ControlError> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number)
        .map_err(|_| ControlError::Unknown(format!("{number} for {column} of retention")))
}

/// A number as databases have it.
pub(super) fn as_bigint(number: u64) -> Result<i64, ControlError> {
    i64::try_from(number).map_err(unwritable)
}
