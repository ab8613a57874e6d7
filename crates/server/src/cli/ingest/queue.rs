//! Batches on their way from the reader to the senders.
//!
//! What must always hold:
//!
//! - only so many batches are anywhere between being read and being answered without a gap, so that the
//!   memory is bounded while one of them waits for a server that takes nothing;
//! - once it is stopped, nobody waits here any more.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::batch::Batch;

/// A queue with a bound on what has left it, too.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// Most batches between [`Queue::push`] and [`Queue::settle`].
    window: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Batch>,
    unsettled: usize,
    is_closed: bool,
    is_stopped: bool,
}

impl Queue {
    pub(super) fn new(window: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            window,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room. `false` once it is stopped.
    pub(super) fn push(&self, batch: Batch) -> bool {
        let mut state = self.state();
        while state.unsettled >= self.window && !state.is_stopped {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_stopped {
            return false;
        }
        state.unsettled += 1;
        state.waiting.push_back(batch);
        self.changed.notify_all();
        true
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.changed.notify_all();
    }

    /// Nothing more is to be sent.
    pub(super) fn stop(&self) {
        self.state().is_stopped = true;
        self.changed.notify_all();
    }

    /// The next batch. Nothing when there will be none.
    pub(super) fn pop(&self) -> Option<Batch> {
        let mut state = self.state();
        loop {
            if state.is_stopped {
                return None;
            }
            if let Some(batch) = state.waiting.pop_front() {
                return Some(batch);
            }
            if state.is_closed {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// So many batches are answered without a gap.
    pub(super) fn settle(&self, batches: usize) {
        let mut state = self.state();
        state.unsettled = state.unsettled.saturating_sub(batches);
        self.changed.notify_all();
    }

    /// Waits. `false` once it is stopped.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        let mut state = self.state();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.is_stopped || left.is_zero() {
                return !state.is_stopped;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn no_more_than_the_window_are_under_way() {
        let queue = Queue::new(2);
        assert!(queue.push(Batch::default()) && queue.push(Batch::default()));
        thread::scope(|scope| {
            let (sender, pushed) = mpsc::channel();
            let queue = &queue;
            scope.spawn(move || sender.send(queue.push(Batch::default())));
            // Taking one out makes no room: it is not answered.
            assert!(queue.pop().is_some() && queue.pop().is_some());
            assert!(pushed.try_recv().is_err());
            queue.settle(1);
            assert!(pushed.recv().unwrap());
        });
        queue.close();
        assert!(queue.pop().is_some());
        assert!(queue.pop().is_none());
    }

    #[test]
    fn nobody_waits_once_it_is_stopped() {
        let queue = Queue::new(1);
        assert!(queue.push(Batch::default()));
        thread::scope(|scope| {
            let pushing = scope.spawn(|| queue.push(Batch::default()));
            let pausing = scope.spawn(|| queue.pause(Duration::from_secs(3_600)));
            queue.stop();
            assert!(!pushing.join().unwrap());
            assert!(!pausing.join().unwrap());
        });
        assert!(queue.pop().is_none());
    }
}
