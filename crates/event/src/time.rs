//! Instants: microseconds since the Unix epoch, read and written as RFC 3339.
//!
//! Every event carries two of them, so reading and writing one must cost nanoseconds: the parser
//! here is written by hand, and property tests hold it to what `jiff` makes of the same text.
//!
//! It must hold that:
//!
//! - a [`Timestamp`] lies in the years 0001 to 9999, so its text always has 27 bytes
//!   (`2026-02-13T10:28:22.120000Z`) and the order of texts is the order of instants;
//! - parsing what was written gives the same instant;
//! - text without an offset is refused: what it means depends on where it is read.

pub mod buckets;
mod local;
pub mod range;
pub mod zone;

use std::fmt;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_MINUTE: i64 = 60;
const SECONDS_PER_DAY: i64 = 86_400;
/// Digits kept of a fraction of a second; the others are cut off.
const FRACTION_DIGITS: usize = 6;
/// `2026-02-13T10:28:22.120000Z`
const TEXT_BYTES: usize = 27;
/// `2026-02-13T10:28:22`
const DATE_TIME_BYTES: usize = 19;
/// How much of a refused text an error repeats, in bytes.
const MAX_ECHO_BYTES: usize = 64;

/// An instant, in microseconds since 1970-01-01T00:00:00Z, in the years 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text is no instant. The messages say what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text has not the shape of an RFC 3339 date and time.
    #[error("{found:?} is not a time: expected RFC 3339, such as 2026-02-13T10:28:22.12Z")]
    Shape {
        /// The text, cut to a bounded length.
        found: String,
    },
    /// A date and time with nothing after it.
    #[error(
        "{found:?} has no offset: add Z for UTC, or an offset such as +02:00 (in a URL, %2B02:00)"
    )]
    NoOffset {
        /// The text, cut to a bounded length.
        found: String,
    },
    /// What follows the date and time is no offset.
    #[error(
        "{found:?} does not end in an offset: expected Z, or one such as +02:00 (in a URL, %2B02:00)"
    )]
    BadOffset {
        /// The text, cut to a bounded length.
        found: String,
    },
    /// A number that no calendar or clock shows.
    #[error("{found:?} has no such {part}: expected {expected}")]
    NoSuch {
        /// The text, cut to a bounded length.
        found: String,
        /// Which part it is: `month`, `day`, …
        part: &'static str,
        /// The values it may have.
        expected: &'static str,
    },
    /// The instant lies before the year 0001 or after the year 9999, in UTC.
    #[error("{found:?} is outside the years 0001 to 9999 in UTC: give a time within them")]
    OutOfRange {
        /// The text, cut to a bounded length.
        found: String,
    },
}

impl Timestamp {
    /// 0001-01-01T00:00:00.000000Z
    pub const MIN: Self = Self(-62_135_596_800 * MICROS_PER_SECOND);
    /// 9999-12-31T23:59:59.999999Z
    pub const MAX: Self = Self(253_402_300_800 * MICROS_PER_SECOND - 1);

    /// The instant that many microseconds after the epoch, or the nearest of [`Self::MIN`] and
    /// [`Self::MAX`] where it lies outside of them.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The instant that many microseconds later (earlier, if negative), unless it lies outside of
    /// [`Self::MIN`] and [`Self::MAX`].
    pub const fn checked_add(self, micros: i64) -> Option<Self> {
        match self.0.checked_add(micros) {
            Some(sum) if sum >= Self::MIN.0 && sum <= Self::MAX.0 => Some(Self(sum)),
            _ => None,
        }
    }

    /// Reads an RFC 3339 date and time.
    ///
    /// The offset is required: `Z` or `±hh:mm`. `T` and `Z` may be lower case, and a space may
    /// stand for the `T`. The fraction may have any number of digits; those after the sixth are
    /// cut off. The second 60 is read as 59, as clocks that do not show leap seconds repeat it.
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeError> {
        let bytes = text.as_bytes();
        let Some((date_time, rest)) = bytes.split_first_chunk::<DATE_TIME_BYTES>() else {
            return Err(TimeError::Shape { found: echo(text) });
        };
        let local = local_seconds(date_time, text)?;
        let (fraction, rest) = fraction_micros(rest, text)?;
        let offset = offset_seconds(rest, text)?;
        let micros = (local - offset) * MICROS_PER_SECOND + fraction;
        if !(Self::MIN.0..=Self::MAX.0).contains(&micros) {
            return Err(TimeError::OutOfRange { found: echo(text) });
        }
        Ok(Self(micros))
    }

    /// The text that [`fmt::Display`] writes, in ASCII, without allocating.
    pub fn to_ascii(self) -> [u8; TEXT_BYTES] {
        let seconds = self.0.div_euclid(MICROS_PER_SECOND);
        let micros = self.0.rem_euclid(MICROS_PER_SECOND);
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        write_digits(&mut text[0..4], year);
        write_digits(&mut text[5..7], month);
        write_digits(&mut text[8..10], day);
        write_digits(&mut text[11..13], second_of_day / 3600);
        write_digits(&mut text[14..16], second_of_day / 60 % 60);
        write_digits(&mut text[17..19], second_of_day % 60);
        write_digits(&mut text[20..26], micros);
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_ascii();
        f.pad(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Seconds from the epoch to what a clock on UTC would call this date and time.
fn local_seconds(b: &[u8; DATE_TIME_BYTES], text: &str) -> Result<i64, TimeError> {
    let shape = || TimeError::Shape { found: echo(text) };
    let separators = b[4] == b'-'
        && b[7] == b'-'
        && matches!(b[10], b'T' | b't' | b' ')
        && b[13] == b':'
        && b[16] == b':';
    if !separators {
        return Err(shape());
    }
    let number = |from: usize, to: usize| digits(&b[from..to]).ok_or_else(shape);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let no_such = |part, expected| {
        Err(TimeError::NoSuch {
            found: echo(text),
            part,
            expected,
        })
    };
    if !(1..=12).contains(&month) {
        return no_such("month", "01 to 12");
    }
    if day < 1 || day > days_in_month(year, month) {
        return no_such("day", "01 to the last day of that month");
    }
    if hour > 23 {
        return no_such("hour", "00 to 23");
    }
    if minute > 59 {
        return no_such("minute", "00 to 59");
    }
    if second > 60 {
        return no_such("second", "00 to 60");
    }
    let second_of_day = hour * 3600 + minute * SECONDS_PER_MINUTE + second.min(59);
    Ok(days_from_civil(year, month, day) * SECONDS_PER_DAY + second_of_day)
}

/// The microseconds of an optional `.digits`, and what follows it.
fn fraction_micros<'a>(rest: &'a [u8], text: &str) -> Result<(i64, &'a [u8]), TimeError> {
    let Some((b'.', rest)) = rest.split_first() else {
        return Ok((0, rest));
    };
    let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (fraction, rest) = rest.split_at(count);
    let kept = &fraction[..count.min(FRACTION_DIGITS)];
    match digits(kept) {
        Some(value) if count > 0 => {
            let scale = 10_i64.pow((FRACTION_DIGITS - kept.len()) as u32);
            Ok((value * scale, rest))
        }
        _ => Err(TimeError::Shape { found: echo(text) }),
    }
}

/// What a clock with this offset is ahead of UTC.
fn offset_seconds(rest: &[u8], text: &str) -> Result<i64, TimeError> {
    let bad = || TimeError::BadOffset { found: echo(text) };
    match *rest {
        [b'Z' | b'z'] => Ok(0),
        [] => Err(TimeError::NoOffset { found: echo(text) }),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = digits(&[h1, h2]).filter(|h| *h <= 23).ok_or_else(bad)?;
            let minutes = digits(&[m1, m2]).filter(|m| *m <= 59).ok_or_else(bad)?;
            let seconds = hours * 3600 + minutes * SECONDS_PER_MINUTE;
            Ok(if sign == b'-' { -seconds } else { seconds })
        }
        _ => Err(bad()),
    }
}

/// The number that a few ASCII digits write.
fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0_i64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + i64::from(digit))
    })
}

/// Writes a number over all of `out`, with leading zeros. The callers' numbers have at most six
/// digits and no sign; 32 bits divide faster than 64.
fn write_digits(out: &mut [u8], value: i64) {
    let mut value = value as u32;
    for place in out.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
///
/// Years are counted from March, so that a leap day is the last day of its year; 400 years have
/// 146,097 days, and 719,468 days lie between 0000-03-01 and 1970-01-01.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// A text as an error repeats it: cut at a bounded length.
pub(crate) fn echo(text: &str) -> String {
    if text.len() <= MAX_ECHO_BYTES {
        return text.to_owned();
    }
    let cut = text.floor_char_boundary(MAX_ECHO_BYTES);
    format!("{}…", &text[..cut])
}

#[cfg(test)]
mod tests;
