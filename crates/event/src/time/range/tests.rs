//! Presets over the calendars and clock changes that break naive arithmetic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use proptest::prelude::*;

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

/// `from` and `to` of a preset, in UTC and without their zero fractions.
fn bounds(preset: Preset, now: &str, zone_name: &str, week_start: WeekStart) -> (String, String) {
    let range = preset
        .resolve(at(now), &zone(zone_name), week_start)
        .unwrap();
    let shown = |micros| Timestamp::from_micros(micros).to_string();
    let short = |text: String| text.replace(".000000Z", "Z");
    let micros = range.as_micros();
    (short(shown(micros.start)), short(shown(micros.end)))
}

#[track_caller]
fn check(preset: Preset, now: &str, zone_name: &str, from: &str, to: &str) {
    let found = bounds(preset, now, zone_name, WeekStart::Monday);
    assert_eq!(
        found,
        (from.to_owned(), to.to_owned()),
        "{} at {now} in {zone_name}",
        preset.as_str()
    );
}

#[test]
fn the_twelve_presets_on_a_plain_day_in_utc() {
    // A Friday.
    let now = "2026-02-13T10:28:22Z";
    for (preset, from, to) in [
        (
            Preset::Today,
            "2026-02-13T00:00:00Z",
            "2026-02-14T00:00:00Z",
        ),
        (
            Preset::Yesterday,
            "2026-02-12T00:00:00Z",
            "2026-02-13T00:00:00Z",
        ),
        (
            Preset::ThisWeek,
            "2026-02-09T00:00:00Z",
            "2026-02-16T00:00:00Z",
        ),
        (
            Preset::ThisMonth,
            "2026-02-01T00:00:00Z",
            "2026-03-01T00:00:00Z",
        ),
        (
            Preset::LastMonth,
            "2026-01-01T00:00:00Z",
            "2026-02-01T00:00:00Z",
        ),
        (
            Preset::Last24Hours,
            "2026-02-12T10:28:22Z",
            "2026-02-13T10:28:22Z",
        ),
        (
            Preset::Last7Days,
            "2026-02-07T00:00:00Z",
            "2026-02-14T00:00:00Z",
        ),
        (
            Preset::Last30Days,
            "2026-01-15T00:00:00Z",
            "2026-02-14T00:00:00Z",
        ),
        (
            Preset::Last90Days,
            "2025-11-16T00:00:00Z",
            "2026-02-14T00:00:00Z",
        ),
        (
            Preset::ThisYear,
            "2026-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
        ),
        (
            Preset::LastYear,
            "2025-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
        ),
    ] {
        check(preset, now, "UTC", from, to);
    }
    let all = Preset::AllTime.resolve(at(now), &Zone::utc(), WeekStart::Monday);
    assert_eq!(all, None);
}

#[test]
fn presets_are_found_by_exactly_their_names() {
    let names = "all_time today yesterday this_week this_month last_month last_24_hours \
                 last_7_days last_30_days last_90_days this_year last_year";
    let found: Vec<_> = Preset::ALL.iter().map(|preset| preset.as_str()).collect();
    assert_eq!(found, names.split_whitespace().collect::<Vec<_>>());
    for name in found {
        assert_eq!(Preset::named(name).unwrap().as_str(), name);
    }
    assert_eq!(Preset::named("Today"), None);
    assert_eq!(Preset::named("last_week"), None);
}

#[test]
fn weeks_run_from_monday_or_from_sunday() {
    for (now, monday, sunday) in [
        ("2026-02-14T12:00:00Z", "2026-02-09", "2026-02-08"),
        ("2026-02-15T12:00:00Z", "2026-02-09", "2026-02-15"),
        ("2026-02-16T00:00:00Z", "2026-02-16", "2026-02-15"),
        ("2025-12-31T23:59:59.999999Z", "2025-12-29", "2025-12-28"),
        ("2027-01-01T00:00:00Z", "2026-12-28", "2026-12-27"),
    ] {
        for (week_start, first) in [(WeekStart::Monday, monday), (WeekStart::Sunday, sunday)] {
            let (from, to) = bounds(Preset::ThisWeek, now, "UTC", week_start);
            assert_eq!(from, format!("{first}T00:00:00Z"), "{now} {week_start:?}");
            assert_eq!(
                at(&to).as_micros() - at(&from).as_micros(),
                7 * MICROS_PER_DAY
            );
        }
    }
}

#[test]
fn months_and_years_end_where_the_calendar_says() {
    let months = Preset::ThisMonth;
    check(
        months,
        "2024-02-29T23:00:00Z",
        "UTC",
        "2024-02-01T00:00:00Z",
        "2024-03-01T00:00:00Z",
    );
    check(
        months,
        "2100-02-28T23:00:00Z",
        "UTC",
        "2100-02-01T00:00:00Z",
        "2100-03-01T00:00:00Z",
    );
    let last = Preset::LastMonth;
    check(
        last,
        "2024-03-31T12:00:00Z",
        "UTC",
        "2024-02-01T00:00:00Z",
        "2024-03-01T00:00:00Z",
    );
    check(
        last,
        "2026-01-31T12:00:00Z",
        "UTC",
        "2025-12-01T00:00:00Z",
        "2026-01-01T00:00:00Z",
    );
    let year = Preset::LastYear;
    check(
        year,
        "2024-02-29T12:00:00Z",
        "UTC",
        "2023-01-01T00:00:00Z",
        "2024-01-01T00:00:00Z",
    );
    let days = Preset::Last90Days;
    check(
        days,
        "2024-03-01T12:00:00Z",
        "UTC",
        "2023-12-03T00:00:00Z",
        "2024-03-02T00:00:00Z",
    );
}

#[test]
fn the_local_year_decides_at_the_turn_of_the_year() {
    let now = "2026-01-01T03:00:00Z";
    check(
        Preset::ThisYear,
        now,
        "America/New_York",
        "2025-01-01T05:00:00Z",
        "2026-01-01T05:00:00Z",
    );
    check(
        Preset::ThisYear,
        now,
        "Asia/Tokyo",
        "2025-12-31T15:00:00Z",
        "2026-12-31T15:00:00Z",
    );
    check(
        Preset::ThisMonth,
        now,
        "America/New_York",
        "2025-12-01T05:00:00Z",
        "2026-01-01T05:00:00Z",
    );
}

#[test]
fn only_last_24_hours_rolls() {
    let (morning, evening) = ("2026-03-29T05:00:00Z", "2026-03-29T18:00:00Z");
    for preset in Preset::ALL {
        let [a, b] = [morning, evening]
            .map(|now| preset.resolve(at(now), &zone("Europe/Berlin"), WeekStart::Monday));
        assert_eq!(a != b, preset == Preset::Last24Hours, "{preset:?}");
    }
    // Across the night of a clock change it is 24 hours still.
    check(
        Preset::Last24Hours,
        morning,
        "Europe/Berlin",
        "2026-03-28T05:00:00Z",
        morning,
    );
}

#[test]
fn days_of_23_and_25_hours() {
    check(
        Preset::Today,
        "2026-03-29T10:00:00Z",
        "Europe/Berlin",
        "2026-03-28T23:00:00Z",
        "2026-03-29T22:00:00Z",
    );
    check(
        Preset::Today,
        "2026-10-25T10:00:00Z",
        "Europe/Berlin",
        "2026-10-24T22:00:00Z",
        "2026-10-25T23:00:00Z",
    );
    check(
        Preset::ThisWeek,
        "2026-03-08T12:00:00Z",
        "America/New_York",
        "2026-03-02T05:00:00Z",
        "2026-03-09T04:00:00Z",
    );
    check(
        Preset::Last30Days,
        "2026-04-10T12:00:00Z",
        "Europe/Berlin",
        "2026-03-11T23:00:00Z",
        "2026-04-10T22:00:00Z",
    );
}

#[test]
fn zones_off_the_full_hour() {
    let now = "2026-02-13T20:00:00Z";
    check(
        Preset::Today,
        now,
        "Asia/Kolkata",
        "2026-02-13T18:30:00Z",
        "2026-02-14T18:30:00Z",
    );
    check(
        Preset::Today,
        now,
        "Asia/Kathmandu",
        "2026-02-13T18:15:00Z",
        "2026-02-14T18:15:00Z",
    );
    check(
        Preset::Today,
        now,
        "Pacific/Chatham",
        "2026-02-13T10:15:00Z",
        "2026-02-14T10:15:00Z",
    );
    // Lord Howe Island moves its clocks by half an hour: from +10:30 to +11 and back.
    check(
        Preset::Today,
        "2025-10-05T00:00:00Z",
        "Australia/Lord_Howe",
        "2025-10-04T13:30:00Z",
        "2025-10-05T13:00:00Z",
    );
    check(
        Preset::Today,
        "2026-04-05T00:00:00Z",
        "Australia/Lord_Howe",
        "2026-04-04T13:00:00Z",
        "2026-04-05T13:30:00Z",
    );
}

#[test]
fn a_skipped_midnight_is_the_first_instant_after_it() {
    for (name, day, first) in [
        (
            "America/Sao_Paulo",
            "2018-11-04",
            "2018-11-04T01:00:00-02:00",
        ),
        ("Africa/Cairo", "2024-04-26", "2024-04-26T01:00:00+03:00"),
        ("Asia/Beirut", "2024-03-31", "2024-03-31T01:00:00+03:00"),
        ("America/Havana", "2024-03-10", "2024-03-10T01:00:00-04:00"),
        (
            "America/Asuncion",
            "2023-10-01",
            "2023-10-01T01:00:00-03:00",
        ),
        // The clock went from 23:30 to 00:30: midnight fell into the middle of the gap.
        ("America/Toronto", "1919-03-31", "1919-03-31T00:30:00-04:00"),
    ] {
        let start = parse_bound(day, &zone(name)).unwrap();
        assert_eq!(start, at(first), "{name}");
        let just_before = start.checked_add(-1).unwrap();
        let today = Preset::Today
            .resolve(start, &zone(name), WeekStart::Monday)
            .unwrap();
        let yesterday = Preset::Yesterday
            .resolve(start, &zone(name), WeekStart::Monday)
            .unwrap();
        assert_eq!(today.as_micros().start, start.as_micros(), "{name}");
        assert_eq!(yesterday.as_micros().end, start.as_micros(), "{name}");
        assert!(yesterday.contains(just_before), "{name}");
    }
}

#[test]
fn a_midnight_that_comes_twice_is_the_first_one() {
    for (name, day, first) in [
        // 01:00 becomes 00:00: both midnights belong to the new day.
        ("America/Havana", "2024-11-03", "2024-11-03T00:00:00-04:00"),
        ("Atlantic/Azores", "2024-10-27", "2024-10-27T00:00:00+00:00"),
        // 00:01 became 23:01: the day had begun for a minute.
        (
            "America/St_Johns",
            "2010-11-07",
            "2010-11-07T00:00:00-02:30",
        ),
    ] {
        let start = parse_bound(day, &zone(name)).unwrap();
        assert_eq!(start, at(first), "{name}");
    }
    // 00:00 becomes 23:00: midnight comes once, after the hour that comes twice.
    let beirut = parse_bound("2024-10-27", &zone("Asia/Beirut")).unwrap();
    assert_eq!(beirut, at("2024-10-27T00:00:00+02:00"));
}

#[test]
fn today_contains_now_even_while_the_clock_shows_the_old_date_again() {
    let now = "2010-11-06T23:30:00-03:30";
    check(
        Preset::Today,
        now,
        "America/St_Johns",
        "2010-11-07T02:30:00Z",
        "2010-11-08T03:30:00Z",
    );
}

#[test]
fn a_day_that_its_zone_skipped_is_empty() {
    let (apia, now) = (zone("Pacific/Apia"), "2011-12-31T12:00:00+14:00");
    assert_eq!(
        parse_bound("2011-12-30", &apia),
        parse_bound("2011-12-31", &apia)
    );
    let yesterday = Preset::Yesterday
        .resolve(at(now), &apia, WeekStart::Monday)
        .unwrap();
    assert!(yesterday.is_empty());
    assert!(!yesterday.contains(at("2011-12-29T23:59:59-10:00")));
    check(
        Preset::Today,
        now,
        "Pacific/Apia",
        "2011-12-30T10:00:00Z",
        "2011-12-31T10:00:00Z",
    );
    check(
        Preset::Last7Days,
        now,
        "Pacific/Apia",
        "2011-12-25T10:00:00Z",
        "2011-12-31T10:00:00Z",
    );
}

#[test]
fn zones_are_iana_names_in_any_case() {
    assert_eq!(zone("asia/kathmandu").name(), "Asia/Kathmandu");
    assert_eq!(zone("utc").name(), "UTC");
    assert_eq!(zone("UTC"), Zone::utc());
    for name in [
        "",
        "Mars/Olympus",
        "+02:00",
        "Etc/Unknown",
        "../UTC",
        "EST5EDT,M3.2.0",
    ] {
        assert!(Zone::named(name).is_err(), "{name}");
    }
    let long = "x".repeat(100_000);
    assert!(Zone::named(&long).unwrap_err().to_string().len() < 300);
    assert_eq!(
        Zone::named("Mars/Olympus").unwrap_err().to_string(),
        "\"Mars/Olympus\" is not an IANA time zone: expected a name such as Europe/Berlin or UTC"
    );
}

#[test]
fn every_zone_name_is_a_zone() {
    let names = Zone::names();
    assert!(names.len() > 400, "{}", names.len());
    for name in names {
        assert_eq!(zone(&name).name(), name);
    }
}

#[test]
fn a_bound_is_an_instant_or_a_local_midnight() {
    let kathmandu = zone("Asia/Kathmandu");
    for (text, expected) in [
        ("2026-02-13", "2026-02-12T18:15:00Z"),
        ("2026-02-13T00:00:00Z", "2026-02-13T00:00:00Z"),
        ("2026-02-13T00:00:00+05:45", "2026-02-12T18:15:00Z"),
        ("9999-12-29", "9999-12-28T18:15:00Z"),
    ] {
        assert_eq!(parse_bound(text, &kathmandu), Ok(at(expected)), "{text}");
    }
    assert_eq!(parse_bound("0001-01-01", &kathmandu), Ok(Timestamp::MIN));
    let late = parse_bound("9999-12-31", &zone("America/New_York"));
    assert_eq!(late, Ok(Timestamp::MAX));
    for text in [
        "",
        "2026-02-30",
        "2026-2-3",
        "13.02.2026",
        "0000-12-31",
        "2026-02-1é",
        "2026-02-13T00:00:00",
    ] {
        assert!(parse_bound(text, &kathmandu).is_err(), "{text}");
    }
}

#[test]
fn the_ends_of_time_are_bounds_like_others() {
    for preset in Preset::ALL {
        for now in [Timestamp::MIN, Timestamp::MAX] {
            for name in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"] {
                let range = preset.resolve(now, &zone(name), WeekStart::Sunday);
                let micros = range.map_or(0..0, |range| range.as_micros());
                assert!(micros.start <= micros.end, "{preset:?} {now} {name}");
            }
        }
    }
    assert!(Range::between(Some(Timestamp::MAX), None).contains(Timestamp::MAX));
    assert!(Range::between(None, None).contains(Timestamp::MIN));
    assert!(Range::between(Some(Timestamp::MAX), Some(Timestamp::MIN)).is_empty());
    assert_eq!(
        Range::from_micros(i64::MIN..i64::MAX),
        Range::between(None, None)
    );
}

fn any_zone() -> impl Strategy<Value = Zone> {
    proptest::sample::select(Zone::names()).prop_map(|name| zone(&name))
}

/// From 1800, before standard time, to 2200.
fn any_now() -> impl Strategy<Value = Timestamp> {
    (at("1800-01-01T00:00:00Z").as_micros()..at("2200-01-01T00:00:00Z").as_micros())
        .prop_map(Timestamp::from_micros)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn consecutive_days_tile_without_gap_or_overlap(zone in any_zone(), now in any_now()) {
        let mut day = zone.day_of(now);
        for _ in 0..400 {
            let next = day.tomorrow().unwrap();
            let (start, end) = (zone.start_of_day(day).unwrap(), zone.start_of_day(next).unwrap());
            prop_assert!(start <= end, "{} {day}", zone.name());
            if start < end {
                prop_assert_eq!(zone.day_of(start), day, "{}", zone.name());
                prop_assert_eq!(zone.day_of(end.checked_add(-1).unwrap()), day, "{}", zone.name());
            }
            day = next;
        }
    }

    #[test]
    fn now_lies_in_today_and_today_in_all_that_hold_it(
        zone in any_zone(), now in any_now(), sunday in any::<bool>(),
    ) {
        let week_start = if sunday { WeekStart::Sunday } else { WeekStart::Monday };
        let range = |preset: Preset| preset.resolve(now, &zone, week_start).unwrap();
        let today = range(Preset::Today).as_micros();
        prop_assert!(range(Preset::Today).contains(now));
        prop_assert_eq!(range(Preset::Yesterday).as_micros().end, today.start);
        prop_assert_eq!(range(Preset::LastMonth).as_micros().end, range(Preset::ThisMonth).as_micros().start);
        prop_assert_eq!(range(Preset::LastYear).as_micros().end, range(Preset::ThisYear).as_micros().start);
        for preset in [Preset::Last7Days, Preset::Last30Days, Preset::Last90Days] {
            prop_assert_eq!(range(preset).as_micros().end, today.end);
        }
        for preset in [Preset::ThisWeek, Preset::ThisMonth, Preset::ThisYear] {
            let micros = range(preset).as_micros();
            prop_assert!(micros.start <= today.start && today.end <= micros.end, "{preset:?}");
        }
    }

    #[test]
    fn a_day_begins_at_the_first_instant_that_shows_it_or_a_later_date(zone in any_zone(), now in any_now()) {
        let day = zone.day_of(now);
        let start = zone.start_of_day(day).unwrap();
        let date_at = |instant: Timestamp| {
            let instant = jiff::Timestamp::from_microsecond(instant.as_micros()).unwrap();
            let rules = jiff::tz::TimeZoneDatabase::bundled().get(zone.name()).unwrap();
            rules.to_datetime(instant).date()
        };
        prop_assert!(date_at(start) >= day);
        prop_assert!(date_at(start.checked_add(-1).unwrap()) < day);
    }

    #[test]
    fn any_bound_is_read_or_refused(text in "\\PC*", near in "[0-8][0-9]{3}-[0-9]{2}-[0-9]{2}") {
        let zone = Zone::utc();
        let _ = parse_bound(&text, &zone);
        let expected = near.parse::<Date>().ok().filter(|day| day.year() > 0);
        let midnight = expected.and_then(|day| zone.start_of_day(day));
        prop_assert_eq!(parse_bound(&near, &zone).ok(), midnight);
    }
}
