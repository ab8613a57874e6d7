//! Buckets over clock changes and calendars, edge by edge.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

mod changes;
mod limits;
mod properties;

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn later(instant: Timestamp, micros: i64) -> Timestamp {
    instant.checked_add(micros).unwrap()
}

fn cover(interval: Interval, first: &str, last: &str, zone_name: &str) -> Buckets {
    let zone = zone(zone_name);
    Buckets::cover(interval, at(first), at(last), &zone, WeekStart::Monday).unwrap()
}

/// The edges of the buckets from `first` to `last` are exactly these instants.
#[track_caller]
fn check(interval: Interval, zone_name: &str, first: &str, last: &str, edges: &str) {
    let found = cover(interval, first, last, zone_name);
    let expected: Vec<_> = edges.split_whitespace().map(at).collect();
    assert_eq!(found.edges(), expected, "{zone_name} {first} {last}");
    assert_eq!(found.interval(), interval);
}

/// How many buckets there are, and how many of them have each length in minutes.
fn lengths(buckets: &Buckets) -> Vec<(i64, usize)> {
    let mut found = std::collections::BTreeMap::new();
    for (start, end) in buckets.iter() {
        let minutes = (end.as_micros() - start.as_micros()) / MICROS_PER_MINUTE;
        *found.entry(minutes).or_default() += 1;
    }
    found.into_iter().collect()
}

#[test]
fn buckets_are_whole_and_hold_both_ends() {
    let check_utc = |interval, first, last, edges: &str| {
        check(interval, "UTC", first, last, edges);
    };
    check_utc(
        Interval::Minute,
        "2026-02-13T10:28:22.12Z",
        "2026-02-13T10:29:59.999999Z",
        "2026-02-13T10:28:00Z 2026-02-13T10:29:00Z 2026-02-13T10:30:00Z",
    );
    // An instant on an edge begins a bucket, also when it is the last one.
    check_utc(
        Interval::Hour,
        "2026-02-13T10:00:00Z",
        "2026-02-13T11:00:00Z",
        "2026-02-13T10:00:00Z 2026-02-13T11:00:00Z 2026-02-13T12:00:00Z",
    );
    check_utc(
        Interval::Day,
        "1969-12-31T23:59:59.999999Z",
        "1969-12-31T23:59:59.999999Z",
        "1969-12-31T00:00:00Z 1970-01-01T00:00:00Z",
    );
    check_utc(
        Interval::Month,
        "2026-02-13T10:28:22Z",
        "2026-02-28T23:59:59.999999Z",
        "2026-02-01T00:00:00Z 2026-03-01T00:00:00Z",
    );
}

#[test]
fn weeks_begin_on_monday_or_on_sunday() {
    // 2026-02-15 is a Sunday.
    for (instant, monday, sunday) in [
        ("2026-02-14T12:00:00Z", "2026-02-09", "2026-02-08"),
        ("2026-02-15T00:00:00Z", "2026-02-09", "2026-02-15"),
        ("2026-02-15T23:59:59.999999Z", "2026-02-09", "2026-02-15"),
        ("2026-02-16T00:00:00Z", "2026-02-16", "2026-02-15"),
        ("2027-01-01T00:00:00Z", "2026-12-28", "2026-12-27"),
    ] {
        for (week_start, first) in [(WeekStart::Monday, monday), (WeekStart::Sunday, sunday)] {
            let instant = at(instant);
            let last = later(instant, 7 * MICROS_PER_DAY);
            let found =
                Buckets::cover(Interval::Week, instant, last, &Zone::utc(), week_start).unwrap();
            let first = at(&format!("{first}T00:00:00Z"));
            let expected = [0, 7, 14].map(|days| later(first, days * MICROS_PER_DAY));
            assert_eq!(found.edges(), expected, "{instant} {week_start:?}");
        }
    }
}

#[test]
fn months_and_leap_years_have_their_days() {
    let days = |first, last| {
        let months = cover(Interval::Month, first, last, "UTC");
        let length = |(start, end): (Timestamp, Timestamp)| (end.0 - start.0) / MICROS_PER_DAY;
        months.iter().map(length).collect::<Vec<_>>()
    };
    let year = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    assert_eq!(days("2026-01-31T12:00:00Z", "2026-12-01T00:00:00Z"), year);
    assert_eq!(
        days("2024-02-29T12:00:00Z", "2024-03-01T00:00:00Z"),
        [29, 31]
    );
    assert_eq!(days("2100-02-28T12:00:00Z", "2100-02-28T12:00:00Z"), [28]);
    assert_eq!(days("2000-02-28T12:00:00Z", "2000-02-28T12:00:00Z"), [29]);
    let february = cover(
        Interval::Day,
        "2024-02-01T00:00:00Z",
        "2024-02-29T23:00:00Z",
        "Asia/Tokyo",
    );
    // In Tokyo it is 1 March already.
    assert_eq!(february.len(), 30);
}

#[test]
fn a_last_before_the_first_has_no_buckets() {
    let (first, last) = (
        at("2026-02-13T00:00:00Z"),
        at("2026-02-12T23:59:59.999999Z"),
    );
    for interval in Interval::ALL {
        let none = Buckets::cover(interval, first, last, &Zone::utc(), WeekStart::Monday).unwrap();
        assert_eq!(
            (none.len(), none.iter().len(), none.edges().len()),
            (0, 0, 0)
        );
        assert!(none.is_empty());
        assert_eq!(none.of(first), None);
    }
    let one = cover(
        Interval::Hour,
        "2026-02-13T00:00:00Z",
        "2026-02-13T00:00:00Z",
        "UTC",
    );
    assert!(!one.is_empty());
}

#[test]
fn an_instant_lies_in_the_bucket_between_its_edges() {
    let hours = cover(
        Interval::Hour,
        "2026-02-13T10:30:00Z",
        "2026-02-13T12:00:00Z",
        "UTC",
    );
    for (instant, bucket) in [
        ("2026-02-13T09:59:59.999999Z", None),
        ("2026-02-13T10:00:00Z", Some(0)),
        ("2026-02-13T10:59:59.999999Z", Some(0)),
        ("2026-02-13T11:00:00Z", Some(1)),
        ("2026-02-13T12:59:59.999999Z", Some(2)),
        ("2026-02-13T13:00:00Z", None),
        ("9999-12-31T23:59:59.999999Z", None),
    ] {
        assert_eq!(hours.of(at(instant)), bucket, "{instant}");
    }
}

#[test]
fn intervals_are_found_by_exactly_their_names() {
    let names: Vec<_> = Interval::ALL
        .iter()
        .map(|interval| interval.as_str())
        .collect();
    assert_eq!(names, ["minute", "hour", "day", "week", "month"]);
    for interval in Interval::ALL {
        assert_eq!(Interval::named(interval.as_str()), Some(interval));
    }
    for name in ["", "auto", "Day", "days", "year"] {
        assert_eq!(Interval::named(name), None, "{name}");
    }
    assert!(Interval::ALL.is_sorted());
}
