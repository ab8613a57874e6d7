//! `POST /v1/events`: recording events.

mod awaited;
mod problems;
mod receipts;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::super::body::{BodyReader, Received as ReceivedBody};
use super::super::encoding::Encoding;
use super::super::limits::MAX_IDEMPOTENCY_KEY_BYTES;
use super::super::problem::{Problem, ProblemBody};
use super::super::{JSON, Shared, parameters, schema};
use crate::auth::{Authorized, Ingest, Read};
use crate::budget::Claim;
use crate::capture::{Capture, Form, Submission};
use crate::edge;
use crate::workers::Workers;

use awaited::{Awaited, Awaiting};
pub(crate) use receipts::*;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What recording is done with.
pub(crate) struct Recording {
    capture: Arc<Capture>,
    reader: BodyReader,
    workers: Workers,
    awaiting: Awaiting,
}

impl FromRef<Shared> for Recording {
    fn from_ref(shared: &Shared) -> Self {
        let services = &shared.services;
        Self {
            capture: Arc::clone(&services.capture),
            reader: shared.reader.clone(),
            workers: services.workers.clone(),
            awaiting: Awaiting {
                prover: services.prover.clone(),
                workers: services.workers.clone(),
                answers: services.answers.clone(),
                waiting: Arc::clone(&shared.waiting),
            },
        }
    }
}

impl Recording {
    /// What was sent, decoded, and the claim on its bytes.
    async fn submission(
        &self,
        headers: &HeaderMap,
        body: Body,
        partial: bool,
    ) -> Result<(Submission, Claim), Problem> {
        let form = form(headers)?;
        let encoding = Encoding::of(headers)?;
        let idempotency_key = idempotency_key(headers)?;
        let sent = self.reader.read(headers, body).await?;
        let ReceivedBody { bytes, claim } = match encoding {
            Encoding::Identity => sent,
            _ => self
                .workers
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
        Ok((submission, claim))
    }
}

/// Records events.
///
/// 201 means that all of them are on stable storage, have their place on the log and can be found.
/// One bad event refuses the whole request, unless it is sent with `partial=true`. The same id
/// again, with equal content, is answered with the first receipt.
#[utoipa::path(
    post, path = "/v1/events", tag = "events", operation_id = "record_events",
    security(("api_key" = []), ("session" = [])),
    params(
        ("wait" = inline(Option<schema::AwaitedUntil>), Query, nullable = false,
         description = "`checkpoint`: answer once a signed checkpoint covers the events, with their proofs. That takes up to a second; after ten, 503"),
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
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not record, or not in this project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body did not come in time", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Ids are taken by events that differ", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "Too many bytes or events", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The content type or encoding is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Events are not acceptable", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "With `wait=checkpoint`: `receipts` are recorded, and the log is damaged", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "No events are being accepted; or, with `wait=checkpoint`, `receipts` are recorded and no checkpoint has come", body = ProblemBody, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn record_events(
    State(recording): State<Recording>,
    by: Authorized<Ingest>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let Asked { partial, proofs } = Asked::of(&uri)?;
    let (submission, claim) = recording.submission(&headers, body, partial).await?;
    let Recording {
        capture, awaiting, ..
    } = recording;
    let admitted = capture.admit(&by, submission).await?;
    let organization_id = by.caller().organization_id();
    let room = match proofs {
        true => Some(awaiting.room(organization_id, admitted.count())?),
        false => None,
    };
    let answer = capture.record(admitted).await?;
    // Events were made of the body's bytes, and count as them until they are on the log.
    drop(claim);
    match room {
        Some(room) => {
            let asked = Awaited {
                partial,
                may_read: by.also::<Read>().is_ok(),
            };
            awaiting.answer(organization_id, answer, asked, room).await
        }
        None => {
            let (status, body) =
                written(answer, partial, None, 0).map_err(|_| Problem::internal())?;
            Ok((status, [(CONTENT_TYPE, JSON)], body).into_response())
        }
    }
}

/// What the request's parameters ask.
struct Asked {
    /// Keep the good events when others are refused.
    partial: bool,
    /// Answer with proofs, once a checkpoint covers the events.
    proofs: bool,
}

impl Asked {
    fn of(uri: &Uri) -> Result<Self, Problem> {
        let [partial, wait] = parameters::only(uri, ["partial", "wait"])?;
        let proofs = match wait.as_deref() {
            None => false,
            Some("checkpoint") => true,
            Some("witnessed") => {
                let detail = "wait: cosignatures of witnesses are not available in this release: give \
                              checkpoint, or leave it out";
                return Err(Problem::bad_request("bad_parameter", detail));
            }
            Some(_) => {
                let detail = "wait: give checkpoint, or leave it out";
                return Err(Problem::bad_request("bad_parameter", detail));
            }
        };
        let partial = parameters::flag("partial", partial.as_deref())?;
        Ok(Self { partial, proofs })
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_a_checkpoint_can_be_waited_for() {
        let asked = |query: &str| {
            let uri: Uri = format!("/x?{query}").parse().unwrap();
            Asked::of(&uri).map(|asked| (asked.partial, asked.proofs))
        };
        assert_eq!(asked("").unwrap(), (false, false));
        assert_eq!(asked("wait=checkpoint").unwrap(), (false, true));
        assert_eq!(asked("wait=checkpoint&partial=true").unwrap(), (true, true));
        for bad in [
            "wait=witnessed",
            "wait=",
            "wait=true",
            "wait=Checkpoint",
            "wait=checkpoint&wait=checkpoint",
            "partial=true&partial=true",
            "partial",
            "await=checkpoint",
        ] {
            assert!(asked(bad).is_err(), "{bad}");
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
