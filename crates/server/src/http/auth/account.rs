//! A person's sessions, name and password.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use utoipa::ToSchema;

use super::super::body::BodyReader;
use super::super::problem::{Problem, ProblemBody};
use super::super::{parameters, schema};
use super::answers::{EndedSessions, SessionInfo, SessionList};
use super::{moment, read};
use crate::auth::SignedIn;
use crate::control::MAX_NAME_BYTES;
use crate::signing_in::SigningIn;

/// A person's own name.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the document, which is read strictly"
)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// The name.
    #[schema(
        example = "Ada Obi",
        max_length = 255,
        pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
    )]
    name: String,
}

/// A password in the place of another.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the document, which is read strictly"
)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The password until now.
    #[schema(format = Password, max_length = 1024)]
    current: String,
    /// The new one: at least 12 characters, not easy to guess.
    #[schema(format = Password, max_length = 1024)]
    new: String,
}

/// The sessions of whoever is signed in.
#[utoipa::path(
    get,
    path = "/v1/auth/sessions",
    operation_id = "list_sessions",
    tag = "sessions",
    security(("session" = [])),
    responses(
        (status = 200, description = "The sessions that work, the newest first", body = SessionList),
        (status = 400, description = "A parameter that is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The request has an API key, or the session is by an organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_sessions(
    State(signing_in): State<Arc<SigningIn>>,
    who: SignedIn,
    parts: Parts,
) -> Result<Json<SessionList>, Problem> {
    parameters::none(&parts.uri)?;
    who.must_be_unlimited()?;
    let person = who.person();
    let sessions = signing_in.sessions(&person.id, moment().now).await?;
    let sessions = sessions.iter();
    let data = sessions.map(|session| SessionInfo::of(session, &person.session_id));
    Ok(Json(SessionList {
        data: data.collect(),
    }))
}

/// End a session of one's own.
#[utoipa::path(
    delete,
    path = "/v1/auth/sessions/{id}",
    operation_id = "end_session",
    tag = "sessions",
    security(("session" = [])),
    params(("id" = String, Path, description = "The session's id, `ses_…`")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 400, description = "A parameter that is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The request does not come from a page of this server, has an API key, or the session is by an organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "The person has no such session", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn end_session(
    State(signing_in): State<Arc<SigningIn>>,
    who: SignedIn,
    id: Result<Path<String>, PathRejection>,
    parts: Parts,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    parameters::none(&parts.uri)?;
    who.must_be_unlimited()?;
    match signing_in.end_sessions(&who, Some(&id)).await? {
        0 => Err(Problem::not_found(
            "you have no such session: list yours with GET /v1/auth/sessions",
        )),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// End all sessions of one's own but this one.
#[utoipa::path(
    delete,
    path = "/v1/auth/sessions",
    operation_id = "end_other_sessions",
    tag = "sessions",
    security(("session" = [])),
    responses(
        (status = 200, description = "They have ended", body = EndedSessions),
        (status = 400, description = "A parameter that is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The request does not come from a page of this server, has an API key, or the session is by an organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn end_other_sessions(
    State(signing_in): State<Arc<SigningIn>>,
    who: SignedIn,
    parts: Parts,
) -> Result<Json<EndedSessions>, Problem> {
    parameters::none(&parts.uri)?;
    who.must_be_unlimited()?;
    let ended = signing_in.end_sessions(&who, None).await?;
    Ok(Json(EndedSessions { ended }))
}

/// Change one's own name.
#[utoipa::path(
    patch,
    path = "/v1/auth/profile",
    operation_id = "change_profile",
    tag = "sessions",
    security(("session" = [])),
    request_body = Profile,
    responses(
        (status = 204, description = "The name is that one now"),
        (status = 400, description = "The document is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The request does not come from a page of this server, has an API key, or the session is by an organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn change_profile(
    State(signing_in): State<Arc<SigningIn>>,
    State(reader): State<BodyReader>,
    who: SignedIn,
    parts: Parts,
    body: Body,
) -> Result<StatusCode, Problem> {
    parameters::none(&parts.uri)?;
    who.must_be_unlimited()?;
    let name = read(
        &reader,
        &parts.headers,
        body,
        &["name"],
        |document, found| document.name("name", MAX_NAME_BYTES, found),
    );
    signing_in.rename(&who, &name.await?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change one's own password. All other sessions end.
#[utoipa::path(
    put,
    path = "/v1/auth/password",
    operation_id = "change_password",
    tag = "sessions",
    security(("session" = [])),
    request_body = PasswordChange,
    responses(
        (status = 204, description = "The password is the new one, and all other sessions have ended"),
        (status = 400, description = "The document is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The current password is another (`wrong_password`), the request does not come from a page of this server, has an API key, or the session is by an organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable, or the new password is easy to guess (`unacceptable_password`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn change_password(
    State(signing_in): State<Arc<SigningIn>>,
    State(reader): State<BodyReader>,
    who: SignedIn,
    parts: Parts,
    body: Body,
) -> Result<StatusCode, Problem> {
    parameters::none(&parts.uri)?;
    who.must_be_unlimited()?;
    let known = ["current", "new"];
    let (current, new) = read(&reader, &parts.headers, body, &known, |document, found| {
        let (current, new) = (
            document.password("current", found),
            document.password("new", found),
        );
        Some((current?, new?))
    })
    .await?;
    signing_in
        .change_password(&who, current, new, moment())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
