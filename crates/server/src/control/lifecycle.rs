//! Organizations come and go.
//!
//! What must always hold:
//!
//! - an organization is there whole, with somebody who does all there is to do in it, or not at all. Its log is made
//!   before: a log of no organization is nothing, an organization without a log stops the next start;
//! - the organization that the instance was founded with is never deleted: its log takes what concerns the instance;
//! - only what is archived is deleted: so nothing is being recorded in it any more. Its row, its keys and its log
//!   stay where they are, and give nothing to anybody.

use evident_event::catalog::document::{Findings, Part};
use evident_event::json::Json;
use evident_event::record::Refusal;
use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query, query_scalar};

use super::{ControlError, MAX_NAME_BYTES, Role, locked_instance, locked_organization};

/// Organizations of an instance that are not deleted, at most. Each has a log that is open all the time.
pub(crate) const MAX_ORGANIZATIONS: usize = 1_000;

const NEW_MEMBERS: [&str; 1] = ["name"];

/// An organization that is to be made.
pub(crate) struct NewOrganization {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What the placeholders of its secrets are made with.
    pub(crate) redaction_key: [u8; 32],
    /// Who makes it, and is its first admin.
    pub(crate) admin_id: String,
    /// When.
    pub(crate) now: Timestamp,
}

/// Reads the name of an organization that is to be made.
pub(crate) fn read_new_name(document: &Json<'_>) -> Result<String, Vec<Refusal>> {
    let mut findings = Findings::default();
    let name = Part::whole(document)
        .object(&NEW_MEMBERS, &mut findings)
        .and_then(|object| object.required("name", &mut findings))
        .and_then(|part| part.words(MAX_NAME_BYTES, &mut findings))
        .map(str::to_owned);
    match name {
        Some(name) if findings.is_empty() => Ok(name),
        _ => Err(findings.into_refusals()),
    }
}

/// Why an organization was not made or deleted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LifecycleError {
    /// There are too many.
    #[error(
        "an instance has at most {MAX_ORGANIZATIONS} organizations: delete one that is archived"
    )]
    TooMany,
    /// There is none of this id.
    #[error("there is no such organization: GET /v1/organizations?all=true lists them")]
    Unknown,
    /// It is the one that the instance was founded with.
    #[error(
        "this is the organization that the instance was founded with, whose log takes what is done to the \
         instance: it can be archived, and never deleted"
    )]
    Home,
    /// It is not archived.
    #[error(
        "only what is archived is deleted: archive it first, by PATCH /v1/organizations/{{id}} with \
         {{\"archived\": true}}"
    )]
    NotArchived,
    /// The database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl From<sqlx::Error> for LifecycleError {
    fn from(error: sqlx::Error) -> Self {
        Self::Control(error.into())
    }
}

/// Refuses one organization more than there may be.
pub(crate) async fn must_have_room(connection: &mut AnyConnection) -> Result<(), LifecycleError> {
    let count: i64 = query_scalar("SELECT count(*) FROM organizations WHERE deleted_at IS NULL")
        .fetch_one(connection)
        .await?;
    match usize::try_from(count) {
        Ok(count) if count < MAX_ORGANIZATIONS => Ok(()),
        _ => Err(LifecycleError::TooMany),
    }
}

/// Makes an organization whose log is there. Gives the home organization, whose log tells of it.
pub(crate) async fn create(
    connection: &mut AnyConnection,
    new: &NewOrganization,
) -> Result<String, LifecycleError> {
    let home = locked_instance(connection).await?;
    must_have_room(connection).await?;
    query(
        "INSERT INTO organizations (id, name, created_at, redaction_key) VALUES ($1, $2, $3, $4)",
    )
    .bind(new.id.clone())
    .bind(new.name.clone())
    .bind(new.now.as_micros())
    .bind(new.redaction_key.to_vec())
    .execute(&mut *connection)
    .await?;
    query(
        "INSERT INTO members (organization_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(new.id.clone())
    .bind(new.admin_id.clone())
    .bind(Role::ADMIN)
    .bind(new.now.as_micros())
    .execute(connection)
    .await?;
    Ok(home)
}

/// An organization that was deleted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deleted {
    /// Its name.
    pub(crate) name: String,
    /// The home organization, whose log tells of it.
    pub(crate) home: String,
}

/// Deletes an organization that is archived.
pub(crate) async fn delete(
    connection: &mut AnyConnection,
    id: &str,
    now: Timestamp,
) -> Result<Deleted, LifecycleError> {
    let home = locked_instance(connection).await?;
    if !locked_organization(connection, id).await? {
        return Err(LifecycleError::Unknown);
    }
    if home == id {
        return Err(LifecycleError::Home);
    }
    let row = query("SELECT name, archived_at FROM organizations WHERE id = $1")
        .bind(id.to_owned())
        .fetch_one(&mut *connection)
        .await?;
    let archived_at: Option<i64> = row.try_get("archived_at")?;
    if archived_at.is_none() {
        return Err(LifecycleError::NotArchived);
    }
    query("UPDATE organizations SET deleted_at = $2 WHERE id = $1")
        .bind(id.to_owned())
        .bind(now.as_micros())
        .execute(&mut *connection)
        .await?;
    // They reach nothing else.
    query("DELETE FROM sessions WHERE organization_id = $1")
        .bind(id.to_owned())
        .execute(connection)
        .await?;
    Ok(Deleted {
        name: row.try_get("name")?,
        home,
    })
}

/// An organization in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Whether it takes nothing new.
    pub(crate) archived: bool,
    /// When it was made.
    pub(crate) created_at: Timestamp,
}

const SELECT: &str = "SELECT id, name, archived_at, created_at FROM organizations";

impl Listed {
    /// Every organization that is not deleted, the oldest first.
    pub(crate) async fn all(connection: &mut AnyConnection) -> Result<Vec<Self>, ControlError> {
        let statement = format!("{SELECT} WHERE deleted_at IS NULL ORDER BY created_at, id");
        // Fixed texts.
        let rows = query(AssertSqlSafe(statement))
            .fetch_all(connection)
            .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// Those of them that a person belongs to.
    pub(crate) async fn of_person(
        connection: &mut AnyConnection,
        user_id: &str,
    ) -> Result<Vec<Self>, ControlError> {
        let statement = format!(
            "{SELECT} WHERE deleted_at IS NULL \
             AND id IN (SELECT organization_id FROM members WHERE user_id = $1) ORDER BY created_at, id"
        );
        // Fixed texts.
        let rows = query(AssertSqlSafe(statement))
            .bind(user_id.to_owned())
            .fetch_all(connection)
            .await?;
        rows.iter().map(Self::of_row).collect()
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            archived: row.try_get::<Option<i64>, _>("archived_at")?.is_some(),
            created_at: Timestamp::from_micros(row.try_get("created_at")?),
        })
    }
}

/// The instance's name: the first part of its logs' origins.
pub(crate) async fn instance_name(connection: &mut AnyConnection) -> Result<String, ControlError> {
    let name = query_scalar("SELECT name FROM instance");
    Ok(name.fetch_one(connection).await?)
}

#[cfg(test)]
mod tests;
