//! `GET /v1/events/histogram`: how the events that match spread over time.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use evident_event::query::own::Parameter;
use evident_event::query::{Field, Times};
use evident_event::time::Timestamp;
use evident_store::index::Split;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::super::problem::{Problem, ProblemBody};
use super::super::{parameters, schema};
use super::{MAX_LIST_BYTES, held_json};
use crate::auth::{Authorized, Read};
use crate::budget::Answers;
use crate::edge;
use crate::query::{Questions, Spread};

/// Longest interval, in bytes.
const MAX_INTERVAL_BYTES: usize = 64;
const OWN: &[Parameter] = &[
    ("interval", Times::Once, MAX_INTERVAL_BYTES),
    ("split_by", Times::Once, MAX_LIST_BYTES),
];

/// Counts what is not named.
const OTHER: &str = "other";
/// Counts events without a value.
const MISSING: &str = "missing";

/// How the events that match spread over time.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventHistogram<'a> {
    /// How long the buckets are, by the clock and calendar of `tz`.
    #[schema(value_type = schema::BucketInterval)]
    interval: &'static str,
    /// One after the other, without a gap.
    #[schema(max_items = 5000)]
    buckets: Vec<Bucket<'a>>,
}

/// How many events there are in a stretch of time.
#[derive(Serialize, ToSchema)]
pub(crate) struct Bucket<'a> {
    /// When it begins, in UTC.
    #[serde(serialize_with = "display")]
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// When it ends, which is when the next one begins, in UTC.
    #[serde(serialize_with = "display")]
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// How many events match in it.
    count: u64,
    /// With `split_by`: the same for each of the 20 values that are most frequent in the whole
    /// answer, then for all others as `other`, and for events without one as `missing`. What is 0 is
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = std::collections::BTreeMap<String, u64>, required = false)]
    split: Option<SplitIn<'a>>,
}

/// What a split says of one bucket.
struct SplitIn<'a> {
    split: &'a Split,
    bucket: usize,
}

fn display<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(instant)
}

impl Serialize for SplitIn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let count = |counts: &[u64]| counts.get(self.bucket).copied().unwrap_or_default();
        let mut other = count(&self.split.other);
        let mut map = serializer.serialize_map(None)?;
        for (value, counts) in &self.split.values {
            // Values that are called as the sums are have no name of their own.
            if [OTHER, MISSING].contains(&value.as_str()) {
                other += count(counts);
            } else if count(counts) > 0 {
                map.serialize_entry(value, &count(counts))?;
            }
        }
        for (sum, count) in [(OTHER, other), (MISSING, count(&self.split.missing))] {
            if count > 0 {
                map.serialize_entry(sum, &count)?;
            }
        }
        map.end()
    }
}

impl<'a> EventHistogram<'a> {
    fn of(spread: &'a Spread) -> Self {
        let Spread {
            interval,
            buckets,
            histogram,
        } = spread;
        let times = buckets.iter().flat_map(|buckets| buckets.iter());
        let counted = times.zip(&histogram.counts).enumerate();
        let bucket = |(bucket, ((start, end), count)): (usize, (_, &u64))| Bucket {
            start,
            end,
            count: *count,
            split: histogram
                .split
                .as_ref()
                .map(|split| SplitIn { split, bucket }),
        };
        Self {
            interval: interval.as_str(),
            buckets: counted.map(bucket).collect(),
        }
    }
}

/// How the events that match spread over time.
///
/// The buckets are whole minutes, hours, days, weeks or months in `tz`, so the first may begin before
/// the range and the last end after it; only events within the range count. Empty buckets are there
/// too. Where the range is open, the first or last match is its end; without a match there are then
/// no buckets. With a page's `cursor`, the answer is of the same time and size of the log as the page.
#[utoipa::path(
    get, path = "/v1/events/histogram", tag = "events", operation_id = "event_histogram",
    security(("api_key" = []), ("session" = []), ("viewer_token" = [])),
    params(
        schema::QueryParameters,
        ("interval" = inline(Option<schema::AskedInterval>), Query, nullable = false,
         description = "How long the buckets are; `auto`, the default, chooses at most 100 that people can read. More than 5,000 are refused"),
        ("split_by" = Option<String>, Query, nullable = false, example = "category",
         description = "A field by whose values each bucket is split"),
    ),
    responses(
        (status = 200, description = "The buckets", body = EventHistogram),
        (status = 400, description = "The query, the interval or the field is not understood, or there would be too many buckets", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or not this project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no event of the id in `around`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The answer took too long: narrow the query", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn event_histogram(
    State(questions): State<Arc<Questions>>,
    State(Answers(budget)): State<Answers>,
    reader: Authorized<Read>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    let (own, query) = parameters::split(&uri, OWN)?;
    let interval = own.interval("interval")?;
    let split_by = own.one("split_by");
    let split_by = split_by.map(|path| Field::parse_countable("split_by", path));
    let split_by = split_by.transpose()?;
    let question = questions
        .question(reader.scope(), query, edge::now())
        .await?;
    let spread = questions.histogram(question, interval, split_by).await?;
    held_json(&budget, &EventHistogram::of(&spread))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_split_is_in_order_without_zeros_and_its_sums_are_told_apart_from_values() {
        let split = Split {
            values: vec![
                ("b".to_owned(), vec![5, 0]),
                ("other".to_owned(), vec![2, 0]),
                ("a".to_owned(), vec![1, 1]),
                ("missing".to_owned(), vec![1, 0]),
                ("Other".to_owned(), vec![1, 0]),
            ],
            other: vec![10, 0],
            missing: vec![7, 0],
        };
        let of = |bucket| {
            let split = SplitIn {
                split: &split,
                bucket,
            };
            serde_json::to_string(&split).unwrap()
        };
        assert_eq!(of(0), r#"{"b":5,"a":1,"Other":1,"other":13,"missing":7}"#);
        assert_eq!(of(1), r#"{"a":1}"#);
        assert_eq!(of(2), "{}");
    }
}
