//! Errors as clients see them: RFC 9457 `application/problem+json` with a stable `code`.
//!
//! Every error of every layer becomes a [`Problem`] here or next to the handler that may meet it,
//! so that status, code and wording are found in few places. A problem never repeats a secret: the
//! texts come from typed errors, cut to a bounded length.

use axum::extract::rejection::PathRejection;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use evident_event::record::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use super::events::EventReceipt;
use super::limits;
use crate::acts::ActError;
use crate::auth::AuthError;
use crate::control::ControlError;

/// The media type of problems.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
/// Begins the `type` of every problem; the code follows.
const TYPE_PREFIX: &str = "urn:evident:problem:";

/// An error, as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// A URI for the kind of problem: `urn:evident:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was expected, what came, and what to do next.
    detail: String,
    /// The kind of problem, stable, for machines.
    code: &'static str,
    /// What was probably meant, where one word of the request is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    suggestion: Option<String>,
    /// For a batch: what is wrong with which event. For a document: what is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemEntry>,
    /// Of a request that failed after its events had been recorded: their receipts. They are on the
    /// log; sent again without their ids they would be recorded twice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    receipts: Vec<EventReceipt>,
    /// Of entries of a log that were removed: the index below which none are shown any more, a multiple of
    /// 256.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    minimum_index: Option<u64>,
    /// Of single sign-on that is not set up: the address to register at the provider, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    redirect_url: Option<String>,
}

/// What is wrong with one event, or with one part of the request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ProblemEntry {
    /// The event's place in the request, from 0. A request that is no batch is one thing, at 0.
    pub(crate) position: usize,
    /// The member that is wrong, as an RFC 6901 pointer from the event or document; empty for all of it.
    pub(crate) pointer: String,
    /// The kind of mistake, stable, for machines.
    pub(crate) code: &'static str,
    /// What was expected, what came, and what to do next.
    pub(crate) reason: String,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) suggestion: Option<String>,
}

impl ProblemEntry {
    /// An entry with its texts cut to what a problem repeats.
    pub(crate) fn new(
        position: usize,
        pointer: &str,
        code: &'static str,
        reason: &str,
        suggestion: Option<&str>,
    ) -> Self {
        Self {
            position,
            pointer: shortened(pointer),
            code,
            reason: shortened(reason),
            suggestion: suggestion.map(shortened),
        }
    }

    /// The entry for what an event or a document was refused for.
    pub(crate) fn of(position: usize, refusal: &Refusal) -> Self {
        Self::new(
            position,
            &refusal.pointer,
            refusal.code,
            &refusal.message,
            refusal.suggestion.as_deref(),
        )
    }
}

/// A text as problems repeat it: cut at a bounded length.
pub(crate) fn shortened(text: &str) -> String {
    if text.len() <= limits::MAX_ERROR_TEXT_BYTES {
        return text.to_owned();
    }
    let cut = text.floor_char_boundary(limits::MAX_ERROR_TEXT_BYTES);
    format!("{}…", &text[..cut])
}

/// What few problems say.
#[derive(Debug, Default)]
struct More {
    /// Of what was recorded although the request failed.
    receipts: Vec<EventReceipt>,
    minimum_index: Option<u64>,
    redirect_url: Option<String>,
}

/// An error on its way to the client.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    suggestion: Option<Box<str>>,
    errors: Vec<ProblemEntry>,
    more: Option<Box<More>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of this status, code and explanation.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            suggestion: None,
            errors: Vec::new(),
            more: None,
            headers: Vec::new(),
        }
    }

    /// A request that is not understood.
    pub(crate) fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// Something that is not there, or not for the caller's eyes.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// A mistake of ours. The log has the details, the client has the request's id.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "the server failed; its log says why, under this response's x-request-id",
        )
    }

    /// Too much at once.
    pub(crate) fn too_many(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail).with_retry()
    }

    /// The same, saying more.
    pub(crate) fn adding(mut self, further: &str) -> Self {
        self.detail = format!("{}. {further}", self.detail);
        self
    }

    /// The same, with an entry for each thing that is wrong.
    pub(crate) fn with_errors(mut self, errors: Vec<ProblemEntry>) -> Self {
        self.errors = errors;
        self
    }

    /// The same, with the receipts of events that were recorded nevertheless.
    pub(crate) fn with_receipts(mut self, receipts: Vec<EventReceipt>) -> Self {
        self.more.get_or_insert_default().receipts = receipts;
        self
    }

    /// The same, with the index below which a log shows no entries any more.
    pub(crate) fn with_minimum_index(mut self, minimum_index: u64) -> Self {
        self.more.get_or_insert_default().minimum_index = Some(minimum_index);
        self
    }

    /// The same, with the address that single sign-on comes back to, if it is known.
    pub(crate) fn with_redirect_url(mut self, redirect_url: Option<String>) -> Self {
        self.more.get_or_insert_default().redirect_url = redirect_url;
        self
    }

    /// The same, with what was probably meant.
    pub(crate) fn with_suggestion(mut self, suggestion: Option<&str>) -> Self {
        self.suggestion = suggestion.map(|text| shortened(text).into());
        self
    }

    /// The same, with a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same, telling the client when to come again.
    pub(crate) fn with_retry(self) -> Self {
        let seconds = HeaderValue::from(limits::RETRY_AFTER.as_secs());
        self.with_header(RETRY_AFTER, seconds)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let more = self.more.map(|more| *more).unwrap_or_default();
        let body = ProblemBody {
            kind: format!("{TYPE_PREFIX}{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
            suggestion: self.suggestion.map(String::from),
            errors: self.errors,
            receipts: more.receipts,
            minimum_index: more.minimum_index,
            redirect_url: more.redirect_url,
        };
        let mut headers: HeaderMap = self.headers.into_iter().collect();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        match serde_json::to_vec(&body) {
            Ok(bytes) => (self.status, headers, bytes).into_response(),
            // Strings and numbers always become JSON.
            Err(_) => self.status.into_response(),
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let detail = error.to_string();
        match error {
            AuthError::Missing | AuthError::Invalid => {
                Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
                    .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
            AuthError::Forbidden(_)
            | AuthError::LimitedToProjects(_)
            | AuthError::NotHome
            | AuthError::OutsideProjects(_)
            | AuthError::TooManyProjects
            | AuthError::PeopleOnly
            | AuthError::LimitedSession
            | AuthError::OwnersOnly => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
            AuthError::OtherOrigin => Self::new(StatusCode::FORBIDDEN, "other_origin", detail),
            AuthError::OrganizationArchived => {
                Self::new(StatusCode::FORBIDDEN, "organization_archived", detail)
            }
            AuthError::ProjectArchived => {
                Self::new(StatusCode::FORBIDDEN, "project_archived", detail)
            }
            AuthError::OtherSite => Self::new(StatusCode::FORBIDDEN, "other_site", detail),
            AuthError::OtherOrganization => {
                Self::new(StatusCode::FORBIDDEN, "other_organization", detail)
            }
            AuthError::RepeatedOrganization => Self::bad_request("repeated_parameter", detail),
            AuthError::WhichOrganization => Self::bad_request("which_organization", detail),
            AuthError::NoLog => Self::not_found(detail),
            AuthError::Unknown => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "control_failed", detail).with_retry()
            }
        }
    }
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        let detail = error.to_string();
        let unavailable = |code| Self::new(StatusCode::SERVICE_UNAVAILABLE, code, &*detail);
        match error {
            ActError::Stalled => unavailable("changes_stalled").with_retry(),
            ActError::Unrecorded => unavailable("record_pending"),
            ActError::Auth(error) => error.into(),
            ActError::NoOrganization => Self::not_found(detail),
            ActError::TooLong => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "change_too_long", detail)
            }
            ActError::Append(_) => {
                tracing::error!("{detail}");
                unavailable("changes_stalled").with_retry()
            }
            ActError::Control(error) => error.into(),
            ActError::Refused { .. } | ActError::NoRandomness(_) | ActError::Abandoned => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}

/// A write that failed may have happened. What is kept is whole either way.
impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        tracing::error!("{error}");
        let detail = "the control database failed, so the change may not have been made: look at it, and \
                      make it again; the server's log says why, under this response's x-request-id";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "control_failed", detail).with_retry()
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::bad_request(
            "bad_path",
            "the path is not UTF-8 after decoding: correct its escapes",
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_problem_has_the_members_of_rfc_9457_and_a_code() {
        let entry = ProblemEntry::new(3, "/actor", "missing", "expected an actor", None);
        let problem = Problem::bad_request("invalid_events", "1 event").with_errors(vec![entry]);
        let response = problem.into_response();
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "urn:evident:problem:invalid_events",
                "title": "Bad Request",
                "status": 400,
                "detail": "1 event",
                "code": "invalid_events",
                "errors": [{"position": 3, "pointer": "/actor", "code": "missing",
                            "reason": "expected an actor"}],
            })
        );
    }

    #[test]
    fn an_endless_pointer_is_cut_between_characters() {
        let entry = ProblemEntry::new(0, &"é".repeat(5000), "x", "", Some(&"y".repeat(5000)));
        assert!(entry.pointer.len() <= limits::MAX_ERROR_TEXT_BYTES + '…'.len_utf8());
        assert!(entry.pointer.ends_with('…'));
        assert!(entry.suggestion.is_some_and(|s| s.len() < 1100));
    }
}
