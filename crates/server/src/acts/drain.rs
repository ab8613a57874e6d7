//! From the outbox to the log.
//!
//! It must hold that a row goes only after its event is in the log, and that rows of one organization go out in
//! their order. One at a time drains: [`Acts::run`], after [`Acts::new`] has.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use evident_event::id::EventId;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::failpoint::failpoint;
use super::{ActError, Acts};
use crate::control::outbox::Staged;

/// Most rows that are sent at once.
const BATCH_ROWS: u32 = 500;
/// How long it is waited before a log that took nothing is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Who waits for which events to be in the log.
#[derive(Default)]
pub(super) struct Waiting(Mutex<HashMap<EventId, oneshot::Sender<bool>>>);

impl Waiting {
    /// Becomes true once all of these are in the log; false if they cannot be brought there now.
    pub(super) fn on(&self, ids: &[EventId]) -> impl Future<Output = bool> + Send + use<> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let receivers: Vec<_> = ids
            .iter()
            .map(|id| {
                let (sender, receiver) = oneshot::channel();
                waiting.insert(*id, sender);
                receiver
            })
            .collect();
        async move {
            for receiver in receivers {
                if !receiver.await.unwrap_or(false) {
                    return false;
                }
            }
            true
        }
    }

    fn tell(&self, staged: &[Staged], recorded: bool) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for staged in staged {
            if let Some(sender) = waiting.remove(&staged.event_id) {
                // Whoever waited may have gone.
                let _ = sender.send(recorded);
            }
        }
    }

    /// Nobody waits for these any more.
    pub(super) fn forget(&self, ids: &[EventId]) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            waiting.remove(id);
        }
    }

    /// Nothing can be read, let alone sent: nobody is to wait for it.
    fn tell_all(&self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.clear();
    }
}

impl Acts {
    /// Drains the outbox whenever there is something in it, until the last request has been answered.
    pub(crate) async fn run(&self, mut stopping: watch::Receiver<bool>) {
        loop {
            let stalled = self.stalled.load(Ordering::Relaxed);
            let wanted = async {
                match stalled {
                    // In vain until something has changed, or for as long as a pause.
                    true => drop(timeout(PAUSE, std::future::pending::<()>()).await),
                    false => self.staged.notified().await,
                }
            };
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => break,
                () = wanted => {}
            }
            self.drain_and_tell().await;
        }
        // What requests did that came to their end meanwhile.
        self.drain_and_tell().await;
    }

    /// Makes memory follow what it has not followed yet, and drains.
    async fn drain_and_tell(&self) {
        let drained = match self.follow(&BTreeSet::new()).await {
            Ok(()) => self.drain().await,
            Err(error) => Err(error.into()),
        };
        let was_stalled = self.stalled.swap(drained.is_err(), Ordering::Relaxed);
        match drained {
            Err(error) => {
                self.waiting.tell_all();
                if !was_stalled {
                    tracing::error!(
                        "what was done cannot be recorded, so no changes are made: {error}"
                    );
                }
            }
            Ok(()) if was_stalled => {
                tracing::info!("what was done is recorded, and changes are made again")
            }
            Ok(()) => {}
        }
    }

    /// Sends everything that is in the outbox.
    pub(super) async fn drain(&self) -> Result<(), ActError> {
        loop {
            let staged = self.control.staged(BATCH_ROWS).await?;
            if staged.is_empty() {
                return Ok(());
            }
            for run in staged.chunk_by(|one, next| one.organization_id == next.organization_id) {
                let Some(first) = run.first() else { continue };
                self.append(&first.organization_id, run.to_vec()).await?;
                failpoint("recorded");
                self.waiting.tell(run, true);
            }
            self.control.unstage(&staged).await?;
            failpoint("unstaged");
        }
    }
}
