//! `POST /v1/viewer-tokens`: tokens that let others read for a while.
//!
//! What must always hold:
//!
//! - nobody makes a token that shows more than they may see themselves, at the moment when it is made: whose key was
//!   revoked, or session ended, while the request was under way makes none;
//! - each token is on the record before anybody has it, by the id that its readings are recorded under; its text is
//!   in the answer and nowhere else.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use evident_event::catalog::document::Findings;
use evident_event::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::document::Sent;
use super::super::problem::{Problem, ProblemBody};
use super::super::{document, schema};
use super::asked::TokenAsked;
use super::{begun, found};
use crate::acts::{Act, ActError, Acts, Deed};
use crate::auth::{Authorized, IssueViewers, Keyring, ViewerClaims};
use crate::control::{Permission, ViewerIssuer};
use crate::edge;

/// Random bytes that tell a token from the others of its issuer.
const SERIAL_BYTES: usize = 8;
/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// A viewer token that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeToken {
    /// What its readings are recorded under.
    id: String,
    /// The token, to be sent as `Authorization: Bearer <token>`: it is not shown again.
    token: String,
    /// When it stops working, in UTC.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Makes a viewer token.
///
/// It reads events, and the catalog, and does nothing else; of the events it shows those that all of its limits
/// let through. It stops working at its end, or with its issuer.
#[utoipa::path(
    post, path = "/v1/viewer-tokens", tag = "viewers", operation_id = "issue_viewer_token",
    security(("api_key" = []), ("session" = [])),
    request_body(content = schema::NewViewerToken),
    responses(
        (status = 201, description = "The token", body = MadeToken),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not issue viewer tokens there", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such issuer", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The issuer's secret does not open", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable, or there is no such project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn issue_viewer_token(
    State(acts): State<Arc<Acts>>,
    State(keyring): State<Arc<Keyring>>,
    manager: Authorized<IssueViewers>,
    sent: Sent,
) -> Result<Response, Problem> {
    let document = sent.document().await?;
    let asked = TokenAsked::read(&document);
    let asked = asked.map_err(|refusals| document::refused(&refusals))?;
    must_show(&manager, asked.project_id.as_deref())?;
    let organization_id = manager.caller().organization_id();
    // Begun although no row changes: the body may have taken its time, and the credentials are looked at once more.
    let mut act = begun(&acts, &manager).await?;
    if let Some(project_id) = &asked.project_id {
        must_be_project(&mut act, organization_id, project_id).await?;
    }
    let issuer = found(act.connection(), organization_id, &asked.issuer_id).await?;
    let claims = claims(&asked, edge::now())?;
    let token = keyring.issuers().sign(&claims).ok_or_else(|| {
        let detail = "what this issuer signs with does not open with this directory's instance.key: restore that \
                      file from a backup, or make another issuer";
        Problem::new(StatusCode::CONFLICT, "issuer_sealed", detail)
    })?;
    act.did(organization_id, deed(&claims, &issuer));
    act.commit().await?;
    let body = MadeToken {
        id: claims.id(),
        token,
        expires_at: claims.expires_at().to_string(),
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Refuses a token that shows more than who makes it may see.
fn must_show(manager: &Authorized<IssueViewers>, project_id: Option<&str>) -> Result<(), Problem> {
    manager.must_reach(project_id)?;
    let reading = [Permission::ReadEvents].into_iter().collect();
    if manager.caller().held().may_give(reading, project_id) {
        return Ok(());
    }
    let detail = "a viewer token reads events, which you may not there: ask somebody who may";
    Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
}

async fn must_be_project(act: &mut Act, organization_id: &str, id: &str) -> Result<(), Problem> {
    let organizations = act.organizations();
    let settings = organizations.settings_within(act.connection(), organization_id);
    let settings = settings.await?.ok_or(ActError::NoOrganization)?;
    if settings.projects.iter().any(|project| project.id == id) {
        return Ok(());
    }
    let mut findings = Findings::default();
    let message =
        "expected the id of a project, found none of that id: correct it, or leave it out";
    findings.refuse("/project_id", "unknown_project", message);
    Err(document::refused(&findings.into_refusals()))
}

fn claims(asked: &TokenAsked, now: Timestamp) -> Result<ViewerClaims, Problem> {
    let bytes: [u8; SERIAL_BYTES] = edge::random().map_err(ActError::from)?;
    let mut serial = String::with_capacity(2 * SERIAL_BYTES);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(serial, "{byte:02x}");
    }
    let expires_at = now.checked_add(asked.seconds * SECOND);
    let expires_at = expires_at.ok_or_else(Problem::internal)?;
    let mut claims = ViewerClaims::new(&asked.issuer_id, &serial, expires_at);
    claims.project_id.clone_from(&asked.project_id);
    claims.actor_id.clone_from(&asked.actor_id);
    claims.target_id.clone_from(&asked.target_id);
    Ok(claims)
}

/// The record of a token that was made.
fn deed(claims: &ViewerClaims, issuer: &ViewerIssuer) -> Deed {
    let limits = [
        ("only_project", &claims.project_id),
        ("only_actor", &claims.actor_id),
        ("only_target", &claims.target_id),
    ];
    let mut deed = Deed::new("settings.changed")
        .to("viewer_token", &claims.id(), "")
        .to("viewer_issuer", &issuer.id, &issuer.name)
        .in_project(claims.project_id.as_deref())
        .changing("expires_at", Value::Null, claims.expires_at().to_string())
        .saying("status_message", "A viewer token was issued.");
    for (name, limit) in limits {
        if let Some(limit) = limit {
            deed = deed.saying(name, limit.as_str());
        }
    }
    deed
}
