//! `GET /v1/events`: a page of the events that match.
//!
//! The body is spliced from the canonical bytes of the events, which are never parsed or written
//! anew: what a reader gets is what was hashed, with the index in front.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use evident_event::record;
use serde::Serialize;

use super::super::problem::{Problem, ProblemBody};
use super::super::{JSON, parameters, schema};
use super::over_budget;
use crate::auth::{Authorized, Read};
use crate::budget::Answers;
use crate::edge;
use crate::query::{EventPage, Questions};

/// About what a page has beside its events, and an event beside its canonical bytes.
const USUAL_EXTRA_BYTES: usize = 512;
const INDEX_BYTES: usize = 32;

/// What stands in a page after its events.
#[derive(Serialize)]
struct Tail<'a> {
    next_cursor: Option<&'a str>,
    prev_cursor: Option<&'a str>,
    total: u64,
    as_of: u64,
    took_ms: u64,
}

/// A page of the events that match, with their exact number.
///
/// The parts of the query join by AND. Later pages, by `next_cursor` and `prev_cursor`, are cut at
/// the log's size `as_of` of the first: what is recorded meanwhile enters none of them.
#[utoipa::path(
    get, path = "/v1/events", tag = "events", operation_id = "list_events",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(schema::QueryParameters),
    responses(
        (status = 200, description = "A page", body = schema::EventPage),
        (status = 400, description = "The query or the cursor is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or not this project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no event of the id in `around`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The answer took too long: narrow the query", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_events(
    State(questions): State<Arc<Questions>>,
    State(Answers(budget)): State<Answers>,
    reader: Authorized<Read>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    let started = Instant::now();
    let (_, query) = parameters::split(&uri, &[])?;
    let question = questions
        .question(reader.scope(), query, edge::now())
        .await?;
    let page = questions.page(question).await?;
    let sizes = page
        .events
        .iter()
        .map(|event| event.canonical.len() + INDEX_BYTES);
    let capacity = USUAL_EXTRA_BYTES + sizes.sum::<usize>();
    let mut claim = budget.claim();
    claim.grow(capacity).map_err(over_budget)?;
    let body = write(&page, capacity, started).map_err(|_| Problem::internal())?;
    Ok(([(CONTENT_TYPE, JSON)], claim.hold(body)))
}

fn write(page: &EventPage, capacity: usize, started: Instant) -> serde_json::Result<Vec<u8>> {
    let mut body = Vec::with_capacity(capacity);
    body.extend_from_slice(br#"{"data":["#);
    for (at, event) in page.events.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        record::with_index(&event.canonical, event.index, &mut body);
    }
    body.extend_from_slice(b"],");
    let tail = serde_json::to_vec(&Tail {
        next_cursor: page.next_cursor.as_deref(),
        prev_cursor: page.prev_cursor.as_deref(),
        total: page.total,
        as_of: page.as_of,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })?;
    // The tail is an object: its members follow the array's.
    body.extend_from_slice(tail.get(1..).unwrap_or_default());
    Ok(body)
}
