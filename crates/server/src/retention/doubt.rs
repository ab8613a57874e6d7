//! Whether the server's clock can be believed. What is removed does not come back, so a clock that has leapt ahead must
//! not decide alone.
//!
//! What must always hold:
//!
//! - a clock that is more than [`MAX_AHEAD_DAYS`] beyond the last time that it was believed removes nothing by itself
//!   until it has gone on from there for [`PATIENCE_HOURS`]; a restart changes nothing about that;
//! - a clock that has gone back is believed, and the doubt is forgotten: by it less is removed, not more;
//! - what events say is asked only where the clock was never believed yet: they may have been recorded by the same clock.
//!
//! What it comes to is decided by [`judged`], which is pure.

use evident_event::time::Timestamp;

use super::rules::MICROS_PER_DAY;
use super::{Retention, RetentionError, clock};
use crate::control::{ClockDoubt, RetentionClock};

/// How many days it may be ahead of the last time that it was believed.
const MAX_AHEAD_DAYS: i64 = 7;
/// How many hours it is waited with a clock that is further ahead.
const PATIENCE_HOURS: i64 = 24;

const MAX_AHEAD_MICROS: i64 = MAX_AHEAD_DAYS * MICROS_PER_DAY;
const MICROS_PER_HOUR: i64 = MICROS_PER_DAY / 24;
/// How old what is kept may be before it is written anew.
const KEPT_MICROS: i64 = MICROS_PER_HOUR;

/// What is to be thought of the clock, by what was thought of it, the time of the last event that was there when the
/// server started, and what it says.
fn judged(known: &RetentionClock, last_event: Option<Timestamp>, now: Timestamp) -> RetentionClock {
    let believed = RetentionClock {
        believed_at: Some(now),
        doubt: None,
    };
    let is_within = |from: Timestamp| after(from, now) <= MAX_AHEAD_MICROS;
    if known.believed_at.or(last_event).is_none_or(is_within) {
        return believed;
    }
    // One that leaps again, or goes back without being right, begins anew.
    let goes_on = known
        .doubt
        .filter(|doubt| doubt.last <= now && is_within(doubt.last));
    let since = goes_on.map_or(now, |doubt| doubt.since);
    if after(since, now) >= PATIENCE_HOURS * MICROS_PER_HOUR {
        return believed;
    }
    RetentionClock {
        // What events say by now may be by this very clock.
        believed_at: known.believed_at.or(last_event),
        doubt: Some(ClockDoubt { since, last: now }),
    }
}

fn after(from: Timestamp, to: Timestamp) -> i64 {
    to.as_micros().saturating_sub(from.as_micros())
}

/// Until when it is waited, by the clock that is doubted.
pub(super) fn until(doubt: ClockDoubt) -> Timestamp {
    let until = doubt.since.checked_add(PATIENCE_HOURS * MICROS_PER_HOUR);
    until.unwrap_or(Timestamp::MAX)
}

impl Retention {
    /// Looks at the clock, and says whether it is doubted.
    pub(super) async fn doubts_the_clock(&self) -> Result<bool, RetentionError> {
        let now = clock::now();
        let known = self.control.retention_clock().await?;
        let judged = match clock::is_believed_by_tests() {
            true => judged(&RetentionClock::default(), None, now),
            false => judged(&known, self.last_event_at, now),
        };
        let is_kept = |kept: Timestamp| (0..KEPT_MICROS).contains(&after(kept, now));
        let says_more = judged.doubt.is_some() || known.doubt.is_some();
        if says_more || !known.believed_at.is_some_and(is_kept) {
            self.control.keep_retention_clock(&judged).await?;
        }
        self.metrics.retention_waits(judged.doubt.is_some());
        match (known.doubt, judged.doubt) {
            (before, Some(doubt)) if before.map(|before| before.since) != Some(doubt.since) => {
                tracing::warn!(
                    clock = %now,
                    believed_last = judged.believed_at.map(|at| at.to_string()),
                    waits_until = %until(doubt),
                    "the clock is more than {MAX_AHEAD_DAYS} days ahead of when the server last ran, so retention \
                     waits: set the clock right; if it is right, nothing has to be done, or POST /v1/retention/run"
                );
            }
            (Some(_), None) => tracing::info!("the clock is believed again, and retention goes on"),
            _ => {}
        }
        Ok(judged.doubt.is_some())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HOUR: i64 = MICROS_PER_HOUR;
    const DAY: i64 = MICROS_PER_DAY;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000 + micros)
    }

    fn believed(micros: i64) -> RetentionClock {
        RetentionClock {
            believed_at: Some(at(micros)),
            doubt: None,
        }
    }

    fn since(clock: &RetentionClock) -> Option<Timestamp> {
        clock.doubt.map(|doubt| doubt.since)
    }

    #[test]
    fn a_clock_that_goes_on_or_back_is_believed() {
        for now in [0, HOUR, 7 * DAY, -HOUR, -400 * DAY] {
            assert_eq!(judged(&believed(0), None, at(now)), believed(now), "{now}");
        }
        // Nothing is known, so nothing is there that could go.
        assert_eq!(judged(&RetentionClock::default(), None, at(0)), believed(0));
    }

    #[test]
    fn one_that_leapt_ahead_is_believed_once_it_has_gone_on_for_a_day() {
        let mut clock = believed(0);
        let leapt = 400 * DAY;
        for hours in 0..24 {
            clock = judged(&clock, None, at(leapt + hours * HOUR));
            assert_eq!(since(&clock), Some(at(leapt)), "{hours}");
            assert_eq!(clock.believed_at, Some(at(0)));
        }
        clock = judged(&clock, None, at(leapt + DAY));
        assert_eq!(clock, believed(leapt + DAY));
    }

    #[test]
    fn one_that_leaps_again_begins_anew_and_one_that_is_set_right_is_forgotten() {
        let clock = judged(&believed(0), None, at(400 * DAY));
        let again = judged(&clock, None, at(800 * DAY));
        assert_eq!(since(&again), Some(at(800 * DAY)));
        // It went back, and is still ahead.
        let back = judged(&again, None, at(500 * DAY));
        assert_eq!(since(&back), Some(at(500 * DAY)));
        assert_eq!(judged(&back, None, at(2 * DAY)), believed(2 * DAY));
    }

    #[test]
    fn events_tell_the_time_only_where_the_clock_was_never_believed() {
        let unknown = RetentionClock::default();
        let clock = judged(&unknown, Some(at(0)), at(8 * DAY));
        assert_eq!(since(&clock), Some(at(8 * DAY)));
        // Those that came since were recorded by the clock that is doubted.
        let later = judged(&clock, Some(at(8 * DAY)), at(8 * DAY + HOUR));
        assert_eq!(since(&later), Some(at(8 * DAY)));
        let clock = judged(&believed(0), Some(at(400 * DAY)), at(400 * DAY));
        assert_eq!(since(&clock), Some(at(400 * DAY)));
        assert_eq!(judged(&unknown, Some(at(0)), at(DAY)), believed(DAY));
    }
}
