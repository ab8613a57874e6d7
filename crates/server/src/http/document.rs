//! The one JSON document of a request that changes something beside events: small, uncompressed,
//! strictly read.

use axum::body::{Body, Bytes};
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use evident_event::json::{self, Json};
use evident_event::record::Refusal;

use super::body::{BodyError, BodyReader};
use super::encoding::{Encoding, EncodingError};
use super::limits::{MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH};
use super::parameters;
use super::problem::{Problem, ProblemEntry};
use crate::control::ChangeError;

/// A request that is a document and has no parameters but the one that says which organization is meant. Nothing of
/// the document is read before it is asked for.
pub(crate) struct Sent {
    uri: Uri,
    headers: HeaderMap,
    body: Body,
    reader: BodyReader,
}

impl Sent {
    /// Reads the document to its end.
    pub(crate) async fn document(self) -> Result<Json<'static>, Problem> {
        parameters::in_organization(&self.uri)?;
        read(&self.reader, &self.headers, self.body).await
    }
}

impl<S> FromRequest<S> for Sent
where
    BodyReader: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let (parts, body) = request.into_parts();
        Ok(Self {
            uri: parts.uri,
            headers: parts.headers,
            body,
            reader: BodyReader::from_ref(state),
        })
    }
}

/// Reads a request's document to its end.
pub(crate) async fn read(
    reader: &BodyReader,
    headers: &HeaderMap,
    body: Body,
) -> Result<Json<'static>, Problem> {
    must_be_json(headers)?;
    parse(&received(reader, headers, body).await?)
}

/// The same for a request that need not have one: no bytes are none.
pub(crate) async fn read_if_any(
    reader: &BodyReader,
    headers: &HeaderMap,
    body: Body,
) -> Result<Option<Json<'static>>, Problem> {
    let bytes = received(reader, headers, body).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    must_be_json(headers)?;
    parse(&bytes).map(Some)
}

/// The bytes of a document, which are not encoded and not too many.
async fn received(reader: &BodyReader, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
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
    });
    received.map(|received| received.bytes)
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
            ChangeError::Archived => {
                Self::new(StatusCode::FORBIDDEN, "organization_archived", detail)
            }
            ChangeError::NoOrganization => Self::not_found(detail),
            ChangeError::Control(error) => error.into(),
        }
    }
}
