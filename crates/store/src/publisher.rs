//! The publisher: the thread that signs the logs' heads.
//!
//! What must hold: a leaf that is on stable storage is under a signed checkpoint once it has gathered
//! for the time that was set; when the store has stopped, nothing more is signed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::health::Health;
use crate::logs::{LogError, Logs};
use crate::measure::Measures;

#[derive(Default)]
struct Work {
    /// Since when there are leaves that no checkpoint covers.
    since: Option<Instant>,
    closing: bool,
}

/// What the sequencer and the publisher's thread share.
pub(crate) struct Publisher {
    logs: Arc<Logs>,
    health: Arc<Health>,
    measures: Arc<Measures>,
    gather: Duration,
    work: Mutex<Work>,
    changed: Condvar,
}

impl Publisher {
    pub(crate) fn new(
        logs: Arc<Logs>,
        health: Arc<Health>,
        measures: Arc<Measures>,
        gather: Duration,
    ) -> Self {
        Self {
            logs,
            health,
            measures,
            gather,
            work: Mutex::new(Work::default()),
            changed: Condvar::new(),
        }
    }

    /// Leaves were added to a log.
    pub(crate) fn log_grew(&self) {
        let mut work = self.lock();
        if work.since.is_none() {
            work.since = Some(Instant::now());
            self.changed.notify_one();
        }
    }

    /// Lets the thread end once everything is signed.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_one();
    }

    /// Signs until it is closed or the store has stopped.
    pub(crate) fn run(&self) {
        let mut is_anchor_away = false;
        loop {
            let closing = self.gather();
            if self.health.stopped().is_some() {
                return;
            }
            match self.publish_all() {
                Ok(()) => {
                    self.health.room();
                    if std::mem::take(&mut is_anchor_away) {
                        tracing::info!("the anchor answers again: heads are shown");
                    }
                }
                Err(error) if error.is_no_space() => {
                    self.health.no_space(&error.to_string());
                    if !closing {
                        self.log_grew();
                    }
                }
                Err(error @ LogError::Anchor(_)) => {
                    self.measures.anchor_failed();
                    if !std::mem::replace(&mut is_anchor_away, true) {
                        tracing::warn!(%error, "heads are shown when the anchor answers");
                    }
                    if !closing {
                        self.log_grew();
                    }
                }
                Err(error) => {
                    self.health.stop(error.to_string());
                    return;
                }
            }
            if closing {
                return;
            }
        }
    }

    /// Waits until there are leaves to sign and they have gathered, or until it is closed, which
    /// is the answer.
    fn gather(&self) -> bool {
        let mut work = self.lock();
        loop {
            if work.closing {
                return true;
            }
            let left = work
                .since
                .map(|since| self.gather.saturating_sub(since.elapsed()));
            work = match left {
                Some(Duration::ZERO) => {
                    work.since = None;
                    return false;
                }
                Some(left) => {
                    let waited = self.changed.wait_timeout(work, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(work);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }

    /// Publishes every log that has grown. A full disk for one, or an anchor that does not answer, does
    /// not hold up the others.
    fn publish_all(&self) -> Result<(), LogError> {
        let mut held_up = Ok(());
        let mut hold_up = |error: LogError| match error.is_passing() {
            // A full disk is what the others are told of.
            true if error.is_no_space() || held_up.is_ok() => {
                held_up = Err(error);
                Ok(())
            }
            true => Ok(()),
            false => Err(error),
        };
        let mut logs = self.logs.all();
        logs.retain(|log| log.has_unpublished() || self.logs.lacks_anchor(log));
        // All are signed before any of them waits for the anchor.
        for log in &logs {
            self.logs.sign(log).or_else(&mut hold_up)?;
        }
        for log in &logs {
            match self.logs.show(log) {
                Ok(true) => self.measures.published(),
                Ok(false) => {}
                Err(error) => hold_up(error)?,
            }
        }
        held_up
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
