//! Where a person belongs, with the roles there, as the person is told.

use sqlx::{AnyConnection, Row, query, query_scalar};

use super::{ControlError, Holdings};

/// A person's membership of an organization.
#[derive(Debug)]
pub(crate) struct Membership {
    /// The organization's id.
    pub(crate) organization_id: String,
    /// The id of the role in it.
    pub(crate) role: String,
    /// The projects that the person has a role in, and the ids of these roles.
    pub(crate) projects: Vec<(String, String)>,
}

impl Membership {
    /// Every membership of a person, by the organization's id.
    pub(crate) async fn of(
        connection: &mut AnyConnection,
        user_id: &str,
    ) -> Result<Vec<Self>, ControlError> {
        let rows = query(
            "SELECT organization_id, role FROM members JOIN organizations ON organizations.id = organization_id \
             WHERE user_id = $1 AND deleted_at IS NULL ORDER BY organization_id",
        )
        .bind(user_id.to_owned())
        .fetch_all(&mut *connection)
        .await?;
        let in_projects = query(
            "SELECT project_members.organization_id, project_id, role FROM project_members \
             JOIN projects ON projects.organization_id = project_members.organization_id \
             AND projects.id = project_id \
             WHERE user_id = $1 AND deleted_at IS NULL ORDER BY project_id",
        )
        .bind(user_id.to_owned())
        .fetch_all(connection)
        .await?;
        let mut memberships = Vec::with_capacity(rows.len());
        for row in &rows {
            memberships.push(Self {
                organization_id: row.try_get("organization_id")?,
                role: row.try_get("role")?,
                projects: Vec::new(),
            });
        }
        for row in &in_projects {
            let of: String = row.try_get("organization_id")?;
            let mut all = memberships.iter_mut();
            if let Some(membership) = all.find(|membership| membership.organization_id == of) {
                let project = (row.try_get("project_id")?, row.try_get("role")?);
                membership.projects.push(project);
            }
        }
        Ok(memberships)
    }
}

/// Whose logs tell of what concerns a person: those of the organizations that the person belongs to, or else the log
/// of what concerns the instance.
pub(crate) async fn logs_about(
    connection: &mut AnyConnection,
    user_id: Option<&str>,
) -> Result<Vec<String>, ControlError> {
    let mut ids = match user_id {
        Some(id) => Holdings::organizations_of(connection, id).await?,
        None => Vec::new(),
    };
    if ids.is_empty() {
        let home = query_scalar("SELECT home_organization FROM instance");
        ids.push(home.fetch_one(connection).await?);
    }
    Ok(ids)
}
