//! `/v1/projects`: an organization's projects.
//!
//! It must hold that a project is there for those whose rights reach it or who have a role in it; for all others it
//! is as absent as one that never was.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::BodyReader;
use super::problem::{Problem, ProblemBody};
use super::{document, parameters, schema};
use crate::acts::{Acts, Author, Deed};
use crate::auth::{
    AuthError, Authorized, CreateProjects, ManageProjects, Member, Reach, ReadSettings,
};
use crate::control::{self, DeletedProject};
use crate::control::{
    MAX_PROJECT_ID_BYTES, NewProject, Organizations, Permission, ProjectChange, ProjectError,
};
use crate::edge;

/// How many projects a page has unless it is said.
const DEFAULT_PAGE: usize = 100;
/// How many projects a page has at most.
const MAX_PAGE: usize = 500;
/// Longest cursor that is looked at, in bytes: in base64, a time, a separator and an id.
const MAX_CURSOR_BYTES: usize = (20 + 1 + MAX_PROJECT_ID_BYTES).div_ceil(3) * 4;

/// How many keys, and how many people, the event of a deleted project names at most. All of them are counted.
const MAX_NAMED: usize = 100;

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Project {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// What it stands for.
    #[schema(value_type = schema::ProjectKind)]
    kind: &'static str,
    /// Whether it is archived: it is read, and those who are limited to it record and change nothing.
    archived: bool,
    /// When it was made, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<&control::Project> for Project {
    fn from(project: &control::Project) -> Self {
        Self {
            id: project.id.clone(),
            name: project.name.clone(),
            kind: project.kind.as_str(),
            archived: project.archived,
            created_at: project.created_at.to_string(),
        }
    }
}

/// A page of projects, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectPage {
    /// The projects.
    #[schema(max_items = 500)]
    data: Vec<Project>,
    /// What `cursor` must be to go on; null on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// The projects that the caller sees.
///
/// With `settings.read` in the organization that is all of them, else those that the caller has a role in.
#[utoipa::path(
    get, path = "/v1/projects", tag = "projects", operation_id = "list_projects",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(
        ("limit" = Option<u16>, Query, nullable = false, minimum = 1, maximum = 500, description = "How many; 100 by default"),
        ("cursor" = Option<String>, Query, nullable = false, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "The projects", body = ProjectPage),
        (status = 400, description = "A parameter is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller belongs to no such organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_projects(
    State(organizations): State<Arc<Organizations>>,
    member: Authorized<Member>,
    uri: Uri,
) -> Result<Json<ProjectPage>, Problem> {
    let [limit, cursor] = parameters::only(&uri, ["limit", "cursor"])?;
    let limit = limit.as_deref().map_or(Ok(DEFAULT_PAGE), page_size)?;
    let after = cursor.as_deref().map(read_cursor).transpose()?;
    let settings = organizations.settings(member.caller().organization_id());
    let settings = settings.ok_or(ProjectError::Unknown)?;
    let seen = Seen::by(&member);
    let projects = settings.projects.iter();
    let mut projects: Vec<_> = projects
        .filter(|project| seen.includes(&project.id))
        .filter(|project| after.as_ref().is_none_or(|after| place(project) > *after))
        .collect();
    projects.sort_by_cached_key(|project| place(project));
    let more = projects.len() > limit;
    projects.truncate(limit);
    let next_cursor = projects.last().filter(|_| more);
    Ok(Json(ProjectPage {
        next_cursor: next_cursor.map(|last| write_cursor(&place(last))),
        data: projects.into_iter().map(Project::from).collect(),
    }))
}

/// Makes a project.
///
/// With an id of the client's choice, such as the platform has it, or one that is made. Events that were recorded
/// with this `project_id` before belong to it from then on.
#[utoipa::path(
    post, path = "/v1/projects", tag = "projects", operation_id = "create_project",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::NewProject),
    responses(
        (status = 201, description = "The project", body = Project,
         headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not make projects, or the organization is archived", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The organization is gone", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There is or was a project of this id, or there are too many", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn create_project(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    maker: Authorized<CreateProjects>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    parameters::none(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let new = NewProject::read(&document).map_err(|refusals| document::refused(&refusals))?;
    let now = edge::now();
    let id = match new.id {
        Some(id) => id,
        None => edge::prefixed_id("prj", now).map_err(|error| {
            tracing::error!("{error}");
            Problem::internal()
        })?,
    };
    let project = control::Project {
        id,
        name: new.name,
        kind: new.kind,
        created_at: now,
        archived: false,
    };
    let organization_id = maker.caller().organization_id();
    let author = Author::of(maker.caller(), maker.visit());
    let mut act = acts.begin(author).await?;
    control::Project::create(act.connection(), organization_id, &project).await?;
    let deed = about("project.created", &project).saying("kind", project.kind.as_str());
    act.did(organization_id, deed);
    act.commit().await?;
    let location = [(LOCATION, format!("/v1/projects/{}", project.id))];
    Ok((StatusCode::CREATED, location, Json(Project::from(&project))))
}

/// A project.
#[utoipa::path(
    get, path = "/v1/projects/{id}", tag = "projects", operation_id = "get_project",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, pattern = "^[A-Za-z0-9._:-]{1,128}$", description = "The project's id")),
    responses(
        (status = 200, description = "The project", body = Project),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller sees no projects at all", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such project, or the caller does not see it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_project(
    State(organizations): State<Arc<Organizations>>,
    member: Authorized<Member>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<Project>, Problem> {
    let Path(id) = id?;
    parameters::none(&uri)?;
    let seen = Seen::by(&member);
    if seen.is_nothing() {
        return Err(AuthError::Forbidden(Permission::ReadSettings).into());
    }
    let settings = organizations.settings(member.caller().organization_id());
    let settings = settings.ok_or(ProjectError::Unknown)?;
    let project = settings.projects.get(&id).filter(|_| seen.includes(&id));
    let project = project.ok_or(ProjectError::Unknown)?;
    Ok(Json(Project::from(project)))
}

/// Sets a project's name, or whether it is archived.
///
/// What is archived is read as before, and takes nothing new from keys and people who are limited to it.
#[utoipa::path(
    patch, path = "/v1/projects/{id}", tag = "projects", operation_id = "change_project",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, pattern = "^[A-Za-z0-9._:-]{1,128}$", description = "The project's id")),
    request_body(content = schema::ProjectChange),
    responses(
        (status = 200, description = "The project as it is from now on", body = Project),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not change projects, or the project or organization is archived", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such project, or the caller may not change it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn change_project(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    manager: Authorized<ManageProjects>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Project>, Problem> {
    let Path(id) = id?;
    parameters::none(&uri)?;
    if !manager.reach().includes(&id) {
        return Err(ProjectError::Unknown.into());
    }
    let document = document::read(&reader, &headers, body).await?;
    let change = ProjectChange::read(&document).map_err(|refusals| document::refused(&refusals))?;
    let organization_id = manager.caller().organization_id();
    let author = Author::of(manager.caller(), manager.visit());
    let mut act = acts.begin(author).await?;
    let connection = act.connection();
    let changed = control::Project::change(connection, organization_id, &id, change, edge::now());
    let (before, after) = changed.await?;
    let deed = about("project.updated", &after)
        .changing("name", before.name, after.name.as_str())
        .changing("archived", before.archived, after.archived);
    if !deed.changes_nothing() {
        act.did(organization_id, deed);
    }
    act.commit().await?;
    Ok(Json(Project::from(&after)))
}

/// Deletes a project that is archived.
///
/// Its keys do not work any more, and nobody has a role in it. Its events stay in the log, and are seen by those who
/// see the whole organization. Its id is never used again.
#[utoipa::path(
    delete, path = "/v1/projects/{id}", tag = "projects", operation_id = "delete_project",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, pattern = "^[A-Za-z0-9._:-]{1,128}$", description = "The project's id")),
    responses(
        (status = 204, description = "It is deleted"),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not delete projects, or the organization is archived", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is not archived", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn delete_project(
    State(acts): State<Arc<Acts>>,
    maker: Authorized<CreateProjects>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    parameters::none(&uri)?;
    let organization_id = maker.caller().organization_id();
    let author = Author::of(maker.caller(), maker.visit());
    let mut act = acts.begin(author).await?;
    let connection = act.connection();
    let deleted = control::Project::delete(connection, organization_id, &id, edge::now());
    let DeletedProject {
        project,
        members,
        keys,
    } = deleted.await?;
    let deed = about("project.deleted", &project)
        .saying("members_removed", members.len())
        .saying("keys_revoked", keys.len());
    let deed = [("removed_user_ids", members), ("revoked_key_ids", keys)]
        .into_iter()
        .filter(|(_, ids)| !ids.is_empty())
        .fold(deed, |deed, (name, mut ids)| {
            ids.truncate(MAX_NAMED);
            deed.saying(name, ids)
        });
    act.did(organization_id, deed);
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn about(action: &'static str, project: &control::Project) -> Deed {
    Deed::new(action)
        .to("project", &project.id, &project.name)
        .in_project(Some(&project.id))
}

/// Which projects somebody sees.
struct Seen<'m> {
    settings: Reach,
    roles: Vec<&'m str>,
}

impl<'m> Seen<'m> {
    fn by(member: &'m Authorized<Member>) -> Self {
        let held = member.caller().held();
        let reading = member.also::<ReadSettings>();
        let (_, roles) = held.permissions();
        Self {
            settings: reading.map_or(Reach::Nothing, |reading| reading.reach().clone()),
            roles: roles.map(|(id, _)| &**id).collect(),
        }
    }

    /// By id, the roles are sorted.
    fn includes(&self, id: &str) -> bool {
        self.roles.binary_search(&id).is_ok() || self.settings.includes(id)
    }

    fn is_nothing(&self) -> bool {
        self.roles.is_empty() && self.settings == Reach::Nothing
    }
}

/// Where a project stands in the list.
type InList = (i64, String);

fn place(project: &control::Project) -> InList {
    (project.created_at.as_micros(), project.id.clone())
}

fn write_cursor((micros, id): &InList) -> String {
    URL_SAFE_NO_PAD.encode(format!("{micros} {id}"))
}

fn read_cursor(text: &str) -> Result<InList, Problem> {
    let read = || -> Option<InList> {
        let text = (text.len() <= MAX_CURSOR_BYTES).then_some(text)?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (micros, id) = text.split_once(' ')?;
        Some((micros.parse().ok()?, id.to_owned()))
    };
    read().ok_or_else(|| {
        let detail =
            "cursor: this is no cursor of this list: give next_cursor of a page, or leave it out";
        Problem::bad_request("bad_cursor", detail)
    })
}

fn page_size(text: &str) -> Result<usize, Problem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let size = text
        .parse()
        .ok()
        .filter(|size| (1..=MAX_PAGE).contains(size));
    size.filter(|_| digits).ok_or_else(|| {
        let detail = format!("limit: give a number from 1 to {MAX_PAGE}");
        Problem::bad_request("bad_limit", detail)
    })
}

impl From<ProjectError> for Problem {
    fn from(error: ProjectError) -> Self {
        let detail = error.to_string();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, &*detail);
        match error {
            ProjectError::Exists(_) => conflict("project_exists"),
            ProjectError::Deleted(_) => conflict("project_deleted"),
            ProjectError::TooMany => conflict("too_many_projects"),
            ProjectError::NotArchived => conflict("not_archived"),
            ProjectError::Unknown => Self::not_found(detail),
            ProjectError::Archived => Self::new(StatusCode::FORBIDDEN, "project_archived", detail),
            ProjectError::Organization(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        let longest = (i64::MIN, "x".repeat(MAX_PROJECT_ID_BYTES));
        for place in [longest, (0, "a:b".to_owned())] {
            assert_eq!(read_cursor(&write_cursor(&place)).unwrap(), place);
        }
        let other = URL_SAFE_NO_PAD.encode("1");
        for text in ["", "?", other.as_str(), &"A".repeat(MAX_CURSOR_BYTES + 4)] {
            assert!(read_cursor(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_page_has_at_least_one_and_at_most_its_bound() {
        assert_eq!(page_size("500").unwrap(), MAX_PAGE);
        for bad in ["", "0", "501", "+1", "1.0", "99999999999999999999999"] {
            assert!(page_size(bad).is_err(), "{bad}");
        }
    }
}
