//! Whether events are being accepted, and if not, why. Reads go on in every condition.
//!
//! What must hold: once the store has stopped or is damaged it stays so until the process starts
//! anew, and nothing is acknowledged or signed from then on.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether events are being accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// They are.
    Accepting,
    /// The disk is full. Each append tries again, so this ends by itself when there is room.
    NoSpace,
    /// A write or sync failed. A restart recovers what is on stable storage.
    Stopped(String),
    /// Recovery found damage. A restart finds it again: the files need repair.
    Damaged(String),
}

/// The store's condition, shared by its threads.
#[derive(Debug)]
pub struct Health(Mutex<Condition>);

impl Health {
    pub(crate) fn new(condition: Condition) -> Self {
        Self(Mutex::new(condition))
    }

    /// The condition now.
    pub fn condition(&self) -> Condition {
        self.lock().clone()
    }

    /// The reason why nothing can be acknowledged until a restart, if there is one.
    pub(crate) fn stopped(&self) -> Option<String> {
        match &*self.lock() {
            Condition::Accepting | Condition::NoSpace => None,
            Condition::Stopped(reason) | Condition::Damaged(reason) => Some(reason.clone()),
        }
    }

    pub(crate) fn stop(&self, reason: String) {
        tracing::error!(reason, "stopped accepting events until the next start");
        let mut condition = self.lock();
        if matches!(*condition, Condition::Accepting | Condition::NoSpace) {
            *condition = Condition::Stopped(reason);
        }
    }

    pub(crate) fn no_space(&self, reason: &str) {
        let mut condition = self.lock();
        if *condition == Condition::Accepting {
            tracing::warn!(
                reason,
                "the disk is full: events are refused until there is room"
            );
            *condition = Condition::NoSpace;
        }
    }

    pub(crate) fn room(&self) {
        let mut condition = self.lock();
        if *condition == Condition::NoSpace {
            tracing::info!("there is room again: events are accepted");
            *condition = Condition::Accepting;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Condition> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
