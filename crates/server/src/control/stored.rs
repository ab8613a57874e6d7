//! An organization as the database holds it, read and written within a transaction.

use evident_event::catalog::{Definition, Entry};
use evident_event::redact::{RedactionKey, Rules};
use evident_event::time::Timestamp;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, query, query_scalar};

use super::{ControlError, unwritable};

/// An organization.
pub(super) struct Stored {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created_at: Timestamp,
    pub(super) strict: bool,
    pub(super) log_public: bool,
    pub(super) redaction_key: [u8; RedactionKey::BYTES],
    pub(super) rules: Rules,
    /// Its own event types as they are now, in the order in which they were made.
    pub(super) own: Vec<Entry>,
    /// How often it has changed them.
    pub(super) changes: u64,
}

impl Stored {
    /// Every organization.
    pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Self>, ControlError> {
        let rows = query(
            "SELECT organizations.id, name, organizations.created_at, strict, log_public, \
             redaction_key, redaction_rules, coalesce(max(version), 0) AS changes \
             FROM organizations \
             LEFT JOIN catalog_versions ON organization_id = organizations.id \
             GROUP BY organizations.id, name, organizations.created_at, strict, log_public, \
             redaction_key, redaction_rules \
             ORDER BY organizations.id",
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut stored = Self::of_row(row)?;
            if stored.changes > 0 {
                stored.own = own(connection, &stored.id).await?;
            }
            all.push(stored);
        }
        Ok(all)
    }

    /// One organization, which nobody else changes until the transaction ends.
    pub(super) async fn locked(
        connection: &mut SqliteConnection,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        // Begun with a write, the transaction waits for others here. Begun with a read it could
        // find, once it came to write, that its view is out of date.
        query("UPDATE organizations SET id = id WHERE id = $1")
            .bind(id.to_owned())
            .execute(&mut *connection)
            .await?;
        let row = query(
            "SELECT id, name, created_at, strict, log_public, redaction_key, redaction_rules, \
             (SELECT coalesce(max(version), 0) FROM catalog_versions WHERE organization_id = $1) \
             AS changes \
             FROM organizations WHERE id = $1",
        )
        .bind(id.to_owned())
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut stored = Self::of_row(&row)?;
        stored.own = own(connection, id).await?;
        Ok(Some(stored))
    }

    /// All but the own event types.
    fn of_row(row: &SqliteRow) -> Result<Self, ControlError> {
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
            redaction_key,
            rules,
            own: Vec::new(),
            changes,
            id,
        })
    }

    /// Writes name, strictness, rules, and who may read the log.
    pub(super) async fn write_settings(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<(), ControlError> {
        let rules = serde_json::to_string(&self.rules).map_err(unwritable)?;
        query(
            "UPDATE organizations SET name = $2, strict = $3, redaction_rules = $4, log_public = $5 \
             WHERE id = $1",
        )
        .bind(self.id.clone())
        .bind(self.name.clone())
        .bind(i64::from(self.strict))
        .bind(rules)
        .bind(i64::from(self.log_public))
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Adds a version of an event type, as the organization's next change.
    pub(super) async fn write_definition(
        &mut self,
        connection: &mut SqliteConnection,
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
async fn own(connection: &mut SqliteConnection, id: &str) -> Result<Vec<Entry>, ControlError> {
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
