//! Members: who belongs to an organization and to its projects, and with which roles.
//!
//! What must always hold:
//!
//! - who belongs to a project belongs to its organization;
//! - an organization has an admin: who ends or changes what admins hold asks [`admins`] first, under the lock;
//! - who has left has nothing left here: no roles, no invitations that he made, no sessions that his provider vouched
//!   for, and no sessions at all if he belongs nowhere any more.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query, query_scalar};

use super::{ControlError, Role};

/// Members of an organization, at most.
pub(crate) const MAX_MEMBERS: usize = 10_000;
/// Projects of an organization that a member has roles in, at most: leaving it leaves each of them, on the record.
pub(crate) const MAX_PROJECTS_A_MEMBER: usize = 1_000;

/// A person, whatever the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// The person's id, `usr_…`.
    pub(crate) id: String,
    /// The person's address.
    pub(crate) email: String,
    /// The person's name; may be empty.
    pub(crate) name: String,
}

/// A member of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Who it is.
    pub(crate) account: Account,
    /// The id of the role in the organization.
    pub(crate) role: String,
    /// Since when.
    pub(crate) joined_at: Timestamp,
    /// The ids of the roles in projects, by the projects' ids.
    pub(crate) projects: BTreeMap<String, String>,
}

/// A member of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectMember {
    /// Who it is.
    pub(crate) account: Account,
    /// The id of the role in the project.
    pub(crate) role: String,
    /// Since when.
    pub(crate) joined_at: Timestamp,
}

/// Where a page of members ends: the next one begins behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// When the last member joined, in microseconds.
    pub(crate) joined_at: i64,
    /// Its id.
    pub(crate) user_id: String,
}

impl Place {
    /// Before all members.
    pub(crate) fn start() -> Self {
        Self {
            joined_at: i64::MIN,
            user_id: String::new(),
        }
    }
}

const MEMBERS: &str = "SELECT members.user_id, users.email, users.name, members.role, members.joined_at \
     FROM members JOIN users ON users.id = members.user_id WHERE members.organization_id = $1";

impl Account {
    /// Who has this address.
    pub(crate) async fn with_email(
        connection: &mut AnyConnection,
        email: &str,
    ) -> Result<Option<Self>, ControlError> {
        let row = query("SELECT id AS user_id, email, name FROM users WHERE email = $1")
            .bind(email.to_owned())
            .fetch_optional(connection)
            .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// Writes a new person. Says whether the address was free.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<bool, ControlError> {
        let written = query(
            "INSERT INTO users (id, email, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (email) DO NOTHING",
        )
        .bind(self.id.clone())
        .bind(self.email.clone())
        .bind(self.name.clone())
        .bind(password_hash.to_owned())
        .bind(now.as_micros())
        .execute(connection)
        .await?;
        Ok(written.rows_affected() == 1)
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        Ok(Self {
            id: row.try_get("user_id")?,
            email: row.try_get("email")?,
            name: row.try_get("name")?,
        })
    }
}

impl Member {
    /// A member, if the person is one.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
        user_id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let found = Self::among(connection, organization_id, &[user_id.to_owned()]).await?;
        Ok(found.into_iter().next())
    }

    /// Those of these people who are members.
    pub(crate) async fn among(
        connection: &mut AnyConnection,
        organization_id: &str,
        user_ids: &[String],
    ) -> Result<Vec<Self>, ControlError> {
        if user_ids.is_empty() {
            return Ok(Vec::new());
        }
        let statement = format!(
            "{MEMBERS} AND members.user_id IN ({})",
            placeholders(2, user_ids.len())
        );
        // Fixed texts and numbers.
        let mut statement = query(sqlx::AssertSqlSafe(statement)).bind(organization_id.to_owned());
        for id in user_ids {
            statement = statement.bind(id.clone());
        }
        let rows = statement.fetch_all(&mut *connection).await?;
        Self::of_rows(connection, organization_id, &rows).await
    }

    /// The members behind a place, those who joined first before the others; of certain projects only, if there is
    /// such a limit.
    pub(crate) async fn page(
        connection: &mut AnyConnection,
        organization_id: &str,
        within: Option<&[Arc<str>]>,
        after: &Place,
        limit: i64,
    ) -> Result<Vec<Self>, ControlError> {
        let within_projects = within.map_or_else(String::new, |ids| {
            format!(
                " AND EXISTS (SELECT 1 FROM project_members \
                 WHERE project_members.organization_id = members.organization_id \
                 AND project_members.user_id = members.user_id \
                 AND project_members.project_id IN ({}))",
                placeholders(5, ids.len())
            )
        });
        let statement = format!(
            "{MEMBERS} AND (members.joined_at, members.user_id) > ($2, $3){within_projects} \
             ORDER BY members.joined_at, members.user_id LIMIT $4"
        );
        // Fixed texts and numbers.
        let mut statement = query(sqlx::AssertSqlSafe(statement))
            .bind(organization_id.to_owned())
            .bind(after.joined_at)
            .bind(after.user_id.clone())
            .bind(limit);
        for id in within.unwrap_or_default() {
            statement = statement.bind(id.to_string());
        }
        let rows = statement.fetch_all(&mut *connection).await?;
        Self::of_rows(connection, organization_id, &rows).await
    }

    async fn of_rows(
        connection: &mut AnyConnection,
        organization_id: &str,
        rows: &[AnyRow],
    ) -> Result<Vec<Self>, ControlError> {
        let mut members = Vec::with_capacity(rows.len());
        for row in rows {
            members.push(Self {
                account: Account::of_row(row)?,
                role: row.try_get("role")?,
                joined_at: Timestamp::from_micros(row.try_get("joined_at")?),
                projects: BTreeMap::new(),
            });
        }
        let ids: Vec<&str> = members.iter().map(|m| m.account.id.as_str()).collect();
        let mut projects = roles_in_projects(connection, organization_id, &ids).await?;
        for member in &mut members {
            member.projects = projects.remove(&member.account.id).unwrap_or_default();
        }
        Ok(members)
    }

    /// Adds a member.
    pub(crate) async fn add(
        connection: &mut AnyConnection,
        organization_id: &str,
        user_id: &str,
        role: &str,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        query(
            "INSERT INTO members (organization_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(organization_id.to_owned())
        .bind(user_id.to_owned())
        .bind(role.to_owned())
        .bind(now.as_micros())
        .execute(&mut *connection)
        .await?;
        end_resets(connection, user_id).await
    }

    /// Gives a member another role.
    pub(crate) async fn set_role(
        connection: &mut AnyConnection,
        organization_id: &str,
        user_id: &str,
        role: &str,
    ) -> Result<(), ControlError> {
        query("UPDATE members SET role = $3 WHERE organization_id = $1 AND user_id = $2")
            .bind(organization_id.to_owned())
            .bind(user_id.to_owned())
            .bind(role.to_owned())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Removes a member, with all that the person had here. Says how many open invitations went too.
    pub(crate) async fn remove(
        connection: &mut AnyConnection,
        organization_id: &str,
        user_id: &str,
    ) -> Result<u64, ControlError> {
        let mut removed = 0;
        for statement in [
            "DELETE FROM project_members WHERE organization_id = $1 AND user_id = $2",
            "DELETE FROM members WHERE organization_id = $1 AND user_id = $2",
            "DELETE FROM sessions WHERE organization_id = $1 AND user_id = $2",
            // The last one: its count is told.
            "DELETE FROM invitations WHERE organization_id = $1 AND invited_by = $2",
        ] {
            let done = query(statement)
                .bind(organization_id.to_owned())
                .bind(user_id.to_owned())
                .execute(&mut *connection)
                .await?;
            removed = done.rows_affected();
        }
        // An owner of the instance belongs somewhere even without an organization.
        query(
            "DELETE FROM sessions WHERE user_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM instance_owners WHERE user_id = $1) \
             AND NOT EXISTS (SELECT 1 FROM members JOIN organizations \
             ON organizations.id = members.organization_id \
             WHERE members.user_id = $1 AND deleted_at IS NULL)",
        )
        .bind(user_id.to_owned())
        .execute(&mut *connection)
        .await?;
        end_resets(connection, user_id).await?;
        Ok(removed)
    }
}

impl ProjectMember {
    /// A member of a project, if the person is one.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
        project_id: &str,
        user_id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let row = query(
            "SELECT project_members.user_id, email, name, role, joined_at FROM project_members \
             JOIN users ON users.id = user_id \
             WHERE organization_id = $1 AND project_id = $2 AND user_id = $3",
        )
        .bind(organization_id.to_owned())
        .bind(project_id.to_owned())
        .bind(user_id.to_owned())
        .fetch_optional(connection)
        .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// The members of a project behind a place, those who joined first before the others.
    pub(crate) async fn page(
        connection: &mut AnyConnection,
        organization_id: &str,
        project_id: &str,
        after: &Place,
        limit: i64,
    ) -> Result<Vec<Self>, ControlError> {
        let rows = query(
            "SELECT project_members.user_id, email, name, role, joined_at FROM project_members \
             JOIN users ON users.id = user_id \
             WHERE organization_id = $1 AND project_id = $2 AND (joined_at, user_id) > ($3, $4) \
             ORDER BY joined_at, user_id LIMIT $5",
        )
        .bind(organization_id.to_owned())
        .bind(project_id.to_owned())
        .bind(after.joined_at)
        .bind(after.user_id.clone())
        .bind(limit)
        .fetch_all(connection)
        .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// Gives a member of an organization a role in a project of it, in place of the one there was.
    pub(crate) async fn set(
        connection: &mut AnyConnection,
        organization_id: &str,
        project_id: &str,
        user_id: &str,
        role: &str,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        query(
            "INSERT INTO project_members (project_id, organization_id, user_id, role, joined_at) \
             VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (organization_id, project_id, user_id) DO UPDATE SET role = excluded.role",
        )
        .bind(project_id.to_owned())
        .bind(organization_id.to_owned())
        .bind(user_id.to_owned())
        .bind(role.to_owned())
        .bind(now.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Removes a member of a project, who stays one of the organization.
    pub(crate) async fn remove(
        connection: &mut AnyConnection,
        organization_id: &str,
        project_id: &str,
        user_id: &str,
    ) -> Result<(), ControlError> {
        query(
            "DELETE FROM project_members \
             WHERE organization_id = $1 AND project_id = $2 AND user_id = $3",
        )
        .bind(organization_id.to_owned())
        .bind(project_id.to_owned())
        .bind(user_id.to_owned())
        .execute(connection)
        .await?;
        Ok(())
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        Ok(Self {
            account: Account::of_row(row)?,
            role: row.try_get("role")?,
            joined_at: Timestamp::from_micros(row.try_get("joined_at")?),
        })
    }
}

/// How many members an organization has.
pub(crate) async fn members(
    connection: &mut AnyConnection,
    organization_id: &str,
) -> Result<usize, ControlError> {
    let count = query_scalar("SELECT count(*) FROM members WHERE organization_id = $1");
    let count: i64 = count
        .bind(organization_id.to_owned())
        .fetch_one(connection)
        .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// How many of them are its admins.
pub(crate) async fn admins(
    connection: &mut AnyConnection,
    organization_id: &str,
) -> Result<usize, ControlError> {
    let count =
        query_scalar("SELECT count(*) FROM members WHERE organization_id = $1 AND role = $2");
    let count: i64 = count
        .bind(organization_id.to_owned())
        .bind(Role::ADMIN)
        .fetch_one(connection)
        .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Ends what could set a person's password: who made it may not have the say any more.
async fn end_resets(connection: &mut AnyConnection, user_id: &str) -> Result<(), ControlError> {
    query("DELETE FROM password_resets WHERE user_id = $1 AND used_at IS NULL")
        .bind(user_id.to_owned())
        .execute(connection)
        .await?;
    Ok(())
}

/// The roles of people in the projects of an organization.
async fn roles_in_projects(
    connection: &mut AnyConnection,
    organization_id: &str,
    user_ids: &[&str],
) -> Result<HashMap<String, BTreeMap<String, String>>, ControlError> {
    let mut found: HashMap<String, BTreeMap<String, String>> = HashMap::new();
    if user_ids.is_empty() {
        return Ok(found);
    }
    let statement = format!(
        "SELECT user_id, project_id, role FROM project_members \
         JOIN projects ON projects.organization_id = project_members.organization_id \
         AND projects.id = project_id \
         WHERE project_members.organization_id = $1 AND deleted_at IS NULL AND user_id IN ({})",
        placeholders(2, user_ids.len())
    );
    // Fixed texts and numbers.
    let mut statement = query(sqlx::AssertSqlSafe(statement)).bind(organization_id.to_owned());
    for id in user_ids {
        statement = statement.bind((*id).to_owned());
    }
    for row in &statement.fetch_all(connection).await? {
        let of_user = found.entry(row.try_get("user_id")?).or_default();
        of_user.insert(row.try_get("project_id")?, row.try_get("role")?);
    }
    Ok(found)
}

/// So many placeholders in a row: `$2, $3, …`.
fn placeholders(first: usize, count: usize) -> String {
    let numbered: Vec<String> = (first..first + count).map(|n| format!("${n}")).collect();
    numbered.join(", ")
}
