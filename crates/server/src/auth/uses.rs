//! When keys were last used: noted at once, written once a minute.
//!
//! What must always hold:
//!
//! - noting a use is one atomic store: no request waits for the database to say that it came;
//! - a time that could not be written is written with the next batch;
//! - what was noted is written at the end, too. A crash loses what was noted since the last batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use evident_event::time::Timestamp;
use tokio::sync::watch;

use super::Keyring;
use crate::control::{Control, ControlError};

/// How long uses are gathered before they are written in one batch.
const BATCH_EVERY: Duration = Duration::from_secs(60);
/// Stands for a key that was not used.
const NEVER: i64 = i64::MIN;

/// When a key was last used, and what of that is written, in microseconds.
#[derive(Debug)]
pub(super) struct Use {
    last: AtomicI64,
    written: AtomicI64,
}

impl Default for Use {
    fn default() -> Self {
        Self {
            last: AtomicI64::new(NEVER),
            written: AtomicI64::new(NEVER),
        }
    }
}

impl Use {
    /// Notes a use. A clock that has jumped back sets nothing back.
    pub(super) fn note(&self, now: Timestamp) {
        self.last.fetch_max(now.as_micros(), Ordering::Relaxed);
    }

    /// The last use, if there was one.
    pub(super) fn last(&self) -> Option<Timestamp> {
        let last = self.last.load(Ordering::Relaxed);
        (last != NEVER).then(|| Timestamp::from_micros(last))
    }

    /// The last use, unless it is written.
    fn unwritten(&self) -> Option<Timestamp> {
        let written = self.written.load(Ordering::Relaxed);
        self.last().filter(|last| last.as_micros() > written)
    }
}

impl Keyring {
    /// Writes uses by and by until the server stops. What is used after that is written by
    /// [`Self::write_uses`].
    pub(crate) async fn keep_writing_uses(
        &self,
        control: &Control,
        mut stopping: watch::Receiver<bool>,
    ) {
        loop {
            let stopped = stopping.wait_for(|stopping| *stopping);
            if tokio::time::timeout(BATCH_EVERY, stopped).await.is_ok() {
                return;
            }
            self.write_uses(control).await;
        }
    }

    /// Writes what is not written yet. What fails is tried again with the next batch, or is lost with the process.
    pub(crate) async fn write_uses(&self, control: &Control) {
        if let Err(error) = self.try_writing_uses(control).await {
            tracing::warn!("when keys were last used could not be written: {error}");
        }
    }

    async fn try_writing_uses(&self, control: &Control) -> Result<(), ControlError> {
        let mut batch = Vec::new();
        for (id, key) in self.all() {
            if let Some(at) = key.used.unwritten() {
                batch.push((id, at, Arc::clone(&key.used)));
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        // In one order, whoever else writes some of them.
        batch.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        let uses: Vec<(String, Timestamp)> =
            batch.iter().map(|(id, at, _)| (id.clone(), *at)).collect();
        control.keys_used(&uses).await?;
        for (_, at, used) in batch {
            used.written.fetch_max(at.as_micros(), Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::control::ApiKey;
    use crate::control::fixtures::{founding, opened};

    const NOON: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    async fn written(control: &Control) -> Option<Timestamp> {
        let mut connection = control.reading().await.unwrap();
        let key = ApiKey::find(&mut connection, "org_1", "key_1").await;
        key.unwrap().unwrap().last_used_at
    }

    #[tokio::test]
    async fn uses_are_written_in_a_batch_once_and_never_set_back() {
        let control = opened().await;
        control.found(&founding("org_1")).await.unwrap();
        let ring = Keyring::new(control.keys(NOON).await.unwrap());
        ring.write_uses(&control).await;
        assert_eq!(written(&control).await, None);
        let (_, key) = ring.all().remove(0);
        let later = NOON.checked_add(5).unwrap();
        key.used.note(later);
        key.used.note(NOON);
        assert_eq!(key.used.unwritten(), Some(later));
        ring.write_uses(&control).await;
        assert_eq!(written(&control).await, Some(later));
        assert_eq!(key.used.unwritten(), None, "written once");
        control
            .keys_used(&[("key_1".to_owned(), NOON)])
            .await
            .unwrap();
        assert_eq!(written(&control).await, Some(later));
    }

    #[tokio::test]
    async fn what_could_not_be_written_is_written_with_the_next_batch() {
        let control = opened().await;
        control.found(&founding("org_1")).await.unwrap();
        let ring = Keyring::new(control.keys(NOON).await.unwrap());
        let (_, key) = ring.all().remove(0);
        key.used.note(NOON);
        let closed = opened().await;
        closed.close().await;
        ring.write_uses(&closed).await;
        assert_eq!(key.used.unwritten(), Some(NOON));
        ring.write_uses(&control).await;
        assert_eq!(written(&control).await, Some(NOON));
    }
}
