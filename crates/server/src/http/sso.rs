//! `/v1/sso`: the provider that an organization's people sign in by, as its administrators see it.
//!
//! The client's secret goes in and never comes out.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::BodyReader;
use super::problem::{Problem, ProblemBody};
use super::{document, parameters, schema};
use crate::auth::{Authorized, ManageSso};
use crate::control::Sso;
use crate::edge;
use crate::sso::{SetUp, SetUpError, SingleSignOn, SsoChange};

/// Which organization is meant, for people who belong to several.
const ORGANIZATION_ID: &str = "organization_id";

/// An organization's provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SsoSettings {
    /// The provider's issuer, exactly as it names itself.
    issuer: String,
    /// The id that this server has there.
    client_id: String,
    /// Whether there is a secret. It is never shown.
    has_client_secret: bool,
    /// The domains of e-mail addresses that are let in, in ASCII and lower case.
    domains: Vec<String>,
    /// The claim that lists a person's groups.
    groups_claim: String,
    /// What is asked for beside `openid`.
    scopes: Vec<String>,
    /// The roles that groups give: the first group in this order that a person is in counts.
    group_roles: Vec<schema::GroupRole>,
    /// Whether those who are in none of the groups are kept out.
    require_group: bool,
    /// Whether anybody is let in.
    enabled: bool,
    /// The address to register at the provider; null until `public_url` is configured.
    redirect_url: Option<String>,
    /// When it was last set, in UTC.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl SsoSettings {
    fn new(sso: Sso, redirect_url: Option<String>) -> Self {
        let listed = sso.policy.group_roles.into_iter();
        Self {
            issuer: sso.issuer,
            client_id: sso.client_id,
            has_client_secret: sso.client_secret.is_some(),
            domains: sso.policy.domains,
            groups_claim: sso.policy.groups_claim,
            scopes: sso.policy.scopes,
            group_roles: listed
                .map(|listed| schema::GroupRole {
                    group: listed.group,
                    role: listed.role,
                })
                .collect(),
            require_group: sso.policy.require_group,
            enabled: sso.enabled,
            redirect_url,
            updated_at: sso.updated_at.to_string(),
        }
    }
}

/// The organization's provider.
#[utoipa::path(
    get, path = "/v1/sso", tag = "sso", operation_id = "get_sso",
    security(("api_key" = []), ("session" = [])),
    params(schema::WhichOrganization),
    responses(
        (status = 200, description = "The provider", body = SsoSettings),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not set up single sign-on", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is none; `redirect_url` is what to register at the provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_sso(
    State(sso): State<Arc<SingleSignOn>>,
    admin: Authorized<ManageSso>,
    uri: Uri,
) -> Result<Json<SsoSettings>, Problem> {
    parameters::only(&uri, [ORGANIZATION_ID])?;
    let redirect_url = sso.redirect_url();
    let found = sso.of(admin.caller().organization_id()).await?;
    let found = found.ok_or_else(|| {
        let detail = match &redirect_url {
            Some(url) => format!("there is no single sign-on yet: register {url} at the provider, then PUT it here"),
            None => "there is no single sign-on yet: let whoever runs the server set public_url, then PUT it here"
                .to_owned(),
        };
        Problem::new(StatusCode::NOT_FOUND, "sso_not_set_up", detail)
            .with_redirect_url(redirect_url.clone())
    })?;
    Ok(Json(SsoSettings::new(found, redirect_url)))
}

/// Sets the organization's provider, in place of the one before.
///
/// The provider is asked for its description first, unless `check` is false. A secret that is left out stays, as long
/// as issuer and client stay. Sessions that the provider has vouched for end when it is switched off, or is given
/// another issuer, client or secret.
#[utoipa::path(
    put, path = "/v1/sso", tag = "sso", operation_id = "set_sso",
    security(("api_key" = []), ("session" = [])),
    params(
        schema::WhichOrganization,
        ("check" = Option<bool>, Query, description = "Whether the provider is asked first; true by default"),
    ),
    request_body(content = schema::SsoChange),
    responses(
        (status = 200, description = "The provider as it is from now on", body = SsoSettings),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not set up single sign-on, or would give more than they hold", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The organization is gone", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It is not configured where people reach this server", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable, or the provider does not answer as it should", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "The secret could not be sealed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The change could not be made or recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn set_sso(
    State(sso): State<Arc<SingleSignOn>>,
    State(reader): State<BodyReader>,
    admin: Authorized<ManageSso>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<SsoSettings>, Problem> {
    let [check, _] = parameters::only(&uri, ["check", ORGANIZATION_ID])?;
    let check = parameters::flag("check", check.as_deref().or(Some("true")))?;
    let document = document::read(&reader, &headers, body).await?;
    let change = SsoChange::read(&document);
    let change = change.map_err(|refusals| document::refused(&refusals))?;
    let set_up = SetUp {
        admin: &admin,
        change,
        check,
        now: edge::now(),
    };
    let set = sso.set(set_up).await?;
    Ok(Json(SsoSettings::new(set, sso.redirect_url())))
}

/// Takes the organization's provider away, if there is one, and ends the sessions that it has vouched for.
#[utoipa::path(
    delete, path = "/v1/sso", tag = "sso", operation_id = "delete_sso",
    security(("api_key" = []), ("session" = [])),
    params(schema::WhichOrganization),
    responses(
        (status = 204, description = "There is none any more"),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not set up single sign-on", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The organization is gone", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The change could not be made or recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn delete_sso(
    State(sso): State<Arc<SingleSignOn>>,
    admin: Authorized<ManageSso>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    parameters::only(&uri, [ORGANIZATION_ID])?;
    sso.unset(&admin).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<SetUpError> for Problem {
    fn from(error: SetUpError) -> Self {
        let detail = super::problem::shortened(&error.to_string());
        match error {
            SetUpError::Refused(refusals) => document::refused(&refusals),
            SetUpError::NoPublicUrl => Self::new(StatusCode::CONFLICT, "no_public_url", detail),
            SetUpError::Check(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "provider_check_failed",
                detail,
            ),
            SetUpError::VouchesForMore => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
            SetUpError::NoOrganization => Self::not_found(detail),
            SetUpError::Act(error) => error.into(),
            SetUpError::Control(error) => error.into(),
            SetUpError::Secrets(error) => {
                tracing::error!("{error}");
                Self::internal()
            }
        }
    }
}
