//! API keys, as they are made, changed and ended.
//!
//! What must always hold:
//!
//! - a secret is never here, only its digest;
//! - a key that was revoked stays revoked, and its row stays: events name it;
//! - a key is replaced once, and what replaces it is another key.

use evident_event::time::Timestamp;
use ipnet::IpNet;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query, query_scalar};

use super::keys::key_record;
use super::{Control, ControlError, KeyRecord};

/// Keys of an organization that still work, at most. All of them are in memory.
pub(crate) const MAX_LIVING_KEYS: i64 = 1_000;

/// What is read of a key.
const COLUMNS: &str = "id, organization_id, project_id, kind, digest, expires_at, revoked_at, name, \
     allowed_addresses, created_at, created_by, last_used_at, replaced_by";

/// A key of a project that is deleted is as absent as the project.
const PRESENT: &str = "NOT EXISTS (SELECT 1 FROM projects \
     WHERE projects.organization_id = api_keys.organization_id \
     AND projects.id = api_keys.project_id AND projects.deleted_at IS NOT NULL)";

/// An API key, with what is told of it beside what lets it in.
#[derive(Debug, Clone)]
pub(crate) struct ApiKey {
    /// What lets it in.
    pub(crate) record: KeyRecord,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// The id of who made it; empty: it came with the organization.
    pub(crate) created_by: String,
    /// When it was last used, as far as that has been written.
    pub(crate) last_used_at: Option<Timestamp>,
    /// The key that takes its place.
    pub(crate) replaced_by: Option<String>,
}

/// Where a list goes on: after the key that was made then and has this id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AfterKey {
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Its id.
    pub(crate) id: String,
}

impl ApiKey {
    /// Keys of an organization in the order in which they were made; of these projects only, where there is such a
    /// limit.
    pub(crate) async fn page(
        connection: &mut AnyConnection,
        organization_id: &str,
        projects: Option<&[String]>,
        after: Option<&AfterKey>,
        limit: i64,
    ) -> Result<Vec<Self>, ControlError> {
        let places: Vec<String> = (0..projects.map_or(0, <[String]>::len))
            .map(|at| format!("${}", at + 5))
            .collect();
        let within = match projects {
            None => String::new(),
            Some(_) => format!("AND project_id IN ({})", places.join(", ")),
        };
        let text = format!(
            "SELECT {COLUMNS} FROM api_keys WHERE organization_id = $1 \
             AND (created_at > $2 OR (created_at = $2 AND id > $3)) AND {PRESENT} {within} \
             ORDER BY created_at, id LIMIT $4"
        );
        // Fixed text and numbered places.
        let mut statement = query(AssertSqlSafe(text))
            .bind(organization_id.to_owned())
            .bind(after.map_or(i64::MIN, |after| after.created_at.as_micros()))
            .bind(after.map_or_else(String::new, |after| after.id.clone()))
            .bind(limit);
        for id in projects.unwrap_or_default() {
            statement = statement.bind(id.clone());
        }
        let rows = statement.fetch_all(connection).await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// A key of an organization.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let text = format!(
            "SELECT {COLUMNS} FROM api_keys WHERE organization_id = $1 AND id = $2 AND {PRESENT}"
        );
        // Fixed text.
        let row = query(AssertSqlSafe(text))
            .bind(organization_id.to_owned())
            .bind(id.to_owned())
            .fetch_optional(connection)
            .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// How many keys of an organization still work.
    pub(crate) async fn count_living(
        connection: &mut AnyConnection,
        organization_id: &str,
        now: Timestamp,
    ) -> Result<i64, ControlError> {
        let count = query_scalar(
            "SELECT count(*) FROM api_keys WHERE organization_id = $1 AND revoked_at IS NULL \
             AND (expires_at IS NULL OR expires_at > $2)",
        )
        .bind(organization_id.to_owned())
        .bind(now.as_micros())
        .fetch_one(connection)
        .await?;
        Ok(count)
    }

    /// Writes a key that is new.
    pub(crate) async fn write(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        let record = &self.record;
        query(
            "INSERT INTO api_keys (id, organization_id, project_id, kind, digest, created_at, expires_at, \
             name, created_by, allowed_addresses) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(record.id.clone())
        .bind(record.organization_id.clone())
        .bind(record.project_id.clone())
        .bind(record.kind.as_str())
        .bind(record.digest.clone())
        .bind(self.created_at.as_micros())
        .bind(record.expires_at.map(Timestamp::as_micros))
        .bind(record.name.clone())
        .bind(self.created_by.clone())
        .bind(networks(&record.allowed_addresses)?)
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Writes what may change of a key. What is revoked stays as it is.
    pub(crate) async fn rewrite(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query(
            "UPDATE api_keys SET name = $1, expires_at = $2, allowed_addresses = $3, replaced_by = $4 \
             WHERE id = $5 AND revoked_at IS NULL",
        )
        .bind(self.record.name.clone())
        .bind(self.record.expires_at.map(Timestamp::as_micros))
        .bind(networks(&self.record.allowed_addresses)?)
        .bind(self.replaced_by.clone())
        .bind(self.record.id.clone())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Ends a key for good.
    pub(crate) async fn revoke(
        &self,
        connection: &mut AnyConnection,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        query("UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
            .bind(now.as_micros())
            .bind(self.record.id.clone())
            .execute(connection)
            .await?;
        Ok(())
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let used: Option<i64> = row.try_get("last_used_at")?;
        Ok(Self {
            record: key_record(row)?,
            created_at: Timestamp::from_micros(row.try_get("created_at")?),
            created_by: row.try_get("created_by")?,
            last_used_at: used.map(Timestamp::from_micros),
            replaced_by: row.try_get("replaced_by")?,
        })
    }
}

impl Control {
    /// Writes when keys were last used, all in one batch. A use is never set back.
    pub(crate) async fn keys_used(&self, uses: &[(String, Timestamp)]) -> Result<(), ControlError> {
        let mut transaction = self.begin().await?;
        for (id, at) in uses {
            query(
                "UPDATE api_keys SET last_used_at = $1 \
                 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1)",
            )
            .bind(at.as_micros())
            .bind(id.clone())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn networks(networks: &[IpNet]) -> Result<String, ControlError> {
    serde_json::to_string(networks).map_err(super::unwritable)
}
