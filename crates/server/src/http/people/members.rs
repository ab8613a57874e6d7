//! `/v1/members`: who belongs to the organization, and with which roles.
//!
//! Who reads within projects sees those who are members there, and of their roles those there.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::PeopleError;
use super::pages::Page;
use super::{Standing, begin, no_parameters, role_given, to_person};
use crate::acts::{Act, Acts, Deed};
use crate::auth::{self, AuthError, Authorized, EvenArchived, ManageMembers, Reach, ReadMembers};
use crate::control::members::{Place, admins};
use crate::control::sent::{self, BulkRole};
use crate::control::{self, Control, Permission, Role};
use crate::http::body::BodyReader;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::{document, schema};

/// Members, those who joined first before the others.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberList {
    data: Vec<Member>,
    /// Where the list goes on, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_cursor: Option<String>,
}

/// A member of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    /// The person's id, `usr_…`.
    user_id: String,
    /// The person's address.
    email: String,
    /// The person's name; may be empty.
    name: String,
    /// The id of the role in the organization.
    role: String,
    /// The ids of the roles in projects, by the projects' ids.
    projects: BTreeMap<String, String>,
    /// Since when, in UTC.
    #[schema(format = DateTime)]
    joined_at: String,
}

impl Member {
    /// A member, as whoever reads so far sees it.
    fn seen(member: control::Member, reach: &Reach) -> Self {
        let projects = member.projects.into_iter();
        Self {
            user_id: member.account.id,
            email: member.account.email,
            name: member.account.name,
            role: member.role,
            projects: projects.filter(|(id, _)| reach.includes(id)).collect(),
            joined_at: member.joined_at.to_string(),
        }
    }
}

/// How many members were given another role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkAnswer {
    /// Those who had another one before.
    changed: usize,
}

/// Who the members are.
///
/// Who may see the members of certain projects sees these.
#[utoipa::path(
    get, path = "/v1/members", tag = "members", operation_id = "list_members",
    security(("api_key" = []), ("session" = [])),
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 500, description = "Members of a page; 100 by default"),
        ("cursor" = Option<String>, Query, description = "Where to go on: `next_cursor` of the page before"),
    ),
    responses((status = 200, description = "The members", body = MemberList), schema::Asked, schema::Anytime),
)]
pub(crate) async fn list_members(
    State(control): State<Control>,
    reader: Authorized<ReadMembers>,
    uri: Uri,
) -> Result<Json<MemberList>, Problem> {
    let page = Page::of(&uri)?;
    let within = match reader.reach() {
        Reach::Organization => None,
        Reach::Projects(ids) => Some(ids.as_slice()),
        Reach::Nothing => Some(Default::default()),
    };
    let mut connection = control.reading().await?;
    let id = reader.caller().organization_id();
    let rows = control::Member::page(&mut connection, id, within, &page.after, page.rows());
    let (rows, next_cursor) = page.cut(rows.await?, |member| Place {
        joined_at: member.joined_at.as_micros(),
        user_id: member.account.id.clone(),
    });
    let seen = |member| Member::seen(member, reader.reach());
    Ok(Json(MemberList {
        data: rows.into_iter().map(seen).collect(),
        next_cursor,
    }))
}

/// One member.
#[utoipa::path(
    get, path = "/v1/members/{user_id}", tag = "members", operation_id = "get_member",
    security(("api_key" = []), ("session" = [])),
    params(("user_id" = String, Path, description = "The person's id")),
    responses((status = 200, description = "The member", body = Member), schema::AskedForOne, schema::Anytime),
)]
pub(crate) async fn get_member(
    State(control): State<Control>,
    reader: Authorized<ReadMembers>,
    user_id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<Member>, Problem> {
    let Path(user_id) = user_id?;
    no_parameters(&uri)?;
    let mut connection = control.reading().await?;
    let id = reader.caller().organization_id();
    let member = control::Member::find(&mut connection, id, &user_id).await?;
    let reach = reader.reach();
    let seen = member.filter(|member| {
        *reach == Reach::Organization || member.projects.keys().any(|id| reach.includes(id))
    });
    let member = seen.ok_or(PeopleError::NotFound("member"))?;
    Ok(Json(Member::seen(member, reach)))
}

/// Gives a member another role in the organization.
///
/// It counts from the member's next request on. Neither the role before nor the new one may allow more than the
/// caller may.
#[utoipa::path(
    patch, path = "/v1/members/{user_id}", tag = "members", operation_id = "change_member",
    security(("api_key" = []), ("session" = [])),
    params(("user_id" = String, Path, description = "The person's id")),
    request_body(content = schema::GivenRole),
    responses(
        (status = 200, description = "The member as it is from now on", body = Member),
        (status = 404, description = "There is no such member", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is the last Organization Admin", body = ProblemBody, content_type = "application/problem+json"),
        schema::Changed, schema::Anytime,
    ),
)]
pub(crate) async fn change_member(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    manager: Authorized<ManageMembers>,
    user_id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Member>, Problem> {
    let Path(user_id) = user_id?;
    no_parameters(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let role = sent::role(&document).map_err(|refusals| document::refused(&refusals))?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    standing.must_have(Permission::ManageMembers, None)?;
    let organization_id = &standing.settings.id;
    let member = control::Member::find(act.connection(), organization_id, &user_id).await?;
    let mut member = member.ok_or(PeopleError::NotFound("member"))?;
    let role = standing.given(&role, None)?;
    give(&mut act, &standing, &member, role).await?;
    must_keep_an_admin(&mut act, &standing, &member.role).await?;
    act.commit().await?;
    member.role.clone_from(&role.id);
    Ok(Json(Member::seen(member, &Reach::Organization)))
}

/// Gives several members another role in the organization: all of them, or none.
#[utoipa::path(
    post, path = "/v1/members/bulk", tag = "members", operation_id = "change_members",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::BulkRole),
    responses(
        (status = 200, description = "They have the role from now on", body = BulkAnswer),
        (status = 409, description = "No Organization Admin would be left", body = ProblemBody, content_type = "application/problem+json"),
        schema::Changed, schema::Anytime,
    ),
)]
pub(crate) async fn change_members(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    manager: Authorized<ManageMembers>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<BulkAnswer>, Problem> {
    no_parameters(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let bulk = BulkRole::read(&document).map_err(|refusals| document::refused(&refusals))?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    standing.must_have(Permission::ManageMembers, None)?;
    let organization_id = &standing.settings.id;
    let role = standing.given(&bulk.role, None)?;
    let members = control::Member::among(act.connection(), organization_id, &bulk.user_ids);
    let mut members: BTreeMap<_, _> = members
        .await?
        .into_iter()
        .map(|member| (member.account.id.clone(), member))
        .collect();
    let missing = bulk.user_ids.iter().enumerate();
    let missing = missing.filter(|(_, id)| !members.contains_key(*id));
    let missing: Vec<usize> = missing.map(|(position, _)| position).collect();
    if !missing.is_empty() {
        return Err(PeopleError::UnknownMembers(missing).into());
    }
    let mut changed = 0;
    let mut had_admin = "";
    // In the order in which they were named.
    for member in bulk.user_ids.iter().filter_map(|id| members.remove(id)) {
        changed += usize::from(give(&mut act, &standing, &member, role).await?);
        if member.role == Role::ADMIN {
            had_admin = Role::ADMIN;
        }
    }
    must_keep_an_admin(&mut act, &standing, had_admin).await?;
    act.commit().await?;
    Ok(Json(BulkAnswer { changed }))
}

/// Removes a member, or leaves.
///
/// The person's roles in the organization and its projects end, the invitations that the person made are revoked, and
/// whoever belongs nowhere any more is signed out. Members may leave by themselves. It is done in an organization that
/// is archived, too.
#[utoipa::path(
    delete, path = "/v1/members/{user_id}", tag = "members", operation_id = "remove_member",
    security(("api_key" = []), ("session" = [])),
    params(("user_id" = String, Path, description = "The person's id")),
    responses(
        (status = 204, description = "The person is no member any more"),
        (status = 409, description = "It is the last Organization Admin", body = ProblemBody, content_type = "application/problem+json"),
        schema::AskedForOne, schema::Anytime,
    ),
)]
pub(crate) async fn remove_member(
    State(acts): State<Arc<Acts>>,
    caller: Authorized<EvenArchived<auth::Member>>,
    user_id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(user_id) = user_id?;
    no_parameters(&uri)?;
    let leaves = is_oneself(&caller, &user_id);
    if !leaves {
        let manager = caller.also::<EvenArchived<ManageMembers>>()?;
        manager.must_reach(None)?;
    }
    let (mut act, standing) = begin(&acts, &caller).await?;
    may_leave_or(&standing, leaves, None)?;
    let organization_id = &standing.settings.id;
    let member = control::Member::find(act.connection(), organization_id, &user_id).await?;
    let member = member.ok_or(PeopleError::NotFound("member"))?;
    if !leaves {
        standing.may_take(&member.role, None)?;
        for (project_id, role) in &member.projects {
            standing.may_take(role, Some(project_id))?;
        }
    }
    let revoked = control::Member::remove(act.connection(), organization_id, &user_id).await?;
    must_keep_an_admin(&mut act, &standing, &member.role).await?;
    for (project_id, role) in &member.projects {
        for deed in super::project_members::removed(&standing, &member.account, role) {
            act.did(organization_id, deed.in_project(Some(project_id)));
        }
    }
    let deed = to_person(Deed::new("organisation.user.removed"), &member.account)
        .saying("removed_user_ids", vec![user_id.as_str()])
        .changing(
            "role",
            standing.name_of(&member.role),
            serde_json::Value::Null,
        )
        .changing("open_invitations", revoked, 0);
    act.did(organization_id, deed);
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a person asks about the person's own membership.
pub(super) fn is_oneself<R: auth::Right>(caller: &Authorized<R>, user_id: &str) -> bool {
    let person = caller.caller().person();
    person.is_some_and(|person| person.id == user_id)
}

/// Refuses who neither leaves by himself nor manages members. Where the organization is archived, nobody leaves but the
/// organization itself.
pub(super) fn may_leave_or(
    standing: &Standing,
    leaves: bool,
    project_id: Option<&str>,
) -> Result<(), Problem> {
    match leaves {
        false => standing.must_have(Permission::ManageMembers, project_id),
        true if standing.settings.archived && !standing.held.takes() => {
            Err(AuthError::Forbidden(Permission::ManageMembers).into())
        }
        true => Ok(()),
    }
}

/// Gives a member a role. Says whether it is another one than before.
async fn give(
    act: &mut Act,
    standing: &Standing,
    member: &control::Member,
    role: &Role,
) -> Result<bool, Problem> {
    if member.role == role.id {
        return Ok(false);
    }
    standing.may_take(&member.role, None)?;
    let organization_id = &standing.settings.id;
    let user_id = &member.account.id;
    control::Member::set_role(act.connection(), organization_id, user_id, &role.id).await?;
    let before = standing.name_of(&member.role);
    let deed = role_given(&member.account, &member.role, before, role);
    act.did(organization_id, deed);
    Ok(true)
}

/// Refuses a change of what an admin held that leaves no admin. To be asked after it was made, and before it is
/// committed. An organization that began without people has none to keep.
async fn must_keep_an_admin(
    act: &mut Act,
    standing: &Standing,
    before: &str,
) -> Result<(), Problem> {
    if before != Role::ADMIN || admins(act.connection(), &standing.settings.id).await? > 0 {
        return Ok(());
    }
    Err(PeopleError::LastAdmin.into())
}
