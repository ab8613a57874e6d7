//! How far an export has come, in memory, and whether it is still wanted.
//!
//! It must hold that whoever works at it finds out soon that it is not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::error::JobError;

/// Stands for a number that nobody knows.
const UNKNOWN: u64 = u64::MAX;

/// An export that is being made.
#[derive(Debug)]
pub(crate) struct Running {
    organization_id: String,
    begun: Instant,
    at_most: Duration,
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
    stopping: AtomicBool,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Events that are in the file.
    pub(crate) rows_done: u64,
    /// Events that will be, once that is known.
    pub(crate) rows_total: Option<u64>,
    /// How long it may take, once that can be told.
    pub(crate) left: Option<Duration>,
}

impl Progress {
    /// Of one that nobody works at, with so many rows of so many.
    pub(crate) const fn at_rest(rows_done: u64, rows_total: Option<u64>) -> Self {
        Self {
            rows_done,
            rows_total,
            left: None,
        }
    }
}

impl Running {
    /// One that begins now.
    pub(super) fn begin(organization_id: &str, at_most: Duration) -> Self {
        Self {
            organization_id: organization_id.to_owned(),
            begun: Instant::now(),
            at_most,
            done: AtomicU64::new(0),
            total: AtomicU64::new(UNKNOWN),
            cancelled: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        }
    }

    /// Whose it is.
    pub(super) fn organization_id(&self) -> &str {
        &self.organization_id
    }

    /// Nobody wants it any more.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// The server is stopping.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Breaks it off if it is not to go on.
    pub(super) fn must_go_on(&self) -> Result<(), JobError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(JobError::Cancelled);
        }
        if self.stopping.load(Ordering::Relaxed) {
            return Err(JobError::Stopping);
        }
        match self.begun.elapsed() > self.at_most {
            true => Err(JobError::TooLong(self.at_most.as_secs() / 60)),
            false => Ok(()),
        }
    }

    /// It will have so many rows.
    pub(super) fn will_have(&self, rows: u64) {
        self.total.store(rows, Ordering::Relaxed);
    }

    /// It has so many rows by now.
    pub(super) fn has(&self, rows: u64) {
        self.done.store(rows, Ordering::Relaxed);
    }

    /// How far it has come.
    pub(crate) fn progress(&self) -> Progress {
        let done = self.done.load(Ordering::Relaxed);
        let total = self.total.load(Ordering::Relaxed);
        progress(
            done,
            (total != UNKNOWN).then_some(total),
            self.begun.elapsed(),
        )
    }
}

fn progress(done: u64, total: Option<u64>, elapsed: Duration) -> Progress {
    // Once all events are in, the file is put together and kept, and nobody knows how long that takes.
    let is_counted = |total: &u64| 0 < done && done < *total;
    let left = total.filter(is_counted).map(|total| {
        let rest = total.saturating_sub(done);
        // A year at most: what would take longer never ends in time.
        const MOST_SECONDS: f64 = 365.0 * 24.0 * 3600.0;
        let seconds = elapsed.as_secs_f64() * rest as f64 / done as f64;
        Duration::from_secs_f64(seconds.min(MOST_SECONDS))
    });
    Progress {
        rows_done: done,
        rows_total: total,
        left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_from_what_is_done() {
        let second = Duration::from_secs(1);
        assert_eq!(progress(0, Some(10), second).left, None);
        assert_eq!(progress(5, None, second).left, None);
        assert_eq!(progress(5, Some(20), second).left, Some(3 * second));
        // All are in, or more than were expected.
        assert_eq!(progress(20, Some(20), second).left, None);
        assert_eq!(progress(30, Some(20), second).left, None);
        assert!(progress(1, Some(u64::MAX - 1), second).left.is_some());
    }

    #[test]
    fn what_is_cancelled_stopped_or_too_long_is_broken_off() {
        let running = || Running::begin("org", Duration::from_hours(1));
        assert!(running().must_go_on().is_ok());
        let cancelled = running();
        cancelled.cancel();
        assert!(matches!(cancelled.must_go_on(), Err(JobError::Cancelled)));
        let stopped = running();
        stopped.stop();
        assert!(matches!(stopped.must_go_on(), Err(JobError::Stopping)));
        let slow = Running::begin("org", Duration::ZERO);
        assert!(matches!(slow.must_go_on(), Err(JobError::TooLong(_))));
    }
}
