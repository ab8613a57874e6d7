//! The organizations and their settings, in memory beside the database: every request that records
//! asks for them, and none of these may wait for SQLite.
//!
//! What must hold: what is in memory is what the database held when it was last read or written.

use std::collections::HashMap;
use std::sync::Arc;

use evident_event::redact::{RedactionKey, Redactor, Rules};
use sqlx::{Row, query};

use super::{Control, ControlError};

/// What an organization has set.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Unknown actions and missing metadata are refused.
    pub(crate) strict: bool,
    /// What replaces secrets in its events.
    pub(crate) redactor: Redactor,
}

/// The organizations.
#[derive(Debug)]
pub(crate) struct Organizations {
    by_id: HashMap<String, Arc<Settings>>,
}

impl Organizations {
    /// Reads them all.
    pub(crate) async fn load(control: &Control) -> Result<Self, ControlError> {
        let rows = query(
            "SELECT id, strict, redaction_key, redaction_rules FROM organizations ORDER BY id",
        )
        .fetch_all(&control.pool)
        .await?;
        let mut by_id = HashMap::with_capacity(rows.len());
        for row in &rows {
            by_id.insert(row.try_get("id")?, Arc::new(settings(row)?));
        }
        Ok(Self { by_id })
    }

    /// Their ids.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    /// The settings of one.
    pub(crate) fn settings(&self, id: &str) -> Option<Arc<Settings>> {
        self.by_id.get(id).cloned()
    }
}

fn settings(row: &sqlx::sqlite::SqliteRow) -> Result<Settings, ControlError> {
    let id: String = row.try_get("id")?;
    let strict: i64 = row.try_get("strict")?;
    let key: Vec<u8> = row.try_get("redaction_key")?;
    let key: [u8; RedactionKey::BYTES] = key
        .try_into()
        .map_err(|_| ControlError::Unknown(format!("a redaction key of {id} of another length")))?;
    let rules: String = row.try_get("redaction_rules")?;
    let rules: Rules = serde_json::from_str(&rules)
        .map_err(|error| ControlError::Unknown(format!("redaction rules of {id} ({error})")))?;
    Ok(Settings {
        strict: strict != 0,
        redactor: Redactor::new(RedactionKey::new(key), &rules),
    })
}
