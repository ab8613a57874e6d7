//! Civil days, in UTC and in a zone that never changes its clock.

const MICROS_PER_SECOND: i64 = 1_000_000;
pub const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
pub const MICROS_PER_DAY: i64 = 24 * 60 * MICROS_PER_MINUTE;

/// A zone of which the model knows the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelZone {
    Utc,
    /// Five and a half hours ahead, the whole year.
    Kolkata,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub year: i64,
    /// 1 to 12
    pub month: i64,
    /// 1 to 31
    pub day: i64,
}

impl ModelZone {
    pub fn name(self) -> &'static str {
        match self {
            Self::Utc => "UTC",
            Self::Kolkata => "Asia/Kolkata",
        }
    }

    fn ahead_micros(self) -> i64 {
        match self {
            Self::Utc => 0,
            Self::Kolkata => (5 * 60 + 30) * MICROS_PER_MINUTE,
        }
    }

    /// The local midnight at which a day begins; days are counted from 1970-01-01.
    pub fn midnight(self, day_number: i64) -> i64 {
        day_number * MICROS_PER_DAY - self.ahead_micros()
    }

    /// The local day of an instant, counted from 1970-01-01.
    pub fn day_number(self, micros: i64) -> i64 {
        (micros + self.ahead_micros()).div_euclid(MICROS_PER_DAY)
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a day, counted year by year and month by month.
pub fn number_of(day: Day) -> i64 {
    let mut number = day.day - 1;
    for month in 1..day.month {
        number += days_of_month(day.year, month);
    }
    for year in 1970..day.year {
        number += days_of_year(year);
    }
    for year in day.year..1970 {
        number -= days_of_year(year);
    }
    number
}

/// The day with that number.
pub fn day_of(number: i64) -> Day {
    let mut day = Day {
        year: 1970,
        month: 1,
        day: number + 1,
    };
    while day.day < 1 {
        day.year -= 1;
        day.day += days_of_year(day.year);
    }
    while day.day > days_of_year(day.year) {
        day.day -= days_of_year(day.year);
        day.year += 1;
    }
    while day.day > days_of_month(day.year, day.month) {
        day.day -= days_of_month(day.year, day.month);
        day.month += 1;
    }
    day
}

/// The instant that a text such as `2026-02-13T10:28:22.120000Z` says.
pub fn micros_of(text: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let days = number_of(Day {
        year: number(0..4),
        month: number(5..7),
        day: number(8..10),
    });
    let seconds = (number(11..13) * 60 + number(14..16)) * 60 + number(17..19);
    days * MICROS_PER_DAY + seconds * MICROS_PER_SECOND + number(20..26)
}

/// The text of an instant, as events carry it.
pub fn text_of(micros: i64) -> String {
    let Day { year, month, day } = day_of(micros.div_euclid(MICROS_PER_DAY));
    let within = micros.rem_euclid(MICROS_PER_DAY);
    let (seconds, fraction) = (within / MICROS_PER_SECOND, within % MICROS_PER_SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z")
}

/// From an instant on, before another; without one, that side is open.
pub type Bounds = (Option<i64>, Option<i64>);

/// What a range means when it is `now`.
pub fn bounds_of(range: &str, now: i64, zone: ModelZone, weeks_begin_on_sunday: bool) -> Bounds {
    let today = zone.day_number(now);
    let Day { year, month, .. } = day_of(today);
    let first_of_month = |year, month| {
        number_of(Day {
            year,
            month,
            day: 1,
        })
    };
    let next_month = match month {
        12 => first_of_month(year + 1, 1),
        _ => first_of_month(year, month + 1),
    };
    let month_before = match month {
        1 => first_of_month(year - 1, 12),
        _ => first_of_month(year, month - 1),
    };
    // 1970-01-01 was a Thursday: three days into a week from Monday, four into one from Sunday.
    let into_week = (today + if weeks_begin_on_sunday { 4 } else { 3 }).rem_euclid(7);
    let (first, after) = match range {
        "all_time" => return (None, None),
        "last_24_hours" => return (Some(now - MICROS_PER_DAY), Some(now)),
        "today" => (today, today + 1),
        "yesterday" => (today - 1, today),
        "this_week" => (today - into_week, today - into_week + 7),
        "this_month" => (first_of_month(year, month), next_month),
        "last_month" => (month_before, first_of_month(year, month)),
        "last_7_days" => (today - 6, today + 1),
        "last_30_days" => (today - 29, today + 1),
        "last_90_days" => (today - 89, today + 1),
        "this_year" => (first_of_month(year, 1), first_of_month(year + 1, 1)),
        "last_year" => (first_of_month(year - 1, 1), first_of_month(year, 1)),
        other => panic!("there is no range {other}"),
    };
    (Some(zone.midnight(first)), Some(zone.midnight(after)))
}
