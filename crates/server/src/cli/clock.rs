//! Times as people write and read them: how a table shows one, in UTC or in a zone that was asked for, and how
//! a flag says how long.

use std::time::Duration;

use evident_event::time::Timestamp;
use jiff::SignedDuration;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

/// How long a flag says.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration: Option<SignedDuration> = text.parse().ok();
    let duration = duration.and_then(|duration| Duration::try_from(duration).ok());
    duration.ok_or_else(|| "give a time such as 30s, 10m, 2h or 1h30m".to_owned())
}

/// Columns of the longest time that is shown.
pub(super) const TIME_COLUMNS: usize = "2026-02-13T10:28:22Z".len();

/// Shows times.
#[derive(Debug, Clone)]
pub(super) struct Clock(Option<TimeZone>);

/// A time as it is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Date and time, to the second.
    pub(super) text: String,
    /// The offset that it is in, where it does not say so itself.
    pub(super) offset: Option<Offset>,
}

impl Clock {
    /// Shows times in this zone; in UTC without one, or with one that the server knows and this
    /// command does not.
    pub(super) fn new(zone: Option<&str>) -> Self {
        Self(zone.and_then(|zone| TimeZoneDatabase::bundled().get(zone).ok()))
    }

    /// A time as it is shown; as it stands if it is none.
    pub(super) fn show(&self, time: &str) -> Shown {
        let Ok(instant) = Timestamp::parse_rfc3339(time) else {
            return Shown {
                text: time.to_owned(),
                offset: None,
            };
        };
        self.local(instant).unwrap_or_else(|| {
            let text = instant.to_string();
            Shown {
                text: format!("{}Z", text.get(..19).unwrap_or_default()),
                offset: None,
            }
        })
    }

    /// The last hours of the year 9999 have no local time.
    fn local(&self, instant: Timestamp) -> Option<Shown> {
        let instant = jiff::Timestamp::from_microsecond(instant.as_micros()).ok()?;
        let offset = self.0.as_ref()?.to_offset(instant);
        let local = offset.to_datetime(instant);
        Some(Shown {
            text: local.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            offset: Some(offset),
        })
    }
}

/// An offset, such as `+05:30`.
pub(super) fn in_words(offset: Offset) -> String {
    let sign = if offset.is_negative() { '-' } else { '+' };
    let seconds = offset.seconds().unsigned_abs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match rest {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(zone: Option<&str>, time: &str) -> (String, Option<String>) {
        let Shown { text, offset } = Clock::new(zone).show(time);
        (text, offset.map(in_words))
    }

    #[test]
    fn utc_is_cut_to_seconds() {
        let time = "2026-02-13T10:28:22.999999Z";
        let expected = ("2026-02-13T10:28:22Z".to_owned(), None);
        assert_eq!(shown(None, time), expected);
        assert_eq!(shown(Some("Nowhere/At_All"), time), expected);
    }

    #[test]
    fn a_zone_shows_its_own_clock_and_its_offset_then() {
        let shown = |zone, time| shown(Some(zone), time);
        let of = |text: &str, offset: &str| (text.to_owned(), Some(offset.to_owned()));
        assert_eq!(
            shown("Europe/Berlin", "2026-02-13T23:28:22.120000Z"),
            of("2026-02-14T00:28:22", "+01:00")
        );
        assert_eq!(
            shown("Europe/Berlin", "2026-07-13T23:28:22.120000Z"),
            of("2026-07-14T01:28:22", "+02:00")
        );
        assert_eq!(
            shown("America/St_Johns", "2026-02-13T00:00:00Z"),
            of("2026-02-12T20:30:00", "-03:30")
        );
        assert_eq!(
            shown("Asia/Kolkata", "0001-01-01T00:00:00Z").1.as_deref(),
            Some("+05:53:28")
        );
    }

    #[test]
    fn what_has_no_local_time_is_shown_in_utc_and_what_is_no_time_as_it_is() {
        let end = "9999-12-31T23:59:59.000000Z";
        let utc = ("9999-12-31T23:59:59Z".to_owned(), None);
        assert_eq!(shown(Some("Pacific/Kiritimati"), end), utc);
        assert_eq!(shown(None, "soon"), ("soon".to_owned(), None));
    }
}
