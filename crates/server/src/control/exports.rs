//! Exports that are made in the background.
//!
//! What must always hold:
//!
//! - a row has all that it takes to make the file again from the beginning, whatever has changed since: the range as
//!   instants, the log's size, what names meant, and how far the maker reached;
//! - a row says `complete` only while its file is whole in the store; whoever takes the file away has said so first;
//! - a row is changed under its organization's lock, so that what was read is what is replaced.

use std::collections::BTreeMap;

use evident_event::time::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query, query_scalar};
use utoipa::ToSchema;

use super::{ControlError, unwritable};

/// How far an export has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExportStatus {
    /// It waits for its turn.
    Queued,
    /// Its file is being made.
    Running,
    /// Its file is there.
    Complete,
    /// It could not be made.
    Failed,
    /// It was cancelled before it was complete.
    Cancelled,
    /// Its file was there, and is gone.
    Expired,
}

impl ExportStatus {
    const ALL: [Self; 6] = [
        Self::Queued,
        Self::Running,
        Self::Complete,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether it has not come to an end.
    pub(crate) const fn is_unfinished(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// Who asked for an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ExportMaker {
    /// `user` or `api_key`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The person's or the key's id.
    pub(crate) id: String,
    /// The name; may be empty.
    pub(crate) name: String,
    /// The person's address; null for a key.
    #[schema(required)]
    pub(crate) email: Option<String>,
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExportRow {
    /// Its id, `exp_…`.
    pub(crate) id: String,
    /// Whose log it is of.
    pub(crate) organization_id: String,
    /// What it is called.
    pub(crate) name: String,
    /// The file's format, by its name.
    pub(crate) format: String,
    /// The columns that were asked for; none: the usual ones of the format.
    pub(crate) columns: Vec<String>,
    /// The query's parameters.
    pub(crate) parameters: BTreeMap<String, Vec<String>>,
    /// What names in the query meant.
    pub(crate) meanings: BTreeMap<String, String>,
    /// The range of time as microseconds, the end excluded; `None` is all time.
    pub(crate) range: Option<(i64, i64)>,
    /// The log's size that it is cut at.
    pub(crate) as_of: u64,
    /// The projects that it is limited to; `None`: the whole organization.
    pub(crate) projects: Option<Vec<String>>,
    /// Who asked for it.
    pub(crate) maker: ExportMaker,
    /// What its file is called.
    pub(crate) file_name: String,
    /// How far it has come.
    pub(crate) status: ExportStatus,
    /// How many times it was begun.
    pub(crate) begun: u32,
    /// When it was asked for.
    pub(crate) created_at: Timestamp,
    /// When it was begun the last time.
    pub(crate) started_at: Option<Timestamp>,
    /// When it came to its end.
    pub(crate) finished_at: Option<Timestamp>,
    /// When its file goes.
    pub(crate) expires_at: Option<Timestamp>,
    /// How many events the file has.
    pub(crate) rows: Option<u64>,
    /// The file's size in bytes.
    pub(crate) size: Option<u64>,
    /// The file's SHA-256, in lower-case hexadecimal.
    pub(crate) sha256: Option<String>,
    /// Why it failed.
    pub(crate) error: Option<String>,
    /// The lowest index of the events in its file.
    pub(crate) lowest_index: Option<u64>,
    /// How many of the organization's events retention had removed before its file was begun.
    pub(crate) gone_before: Option<u64>,
}

const SELECT: &str = "SELECT id, organization_id, name, format, sheet_columns, parameters, meanings, range_from, \
     range_to, as_of, projects, maker_type, maker_id, maker_name, maker_email, file_name, status, begun, created_at, \
     started_at, finished_at, expires_at, row_count, size, sha256, error, lowest_index, gone_before FROM exports";

/// The database counts in signed numbers; nothing here comes near their end.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

impl ExportRow {
    /// The export of an id in an organization.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let statement = format!("{SELECT} WHERE organization_id = $1 AND id = $2");
        // Fixed texts.
        let row = query(sqlx::AssertSqlSafe(statement))
            .bind(organization_id.to_owned())
            .bind(id.to_owned())
            .fetch_optional(connection)
            .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// The newest of an organization's exports, before this id if one is given. Ids sort by when they were made.
    pub(crate) async fn newest(
        connection: &mut AnyConnection,
        organization_id: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Self>, ControlError> {
        let condition = match before {
            Some(_) => "id < $2",
            // No id is empty.
            None => "id <> $2",
        };
        let statement = format!(
            "{SELECT} WHERE organization_id = $1 AND {condition} ORDER BY id DESC LIMIT $3"
        );
        let rows = query(sqlx::AssertSqlSafe(statement))
            .bind(organization_id.to_owned())
            .bind(before.unwrap_or_default().to_owned())
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// How many exports an organization has, and how many of them have not come to an end.
    pub(crate) async fn counts(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<(u64, u64), ControlError> {
        let row = query(
            "SELECT count(*) AS kept, \
             CAST(coalesce(sum(CASE WHEN status IN ('queued', 'running') THEN 1 ELSE 0 END), 0) AS BIGINT) \
             AS unfinished FROM exports WHERE organization_id = $1",
        )
        .bind(organization_id.to_owned())
        .fetch_one(connection)
        .await?;
        let number = |name| Ok::<_, ControlError>(unsigned(row.try_get(name)?));
        Ok((number("kept")?, number("unfinished")?))
    }

    /// How many wait, over all organizations.
    pub(crate) async fn count_queued(connection: &mut AnyConnection) -> Result<u64, ControlError> {
        let count = query_scalar("SELECT count(*) FROM exports WHERE status = 'queued'");
        Ok(unsigned(count.fetch_one(connection).await?))
    }

    /// Of each organization the one that has waited longest: the organization and the id.
    pub(crate) async fn heads_of_queues(
        connection: &mut AnyConnection,
    ) -> Result<Vec<(String, String)>, ControlError> {
        let rows = query(
            "SELECT organization_id, min(id) AS first FROM exports WHERE status = 'queued' \
             GROUP BY organization_id",
        )
        .fetch_all(connection)
        .await?;
        let head = |row: &AnyRow| Ok((row.try_get("organization_id")?, row.try_get("first")?));
        rows.iter().map(head).collect()
    }

    /// The exports of a status that came to it before an instant, by the column that says when; at most `limit`.
    async fn before(
        connection: &mut AnyConnection,
        condition: &str,
        instant: Timestamp,
        limit: u32,
    ) -> Result<Vec<Self>, ControlError> {
        let statement = format!("{SELECT} WHERE {condition} ORDER BY id LIMIT $2");
        // Fixed texts.
        let rows = query(sqlx::AssertSqlSafe(statement))
            .bind(instant.as_micros())
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// Those whose time has come: their files go.
    pub(crate) async fn expiring(
        connection: &mut AnyConnection,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Self>, ControlError> {
        let condition = "status = 'complete' AND expires_at <= $1";
        Self::before(connection, condition, now, limit).await
    }

    /// Those of an organization whose files may hold some of what retention removed: events below an index, and so
    /// many in all.
    pub(crate) async fn holding_removed(
        connection: &mut AnyConnection,
        organization_id: &str,
        (events, end_index): (u64, u64),
        limit: u32,
    ) -> Result<Vec<Self>, ControlError> {
        let statement = format!(
            "{SELECT} WHERE organization_id = $1 AND status = 'complete' AND row_count > 0 \
             AND coalesce(lowest_index, 0) < $2 AND coalesce(gone_before, 0) < $3 ORDER BY id LIMIT $4"
        );
        // Fixed texts.
        let rows = query(sqlx::AssertSqlSafe(statement))
            .bind(organization_id.to_owned())
            .bind(signed(end_index))
            .bind(signed(events))
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// Those without a file that came to their end so long ago that nobody asks for them any more.
    pub(crate) async fn forgotten(
        connection: &mut AnyConnection,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Self>, ControlError> {
        let condition = "(status = 'expired' AND expires_at <= $1) \
             OR (status IN ('failed', 'cancelled') AND finished_at <= $1)";
        Self::before(connection, condition, ended_before, limit).await
    }

    /// Those of organizations that are no longer there.
    pub(crate) async fn orphaned(
        connection: &mut AnyConnection,
        limit: u32,
    ) -> Result<Vec<Self>, ControlError> {
        let statement = format!(
            "{SELECT} WHERE organization_id IN \
             (SELECT id FROM organizations WHERE deleted_at IS NOT NULL) ORDER BY id LIMIT $1"
        );
        let rows = query(sqlx::AssertSqlSafe(statement))
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// Those that were running: after a start nobody is at them.
    pub(crate) async fn running(connection: &mut AnyConnection) -> Result<Vec<Self>, ControlError> {
        let statement = format!("{SELECT} WHERE status = 'running' ORDER BY id");
        let rows = query(sqlx::AssertSqlSafe(statement))
            .fetch_all(connection)
            .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// The ids of those whose files are in the store, by organization; and all organizations that there ever were.
    pub(crate) async fn with_files(
        connection: &mut AnyConnection,
    ) -> Result<BTreeMap<String, Vec<String>>, ControlError> {
        let organizations: Vec<String> = query_scalar("SELECT id FROM organizations")
            .fetch_all(&mut *connection)
            .await?;
        let mut files: BTreeMap<String, Vec<String>> = organizations
            .into_iter()
            .map(|organization_id| (organization_id, Vec::new()))
            .collect();
        let rows = query("SELECT organization_id, id FROM exports WHERE status = 'complete'")
            .fetch_all(connection)
            .await?;
        for row in &rows {
            let organization_id: String = row.try_get("organization_id")?;
            let ids = files.entry(organization_id).or_default();
            ids.push(row.try_get("id")?);
        }
        Ok(files)
    }

    /// Keeps a new export, or what has become of one.
    pub(crate) async fn write(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query(
            "INSERT INTO exports (id, organization_id, name, format, sheet_columns, parameters, meanings, \
             range_from, range_to, as_of, projects, maker_type, maker_id, maker_name, maker_email, file_name, \
             status, begun, created_at, started_at, finished_at, expires_at, row_count, size, sha256, error, \
             lowest_index, gone_before) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
             $21, $22, $23, $24, $25, $26, $27, $28) ON CONFLICT (id) DO UPDATE SET status = excluded.status, \
             begun = excluded.begun, started_at = excluded.started_at, finished_at = excluded.finished_at, \
             expires_at = excluded.expires_at, row_count = excluded.row_count, size = excluded.size, \
             sha256 = excluded.sha256, error = excluded.error, lowest_index = excluded.lowest_index, \
             gone_before = excluded.gone_before",
        )
        .bind(self.id.clone())
        .bind(self.organization_id.clone())
        .bind(self.name.clone())
        .bind(self.format.clone())
        .bind(written(&self.columns)?)
        .bind(written(&self.parameters)?)
        .bind(written(&self.meanings)?)
        .bind(self.range.map(|(from, _)| from))
        .bind(self.range.map(|(_, to)| to))
        .bind(signed(self.as_of))
        .bind(self.projects.as_ref().map(written).transpose()?)
        .bind(self.maker.kind.clone())
        .bind(self.maker.id.clone())
        .bind(self.maker.name.clone())
        .bind(self.maker.email.clone().unwrap_or_default())
        .bind(self.file_name.clone())
        .bind(self.status.as_str())
        .bind(i64::from(self.begun))
        .bind(self.created_at.as_micros())
        .bind(self.started_at.map(Timestamp::as_micros))
        .bind(self.finished_at.map(Timestamp::as_micros))
        .bind(self.expires_at.map(Timestamp::as_micros))
        .bind(self.rows.map(signed))
        .bind(self.size.map(signed))
        .bind(self.sha256.clone())
        .bind(self.error.clone())
        .bind(self.lowest_index.map(signed))
        .bind(self.gone_before.map(signed))
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Forgets it.
    pub(crate) async fn delete(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query("DELETE FROM exports WHERE organization_id = $1 AND id = $2")
            .bind(self.organization_id.clone())
            .bind(self.id.clone())
            .execute(connection)
            .await?;
        Ok(())
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let id: String = row.try_get("id")?;
        let instant = |name| {
            let micros: Option<i64> = row.try_get(name)?;
            Ok::<_, ControlError>(micros.map(Timestamp::from_micros))
        };
        let number = |name| {
            let number: Option<i64> = row.try_get(name)?;
            Ok::<_, ControlError>(number.map(unsigned))
        };
        let status: String = row.try_get("status")?;
        let status = ExportStatus::ALL
            .into_iter()
            .find(|known| known.as_str() == status)
            .ok_or_else(|| ControlError::Unknown(format!("an export that is {status:?}")))?;
        let ends: (Option<i64>, Option<i64>) =
            (row.try_get("range_from")?, row.try_get("range_to")?);
        let projects: Option<String> = row.try_get("projects")?;
        let email: String = row.try_get("maker_email")?;
        let begun: i64 = row.try_get("begun")?;
        let created_at: i64 = row.try_get("created_at")?;
        Ok(Self {
            columns: read(row, "sheet_columns", &id)?,
            parameters: read(row, "parameters", &id)?,
            meanings: read(row, "meanings", &id)?,
            projects: projects.map(|text| read_text(&text, &id)).transpose()?,
            organization_id: row.try_get("organization_id")?,
            name: row.try_get("name")?,
            format: row.try_get("format")?,
            range: ends.0.zip(ends.1),
            as_of: unsigned(row.try_get("as_of")?),
            maker: ExportMaker {
                kind: row.try_get("maker_type")?,
                id: row.try_get("maker_id")?,
                name: row.try_get("maker_name")?,
                email: (!email.is_empty()).then_some(email),
            },
            file_name: row.try_get("file_name")?,
            status,
            begun: u32::try_from(begun).unwrap_or(u32::MAX),
            created_at: Timestamp::from_micros(created_at),
            started_at: instant("started_at")?,
            finished_at: instant("finished_at")?,
            expires_at: instant("expires_at")?,
            rows: number("row_count")?,
            size: number("size")?,
            sha256: row.try_get("sha256")?,
            error: row.try_get("error")?,
            lowest_index: number("lowest_index")?,
            gone_before: number("gone_before")?,
            id,
        })
    }
}

fn written(value: &impl Serialize) -> Result<String, ControlError> {
    serde_json::to_string(value).map_err(unwritable)
}

fn read<T: DeserializeOwned>(row: &AnyRow, name: &str, id: &str) -> Result<T, ControlError> {
    let text: String = row.try_get(name)?;
    read_text(&text, id)
}

fn read_text<T: DeserializeOwned>(text: &str, id: &str) -> Result<T, ControlError> {
    serde_json::from_str(text)
        .map_err(|error| ControlError::Unknown(format!("the export {id} ({error})")))
}
