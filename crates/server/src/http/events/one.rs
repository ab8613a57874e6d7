//! `GET /v1/events/{id}`: one event.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use evident_event::id::EventId;
use evident_event::record;
use evident_store::index::StoredEvent;

use super::super::problem::{Problem, ProblemBody};
use super::super::{JSON, parameters, schema};
use crate::auth::{Authorized, Read};
use crate::query::Questions;

/// The event of an id.
///
/// An event of another organization, or outside of the project that the key is limited to, is as
/// absent as one that was never recorded.
#[utoipa::path(
    get, path = "/v1/events/{id}", tag = "events", operation_id = "get_event",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(("id" = String, Path, description = "The event's id, a UUID", format = "uuid")),
    responses(
        (status = 200, description = "The event", body = schema::Event),
        (status = 400, description = "The id is no UUID", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such event", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The answer took too long", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn get_event(
    State(questions): State<Arc<Questions>>,
    reader: Authorized<Read>,
    id: Result<Path<String>, PathRejection>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    let Path(id) = id?;
    parameters::none(&uri)?;
    let event = found(&questions, &reader, &id).await?;
    let mut body = Vec::new();
    record::with_index(&event.canonical, event.index, &mut body);
    Ok(([(CONTENT_TYPE, JSON)], body))
}

/// The event of an id that a path names, if the caller may see it.
pub(super) async fn found(
    questions: &Questions,
    reader: &Authorized<Read>,
    id: &str,
) -> Result<StoredEvent, Problem> {
    let id = EventId::parse(id)
        .map_err(|_| Problem::bad_request("bad_id", "the id is no UUID: correct the path"))?;
    let event = questions.event(reader.scope(), id).await?;
    event.ok_or_else(|| Problem::not_found("there is no such event: check its id and your key"))
}
