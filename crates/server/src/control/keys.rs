//! API keys, as they are kept.

use evident_event::time::Timestamp;
use ipnet::IpNet;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query, query_scalar};

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

/// Keys of an organization that have ended and are still told from those that never were, at most of each way to end:
/// those that ended last. Who asks with an older one is a stranger.
pub(crate) const MAX_ENDED_KEYS: i64 = 500;

/// What is read of a key.
const COLUMNS: &str = "id, organization_id, project_id, kind, digest, expires_at, revoked_at, name, \
     allowed_addresses";
/// Of which keys: of those of an organization that is there, and of no project that is deleted.
const PRESENT: &str = "EXISTS (SELECT 1 FROM organizations \
      WHERE organizations.id = api_keys.organization_id AND organizations.deleted_at IS NULL) \
     AND NOT EXISTS (SELECT 1 FROM projects WHERE projects.organization_id = api_keys.organization_id \
      AND projects.id = api_keys.project_id AND projects.deleted_at IS NOT NULL)";

impl Control {
    /// The keys of every organization that is there, as [`Self::keys_of`] has them.
    pub(crate) async fn keys(&self, now: Timestamp) -> Result<Vec<KeyRecord>, ControlError> {
        let ids: Vec<String> =
            query_scalar("SELECT id FROM organizations WHERE deleted_at IS NULL ORDER BY id")
                .fetch_all(self.pool())
                .await?;
        let mut keys = Vec::new();
        for id in ids {
            keys.extend(self.keys_of(&id, now).await?);
        }
        Ok(keys)
    }

    /// The keys of an organization that work, and those that ended last ([`MAX_ENDED_KEYS`]). Of one that is deleted
    /// there are none.
    pub(crate) async fn keys_of(
        &self,
        organization_id: &str,
        now: Timestamp,
    ) -> Result<Vec<KeyRecord>, ControlError> {
        let now = now.as_micros();
        // Each part is found by the index of ends, and bounded before anything else is asked of it, however many have
        // ended before. What has ended comes behind what works, so that of two words on a key, where one changes meanwhile,
        // the later one is the stricter.
        let parts: [(&str, &[i64]); 4] = [
            ("AND revoked_at IS NULL AND expires_at IS NULL", &[]),
            ("AND revoked_at IS NULL AND expires_at > $2", &[now]),
            (
                "AND revoked_at IS NULL AND expires_at <= $2 ORDER BY expires_at DESC LIMIT $3",
                &[now, MAX_ENDED_KEYS],
            ),
            (
                "AND revoked_at IS NOT NULL ORDER BY revoked_at DESC LIMIT $2",
                &[MAX_ENDED_KEYS],
            ),
        ];
        let mut connection = self.reading().await?;
        let mut keys = Vec::new();
        for (which, bounds) in parts {
            let statement = format!(
                "SELECT {COLUMNS} FROM (SELECT * FROM api_keys WHERE organization_id = $1 {which}) AS api_keys \
                 WHERE {PRESENT}"
            );
            // Fixed texts.
            let mut statement = query(AssertSqlSafe(statement)).bind(organization_id.to_owned());
            for bound in bounds {
                statement = statement.bind(*bound);
            }
            let rows = statement.fetch_all(&mut *connection).await?;
            for row in &rows {
                keys.push(key_record(row)?);
            }
        }
        Ok(keys)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::control::fixtures::{founding, opened};

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);
    /// More than are kept of each.
    const MANY: i64 = MAX_ENDED_KEYS + 7;

    #[tokio::test]
    async fn all_keys_that_work_are_read_and_of_those_that_ended_the_last() {
        let control = opened().await;
        control.found(&founding("org_1")).await.unwrap();
        let later = NOW.as_micros() + 1;
        for rows in [
            format!("SELECT 'living', NULL, NULL UNION ALL SELECT 'ending', {later}, NULL"),
            "SELECT 'expired_' || n, n, NULL FROM n".to_owned(),
            format!("SELECT 'revoked_' || n, CASE n % 2 WHEN 0 THEN {later} END, n FROM n"),
        ] {
            let statement = format!(
                "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1) \
                 INSERT INTO api_keys (id, organization_id, kind, digest, created_at, expires_at, revoked_at) \
                 SELECT id, 'org_1', 'read', x'00', 1, expires_at, revoked_at \
                 FROM (SELECT '' AS id, 1 AS expires_at, 1 AS revoked_at WHERE 1 = 0 UNION ALL {rows})"
            );
            let statement = query(AssertSqlSafe(statement)).bind(MANY);
            statement.execute(control.pool()).await.unwrap();
        }
        let keys = control.keys_of("org_1", NOW).await.unwrap();
        assert_eq!(control.keys(NOW).await.unwrap().len(), keys.len());
        let ended = |way: &str| {
            let ids = keys.iter().filter_map(|key| key.id.strip_prefix(way));
            let mut ends: Vec<i64> = ids.map(|at| at.parse().unwrap()).collect();
            ends.sort_unstable();
            ends
        };
        let last: Vec<i64> = (MANY - MAX_ENDED_KEYS + 1..=MANY).collect();
        assert_eq!(ended("expired_"), last);
        assert_eq!(ended("revoked_"), last);
        let mut living: Vec<&str> = keys
            .iter()
            .filter(|key| key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > NOW))
            .map(|key| key.id.as_str())
            .collect();
        living.sort_unstable();
        assert_eq!(living, ["ending", "key_1", "living"]);
        let revoked = keys.iter().filter(|key| key.id.starts_with("revoked_"));
        assert!(revoked.clone().all(|key| key.revoked_at.is_some()));
        assert_eq!(control.keys_of("org_2", NOW).await.unwrap().len(), 0);
    }
}
