//! `/v1/projects/{id}/members`: who belongs to a project, and with which role.
//!
//! It must hold that who manages the members of a project gives nothing beyond it, and meets no other project: one
//! that is out of reach is as absent as one that never was.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::PeopleError;
use super::members::{is_oneself, may_leave_or};
use super::pages::Page;
use super::{Standing, begin, no_parameters, to_person};
use crate::acts::{Act, Acts, Deed};
use crate::auth::{self, Authorized, ManageMembers, ReadMembers, Right};
use crate::control::members::{MAX_PROJECTS_A_MEMBER, Place};
use crate::control::{
    self, Control, MemberAccount as Account, Organizations, Permission, Role, sent,
};
use crate::edge;
use crate::http::body::BodyReader;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::{document, schema};

/// Members of a project, those who joined first before the others.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectMemberList {
    data: Vec<ProjectMember>,
    /// Where the list goes on, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_cursor: Option<String>,
}

/// A member of a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectMember {
    /// The person's id, `usr_…`.
    user_id: String,
    /// The person's address.
    email: String,
    /// The person's name; may be empty.
    name: String,
    /// The id of the role in the project.
    role: String,
    /// Since when, in UTC.
    #[schema(format = DateTime)]
    joined_at: String,
}

impl From<control::ProjectMember> for ProjectMember {
    fn from(member: control::ProjectMember) -> Self {
        Self {
            user_id: member.account.id,
            email: member.account.email,
            name: member.account.name,
            role: member.role,
            joined_at: member.joined_at.to_string(),
        }
    }
}

/// Who the members of a project are.
///
/// Who has a role in the whole organization is not among them for that.
#[utoipa::path(
    get, path = "/v1/projects/{id}/members", tag = "members", operation_id = "list_project_members",
    security(("api_key" = []), ("session" = [])),
    params(
        ("id" = String, Path, description = "The project's id"),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 500, description = "Members of a page; 100 by default"),
        ("cursor" = Option<String>, Query, description = "Where to go on: `next_cursor` of the page before"),
    ),
    responses((status = 200, description = "The members", body = ProjectMemberList), schema::AskedForOne, schema::Anytime),
)]
pub(crate) async fn list_project_members(
    State(control): State<Control>,
    State(organizations): State<Arc<Organizations>>,
    reader: Authorized<ReadMembers>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<ProjectMemberList>, Problem> {
    let Path(id) = id?;
    let page = Page::of(&uri)?;
    must_be_in_reach(&organizations, &reader, &id)?;
    let mut connection = control.reading().await?;
    let organization_id = reader.caller().organization_id();
    let rows = control::ProjectMember::page(
        &mut connection,
        organization_id,
        &id,
        &page.after,
        page.rows(),
    );
    let (rows, next_cursor) = page.cut(rows.await?, |member| Place {
        joined_at: member.joined_at.as_micros(),
        user_id: member.account.id.clone(),
    });
    Ok(Json(ProjectMemberList {
        data: rows.into_iter().map(ProjectMember::from).collect(),
        next_cursor,
    }))
}

/// Gives a member of the organization a role in a project.
///
/// In place of the one that the person had in it, if any. Neither may allow more than the caller may in the project.
#[utoipa::path(
    put, path = "/v1/projects/{id}/members/{user_id}", tag = "members", operation_id = "set_project_member",
    security(("api_key" = []), ("session" = [])),
    params(
        ("id" = String, Path, description = "The project's id"),
        ("user_id" = String, Path, description = "The person's id"),
    ),
    request_body(content = schema::GivenRole),
    responses(
        (status = 200, description = "The member as it is from now on", body = ProjectMember),
        (status = 404, description = "There is no such project, or no such member of the organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The person has roles in too many projects", body = ProblemBody, content_type = "application/problem+json"),
        schema::Changed, schema::Anytime,
    ),
)]
pub(crate) async fn set_project_member(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    manager: Authorized<ManageMembers>,
    ids: Result<Path<(String, String)>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<ProjectMember>, Problem> {
    let Path((project_id, user_id)) = ids?;
    no_parameters(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let role = sent::role(&document).map_err(|refusals| document::refused(&refusals))?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    standing.must_have(Permission::ManageMembers, Some(&project_id))?;
    let role = standing.given(&role, Some(&project_id))?;
    let organization_id = &standing.settings.id;
    let member = control::Member::find(act.connection(), organization_id, &user_id).await?;
    let member = member.ok_or(PeopleError::NotFound("member"))?;
    let before = member.projects.get(&project_id);
    if let Some(before) = before {
        standing.may_take(before, Some(&project_id))?;
    }
    if before.is_none() && member.projects.len() >= MAX_PROJECTS_A_MEMBER {
        return Err(PeopleError::TooManyProjects.into());
    }
    if before != Some(&role.id) {
        set(&mut act, &standing, &member, &project_id, role).await?;
    }
    let found =
        control::ProjectMember::find(act.connection(), organization_id, &project_id, &user_id)
            .await?;
    let found = found.ok_or_else(Problem::internal)?;
    act.commit().await?;
    Ok(Json(found.into()))
}

/// Ends a person's role in a project. Members of it may leave by themselves.
#[utoipa::path(
    delete, path = "/v1/projects/{id}/members/{user_id}", tag = "members", operation_id = "remove_project_member",
    security(("api_key" = []), ("session" = [])),
    params(
        ("id" = String, Path, description = "The project's id"),
        ("user_id" = String, Path, description = "The person's id"),
    ),
    responses((status = 204, description = "The person is no member of the project any more"), schema::AskedForOne, schema::Anytime),
)]
pub(crate) async fn remove_project_member(
    State(acts): State<Arc<Acts>>,
    caller: Authorized<auth::Member>,
    ids: Result<Path<(String, String)>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path((project_id, user_id)) = ids?;
    no_parameters(&uri)?;
    let leaves = is_oneself(&caller, &user_id);
    if !leaves {
        caller.also::<ManageMembers>()?;
    }
    let (mut act, standing) = begin(&acts, &caller).await?;
    may_leave_or(&standing, leaves, Some(&project_id))?;
    let organization_id = &standing.settings.id;
    let member = control::Member::find(act.connection(), organization_id, &user_id).await?;
    let member = member.ok_or(PeopleError::NotFound("member"))?;
    let role = member.projects.get(&project_id);
    let role = role.ok_or(PeopleError::NotFound("member"))?;
    if !leaves {
        standing.may_take(role, Some(&project_id))?;
    }
    control::ProjectMember::remove(act.connection(), organization_id, &project_id, &user_id)
        .await?;
    for deed in removed(&standing, &member.account, role) {
        act.did(organization_id, deed.in_project(Some(&project_id)));
    }
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a member a role in a project, on the record.
pub(super) async fn set(
    act: &mut Act,
    standing: &Standing,
    member: &control::Member,
    project_id: &str,
    role: &Role,
) -> Result<(), Problem> {
    let organization_id = &standing.settings.id;
    let user_id = &member.account.id;
    control::ProjectMember::set(
        act.connection(),
        organization_id,
        project_id,
        user_id,
        &role.id,
        edge::now(),
    )
    .await?;
    let first = match member.projects.get(project_id) {
        Some(before) => role_deed("project_role.removed", standing, &member.account, before),
        None => to_person(Deed::new("project_member.added"), &member.account),
    };
    let given = role_deed("project_role.assigned", standing, &member.account, &role.id);
    for deed in [first, given] {
        act.did(organization_id, deed.in_project(Some(project_id)));
    }
    Ok(())
}

/// The deeds of ending a person's role in a project.
pub(super) fn removed(standing: &Standing, account: &Account, role: &str) -> [Deed; 2] {
    [
        role_deed("project_role.removed", standing, account, role),
        to_person(Deed::new("project_member.removed"), account),
    ]
}

fn role_deed(action: &'static str, standing: &Standing, account: &Account, role: &str) -> Deed {
    let name = standing.name_of(role);
    to_person(Deed::new(action), account)
        .to("role", role, name)
        .saying("role_name", name)
}

/// Refuses a project that is not there for the caller.
fn must_be_in_reach<R: Right>(
    organizations: &Organizations,
    authorized: &Authorized<R>,
    project_id: &str,
) -> Result<(), Problem> {
    let settings = organizations.settings(authorized.caller().organization_id());
    let is_there = settings.is_some_and(|settings| {
        let mut projects = settings.projects.iter();
        projects.any(|project| project.id == project_id)
    });
    match is_there && authorized.reach().includes(project_id) {
        true => Ok(()),
        false => Err(PeopleError::NotFound("project").into()),
    }
}
