//! An organization's own roles: making, changing and deleting them; and who holds a role.
//!
//! What must always hold:
//!
//! - no role goes while somebody holds it, is invited to it, would begin with it, or is given it by a group of the
//!   organization's provider: they are given another one in the same transaction, or nothing is changed;
//! - names tell roles apart, whatever their case, the built-in ones' too.

use evident_event::time::Timestamp;
use sqlx::{AnyConnection, query, query_scalar};

use super::{ControlError, Level, Permissions, Role, Sso, unwritable};

/// Roles of an organization's own, at most.
pub(crate) const MAX_OWN_ROLES: usize = 200;

/// Who holds a role, or will.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holders {
    /// Members who hold it, in the organization or in a project.
    pub(crate) people: i64,
    /// Open invitations to it.
    pub(crate) invitations: i64,
    /// Groups of the organization's provider that give it, on or off.
    pub(crate) groups: usize,
    /// Whether new members begin with it.
    pub(crate) is_default: bool,
}

impl Holders {
    /// Whether there are any.
    pub(crate) const fn is_empty(self) -> bool {
        self.people == 0 && self.invitations == 0 && self.groups == 0 && !self.is_default
    }
}

impl Role {
    /// Whether two names are the same to people.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }

    /// Writes a new role of an organization's own.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        organization_id: &str,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        let level = self.levels.first().copied().unwrap_or(Level::Project);
        query(
            "INSERT INTO roles (id, organization_id, name, description, level, permissions, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.id.clone())
        .bind(organization_id.to_owned())
        .bind(self.name.clone())
        .bind(self.description.clone())
        .bind(level.as_str())
        .bind(names(self.permissions)?)
        .bind(now.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Writes what has changed of one: its name, its description and what it allows.
    pub(crate) async fn rewrite(
        &self,
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<(), ControlError> {
        query(
            "UPDATE roles SET name = $3, description = $4, permissions = $5 \
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(organization_id.to_owned())
        .bind(self.id.clone())
        .bind(self.name.clone())
        .bind(self.description.clone())
        .bind(names(self.permissions)?)
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Deletes one, which nobody holds.
    pub(crate) async fn delete(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<(), ControlError> {
        query("DELETE FROM roles WHERE organization_id = $1 AND id = $2")
            .bind(organization_id.to_owned())
            .bind(id.to_owned())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Who holds a role.
    pub(crate) async fn holders(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Holders, ControlError> {
        let mut counts = [0; 3];
        for (count, statement) in counts.iter_mut().zip([
            "SELECT count(DISTINCT user_id) FROM (SELECT user_id FROM members \
             WHERE organization_id = $1 AND role = $2 UNION ALL SELECT user_id FROM project_members \
             WHERE organization_id = $1 AND role = $2) AS holders",
            "SELECT count(*) FROM invitations \
             WHERE organization_id = $1 AND (role = $2 OR project_role = $2)",
            "SELECT count(*) FROM organizations WHERE id = $1 AND default_role = $2",
        ]) {
            *count = query_scalar(statement)
                .bind(organization_id.to_owned())
                .bind(id.to_owned())
                .fetch_one(&mut *connection)
                .await?;
        }
        let [people, invitations, default]: [i64; 3] = counts;
        let sso = Sso::find(connection, organization_id).await?;
        Ok(Holders {
            people,
            invitations,
            groups: sso.map_or(0, |sso| sso.policy.groups_giving(id)),
            is_default: default > 0,
        })
    }

    /// The members who hold a role in the organization, by id.
    pub(crate) async fn held_by(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Vec<String>, ControlError> {
        let ids = query_scalar(
            "SELECT user_id FROM members WHERE organization_id = $1 AND role = $2 ORDER BY user_id",
        )
        .bind(organization_id.to_owned())
        .bind(id.to_owned())
        .fetch_all(connection)
        .await?;
        Ok(ids)
    }

    /// The members who hold a role in projects, by the project's id and theirs.
    pub(crate) async fn held_in_projects_by(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Vec<(String, String)>, ControlError> {
        let rows = sqlx::query_as(
            "SELECT project_id, user_id FROM project_members \
             WHERE organization_id = $1 AND role = $2 ORDER BY project_id, user_id",
        )
        .bind(organization_id.to_owned())
        .bind(id.to_owned())
        .fetch_all(connection)
        .await?;
        Ok(rows)
    }

    /// Gives all who hold a role another one, and all who are invited to it, and all who would begin with it. What
    /// groups give is the provider's policy: [`Sso::write`] changes it.
    pub(crate) async fn replace(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
        by: &str,
    ) -> Result<(), ControlError> {
        for statement in [
            "UPDATE members SET role = $3 WHERE organization_id = $1 AND role = $2",
            "UPDATE project_members SET role = $3 WHERE organization_id = $1 AND role = $2",
            "UPDATE invitations SET role = $3 WHERE organization_id = $1 AND role = $2",
            "UPDATE invitations SET project_role = $3 WHERE organization_id = $1 AND project_role = $2",
            "UPDATE organizations SET default_role = $3 WHERE id = $1 AND default_role = $2",
        ] {
            query(statement)
                .bind(organization_id.to_owned())
                .bind(id.to_owned())
                .bind(by.to_owned())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    /// Sets the role that new members begin with.
    pub(crate) async fn set_default(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<(), ControlError> {
        query("UPDATE organizations SET default_role = $2 WHERE id = $1")
            .bind(organization_id.to_owned())
            .bind(id.to_owned())
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Permissions as they are kept: a JSON list of their names.
fn names(permissions: Permissions) -> Result<String, ControlError> {
    let names: Vec<&str> = permissions.iter().map(|one| one.as_str()).collect();
    serde_json::to_string(&names).map_err(unwritable)
}
