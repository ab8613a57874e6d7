//! The hours and days that people live by: local time with its clock changes, weekends and holidays.

use jiff::civil::Weekday;
use jiff::tz::{TimeZone, TimeZoneDatabase};

pub(super) const SECOND: i64 = 1_000_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// What everybody in a part of the world has off, as month and day.
pub(super) type Holidays = &'static [(i8, i8)];

/// A moment as somebody's calendar and watch show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Local {
    /// Days since 1970 by the local calendar.
    pub(super) day: i64,
    /// The hour of the local day.
    pub(super) hour: i8,
    /// Monday to Friday, and no holiday.
    pub(super) is_workday: bool,
}

/// The rules of a time zone, which are compiled in. One that is not known counts as UTC; a test rules that out.
pub(super) fn zone(name: &str) -> TimeZone {
    let zones = TimeZoneDatabase::bundled();
    zones.get(name).unwrap_or(TimeZone::UTC)
}

/// What calendar and watch show in a zone.
pub(super) fn local(zone: &TimeZone, holidays: Holidays, micros: i64) -> Local {
    let instant = jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let offset = zone.to_offset(instant);
    let time = offset.to_datetime(instant);
    let is_weekend = matches!(time.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_holiday = holidays.contains(&(time.month(), time.day()));
    Local {
        day: (micros + i64::from(offset.seconds()) * SECOND).div_euclid(DAY),
        hour: time.hour(),
        is_workday: !is_weekend && !is_holiday,
    }
}

/// The moment at which it is so many minutes after midnight on a local day. Where a clock change skips that
/// time, an hour away from it is near enough.
pub(super) fn at_local(zone: &TimeZone, day: i64, minutes: i64) -> i64 {
    let naive = day * DAY + minutes * MINUTE;
    let guess = jiff::Timestamp::from_microsecond(naive).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    naive - i64::from(zone.to_offset(guess).seconds()) * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_change_with_the_season_and_holidays_are_no_workdays() {
        let berlin = zone("Europe/Berlin");
        let new_year = &[(1, 1)];
        // 2026-01-15T08:30:00Z and 2026-07-15T08:30:00Z, a Thursday and a Wednesday.
        let winter = local(&berlin, new_year, 1_768_465_800 * SECOND);
        let summer = local(&berlin, new_year, 1_784_104_200 * SECOND);
        assert_eq!((winter.hour, winter.is_workday), (9, true));
        assert_eq!((summer.hour, summer.is_workday), (10, true));
        // 2025-12-31T23:30:00Z is New Year in Berlin.
        let holiday = local(&berlin, new_year, 1_767_223_800 * SECOND);
        assert_eq!((holiday.hour, holiday.is_workday), (0, false));
        assert!(local(&berlin, &[], 1_767_223_800 * SECOND).is_workday);
        // 2026-01-17, a Saturday.
        assert!(!local(&berlin, &[], 1_768_638_600 * SECOND).is_workday);
    }

    #[test]
    fn a_local_time_is_found_again() {
        let tokyo = zone("Asia/Tokyo");
        let at = at_local(&tokyo, 20_500, 9 * 60 + 15);
        let seen = local(&tokyo, &[], at);
        assert_eq!((seen.day, seen.hour), (20_500, 9));
    }
}
