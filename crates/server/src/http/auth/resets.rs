//! Passwords that were forgotten, and what admins do to members' sessions.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use evident_event::catalog::document::{Findings, Part};
use evident_event::json::Json as Document;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::body::BodyReader;
use super::super::problem::{Problem, ProblemBody};
use super::super::{document, parameters, schema};
use super::answers::EndedSessions;
use super::{moment, read};
use crate::auth::{Authorized, EvenArchived, Gate, ManageMembers, Visit};
use crate::signing_in::{ResetScope, SigningIn};

/// The page of a link to choose a password; its token follows. What is behind a `#` is sent to no server.
const RESET_PAGE: &str = "/reset#";

/// A link to choose a new password. It is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordResetLink {
    /// The link, which works once.
    link: String,
    /// When it ends, in UTC.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// What a link is to do, beside giving a new password.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the document, which is read strictly"
)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordResetAsked {
    /// Whether the second factor and its recovery codes end, too, once the new password is chosen: for somebody who
    /// has lost both.
    #[schema(default = false, nullable = false)]
    end_second_factor: Option<bool>,
}

/// A new password, by a link.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the document, which is read strictly"
)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// What is behind the `#` of the link.
    #[schema(max_length = 128)]
    token: String,
    /// The new password: at least 12 characters, not easy to guess.
    #[schema(format = Password, max_length = 1024)]
    new_password: String,
}

/// Make a link by which a member chooses a new password.
///
/// For members of no other organization who hold no more than the caller, or by an owner of the instance. A link that
/// was made before works no longer. `{"end_second_factor": true}` makes one that ends the second factor, too; the
/// document may be left out.
#[utoipa::path(
    post,
    path = "/v1/members/{user_id}/password-reset",
    operation_id = "make_password_reset",
    tag = "sessions",
    security(("api_key" = []), ("session" = [])),
    params(("user_id" = String, Path, description = "The person's id, `usr_…`"), ("organization_id" = Option<String>, Query, description = "The organization, for people who belong to several")),
    request_body = Option<PasswordResetAsked>,
    responses(
        (status = 201, description = "The link", body = PasswordResetLink),
        (status = 400, description = "A parameter that is none, or the document is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials, or none that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The credentials may not manage members in the whole organization (`forbidden`), or not this one (`beyond_you`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such member", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn make_password_reset(
    State(gate): State<Arc<Gate>>,
    State(signing_in): State<Arc<SigningIn>>,
    State(reader): State<BodyReader>,
    admin: Authorized<ManageMembers>,
    id: Result<Path<String>, PathRejection>,
    parts: Parts,
    body: Body,
) -> Result<(StatusCode, Json<PasswordResetLink>), Problem> {
    let Path(id) = id?;
    parameters::only(&parts.uri, ["organization_id"])?;
    admin.must_reach(None)?;
    let document = document::read_if_any(&reader, &parts.headers, body).await?;
    let scope = document.as_ref().map_or(Ok(ResetScope::Password), scope)?;
    let now = moment().now;
    let made = signing_in.make_reset(&admin, &id, scope, now).await?;
    let link = PasswordResetLink {
        link: gate.link(&parts, &format!("{RESET_PAGE}{}", made.token.write())),
        expires_at: made.expires_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(link)))
}

/// What a link is to reset.
fn scope(document: &Document<'_>) -> Result<ResetScope, Problem> {
    let whole = Part::whole(document);
    if whole.is_null() {
        return Ok(ResetScope::Password);
    }
    let mut findings = Findings::default();
    let object = whole.object(&["end_second_factor"], &mut findings);
    let asked = object.and_then(|object| match object.given("end_second_factor") {
        None => Some(false),
        Some(part) => part.flag(&mut findings),
    });
    match asked {
        Some(true) if findings.is_empty() => Ok(ResetScope::SecondFactorToo),
        Some(false) if findings.is_empty() => Ok(ResetScope::Password),
        _ => Err(document::refused(&findings.into_refusals())),
    }
}

/// End the sessions of a member.
///
/// For members of no other organization who hold no more than the caller, or by an owner of the instance. It is done in
/// an organization that is archived, too.
#[utoipa::path(
    delete,
    path = "/v1/members/{user_id}/sessions",
    operation_id = "end_sessions_of_member",
    tag = "sessions",
    security(("api_key" = []), ("session" = [])),
    params(("user_id" = String, Path, description = "The person's id, `usr_…`"), ("organization_id" = Option<String>, Query, description = "The organization, for people who belong to several")),
    responses(
        (status = 200, description = "They have ended", body = EndedSessions),
        (status = 400, description = "A parameter that is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials, or none that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The credentials may not manage members in the whole organization (`forbidden`), or not this one (`beyond_you`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such member", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn end_sessions_of_member(
    State(signing_in): State<Arc<SigningIn>>,
    admin: Authorized<EvenArchived<ManageMembers>>,
    id: Result<Path<String>, PathRejection>,
    parts: Parts,
) -> Result<Json<EndedSessions>, Problem> {
    let Path(id) = id?;
    parameters::only(&parts.uri, ["organization_id"])?;
    admin.must_reach(None)?;
    let ended = signing_in.end_sessions_of(&admin, &id).await?;
    Ok(Json(EndedSessions { ended }))
}

/// Choose a new password by a link. All sessions end; a second factor stays in use, unless the link was made to end it.
#[utoipa::path(
    post,
    path = "/v1/auth/reset",
    operation_id = "reset_password",
    tag = "sessions",
    request_body = NewPassword,
    responses(
        (status = 204, description = "The password is the new one: sign in with it"),
        (status = 400, description = "The document is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The link does not work (`link_refused`), or the request does not come from a page of this server", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable, or the new password is easy to guess (`unacceptable_password`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn reset_password(
    State(gate): State<Arc<Gate>>,
    State(signing_in): State<Arc<SigningIn>>,
    State(reader): State<BodyReader>,
    parts: Parts,
    body: Body,
) -> Result<StatusCode, Problem> {
    parameters::none(&parts.uri)?;
    gate.cookies_of(&parts)?;
    let known = ["token", "new_password"];
    let (token, new) = read(&reader, &parts.headers, body, &known, |document, found| {
        let (token, new) = (
            document.token(found),
            document.password("new_password", found),
        );
        Some((token?, new?))
    })
    .await?;
    signing_in
        .reset(&token, new, &Visit::of(&parts), moment())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
