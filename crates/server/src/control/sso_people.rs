//! The people whom an organization's provider vouches for.
//!
//! It must hold that a subject is one member of the organization, and a member one subject: whoever comes by the
//! address of a member whom the provider knows by another subject is somebody else. All of it is for those who have
//! locked the organization.

use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query, query_scalar};

use super::{ControlError, Role};

/// What stands for a password where somebody has none: the hash of nothing.
const NO_PASSWORD: &str = "";

/// Somebody who may be signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SsoPerson {
    /// The id, `usr_…`.
    pub(crate) id: String,
    /// The address.
    pub(crate) email: String,
    /// The name; may be empty.
    pub(crate) name: String,
    /// The role in the organization, of members.
    pub(crate) role: Option<String>,
    /// Who it is for the organization's provider, if that has vouched for them before.
    pub(crate) subject: Option<String>,
}

const COLUMNS: &str = "SELECT users.id, users.email, users.name, members.role, sso_subjects.subject FROM users \
     LEFT JOIN members ON members.user_id = users.id AND members.organization_id = $1 \
     LEFT JOIN sso_subjects ON sso_subjects.user_id = users.id AND sso_subjects.organization_id = $1";

impl SsoPerson {
    /// The member whom an organization's provider calls so.
    pub(crate) async fn by_subject(
        connection: &mut AnyConnection,
        organization_id: &str,
        subject: &str,
    ) -> Result<Option<Self>, ControlError> {
        let statement = format!("{COLUMNS} WHERE sso_subjects.subject = $2");
        Self::find(connection, statement, organization_id, subject).await
    }

    /// The person of an address in lower case, a member of the organization or not.
    pub(crate) async fn by_email(
        connection: &mut AnyConnection,
        organization_id: &str,
        email: &str,
    ) -> Result<Option<Self>, ControlError> {
        let statement = format!("{COLUMNS} WHERE users.email = $2");
        Self::find(connection, statement, organization_id, email).await
    }

    async fn find(
        connection: &mut AnyConnection,
        statement: String,
        organization_id: &str,
        what: &str,
    ) -> Result<Option<Self>, ControlError> {
        // Fixed texts.
        let row = query(sqlx::AssertSqlSafe(statement))
            .bind(organization_id.to_owned())
            .bind(what.to_owned())
            .fetch_optional(connection)
            .await?;
        let of_row = |row: AnyRow| -> Result<Self, ControlError> {
            Ok(Self {
                id: row.try_get("id")?,
                email: row.try_get("email")?,
                name: row.try_get("name")?,
                role: row.try_get("role")?,
                subject: row.try_get("subject")?,
            })
        };
        row.map(of_row).transpose()
    }

    /// Makes the person, without a password, as a member in a role. Says whether it was made: somebody may have
    /// taken the address a moment ago.
    pub(crate) async fn add(
        &self,
        connection: &mut AnyConnection,
        organization_id: &str,
        role: &str,
        now: Timestamp,
    ) -> Result<bool, ControlError> {
        let added = query(
            "INSERT INTO users (id, email, password_hash, created_at, name) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (email) DO NOTHING",
        )
        .bind(self.id.clone())
        .bind(self.email.clone())
        .bind(NO_PASSWORD)
        .bind(now.as_micros())
        .bind(self.name.clone())
        .execute(&mut *connection)
        .await?;
        if added.rows_affected() == 0 {
            return Ok(false);
        }
        query(
            "INSERT INTO members (organization_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(organization_id.to_owned())
        .bind(self.id.clone())
        .bind(role.to_owned())
        .bind(now.as_micros())
        .execute(connection)
        .await?;
        Ok(true)
    }

    /// Notes who the member is for the provider.
    pub(crate) async fn link(
        &self,
        connection: &mut AnyConnection,
        organization_id: &str,
        subject: &str,
    ) -> Result<(), ControlError> {
        query("INSERT INTO sso_subjects (organization_id, subject, user_id) VALUES ($1, $2, $3)")
            .bind(organization_id.to_owned())
            .bind(subject.to_owned())
            .bind(self.id.clone())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Forgets whom a provider has vouched for: another one's subjects are other people.
    pub(crate) async fn unlink_all(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<(), ControlError> {
        query("DELETE FROM sso_subjects WHERE organization_id = $1")
            .bind(organization_id.to_owned())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Gives the member another role in the organization.
    pub(crate) async fn give_role(
        &self,
        connection: &mut AnyConnection,
        organization_id: &str,
        role: &str,
    ) -> Result<(), ControlError> {
        query("UPDATE members SET role = $3 WHERE organization_id = $1 AND user_id = $2")
            .bind(organization_id.to_owned())
            .bind(self.id.clone())
            .bind(role.to_owned())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Whether the member is the only admin of the organization.
    pub(crate) async fn is_last_admin(
        &self,
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<bool, ControlError> {
        if self.role.as_deref() != Some(Role::ADMIN) {
            return Ok(false);
        }
        let others: i64 = query_scalar(
            "SELECT count(*) FROM members WHERE organization_id = $1 AND role = $2 AND user_id <> $3",
        )
        .bind(organization_id.to_owned())
        .bind(Role::ADMIN)
        .bind(self.id.clone())
        .fetch_one(connection)
        .await?;
        Ok(others == 0)
    }

    /// How many members the organization has.
    pub(crate) async fn members(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<i64, ControlError> {
        let count = query_scalar("SELECT count(*) FROM members WHERE organization_id = $1")
            .bind(organization_id.to_owned());
        Ok(count.fetch_one(connection).await?)
    }
}
