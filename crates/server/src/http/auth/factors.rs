//! A person's second factor, and the recovery codes for when it is gone.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::body::BodyReader;
use super::super::problem::{Problem, ProblemBody};
use super::super::{parameters, schema};
use super::{moment, read};
use crate::auth::SignedIn;
use crate::signing_in::SigningIn;

/// One's own password, once more.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the document, which is read strictly"
)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnPassword {
    /// The password.
    #[schema(format = Password, max_length = 1024)]
    password: String,
}

/// A code of the authenticator app.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the document, which is read strictly"
)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstCode {
    /// The code.
    #[schema(example = "123456", max_length = 64)]
    code: String,
}

/// One's own password, and a code.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the document, which is read strictly"
)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordAndCode {
    /// The password.
    #[schema(format = Password, max_length = 1024)]
    password: String,
    /// A code of the authenticator app, or a recovery code.
    #[schema(example = "123456", max_length = 64)]
    code: String,
}

/// A second factor that has begun. It is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecondFactor {
    /// The secret, for those who type it into their app.
    secret: String,
    /// The same, for those who scan it as a QR code.
    uri: String,
}

/// Recovery codes. They are shown this once, and each works once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// The codes.
    recovery_codes: Vec<String>,
}

/// Begin a second factor.
///
/// It is not in use before its first code has been sent to `/v1/auth/totp/confirm`.
#[utoipa::path(
    post,
    path = "/v1/auth/totp",
    operation_id = "begin_second_factor",
    tag = "sessions",
    security(("session" = [])),
    request_body = OwnPassword,
    responses(
        (status = 200, description = "The secret, for the authenticator app", body = SecondFactor),
        (status = 400, description = "The document is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The password is another (`wrong_password`), the request does not come from a page of this server, has an API key, or the session is by an organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "A second factor is in use (`second_factor_on`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn begin_second_factor(
    State(signing_in): State<Arc<SigningIn>>,
    State(reader): State<BodyReader>,
    who: SignedIn,
    parts: Parts,
    body: Body,
) -> Result<Json<SecondFactor>, Problem> {
    parameters::none(&parts.uri)?;
    who.must_be_unlimited()?;
    let password = read(
        &reader,
        &parts.headers,
        body,
        &["password"],
        |document, found| document.password("password", found),
    );
    let begun = signing_in
        .begin_factor(&who, password.await?, moment())
        .await?;
    Ok(Json(SecondFactor {
        secret: begun.secret,
        uri: begun.uri,
    }))
}

/// Take the second factor into use, with its first code.
#[utoipa::path(
    post,
    path = "/v1/auth/totp/confirm",
    operation_id = "confirm_second_factor",
    tag = "sessions",
    security(("session" = [])),
    request_body = FirstCode,
    responses(
        (status = 200, description = "It is in use from now on", body = RecoveryCodes),
        (status = 400, description = "The document is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The code is not right (`wrong_code`), the request does not come from a page of this server, has an API key, or the session is by an organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "One is in use, or none was begun (`second_factor_on`, `second_factor_not_begun`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn confirm_second_factor(
    State(signing_in): State<Arc<SigningIn>>,
    State(reader): State<BodyReader>,
    who: SignedIn,
    parts: Parts,
    body: Body,
) -> Result<Json<RecoveryCodes>, Problem> {
    parameters::none(&parts.uri)?;
    who.must_be_unlimited()?;
    let code = read(
        &reader,
        &parts.headers,
        body,
        &["code"],
        |document, found| document.code(found),
    );
    let recovery_codes = signing_in
        .confirm_factor(&who, &code.await?, moment())
        .await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// End the second factor.
#[utoipa::path(
    delete,
    path = "/v1/auth/totp",
    operation_id = "end_second_factor",
    tag = "sessions",
    security(("session" = [])),
    request_body = PasswordAndCode,
    responses(
        (status = 204, description = "It is in use no longer, and the recovery codes are gone"),
        (status = 400, description = "The document is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The password or the code is not right (`wrong_password`, `wrong_code`), the request does not come from a page of this server, has an API key, or the session is by an organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "No second factor is in use (`second_factor_off`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn end_second_factor(
    State(signing_in): State<Arc<SigningIn>>,
    State(reader): State<BodyReader>,
    who: SignedIn,
    parts: Parts,
    body: Body,
) -> Result<StatusCode, Problem> {
    parameters::none(&parts.uri)?;
    who.must_be_unlimited()?;
    let (password, code) = password_and_code(&reader, &parts, body).await?;
    signing_in
        .end_factor(&who, password, &code, moment())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get new recovery codes. Those that there were work no longer.
#[utoipa::path(
    post,
    path = "/v1/auth/recovery-codes",
    operation_id = "renew_recovery_codes",
    tag = "sessions",
    security(("session" = [])),
    request_body = PasswordAndCode,
    responses(
        (status = 200, description = "The codes", body = RecoveryCodes),
        (status = 400, description = "The document is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The password or the code is not right (`wrong_password`, `wrong_code`), the request does not come from a page of this server, has an API key, or the session is by an organization's provider", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "No second factor is in use (`second_factor_off`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed, or nothing can be recorded", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn renew_recovery_codes(
    State(signing_in): State<Arc<SigningIn>>,
    State(reader): State<BodyReader>,
    who: SignedIn,
    parts: Parts,
    body: Body,
) -> Result<Json<RecoveryCodes>, Problem> {
    parameters::none(&parts.uri)?;
    who.must_be_unlimited()?;
    let (password, code) = password_and_code(&reader, &parts, body).await?;
    let codes = signing_in.renew_recovery_codes(&who, password, &code, moment());
    Ok(Json(RecoveryCodes {
        recovery_codes: codes.await?,
    }))
}

async fn password_and_code(
    reader: &BodyReader,
    parts: &Parts,
    body: Body,
) -> Result<(String, String), Problem> {
    read(
        reader,
        &parts.headers,
        body,
        &["password", "code"],
        |document, found| {
            let (password, code) = (document.password("password", found), document.code(found));
            Some((password?, code?))
        },
    )
    .await
}
