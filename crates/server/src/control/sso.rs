//! Single sign-on: an organization's provider, and the sign-ins that are on their way.
//!
//! What must always hold:
//!
//! - a provider's secret, and what a sign-in must bring back, are kept sealed; a state and a browser's cookie as
//!   digests: whoever reads the database can end no sign-in with it;
//! - an attempt is found once: it is deleted as it is found;
//! - open attempts are bounded for each organization, whoever begins them ([`MAX_ATTEMPTS`]).

use evident_event::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query};

use super::{Control, ControlError, unwritable};

/// Most sign-ins of an organization that are on their way. Beyond that the oldest is forgotten.
const MAX_ATTEMPTS: i64 = 2_000;
/// Most organizations that are named for one domain.
const MAX_PROVIDERS: i64 = 20;

/// An organization's provider.
#[derive(Clone)]
pub(crate) struct Sso {
    /// The organization.
    pub(crate) organization_id: String,
    /// How the provider names itself.
    pub(crate) issuer: String,
    /// Our id there.
    pub(crate) client_id: String,
    /// Our secret there, sealed; a public client has none.
    pub(crate) client_secret: Option<Vec<u8>>,
    /// Whom it lets in, and as what.
    pub(crate) policy: SsoPolicy,
    /// Whether anybody is let in by it.
    pub(crate) enabled: bool,
    /// When it was last set.
    pub(crate) updated_at: Timestamp,
}

/// Whom a provider lets in, and as what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SsoPolicy {
    /// Domains of e-mail addresses.
    pub(crate) domains: Vec<String>,
    /// The claim that lists groups.
    pub(crate) groups_claim: String,
    /// What is asked for beside `openid`.
    pub(crate) scopes: Vec<String>,
    /// The first that fits counts.
    pub(crate) group_roles: Vec<SsoGroupRole>,
    /// Whether those who are in none of the groups are kept out.
    pub(crate) require_group: bool,
}

/// A group of the provider's, and the role that it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SsoGroupRole {
    /// The group.
    pub(crate) group: String,
    /// The role's id.
    pub(crate) role: String,
}

impl Sso {
    /// The provider of an organization.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let row = query(
            "SELECT organization_id, issuer, client_id, client_secret, policy, enabled, updated_at FROM sso \
             WHERE organization_id = $1",
        )
        .bind(organization_id.to_owned())
        .fetch_optional(connection)
        .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// Keeps it, in place of the one before. The organization is locked.
    pub(crate) async fn write(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query(
            "INSERT INTO sso (organization_id, issuer, client_id, client_secret, policy, enabled, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (organization_id) DO UPDATE SET issuer = $2, client_id = $3, client_secret = $4, \
             policy = $5, enabled = $6, updated_at = $7",
        )
        .bind(self.organization_id.clone())
        .bind(self.issuer.clone())
        .bind(self.client_id.clone())
        .bind(self.client_secret.clone())
        .bind(serde_json::to_string(&self.policy).map_err(unwritable)?)
        .bind(i64::from(self.enabled))
        .bind(self.updated_at.as_micros())
        .execute(&mut *connection)
        .await?;
        query("DELETE FROM sso_domains WHERE organization_id = $1")
            .bind(self.organization_id.clone())
            .execute(&mut *connection)
            .await?;
        for domain in &self.policy.domains {
            query("INSERT INTO sso_domains (organization_id, domain) VALUES ($1, $2)")
                .bind(self.organization_id.clone())
                .bind(domain.clone())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    /// Deletes it. The organization is locked.
    pub(crate) async fn delete(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<(), ControlError> {
        for statement in [
            "DELETE FROM sso_attempts WHERE organization_id = $1",
            "DELETE FROM sso_domains WHERE organization_id = $1",
            "DELETE FROM sso WHERE organization_id = $1",
        ] {
            query(statement)
                .bind(organization_id.to_owned())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    /// Ends the sessions that an organization's provider has vouched for. Says how many there were.
    pub(crate) async fn end_sessions(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<u64, ControlError> {
        let ended = query("DELETE FROM sessions WHERE organization_id = $1 AND method = 'sso'")
            .bind(organization_id.to_owned())
            .execute(connection)
            .await?;
        Ok(ended.rows_affected())
    }

    /// The organizations, by id and name, whose people of this domain sign in by a provider.
    pub(crate) async fn serving(
        connection: &mut AnyConnection,
        domain: &str,
    ) -> Result<Vec<(String, String)>, ControlError> {
        let rows = query(
            "SELECT organizations.id, organizations.name FROM sso_domains \
             JOIN sso ON sso.organization_id = sso_domains.organization_id \
             JOIN organizations ON organizations.id = sso_domains.organization_id \
             WHERE domain = $1 AND enabled = 1 AND deleted_at IS NULL \
             ORDER BY organizations.created_at, organizations.id LIMIT $2",
        )
        .bind(domain.to_owned())
        .bind(MAX_PROVIDERS)
        .fetch_all(connection)
        .await?;
        let of_row = |row: &AnyRow| Ok((row.try_get("id")?, row.try_get("name")?));
        rows.iter().map(of_row).collect()
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let policy: String = row.try_get("policy")?;
        let policy = serde_json::from_str(&policy)
            .map_err(|error| ControlError::Unknown(format!("a sign-on policy ({error})")))?;
        Ok(Self {
            organization_id: row.try_get("organization_id")?,
            issuer: row.try_get("issuer")?,
            client_id: row.try_get("client_id")?,
            client_secret: row.try_get("client_secret")?,
            policy,
            enabled: row.try_get::<i64, _>("enabled")? == 1,
            updated_at: Timestamp::from_micros(row.try_get("updated_at")?),
        })
    }
}

/// A sign-in that has gone to a provider.
pub(crate) struct Attempt {
    /// SHA-256 of the state.
    pub(crate) state_digest: [u8; 32],
    /// The organization.
    pub(crate) organization_id: String,
    /// Of the cookie that the browser was given.
    pub(crate) browser_digest: Vec<u8>,
    /// Sealed: what the provider's answer is held to.
    pub(crate) expected: Vec<u8>,
    /// Where the browser goes afterwards.
    pub(crate) return_to: String,
    /// Until when it may come back.
    pub(crate) expires_at: Timestamp,
}

impl Attempt {
    /// Keeps it, and forgets those that have expired and those that are too many.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        query("DELETE FROM sso_attempts WHERE expires_at <= $1")
            .bind(now.as_micros())
            .execute(&mut *connection)
            .await?;
        query(
            "DELETE FROM sso_attempts WHERE organization_id = $1 AND state_digest NOT IN \
             (SELECT state_digest FROM sso_attempts WHERE organization_id = $1 \
              ORDER BY expires_at DESC, state_digest LIMIT $2)",
        )
        .bind(self.organization_id.clone())
        .bind(MAX_ATTEMPTS - 1)
        .execute(&mut *connection)
        .await?;
        query(
            "INSERT INTO sso_attempts \
             (state_digest, organization_id, browser_digest, expected, return_to, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.state_digest.to_vec())
        .bind(self.organization_id.clone())
        .bind(self.browser_digest.clone())
        .bind(self.expected.clone())
        .bind(self.return_to.clone())
        .bind(self.expires_at.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Control {
    /// Keeps a sign-in that goes to a provider.
    pub(crate) async fn attempt(
        &self,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let mut change = self.begin().await?;
        attempt.write(&mut change, now).await?;
        change.commit().await?;
        Ok(())
    }

    /// The sign-in of this state, which is gone from then on.
    pub(crate) async fn take_attempt(
        &self,
        state_digest: [u8; 32],
    ) -> Result<Option<Attempt>, ControlError> {
        let row = query(
            "DELETE FROM sso_attempts WHERE state_digest = $1 \
             RETURNING organization_id, browser_digest, expected, return_to, expires_at",
        )
        .bind(state_digest.to_vec())
        .fetch_optional(self.pool())
        .await?;
        let of_row = |row: AnyRow| -> Result<Attempt, ControlError> {
            Ok(Attempt {
                state_digest,
                organization_id: row.try_get("organization_id")?,
                browser_digest: row.try_get("browser_digest")?,
                expected: row.try_get("expected")?,
                return_to: row.try_get("return_to")?,
                expires_at: Timestamp::from_micros(row.try_get("expires_at")?),
            })
        };
        row.map(of_row).transpose()
    }
}
