//! Buckets of any zone and span, held to what a clock and a calendar show at and between the edges.
//!
//! What they show is asked of `jiff` alone, instant by instant: an edge is right if they turn
//! there, and the edges are all if they turn nowhere else.

use super::super::super::days_from_civil;
use super::*;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;

/// No clock was ever set by more in one change: a zone that moved over the date line.
const LONGEST_CHANGE: i64 = 25 * MICROS_PER_HOUR;

/// What is on the wall during a bucket and changes when the next one begins.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    /// The offset in seconds, and the local time in whole minutes or hours.
    Clock(i32, i64),
    /// The day, or the number of the week or of the month.
    Calendar(i64),
}

struct Wall {
    rules: TimeZone,
    week_start: WeekStart,
}

impl Wall {
    fn of(zone: &Zone, week_start: WeekStart) -> Self {
        let rules = TimeZoneDatabase::bundled().get(zone.name()).unwrap();
        Self { rules, week_start }
    }

    fn shows(&self, interval: Interval, instant: Timestamp) -> Shown {
        match interval {
            Interval::Minute => self.clock(instant, MICROS_PER_MINUTE),
            Interval::Hour => self.clock(instant, MICROS_PER_HOUR),
            Interval::Day => Shown::Calendar(days(self.latest_date(instant))),
            Interval::Week => {
                // 1970-01-05 was a Monday.
                let since_monday = days(self.latest_date(instant)) - 4;
                let since = since_monday + i64::from(self.week_start == WeekStart::Sunday);
                Shown::Calendar(since.div_euclid(7))
            }
            Interval::Month => {
                let date = self.latest_date(instant);
                Shown::Calendar(i64::from(date.year()) * 12 + i64::from(date.month()))
            }
        }
    }

    /// When the clock is set, after an instant.
    fn changes(&self, from: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        let offset = |at: Timestamp| self.rules.to_offset(jiffs(at));
        self.rules
            .following(jiffs(from))
            .map(|change| Timestamp::from_micros(change.timestamp().as_microsecond()))
            .filter(move |change| offset(*change) != offset(later(*change, -1)))
    }

    fn clock(&self, instant: Timestamp, unit_micros: i64) -> Shown {
        let offset = self.rules.to_offset(jiffs(instant)).seconds();
        let local = instant.as_micros() + i64::from(offset) * MICROS_PER_SECOND;
        Shown::Clock(offset, local.div_euclid(unit_micros))
    }

    /// The latest date shown until then: a day that has begun goes on when the clock is set back
    /// over midnight.
    fn latest_date(&self, instant: Timestamp) -> Date {
        let since = jiffs(later(instant, -LONGEST_CHANGE));
        let date = |at: jiff::Timestamp| self.rules.to_datetime(at).date();
        self.rules
            .preceding(jiffs(later(instant, 1)))
            .map(|change| change.timestamp())
            .take_while(|change| *change >= since)
            .map(|change| date(change - jiff::SignedDuration::from_micros(1)))
            .fold(date(jiffs(instant)), Date::max)
    }
}

fn jiffs(instant: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(instant.as_micros()).unwrap()
}

fn days(date: Date) -> i64 {
    days_from_civil(date.year().into(), date.month().into(), date.day().into())
}

/// All that must hold of the buckets of a span.
#[track_caller]
fn hold_to_the_wall(buckets: &Buckets, first: Timestamp, last: Timestamp, wall: &Wall) {
    let (edges, interval) = (buckets.edges(), buckets.interval());
    let case = || format!("{:?} {interval:?} {first} {last}", wall.rules.iana_name());
    assert_eq!(edges.len(), buckets.len() + 1, "{}", case());
    assert!(edges[0] <= first && first < edges[1], "{}", case());
    let [.., begin, end] = edges else { panic!() };
    assert!(*begin <= last && last < *end, "{}", case());
    for (start, end) in buckets.iter() {
        assert!(start < end, "{} {start}", case());
        assert!(
            end.as_micros() - start.as_micros() <= interval.longest_micros(),
            "{} {start}",
            case()
        );
        let shown = wall.shows(interval, start);
        let before = wall.shows(interval, later(start, -1));
        assert_ne!(before, shown, "{} {start}", case());
        // Dates only go forward, and so does a clock until it is set: what is the same at both
        // ends is the same between them, but for a clock that is set twice. Hence the middle.
        let middle = Timestamp::from_micros(start.as_micros().midpoint(end.as_micros()));
        for instant in [middle, later(end, -1)] {
            assert_eq!(wall.shows(interval, instant), shown, "{} {start}", case());
        }
    }
    assert_ne!(
        wall.shows(interval, *end),
        wall.shows(interval, later(*end, -1)),
        "{}",
        case()
    );
}

fn any_zone() -> impl Strategy<Value = Zone> {
    proptest::sample::select(Zone::names()).prop_map(|name| zone(&name))
}

fn any_interval() -> impl Strategy<Value = Interval> {
    proptest::sample::select(&Interval::ALL[..])
}

fn any_week_start() -> impl Strategy<Value = WeekStart> {
    proptest::sample::select(&[WeekStart::Monday, WeekStart::Sunday][..])
}

/// From 1800, before standard time, to 2200.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    (at("1800-01-01T00:00:00Z").0..at("2200-01-01T00:00:00Z").0).prop_map(Timestamp::from_micros)
}

/// From microseconds to centuries, each magnitude about as often.
fn any_length() -> impl Strategy<Value = i64> {
    (0..53_u32).prop_flat_map(|bits| 0..=1_i64 << bits)
}

#[test]
fn around_every_change_of_every_clock_the_edges_are_what_the_wall_shows() {
    let (from, to) = (at("1800-01-01T00:00:00Z"), at("2040-01-01T00:00:00Z"));
    let mut changes = 0;
    for name in Zone::names() {
        let zone = zone(&name);
        let wall = Wall::of(&zone, WeekStart::Monday);
        for change in wall.changes(from).take_while(|change| *change < to) {
            changes += 1;
            for (interval, around) in [
                (Interval::Minute, 2 * MICROS_PER_MINUTE),
                (Interval::Hour, 2 * MICROS_PER_HOUR),
                (Interval::Day, 2 * MICROS_PER_DAY),
            ] {
                let (first, last) = (later(change, -around), later(change, around));
                let found = Buckets::cover(interval, first, last, &zone, WeekStart::Monday);
                let found = found.unwrap();
                hold_to_the_wall(&found, first, last, &wall);
                if interval < Interval::Day {
                    assert!(found.edges().contains(&change), "{name} {change}");
                }
            }
        }
    }
    assert!(changes > 10_000, "{changes}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_edges_of_any_span_are_what_the_wall_shows(
        zone in any_zone(),
        interval in any_interval(),
        week_start in any_week_start(),
        first in any_instant(),
        count in prop_oneof![9 => 0..300_i64, 1 => 0..2_000_i64],
        part in 0.0..1.0,
    ) {
        let micros = (count as f64 + part) * interval.longest_micros() as f64 * 0.8;
        let last = later(first, micros as i64);
        let found = Buckets::cover(interval, first, last, &zone, week_start).unwrap();
        hold_to_the_wall(&found, first, last, &Wall::of(&zone, week_start));
    }

    #[test]
    fn the_bucket_of_an_instant_is_the_one_that_a_linear_search_finds(
        zone in any_zone(),
        interval in any_interval(),
        first in any_instant(),
        count in 0..50_i64,
        edge in any::<proptest::sample::Index>(),
        near in -2..=2_i64,
        anywhere in any_instant(),
    ) {
        let last = later(first, count * interval.longest_micros());
        let found = Buckets::cover(interval, first, last, &zone, WeekStart::Monday).unwrap();
        let near_an_edge = later(*edge.get(found.edges()), near);
        for instant in [first, last, near_an_edge, anywhere] {
            let expected = found.iter().position(|(start, end)| start <= instant && instant < end);
            prop_assert_eq!(found.of(instant), expected, "{} {}", zone.name(), instant);
        }
    }

    #[test]
    fn a_refusal_and_auto_agree_with_the_buckets_there_are(
        zone in any_zone(),
        interval in any_interval(),
        week_start in any_week_start(),
        first in any_instant(),
        length in any_length(),
    ) {
        let last = later(first, length);
        let counted = Interval::ALL.map(|interval| {
            // Far more than a refused span may have, so the count is exact or far too high.
            let all = edges(interval, first, last, &zone, week_start, 2 * MAX_BUCKETS);
            (interval, all.map_or(usize::MAX, |all| all.len() - 1))
        });
        let shortest = |from: Option<Interval>, limit| {
            counted
                .into_iter()
                .find(|(interval, count)| Some(*interval) > from && *count <= limit)
                .map(|(interval, _)| interval)
        };
        let auto = Interval::auto(first, last, &zone, week_start);
        prop_assert_eq!(auto, shortest(None, READABLE_BUCKETS).unwrap_or(Interval::Month));
        let count = counted.iter().find(|(other, _)| *other == interval).unwrap().1;
        match Buckets::cover(interval, first, last, &zone, week_start) {
            Ok(buckets) => prop_assert_eq!(buckets.len(), count),
            Err(refusal) => {
                prop_assert!(count > MAX_BUCKETS);
                prop_assert_eq!(refusal.shortest, shortest(Some(interval), MAX_BUCKETS));
            }
        }
    }

    #[test]
    fn any_instants_up_to_the_ends_of_time_have_buckets(
        zone in any_zone(),
        interval in any_interval(),
        from_end in 0..3 * MICROS_PER_DAY,
        length in 0..3 * MICROS_PER_DAY,
        at_the_end in any::<bool>(),
    ) {
        let first = match at_the_end {
            true => later(Timestamp::MAX, -from_end),
            false => later(Timestamp::MIN, from_end),
        };
        let last = first.checked_add(length).unwrap_or(Timestamp::MAX);
        let found = Buckets::cover(interval, first, last, &zone, WeekStart::Sunday).unwrap();
        prop_assert!(found.edges().is_sorted_by(|a, b| a < b));
        prop_assert_eq!(found.of(first), Some(0));
        prop_assert_eq!(found.of(last), Some(found.len() - 1));
        for (start, end) in found.iter() {
            prop_assert!(end.0 - start.0 <= interval.longest_micros());
        }
    }
}
