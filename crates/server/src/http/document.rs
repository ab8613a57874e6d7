//! The one JSON document of a request that changes something beside events: small, uncompressed,
//! strictly read.

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use evident_event::json::{self, Json};
use evident_event::record::Refusal;

use super::body::{BodyError, BodyReader};
use super::encoding::{Encoding, EncodingError};
use super::limits::{MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH};
use super::problem::{Problem, ProblemEntry};
use crate::control::{ChangeError, ControlError};

/// Reads a request's document to its end.
pub(crate) async fn read(
    reader: &BodyReader,
    headers: &HeaderMap,
    body: Body,
) -> Result<Json<'static>, Problem> {
    must_be_json(headers)?;
    if Encoding::of(headers)? != Encoding::Identity {
        return Err(EncodingError::Unsupported.into());
    }
    let received = reader.read_within(headers, body, MAX_DOCUMENT_BYTES).await;
    let received = received.map_err(|error| match error {
        BodyError::TooLarge => {
            let detail =
                format!("the document has more than {MAX_DOCUMENT_BYTES} bytes: shorten it");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
        }
        other => other.into(),
    })?;
    parse(&received.bytes)
}

fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(());
    };
    let essence = value.to_str().unwrap_or_default();
    let essence = essence.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "the content type is not understood: send application/json",
    ))
}

fn parse(bytes: &Bytes) -> Result<Json<'static>, Problem> {
    let parsed = json::parse(bytes, MAX_DOCUMENT_DEPTH);
    parsed.map(Json::into_owned).map_err(|error| {
        let detail = format!("the body is not acceptable JSON: {error}");
        let reason = error.to_string();
        let entry = ProblemEntry::new(0, &error.pointer, error.kind.code(), &reason, None);
        Problem::bad_request("malformed_json", detail).with_errors(vec![entry])
    })
}

/// A document of which something is not acceptable.
pub(crate) fn refused(refusals: &[Refusal]) -> Problem {
    let detail =
        "the document is not acceptable, so nothing was changed: correct what `errors` names";
    let entries = refusals.iter().map(|refusal| ProblemEntry::of(0, refusal));
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_document", detail)
        .with_errors(entries.collect())
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        let detail = super::problem::shortened(&error.to_string());
        match error {
            ChangeError::Refused(refusals) => refused(&refusals),
            ChangeError::BuiltIn(_) => Self::new(StatusCode::CONFLICT, "built_in_action", detail),
            ChangeError::Exists(_) => Self::new(StatusCode::CONFLICT, "action_exists", detail),
            ChangeError::TooMany => Self::new(StatusCode::CONFLICT, "too_many_event_types", detail),
            ChangeError::UnknownAction { suggestion, .. } => {
                Self::new(StatusCode::NOT_FOUND, "unknown_action", detail)
                    .with_suggestion(suggestion.as_deref())
            }
            ChangeError::NoOrganization => Self::not_found(detail),
            ChangeError::Control(error) => control_problem(&error),
            ChangeError::Abandoned => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}

/// A write that failed may have happened. Settings are whole either way.
fn control_problem(error: &ControlError) -> Problem {
    tracing::error!("{error}");
    let detail = "the control database failed, so the change may not have been made: look at it, and \
                  make it again; the server's log says why, under this response's x-request-id";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "control_failed", detail).with_retry()
}
