//! `/v1/organizations/{id}`: what an organization has set about itself.
//!
//! An organization is there for its own keys only; for all others it is as absent as one that never
//! was.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use evident_event::redact::Rules;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::BodyReader;
use super::problem::{Problem, ProblemBody};
use super::{document, parameters, schema};
use crate::auth::{Admin, Authorized, Caller, Read};
use crate::control::{ChangeError, Organizations, Settings, SettingsChange};

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
            created_at: settings.created_at.to_string(),
        }
    }
}

/// The key's organization.
#[utoipa::path(
    get, path = "/v1/organizations/{id}", tag = "organizations", operation_id = "get_organization",
    security(("api_key" = [])),
    params(("id" = String, Path, pattern = "^org_[0-9a-f]{32}$", description = "The organization's id, `org_…`")),
    responses(
        (status = 200, description = "The organization", body = Organization),
        (status = 400, description = "The request has parameters", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No API key that works", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The key may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such organization, or it is another one", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_organization(
    State(organizations): State<Arc<Organizations>>,
    reader: Authorized<Read>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<Json<Organization>, Problem> {
    let Path(id) = id?;
    parameters::none(&uri)?;
    must_be_own(reader.caller(), &id)?;
    let settings = organizations.settings(&id);
    let settings = settings.ok_or(ChangeError::NoOrganization)?;
    Ok(Json(Organization::from(&*settings)))
}

/// Sets the organization's name, strictness, redaction rules, or who may read its log.
///
/// What is not mentioned stays; `redaction` is replaced as a whole. It counts for every request that
/// comes after the answer, and stays after a restart. What has been recorded stays as it is.
#[utoipa::path(
    patch, path = "/v1/organizations/{id}", tag = "organizations", operation_id = "change_organization",
    security(("api_key" = [])),
    params(("id" = String, Path, pattern = "^org_[0-9a-f]{32}$", description = "The organization's id, `org_…`")),
    request_body(content = schema::OrganizationChange),
    responses(
        (status = 200, description = "The organization as it is from now on", body = Organization),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No API key that works", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not an admin key of the whole organization", body = ProblemBody, content_type = "application/problem+json"),
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
    State(organizations): State<Arc<Organizations>>,
    State(reader): State<BodyReader>,
    admin: Authorized<Admin>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Organization>, Problem> {
    let Path(id) = id?;
    parameters::none(&uri)?;
    must_be_own(admin.caller(), &id)?;
    let document = document::read(&reader, &headers, body).await?;
    let change = SettingsChange::read(&document);
    let change = change.map_err(|refusals| document::refused(&refusals))?;
    let settings = organizations.set(&id, change).await?;
    Ok(Json(Organization::from(&*settings)))
}

fn must_be_own(caller: &Caller, id: &str) -> Result<(), Problem> {
    if **caller.organization_id() == *id {
        return Ok(());
    }
    Err(ChangeError::NoOrganization.into())
}
