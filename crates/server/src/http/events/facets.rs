//! `GET /v1/events/facets`: the values of fields among the events that match.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use evident_event::query::own::Parameter;
use evident_event::query::{Field, QueryError, Times};
use evident_store::index::{Facet, ValueCount};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::super::problem::{Problem, ProblemBody};
use super::super::{parameters, schema};
use super::{MAX_LIST_BYTES, held_json};
use crate::auth::{Authorized, Read};
use crate::budget::Answers;
use crate::edge;
use crate::query::Questions;

/// Most fields that are counted at once.
const MAX_FIELDS: usize = 32;
const FIELDS: &str = "fields";
const OWN: &[Parameter] = &[(FIELDS, Times::Repeated, MAX_LIST_BYTES)];

/// The values of fields among the events that match.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventFacets {
    /// Each field, by the name that it was asked for by.
    #[serde(serialize_with = "as_object")]
    #[schema(value_type = std::collections::BTreeMap<String, FieldValues>)]
    facets: Vec<(String, FieldValues)>,
}

/// The values of a field.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldValues {
    /// The most frequent values, the most frequent first; `limit` of them.
    #[schema(max_items = 500)]
    values: Vec<CountedValue>,
    /// How many values there are.
    distinct: u64,
    /// How many events have none.
    missing: u64,
}

/// A value, and how many events have it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountedValue {
    /// The value; of a field that ignores case, in its most frequent spelling.
    value: String,
    /// How many events have it, each counted once.
    count: u64,
}

impl From<ValueCount> for CountedValue {
    fn from(ValueCount { value, count }: ValueCount) -> Self {
        Self { value, count }
    }
}

impl From<Facet> for FieldValues {
    fn from(facet: Facet) -> Self {
        Self {
            values: facet.values.into_iter().map(CountedValue::from).collect(),
            distinct: facet.distinct,
            missing: facet.missing,
        }
    }
}

fn as_object<S: Serializer>(
    facets: &[(String, FieldValues)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facets.iter().map(|(name, values)| (name, values)))
}

/// The values of fields among the events that match, with exact counts.
///
/// An event counts once for each distinct value that it has. `user` and `authority` show a party's
/// name, else its e-mail address, else its id.
#[utoipa::path(
    get, path = "/v1/events/facets", tag = "events", operation_id = "event_facets",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(
        schema::QueryParameters,
        ("fields" = Vec<String>, Query, min_items = 1, max_items = 32, example = json!(["category", "actor.id"]),
         description = "The fields, given several times or with commas between them; `\\,` is a comma of a key's own"),
    ),
    responses(
        (status = 200, description = "The values of each field", body = EventFacets),
        (status = 400, description = "The query or a field is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or not this project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no event of the id in `around`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The answer took too long: narrow the query", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn event_facets(
    State(questions): State<Arc<Questions>>,
    State(Answers(budget)): State<Answers>,
    reader: Authorized<Read>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    let (own, query) = parameters::split(&uri, OWN)?;
    let names = own.list(FIELDS);
    let fields = fields(&names)?;
    let question = questions
        .question(reader.scope(), query, edge::now())
        .await?;
    let found = questions.facets(question, fields).await?;
    let facets = found.into_iter().map(FieldValues::from);
    let facets = names.into_iter().zip(facets).collect();
    held_json(&budget, &EventFacets { facets })
}

fn fields(names: &[String]) -> Result<Vec<Field>, QueryError> {
    if names.is_empty() {
        return Err(QueryError::missing(FIELDS, "category,action"));
    }
    if names.len() > MAX_FIELDS {
        let count = names.len();
        return Err(QueryError::too_long_a_list(
            "too_many_fields",
            FIELDS,
            count,
            MAX_FIELDS,
        ));
    }
    names
        .iter()
        .map(|name| Field::parse_countable(FIELDS, name))
        .collect()
}
