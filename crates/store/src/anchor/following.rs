//! The thread that brings heads to an anchor that follows at its own pace.
//!
//! What must hold: a head that stays is at the anchor one pause later, as long as that answers; when the
//! store is closed, the last heads are brought there.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::health::Health;
use crate::logs::Logs;
use crate::measure::Measures;

/// What the store and the thread share.
pub(crate) struct Following {
    logs: Arc<Logs>,
    health: Arc<Health>,
    measures: Arc<Measures>,
    pause: Duration,
    closing: Mutex<bool>,
    changed: Condvar,
}

impl Following {
    /// `None` if there is no anchor that follows.
    pub(crate) fn new(
        logs: &Arc<Logs>,
        health: &Arc<Health>,
        measures: &Arc<Measures>,
    ) -> Option<Self> {
        Some(Self {
            logs: Arc::clone(logs),
            health: Arc::clone(health),
            measures: Arc::clone(measures),
            pause: logs.anchor_pause()?,
            closing: Mutex::new(false),
            changed: Condvar::new(),
        })
    }

    /// Lets the thread end after a last round.
    pub(crate) fn close(&self) {
        *self.closing.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    /// Anchors until it is closed or the store has stopped.
    pub(crate) fn run(&self) {
        loop {
            let closing = self.rest();
            if self.health.stopped().is_some() {
                return;
            }
            match self.logs.anchor_round() {
                Ok(()) => {}
                Err(error) if error.is_passing() => {
                    self.measures.anchor_failed();
                    tracing::warn!(%error, "heads are not anchored; trying again");
                }
                Err(error) => self.health.stop(error.to_string()),
            }
            if closing {
                return;
            }
        }
    }

    fn rest(&self) -> bool {
        let closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = self
            .changed
            .wait_timeout_while(closing, self.pause, |closing| !*closing);
        *rested.unwrap_or_else(PoisonError::into_inner).0
    }
}
