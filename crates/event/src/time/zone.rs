//! Time zones: which local day an instant belongs to, and when a local day begins.
//!
//! The rules of all IANA zones are compiled in, so that the same query means the same on every
//! machine and nothing here reads a file. It must hold that:
//!
//! - the days of a zone tile time: each begins where the one before it ends, in calendar order;
//! - an instant lies in exactly one local day, the one that [`Zone::day_of`] names;
//! - a day begins at its first midnight, or, where a clock change skips that midnight, at the
//!   first instant after it. A day that a zone skipped altogether is empty.

use super::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};

/// The longest name that is looked up; the longest IANA name has 32 bytes.
const MAX_NAME_BYTES: usize = 64;

/// An IANA time zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// There is no time zone of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not an IANA time zone: expected a name such as Europe/Berlin or UTC")]
pub struct UnknownZone {
    /// The name, cut to a bounded length.
    pub name: String,
}

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        Self {
            name: "UTC".to_owned(),
            rules: TimeZone::UTC,
        }
    }

    /// The zone with this IANA name, in upper or lower case.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone {
            name: super::echo(name),
        };
        if name.len() > MAX_NAME_BYTES {
            return Err(unknown());
        }
        let rules = TimeZoneDatabase::bundled()
            .get(name)
            .map_err(|_| unknown())?;
        match rules.iana_name() {
            Some(name) if !rules.is_unknown() => Ok(Self {
                name: name.to_owned(),
                rules,
            }),
            _ => Err(unknown()),
        }
    }

    /// The names of all zones.
    pub fn names() -> Vec<String> {
        TimeZoneDatabase::bundled()
            .available()
            .map(|name| name.as_str().to_owned())
            .collect()
    }

    /// Its name, spelled as IANA spells it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local day that an instant lies in.
    ///
    /// Usually that is what a calendar on the wall shows. But a clock that is set back over
    /// midnight shows the old date again, after the new day has begun: it has the new day.
    pub fn day_of(&self, instant: Timestamp) -> Date {
        let shown = self.rules.to_datetime(for_jiff(instant)).date();
        match shown.tomorrow() {
            Ok(next) if self.start_of_day(next).is_some_and(|s| s <= instant) => next,
            _ => shown,
        }
    }

    /// When a local day begins; `None` where that lies outside of the years a [`Timestamp`] has.
    pub fn start_of_day(&self, day: Date) -> Option<Timestamp> {
        let midnight = day.to_datetime(Time::midnight());
        let at = |offset: Offset| offset.to_timestamp(midnight).ok();
        let instant = match self.rules.to_ambiguous_timestamp(midnight).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset)?,
            AmbiguousOffset::Fold { before, .. } => at(before)?,
            AmbiguousOffset::Gap { before, .. } => self.last_change_at(at(before)?),
        };
        from_jiff(instant)
    }

    /// How far its clock is ahead of UTC at an instant, in microseconds; behind it, if negative.
    pub fn offset_micros(&self, instant: Timestamp) -> i64 {
        let offset = self.rules.to_offset(for_jiff(instant));
        i64::from(offset.seconds()) * super::MICROS_PER_SECOND
    }

    /// The first instant after this one at which its clock is set forward or back.
    pub(super) fn next_change(&self, instant: Timestamp) -> Option<Timestamp> {
        let instant = for_jiff(instant);
        let offset = self.rules.to_offset(instant);
        // The rules also tell when a clock merely gets another name, or calls its time standard.
        let change = self
            .rules
            .following(instant)
            .find(|change| change.offset() != offset)?;
        from_jiff(change.timestamp())
    }

    /// The last clock change at or before an instant; the instant itself, if there is none.
    fn last_change_at(&self, instant: jiff::Timestamp) -> jiff::Timestamp {
        let just_after = instant
            .checked_add(jiff::SignedDuration::from_nanos(1))
            .unwrap_or(instant);
        self.rules
            .preceding(just_after)
            .next()
            .map_or(instant, |change| change.timestamp())
    }
}

/// The nearest instant that `jiff` can hold: it ends some hours before the year 9999 does.
fn for_jiff(instant: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(instant.as_micros()).unwrap_or(jiff::Timestamp::MAX)
}

fn from_jiff(instant: jiff::Timestamp) -> Option<Timestamp> {
    let micros = instant.as_microsecond();
    let held = Timestamp::from_micros(micros);
    (held.as_micros() == micros).then_some(held)
}
