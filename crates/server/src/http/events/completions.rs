//! `GET /v1/events/completions`: what a beginning may become.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use evident_event::query::own::Parameter;
use evident_event::query::{Field, MAX_FILTER_VALUE_BYTES, Times};
use evident_store::index::Completing;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::{Problem, ProblemBody};
use super::super::{parameters, schema};
use super::{CountedValue, MAX_LIST_BYTES, held_json};
use crate::auth::{Authorized, Read};
use crate::budget::Answers;
use crate::edge;
use crate::query::Questions;

const OWN: &[Parameter] = &[
    ("field", Times::Once, MAX_LIST_BYTES),
    ("prefix", Times::Once, MAX_FILTER_VALUE_BYTES),
];

/// What a beginning may become.
#[derive(Serialize, ToSchema)]
pub(crate) struct Completions {
    /// The most frequent first; `limit` of them.
    #[schema(max_items = 500)]
    values: Vec<CountedValue>,
}

/// The values of a field, or the names of fields, that begin with a text, without regard to case.
///
/// They are those of the events that match, with the number of events that have them. Names are of
/// all fields that every event may have, also where none of these events has one, and of the keys of
/// `metadata` that there are.
#[utoipa::path(
    get, path = "/v1/events/completions", tag = "events", operation_id = "event_completions",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(
        schema::QueryParameters,
        ("field" = Option<String>, Query, nullable = false, example = "actor.email",
         description = "The field whose values are wanted; without it, names of fields"),
        ("prefix" = Option<String>, Query, nullable = false,
         description = "What they begin with, at most 1,024 bytes; anything by default"),
    ),
    responses(
        (status = 200, description = "The values or names", body = Completions),
        (status = 400, description = "The query or the field is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or not this project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no event of the id in `around`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The answer took too long: narrow the query", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn event_completions(
    State(questions): State<Arc<Questions>>,
    State(Answers(budget)): State<Answers>,
    reader: Authorized<Read>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    let (own, query) = parameters::split(&uri, OWN)?;
    let completing = match own.one("field") {
        Some(path) => Completing::Values(Field::parse_countable("field", path)?),
        None => Completing::Names,
    };
    let prefix = own.one("prefix").unwrap_or_default().to_owned();
    let question = questions
        .question(reader.scope(), query, edge::now())
        .await?;
    let found = questions.completions(question, completing, prefix).await?;
    let values = found.into_iter().map(CountedValue::from).collect();
    held_json(&budget, &Completions { values })
}
