//! The hand-written reader and writer against `jiff`, and each rule by its name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{TimeError, Timestamp};
use proptest::prelude::*;

fn parse(text: &str) -> Result<Timestamp, TimeError> {
    Timestamp::parse_rfc3339(text)
}

fn shown(text: &str) -> String {
    parse(text).unwrap().to_string()
}

/// What `jiff` says of a text, rounded down to microseconds.
fn jiff_micros(text: &str) -> i64 {
    let instant: jiff::Timestamp = text.parse().unwrap();
    i64::try_from(instant.as_nanosecond().div_euclid(1000)).unwrap()
}

#[test]
fn the_text_is_utc_with_six_digits() {
    for (text, expected) in [
        ("2026-02-13T10:28:22.12Z", "2026-02-13T10:28:22.120000Z"),
        ("2026-02-13t10:28:22z", "2026-02-13T10:28:22.000000Z"),
        ("2026-02-13 10:28:22Z", "2026-02-13T10:28:22.000000Z"),
        ("2026-02-13T10:28:22+05:45", "2026-02-13T04:43:22.000000Z"),
        ("2026-02-13T10:28:22-23:59", "2026-02-14T10:27:22.000000Z"),
        ("2026-02-13T10:28:22-00:00", "2026-02-13T10:28:22.000000Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
        ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("0000-12-31T23:00:00-01:00", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn digits_after_the_sixth_are_cut_off() {
    let nines = format!("1969-12-31T23:59:59.{}Z", "9".repeat(10_000));
    assert_eq!(parse(&nines).unwrap().as_micros(), -1);
    assert_eq!(
        shown("2026-02-13T10:28:22.1234567Z"),
        "2026-02-13T10:28:22.123456Z"
    );
    assert_eq!(
        shown("2026-02-13T10:28:22.000000999+02:00"),
        "2026-02-13T08:28:22.000000Z"
    );
}

#[test]
fn a_leap_second_is_the_second_before_it() {
    assert_eq!(
        shown("2016-12-31T23:59:60.5Z"),
        "2016-12-31T23:59:59.500000Z"
    );
    let text = "2016-12-31T23:59:60Z";
    assert_eq!(parse(text).unwrap().as_micros(), jiff_micros(text));
}

#[test]
fn an_offset_is_required() {
    let error = parse("2026-02-13T10:28:22").unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"2026-02-13T10:28:22\" has no offset: add Z for UTC, or an offset such as +02:00 \
         (in a URL, %2B02:00)"
    );
    for text in [
        "2026-02-13T10:28:22 02:00",
        "2026-02-13T10:28:22+0200",
        "2026-02-13T10:28:22+02",
        "2026-02-13T10:28:22+24:00",
        "2026-02-13T10:28:22+02:60",
        "2026-02-13T10:28:22+02:00 ",
        "2026-02-13T10:28:22Z[UTC]",
        "2026-02-13T10:28:22ZZ",
        "2026-02-13T10:28:22,5Z",
        "2026-02-13T10:28:22−02:00",
    ] {
        assert!(
            matches!(parse(text), Err(TimeError::BadOffset { .. })),
            "{text}"
        );
    }
}

#[test]
fn numbers_that_no_calendar_or_clock_shows_are_refused() {
    for (text, wrong) in [
        ("2026-00-13T10:28:22Z", "month"),
        ("2026-13-13T10:28:22Z", "month"),
        ("2026-02-00T10:28:22Z", "day"),
        ("2026-02-29T10:28:22Z", "day"),
        ("1900-02-29T10:28:22Z", "day"),
        ("2026-04-31T10:28:22Z", "day"),
        ("2026-02-13T24:00:00Z", "hour"),
        ("2026-02-13T10:60:22Z", "minute"),
        ("2026-02-13T10:28:61Z", "second"),
    ] {
        match parse(text) {
            Err(TimeError::NoSuch { part, .. }) => assert_eq!(part, wrong, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn other_shapes_are_refused_with_an_example() {
    for text in [
        "",
        "now",
        "1770978502",
        "2026-02-13",
        "20260213T102822Z",
        "2026-2-13T10:28:22Z",
        "2026-02-13T10:28Z",
        "2026-02-13T10:28:22.Z",
        "+002026-02-13T10:28:22Z",
        "2026-02-13T1٠:28:22Z",
        "2026/02/13T10:28:22Z",
    ] {
        assert!(
            matches!(parse(text), Err(TimeError::Shape { .. })),
            "{text}"
        );
    }
    let message = parse("yesterday").unwrap_err().to_string();
    assert_eq!(
        message,
        "\"yesterday\" is not a time: expected RFC 3339, such as 2026-02-13T10:28:22.12Z"
    );
    let long = parse(&"é".repeat(100_000)).unwrap_err().to_string();
    assert!(long.len() < 300, "{}", long.len());
}

#[test]
fn the_years_0001_to_9999_in_utc_are_the_bounds() {
    assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00.000000Z");
    assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
    for text in [
        "0000-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    ] {
        assert!(
            matches!(parse(text), Err(TimeError::OutOfRange { .. })),
            "{text}"
        );
    }
    assert_eq!(Timestamp::from_micros(i64::MIN), Timestamp::MIN);
    assert_eq!(Timestamp::from_micros(i64::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::MAX.checked_add(1), None);
    assert_eq!(Timestamp::MIN.checked_add(-1), None);
    assert_eq!(Timestamp::MAX.checked_add(i64::MAX), None);
    assert_eq!(
        Timestamp::from_micros(5).checked_add(-7),
        Some(Timestamp::from_micros(-2))
    );
}

#[test]
fn every_day_of_the_calendar_is_what_jiff_says() {
    let mut date = jiff::civil::date(1, 1, 1);
    let last = jiff::civil::date(9999, 12, 31);
    let mut days = super::days_from_civil(1, 1, 1);
    assert_eq!(days, -719_162);
    while date < last {
        let civil = (date.year().into(), date.month().into(), date.day().into());
        assert_eq!(super::civil_from_days(days), civil);
        assert_eq!(super::days_from_civil(civil.0, civil.1, civil.2), days);
        date = date.tomorrow().unwrap();
        days += 1;
    }
}

/// Instants that `jiff` can hold too; its last one is 9999-12-30T22:00:00.999999999Z.
fn instants() -> impl Strategy<Value = i64> {
    Timestamp::MIN.as_micros()..jiff::Timestamp::MAX.as_microsecond()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_written_is_read_back(micros in Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros()) {
        let instant = Timestamp::from_micros(micros);
        prop_assert_eq!(instant.as_micros(), micros);
        prop_assert_eq!(parse(&instant.to_string()), Ok(instant));
    }

    #[test]
    fn the_text_is_what_jiff_writes(micros in instants()) {
        let instant = jiff::Timestamp::from_microsecond(micros).unwrap();
        prop_assert_eq!(Timestamp::from_micros(micros).to_string(), format!("{instant:.6}"));
    }

    #[test]
    fn canonical_text_is_read_as_jiff_reads_it(micros in instants(), digits in 0_usize..=9) {
        let text = format!("{:.digits$}", jiff::Timestamp::from_microsecond(micros).unwrap());
        prop_assert_eq!(parse(&text).unwrap().as_micros(), jiff_micros(&text));
    }

    #[test]
    fn offsets_are_read_as_jiff_reads_them(
        year in 2_i16..=9998, month in 1_i8..=12, day in 1_i8..=31, second in 0_i32..86_400,
        fraction in 0_u32..1_000_000_000, digits in 1_usize..=9,
        sign in prop_oneof![Just('+'), Just('-')], hours in 0..=23, minutes in 0..=59,
    ) {
        let fraction = &format!("{fraction:09}")[..digits];
        let text = format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{fraction}{sign}{hours:02}:{minutes:02}",
            second / 3600, second / 60 % 60, second % 60,
        );
        match text.parse::<jiff::Timestamp>() {
            Ok(_) => prop_assert_eq!(parse(&text).unwrap().as_micros(), jiff_micros(&text)),
            Err(_) => prop_assert!(parse(&text).is_err(), "{} has no such day", text),
        }
    }

    #[test]
    fn what_is_accepted_jiff_accepts_too(text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,9})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])?") {
        if let Ok(instant) = parse(&text)
            && instant.as_micros() < jiff::Timestamp::MAX.as_microsecond()
        {
            prop_assert_eq!(instant.as_micros(), jiff_micros(&text));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = parse(&text);
    }

    #[test]
    fn a_changed_byte_never_misleads(micros in instants(), at in 0_usize..27, to in any::<char>()) {
        let mut text: Vec<char> = Timestamp::from_micros(micros).to_string().chars().collect();
        text[at] = to;
        let text: String = text.into_iter().collect();
        if let Ok(instant) = parse(&text)
            && instant.as_micros() < jiff::Timestamp::MAX.as_microsecond()
        {
            prop_assert_eq!(instant.as_micros(), jiff_micros(&text));
        }
    }
}
