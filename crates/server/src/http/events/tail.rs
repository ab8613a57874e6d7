//! `GET /v1/events/tail`: events as they are recorded, as Server-Sent Events.
//!
//! Each message has the event's index as its id, so a client that reconnects says by itself how far
//! it has come. A message with an id and no data is a heartbeat: clients give it to nobody, and
//! remember its id. The first one comes at once, so that a client has an id to go on from before
//! the first event.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::response::IntoResponse;
use bytes::Bytes;
use evident_event::record;
use evident_store::index::StoredEvent;
use futures_util::stream;

use super::super::problem::{Problem, ProblemBody};
use super::super::{parameters, schema};
use crate::auth::{Authorized, Read};
use crate::edge;
use crate::query::{After, AskError, News, Questions, Tail, Tails};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
/// Proxies that gather what they pass on would keep events for themselves.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// The id to go on after while there is no event yet, or from the first one on.
const BEFORE_ALL: &str = "-1";
/// When a client whose connection is gone comes again, in milliseconds.
const RETRY_MS: u64 = 1_000;
/// About what a message has beside its event's canonical bytes.
const USUAL_EXTRA_BYTES: usize = 64;

/// Events that match, as they are recorded.
///
/// They come in the order of their indexes, each as `id: <index>` and `data: <event>`. With
/// `Last-Event-ID`, those after that index come first, without a gap; without it, what is recorded
/// from now on. Messages without data are heartbeats. The stream has no end, but for that of the
/// key or the server: connect again with the last id. A `range` by name moves with the clock.
#[utoipa::path(
    get, path = "/v1/events/tail", tag = "events", operation_id = "tail_events",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(
        schema::QueryParameters,
        ("Last-Event-ID" = Option<String>, Header, nullable = false, pattern = "^(-1|[0-9]+)$",
         description = "The index to go on after: the last id that was received; `-1` for the first event of all"),
    ),
    responses(
        (status = 200, description = "Server-Sent Events without an end", body = String, content_type = "text/event-stream"),
        (status = 400, description = "The query is not understood, or `Last-Event-ID` is none", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or not this project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no event of the id in `around`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Looking through the log took too long: narrow the query", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn tail_events(
    State(questions): State<Arc<Questions>>,
    State(tails): State<Arc<Tails>>,
    reader: Authorized<Read>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    let after = headers.get(LAST_EVENT_ID).map(last_event_id).transpose()?;
    let (_, query) = parameters::split(&uri, &[])?;
    let question = questions
        .question(reader.scope(), query, edge::now())
        .await?;
    let tail = tails.open(reader, question, after).await?;
    let headers = [
        (CONTENT_TYPE, EVENT_STREAM),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    Ok((headers, body(tail)))
}

fn last_event_id(value: &HeaderValue) -> Result<After, Problem> {
    let digits = value.as_bytes();
    if digits == BEFORE_ALL.as_bytes() {
        return Ok(After::Nothing);
    }
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        let detail = "last-event-id: give the id of the last event that was received, a decimal \
                      number, or leave the header out to begin with now";
        return Err(Problem::bad_request("bad_last_event_id", detail));
    }
    // No log is as long as a number that is too large.
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    Ok(After::Index(number.unwrap_or(u64::MAX)))
}

/// The stream of a tail's messages. It is asked for the next only when the one before is on its way.
fn body(tail: Tail) -> Body {
    let greeting = format!("retry: {RETRY_MS}\n\n{}", heartbeat(tail.begins()));
    let greeting = Bytes::from(greeting);
    Body::from_stream(stream::unfold(
        (tail, Some(greeting)),
        |(mut tail, greeting)| async move {
            let message = match greeting {
                Some(greeting) => Ok(greeting),
                None => tail
                    .next()
                    .await?
                    .map(messages)
                    .inspect_err(|error: &AskError| {
                        tracing::warn!("a tail was broken off: {error}");
                    }),
            };
            Some((message, (tail, None)))
        },
    ))
}

fn messages(news: News) -> Bytes {
    match news {
        News::Nothing(next) => Bytes::from(heartbeat(next)),
        News::Events(events) => {
            let sizes = events
                .iter()
                .map(|event| event.canonical.len() + USUAL_EXTRA_BYTES);
            let mut out = Vec::with_capacity(sizes.sum());
            events.iter().for_each(|event| message(event, &mut out));
            Bytes::from(out)
        }
    }
}

/// Canonical bytes have no line breaks, so an event is one line of data.
fn message(event: &StoredEvent, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("id: {}\ndata: ", event.index).as_bytes());
    record::with_index(&event.canonical, event.index, out);
    out.extend_from_slice(b"\n\n");
}

/// A message without data, where `next` is looked at next.
fn heartbeat(next: u64) -> String {
    match next.checked_sub(1) {
        Some(last) => format!("id: {last}\n\n"),
        None => format!("id: {BEFORE_ALL}\n\n"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_last_event_id_is_a_decimal_number_however_large() {
        let read = |text: &'static str| last_event_id(&HeaderValue::from_static(text));
        assert_eq!(read("-1").unwrap(), After::Nothing);
        assert_eq!(read("0").unwrap(), After::Index(0));
        assert_eq!(read("007").unwrap(), After::Index(7));
        let large = read("99999999999999999999999").unwrap();
        assert_eq!(large, After::Index(u64::MAX));
        for bad in ["", "-2", "-01", "+1", "1.0", "1 ", "x", "0x1"] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
