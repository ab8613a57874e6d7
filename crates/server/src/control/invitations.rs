//! Invitations: an address, the roles that wait for whoever accepts, and the digest of the link's secret.
//!
//! What must always hold:
//!
//! - an invitation is there for as long as it is not accepted and not revoked: both delete it, so that it can be
//!   accepted once and no dead one is found by anything. What became of it is on the log;
//! - it is valid from when it was made until it expires. A clock that was set back before its making makes it no
//!   younger: it is not valid then ([`Invitation::is_valid`]).

use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query, query_scalar};

use super::{ControlError, Projects, Role};

/// Invitations of an organization that are neither accepted nor revoked, at most.
pub(crate) const MAX_INVITATIONS: usize = 1_000;
/// How long an invitation is valid unless it says otherwise, in hours: a week.
pub(crate) const DEFAULT_HOURS: u64 = 168;
/// How long an invitation may be valid, in hours: thirty days.
pub(crate) const MAX_HOURS: i64 = 720;
/// How long an expired invitation is still shown, to be renewed, in microseconds: thirty days.
const KEPT_MICROS: i64 = 30 * 24 * 3_600 * 1_000_000;
/// How far clocks may disagree about when an invitation was made, in microseconds: five minutes.
const SKEW_MICROS: i64 = 5 * 60 * 1_000_000;

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    /// Its id, `inv_…`.
    pub(crate) id: String,
    /// The organization that it is to.
    pub(crate) organization_id: String,
    /// Who is invited.
    pub(crate) email: String,
    /// The id of the role in the organization.
    pub(crate) role: String,
    /// A project to begin in, and the id of the role there.
    pub(crate) project: Option<(String, String)>,
    /// The id of whoever made or renewed it last: a person or a key.
    pub(crate) invited_by: String,
    /// When that was.
    pub(crate) created_at: Timestamp,
    /// When it ends.
    pub(crate) expires_at: Timestamp,
}

/// What an invitation is to, and whose it is, in names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The role in the organization.
    pub(crate) role: Option<String>,
    /// The project to begin in, and the role there.
    pub(crate) project: Option<(String, String)>,
    /// Whoever invites, if it is a person who has a name.
    pub(crate) invited_by: Option<String>,
}

const INVITATIONS: &str = "SELECT id, organization_id, email, role, project_id, project_role, invited_by, \
     created_at, expires_at FROM invitations";

impl Invitation {
    /// Whether it can be accepted at a time.
    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        let made = self.created_at.as_micros().saturating_sub(SKEW_MICROS);
        made <= now.as_micros() && now < self.expires_at
    }

    /// One of an organization's.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let statement = format!("{INVITATIONS} WHERE organization_id = $1 AND id = $2");
        // Fixed texts.
        let row = query(sqlx::AssertSqlSafe(statement))
            .bind(organization_id.to_owned())
            .bind(id.to_owned())
            .fetch_optional(connection)
            .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// The one of this digest, whether or not it is still valid; none of an organization that is gone.
    pub(crate) async fn with_digest(
        connection: &mut AnyConnection,
        digest: [u8; 32],
    ) -> Result<Option<Self>, ControlError> {
        let statement = format!(
            "{INVITATIONS} WHERE digest = $1 AND EXISTS (SELECT 1 FROM organizations \
             WHERE organizations.id = organization_id AND deleted_at IS NULL AND archived_at IS NULL)"
        );
        // Fixed texts.
        let row = query(sqlx::AssertSqlSafe(statement))
            .bind(digest.to_vec())
            .fetch_optional(connection)
            .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// All of an organization's, the oldest first.
    pub(crate) async fn of_organization(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<Vec<Self>, ControlError> {
        let statement = format!("{INVITATIONS} WHERE organization_id = $1 ORDER BY created_at, id");
        // Fixed texts.
        let rows = query(sqlx::AssertSqlSafe(statement))
            .bind(organization_id.to_owned())
            .fetch_all(connection)
            .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// Keeps it, found by this digest; in place of what it was before, if it is there already.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        digest: [u8; 32],
    ) -> Result<(), ControlError> {
        let (project_id, project_role) = self.project.clone().unzip();
        query(
            "INSERT INTO invitations (id, organization_id, email, role, project_id, project_role, digest, \
             invited_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, invited_by = excluded.invited_by, \
             created_at = excluded.created_at, expires_at = excluded.expires_at",
        )
        .bind(self.id.clone())
        .bind(self.organization_id.clone())
        .bind(self.email.clone())
        .bind(self.role.clone())
        .bind(project_id)
        .bind(project_role)
        .bind(digest.to_vec())
        .bind(self.invited_by.clone())
        .bind(self.created_at.as_micros())
        .bind(self.expires_at.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// What it is to and whose it is, in names, for whoever has its link.
    pub(crate) async fn named(
        &self,
        connection: &mut AnyConnection,
        projects: &Projects,
    ) -> Result<Named, ControlError> {
        let organization_id = &self.organization_id;
        let role = Role::find(connection, organization_id, &self.role).await?;
        let project = match &self.project {
            None => None,
            Some((id, role)) => {
                let role = Role::find(connection, organization_id, role).await?;
                let project = projects.get(id).map(|project| project.name.clone());
                project.zip(role.map(|role| role.name))
            }
        };
        // A person's name alone: of a key there is none that says something to whoever is invited.
        let inviter: Option<String> = query_scalar("SELECT name FROM users WHERE id = $1")
            .bind(self.invited_by.clone())
            .fetch_optional(connection)
            .await?;
        Ok(Named {
            role: role.map(|role| role.name),
            project,
            invited_by: inviter.filter(|name| !name.is_empty()),
        })
    }

    /// Ends it: it was accepted or revoked.
    pub(crate) async fn end(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query("DELETE FROM invitations WHERE id = $1")
            .bind(self.id.clone())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Forgets what expired long ago, and says how many there are then.
    pub(crate) async fn tidied(
        connection: &mut AnyConnection,
        organization_id: &str,
        now: Timestamp,
    ) -> Result<usize, ControlError> {
        query("DELETE FROM invitations WHERE organization_id = $1 AND expires_at < $2")
            .bind(organization_id.to_owned())
            .bind(now.as_micros().saturating_sub(KEPT_MICROS))
            .execute(&mut *connection)
            .await?;
        let count: i64 =
            query_scalar("SELECT count(*) FROM invitations WHERE organization_id = $1")
                .bind(organization_id.to_owned())
                .fetch_one(connection)
                .await?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let project: Option<String> = row.try_get("project_id")?;
        let role: Option<String> = row.try_get("project_role")?;
        Ok(Self {
            id: row.try_get("id")?,
            organization_id: row.try_get("organization_id")?,
            email: row.try_get("email")?,
            role: row.try_get("role")?,
            project: project.zip(role),
            invited_by: row.try_get("invited_by")?,
            created_at: Timestamp::from_micros(row.try_get("created_at")?),
            expires_at: Timestamp::from_micros(row.try_get("expires_at")?),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::control::fixtures::{founding, opened};

    fn invitation(made: i64) -> Invitation {
        Invitation {
            id: "inv_1".to_owned(),
            organization_id: "org_1".to_owned(),
            email: "ada@example.com".to_owned(),
            role: "member".to_owned(),
            project: None,
            invited_by: "usr_1".to_owned(),
            created_at: Timestamp::from_micros(made),
            expires_at: Timestamp::from_micros(made + 10),
        }
    }

    #[tokio::test]
    async fn whoever_invites_is_named_if_it_is_a_person_with_a_name() {
        let control = opened().await;
        control.found(&founding("org_1")).await.unwrap();
        let mut connection = control.reading().await.unwrap();
        let by = |id: &str| Invitation {
            invited_by: id.to_owned(),
            ..invitation(1)
        };
        let projects = Projects::default();
        let nameless = by("usr_1").named(&mut connection, &projects).await;
        assert_eq!(nameless.unwrap().invited_by, None);
        query("UPDATE users SET name = 'Ada'")
            .execute(&mut *connection)
            .await
            .unwrap();
        let named = by("usr_1").named(&mut connection, &projects).await;
        let expected = Named {
            role: Some("Member".to_owned()),
            project: None,
            invited_by: Some("Ada".to_owned()),
        };
        assert_eq!(named.unwrap(), expected);
        let by_key = by("key_1").named(&mut connection, &projects).await;
        assert_eq!(by_key.unwrap().invited_by, None);
    }

    #[test]
    fn an_invitation_is_valid_from_its_making_to_its_end_and_not_before_or_after() {
        let at = Timestamp::from_micros;
        let made = 1_700_000_000_000_000;
        let invitation = invitation(made);
        assert!(invitation.is_valid(at(made)));
        assert!(invitation.is_valid(at(made + 9)));
        assert!(!invitation.is_valid(at(made + 10)), "the end is excluded");
        assert!(invitation.is_valid(at(made - SKEW_MICROS)));
        let year = 365 * 24 * 3_600 * 1_000_000;
        assert!(!invitation.is_valid(at(made - year)), "a clock set back");
    }
}
