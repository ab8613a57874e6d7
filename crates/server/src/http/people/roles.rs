//! `/v1/permissions` and `/v1/roles`: what there is to allow, and the roles that bundle it.
//!
//! What must always hold:
//!
//! - nobody makes, changes or deletes a role that allows more than they may themselves: neither what it allowed before
//!   nor what it allows then;
//! - whoever is given another role in the place of one that goes is on the log, with what was and what is: members,
//!   the invited, and the groups of single sign-on.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::errors::PeopleError;
use super::{ORGANIZATION_ID, Standing, begin, no_parameters, role_given, to_person};
use crate::acts::{Act, Acts, Deed};
use crate::auth::{Authorized, ManageRoles, Member, ReadSettings};
use crate::control::own_roles::{Holders, MAX_OWN_ROLES};
use crate::control::sent::{self, NewRole, RoleChange};
use crate::control::{self, Control, Level, Permission, ProjectMember};
use crate::edge;
use crate::http::body::BodyReader;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::{document, parameters, schema};

/// What can be allowed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionList {
    data: Vec<PermissionEntry>,
}

/// Something that a role or a key may allow.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionEntry {
    /// Its name.
    #[schema(example = "events.read")]
    name: &'static str,
    /// What it allows.
    description: &'static str,
    /// Where it can be held.
    #[schema(value_type = Vec<schema::RoleLevel>)]
    levels: Vec<&'static str>,
}

/// The roles of an organization, the built-in ones first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleList {
    data: Vec<Role>,
}

/// A role: a list of permissions with a name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Role {
    /// Its id: of a built-in role a word such as `auditor`, else `rol_…`.
    id: String,
    /// Its name.
    name: String,
    /// What it is for; may be empty.
    description: String,
    /// Where it may be held.
    #[schema(value_type = Vec<schema::RoleLevel>)]
    levels: Vec<&'static str>,
    /// What it allows. Held in a project, it allows it there.
    permissions: Vec<&'static str>,
    /// Whether it is the same for everybody and cannot be changed.
    built_in: bool,
}

impl From<&control::Role> for Role {
    fn from(role: &control::Role) -> Self {
        Self {
            id: role.id.clone(),
            name: role.name.clone(),
            description: role.description.clone(),
            levels: role.levels.iter().map(|level| level.as_str()).collect(),
            permissions: names(role.permissions),
            built_in: role.built_in,
        }
    }
}

fn names(permissions: control::Permissions) -> Vec<&'static str> {
    permissions.iter().map(Permission::as_str).collect()
}

/// What roles can be made of.
#[utoipa::path(
    get, path = "/v1/permissions", tag = "roles", operation_id = "list_permissions",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    responses((status = 200, description = "The permissions", body = PermissionList), schema::Asked, schema::Anytime),
)]
pub(crate) async fn list_permissions(
    _member: Authorized<Member>,
    uri: Uri,
) -> Result<Json<PermissionList>, Problem> {
    no_parameters(&uri)?;
    let entries = Permission::all().map(|permission| PermissionEntry {
        name: permission.as_str(),
        description: permission.description(),
        levels: match permission.is_of_projects() {
            true => vec![Level::Organization.as_str(), Level::Project.as_str()],
            false => vec![Level::Organization.as_str()],
        },
    });
    Ok(Json(PermissionList {
        data: entries.collect(),
    }))
}

/// The roles that members may be given.
#[utoipa::path(
    get, path = "/v1/roles", tag = "roles", operation_id = "list_roles",
    security(("api_key" = []), ("session" = [])),
    responses((status = 200, description = "The roles", body = RoleList), schema::Asked, schema::Anytime),
)]
pub(crate) async fn list_roles(
    State(control): State<Control>,
    reader: Authorized<ReadSettings>,
    uri: Uri,
) -> Result<Json<RoleList>, Problem> {
    no_parameters(&uri)?;
    let mut connection = control.reading().await?;
    let id = reader.caller().organization_id();
    let roles = control::Role::of_organization(&mut connection, id).await?;
    Ok(Json(RoleList {
        data: roles.iter().map(Role::from).collect(),
    }))
}

/// One role.
#[utoipa::path(
    get, path = "/v1/roles/{id}", tag = "roles", operation_id = "get_role",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The role's id")),
    responses((status = 200, description = "The role", body = Role), schema::AskedForOne, schema::Anytime),
)]
pub(crate) async fn get_role(
    State(control): State<Control>,
    reader: Authorized<ReadSettings>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<Role>, Problem> {
    let Path(id) = id?;
    no_parameters(&uri)?;
    let mut connection = control.reading().await?;
    let organization_id = reader.caller().organization_id();
    let role = control::Role::find(&mut connection, organization_id, &id).await?;
    let role = role.ok_or(PeopleError::NotFound("role"))?;
    Ok(Json(Role::from(&role)))
}

/// Makes a role of the organization's own.
///
/// It may allow what its maker may, and no more.
#[utoipa::path(
    post, path = "/v1/roles", tag = "roles", operation_id = "create_role",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::NewRole),
    responses(
        (status = 201, description = "The role", body = Role, headers(("location" = String, description = "Where it is"))),
        (status = 409, description = "The name is taken, or there are too many roles", body = ProblemBody, content_type = "application/problem+json"),
        schema::Changed, schema::Anytime,
    ),
)]
pub(crate) async fn create_role(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    manager: Authorized<ManageRoles>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Role>), Problem> {
    no_parameters(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let new = NewRole::read(&document).map_err(|refusals| document::refused(&refusals))?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    standing.must_have(Permission::ManageRoles, None)?;
    let now = edge::now();
    let role = control::Role {
        id: edge::prefixed_id("rol", now).map_err(PeopleError::from)?,
        name: new.name,
        description: new.description,
        levels: vec![new.level],
        permissions: new.permissions,
        built_in: false,
    };
    standing.may_touch(&role, None)?;
    must_be_free(&standing, &role)?;
    if standing.roles.iter().filter(|role| !role.built_in).count() >= MAX_OWN_ROLES {
        return Err(PeopleError::TooManyRoles.into());
    }
    let organization_id = &standing.settings.id;
    role.write(act.connection(), organization_id, now).await?;
    let deed = told("role.created", &role)
        .changing("name", json!(null), role.name.as_str())
        .changing("description", "", role.description.as_str())
        .changing("permissions", json!(null), json!(names(role.permissions)));
    act.did(organization_id, deed);
    act.commit().await?;
    let location = [(LOCATION, format!("/v1/roles/{}", role.id))];
    Ok((StatusCode::CREATED, location, Json(Role::from(&role))))
}

/// Changes a role of the organization's own.
///
/// What is not mentioned stays; `permissions` is replaced as a whole. It counts for all who hold the role, from their
/// next request on. Whoever changes a role must have all that it allows before and after.
#[utoipa::path(
    patch, path = "/v1/roles/{id}", tag = "roles", operation_id = "change_role",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The role's id")),
    request_body(content = schema::RoleChange),
    responses(
        (status = 200, description = "The role as it is from now on", body = Role),
        (status = 404, description = "There is no such role", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The role is a built-in one, or the name is taken", body = ProblemBody, content_type = "application/problem+json"),
        schema::Changed, schema::Anytime,
    ),
)]
pub(crate) async fn change_role(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    manager: Authorized<ManageRoles>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Role>, Problem> {
    let Path(id) = id?;
    no_parameters(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    standing.must_have(Permission::ManageRoles, None)?;
    let before = own(&standing, &id)?;
    let level = before.levels.first().copied().unwrap_or(Level::Project);
    let change = RoleChange::read(&document, level);
    let change = change.map_err(|refusals| document::refused(&refusals))?;
    let after = control::Role {
        name: change.name.unwrap_or_else(|| before.name.clone()),
        description: change
            .description
            .unwrap_or_else(|| before.description.clone()),
        permissions: change.permissions.unwrap_or(before.permissions),
        ..before.clone()
    };
    standing.may_touch(before, None)?;
    standing.may_touch(&after, None)?;
    must_be_free(&standing, &after)?;
    let organization_id = &standing.settings.id;
    let deed = Deed::new("role.updated")
        .to("role", &after.id, &after.name)
        .saying("role_id", after.id.as_str())
        .changing("name", before.name.as_str(), after.name.as_str())
        .changing(
            "description",
            before.description.as_str(),
            after.description.as_str(),
        )
        .changing(
            "permissions",
            json!(names(before.permissions)),
            json!(names(after.permissions)),
        );
    if !deed.changes_nothing() {
        after.rewrite(act.connection(), organization_id).await?;
        act.did(organization_id, deed);
    }
    act.commit().await?;
    Ok(Json(Role::from(&after)))
}

/// Deletes a role of the organization's own.
///
/// If anybody holds it, is invited to it, would begin with it or is given it by a group of single sign-on, say by
/// `replace_with` which role they are given instead: all of them, or none.
#[utoipa::path(
    delete, path = "/v1/roles/{id}", tag = "roles", operation_id = "delete_role",
    security(("api_key" = []), ("session" = [])),
    params(
        ("id" = String, Path, description = "The role's id"),
        ("replace_with" = Option<String>, Query, description = "The id of the role that its holders are given"),
    ),
    responses(
        (status = 204, description = "The role is gone"),
        (status = 409, description = "The role is a built-in one, or somebody holds it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`replace_with` is no role for the same level", body = ProblemBody, content_type = "application/problem+json"),
        schema::AskedForOne, schema::Anytime,
    ),
)]
pub(crate) async fn delete_role(
    State(acts): State<Arc<Acts>>,
    manager: Authorized<ManageRoles>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    let [replacement, _] = parameters::only(&uri, ["replace_with", ORGANIZATION_ID])?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    standing.must_have(Permission::ManageRoles, None)?;
    let role = own(&standing, &id)?;
    standing.may_touch(role, None)?;
    let organization_id = &standing.settings.id;
    let holders = control::Role::holders(act.connection(), organization_id, &id).await?;
    let mut deed = told("role.deleted", role)
        .changing("name", role.name.as_str(), json!(null))
        .changing("description", role.description.as_str(), "")
        .changing("permissions", json!(names(role.permissions)), json!(null));
    match replacement {
        Some(replacement) => {
            let by = replaceable(&standing, role, &replacement)?;
            replace(&mut act, &standing, role, by, holders).await?;
            deed = deed.saying("replaced_with", by.id.as_str());
        }
        None if holders.is_empty() => {}
        None => return Err(PeopleError::RoleInUse(holders).into()),
    }
    control::Role::delete(act.connection(), organization_id, &id).await?;
    act.did(organization_id, deed);
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The role that new members begin with.
#[utoipa::path(
    get, path = "/v1/roles/default", tag = "roles", operation_id = "get_default_role",
    security(("api_key" = []), ("session" = [])),
    responses((status = 200, description = "The role", body = Role), schema::Asked, schema::Anytime),
)]
pub(crate) async fn get_default_role(
    State(organizations): State<Arc<control::Organizations>>,
    State(control): State<Control>,
    reader: Authorized<ReadSettings>,
    uri: Uri,
) -> Result<Json<Role>, Problem> {
    no_parameters(&uri)?;
    let id = reader.caller().organization_id();
    let settings = organizations.settings(id);
    let settings = settings.ok_or(PeopleError::NotFound("organization"))?;
    let mut connection = control.reading().await?;
    let role = control::Role::find(&mut connection, id, &settings.default_role).await?;
    // Roles are not deleted while new members would begin with them.
    Ok(Json(Role::from(&role.ok_or_else(Problem::internal)?)))
}

/// Chooses the role that new members begin with, unless their invitation says otherwise.
#[utoipa::path(
    put, path = "/v1/roles/default", tag = "roles", operation_id = "set_default_role",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::GivenRole),
    responses((status = 200, description = "The role", body = Role), schema::Changed, schema::Anytime),
)]
pub(crate) async fn set_default_role(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    manager: Authorized<ManageRoles>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Role>, Problem> {
    no_parameters(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let id = sent::role(&document).map_err(|refusals| document::refused(&refusals))?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    standing.must_have(Permission::ManageRoles, None)?;
    let role = standing.given(&id, None)?;
    let organization_id = &standing.settings.id;
    if standing.settings.default_role != role.id {
        control::Role::set_default(act.connection(), organization_id, &role.id).await?;
        act.did(organization_id, default_chosen(&standing, role));
    }
    act.commit().await?;
    Ok(Json(Role::from(role)))
}

fn default_chosen(standing: &Standing, role: &control::Role) -> Deed {
    let before = standing.name_of(&standing.settings.default_role);
    let message = format!(
        "Default role for new users changed from ‘{before}’ to ‘{}’.",
        role.name
    );
    Deed::new("workspace.default_role.configured")
        .to("role", &role.id, &role.name)
        .changing("default_role", before, role.name.as_str())
        .saying("status_message", message)
}

/// The deed of making or deleting a role.
fn told(action: &'static str, role: &control::Role) -> Deed {
    Deed::new(action)
        .to("role", &role.id, &role.name)
        .saying("role_id", role.id.as_str())
        .saying("role_name", role.name.as_str())
        .saying("role_type", "custom")
}

/// A role that can be changed.
fn own<'s>(standing: &'s Standing, id: &str) -> Result<&'s control::Role, PeopleError> {
    let role = standing.roles.iter().find(|role| role.id == id);
    let role = role.ok_or(PeopleError::NotFound("role"))?;
    match role.built_in {
        true => Err(PeopleError::BuiltInRole(role.name.clone())),
        false => Ok(role),
    }
}

fn must_be_free(standing: &Standing, role: &control::Role) -> Result<(), PeopleError> {
    let taken = |other: &&control::Role| other.id != role.id && other.is_called(&role.name);
    match standing.roles.iter().find(taken) {
        Some(other) => Err(PeopleError::RoleExists(other.name.clone())),
        None => Ok(()),
    }
}

/// The role that the holders of another one are given.
fn replaceable<'s>(
    standing: &'s Standing,
    role: &control::Role,
    replacement: &str,
) -> Result<&'s control::Role, PeopleError> {
    let by = standing.role(replacement)?;
    let level = role.levels.first().copied().unwrap_or(Level::Project);
    if !by.is_for(level) || by.id == role.id {
        return Err(PeopleError::OtherLevel {
            role: by.name.clone(),
            level,
        });
    }
    standing.may_touch(by, None)?;
    Ok(by)
}

/// Gives all who hold a role another one, each on the record.
async fn replace(
    act: &mut Act,
    standing: &Standing,
    role: &control::Role,
    by: &control::Role,
    holders: Holders,
) -> Result<(), Problem> {
    let organization_id = &standing.settings.id;
    replace_in_invitations(act, organization_id, role, by).await?;
    replace_in_groups(act, organization_id, role, by).await?;
    let members = control::Role::held_by(act.connection(), organization_id, &role.id).await?;
    let members = control::Member::among(act.connection(), organization_id, &members).await?;
    for member in members {
        act.did(
            organization_id,
            role_given(&member.account, &role.id, &role.name, by),
        );
    }
    let held = control::Role::held_in_projects_by(act.connection(), organization_id, &role.id);
    for (project_id, user_id) in held.await? {
        let found = ProjectMember::find(act.connection(), organization_id, &project_id, &user_id);
        let found = found.await?;
        let Some(member) = found else { continue };
        for (action, which) in [
            ("project_role.removed", role),
            ("project_role.assigned", by),
        ] {
            let deed = to_person(Deed::new(action), &member.account)
                .to("role", &which.id, &which.name)
                .saying("role_name", which.name.as_str());
            act.did(organization_id, deed.in_project(Some(&project_id)));
        }
    }
    control::Role::replace(act.connection(), organization_id, &role.id, &by.id).await?;
    if holders.is_default {
        act.did(organization_id, default_chosen(standing, by));
    }
    Ok(())
}

/// Notes the invitations that are to another role from now on.
async fn replace_in_invitations(
    act: &mut Act,
    organization_id: &str,
    role: &control::Role,
    by: &control::Role,
) -> Result<(), Problem> {
    let all = control::Invitation::of_organization(act.connection(), organization_id).await?;
    for invitation in all {
        let in_project = invitation.project.as_ref();
        let is_in_project = in_project.is_some_and(|(_, given)| *given == role.id);
        let field = match is_in_project {
            true => "project_role",
            false if invitation.role == role.id => "role",
            false => continue,
        };
        let deed = Deed::new("settings.changed")
            .to("invitation", &invitation.id, &invitation.email)
            .to("role", &by.id, &by.name)
            .changing(field, role.name.as_str(), by.name.as_str())
            .in_project(in_project.map(|(id, _)| id.as_str()));
        act.did(organization_id, deed);
    }
    Ok(())
}

/// Has the groups of the organization's provider give another role. A mapping to a role that is gone would say nothing.
async fn replace_in_groups(
    act: &mut Act,
    organization_id: &str,
    role: &control::Role,
    by: &control::Role,
) -> Result<(), Problem> {
    let found = control::Sso::find(act.connection(), organization_id).await?;
    let giving = found.filter(|sso| sso.policy.groups_giving(&role.id) > 0);
    let Some(mut sso) = giving else {
        return Ok(());
    };
    let before = sso.policy;
    sso.policy = before.giving_instead(&role.id, &by.id);
    sso.updated_at = edge::now();
    sso.write(act.connection()).await?;
    let deed = Deed::new("settings.changed")
        .to("sso", organization_id, &sso.issuer)
        .to("role", &by.id, &by.name)
        .changing(
            "group_roles",
            json!(before.group_roles),
            json!(sso.policy.group_roles),
        );
    act.did(organization_id, deed);
    Ok(())
}
