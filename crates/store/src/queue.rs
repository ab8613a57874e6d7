//! The bounded queue in front of the sequencer.
//!
//! What must hold: it never holds more than its bounds in events and bytes; whoever comes when it
//! is full is told at once; what was taken in before it closed is still handed out.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::append::{Append, AppendError, Outcome};
use crate::compare::Compared;

/// Most events that may wait for the sequencer.
pub const MAX_QUEUED_EVENTS: usize = 200_000;
/// Most canonical bytes that may wait for the sequencer.
pub const MAX_QUEUED_BYTES: usize = 256 << 20;
/// Most appends that may wait for the sequencer.
pub const MAX_QUEUED_APPENDS: usize = 16_384;

/// What an append is answered with.
pub(crate) type Reply = Result<Vec<Outcome>, AppendError>;

/// An append that waits for its answer.
pub(crate) struct Job {
    pub(crate) append: Append,
    pub(crate) compared: Compared,
    pub(crate) bytes: usize,
    pub(crate) reply: oneshot::Sender<Reply>,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    events: usize,
    bytes: usize,
    closed: bool,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    /// Puts an append at the end, or says why not.
    pub(crate) fn push(
        &self,
        append: Append,
        compared: Compared,
    ) -> Result<oneshot::Receiver<Reply>, AppendError> {
        let bytes = append
            .events
            .iter()
            .map(|event| event.canonical.len())
            .sum();
        let events = append.events.len();
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(AppendError::ShuttingDown);
        }
        // One append is taken however large it is, or it could never be taken at all.
        let full = waiting.jobs.len() >= MAX_QUEUED_APPENDS
            || waiting.events + events > MAX_QUEUED_EVENTS
            || waiting.bytes + bytes > MAX_QUEUED_BYTES;
        if full && !waiting.jobs.is_empty() {
            return Err(AppendError::QueueFull);
        }
        let (reply, answer) = oneshot::channel();
        waiting.events += events;
        waiting.bytes += bytes;
        waiting.jobs.push_back(Job {
            append,
            compared,
            bytes,
            reply,
        });
        drop(waiting);
        self.changed.notify_one();
        Ok(answer)
    }

    /// Waits for appends and takes the first ones, up to so many bytes but at least one.
    /// `None` once the queue is closed and empty.
    pub(crate) fn take(&self, most_bytes: usize) -> Option<Vec<Job>> {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(job) = waiting
            .jobs
            .pop_front_if(|job| taken.is_empty() || bytes + job.bytes <= most_bytes)
        {
            bytes += job.bytes;
            waiting.bytes -= job.bytes;
            waiting.events -= job.append.events.len();
            taken.push(job);
        }
        Some(taken)
    }

    /// Takes nothing in from now on.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Takes nothing in from now on, and answers what still waits: nobody takes it out any more.
    pub(crate) fn abandon(&self, reason: Option<String>) {
        let refusal = reason.map_or(AppendError::ShuttingDown, AppendError::Stopped);
        let jobs = {
            let mut waiting = self.lock();
            waiting.closed = true;
            waiting.events = 0;
            waiting.bytes = 0;
            std::mem::take(&mut waiting.jobs)
        };
        for job in jobs {
            // A caller that has gone away needs no answer.
            let _ = job.reply.send(Err(refusal.clone()));
        }
    }

    /// How many events and bytes are waiting.
    pub(crate) fn depth(&self) -> (usize, usize) {
        let waiting = self.lock();
        (waiting.events, waiting.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
