//! How the events spread over the year: every day alike, the hours as people work.

use evident_event::time::Timestamp;

/// 2025-01-01T00:00:00Z, in microseconds.
pub const YEAR_START: i64 = YEAR_END - DAYS * DAY_MICROS;
/// 2026-01-01T00:00:00Z: fixed, so that the events are the same whenever they are made.
pub const YEAR_END: i64 = 1_767_225_600_000_000;
pub const DAY_MICROS: i64 = 86_400_000_000;
const DAYS: i64 = 365;

/// How much happens in each hour of the day.
const HOURS: [f64; 24] = [
    3.0, 2.0, 2.0, 2.0, 2.0, 3.0, 4.0, 6.0, 8.0, 9.0, 9.0, 8.0, 7.0, 8.0, 9.0, 9.0, 8.0, 7.0, 5.0,
    4.0, 4.0, 4.0, 3.0, 3.0,
];

/// Turns a place among the events into a time.
#[derive(Debug)]
pub struct Calendar {
    /// The part of a day's events that came before each hour, and at last 1.
    before: [f64; 25],
}

impl Calendar {
    pub fn new() -> Self {
        let sum: f64 = HOURS.iter().sum();
        let mut before = [0.0; 25];
        for hour in 0..24 {
            before[hour + 1] = before[hour] + HOURS[hour] / sum;
        }
        before[24] = 1.0;
        Self { before }
    }

    /// The time at which that part of the year's events (0 to 1) has happened, in microseconds.
    pub fn at(&self, place: f64) -> i64 {
        let days = place * DAYS as f64;
        let of_day = days.fract();
        // Nearly every hour is within a few of its place on an even day.
        let mut hour = ((of_day * 24.0) as usize).min(23);
        while self.before[hour] > of_day {
            hour -= 1;
        }
        while self.before[hour + 1] <= of_day {
            hour += 1;
        }
        let of_hour = (of_day - self.before[hour]) / (self.before[hour + 1] - self.before[hour]);
        let day = days as i64;
        let micros = (hour as f64 + of_hour) * (DAY_MICROS / 24) as f64;
        YEAR_START + day * DAY_MICROS + micros as i64
    }
}

/// As it is written in a query.
pub fn rfc3339(micros: i64) -> String {
    Timestamp::from_micros(micros).to_string()
}
