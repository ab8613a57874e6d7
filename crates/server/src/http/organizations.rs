//! `/v1/organizations`: which there are, and what each has set about itself.
//!
//! What must always hold:
//!
//! - an organization is there for its own keys and members only; for all others it is as absent as one that never
//!   was;
//! - an owner of the instance makes, renames, archives and deletes organizations without belonging to them, sets
//!   nothing else of them, and sees none of their events.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use evident_event::redact::Rules;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::body::BodyReader;
use super::problem::{Problem, ProblemBody};
use super::{document, parameters, schema};
use crate::acts::{Acts, Author, Deed};
use crate::auth::{
    AuthError, Authorized, Gate, ManageOrganization, ReadSettings, Right, SignedIn, Whoever,
};
use crate::control::lifecycle::{self, LifecycleError, Listed, NewOrganization};
use crate::control::{
    ChangeError, Changed, Control, ControlError, OrganizationChange, Organizations, Permission,
    Settings, SettingsChange,
};
use crate::edge;
use crate::founding::{Founder, FoundingError};

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Organization {
    /// Its id, `org_…`.
    id: String,
    /// Its name.
    name: String,
    /// Whether events with unknown actions, or without metadata that the catalog requires, are
    /// refused.
    strict: bool,
    /// What it says itself about its secrets.
    #[schema(value_type = schema::RedactionRules)]
    redaction: Rules,
    /// Its log.
    log: LogSettings,
    /// Whether it is archived: it is read, and nothing is recorded or changed in it, but for what only takes away.
    archived: bool,
    /// When it was made, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

/// What an organization has set about its log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogSettings {
    /// Whether anybody may read it under `/log`, without a key.
    public: bool,
}

impl From<&Settings> for Organization {
    fn from(settings: &Settings) -> Self {
        Self {
            id: settings.id.clone(),
            name: settings.name.clone(),
            strict: settings.strict,
            redaction: settings.rules.clone(),
            log: LogSettings {
                public: settings.log_public,
            },
            archived: settings.archived,
            created_at: settings.created_at.to_string(),
        }
    }
}

/// An organization, as lists have it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedOrganization {
    /// Its id, `org_…`.
    id: String,
    /// Its name.
    name: String,
    /// Whether it is archived.
    archived: bool,
    /// When it was made, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
}

/// Organizations, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrganizationList {
    /// The organizations.
    #[schema(max_items = 1000)]
    data: Vec<ListedOrganization>,
}

impl From<Listed> for ListedOrganization {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id,
            name: listed.name,
            archived: listed.archived,
            created_at: listed.created_at.to_string(),
        }
    }
}

/// The organizations that the caller belongs to.
///
/// A key belongs to one. For owners of the instance `all=true` gives every organization.
#[utoipa::path(
    get, path = "/v1/organizations", tag = "organizations", operation_id = "list_organizations",
    security(("api_key" = []), ("session" = [])),
    params(("all" = Option<bool>, Query, nullable = false, description = "All that there are, for owners of the instance")),
    responses(
        (status = 200, description = "The organizations", body = OrganizationList),
        (status = 400, description = "A parameter is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A key that may not read, or `all` and no owner of the instance", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_organizations(
    State(control): State<Control>,
    State(gate): State<Arc<Gate>>,
    State(organizations): State<Arc<Organizations>>,
    whoever: Whoever,
    uri: Uri,
) -> Result<Json<OrganizationList>, Problem> {
    let [all] = parameters::only(&uri, ["all"])?;
    let all = parameters::flag("all", all.as_deref())?;
    let listed = match (&whoever, all) {
        (_, true) => {
            whoever.owner().ok_or(AuthError::OwnersOnly)?;
            Listed::all(&mut *control.reading().await?).await?
        }
        (Whoever::Person(signed_in), false) => {
            let person = signed_in.person();
            let mut listed = Listed::of_person(&mut *control.reading().await?, &person.id).await?;
            if let Some(only) = &person.only_organization {
                listed.retain(|listed| listed.id == *only);
            }
            listed
        }
        (Whoever::Key(key), false) => {
            let id = key.caller().organization_id();
            whoever.within::<ReadSettings>(&gate, id).await?;
            let settings = organizations.settings(id).into_iter();
            settings
                .map(|settings| Listed {
                    id: settings.id.clone(),
                    name: settings.name.clone(),
                    archived: settings.archived,
                    created_at: settings.created_at,
                })
                .collect()
        }
    };
    let data = listed.into_iter().map(ListedOrganization::from).collect();
    Ok(Json(OrganizationList { data }))
}

/// Makes an organization.
///
/// For owners of the instance. It has a log of its own, and whoever makes it is its first admin.
#[utoipa::path(
    post, path = "/v1/organizations", tag = "organizations", operation_id = "create_organization",
    security(("session" = [])),
    request_body(content = schema::NewOrganization),
    responses(
        (status = 201, description = "The organization", body = Organization,
         headers(("location" = String, description = "Where it is"))),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "No owner of the instance", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "There are too many organizations", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The log could not be made, or the control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn create_organization(
    State(acts): State<Arc<Acts>>,
    State(founder): State<Founder>,
    State(reader): State<BodyReader>,
    signed_in: SignedIn,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    parameters::none(&uri)?;
    signed_in.must_own_instance()?;
    let document = document::read(&reader, &headers, body).await?;
    let name = lifecycle::read_new_name(&document);
    let name = name.map_err(|refusals| document::refused(&refusals))?;
    let now = edge::now();
    let new = NewOrganization {
        id: edge::prefixed_id("org", now).map_err(no_randomness)?,
        name,
        redaction_key: edge::random().map_err(no_randomness)?,
        admin_id: signed_in.person().id.clone(),
        now,
    };
    let author = Author::person(signed_in.person(), signed_in.visit());
    // Begun once the log is there: the transaction that follows must not wait for the disk under another lock.
    founder.log_for(&new.id).await?;
    let mut act = acts.begin(author).await?;
    let home = lifecycle::create(act.connection(), &new).await?;
    let deed = Deed::new("organisation.created").to("organization", &new.id, &new.name);
    act.did(&new.id, deed.clone());
    act.did(&home, deed);
    let organizations = act.organizations();
    let made = organizations
        .settings_within(act.connection(), &new.id)
        .await?;
    let made = made.ok_or(ChangeError::NoOrganization)?;
    act.commit().await?;
    let location = [(LOCATION, format!("/v1/organizations/{}", new.id))];
    let made = Json(Organization::from(&made));
    Ok((StatusCode::CREATED, location, made))
}

/// An organization.
#[utoipa::path(
    get, path = "/v1/organizations/{id}", tag = "organizations", operation_id = "get_organization",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, pattern = "^org_[0-9a-f]{32}$", description = "The organization's id, `org_…`")),
    responses(
        (status = 200, description = "The organization", body = Organization),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not read settings", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such organization, or it is another one", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_organization(
    State(gate): State<Arc<Gate>>,
    State(organizations): State<Arc<Organizations>>,
    whoever: Whoever,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<Organization>, Problem> {
    let Path(id) = id?;
    parameters::none(&uri)?;
    Standing::<ReadSettings>::of(&whoever, &gate, &id).await?;
    let settings = organizations.settings(&id);
    let settings = settings.ok_or(ChangeError::NoOrganization)?;
    Ok(Json(Organization::from(&*settings)))
}

/// Sets the organization's name, strictness, redaction rules, who may read its log, or whether it is archived.
///
/// What is not mentioned stays; `redaction` is replaced as a whole. It counts for every request that
/// comes after the answer, and stays after a restart. What has been recorded stays as it is. What is archived is
/// read as before; nothing is recorded or changed in it, but that keys, viewer issuers and invitations are revoked,
/// sessions ended and members removed, and this: `{"archived": false}` brings it back. Owners of
/// the instance set `name` and `archived` of every organization.
#[utoipa::path(
    patch, path = "/v1/organizations/{id}", tag = "organizations", operation_id = "change_organization",
    security(("api_key" = []), ("session" = [])),
    params(("id" = String, Path, pattern = "^org_[0-9a-f]{32}$", description = "The organization's id, `org_…`")),
    request_body(content = schema::OrganizationChange),
    responses(
        (status = 200, description = "The organization as it is from now on", body = Organization),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Nobody who may, or the organization is archived", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such organization, or it is another one", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn change_organization(
    State(acts): State<Arc<Acts>>,
    State(gate): State<Arc<Gate>>,
    State(reader): State<BodyReader>,
    whoever: Whoever,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<Organization>, Problem> {
    let Path(id) = id?;
    let (request, body) = request.into_parts();
    parameters::none(&request.uri)?;
    let standing = Standing::<ManageOrganization>::of(&whoever, &gate, &id).await?;
    let document = document::read(&reader, &request.headers, body).await?;
    let change = SettingsChange::read(&document);
    let change = change.map_err(|refusals| document::refused(&refusals))?;
    if matches!(standing, Standing::Owner(_)) && !change.is_of_the_instance() {
        return Err(AuthError::Forbidden(Permission::ManageOrganization).into());
    }
    let mut act = acts.begin(standing.author()).await?;
    let organizations = act.organizations();
    let change = OrganizationChange::Settings(change);
    let changed = organizations.change(act.connection(), &id, change, edge::now());
    let Changed { before, after } = changed.await?;
    let deed = Deed::new("organisation.updated")
        .to("organization", &id, &after.name)
        .changing("name", before.name, after.name.as_str())
        .changing("strict", before.strict, after.strict)
        .changing("redaction", json!(before.rules), json!(after.rules))
        .changing("log.public", before.log_public, after.log_public)
        .changing("archived", before.archived, after.archived);
    if !deed.changes_nothing() {
        act.did(&id, deed);
    }
    act.commit().await?;
    Ok(Json(Organization::from(&after)))
}

/// Deletes an organization that is archived.
///
/// For owners of the instance. Nobody gets anything of it any more: its keys do not work, its members do not belong
/// to it, its log is not shown. Its events and its log stay on the server's disk. There is no way back.
#[utoipa::path(
    delete, path = "/v1/organizations/{id}", tag = "organizations", operation_id = "delete_organization",
    security(("session" = [])),
    params(("id" = String, Path, pattern = "^org_[0-9a-f]{32}$", description = "The organization's id, `org_…`")),
    responses(
        (status = 204, description = "It is deleted"),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "No owner of the instance", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such organization", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is not archived, or it is the one that the instance was founded with", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn delete_organization(
    State(acts): State<Arc<Acts>>,
    signed_in: SignedIn,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    parameters::none(&uri)?;
    signed_in.must_own_instance()?;
    let author = Author::person(signed_in.person(), signed_in.visit());
    let mut act = acts.begin(author).await?;
    let deleted = lifecycle::delete(act.connection(), &id, edge::now()).await?;
    let deed = Deed::new("organisation.deleted").to("organization", &id, &deleted.name);
    act.did(&id, deed.clone());
    act.did(&deleted.home, deed);
    act.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What somebody is to an organization that a path names.
enum Standing<R> {
    /// Somebody who has the right in it.
    Holder(Authorized<R>),
    /// An owner of the instance who has not.
    Owner(SignedIn),
}

impl<R: Right> Standing<R> {
    async fn of(whoever: &Whoever, gate: &Gate, id: &str) -> Result<Self, Problem> {
        match (whoever.within(gate, id).await, whoever.owner()) {
            (Ok(holder), _) => Ok(Standing::Holder(holder)),
            (Err(AuthError::Unknown), _) => Err(AuthError::Unknown.into()),
            (Err(_), Some(owner)) => Ok(Standing::Owner(owner.clone())),
            (Err(AuthError::OtherOrganization), None) => Err(ChangeError::NoOrganization.into()),
            (Err(error), None) => Err(error.into()),
        }
    }

    fn author(&self) -> Author {
        match self {
            Self::Holder(holder) => Author::of(holder.caller(), holder.visit()),
            Self::Owner(owner) => Author::person(owner.person(), owner.visit()),
        }
    }
}

fn no_randomness(error: edge::NoRandomness) -> Problem {
    FoundingError::from(error).into()
}

impl From<LifecycleError> for Problem {
    fn from(error: LifecycleError) -> Self {
        let detail = error.to_string();
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, &*detail);
        match error {
            LifecycleError::TooMany => conflict("too_many_organizations"),
            LifecycleError::Home => conflict("home_organization"),
            LifecycleError::NotArchived => conflict("not_archived"),
            LifecycleError::Unknown => Self::not_found(detail),
            LifecycleError::Control(error) => error.into(),
        }
    }
}

impl From<FoundingError> for Problem {
    fn from(error: FoundingError) -> Self {
        match error {
            FoundingError::Control(error) => ControlError::into(error),
            FoundingError::Lifecycle(error) => error.into(),
            FoundingError::NoRandomness(_) => {
                tracing::error!("{error}");
                Self::internal()
            }
            FoundingError::Key(_)
            | FoundingError::Log(_)
            | FoundingError::NoLog
            | FoundingError::Abandoned => {
                tracing::error!("a log was not made: {error}");
                let detail = "the organization's log could not be made, so there is no organization: the \
                              server's log says why, under this response's x-request-id; try again";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "log_failed", detail).with_retry()
            }
        }
    }
}
