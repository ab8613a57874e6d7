//! Single sign-on: an organization's provider, and the sign-ins that are on their way.
//!
//! What must always hold:
//!
//! - a provider's secret, and what a sign-in must bring back, are kept sealed; a state and a browser's cookie as
//!   digests: whoever reads the database can end no sign-in with it;
//! - an attempt is found once: it is deleted as it is found;
//! - open attempts are bounded for each organization ([`MAX_ATTEMPTS`]), and of it for each client's network
//!   ([`MAX_ATTEMPTS_FROM`]): whoever begins more than others pushes out their own.

use evident_event::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query, query_scalar};

use super::{Control, ControlError, unwritable};

/// Most sign-ins of an organization that are on their way. Beyond that the oldest of the network that has most of them
/// is forgotten.
const MAX_ATTEMPTS: i64 = 2_000;
/// Most of them from one client's network: a company's people may share an address. Beyond that its oldest is forgotten.
const MAX_ATTEMPTS_FROM: i64 = 200;
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

impl SsoPolicy {
    /// How many groups give a role.
    pub(crate) fn groups_giving(&self, role: &str) -> usize {
        let giving = self.group_roles.iter().filter(|given| given.role == role);
        giving.count()
    }

    /// The same policy, with another role in the place of one.
    pub(crate) fn giving_instead(&self, role: &str, by: &str) -> Self {
        let mut policy = self.clone();
        for given in &mut policy.group_roles {
            if given.role == role {
                by.clone_into(&mut given.role);
            }
        }
        policy
    }
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
    /// Where it was begun from: an address, or the addresses of one line.
    pub(crate) network: String,
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
        self.make_room(connection).await?;
        query(
            "INSERT INTO sso_attempts \
             (state_digest, organization_id, browser_digest, expected, return_to, expires_at, network) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.state_digest.to_vec())
        .bind(self.organization_id.clone())
        .bind(self.browser_digest.clone())
        .bind(self.expected.clone())
        .bind(self.return_to.clone())
        .bind(self.expires_at.as_micros())
        .bind(self.network.clone())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Forgets those of the same network that are too many, and then those of whichever network has most.
    async fn make_room(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query(
            "DELETE FROM sso_attempts WHERE organization_id = $1 AND network = $2 AND state_digest NOT IN \
             (SELECT state_digest FROM sso_attempts WHERE organization_id = $1 AND network = $2 \
              ORDER BY expires_at DESC, state_digest LIMIT $3)",
        )
        .bind(self.organization_id.clone())
        .bind(self.network.clone())
        .bind(MAX_ATTEMPTS_FROM - 1)
        .execute(&mut *connection)
        .await?;
        let open: i64 =
            query_scalar("SELECT count(*) FROM sso_attempts WHERE organization_id = $1")
                .bind(self.organization_id.clone())
                .fetch_one(&mut *connection)
                .await?;
        let too_many = open + 1 - MAX_ATTEMPTS;
        if too_many > 0 {
            query(
                "DELETE FROM sso_attempts WHERE state_digest IN \
                 (SELECT state_digest FROM sso_attempts WHERE organization_id = $1 AND network = \
                  (SELECT network FROM sso_attempts WHERE organization_id = $1 \
                   GROUP BY network ORDER BY count(*) DESC, min(expires_at), network LIMIT 1) \
                  ORDER BY expires_at, state_digest LIMIT $2)",
            )
            .bind(self.organization_id.clone())
            .bind(too_many)
            .execute(connection)
            .await?;
        }
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
             RETURNING organization_id, network, browser_digest, expected, return_to, expires_at",
        )
        .bind(state_digest.to_vec())
        .fetch_optional(self.pool())
        .await?;
        let of_row = |row: AnyRow| -> Result<Attempt, ControlError> {
            Ok(Attempt {
                state_digest,
                organization_id: row.try_get("organization_id")?,
                network: row.try_get("network")?,
                browser_digest: row.try_get("browser_digest")?,
                expected: row.try_get("expected")?,
                return_to: row.try_get("return_to")?,
                expires_at: Timestamp::from_micros(row.try_get("expires_at")?),
            })
        };
        row.map(of_row).transpose()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::control::fixtures::{founding, opened};

    const NOW: Timestamp = Timestamp::from_micros(1);

    /// Begins the sign-in of this number.
    async fn begin(control: &Control, number: u32, network: &str) {
        let attempt = Attempt {
            state_digest: digest(number),
            organization_id: "org_1".to_owned(),
            network: network.to_owned(),
            browser_digest: Vec::new(),
            expected: Vec::new(),
            return_to: "/".to_owned(),
            expires_at: Timestamp::from_micros(1_000_000 + i64::from(number)),
        };
        control.attempt(&attempt, NOW).await.unwrap();
    }

    fn digest(number: u32) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        digest
    }

    async fn open(control: &Control) -> i64 {
        let count = query_scalar("SELECT count(*) FROM sso_attempts");
        count.fetch_one(control.pool()).await.unwrap()
    }

    #[tokio::test]
    async fn whoever_begins_many_sign_ins_pushes_out_their_own() {
        let control = opened().await;
        control.found(&founding("org_1")).await.unwrap();
        begin(&control, 0, "198.51.100.1").await;
        for number in 1..=u32::try_from(MAX_ATTEMPTS_FROM).unwrap() + 5 {
            begin(&control, number, "203.0.113.9").await;
        }
        assert_eq!(open(&control).await, 1 + MAX_ATTEMPTS_FROM);
        let oldest = control.take_attempt(digest(1)).await.unwrap();
        assert!(oldest.is_none(), "its own");
        let others = control.take_attempt(digest(0)).await.unwrap();
        assert_eq!(others.unwrap().network, "198.51.100.1");
    }

    #[tokio::test]
    async fn where_there_are_too_many_whoever_has_most_loses_one() {
        let control = opened().await;
        control.found(&founding("org_1")).await.unwrap();
        begin(&control, 0, "198.51.100.1").await;
        let fill = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1) \
                    INSERT INTO sso_attempts (state_digest, organization_id, network, browser_digest, expected, \
                    return_to, expires_at) \
                    SELECT CAST('many' || n AS BLOB), 'org_1', 'net_' || (n % 20), x'', x'', '/', 1000 + n FROM n";
        query(fill)
            .bind(MAX_ATTEMPTS - 1)
            .execute(control.pool())
            .await
            .unwrap();
        for number in 1..=10 {
            begin(&control, number, "192.0.2.8").await;
        }
        assert_eq!(open(&control).await, MAX_ATTEMPTS);
        for number in 0..=10 {
            let kept = control.take_attempt(digest(number)).await.unwrap();
            assert!(kept.is_some(), "{number}");
        }
    }
}
