//! `/v1/invitations/lookup` and `/accept`: for whoever has an invitation's link, without credentials.
//!
//! What must always hold:
//!
//! - a token that was accepted, revoked, renewed, has expired or never was is answered the same;
//! - tokens come in bodies, never in addresses, which are written down on the way;
//! - an invitation gives what whoever made it could give there at that moment, and nothing in a project that is archived;
//! - an invitation is accepted once, also by two at once: it is ended under the organization's lock;
//! - an account is joined by whoever is signed in to it, and by nobody who merely has the link.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, Uri};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::errors::PeopleError;
use super::to_person;
use crate::acts::{Act, Acts, Author, Deed};
use crate::auth::hasher::Lane;
use crate::auth::token::{Purpose, Token};
use crate::auth::{AuthError, Held, Reach, SignedIn, Visit};
use crate::control::members::{MAX_MEMBERS, members};
use crate::control::sent::{self, Acceptance, Newcomer};
use crate::control::{
    Control, Invitation, Member, MemberAccount as Account, Organizations, Permission,
    ProjectMember, Projects, Role, Settings, locked_organization,
};
use crate::edge;
use crate::http::Shared;
use crate::http::body::BodyReader;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::{document, parameters, schema};
use crate::inviting::Inviting;

/// What an invitation is to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationSeen {
    /// The organization's name.
    organization: String,
    /// The name of the role that waits in it; null if it is gone.
    role_name: Option<String>,
    /// The name of the project to begin in, if there is one.
    project_name: Option<String>,
    /// The name of the role there.
    project_role_name: Option<String>,
    /// The name of the person who invites; null where a key does, or somebody without a name.
    invited_by: Option<String>,
    /// Who is invited.
    email: String,
    /// When it ends, in UTC.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether there is an account with this address: its owner signs in and accepts. Otherwise a name and a
    /// password make one.
    has_account: bool,
}

/// Who belongs where now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// The organization's id.
    organization_id: String,
    /// The organization's name.
    organization: String,
    /// The person's id.
    user_id: String,
    /// The person's address, to sign in with.
    email: String,
}

/// What accepting works with.
#[derive(Clone)]
pub(crate) struct Desk {
    control: Control,
    organizations: Arc<Organizations>,
    inviting: Arc<Inviting>,
    acts: Arc<Acts>,
}

impl FromRef<Shared> for Desk {
    fn from_ref(shared: &Shared) -> Self {
        Self {
            control: FromRef::from_ref(shared),
            organizations: FromRef::from_ref(shared),
            inviting: FromRef::from_ref(shared),
            acts: FromRef::from_ref(shared),
        }
    }
}

/// Shows what an invitation is to.
#[utoipa::path(
    post, path = "/v1/invitations/lookup", tag = "invitations", operation_id = "look_up_invitation",
    request_body(content = schema::InvitationToken),
    responses(
        (status = 200, description = "What the invitation is to", body = InvitationSeen),
        (status = 404, description = "The invitation is not valid, or not any more", body = ProblemBody, content_type = "application/problem+json"),
        schema::Sent, schema::Anytime,
    ),
)]
pub(crate) async fn look_up_invitation(
    State(desk): State<Desk>,
    State(reader): State<BodyReader>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<InvitationSeen>, Problem> {
    parameters::none(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let token = sent::token(&document).map_err(|refusals| document::refused(&refusals))?;
    let (invitation, settings) = desk.valid(&visit, &token).await?;
    let mut connection = desk.control.reading().await?;
    let account = Account::with_email(&mut connection, &invitation.email).await?;
    let named = invitation
        .named(&mut connection, &settings.projects)
        .await?;
    let (project_name, project_role_name) = named.project.unzip();
    Ok(Json(InvitationSeen {
        organization: settings.name.clone(),
        role_name: named.role,
        project_name,
        project_role_name,
        invited_by: named.invited_by,
        email: invitation.email,
        expires_at: invitation.expires_at.to_string(),
        has_account: account.is_some(),
    }))
}

/// Accepts an invitation.
///
/// Whoever has no account yet sends a name and a password; whoever has one is signed in with it.
#[utoipa::path(
    post, path = "/v1/invitations/accept", tag = "invitations", operation_id = "accept_invitation",
    request_body(content = schema::Acceptance),
    responses(
        (status = 200, description = "The person is a member from now on", body = Accepted),
        (status = 401, description = "There is an account with the invited address: sign in first", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Somebody else is signed in, or by another organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The invitation is not valid, or not any more", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The organization has too many members, or the person is one", body = ProblemBody, content_type = "application/problem+json"),
        schema::Sent, schema::Anytime,
    ),
)]
pub(crate) async fn accept_invitation(
    State(desk): State<Desk>,
    State(reader): State<BodyReader>,
    signed_in: Result<SignedIn, AuthError>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Accepted>, Problem> {
    parameters::none(&uri)?;
    let document = document::read(&reader, &headers, body).await?;
    let sent = Acceptance::read(&document).map_err(|refusals| document::refused(&refusals))?;
    let (invitation, settings) = desk.valid(&visit, &sent.token).await?;
    let account = {
        let mut connection = desk.control.reading().await?;
        Account::with_email(&mut connection, &invitation.email).await?
    };
    let (act, account) = match account {
        Some(account) => {
            let author = its_owner(&account, &invitation, signed_in, &visit)?;
            (desk.acts.begin(author).await?, account)
        }
        None => {
            desk.newcomer(&invitation, &settings, sent.newcomer, &visit)
                .await?
        }
    };
    join(act, &sent.token, &account, &settings).await?;
    Ok(Json(Accepted {
        organization_id: settings.id.clone(),
        organization: settings.name.clone(),
        user_id: account.id,
        email: account.email,
    }))
}

impl Desk {
    /// The invitation of a token, if it can be accepted now, and what the organization has set.
    async fn valid(
        &self,
        visit: &Visit,
        text: &str,
    ) -> Result<(Invitation, Arc<Settings>), Problem> {
        let token = Token::parse(text, Purpose::Invitation);
        // What is no token is looked for as well: all that are not valid cost the same.
        let digest = token.map_or_else(|| Sha256::digest(text).into(), |token| token.digest());
        let admitted = self.inviting.admit(&digest, visit.address, Instant::now());
        let admitted = admitted.map_err(PeopleError::Throttled)?;
        let found = {
            let mut connection = self.control.reading().await?;
            Invitation::with_digest(&mut connection, digest).await?
        };
        let found = found.filter(|invitation| invitation.is_valid(edge::now()));
        let invitation = found.ok_or(PeopleError::NoInvitation)?;
        let settings = self.organizations.settings(&invitation.organization_id);
        let settings = settings.ok_or(PeopleError::NoInvitation)?;
        self.inviting.succeeded(admitted);
        Ok((invitation, settings))
    }

    /// Makes the account of a person who is new.
    async fn newcomer(
        &self,
        invitation: &Invitation,
        settings: &Settings,
        newcomer: Option<Newcomer>,
        visit: &Visit,
    ) -> Result<(Act, Account), Problem> {
        let Newcomer { name, password } = newcomer.ok_or(PeopleError::NewcomerExpected)?;
        let about = vec![
            invitation.email.clone(),
            name.clone(),
            settings.name.clone(),
        ];
        let hash = self
            .inviting
            .hasher
            .hash(Lane::Known, password, about)
            .await;
        let hash = hash.map_err(PeopleError::from)?;
        let now = edge::now();
        let account = Account {
            id: edge::prefixed_id("usr", now).map_err(PeopleError::from)?,
            email: invitation.email.clone(),
            name,
        };
        let author = Author::user(&account.id, &account.name, &account.email, visit);
        let mut act = self.acts.begin(author).await?;
        if !locked_organization(act.connection(), &settings.id).await? {
            return Err(PeopleError::NoInvitation.into());
        }
        if !account.write(act.connection(), &hash, now).await? {
            // Somebody was quicker, perhaps by another organization's invitation.
            return Err(PeopleError::SignInNeeded.into());
        }
        Ok((act, account))
    }
}

/// The owner of an account, who must be signed in to it.
fn its_owner(
    account: &Account,
    invitation: &Invitation,
    signed_in: Result<SignedIn, AuthError>,
    visit: &Visit,
) -> Result<Author, Problem> {
    let signed_in = signed_in.map_err(|error| match error {
        AuthError::Missing | AuthError::Invalid => PeopleError::SignInNeeded.into(),
        other => Problem::from(other),
    })?;
    let person = signed_in.person();
    if person.id != account.id {
        return Err(PeopleError::OtherPerson.into());
    }
    // What another organization's provider says opens nothing of this one.
    let elsewhere = person.only_organization.as_ref();
    if elsewhere.is_some_and(|id| *id != invitation.organization_id) {
        return Err(AuthError::OtherOrganization.into());
    }
    Ok(Author::person(person, visit))
}

/// Whether whoever invited could still invite there and give these roles: who has lost a role, or the key, gives nothing
/// by what was made before. Into a project that is archived nobody comes until it is back.
async fn is_still_given(
    act: &mut Act,
    invitation: &Invitation,
    projects: &Projects,
) -> Result<bool, Problem> {
    let organization_id = &invitation.organization_id;
    let maker = &invitation.invited_by;
    let held = Held::of_maker(act.connection(), organization_id, maker, edge::now()).await?;
    let held = held.without_archived(|id| projects.is_archived(id));
    let reach = held.reach(Permission::ManageMembers);
    let role = Role::find(act.connection(), organization_id, &invitation.role).await?;
    // Whoever manages a project invites to it, with the plain role in the organization.
    let in_organization = role.is_some_and(|role| held.may_give(role.permissions, None));
    let Some((project_id, role)) = &invitation.project else {
        return Ok(in_organization && reach == Reach::Organization);
    };
    let role = Role::find(act.connection(), organization_id, role).await?;
    let in_project = role
        .is_some_and(|role| held.may_give(role.permissions.within_a_project(), Some(project_id)));
    let is_open = reach.includes(project_id) && !projects.is_archived(project_id);
    Ok(in_organization && in_project && is_open)
}

/// Makes a person a member, as the invitation says that is there under the lock.
async fn join(
    mut act: Act,
    token: &str,
    account: &Account,
    settings: &Settings,
) -> Result<(), Problem> {
    let organization_id = &settings.id;
    if !locked_organization(act.connection(), organization_id).await? {
        return Err(PeopleError::NoInvitation.into());
    }
    let now = edge::now();
    let token = Token::parse(token, Purpose::Invitation).ok_or(PeopleError::NoInvitation)?;
    let found = Invitation::with_digest(act.connection(), token.digest()).await?;
    let invitation = found.filter(|found| found.is_valid(now) && found.email == account.email);
    let invitation = invitation.ok_or(PeopleError::NoInvitation)?;
    let organizations = act.organizations();
    let now_set = organizations.settings_within(act.connection(), organization_id);
    let projects = now_set.await?.ok_or(PeopleError::NoInvitation)?.projects;
    if !is_still_given(&mut act, &invitation, &projects).await? {
        return Err(PeopleError::NoInvitation.into());
    }
    let member = Member::find(act.connection(), organization_id, &account.id).await?;
    if member.is_some() {
        return Err(PeopleError::AlreadyMember.into());
    }
    if members(act.connection(), organization_id).await? >= MAX_MEMBERS {
        return Err(PeopleError::TooManyMembers.into());
    }
    invitation.end(act.connection()).await?;
    let role = invitation.role.as_str();
    Member::add(act.connection(), organization_id, &account.id, role, now).await?;
    let name = role_name(&mut act, organization_id, role).await?;
    act.did(
        organization_id,
        to_person(Deed::new("organisation.user.added"), account).to(
            "invitation",
            &invitation.id,
            "",
        ),
    );
    act.did(
        organization_id,
        to_person(Deed::new("organisation.user.role.assigned"), account)
            .to("role", role, &name)
            .changing("role", serde_json::Value::Null, name.as_str())
            .saying("role_name", name.as_str()),
    );
    join_project(&mut act, account, &invitation, &projects).await?;
    act.commit().await?;
    Ok(())
}

/// Makes a new member one of the project that the invitation is to, if it is still there.
async fn join_project(
    act: &mut Act,
    account: &Account,
    invitation: &Invitation,
    projects: &Projects,
) -> Result<(), Problem> {
    let Some((project_id, role)) = &invitation.project else {
        return Ok(());
    };
    let organization_id = &invitation.organization_id;
    if projects.get(project_id).is_none() {
        return Ok(());
    }
    ProjectMember::set(
        act.connection(),
        organization_id,
        project_id,
        &account.id,
        role,
        edge::now(),
    )
    .await?;
    let name = role_name(act, organization_id, role).await?;
    let added = to_person(Deed::new("project_member.added"), account);
    let assigned = to_person(Deed::new("project_role.assigned"), account)
        .to("role", role, &name)
        .saying("role_name", name);
    for deed in [added, assigned] {
        act.did(organization_id, deed.in_project(Some(project_id)));
    }
    Ok(())
}

async fn role_name(act: &mut Act, organization_id: &str, id: &str) -> Result<String, Problem> {
    let role = Role::find(act.connection(), organization_id, id).await?;
    Ok(role.map_or_else(|| id.to_owned(), |role| role.name))
}
