//! Ranges of time: the presets that people pick, and `from`/`to`.
//!
//! A [`Range`] is half-open, so ranges of consecutive days, weeks or months tile: no event falls
//! between two of them or into both. Only [`Preset::Last24Hours`] rolls with the clock. All other
//! presets are whole local days, up to the *end* of the last one, so that a page asked for twice
//! within a day has the same range and an event of later today is not lost from `this_week`.

use super::zone::Zone;
use super::{TimeError, Timestamp, days_from_civil, echo, local_seconds};
use jiff::ToSpan;
use jiff::civil::{Date, date};

const MICROS_PER_DAY: i64 = 86_400 * super::MICROS_PER_SECOND;
/// `2026-02-13`
const DATE_BYTES: usize = 10;

/// The instants from `from` on, before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range {
    from_micros: i64,
    to_micros: i64,
}

/// A range by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// No bound at all.
    AllTime,
    /// The local day of now.
    Today,
    /// The local day before it.
    Yesterday,
    /// From this week's first day to its last.
    ThisWeek,
    /// From this month's first day to its last.
    ThisMonth,
    /// The whole month before this one.
    LastMonth,
    /// The 24 hours up to now.
    Last24Hours,
    /// Today and the 6 days before it.
    Last7Days,
    /// Today and the 29 days before it.
    Last30Days,
    /// Today and the 89 days before it.
    Last90Days,
    /// From this year's first day to its last.
    ThisYear,
    /// The whole year before this one.
    LastYear,
}

/// The day that weeks begin on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WeekStart {
    /// As in ISO 8601.
    #[default]
    Monday,
    /// As in the calendars of the Americas and elsewhere.
    Sunday,
}

impl Range {
    /// From one instant to before another; without one, that side has no bound. A `to` before
    /// `from` makes the empty range at `from`.
    pub fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        let from = from.unwrap_or(Timestamp::MIN).as_micros();
        let to = to.map_or(Timestamp::MAX.as_micros() + 1, Timestamp::as_micros);
        Self {
            from_micros: from,
            to_micros: to.max(from),
        }
    }

    /// The range of [`Self::as_micros`] again.
    pub fn from_micros(micros: std::ops::Range<i64>) -> Self {
        let end = Timestamp::MAX.as_micros() + 1;
        let from = micros.start.clamp(Timestamp::MIN.as_micros(), end);
        Self {
            from_micros: from,
            to_micros: micros.end.clamp(from, end),
        }
    }

    /// Its bounds in microseconds since the epoch. The end may be one more than
    /// [`Timestamp::MAX`] has: that is how a range without an end is written.
    pub fn as_micros(&self) -> std::ops::Range<i64> {
        self.from_micros..self.to_micros
    }

    /// Whether an instant lies in it.
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.as_micros().contains(&instant.as_micros())
    }

    /// Whether no instant lies in it, as in a day that its zone skipped.
    pub fn is_empty(&self) -> bool {
        self.as_micros().is_empty()
    }
}

impl Preset {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 12] = [
        Self::AllTime,
        Self::Today,
        Self::Yesterday,
        Self::ThisWeek,
        Self::ThisMonth,
        Self::LastMonth,
        Self::Last24Hours,
        Self::Last7Days,
        Self::Last30Days,
        Self::Last90Days,
        Self::ThisYear,
        Self::LastYear,
    ];

    /// Its name in a query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllTime => "all_time",
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::ThisWeek => "this_week",
            Self::ThisMonth => "this_month",
            Self::LastMonth => "last_month",
            Self::Last24Hours => "last_24_hours",
            Self::Last7Days => "last_7_days",
            Self::Last30Days => "last_30_days",
            Self::Last90Days => "last_90_days",
            Self::ThisYear => "this_year",
            Self::LastYear => "last_year",
        }
    }

    /// The preset of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == name)
    }

    /// Its instants, when it is `now`; `None` for all time.
    pub fn resolve(self, now: Timestamp, zone: &Zone, week_start: WeekStart) -> Option<Range> {
        if self == Self::Last24Hours {
            let from = now.checked_add(-MICROS_PER_DAY);
            return Some(Range::between(from, Some(now)));
        }
        let (first, next) = self.days(zone.day_of(now), week_start)?;
        Some(Range::between(
            first.and_then(|day| zone.start_of_day(day)),
            next.and_then(|day| zone.start_of_day(day)),
        ))
    }

    /// The first of its days and the day after its last one. `None` in their places stands for
    /// days before and after all that a calendar of four-digit years has.
    fn days(self, today: Date, week_start: WeekStart) -> Option<(Option<Date>, Option<Date>)> {
        let day = |ahead: i64| today.checked_add(ahead.days()).ok();
        let month = |ahead: i64| today.first_of_month().checked_add(ahead.months()).ok();
        let year = |ahead: i64| today.first_of_year().checked_add(ahead.years()).ok();
        Some(match self {
            Self::AllTime | Self::Last24Hours => return None,
            Self::Today => (day(0), day(1)),
            Self::Yesterday => (day(-1), day(0)),
            Self::ThisWeek => {
                let passed = week_start.days_passed(today);
                (day(-passed), day(7 - passed))
            }
            Self::ThisMonth => (month(0), month(1)),
            Self::LastMonth => (month(-1), month(0)),
            Self::Last7Days => (day(-6), day(1)),
            Self::Last30Days => (day(-29), day(1)),
            Self::Last90Days => (day(-89), day(1)),
            Self::ThisYear => (year(0), year(1)),
            Self::LastYear => (year(-1), year(0)),
        })
    }
}

impl WeekStart {
    /// Its name in a query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Sunday => "sunday",
        }
    }

    /// How many days of its week lie before a day.
    pub(super) fn days_passed(self, day: Date) -> i64 {
        i64::from(match self {
            Self::Monday => day.weekday().to_monday_zero_offset(),
            Self::Sunday => day.weekday().to_sunday_zero_offset(),
        })
    }
}

/// Reads one end of a range: an RFC 3339 instant, or a date alone for the instant at which that
/// local day begins. A day at either end of the years that a [`Timestamp`] has may begin outside
/// of them: its beginning is then the nearest instant inside.
pub fn parse_bound(text: &str, zone: &Zone) -> Result<Timestamp, TimeError> {
    match parse_date(text)? {
        Some(day) => Ok(zone.start_of_day(day).unwrap_or(match day.year() {
            ..=1 => Timestamp::MIN,
            _ => Timestamp::MAX,
        })),
        None => Timestamp::parse_rfc3339(text),
    }
}

/// The date that a text is, if it has the shape of one.
fn parse_date(text: &str) -> Result<Option<Date>, TimeError> {
    if text.len() != DATE_BYTES || !text.is_ascii() {
        return Ok(None);
    }
    let midnight = format!("{text}T00:00:00");
    let Some((date_time, [])) = midnight.as_bytes().split_first_chunk() else {
        return Ok(None);
    };
    let seconds = local_seconds(date_time, text)?;
    let days = seconds.div_euclid(super::SECONDS_PER_DAY);
    let first = days_from_civil(1, 1, 1);
    let ahead = days - first;
    match date(1, 1, 1).checked_add(ahead.days()) {
        Ok(day) if ahead >= 0 => Ok(Some(day)),
        _ => Err(TimeError::OutOfRange { found: echo(text) }),
    }
}

#[cfg(test)]
mod tests;
