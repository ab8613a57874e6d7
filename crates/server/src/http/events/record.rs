//! `POST /v1/events`: recording events.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use evident_event::id::EventId;
use evident_event::record::Refusal;
use evident_store::append::{AppendError, Conflict};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::super::body::{BodyReader, Received as ReceivedBody};
use super::super::encoding::Encoding;
use super::super::limits::{MAX_FURTHER_ERRORS, MAX_IDEMPOTENCY_KEY_BYTES};
use super::super::problem::{Problem, ProblemBody, ProblemEntry};
use super::super::{JSON, parameters, schema};
use crate::auth::{Authorized, Ingest};
use crate::capture::{Answer, Capture, CaptureError, Form, Received, Refused, Submission, Why};
use crate::edge;
use crate::workers::Workers;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The receipts of a request, one for each event, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipts {
    receipts: Vec<EventReceipt>,
}

/// What became of a request that was sent with `partial=true`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartialReceipts {
    /// The receipts of the events that were kept, in their order.
    receipts: Vec<EventReceipt>,
    /// Why the others were not.
    errors: Vec<ProblemEntry>,
}

/// An event is on the log: durable, sequenced and searchable.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventReceipt {
    /// The event's place in the request, from 0. Only with `partial=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    position: Option<usize>,
    /// The event's id.
    #[serde(serialize_with = "display")]
    #[schema(value_type = String, format = "uuid")]
    id: EventId,
    /// The number of its leaf in the organization's log, from 0.
    index: u64,
    /// Its leaf, SHA-256 in base64.
    leaf_hash: String,
    /// It had been recorded before; this is the first receipt again.
    duplicate: bool,
    /// What its sender should know.
    warnings: Vec<EventWarning>,
}

/// Something about an accepted event that its sender should know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventWarning {
    /// The member in question, as an RFC 6901 pointer from the event.
    pointer: String,
    /// The kind of warning, stable, for machines.
    code: &'static str,
    /// What was expected, what came, and what to do next.
    reason: String,
}

fn display<S: Serializer>(id: &EventId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// Records events.
///
/// 201 means that all of them are on stable storage, have their place on the log and can be found.
/// One bad event refuses the whole request, unless it is sent with `partial=true`. The same id
/// again, with equal content, is answered with the first receipt.
#[utoipa::path(
    post, path = "/v1/events", tag = "events", operation_id = "record_events",
    security(("api_key" = [])),
    params(
        ("partial" = Option<bool>, Query, description = "Keep the good events when others are refused, and answer 207"),
        ("Idempotency-Key" = Option<String>, Header, nullable = false, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
         description = "1 to 255 visible ASCII characters. Makes the ids of events that have none, so that the same request again records nothing new"),
        ("Content-Encoding" = inline(Option<schema::ContentEncoding>), Header, nullable = false, description = "How the body is compressed, if it is"),
    ),
    request_body(
        description = "At most 10,000 events and 16 MiB, also after decompression. With `application/x-ndjson`, one event a line",
        content(
            (schema::Submission = "application/json"),
            (String = "application/x-ndjson"),
        ),
    ),
    responses(
        (status = 201, description = "All events are on the log", body = Receipts),
        (status = 207, description = "With `partial=true`: some events are on the log", body = PartialReceipts),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No API key that works", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The key may not record, or not in this project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Ids are taken by events that differ", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too many bytes or events", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Events are not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "No events are being accepted", body = ProblemBody, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn record_events(
    State(capture): State<Arc<Capture>>,
    State(reader): State<BodyReader>,
    State(workers): State<Workers>,
    by: Authorized<Ingest>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let partial = parameters::only_flag(&uri, "partial")?;
    let form = form(&headers)?;
    let encoding = Encoding::of(&headers)?;
    let idempotency_key = idempotency_key(&headers)?;
    let sent = reader.read(&headers, body).await?;
    let ReceivedBody { bytes, claim } = match encoding {
        Encoding::Identity => sent,
        _ => workers
            .run(move || encoding.decode(sent))
            .await
            .map_err(|_| Problem::internal())??,
    };
    let submission = Submission {
        text: bytes,
        form,
        idempotency_key,
        partial,
        received_at: edge::now(),
    };
    let answer = capture.record(&by, submission).await?;
    // Events were made of the body's bytes, and count as them until they are on the log.
    drop(claim);
    respond(answer, partial)
}

fn form(headers: &HeaderMap) -> Result<Form, Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(Form::Json);
    };
    let essence = value.to_str().unwrap_or_default();
    let essence = essence.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(Form::Json)
    } else if essence.eq_ignore_ascii_case("application/x-ndjson") {
        Ok(Form::Ndjson)
    } else {
        Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "the content type is not understood: send application/json or application/x-ndjson",
        ))
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let bad = || {
        let detail = format!(
            "Idempotency-Key: give it once, as 1 to {MAX_IDEMPOTENCY_KEY_BYTES} visible ASCII \
             characters"
        );
        Problem::bad_request("bad_idempotency_key", detail)
    };
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next().map(HeaderValue::as_bytes) else {
        return Ok(None);
    };
    let good = (1..=MAX_IDEMPOTENCY_KEY_BYTES).contains(&value.len())
        && value.iter().all(u8::is_ascii_graphic);
    if !good || values.next().is_some() {
        return Err(bad());
    }
    let text = std::str::from_utf8(value).map_err(|_| bad())?;
    Ok(Some(text.to_owned()))
}

fn respond(answer: Answer, partial: bool) -> Result<Response, Problem> {
    let receipts = answer.received.into_iter();
    let receipts = receipts
        .map(|received| receipt(received, partial))
        .collect();
    let (status, body) = if answer.refused.is_empty() {
        (
            StatusCode::CREATED,
            serde_json::to_vec(&Receipts { receipts }),
        )
    } else {
        let errors = entries(&answer.refused);
        let body = PartialReceipts { receipts, errors };
        (StatusCode::MULTI_STATUS, serde_json::to_vec(&body))
    };
    let body = body.map_err(|_| Problem::internal())?;
    Ok((status, [(CONTENT_TYPE, JSON)], body).into_response())
}

fn receipt(received: Received, partial: bool) -> EventReceipt {
    let warning = |warning: evident_event::record::Warning| EventWarning {
        pointer: warning.pointer,
        code: warning.code,
        reason: warning.message,
    };
    EventReceipt {
        position: partial.then_some(received.position),
        id: received.receipt.id,
        index: received.receipt.index,
        leaf_hash: received.receipt.leaf_hash.to_base64(),
        duplicate: received.receipt.duplicate,
        warnings: received.warnings.into_iter().map(warning).collect(),
    }
}

/// One entry for each refused event, and the further reasons as long as there is room.
fn entries(refused: &[Refused]) -> Vec<ProblemEntry> {
    let mut room = MAX_FURTHER_ERRORS;
    let mut entries = Vec::new();
    for Refused { position, why } in refused {
        match why {
            // The request as a whole was refused for it.
            Why::BeyondRequest => {}
            Why::OutsideProject => entries.push(outside_project(*position)),
            Why::Conflict(conflict) => entries.push(conflict_entry(*position, conflict)),
            Why::Refusals(refusals) => {
                let kept = refusals.len().min(1 + room);
                room -= kept.saturating_sub(1);
                let kept = refusals.iter().take(kept);
                entries.extend(kept.map(|refusal| ProblemEntry::of(*position, refusal)));
            }
        }
    }
    entries
}

fn outside_project(position: usize) -> ProblemEntry {
    let reason = "the event is not of the project that the key is limited to: set project_id";
    ProblemEntry::new(position, "/project_id", "forbidden_project", reason, None)
}

fn conflict_entry(position: usize, conflict: &Conflict) -> ProblemEntry {
    let fields = match conflict.fields.as_slice() {
        [] => String::new(),
        fields => format!(" in {}", fields.join(", ")),
    };
    let reason = format!(
        "the id {} is taken by an event that differs{fields}: send the corrected event under a new id",
        conflict.id,
    );
    ProblemEntry::new(position, "/id", "conflict", &reason, None)
}

impl From<CaptureError> for Problem {
    fn from(error: CaptureError) -> Self {
        let detail = error.to_string();
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match error {
            CaptureError::Malformed(error) => {
                let entry = ProblemEntry::new(
                    0,
                    &error.pointer,
                    error.kind.code(),
                    &error.to_string(),
                    None,
                );
                Self::bad_request("malformed_json", detail).with_errors(vec![entry])
            }
            CaptureError::Empty => Self::new(unprocessable, "empty_batch", detail),
            CaptureError::TooMany => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_events", detail)
            }
            CaptureError::TooLarge => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large_recorded", detail)
            }
            CaptureError::RefusedSingle(refusals) => refused_single(&refusals),
            CaptureError::Refused { refused, .. } => {
                Self::new(unprocessable, "invalid_events", detail).with_errors(entries(&refused))
            }
            CaptureError::OutsideProject { positions, .. } => {
                let entries = positions.into_iter().map(outside_project).collect();
                Self::new(StatusCode::FORBIDDEN, "forbidden_project", detail).with_errors(entries)
            }
            CaptureError::Conflict(conflicts) => {
                let entry = |conflict: &Conflict| conflict_entry(conflict.position, conflict);
                Self::new(StatusCode::CONFLICT, "conflict", detail)
                    .with_errors(conflicts.iter().map(entry).collect())
            }
            CaptureError::Store(error) => store_problem(error),
            CaptureError::NoRandomness(_) | CaptureError::Abandoned(_) => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}

/// The only event of a request: what is no JSON is a bad request, what is too large is 413.
fn refused_single(refusals: &[Refusal]) -> Problem {
    let problem = match refusals {
        [refusal] if refusal.code == "event_too_large" => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "event_too_large",
            refusal.message.clone(),
        ),
        [refusal] if matches!(refusal.code, "invalid_json" | "invalid_utf8") => {
            let detail = format!("the body is not acceptable JSON: {}", refusal.message);
            Problem::bad_request("malformed_json", detail)
        }
        _ => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_events",
            "the event is not acceptable, so nothing was recorded: correct it and send it again",
        ),
    };
    let entries = refusals.iter().map(|refusal| ProblemEntry::of(0, refusal));
    problem.with_errors(entries.collect())
}

fn store_problem(error: AppendError) -> Problem {
    let detail = error.to_string();
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    match error {
        AppendError::QueueFull => Problem::too_many("queue_full", detail),
        AppendError::NoSpace => Problem::new(StatusCode::INSUFFICIENT_STORAGE, "no_space", detail),
        // Why is in the server's log: paths and offsets are the operator's, not every client's.
        AppendError::Stopped(_) => Problem::new(
            unavailable,
            "not_accepting",
            "events are not being accepted: what was sent is not recorded; send it again once the \
             server has been restarted or repaired",
        ),
        AppendError::ShuttingDown => {
            Problem::new(unavailable, "shutting_down", detail).with_retry()
        }
        AppendError::Conflict(_)
        | AppendError::UnknownOrganization(_)
        | AppendError::Invalid(_) => {
            tracing::error!("an append that should be acceptable was not: {detail}");
            Problem::internal()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refusals(count: usize) -> Why {
        let refusal = |at| Refusal {
            pointer: format!("/{at}"),
            code: "unknown_field",
            message: String::new(),
            suggestion: None,
        };
        Why::Refusals((0..count).map(refusal).collect())
    }

    #[test]
    fn every_refused_event_has_an_entry_and_further_reasons_are_bounded() {
        let refused: Vec<_> = (0..5_000)
            .map(|position| Refused {
                position,
                why: refusals(16),
            })
            .collect();
        let entries = entries(&refused);
        assert_eq!(entries.len(), 5_000 + MAX_FURTHER_ERRORS);
        let positions: std::collections::HashSet<_> =
            entries.iter().map(|entry| entry.position).collect();
        assert_eq!(positions.len(), 5_000);
    }

    #[test]
    fn what_the_store_refuses_has_a_status_of_its_own() {
        let stopped = AppendError::Stopped("a sync failed".to_owned());
        for (error, status, retries) in [
            (AppendError::QueueFull, 429, true),
            (AppendError::NoSpace, 507, false),
            (stopped, 503, false),
            (AppendError::ShuttingDown, 503, true),
            (AppendError::Invalid("x".to_owned()), 500, false),
        ] {
            let response = Problem::from(CaptureError::Store(error)).into_response();
            assert_eq!(response.status(), status);
            let retry = response.headers().contains_key("retry-after");
            assert_eq!(retry, retries, "{status}");
        }
    }

    #[test]
    fn an_idempotency_key_is_visible_ascii_of_bounded_length() {
        let key = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_str(value).unwrap());
            idempotency_key(&headers)
        };
        assert_eq!(key("a-1").unwrap().unwrap(), "a-1");
        assert!(key(&"x".repeat(255)).is_ok());
        for bad in ["", "a b", "é", &"x".repeat(256)] {
            assert!(key(bad).is_err(), "{bad}");
        }
        assert!(idempotency_key(&HeaderMap::new()).unwrap().is_none());
    }
}
