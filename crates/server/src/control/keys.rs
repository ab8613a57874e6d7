//! API keys, as they are kept.

use evident_event::time::Timestamp;
use ipnet::IpNet;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query};

use super::{Control, ControlError};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// Recording events, and nothing else.
    Ingest,
    /// Reading, and nothing else.
    Read,
    /// All that there is to do in its organization.
    Admin,
}

impl KeyKind {
    /// The word for it in keys and in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    /// The kind that a word stands for.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Ingest, Self::Read, Self::Admin]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// An API key as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct KeyRecord {
    /// Its id, `key_…`.
    pub(crate) id: String,
    /// The organization that it belongs to.
    pub(crate) organization_id: String,
    /// Its name; may be empty.
    pub(crate) name: String,
    /// The only project that it may touch, if it is limited to one.
    pub(crate) project_id: Option<String>,
    /// What it is for.
    pub(crate) kind: KeyKind,
    /// SHA-256 of its secret.
    pub(crate) digest: Vec<u8>,
    /// When it stops working.
    pub(crate) expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub(crate) revoked_at: Option<Timestamp>,
    /// The networks that it may be used from; none: from anywhere.
    pub(crate) allowed_addresses: Vec<IpNet>,
}

impl Control {
    /// Every API key, also those that no longer work.
    pub(crate) async fn keys(&self) -> Result<Vec<KeyRecord>, ControlError> {
        let rows = query(
            "SELECT api_keys.id, api_keys.organization_id, project_id, kind, digest, expires_at, revoked_at, \
             api_keys.name, allowed_addresses \
             FROM api_keys JOIN organizations ON organizations.id = api_keys.organization_id \
             WHERE organizations.deleted_at IS NULL AND NOT EXISTS \
             (SELECT 1 FROM projects WHERE projects.organization_id = api_keys.organization_id \
              AND projects.id = api_keys.project_id AND projects.deleted_at IS NOT NULL) \
             ORDER BY api_keys.id",
        )
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(key_record).collect()
    }
}

pub(super) fn key_record(row: &AnyRow) -> Result<KeyRecord, ControlError> {
    let kind: String = row.try_get("kind")?;
    let time = |column| -> Result<Option<Timestamp>, sqlx::Error> {
        let micros: Option<i64> = row.try_get(column)?;
        Ok(micros.map(Timestamp::from_micros))
    };
    let networks: String = row.try_get("allowed_addresses")?;
    let allowed_addresses = serde_json::from_str(&networks)
        .map_err(|error| ControlError::Unknown(format!("a key's addresses ({error})")))?;
    Ok(KeyRecord {
        id: row.try_get("id")?,
        organization_id: row.try_get("organization_id")?,
        project_id: row.try_get("project_id")?,
        kind: KeyKind::parse(&kind)
            .ok_or_else(|| ControlError::Unknown(format!("a key of kind {kind:?}")))?,
        digest: row.try_get("digest")?,
        expires_at: time("expires_at")?,
        revoked_at: time("revoked_at")?,
        name: row.try_get("name")?,
        allowed_addresses,
    })
}

/// The key of an id, if it works now: it has neither expired nor been revoked.
pub(crate) async fn living_key(
    connection: &mut AnyConnection,
    organization_id: &str,
    id: &str,
    now: Timestamp,
) -> Result<Option<KeyRecord>, ControlError> {
    let row = query(
        "SELECT id, organization_id, project_id, kind, digest, expires_at, revoked_at, name, allowed_addresses \
         FROM api_keys WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL \
         AND (expires_at IS NULL OR expires_at > $3)",
    )
    .bind(organization_id.to_owned())
    .bind(id.to_owned())
    .bind(now.as_micros())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(key_record).transpose()
}
