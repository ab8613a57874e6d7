//! Setting up a directory that nobody has set up: the first thing that is done in a browser.
//!
//! There is a pair of handlers for a server that waits to be set up, and one for all others.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::{Problem, ProblemBody};
use super::super::set_up_mode::Waiting;
use super::super::{parameters, schema};
use super::read;
use crate::control::MAX_NAME_BYTES;
use crate::founding::Founded;
use crate::setting_up::{SetUpError, Wishes};

/// Whether the server waits to be set up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetUpState {
    /// It does.
    needed: bool,
}

/// What a server is to begin with.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "it describes the document, which is read strictly"
)]
pub(crate) struct SetUp {
    /// What is behind the `#` of the link that the server printed when it was started.
    #[schema(max_length = 128)]
    token: String,
    /// The organization's name.
    #[schema(example = "Acme AI", min_length = 1, max_length = 255)]
    organization: String,
    /// The owner's name.
    #[schema(example = "Ada Obi", min_length = 1, max_length = 255)]
    name: String,
    /// The owner's address.
    #[schema(example = "ada@example.com", max_length = 254)]
    email: String,
    /// The owner's password: at least 12 characters, not easy to guess.
    #[schema(format = Password, max_length = 1024)]
    password: String,
}

/// Whether the server waits to be set up.
#[utoipa::path(
    get,
    path = "/v1/setup",
    operation_id = "get_setup",
    tag = "sessions",
    responses(
        (status = 200, description = "Whether it does", body = SetUpState),
        (status = 400, description = "A parameter that is none", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_setup(parts: Parts) -> Result<Json<SetUpState>, Problem> {
    parameters::none(&parts.uri)?;
    Ok(Json(SetUpState { needed: false }))
}

/// Set up a server that has no organization yet, by the link that it printed when it was started.
///
/// The answer has the first keys, which are shown this once. The owner signs in by `POST /v1/auth/login`. Once a server
/// has been set up nothing of the document is read.
#[utoipa::path(
    post,
    path = "/v1/setup",
    operation_id = "set_up",
    tag = "sessions",
    request_body = SetUp,
    responses(
        (status = 201, description = "The server is set up, and ready", body = Founded),
        (status = 400, description = "The document is not JSON, or there is a parameter that is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The link does not work (`link_refused`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The server has been set up before (`already_set_up`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The document is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The document is not acceptable, or the password is easy to guess (`unacceptable_password`)", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn set_up(parts: Parts) -> Result<StatusCode, Problem> {
    parameters::none(&parts.uri)?;
    Err(SetUpError::AlreadySetUp.into())
}

/// `GET /v1/setup` of a server that waits.
pub(crate) async fn get_waiting(parts: Parts) -> Result<Json<SetUpState>, Problem> {
    parameters::none(&parts.uri)?;
    Ok(Json(SetUpState { needed: true }))
}

/// `POST /v1/setup` of a server that waits.
pub(crate) async fn set_up_waiting(
    State(waiting): State<Waiting>,
    parts: Parts,
    body: Body,
) -> Result<(StatusCode, Json<Founded>), Problem> {
    parameters::none(&parts.uri)?;
    let known = ["token", "organization", "name", "email", "password"];
    let reading = read(
        &waiting.reader,
        &parts.headers,
        body,
        &known,
        |document, found| {
            let token = document.token(found);
            let organization = document.name("organization", MAX_NAME_BYTES, found);
            let name = document.name("name", MAX_NAME_BYTES, found);
            let (email, password) = (document.email(found), document.password("password", found));
            let wishes = Wishes {
                organization: organization?,
                name: name?,
                email: email?,
                password: password?,
            };
            Some((token?, wishes))
        },
    );
    let (token, wishes) = reading.await?;
    let founded = waiting.setting_up.set_up(&token, wishes).await?;
    // Whoever has this answer signs in next.
    waiting.served().await;
    Ok((StatusCode::CREATED, Json(founded)))
}

impl From<SetUpError> for Problem {
    fn from(error: SetUpError) -> Self {
        use SetUpError as E;
        let detail = error.to_string();
        match error {
            E::WrongToken => Self::new(StatusCode::FORBIDDEN, "link_refused", detail),
            E::AlreadySetUp => Self::new(StatusCode::CONFLICT, "already_set_up", detail),
            E::Password(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unacceptable_password",
                detail,
            ),
            E::Busy => Self::too_many("too_many_requests", detail),
            E::Founding(error) => error.into(),
            E::Abandoned => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}
