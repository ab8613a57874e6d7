//! Buckets where clocks are set, midnights are skipped, and hours do not begin at full ones of UTC.

use super::*;

#[test]
fn an_hour_that_is_skipped_has_no_bucket_and_one_that_comes_twice_has_two() {
    check(
        Interval::Hour,
        "Europe/Berlin",
        "2026-03-29T01:30:00+01:00",
        "2026-03-29T03:30:00+02:00",
        "2026-03-29T01:00:00+01:00 2026-03-29T03:00:00+02:00 2026-03-29T04:00:00+02:00",
    );
    check(
        Interval::Hour,
        "Europe/Berlin",
        "2026-10-25T01:30:00+02:00",
        "2026-10-25T03:30:00+01:00",
        "2026-10-25T01:00:00+02:00 2026-10-25T02:00:00+02:00 2026-10-25T02:00:00+01:00 \
         2026-10-25T03:00:00+01:00 2026-10-25T04:00:00+01:00",
    );
    for (first, last, hours) in [
        ("2026-03-29T00:00:00+01:00", "2026-03-29T23:59:59+02:00", 23),
        ("2026-10-25T00:00:00+02:00", "2026-10-25T23:59:59+01:00", 25),
    ] {
        let day = |interval| cover(interval, first, last, "Europe/Berlin");
        assert_eq!(lengths(&day(Interval::Hour)), [(60, hours)]);
        assert_eq!(lengths(&day(Interval::Day)), [(60 * hours as i64, 1)]);
        assert_eq!(lengths(&day(Interval::Minute)), [(1, 60 * hours)]);
    }
}

#[test]
fn a_clock_that_is_set_by_half_an_hour_makes_buckets_of_half_an_hour() {
    // From 02:00 to 02:30.
    check(
        Interval::Hour,
        "Australia/Lord_Howe",
        "2025-10-05T01:00:00+10:30",
        "2025-10-05T03:00:00+11:00",
        "2025-10-05T01:00:00+10:30 2025-10-05T02:30:00+11:00 2025-10-05T03:00:00+11:00 \
         2025-10-05T04:00:00+11:00",
    );
    // From 02:00 back to 01:30. The asked span begins in the short bucket.
    check(
        Interval::Hour,
        "Australia/Lord_Howe",
        "2026-04-05T01:59:59+10:30",
        "2026-04-05T02:00:00+10:30",
        "2026-04-05T01:30:00+10:30 2026-04-05T02:00:00+10:30 2026-04-05T03:00:00+10:30",
    );
}

#[test]
fn the_hours_of_half_a_year_follow_both_changes_of_its_clock() {
    let hours = cover(
        Interval::Hour,
        "2025-10-01T00:00:00+10:30",
        "2026-04-09T23:59:59+10:30",
        "Australia/Lord_Howe",
    );
    // 191 days: one has half an hour less, one has half an hour more.
    assert_eq!(lengths(&hours), [(30, 2), (60, 191 * 24 - 1)]);
    for (instant, bucket) in [
        ("2025-10-05T02:59:59+11:00", 4 * 24 + 2),
        ("2026-04-05T01:59:59+10:30", 186 * 24 + 2),
    ] {
        assert_eq!(hours.of(at(instant)), Some(bucket), "{instant}");
    }
}

#[test]
fn a_change_at_a_minute_past_midnight_splits_that_hour() {
    // At 00:01 the clock was set back to 23:01, so the new day begins a minute before.
    let (first, last) = ("2010-11-06T22:30:00-02:30", "2010-11-07T00:30:00-03:30");
    check(
        Interval::Hour,
        "America/St_Johns",
        first,
        last,
        "2010-11-06T22:00:00-02:30 2010-11-06T23:00:00-02:30 2010-11-07T00:00:00-02:30 \
         2010-11-06T23:01:00-03:30 2010-11-07T00:00:00-03:30 2010-11-07T01:00:00-03:30",
    );
    check(
        Interval::Day,
        "America/St_Johns",
        first,
        last,
        "2010-11-06T00:00:00-02:30 2010-11-07T00:00:00-02:30 2010-11-08T00:00:00-03:30",
    );
    // At 00:01 it was set forward to 01:01.
    check(
        Interval::Hour,
        "America/St_Johns",
        "2010-03-14T00:00:30-03:30",
        "2010-03-14T01:01:00-02:30",
        "2010-03-14T00:00:00-03:30 2010-03-14T01:01:00-02:30 2010-03-14T02:00:00-02:30",
    );
}

#[test]
fn a_day_that_its_zone_skipped_has_no_bucket() {
    let (first, last) = ("2011-12-29T12:00:00-10:00", "2011-12-31T12:00:00+14:00");
    check(
        Interval::Day,
        "Pacific/Apia",
        first,
        last,
        "2011-12-29T00:00:00-10:00 2011-12-31T00:00:00+14:00 2012-01-01T00:00:00+14:00",
    );
    let week = cover(Interval::Week, first, last, "Pacific/Apia");
    assert_eq!(lengths(&week), [(6 * 24 * 60, 1)]);
    let hours = cover(Interval::Hour, first, last, "Pacific/Apia");
    assert_eq!(lengths(&hours), [(60, 25)]);
}

#[test]
fn a_day_whose_midnight_is_skipped_begins_right_after_it() {
    let (first, last) = ("2018-11-03T12:00:00-03:00", "2018-11-04T12:00:00-02:00");
    check(
        Interval::Day,
        "America/Sao_Paulo",
        first,
        last,
        "2018-11-03T00:00:00-03:00 2018-11-04T01:00:00-02:00 2018-11-05T00:00:00-02:00",
    );
    // The week from Sunday begins there too.
    let (last, zone) = (at(last), zone("America/Sao_Paulo"));
    let sunday = Buckets::cover(Interval::Week, last, last, &zone, WeekStart::Sunday).unwrap();
    assert_eq!(
        sunday.edges(),
        [
            at("2018-11-04T01:00:00-02:00"),
            at("2018-11-11T00:00:00-02:00")
        ]
    );
}

#[test]
fn hours_of_zones_off_the_full_hour_are_local_ones() {
    check(
        Interval::Hour,
        "Asia/Kolkata",
        "2026-02-13T10:15:00Z",
        "2026-02-13T10:30:00Z",
        "2026-02-13T09:30:00Z 2026-02-13T10:30:00Z 2026-02-13T11:30:00Z",
    );
    // Local mean time: 0:53:28 ahead of UTC, until midnight of 1 April 1893.
    check(
        Interval::Minute,
        "Europe/Berlin",
        "1893-03-31T23:04:59.999999Z",
        "1893-03-31T23:06:31Z",
        "1893-03-31T23:04:32Z 1893-03-31T23:05:32Z 1893-03-31T23:06:32Z",
    );
    check(
        Interval::Minute,
        "Europe/Berlin",
        "1893-03-31T23:06:31.5Z",
        "1893-03-31T23:07:00Z",
        "1893-03-31T23:05:32Z 1893-03-31T23:06:32Z 1893-03-31T23:07:00Z \
         1893-03-31T23:08:00Z",
    );
    check(
        Interval::Hour,
        "Europe/Berlin",
        "1893-03-31T22:30:00Z",
        "1893-03-31T23:06:32Z",
        "1893-03-31T22:06:32Z 1893-03-31T23:06:32Z 1893-04-01T00:00:00Z",
    );
}

#[test]
fn a_clock_that_only_changes_its_name_makes_no_edge() {
    // At 13:30 the war time of Hawaii became its peace time; the clock stayed as it was.
    check(
        Interval::Hour,
        "Pacific/Honolulu",
        "1945-08-14T13:29:59-09:30",
        "1945-08-14T14:00:00-09:30",
        "1945-08-14T13:00:00-09:30 1945-08-14T14:00:00-09:30 1945-08-14T15:00:00-09:30",
    );
}
