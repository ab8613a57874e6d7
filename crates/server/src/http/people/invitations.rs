//! `/v1/invitations`: who is invited to the organization, and to what.
//!
//! What must always hold:
//!
//! - who makes, renews or revokes an invitation may do himself all that it gives;
//! - the link is in the answer that makes it, unless it was mailed, and never anywhere again;
//! - who manages the members of a project invites to it alone: in the organization the invited may do nothing that
//!   the inviter may not.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use evident_event::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::errors::PeopleError;
use super::{Standing, begin, no_parameters};
use crate::acts::{Act, Acts, Deed};
use crate::auth::token::{Purpose, Token};
use crate::auth::{Authorized, Caller, EvenArchived, ManageMembers, Reach, ReadMembers, Right};
use crate::control::invitations::MAX_INVITATIONS;
use crate::control::members::{MAX_MEMBERS, members};
use crate::control::sent::NewInvitation;
use crate::control::{self, Control, MemberAccount as Account, Permission};
use crate::edge;
use crate::http::body::BodyReader;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::{document, schema};
use crate::inviting::{Inviting, Letter};

/// Microseconds of an hour.
const HOUR_MICROS: i64 = 3_600 * 1_000_000;

/// Invitations that nobody has accepted, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationList {
    data: Vec<Invitation>,
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Its id, `inv_…`.
    id: String,
    /// Who is invited.
    email: String,
    /// The id of the role in the organization.
    role: String,
    /// A project to begin in as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    project_id: Option<String>,
    /// The id of the role there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    project_role: Option<String>,
    /// The id of the person or the key that made or renewed it.
    invited_by: String,
    /// When that was, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ends, in UTC.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether it has ended. It may be renewed for thirty days.
    expired: bool,
}

/// An invitation that was made or renewed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewLink {
    #[serde(flatten)]
    invitation: Invitation,
    /// Whether it was mailed to the invited.
    sent: bool,
    /// What the invited must open, if it was not mailed: pass it on. It is shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    link: Option<String>,
}

impl Invitation {
    fn seen(invitation: control::Invitation, now: Timestamp) -> Self {
        let expired = !invitation.is_valid(now);
        let (project_id, project_role) = invitation.project.unzip();
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role,
            project_id,
            project_role,
            invited_by: invitation.invited_by,
            created_at: invitation.created_at.to_string(),
            expires_at: invitation.expires_at.to_string(),
            expired,
        }
    }
}

/// Who is invited.
///
/// Who may see the members of certain projects sees the invitations to these.
#[utoipa::path(
    get, path = "/v1/invitations", tag = "invitations", operation_id = "list_invitations",
    security(("api_key" = []), ("session" = [])),
    responses((status = 200, description = "The invitations", body = InvitationList), schema::Asked, schema::Anytime),
)]
pub(crate) async fn list_invitations(
    State(control): State<Control>,
    reader: Authorized<ReadMembers>,
    uri: Uri,
) -> Result<Json<InvitationList>, Problem> {
    no_parameters(&uri)?;
    let mut connection = control.reading().await?;
    let id = reader.caller().organization_id();
    let all = control::Invitation::of_organization(&mut connection, id).await?;
    let now = edge::now();
    let seen = all
        .into_iter()
        .filter(|one| is_in_reach(reader.reach(), one));
    Ok(Json(InvitationList {
        data: seen.map(|one| Invitation::seen(one, now)).collect(),
    }))
}

/// Invites somebody to the organization, and to a project if that is said.
///
/// The invited need no account. What is given may not allow more than the caller may.
#[utoipa::path(
    post, path = "/v1/invitations", tag = "invitations", operation_id = "create_invitation",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::NewInvitation),
    responses(
        (status = 201, description = "The invitation, and its link if it was not mailed", body = NewLink,
         headers(("location" = String, description = "Where it is"))),
        (status = 404, description = "There is no such project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The person is a member or invited already, or there are too many", body = ProblemBody, content_type = "application/problem+json"),
        schema::Changed, schema::Anytime,
    ),
)]
pub(crate) async fn create_invitation(
    State(acts): State<Arc<Acts>>,
    State(reader): State<BodyReader>,
    State(inviting): State<Arc<Inviting>>,
    manager: Authorized<ManageMembers>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<NewLink>), Problem> {
    no_parameters(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let new = NewInvitation::read(&document);
    let new = new.map_err(|refusals| document::refused(&refusals))?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    let now = edge::now();
    let role = new.role.as_ref().unwrap_or(&standing.settings.default_role);
    let invitation = control::Invitation {
        id: edge::prefixed_id("inv", now).map_err(PeopleError::from)?,
        organization_id: standing.settings.id.clone(),
        email: new.email,
        role: role.clone(),
        project: new.project,
        invited_by: author_id(manager.caller()),
        created_at: now,
        expires_at: later(
            now,
            i64::try_from(new.hours).unwrap_or_default() * HOUR_MICROS,
        ),
    };
    may_give(&standing, &invitation)?;
    must_have_room(&mut act, &invitation, now).await?;
    let made = make(act, &standing, invitation, &inviting, &manager, &headers).await?;
    let location = [(LOCATION, format!("/v1/invitations/{}", made.invitation.id))];
    Ok((StatusCode::CREATED, location, Json(made)))
}

/// Makes a new link for an invitation, and the one before works no more.
///
/// It is valid for as long as it was to be when it was made, from now on.
#[utoipa::path(
    post, path = "/v1/invitations/{id}/renew", tag = "invitations", operation_id = "renew_invitation",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The invitation's id")),
    responses((status = 200, description = "The invitation, and its link if it was not mailed", body = NewLink), schema::AskedForOne, schema::Anytime),
)]
pub(crate) async fn renew_invitation(
    State(acts): State<Arc<Acts>>,
    State(inviting): State<Arc<Inviting>>,
    manager: Authorized<ManageMembers>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<NewLink>, Problem> {
    let Path(id) = id?;
    no_parameters(&uri)?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    let mut invitation = found(&mut act, &standing, &id).await?;
    let length = invitation.expires_at.as_micros() - invitation.created_at.as_micros();
    let now = edge::now();
    invitation.invited_by = author_id(manager.caller());
    invitation.created_at = now;
    invitation.expires_at = later(now, length);
    let made = make(act, &standing, invitation, &inviting, &manager, &headers).await?;
    Ok(Json(made))
}

/// Revokes an invitation: its link works no more.
///
/// It is done in an organization that is archived, too.
#[utoipa::path(
    delete, path = "/v1/invitations/{id}", tag = "invitations", operation_id = "revoke_invitation",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, description = "The invitation's id")),
    responses((status = 204, description = "The invitation is gone"), schema::AskedForOne, schema::Anytime),
)]
pub(crate) async fn revoke_invitation(
    State(acts): State<Arc<Acts>>,
    manager: Authorized<EvenArchived<ManageMembers>>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    no_parameters(&uri)?;
    let (mut act, standing) = begin(&acts, &manager).await?;
    let invitation = found(&mut act, &standing, &id).await?;
    invitation.end(act.connection()).await?;
    let deed = Deed::new("settings.changed")
        .to("invitation", &invitation.id, &invitation.email)
        .changing("state", "open", "revoked")
        .in_project(project_of(&invitation));
    act.did(&standing.settings.id, deed);
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An invitation that the caller may renew and revoke.
async fn found(
    act: &mut Act,
    standing: &Standing,
    id: &str,
) -> Result<control::Invitation, Problem> {
    let found = control::Invitation::find(act.connection(), &standing.settings.id, id).await?;
    let reach = standing.held.reach(Permission::ManageMembers);
    let invitation = found.filter(|one| is_in_reach(&reach, one));
    let invitation = invitation.ok_or(PeopleError::NotFound("invitation"))?;
    may_give(standing, &invitation)?;
    Ok(invitation)
}

/// Refuses who may not give what an invitation gives, there where it gives it.
fn may_give(standing: &Standing, invitation: &control::Invitation) -> Result<(), Problem> {
    standing.must_have(Permission::ManageMembers, project_of(invitation))?;
    standing.given(&invitation.role, None)?;
    if let Some((project_id, role)) = &invitation.project {
        standing.given(role, Some(project_id))?;
    }
    Ok(())
}

async fn must_have_room(
    act: &mut Act,
    invitation: &control::Invitation,
    now: Timestamp,
) -> Result<(), Problem> {
    let id = &invitation.organization_id;
    let count = control::Invitation::tidied(act.connection(), id, now).await?;
    if count >= MAX_INVITATIONS {
        return Err(PeopleError::TooManyInvitations.into());
    }
    if members(act.connection(), id).await? >= MAX_MEMBERS {
        return Err(PeopleError::TooManyMembers.into());
    }
    let all = control::Invitation::of_organization(act.connection(), id).await?;
    if all.iter().any(|other| other.email == invitation.email) {
        return Err(PeopleError::AlreadyInvited.into());
    }
    let account = Account::with_email(act.connection(), &invitation.email).await?;
    if let Some(account) = account
        && control::Member::find(act.connection(), id, &account.id)
            .await?
            .is_some()
    {
        return Err(PeopleError::AlreadyMember.into());
    }
    Ok(())
}

/// Keeps an invitation with a new link, on the record, and sends it or shows it.
async fn make<R: Right>(
    mut act: Act,
    standing: &Standing,
    invitation: control::Invitation,
    inviting: &Inviting,
    manager: &Authorized<R>,
    headers: &HeaderMap,
) -> Result<NewLink, Problem> {
    let token = Token::generate(Purpose::Invitation).map_err(PeopleError::from)?;
    invitation.write(act.connection(), token.digest()).await?;
    let role_name = standing.name_of(&invitation.role);
    let deed = Deed::new("organisation.user.invited")
        .to("user", &invitation.email, &invitation.email)
        .to("invitation", &invitation.id, "")
        .saying("role_name", role_name)
        .saying("role_id", invitation.role.as_str())
        .in_project(project_of(&invitation));
    act.did(&standing.settings.id, deed);
    act.commit().await?;
    let link = inviting.link(&token, headers, manager.visit().secure);
    let letter = Letter {
        email: &invitation.email,
        organization: &standing.settings.name,
        expires_at: &invitation.expires_at.to_string(),
    };
    let sent = inviting.send(&letter, &link).await;
    let now = invitation.created_at;
    Ok(NewLink {
        invitation: Invitation::seen(invitation, now),
        sent,
        link: (!sent).then_some(link),
    })
}

fn is_in_reach(reach: &Reach, invitation: &control::Invitation) -> bool {
    match project_of(invitation) {
        Some(project_id) => reach.includes(project_id),
        None => *reach == Reach::Organization,
    }
}

fn project_of(invitation: &control::Invitation) -> Option<&str> {
    invitation.project.as_ref().map(|(id, _)| id.as_str())
}

/// The id of a person or a key.
fn author_id(caller: &Caller) -> String {
    match caller.person() {
        Some(person) => person.id.clone(),
        None => caller.credential_id().to_string(),
    }
}

fn later(now: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(now.as_micros().saturating_add(micros))
}
