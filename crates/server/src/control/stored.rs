//! An organization as the database holds it, read and written within a transaction.

use evident_event::catalog::{Definition, Entry};
use evident_event::redact::{RedactionKey, Rules};
use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query, query_scalar};

use super::projects::{Project, Projects};
use super::{ControlError, locked_organization, unwritable};

/// An organization.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created_at: Timestamp,
    pub(super) strict: bool,
    pub(super) log_public: bool,
    pub(super) archived: bool,
    pub(super) default_role: String,
    /// Its projects that are not deleted.
    pub(super) projects: Projects,
    pub(super) redaction_key: [u8; RedactionKey::BYTES],
    pub(super) rules: Rules,
    /// Its own event types as they are now, in the order in which they were made.
    pub(super) own: Vec<Entry>,
    /// How often it has changed them.
    pub(super) changes: u64,
}

const SELECT: &str = "SELECT id, name, created_at, strict, log_public, redaction_key, redaction_rules, \
     archived_at, default_role, \
     (SELECT coalesce(max(version), 0) FROM catalog_versions \
      WHERE organization_id = organizations.id) AS changes \
     FROM organizations";

impl Stored {
    /// Every organization that is not deleted.
    pub(super) async fn all(connection: &mut AnyConnection) -> Result<Vec<Self>, ControlError> {
        let statement = format!("{SELECT} WHERE deleted_at IS NULL ORDER BY id");
        // Fixed texts.
        let rows = query(AssertSqlSafe(statement))
            .fetch_all(&mut *connection)
            .await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            all.push(Self::of_row(row)?.with_parts(connection).await?);
        }
        Ok(all)
    }

    /// One organization that is not deleted.
    pub(super) async fn find(
        connection: &mut AnyConnection,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let statement = format!("{SELECT} WHERE id = $1 AND deleted_at IS NULL");
        Self::one(connection, statement, id).await
    }

    /// One organization, deleted or not: what is done last in it is recorded all the same.
    pub(super) async fn find_even_deleted(
        connection: &mut AnyConnection,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        Self::one(connection, format!("{SELECT} WHERE id = $1"), id).await
    }

    /// One organization, which nobody else changes until the transaction ends.
    pub(super) async fn locked(
        connection: &mut AnyConnection,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        match locked_organization(connection, id).await? {
            true => Self::find(connection, id).await,
            false => Ok(None),
        }
    }

    async fn one(
        connection: &mut AnyConnection,
        statement: String,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        // Fixed texts.
        let row = query(AssertSqlSafe(statement))
            .bind(id.to_owned())
            .fetch_optional(&mut *connection)
            .await?;
        match row {
            Some(row) => Ok(Some(Self::of_row(&row)?.with_parts(connection).await?)),
            None => Ok(None),
        }
    }

    async fn with_parts(mut self, connection: &mut AnyConnection) -> Result<Self, ControlError> {
        if self.changes > 0 {
            self.own = own(connection, &self.id).await?;
        }
        self.projects = Projects::new(Project::of_organization(connection, &self.id).await?);
        Ok(self)
    }

    /// All but the own event types and the projects.
    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let id: String = row.try_get("id")?;
        let unknown = |what: String| ControlError::Unknown(format!("{what} of {id}"));
        let strict: i64 = row.try_get("strict")?;
        let log_public: i64 = row.try_get("log_public")?;
        let changes: i64 = row.try_get("changes")?;
        let key: Vec<u8> = row.try_get("redaction_key")?;
        let redaction_key = key
            .try_into()
            .map_err(|_| unknown("a redaction key of another length".to_owned()))?;
        let rules: String = row.try_get("redaction_rules")?;
        let rules = serde_json::from_str(&rules)
            .map_err(|error| unknown(format!("redaction rules ({error})")))?;
        let changes = u64::try_from(changes)
            .map_err(|_| unknown("a negative version of the catalog".to_owned()))?;
        Ok(Self {
            name: row.try_get("name")?,
            created_at: Timestamp::from_micros(row.try_get("created_at")?),
            strict: strict != 0,
            log_public: log_public != 0,
            archived: row.try_get::<Option<i64>, _>("archived_at")?.is_some(),
            default_role: row.try_get("default_role")?,
            projects: Projects::default(),
            redaction_key,
            rules,
            own: Vec::new(),
            changes,
            id,
        })
    }

    /// Writes name, strictness, rules, who may read the log, and whether it is archived: since `now`, if it was not
    /// before.
    pub(super) async fn write_settings(
        &self,
        connection: &mut AnyConnection,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let rules = serde_json::to_string(&self.rules).map_err(unwritable)?;
        query(
            "UPDATE organizations SET name = $2, strict = $3, redaction_rules = $4, log_public = $5, \
             archived_at = CASE WHEN $6 = 0 THEN NULL ELSE coalesce(archived_at, $7) END \
             WHERE id = $1",
        )
        .bind(self.id.clone())
        .bind(self.name.clone())
        .bind(i64::from(self.strict))
        .bind(rules)
        .bind(i64::from(self.log_public))
        .bind(i64::from(self.archived))
        .bind(now.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Adds a version of an event type, as the organization's next change.
    pub(super) async fn write_definition(
        &mut self,
        connection: &mut AnyConnection,
        definition: &Definition,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let version = self.changes + 1;
        let number = i64::try_from(version).map_err(unwritable)?;
        let entry = definition.entry();
        query(
            "INSERT INTO catalog_versions \
             (organization_id, version, action, definition, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(self.id.clone())
        .bind(number)
        .bind(entry.action.clone())
        .bind(serde_json::to_string(definition).map_err(unwritable)?)
        .bind(now.as_micros())
        .execute(connection)
        .await?;
        self.changes = version;
        match self.own.iter_mut().find(|own| own.action == entry.action) {
            Some(own) => *own = entry.clone(),
            None => self.own.push(entry.clone()),
        }
        Ok(())
    }
}

/// The newest version of each event type, in the order of their first ones.
async fn own(connection: &mut AnyConnection, id: &str) -> Result<Vec<Entry>, ControlError> {
    let definitions: Vec<String> = query_scalar(
        "SELECT definition FROM catalog_versions AS newest \
         JOIN (SELECT action, min(version) AS first, max(version) AS last \
               FROM catalog_versions WHERE organization_id = $1 GROUP BY action) AS spans \
         ON newest.version = spans.last \
         WHERE organization_id = $1 ORDER BY spans.first",
    )
    .bind(id.to_owned())
    .fetch_all(connection)
    .await?;
    let entry = |text: String| {
        let definition: Definition = serde_json::from_str(&text)
            .map_err(|error| ControlError::Unknown(format!("an event type of {id} ({error})")))?;
        Ok(definition.into_entry())
    };
    definitions.into_iter().map(entry).collect()
}
