//! Work that keeps a core busy, kept away from the threads that serve connections.
//!
//! At most as many pieces run at once as there are cores; others wait for their turn, holding
//! nothing but their input. So the memory that decoders and parsers need is bounded by the number
//! of cores, however many requests there are.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Runs work off the connections' threads, as much at once as there are cores.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    turns: Arc<Semaphore>,
}

/// The work did not come to an end: it panicked, or the server is stopping.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("work was abandoned; the server's log says why")]
pub(crate) struct Abandoned;

impl Workers {
    /// Workers for every core of this machine.
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            turns: Arc::new(Semaphore::new(cores)),
        }
    }

    /// Waits for a turn and runs `work` to its end.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Abandoned> {
        let turns = Arc::clone(&self.turns);
        let turn = turns.acquire_owned().await.map_err(|_| Abandoned)?;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        task.await.map_err(|_| Abandoned)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_gives_its_turn_back() {
        let workers = Workers::new();
        for _ in 0..2 * workers.turns.available_permits() {
            let result = workers.run(|| -> u8 { panic!("on purpose") }).await;
            assert!(result.is_err());
        }
        assert_eq!(workers.run(|| 7).await.unwrap(), 7);
    }
}
