//! Asking the index: on workers of its own, and never for longer than a deadline.

use std::sync::Arc;
use std::time::{Duration, Instant};

use evident_event::query::Query;
use evident_store::index::{Answer, EventIndex, IndexError};
use tokio::time::timeout_at;

use super::{AskError, CursorError};
use crate::workers::Workers;

/// The index, and how it is asked.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) index: Arc<dyn EventIndex>,
    workers: Workers,
    timeout: Duration,
}

impl Asker {
    /// Asks an index on these workers, each time for so long.
    pub(super) fn new(index: Arc<dyn EventIndex>, workers: Workers, timeout: Duration) -> Self {
        Self {
            index,
            workers,
            timeout,
        }
    }

    /// The same with other workers, for what the answers to others must not hold up.
    pub(super) fn with_workers(&self, workers: Workers) -> Self {
        Self {
            workers,
            ..self.clone()
        }
    }

    /// When what is asked now must be answered.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// Asks about a query, on a worker: an index may walk for as long as the deadline allows, and
    /// the threads that serve connections must not walk with it. Waiting for a worker counts.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        query: &Query,
        deadline: Instant,
        work: impl AsyncFnOnce(&dyn EventIndex) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, AskError> {
        let index = Arc::clone(&self.index);
        let runtime = tokio::runtime::Handle::current();
        let asking = self
            .workers
            .run(move || runtime.block_on(work(index.as_ref())));
        match timeout_at(deadline.into(), asking).await {
            Ok(answer) => answer?.map_err(|error| self.error(error, query)),
            Err(_) => Err(self.error(IndexError::DeadlinePassed, query)),
        }
    }

    /// Waits for an answer that takes no walk.
    pub(super) async fn within<T>(
        &self,
        query: &Query,
        deadline: Instant,
        answer: Answer<'_, T>,
    ) -> Result<T, AskError> {
        let answer = timeout_at(deadline.into(), answer).await;
        answer
            .unwrap_or(Err(IndexError::DeadlinePassed))
            .map_err(|error| self.error(error, query))
    }

    /// What an index's error means for the one who asked this.
    pub(super) fn error(&self, error: IndexError, query: &Query) -> AskError {
        match error {
            IndexError::DeadlinePassed => AskError::Deadline {
                after: self.timeout,
                phrases: query.asks_for_phrases(),
            },
            IndexError::Shrunk { .. } => CursorError::Expired.into(),
            IndexError::Failed(_) => AskError::Index(error),
        }
    }
}
