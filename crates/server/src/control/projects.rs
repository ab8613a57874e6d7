//! Projects: scopes inside an organization.
//!
//! What must always hold:
//!
//! - an id names a project within its organization only: two organizations may have the same, and neither learns
//!   of it;
//! - an archived project takes nothing new from whoever is limited to it, and is read as before; a deleted one is
//!   as absent as one that never was, and its events, which stay in the log, are seen at the organization's scope
//!   only;
//! - ids are never used again.

use evident_event::catalog::Level;
use evident_event::catalog::document::{Findings, Part};
use evident_event::json::Json;
use evident_event::record::Refusal;
use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query, query_scalar};

use super::organizations::{ChangeError, must_take_changes};
use super::{ControlError, MAX_NAME_BYTES};

/// Projects of an organization, at most. All of them are in memory.
pub(crate) const MAX_PROJECTS: usize = 10_000;
/// Longest id of a project, in bytes.
pub(crate) const MAX_PROJECT_ID_BYTES: usize = 128;

const NEW_MEMBERS: [&str; 3] = ["id", "name", "kind"];
const CHANGE_MEMBERS: [&str; 2] = ["name", "archived"];

/// What a project stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProjectKind {
    /// Anything.
    Project,
    /// A tool.
    Tool,
    /// A workflow.
    Workflow,
    /// An agent.
    Agent,
}

impl ProjectKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 4] = [Self::Project, Self::Tool, Self::Workflow, Self::Agent];

    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Tool => "tool",
            Self::Workflow => "workflow",
            Self::Agent => "agent",
        }
    }

    /// The level of events that happen in it.
    const fn level(self) -> Level {
        match self {
            Self::Project => Level::Project,
            Self::Tool => Level::Tool,
            Self::Workflow => Level::Workflow,
            Self::Agent => Level::Agent,
        }
    }

    /// The kind that a word stands for.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Project {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What it stands for.
    pub(crate) kind: ProjectKind,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Whether it takes nothing new.
    pub(crate) archived: bool,
}

/// The projects of an organization, found by their ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Projects {
    /// By id.
    sorted: Vec<Project>,
    /// What the events of each are at, in the same order.
    levels: Vec<(String, Level)>,
}

impl Projects {
    /// These projects.
    pub(crate) fn new(mut projects: Vec<Project>) -> Self {
        // Databases do not agree on the order of texts.
        projects.sort_by(|one, other| one.id.cmp(&other.id));
        let level = |project: &Project| (project.id.clone(), project.kind.level());
        Self {
            levels: projects.iter().map(level).collect(),
            sorted: projects,
        }
    }

    /// The level of each, by id.
    pub(crate) fn levels(&self) -> &[(String, Level)] {
        &self.levels
    }

    /// The project of an id.
    pub(crate) fn get(&self, id: &str) -> Option<&Project> {
        let at = self
            .sorted
            .binary_search_by(|project| project.id.as_str().cmp(id));
        self.sorted.get(at.ok()?)
    }

    /// Each of them, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Project> {
        self.sorted.iter()
    }

    /// Whether there is such a project, and it is archived.
    pub(crate) fn is_archived(&self, id: &str) -> bool {
        self.get(id).is_some_and(|project| project.archived)
    }
}

/// A project that is to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewProject {
    /// The id that the client chose, if it chose one.
    pub(crate) id: Option<String>,
    /// Its name.
    pub(crate) name: String,
    /// What it stands for.
    pub(crate) kind: ProjectKind,
}

impl NewProject {
    /// Reads what a client sent.
    pub(crate) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        let mut findings = Findings::default();
        let new = Part::whole(document)
            .object(&NEW_MEMBERS, &mut findings)
            .and_then(|object| {
                let id = object
                    .given("id")
                    .and_then(|part| read_id(&part, &mut findings));
                let kind = match object.given("kind") {
                    None => Some(ProjectKind::Project),
                    Some(part) => {
                        part.one_of(&ProjectKind::ALL, ProjectKind::as_str, &mut findings)
                    }
                };
                let name = object.required("name", &mut findings)?;
                let name = name.words(MAX_NAME_BYTES, &mut findings)?.to_owned();
                Some(Self {
                    id,
                    name,
                    kind: kind?,
                })
            });
        match new {
            Some(new) if findings.is_empty() => Ok(new),
            _ => Err(findings.into_refusals()),
        }
    }
}

/// An id that stands in paths and queries as it is.
fn read_id(part: &Part<'_>, findings: &mut Findings) -> Option<String> {
    let text = part.words(MAX_PROJECT_ID_BYTES, findings)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    // A path of one or two dots is another path to whoever resolves it.
    if text.bytes().all(allowed) && text.bytes().any(|byte| byte != b'.') {
        return Some(text.to_owned());
    }
    let message = "expected letters, digits and . _ : - and not dots alone, found something else: \
                   choose another id, or leave it out";
    findings.refuse(part.pointer(), "invalid_value", message);
    None
}

/// What is to be set of a project; the rest stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProjectChange {
    pub(crate) name: Option<String>,
    pub(crate) archived: Option<bool>,
}

impl ProjectChange {
    /// Reads what a client sent.
    pub(crate) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        let mut findings = Findings::default();
        let change = Part::whole(document)
            .object(&CHANGE_MEMBERS, &mut findings)
            .map(|object| Self {
                name: object
                    .given("name")
                    .and_then(|part| part.words(MAX_NAME_BYTES, &mut findings))
                    .map(str::to_owned),
                archived: object
                    .given("archived")
                    .and_then(|part| part.flag(&mut findings)),
            });
        match change {
            Some(change) if findings.is_empty() => Ok(change),
            _ => Err(findings.into_refusals()),
        }
    }
}

/// Why a project was not made, changed or deleted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    /// There is one of this id.
    #[error("there is a project {0:?} already: choose another id, or leave it out to be given one")]
    Exists(String),
    /// There was one of this id.
    #[error(
        "{0:?} was a project that was deleted, and ids are never used again: choose another id, or leave it \
         out to be given one"
    )]
    Deleted(String),
    /// There are too many.
    #[error("an organization has at most {MAX_PROJECTS} projects: delete one that is archived")]
    TooMany,
    /// There is none of this id.
    #[error("there is no such project: GET /v1/projects lists those that you see")]
    Unknown,
    /// It is archived.
    #[error(
        "the project is archived, so nothing is changed in it: bring it back first, by PATCH \
         /v1/projects/{{id}} with {{\"archived\": false}}"
    )]
    Archived,
    /// It is not archived.
    #[error(
        "only what is archived is deleted: archive it first, by PATCH /v1/projects/{{id}} with \
         {{\"archived\": true}}"
    )]
    NotArchived,
    /// Its organization takes no changes.
    #[error(transparent)]
    Organization(#[from] ChangeError),
}

impl From<ControlError> for ProjectError {
    fn from(error: ControlError) -> Self {
        Self::Organization(error.into())
    }
}

impl From<sqlx::Error> for ProjectError {
    fn from(error: sqlx::Error) -> Self {
        Self::Organization(error.into())
    }
}

/// A project that was deleted, and what went with it.
#[derive(Debug)]
pub(crate) struct DeletedProject {
    /// The project.
    pub(crate) project: Project,
    /// The ids of those who had a role in it.
    pub(crate) members: Vec<String>,
    /// The ids of the keys that were limited to it and not revoked.
    pub(crate) keys: Vec<String>,
}

impl Project {
    /// The projects of an organization that are not deleted.
    pub(crate) async fn of_organization(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<Vec<Self>, ControlError> {
        let rows = query(
            "SELECT id, name, kind, created_at, archived_at FROM projects \
             WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY id",
        )
        .bind(organization_id.to_owned())
        .fetch_all(connection)
        .await?;
        rows.iter().map(Self::of_row).collect()
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let kind: String = row.try_get("kind")?;
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            kind: ProjectKind::parse(&kind)
                .ok_or_else(|| ControlError::Unknown(format!("a project of kind {kind:?}")))?,
            created_at: Timestamp::from_micros(row.try_get("created_at")?),
            archived: row.try_get::<Option<i64>, _>("archived_at")?.is_some(),
        })
    }

    /// Makes a project of an organization.
    pub(crate) async fn create(
        connection: &mut AnyConnection,
        organization_id: &str,
        project: &Self,
    ) -> Result<(), ProjectError> {
        must_take_changes(connection, organization_id).await?;
        let there: Option<Option<i64>> =
            query_scalar("SELECT deleted_at FROM projects WHERE organization_id = $1 AND id = $2")
                .bind(organization_id.to_owned())
                .bind(project.id.clone())
                .fetch_optional(&mut *connection)
                .await?;
        match there {
            Some(None) => return Err(ProjectError::Exists(project.id.clone())),
            Some(Some(_)) => return Err(ProjectError::Deleted(project.id.clone())),
            None => {}
        }
        let count: i64 = query_scalar(
            "SELECT count(*) FROM projects WHERE organization_id = $1 AND deleted_at IS NULL",
        )
        .bind(organization_id.to_owned())
        .fetch_one(&mut *connection)
        .await?;
        if usize::try_from(count).is_ok_and(|count| count >= MAX_PROJECTS) {
            return Err(ProjectError::TooMany);
        }
        query(
            "INSERT INTO projects (organization_id, id, name, kind, created_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(organization_id.to_owned())
        .bind(project.id.clone())
        .bind(project.name.clone())
        .bind(project.kind.as_str())
        .bind(project.created_at.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Changes one, and gives it as it was and as it is now.
    pub(crate) async fn change(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
        change: ProjectChange,
        now: Timestamp,
    ) -> Result<(Self, Self), ProjectError> {
        must_take_changes(connection, organization_id).await?;
        let before = Self::find(connection, organization_id, id).await?;
        if before.archived && change.archived != Some(false) && change.name.is_some() {
            return Err(ProjectError::Archived);
        }
        let after = Self {
            name: change.name.unwrap_or_else(|| before.name.clone()),
            archived: change.archived.unwrap_or(before.archived),
            ..before.clone()
        };
        query(
            "UPDATE projects SET name = $3, \
             archived_at = CASE WHEN $4 = 0 THEN NULL ELSE coalesce(archived_at, $5) END \
             WHERE organization_id = $1 AND id = $2",
        )
        .bind(organization_id.to_owned())
        .bind(id.to_owned())
        .bind(after.name.clone())
        .bind(i64::from(after.archived))
        .bind(now.as_micros())
        .execute(connection)
        .await?;
        Ok((before, after))
    }

    /// Deletes an archived one: nobody has a role in it any more, no key, and no invitation leads there.
    pub(crate) async fn delete(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<DeletedProject, ProjectError> {
        must_take_changes(connection, organization_id).await?;
        let project = Self::find(connection, organization_id, id).await?;
        if !project.archived {
            return Err(ProjectError::NotArchived);
        }
        // Gives the ids of what it touched.
        let mut on_it = async |statement: &'static str, at: Option<Timestamp>| {
            let statement = query_scalar(statement)
                .bind(organization_id.to_owned())
                .bind(id.to_owned());
            let statement = match at {
                Some(at) => statement.bind(at.as_micros()),
                None => statement,
            };
            let mut ids: Vec<String> = statement.fetch_all(&mut *connection).await?;
            ids.sort_unstable();
            Ok::<_, sqlx::Error>(ids)
        };
        on_it(
            "UPDATE projects SET deleted_at = $3 WHERE organization_id = $1 AND id = $2 RETURNING id",
            Some(now),
        )
        .await?;
        let keys = on_it(
            "UPDATE api_keys SET revoked_at = $3 \
             WHERE organization_id = $1 AND project_id = $2 AND revoked_at IS NULL RETURNING id",
            Some(now),
        )
        .await?;
        let members = on_it(
            "DELETE FROM project_members WHERE organization_id = $1 AND project_id = $2 RETURNING user_id",
            None,
        )
        .await?;
        // Whoever was invited is still invited to the organization.
        on_it(
            "UPDATE invitations SET project_id = NULL, project_role = NULL \
             WHERE organization_id = $1 AND project_id = $2 RETURNING id",
            None,
        )
        .await?;
        Ok(DeletedProject {
            project,
            members,
            keys,
        })
    }

    /// One that is not deleted.
    async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Self, ProjectError> {
        let row = query(
            "SELECT id, name, kind, created_at, archived_at FROM projects \
             WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL",
        )
        .bind(organization_id.to_owned())
        .bind(id.to_owned())
        .fetch_optional(connection)
        .await?;
        let row = row.ok_or(ProjectError::Unknown)?;
        Ok(Self::of_row(&row)?)
    }
}

#[cfg(test)]
mod tests;
