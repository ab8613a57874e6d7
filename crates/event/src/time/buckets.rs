//! The buckets of a histogram: consecutive stretches of time, cut where a clock or a calendar on
//! the wall would cut them.
//!
//! It must hold that:
//!
//! - buckets tile: each begins where the one before it ends, and none is empty of time;
//! - a minute or an hour begins where the local clock shows a full one, and wherever the clock is
//!   set forward or back. So an hour that comes twice is two buckets, and a clock that is set by
//!   half an hour makes a bucket of half an hour;
//! - a day, a week or a month begins where [`Zone::start_of_day`] says that its first day does. A
//!   day that its zone skipped has no bucket;
//! - there are at most [`MAX_BUCKETS`], and a span that has far more is refused before any bucket
//!   is made.
//!
//! At the ends of time the edges are cut: the first one is [`Timestamp::MIN`] where the bucket
//! would begin before it. The last one is [`Timestamp::MAX`] where it would end after it, and that
//! bucket alone holds its last edge. The calendar of [`Zone`] ends some hours before the year 9999
//! does, so the last day that begins in it lasts until then.

use super::range::WeekStart;
use super::zone::Zone;
use super::{MICROS_PER_SECOND, SECONDS_PER_DAY, SECONDS_PER_MINUTE, Timestamp};
use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// The most buckets that a histogram has.
pub const MAX_BUCKETS: usize = 5_000;
/// The most buckets that `auto` chooses: as many bars as a person still tells apart.
const READABLE_BUCKETS: usize = 100;
const MICROS_PER_MINUTE: i64 = SECONDS_PER_MINUTE * MICROS_PER_SECOND;
const MICROS_PER_HOUR: i64 = 60 * MICROS_PER_MINUTE;
const MICROS_PER_DAY: i64 = SECONDS_PER_DAY * MICROS_PER_SECOND;
/// No day, week or month takes longer than its days by the calendar and this many more. A zone
/// that moves over the date line has one day twice, and the last day of all has the rest of time.
const MOST_DAYS_LONGER: i64 = 2;

/// How long a bucket is, by the local clock or calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Interval {
    /// From one full minute to the next.
    Minute,
    /// From one full hour to the next.
    Hour,
    /// A local day.
    Day,
    /// Seven local days, from the day that weeks begin on.
    Week,
    /// A month of the calendar, in local days.
    Month,
}

/// The buckets of a span: bucket `i` lasts from edge `i` to before edge `i + 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    interval: Interval,
    /// None at all, or one more than there are buckets, each later than the one before it.
    edges: Vec<Timestamp>,
}

/// The span has more than [`MAX_BUCKETS`] buckets of that interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this range has more than {max} buckets of one {}: {}",
    interval.as_str(),
    advice(*shortest),
    max = MAX_BUCKETS
)]
pub struct TooManyBuckets {
    /// The interval that was asked for.
    pub interval: Interval,
    /// The shortest interval of which the span has few enough buckets, if there is one.
    pub shortest: Option<Interval>,
}

impl Interval {
    /// All of them, the shortest first.
    pub const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Its name in a query.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The interval of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|interval| interval.as_str() == name)
    }

    /// What `auto` means for the instants from `first` to `last`, both included: the shortest
    /// interval of which a person can read all buckets at once, or else the month.
    pub fn auto(first: Timestamp, last: Timestamp, zone: &Zone, week_start: WeekStart) -> Self {
        Self::ALL
            .into_iter()
            .find(|interval| {
                edges(*interval, first, last, zone, week_start, READABLE_BUCKETS).is_some()
            })
            .unwrap_or(Self::Month)
    }

    /// A length in microseconds that no bucket exceeds.
    const fn longest_micros(self) -> i64 {
        match self {
            Self::Minute => MICROS_PER_MINUTE,
            Self::Hour => MICROS_PER_HOUR,
            Self::Day => (1 + MOST_DAYS_LONGER) * MICROS_PER_DAY,
            Self::Week => (7 + MOST_DAYS_LONGER) * MICROS_PER_DAY,
            Self::Month => (31 + MOST_DAYS_LONGER) * MICROS_PER_DAY,
        }
    }
}

impl Buckets {
    /// The buckets that hold every instant from `first` to `last`, both included.
    ///
    /// They are whole: the first one begins with the local minute, hour, day, week or month of
    /// `first`, so mostly before it, and the last one ends after `last`. A `last` before `first`
    /// has no buckets.
    pub fn cover(
        interval: Interval,
        first: Timestamp,
        last: Timestamp,
        zone: &Zone,
        week_start: WeekStart,
    ) -> Result<Self, TooManyBuckets> {
        let within = |interval| edges(interval, first, last, zone, week_start, MAX_BUCKETS);
        match within(interval) {
            Some(edges) => Ok(Self { interval, edges }),
            None => Err(TooManyBuckets {
                interval,
                shortest: Interval::ALL
                    .into_iter()
                    .find(|longer| *longer > interval && within(*longer).is_some()),
            }),
        }
    }

    /// Which interval they have.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where they begin and end: one edge more than there are buckets, or none if there are none.
    pub fn edges(&self) -> &[Timestamp] {
        &self.edges
    }

    /// The beginning and the end of each. The end lies outside of the bucket, unless it is
    /// [`Timestamp::MAX`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Timestamp, Timestamp)> + '_ {
        self.edges.windows(2).map(|edge| (edge[0], edge[1]))
    }

    /// Which bucket an instant lies in, if in any.
    pub fn of(&self, instant: Timestamp) -> Option<usize> {
        let [begin, inner @ .., end] = self.edges.as_slice() else {
            return None;
        };
        let inside = *begin <= instant && (instant < *end || *end == Timestamp::MAX);
        inside.then(|| inner.partition_point(|edge| *edge <= instant))
    }
}

/// What to do about too many buckets.
fn advice(shortest: Option<Interval>) -> String {
    match shortest {
        Some(Interval::Month) => "ask for interval=month, or for a narrower range".to_owned(),
        Some(interval) => format!(
            "ask for interval={} or a longer one, or for a narrower range",
            interval.as_str()
        ),
        None => "ask for a narrower range".to_owned(),
    }
}

/// The edges of the buckets that hold every instant from `first` to `last`; `None` if there are
/// more buckets than `limit`.
fn edges(
    interval: Interval,
    first: Timestamp,
    last: Timestamp,
    zone: &Zone,
    week_start: WeekStart,
    limit: usize,
) -> Option<Vec<Timestamp>> {
    if last < first {
        return Some(Vec::new());
    }
    // This many buckets at their longest end at `last` or before it, so one more is needed.
    let enough_before_last = (last.0 - first.0) / interval.longest_micros();
    if usize::try_from(enough_before_last).map_or(true, |count| count >= limit) {
        return None;
    }
    let clock = |unit_micros| {
        let (mut clock, begin) = Clock::at(first, unit_micros, zone);
        walk(begin, last, limit, |edge| clock.after(edge))
    };
    let calendar = |day, step| {
        let begin = zone.start_of_day(day).unwrap_or(Timestamp::MIN);
        let mut calendar = Calendar { zone, step, day };
        walk(begin, last, limit, |edge| calendar.after(edge))
    };
    let today = zone.day_of(first);
    match interval {
        Interval::Minute => clock(MICROS_PER_MINUTE),
        Interval::Hour => clock(MICROS_PER_HOUR),
        Interval::Day => calendar(today, 1.day()),
        Interval::Week => calendar(first_of_week(today, week_start), 1.week()),
        Interval::Month => calendar(today.first_of_month(), 1.month()),
    }
}

/// The edges from `begin` to the first one after `last`, unless they make more buckets than
/// `limit`. `next` knows the edge after an edge; none is left where it lies after
/// [`Timestamp::MAX`].
fn walk(
    begin: Timestamp,
    last: Timestamp,
    limit: usize,
    mut next: impl FnMut(Timestamp) -> Option<Timestamp>,
) -> Option<Vec<Timestamp>> {
    let mut edge = begin;
    let mut edges = vec![edge];
    while edge <= last && edge < Timestamp::MAX {
        if edges.len() > limit {
            return None;
        }
        edge = next(edge).unwrap_or(Timestamp::MAX);
        edges.push(edge);
    }
    Some(edges)
}

/// Full minutes or hours of a local clock, and the changes of that clock.
struct Clock<'z> {
    zone: &'z Zone,
    unit_micros: i64,
    /// How far the clock is ahead of UTC, before `change`.
    offset_micros: i64,
    /// When it is set next.
    change: Option<Timestamp>,
}

impl<'z> Clock<'z> {
    /// The clock, and the last of its edges at or before an instant.
    fn at(instant: Timestamp, unit_micros: i64, zone: &'z Zone) -> (Self, Timestamp) {
        // Edges are at most one unit apart, so one lies within the unit before the instant, unless
        // time begins there. From that far back, each edge is found from the one before it.
        let mut edge = instant.checked_add(-unit_micros).unwrap_or(Timestamp::MIN);
        let mut clock = Self {
            zone,
            unit_micros,
            offset_micros: zone.offset_micros(edge),
            change: zone.next_change(edge),
        };
        while let Some(next) = clock.after(edge).filter(|next| *next <= instant) {
            edge = next;
        }
        (clock, edge)
    }

    /// The first edge after an instant, which lies no earlier than the one asked for before.
    fn after(&mut self, instant: Timestamp) -> Option<Timestamp> {
        if self.change.is_some_and(|change| change <= instant) {
            self.offset_micros = self.zone.offset_micros(instant);
            self.change = self.zone.next_change(instant);
        }
        let passed = (instant.0 + self.offset_micros).rem_euclid(self.unit_micros);
        let full = instant.checked_add(self.unit_micros - passed);
        match (full, self.change) {
            (Some(full), Some(change)) => Some(full.min(change)),
            (full, change) => full.or(change),
        }
    }
}

/// The beginnings of local days, weeks or months.
struct Calendar<'z> {
    zone: &'z Zone,
    /// How many days or months lie between two edges.
    step: Span,
    /// The first day of the bucket that the walk has come to.
    day: Date,
}

impl Calendar<'_> {
    /// The first edge after the one that the walk has come to.
    fn after(&mut self, instant: Timestamp) -> Option<Timestamp> {
        loop {
            self.day = self.day.checked_add(self.step).ok()?;
            let start = self.zone.start_of_day(self.day)?;
            // A day that was skipped begins where the next one does.
            if start > instant {
                return Some(start);
            }
        }
    }
}

/// The first day of a day's week.
fn first_of_week(day: Date, week_start: WeekStart) -> Date {
    let passed = week_start.days_passed(day);
    day.checked_sub(passed.days()).unwrap_or(day)
}

#[cfg(test)]
mod tests;
