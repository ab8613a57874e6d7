//! Histograms: the events that match, by time and by the values of a field.

use evident_event::query::Query;
use evident_event::time::Timestamp;
use evident_event::time::buckets::{Buckets, Interval};
use evident_store::index::{Histogram, Split};
use serde_json::{Value, json};

use crate::conformance::on_every_index;
use crate::conformance::world::{World, everyone, field, in_time};

on_every_index![
    each_event_counts_in_the_bucket_that_it_happened_in,
    empty_buckets_are_there_too,
    buckets_are_of_the_asked_zone,
    events_outside_of_the_buckets_are_not_counted_anywhere,
    no_buckets_have_no_counts,
    a_split_counts_by_value_and_by_bucket,
    a_split_counts_an_event_once_for_each_distinct_value,
    a_split_by_user_shows_the_name_else_the_email_else_the_id,
    a_split_joins_spellings_where_the_field_ignores_case,
    the_20_most_frequent_values_are_of_the_whole_answer,
    equally_frequent_values_are_in_the_order_of_their_bytes,
    counts_are_of_what_the_list_would_show,
];

fn at(time: &str, members: Value) -> Value {
    let mut event = members;
    event["occurred_at"] = json!(format!("2026-02-{time}Z"));
    event
}

/// Buckets from one time to another, in the zone of the query.
fn buckets(query: &Query, interval: Interval, first: &str, last: &str) -> Buckets {
    let instant = |time| Timestamp::parse_rfc3339(&format!("2026-02-{time}Z")).unwrap();
    let (first, last) = (instant(first), instant(last));
    Buckets::cover(interval, first, last, query.zone(), query.week_start()).unwrap()
}

fn histogram(
    world: &World,
    parameters: &[&str],
    (interval, first, last): (Interval, &str, &str),
    split_by: Option<&str>,
) -> Histogram {
    let query = world.query(everyone(), parameters);
    let buckets = buckets(&query, interval, first, last);
    let split_by = split_by.map(field);
    let index = world.index();
    world.answer(index.histogram(&query, None, &buckets, split_by.as_ref(), in_time()))
}

/// The days from the 10th to the 13th of February.
const FOUR_DAYS: (Interval, &str, &str) = (Interval::Day, "10T12:00:00", "13T12:00:00");

fn each_event_counts_in_the_bucket_that_it_happened_in(world: &mut World) {
    world.record(&[
        (1, at("12T23:59:59.999999", json!({}))),
        (2, at("13T00:00:00", json!({}))),
        (3, at("10T00:00:00", json!({}))),
        (4, at("13T23:59:59.999999", json!({}))),
        (5, at("11T12:00:00", json!({}))),
    ]);
    let histogram = histogram(world, &[], FOUR_DAYS, None);
    assert_eq!(histogram.counts, [1, 1, 1, 2]);
    assert_eq!(histogram.split, None);
}

fn empty_buckets_are_there_too(world: &mut World) {
    world.record(&[
        (1, at("10T00:00:00", json!({}))),
        (2, at("13T00:00:00", json!({}))),
    ]);
    assert_eq!(histogram(world, &[], FOUR_DAYS, None).counts, [1, 0, 0, 1]);
    assert_eq!(
        histogram(world, &["q=nothing"], FOUR_DAYS, None).counts,
        [0, 0, 0, 0]
    );
}

fn buckets_are_of_the_asked_zone(world: &mut World) {
    // In Kolkata a day begins at 18:30 of the day before.
    world.record(&[
        (1, at("11T18:29:59.999999", json!({}))),
        (2, at("11T18:30:00", json!({}))),
        (3, at("12T18:29:59.999999", json!({}))),
        (4, at("12T18:30:00", json!({}))),
    ]);
    let days = (Interval::Day, "11T12:00:00", "13T12:00:00");
    assert_eq!(histogram(world, &[], days, None).counts, [2, 2, 0]);
    assert_eq!(
        histogram(world, &["tz=Asia/Kolkata"], days, None).counts,
        [1, 2, 1]
    );
}

fn events_outside_of_the_buckets_are_not_counted_anywhere(world: &mut World) {
    let red = json!({"metadata": {"colour": "red"}});
    world.record(&[
        (1, at("09T23:59:59.999999", red.clone())),
        (2, at("10T00:00:00", red.clone())),
        (3, at("14T00:00:00", json!({}))),
    ]);
    let histogram = histogram(world, &[], FOUR_DAYS, Some("metadata.colour"));
    assert_eq!(histogram.counts, [1, 0, 0, 0]);
    let split = histogram.split.unwrap();
    assert_eq!(split.values, [("red".to_owned(), vec![1, 0, 0, 0])]);
    assert_eq!(split.missing, [0, 0, 0, 0]);
}

fn no_buckets_have_no_counts(world: &mut World) {
    world.record(&[(1, json!({}))]);
    let none = (Interval::Day, "13T12:00:00", "10T12:00:00");
    let histogram = histogram(world, &[], none, Some("action"));
    assert!(histogram.counts.is_empty());
    let split = histogram.split.unwrap();
    assert_eq!(
        (split.values.len(), split.other.len(), split.missing.len()),
        (0, 0, 0)
    );
}

fn a_split_counts_by_value_and_by_bucket(world: &mut World) {
    let result =
        |time, result: &str| at(time, json!({"result": result, "metadata": {"k": result}}));
    world.record(&[
        (1, result("10T01:00:00", "failed")),
        (2, result("12T01:00:00", "denied")),
        (3, result("12T02:00:00", "failed")),
        (4, result("12T03:00:00", "failed")),
        (5, at("12T04:00:00", json!({}))),
        (6, at("13T04:00:00", json!({"metadata": {"k": null}}))),
    ]);
    let split = histogram(world, &[], FOUR_DAYS, Some("metadata.k"))
        .split
        .unwrap();
    let expected = Split {
        values: vec![
            ("failed".to_owned(), vec![1, 0, 2, 0]),
            ("denied".to_owned(), vec![0, 0, 1, 0]),
        ],
        other: vec![0, 0, 0, 0],
        missing: vec![0, 0, 1, 1],
    };
    assert_eq!(split, expected);
}

fn a_split_counts_an_event_once_for_each_distinct_value(world: &mut World) {
    let tags = json!({"metadata": {"tags": ["x", "y", "x", ["x"]]}});
    world.record(&[
        (1, at("10T01:00:00", tags)),
        (2, at("10T02:00:00", json!({}))),
    ]);
    let histogram = histogram(world, &[], FOUR_DAYS, Some("metadata.tags"));
    assert_eq!(
        histogram.counts,
        [2, 0, 0, 0],
        "an event is one, whatever it is split by"
    );
    let split = histogram.split.unwrap();
    let named: Vec<(&str, u64)> = split
        .values
        .iter()
        .map(|(v, c)| (v.as_str(), c[0]))
        .collect();
    assert_eq!(named, [("x", 1), ("y", 1)]);
    assert_eq!(split.missing, [1, 0, 0, 0]);
}

fn a_split_by_user_shows_the_name_else_the_email_else_the_id(world: &mut World) {
    let by = |actor: Value| at("10T01:00:00", json!({"actor": actor}));
    world.record(&[
        (
            1,
            by(json!({"type": "user", "id": "i", "name": "N", "email": "e"})),
        ),
        (
            2,
            by(json!({"type": "user", "id": "i", "name": "", "email": "e"})),
        ),
        (3, by(json!({"type": "user", "id": "i"}))),
    ]);
    let split = histogram(world, &[], FOUR_DAYS, Some("user"))
        .split
        .unwrap();
    let named: Vec<&str> = split
        .values
        .iter()
        .map(|(value, _)| value.as_str())
        .collect();
    assert_eq!(named, ["N", "e", "i"]);
}

fn a_split_joins_spellings_where_the_field_ignores_case(world: &mut World) {
    let by = |time, name: &str| {
        at(
            time,
            json!({"actor": {"type": "user", "id": "u", "name": name}}),
        )
    };
    world.record(&[
        (1, by("10T01:00:00", "ADA")),
        (2, by("11T01:00:00", "Ada")),
        (3, by("12T01:00:00", "Ada")),
        (4, by("13T01:00:00", "Bo")),
    ]);
    let split = histogram(world, &[], FOUR_DAYS, Some("user"))
        .split
        .unwrap();
    let expected = [
        ("Ada".to_owned(), vec![1, 1, 1, 0]),
        ("Bo".to_owned(), vec![0, 0, 0, 1]),
    ];
    assert_eq!(split.values, expected);
    // The name of the actor alone is exact.
    let split = histogram(world, &[], FOUR_DAYS, Some("actor.name"))
        .split
        .unwrap();
    let named: Vec<&str> = split
        .values
        .iter()
        .map(|(value, _)| value.as_str())
        .collect();
    assert_eq!(named, ["Ada", "ADA", "Bo"]);
}

fn the_20_most_frequent_values_are_of_the_whole_answer(world: &mut World) {
    // Values 1 to 25; value n occurs n times, the more frequent ones on the first day alone. On the
    // last day there are only those that are not among the twenty.
    let mut events = Vec::new();
    for value in 1..=25_u64 {
        let time = if value > 5 {
            "10T01:00:00"
        } else {
            "13T01:00:00"
        };
        for _ in 0..value {
            let event = at(time, json!({"metadata": {"n": value}}));
            events.push((events.len() as u64, event));
        }
    }
    world.record(&events);
    let split = histogram(world, &[], FOUR_DAYS, Some("metadata.n"))
        .split
        .unwrap();
    let named: Vec<String> = split
        .values
        .iter()
        .map(|(value, _)| value.clone())
        .collect();
    let expected: Vec<String> = (6..=25).rev().map(|n: u64| n.to_string()).collect();
    assert_eq!(named, expected);
    assert_eq!(split.other, [0, 0, 0, 1 + 2 + 3 + 4 + 5]);
    assert_eq!(split.missing, [0, 0, 0, 0]);
}

fn equally_frequent_values_are_in_the_order_of_their_bytes(world: &mut World) {
    let values = ["b", "a", "é", "B", "z", "10", "9"];
    let events = values
        .iter()
        .zip(1..)
        .map(|(value, number)| (number, at("10T01:00:00", json!({"metadata": {"k": value}}))));
    world.record(&events.collect::<Vec<_>>());
    let split = histogram(world, &[], FOUR_DAYS, Some("metadata.k"))
        .split
        .unwrap();
    let named: Vec<&str> = split
        .values
        .iter()
        .map(|(value, _)| value.as_str())
        .collect();
    assert_eq!(named, ["10", "9", "B", "a", "b", "z", "é"]);
}

fn counts_are_of_what_the_list_would_show(world: &mut World) {
    let event = |time, result: &str| at(time, json!({"result": result}));
    world.record(&[
        (1, event("10T01:00:00", "failed")),
        (2, event("10T02:00:00", "success")),
        (3, event("13T01:00:00", "failed")),
        (4, event("13T11:00:00", "failed")),
    ]);
    let failed = |more: &str| histogram(world, &["result=failed", more], FOUR_DAYS, None).counts;
    assert_eq!(failed("range=all_time"), [1, 0, 0, 2]);
    // A bucket may begin before the range and end after it.
    assert_eq!(failed("to=2026-02-13T11:00:00Z"), [1, 0, 0, 1]);
    assert_eq!(failed("from=2026-02-10T02:00:00Z"), [0, 0, 0, 2]);
}
