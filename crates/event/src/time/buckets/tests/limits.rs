//! How many buckets there may be, which interval `auto` chooses, and the two ends of time.

use super::*;

#[test]
fn time_begins_and_ends_with_buckets_that_are_cut() {
    for name in ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"] {
        let zone = zone(name);
        for interval in Interval::ALL {
            for (first, last) in [
                (Timestamp::MIN, later(Timestamp::MIN, 3 * MICROS_PER_HOUR)),
                (later(Timestamp::MAX, -MICROS_PER_DAY), Timestamp::MAX),
                (Timestamp::MAX, Timestamp::MAX),
            ] {
                let found = Buckets::cover(interval, first, last, &zone, WeekStart::Sunday);
                let found = found.unwrap();
                let case = format!("{name} {interval:?} {first}");
                let edges = found.edges();
                assert!(edges.windows(2).all(|edge| edge[0] < edge[1]), "{case}");
                let holding = edges[1..].iter().filter(|edge| **edge <= first).count();
                assert_eq!(
                    found.of(first),
                    Some(holding.min(found.len() - 1)),
                    "{case}"
                );
                assert_eq!(found.of(last), Some(found.len() - 1), "{case}");
                assert_eq!(
                    edges[0] == Timestamp::MIN,
                    first == Timestamp::MIN,
                    "{case}"
                );
                let end = *edges.last().unwrap();
                assert_eq!(end == Timestamp::MAX, last == Timestamp::MAX, "{case}");
            }
        }
    }
    // Time begins within an hour of Berlin, 0:53:28 ahead of UTC, and ends within one of Kolkata.
    check(
        Interval::Hour,
        "Europe/Berlin",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:06:32Z",
        "0001-01-01T00:00:00Z 0001-01-01T00:06:32Z 0001-01-01T01:06:32Z",
    );
    check(
        Interval::Hour,
        "Asia/Kolkata",
        "9999-12-31T23:00:00Z",
        "9999-12-31T23:30:00Z",
        "9999-12-31T22:30:00Z 9999-12-31T23:30:00Z 9999-12-31T23:59:59.999999Z",
    );
    // It begins in the last hours of the year before, by the clock of New York.
    check(
        Interval::Month,
        "America/New_York",
        "0001-01-01T01:00:00Z",
        "0001-01-01T01:00:00Z",
        "0001-01-01T00:00:00Z 0001-01-01T04:56:02Z",
    );
    check(
        Interval::Month,
        "UTC",
        "9999-11-30T00:00:00Z",
        "9999-12-01T00:00:00Z",
        "9999-11-01T00:00:00Z 9999-12-01T00:00:00Z 9999-12-31T23:59:59.999999Z",
    );
    // The calendar ends with the day before: it lasts until the end of time.
    check(
        Interval::Day,
        "UTC",
        "9999-12-30T00:00:00Z",
        "9999-12-31T12:00:00Z",
        "9999-12-30T00:00:00Z 9999-12-31T23:59:59.999999Z",
    );
}

#[test]
fn exactly_the_limit_is_allowed_and_one_more_is_not() {
    // The spans begin and end on edges of their zone. Those of Berlin hold a change of its clock.
    for (interval, name, first, end) in [
        (
            Interval::Minute,
            "UTC",
            "2026-01-01T00:00:00Z",
            "2026-01-04T11:20:00Z",
        ),
        (
            Interval::Minute,
            "Europe/Berlin",
            "2026-03-28T00:00:00Z",
            "2026-03-31T11:20:00Z",
        ),
        (
            Interval::Hour,
            "Europe/Berlin",
            "2026-04-01T00:00:00Z",
            "2026-10-26T08:00:00Z",
        ),
        (
            Interval::Day,
            "UTC",
            "2000-01-01T00:00:00Z",
            "2013-09-09T00:00:00Z",
        ),
        (
            Interval::Day,
            "Europe/Berlin",
            "1999-12-31T23:00:00Z",
            "2013-09-08T22:00:00Z",
        ),
        // One day of these was skipped: they are 5,001 by the calendar.
        (
            Interval::Day,
            "Pacific/Apia",
            "2000-01-01T11:00:00Z",
            "2013-09-09T11:00:00Z",
        ),
        (
            Interval::Week,
            "UTC",
            "1900-01-01T00:00:00Z",
            "1995-10-30T00:00:00Z",
        ),
        (
            Interval::Month,
            "UTC",
            "1800-01-01T00:00:00Z",
            "2216-09-01T00:00:00Z",
        ),
    ] {
        let (zone, first, end) = (zone(name), at(first), at(end));
        let upto = |last| Buckets::cover(interval, first, last, &zone, WeekStart::Monday);
        let all = upto(later(end, -1)).unwrap();
        assert_eq!(all.len(), MAX_BUCKETS, "{name} {interval:?}");
        assert_eq!(
            (all.edges()[0], all.edges()[MAX_BUCKETS]),
            (first, end),
            "{name} {interval:?}"
        );
        assert_eq!(upto(end).unwrap_err().interval, interval, "{name}");
        let earlier = Buckets::cover(
            interval,
            later(first, -1),
            later(end, -1),
            &zone,
            WeekStart::Monday,
        );
        assert!(earlier.is_err(), "{name} {interval:?}");
    }
}

#[test]
fn a_refusal_names_the_shortest_interval_that_would_do() {
    let refusal = |interval, first, last| {
        let (first, last) = (at(first), at(last));
        Buckets::cover(interval, first, last, &Zone::utc(), WeekStart::Monday).unwrap_err()
    };
    let from = "2026-01-01T00:00:00Z";
    let minutes = refusal(Interval::Minute, from, "2026-01-31T00:00:00Z");
    assert_eq!(minutes.shortest, Some(Interval::Hour));
    assert_eq!(
        minutes.to_string(),
        "this range has more than 5000 buckets of one minute: ask for interval=hour or a longer \
         one, or for a narrower range"
    );
    let hours = refusal(Interval::Hour, from, "2100-01-01T00:00:00Z");
    assert_eq!(hours.shortest, Some(Interval::Week));
    let days = refusal(Interval::Day, from, "2300-01-01T00:00:00Z");
    assert_eq!(
        days.to_string(),
        "this range has more than 5000 buckets of one day: ask for interval=month, or for a \
         narrower range"
    );
    for interval in Interval::ALL {
        let all = refusal(
            interval,
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999Z",
        );
        assert_eq!(all.shortest, None);
        assert!(
            all.to_string().ends_with(": ask for a narrower range"),
            "{all}"
        );
    }
}

#[test]
fn auto_is_the_shortest_interval_that_can_be_read() {
    let auto = |first: &str, last: &str| {
        let last = later(at(last), -1);
        Interval::auto(at(first), last, &Zone::utc(), WeekStart::Monday)
    };
    for (from, to, expected) in [
        (
            "2026-02-13T10:00:00Z",
            "2026-02-13T10:00:01Z",
            Interval::Minute,
        ),
        (
            "2026-02-13T10:00:00Z",
            "2026-02-13T11:40:00Z",
            Interval::Minute,
        ),
        (
            "2026-02-13T10:00:00Z",
            "2026-02-13T11:40:01Z",
            Interval::Hour,
        ),
        (
            "2026-02-12T10:28:22Z",
            "2026-02-13T10:28:22Z",
            Interval::Hour,
        ),
        (
            "2026-02-09T00:00:00Z",
            "2026-02-13T04:00:00Z",
            Interval::Hour,
        ),
        (
            "2026-02-09T00:00:00Z",
            "2026-02-13T04:00:01Z",
            Interval::Day,
        ),
        (
            "2026-02-07T00:00:00Z",
            "2026-02-14T00:00:00Z",
            Interval::Day,
        ),
        (
            "2026-01-15T00:00:00Z",
            "2026-02-14T00:00:00Z",
            Interval::Day,
        ),
        (
            "2025-11-16T00:00:00Z",
            "2026-02-14T00:00:00Z",
            Interval::Day,
        ),
        (
            "2026-01-01T00:00:00Z",
            "2026-04-11T00:00:00Z",
            Interval::Day,
        ),
        (
            "2026-01-01T00:00:00Z",
            "2026-04-11T00:00:01Z",
            Interval::Week,
        ),
        (
            "2026-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
            Interval::Week,
        ),
        (
            "2021-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            Interval::Month,
        ),
        (
            "0001-01-01T00:00:00Z",
            "9999-12-31T00:00:00Z",
            Interval::Month,
        ),
    ] {
        assert_eq!(auto(from, to), expected, "{from} {to}");
    }
    // The zone and the week decide at the limit: 100 hours that touch 101 of Kolkata, and 100
    // weeks from Monday that touch 101 from Sunday.
    let (first, hours) = (at("2026-02-09T00:00:00Z"), 100 * MICROS_PER_HOUR);
    let (kolkata, utc) = (zone("Asia/Kolkata"), Zone::utc());
    let auto = |micros, zone, week_start| {
        Interval::auto(first, later(first, micros - 1), zone, week_start)
    };
    assert_eq!(auto(hours, &kolkata, WeekStart::Monday), Interval::Day);
    let weeks = 700 * MICROS_PER_DAY;
    assert_eq!(auto(weeks, &utc, WeekStart::Monday), Interval::Week);
    assert_eq!(auto(weeks, &utc, WeekStart::Sunday), Interval::Month);
}
