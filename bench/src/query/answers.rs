//! Whether an answer is true, by what was counted without the server.

use std::collections::HashMap;

use evident_event::time::Timestamp;
use serde_json::Value;

use super::filter::Filter;
use super::recount::{Counts, Field};
use crate::events::Events;

/// Values that a facet or a completion shows at most.
const SHOWN_VALUES: usize = 50;
/// Names in a histogram's split that stand for several values, or for none.
const NO_VALUES: [&str; 2] = ["other", "missing"];

pub fn parse(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("the answer is no JSON: {error}"))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} is {found:?}, not {expected:?}"))
}

/// A page: the exact total, as many events as there should be, in order, all of them asked for.
pub fn page(
    events: &Events,
    filter: &Filter,
    answer: &Value,
    total: u64,
    limit: u64,
    ascending: bool,
) -> Result<(), String> {
    same("the total", answer["total"].as_u64(), Some(total))?;
    let shown = data(answer)?;
    same("the number of events", shown.len() as u64, total.min(limit))?;
    for event in shown {
        let wrong = filter
            .iter()
            .find(|condition| !condition.shown_by(events, event));
        if let Some(condition) = wrong {
            return Err(format!("{condition:?} does not hold of {event}"));
        }
    }
    in_order(shown, ascending)
}

pub fn data(answer: &Value) -> Result<&[Value], String> {
    let data = answer["data"].as_array().map(Vec::as_slice);
    data.ok_or_else(|| "the answer has no data".to_owned())
}

/// By `occurred_at`, then by index, none twice.
pub fn in_order(shown: &[Value], ascending: bool) -> Result<(), String> {
    let key = |event: &Value| (event["occurred_at"].to_string(), event["index"].as_u64());
    for pair in shown.windows(2) {
        let (first, second) = (key(&pair[0]), key(&pair[1]));
        let rises = first < second;
        if first == second || rises != ascending {
            return Err(format!("{first:?} stands before {second:?}"));
        }
    }
    Ok(())
}

/// Facets of the fields that were counted.
pub fn facets(
    events: &Events,
    fields: &[Field],
    answer: &Value,
    counts: &Counts,
) -> Result<(), String> {
    for (place, &field) in fields.iter().enumerate() {
        let facet = &answer["facets"][field.name()];
        let expected = counts.values(place, field, events);
        let distinct = Some(expected.len() as u64);
        same("the number of values", facet["distinct"].as_u64(), distinct)?;
        same("what is missing", facet["missing"].as_u64(), Some(0))?;
        values(&facet["values"], &expected)
            .map_err(|error| format!("{}: {error}", field.name()))?;
    }
    Ok(())
}

/// Completions of a beginning, in lower case.
pub fn completions(
    events: &Events,
    field: Field,
    prefix: &str,
    answer: &Value,
    counts: &Counts,
) -> Result<(), String> {
    let mut expected = counts.values(0, field, events);
    expected.retain(|value, _| value.to_lowercase().starts_with(prefix));
    values(&answer["values"], &expected)
}

/// The most frequent values first, each with its count.
fn values(shown: &Value, expected: &HashMap<String, u64>) -> Result<(), String> {
    let shown = shown.as_array().map_or(&[][..], Vec::as_slice);
    let mut most: Vec<u64> = expected.values().copied().collect();
    most.sort_unstable_by(|a, b| b.cmp(a));
    most.truncate(SHOWN_VALUES);
    let counts: Vec<u64> = shown.iter().filter_map(|v| v["count"].as_u64()).collect();
    same("the counts", counts, most)?;
    for value in shown {
        let name = value["value"].as_str().unwrap_or_default();
        same(name, value["count"].as_u64(), expected.get(name).copied())?;
    }
    Ok(())
}

/// A histogram in whole days of UTC, split by category.
pub fn histogram(events: &Events, answer: &Value, counts: &Counts) -> Result<(), String> {
    let buckets = answer["buckets"].as_array().map_or(&[][..], Vec::as_slice);
    let mut sum = 0;
    for bucket in buckets {
        let time = |name: &str| {
            let text = bucket[name].as_str().unwrap_or_default();
            Timestamp::parse_rfc3339(text).map_err(|error| error.to_string())
        };
        let (start, end) = (time("start")?.as_micros(), time("end")?.as_micros());
        let expected = counts.in_days(start, end, events);
        let count: u64 = expected.values().sum();
        same(
            &format!("bucket {start}"),
            bucket["count"].as_u64(),
            Some(count),
        )?;
        sum += count;
        let split = bucket["split"].as_object().cloned().unwrap_or_default();
        let mut shown = 0;
        for (name, value) in &split {
            shown += value.as_u64().unwrap_or_default();
            if !NO_VALUES.contains(&name.as_str()) {
                same(name, value.as_u64(), expected.get(name).copied())?;
            }
        }
        same("the sum of a split", shown, count)?;
    }
    same("the sum of all buckets", sum, counts.total)
}

#[cfg(test)]
mod tests;
