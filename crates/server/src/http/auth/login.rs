//! Signing in and out.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;

use super::super::body::BodyReader;
use super::super::parameters;
use super::super::problem::{Problem, ProblemBody};
use super::super::schema;
use super::answers::SignedInAs;
use super::{moment, read};
use crate::auth::cookies::{Cookie, NotACookieValue};
use crate::auth::token::{Purpose, Token};
use crate::auth::{AuthError, Gate, SignedIn, Visit};
use crate::control::Organizations;
use crate::signing_in::{Begun, Presented, SignInError, SigningIn};

/// How long a browser keeps its mark, in seconds: longer than browsers keep any.
const DEVICE_LASTS: std::time::Duration = std::time::Duration::from_hours(24 * 400);

/// What somebody signs in with.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the document, which is read strictly"
)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// The address.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// The password.
    #[schema(format = Password, max_length = 1024)]
    password: String,
    /// A code of the authenticator app, or a recovery code, where a second factor is in use.
    #[schema(nullable = false, example = "123456", max_length = 64)]
    code: Option<String>,
}

/// Sign in with a password.
///
/// The answer sets a session cookie. It is for browsers: the request must come from one of this server's own pages,
/// as `Sec-Fetch-Site` or `Origin` say. Whatever is wrong, the answer is the same.
#[utoipa::path(
    post,
    path = "/v1/auth/login",
    operation_id = "sign_in",
    tag = "sessions",
    request_body = Credentials,
    responses(
        (status = 200, description = "The person is signed in", body = SignedInAs,
            headers(("set-cookie" = String, description = "The session, and the browser's mark"))),
        (status = 400, description = "The document is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Something is not right (`sign_in_refused`), or a code is needed too (`second_factor_needed`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The request does not come from a page of this server", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn sign_in(
    State(gate): State<Arc<Gate>>,
    State(signing_in): State<Arc<SigningIn>>,
    State(organizations): State<Arc<Organizations>>,
    State(reader): State<BodyReader>,
    parts: Parts,
    body: Body,
) -> Result<Response, Problem> {
    parameters::none(&parts.uri)?;
    gate.cookies_of(&parts)?;
    let known = ["email", "password", "code"];
    let (email, password, code) = read(&reader, &parts.headers, body, &known, |document, found| {
        let code = document.optional_code(found);
        let (email, password) = (document.email(found), document.password("password", found));
        Some((email?, password?, code))
    })
    .await?;
    let visit = Visit::of(&parts);
    let presented = Presented {
        email,
        password,
        code,
        device: Cookie::Device
            .read(&parts.headers, visit.scheme())
            .map(str::to_owned),
        replaces: presented_session(&parts.headers, &visit),
    };
    let begun = signing_in.sign_in(presented, &visit, moment()).await?;
    entered(&begun, &visit, &signing_in, &organizations).await
}

/// The digest of the session that the browser has.
pub(crate) fn presented_session(headers: &HeaderMap, visit: &Visit) -> Option<[u8; 32]> {
    let cookie = Cookie::Session.read(headers, visit.scheme())?;
    Some(Token::parse(cookie, Purpose::Session)?.digest())
}

/// The answer to somebody who has signed in.
async fn entered(
    begun: &Begun,
    visit: &Visit,
    signing_in: &SigningIn,
    organizations: &Organizations,
) -> Result<Response, Problem> {
    let session = &begun.session;
    let only = session.organization_id.as_deref();
    let standing = signing_in.standing(&session.user_id, only).await?;
    let told = SignedInAs::new(session, &standing, organizations);
    let headers = cookies(begun, visit, signing_in).map_err(|error| {
        tracing::error!("{error}");
        Problem::internal()
    })?;
    Ok((StatusCode::OK, headers, Json(told)).into_response())
}

/// The cookies that a browser is given with a session.
pub(crate) fn cookies(
    begun: &Begun,
    visit: &Visit,
    signing_in: &SigningIn,
) -> Result<HeaderMap, NotACookieValue> {
    let (scheme, max) = (visit.scheme(), signing_in.lasting().max);
    let mut headers = HeaderMap::new();
    let session = Cookie::Session.set(scheme, &begun.token.write(), max)?;
    headers.append(SET_COOKIE, session);
    let device = Cookie::Device.set(scheme, &begun.device, DEVICE_LASTS)?;
    headers.append(SET_COOKIE, device);
    Ok(headers)
}

/// Sign out: the session ends.
#[utoipa::path(
    post,
    path = "/v1/auth/logout",
    operation_id = "sign_out",
    tag = "sessions",
    security(("session" = [])),
    responses(
        (status = 204, description = "The session has ended",
            headers(("set-cookie" = String, description = "Takes the session cookie away"))),
        (status = 400, description = "A parameter that is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The request does not come from a page of this server, or has an API key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn sign_out(
    State(signing_in): State<Arc<SigningIn>>,
    who: SignedIn,
    parts: Parts,
) -> Result<Response, Problem> {
    parameters::none(&parts.uri)?;
    signing_in.sign_out(&who).await?;
    let mut headers = HeaderMap::new();
    headers.append(SET_COOKIE, Cookie::Session.clear(who.visit().scheme()));
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// Who is signed in, with the organizations, roles and permissions.
#[utoipa::path(
    get,
    path = "/v1/auth/session",
    operation_id = "get_session",
    tag = "sessions",
    security(("session" = [])),
    responses(
        (status = 200, description = "The session", body = SignedInAs),
        (status = 400, description = "A parameter that is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The request has an API key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_session(
    State(signing_in): State<Arc<SigningIn>>,
    State(organizations): State<Arc<Organizations>>,
    who: SignedIn,
    parts: Parts,
) -> Result<Json<SignedInAs>, Problem> {
    parameters::none(&parts.uri)?;
    let person = who.person();
    let only = person.only_organization.as_deref();
    let standing = signing_in.standing(&person.id, only).await?;
    let sessions = signing_in.sessions(&person.id, moment().now).await?;
    let mut sessions = sessions.iter();
    let session = sessions.find(|session| session.id == person.session_id);
    let session = session.ok_or(AuthError::Invalid)?;
    Ok(Json(SignedInAs::new(session, &standing, &organizations)))
}
