//! What a person holds in an organization: the role there, and the roles in its projects.
//!
//! It must hold that what is deleted gives nothing: neither an organization nor a project, nor a role that is no
//! longer there.

use std::collections::BTreeMap;

use sqlx::{AnyConnection, Row, query, query_scalar};

use super::{ControlError, Level, Permissions, Role};

/// The permissions of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Holdings {
    /// In the organization as a whole.
    pub(crate) everywhere: Permissions,
    /// In projects, beside that.
    pub(crate) projects: BTreeMap<String, Permissions>,
}

impl Holdings {
    /// Of a member of an organization; of nobody else.
    pub(crate) async fn of(
        connection: &mut AnyConnection,
        organization_id: &str,
        user_id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let role: Option<String> = query_scalar(
            "SELECT role FROM members JOIN organizations ON organizations.id = organization_id \
             WHERE organization_id = $1 AND user_id = $2 AND deleted_at IS NULL",
        )
        .bind(organization_id.to_owned())
        .bind(user_id.to_owned())
        .fetch_optional(&mut *connection)
        .await?;
        let Some(role) = role else { return Ok(None) };
        let in_projects = query(
            "SELECT project_id, role FROM project_members \
             JOIN projects ON projects.organization_id = project_members.organization_id \
             AND projects.id = project_id \
             WHERE project_members.organization_id = $1 AND user_id = $2 AND deleted_at IS NULL",
        )
        .bind(organization_id.to_owned())
        .bind(user_id.to_owned())
        .fetch_all(&mut *connection)
        .await?;
        let roles = Role::of_organization(connection, organization_id).await?;
        let permissions = |id: &str, level| {
            let role = roles
                .iter()
                .find(|role| role.id == id && role.is_for(level));
            role.map_or(Permissions::NONE, |role| role.permissions)
        };
        let mut projects = BTreeMap::new();
        for row in &in_projects {
            let (id, role): (String, String) = (row.try_get("project_id")?, row.try_get("role")?);
            let held = permissions(&role, Level::Project).within_a_project();
            projects.insert(id, held);
        }
        Ok(Some(Self {
            everywhere: permissions(&role, Level::Organization),
            projects,
        }))
    }

    /// The organizations that a person belongs to, by id.
    pub(crate) async fn organizations_of(
        connection: &mut AnyConnection,
        user_id: &str,
    ) -> Result<Vec<String>, ControlError> {
        let ids = query_scalar(
            "SELECT organization_id FROM members JOIN organizations ON organizations.id = organization_id \
             WHERE user_id = $1 AND deleted_at IS NULL ORDER BY organization_id",
        )
        .bind(user_id.to_owned())
        .fetch_all(connection)
        .await?;
        Ok(ids)
    }
}
