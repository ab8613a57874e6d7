//! The bounded queue in front of the sequencer.
//!
//! What must hold: it never holds more than its bounds in events and bytes; whoever comes when it
//! is full is told at once; what was taken in before it closed is still handed out; what is there waits
//! for more no longer than [`GATHER`], and not at all where somebody waits for the log to be cut.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::append::{Append, AppendError, Outcome};
use crate::compare::Compared;
use crate::upkeep::SealError;

/// Most events that may wait for the sequencer.
pub const MAX_QUEUED_EVENTS: usize = 200_000;
/// Most canonical bytes that may wait for the sequencer.
pub const MAX_QUEUED_BYTES: usize = 256 << 20;
/// Most appends that may wait for the sequencer.
pub const MAX_QUEUED_APPENDS: usize = 16_384;

/// How long those that are expected are waited for.
const GATHER: Duration = Duration::from_micros(150);
/// Appends of which a commit had fewer are not worth waiting for more: nobody else may be there.
const FEWEST_GATHERED: usize = 4;
/// Appends that are waited for, at most.
const MOST_GATHERED: usize = 64;

/// What an append is answered with.
pub(crate) type Reply = Result<Vec<Outcome>, AppendError>;

/// An append that waits for its answer.
pub(crate) struct Job {
    pub(crate) append: Append,
    pub(crate) compared: Compared,
    pub(crate) bytes: usize,
    pub(crate) reply: oneshot::Sender<Reply>,
}

/// What a cut is answered with: the position that it was made at.
pub(crate) type CutReply = Result<u64, SealError>;

/// Somebody waits for the newest tail and the newest WAL file to end with the rows that there are.
pub(crate) struct Cut {
    pub(crate) reply: mpsc::SyncSender<CutReply>,
}

/// What the sequencer is to do next.
#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) jobs: Vec<Job>,
    pub(crate) cuts: Vec<Cut>,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// Each is of a thread that does nothing else meanwhile, so they need no bound of their own.
    cuts: Vec<Cut>,
    events: usize,
    bytes: usize,
    closed: bool,
    /// How many appends the sequencer waits for; whoever brings the last of them wakes it.
    wanted: usize,
    /// How many it took last.
    taken: usize,
    /// How many had come by the time that those were answered.
    left: usize,
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
        let is_enough = waiting.jobs.len() >= waiting.wanted;
        drop(waiting);
        if is_enough {
            self.changed.notify_one();
        }
        Ok(answer)
    }

    /// Asks for the newest tail and the newest WAL file to be ended; the answer comes by what is given.
    pub(crate) fn push_cut(&self) -> Result<mpsc::Receiver<CutReply>, SealError> {
        let (reply, answer) = mpsc::sync_channel(1);
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(SealError::ShuttingDown);
        }
        waiting.cuts.push(Cut { reply });
        drop(waiting);
        self.changed.notify_one();
        Ok(answer)
    }

    /// Waits for appends and takes the first ones, up to so many bytes but at least one, and all cuts.
    /// `None` once the queue is closed and empty.
    ///
    /// Of many who each wait for their answer, most come again just after it. They are waited for a
    /// moment: one sync for all of them is less work, and an earlier answer for most, than one for the
    /// first of them and one more for the rest.
    pub(crate) fn take(&self, most_bytes: usize) -> Option<Taken> {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() && waiting.cuts.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting.wanted = 1;
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.taken >= FEWEST_GATHERED {
            waiting.wanted = (waiting.taken + waiting.left).min(MOST_GATHERED);
            let is_short = |waiting: &mut Waiting| {
                let is_free = !waiting.closed && waiting.cuts.is_empty();
                waiting.jobs.len() < waiting.wanted && is_free
            };
            let gathered = self.changed.wait_timeout_while(waiting, GATHER, is_short);
            waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
        }
        let cuts = std::mem::take(&mut waiting.cuts);
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
        waiting.taken = taken.len();
        waiting.left = waiting.jobs.len();
        Some(Taken { jobs: taken, cuts })
    }

    /// Those that were taken are about to be answered. As many may come again as they are, beside those
    /// that have come meanwhile; more are not waited for.
    pub(crate) fn answering(&self) {
        let mut waiting = self.lock();
        waiting.left = waiting.jobs.len();
    }

    /// Takes nothing in from now on.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Takes nothing in from now on, and answers what still waits: nobody takes it out any more.
    pub(crate) fn abandon(&self, reason: Option<String>) {
        let refusal = reason
            .clone()
            .map_or(AppendError::ShuttingDown, AppendError::Stopped);
        let (jobs, cuts) = {
            let mut waiting = self.lock();
            waiting.closed = true;
            waiting.events = 0;
            waiting.bytes = 0;
            let jobs = std::mem::take(&mut waiting.jobs);
            (jobs, std::mem::take(&mut waiting.cuts))
        };
        for job in jobs {
            // A caller that has gone away needs no answer.
            let _ = job.reply.send(Err(refusal.clone()));
        }
        let refusal = reason.map_or(SealError::ShuttingDown, SealError::Stopped);
        for cut in cuts {
            let _ = cut.reply.send(Err(refusal.clone()));
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    fn push(queue: &Queue, times: usize) {
        for _ in 0..times {
            let append = Append {
                organization_id: "org".into(),
                events: Vec::new(),
                partial: false,
            };
            let answer = queue.push(append, Compared::with_none(0));
            assert!(answer.is_ok());
        }
    }

    /// Takes until the queue is closed; how many there were each time.
    fn taker(queue: &Arc<Queue>) -> (mpsc::Receiver<usize>, thread::JoinHandle<()>) {
        let (sender, taken) = mpsc::channel();
        let queue = Arc::clone(queue);
        let thread = thread::spawn(move || {
            while let Some(taken) = queue.take(usize::MAX) {
                sender.send(taken.jobs.len()).unwrap();
            }
        });
        (taken, thread)
    }

    #[test]
    fn every_append_is_taken_whoever_else_was_expected() {
        let queue = Arc::new(Queue::default());
        push(&queue, 3 * FEWEST_GATHERED);
        let (taken, thread) = taker(&queue);
        assert_eq!(taken.recv().unwrap(), 3 * FEWEST_GATHERED);
        // More are expected now and do not come; then nobody is.
        for _ in 0..50 {
            push(&queue, 1);
            assert_eq!(taken.recv().unwrap(), 1);
        }
        push(&queue, 2 * FEWEST_GATHERED);
        let mut rest = 2 * FEWEST_GATHERED;
        while rest > 0 {
            rest -= taken.recv().unwrap();
        }
        queue.close();
        thread.join().unwrap();
    }

    #[test]
    fn no_more_are_wanted_than_were_there() {
        let queue = Queue::default();
        push(&queue, FEWEST_GATHERED);
        assert_eq!(queue.take(usize::MAX).unwrap().jobs.len(), FEWEST_GATHERED);
        push(&queue, 3);
        queue.answering();
        push(&queue, FEWEST_GATHERED);
        // All are there again, so it is not waited for the time to pass: the number says so.
        assert_eq!(
            queue.take(usize::MAX).unwrap().jobs.len(),
            FEWEST_GATHERED + 3
        );
        assert_eq!(queue.lock().wanted, FEWEST_GATHERED + 3);
    }

    #[test]
    fn a_cut_is_handed_out_at_once_with_what_is_there_and_refused_once_it_is_closed() {
        let queue = Queue::default();
        push(&queue, FEWEST_GATHERED);
        assert_eq!(queue.take(usize::MAX).unwrap().cuts.len(), 0);
        // As many appends again are expected, and nobody waits for them.
        queue.answering();
        let first = queue.push_cut().unwrap();
        push(&queue, 1);
        let taken = queue.take(usize::MAX).unwrap();
        assert_eq!((taken.jobs.len(), taken.cuts.len()), (1, 1));
        for cut in taken.cuts {
            cut.reply.send(Ok(7)).unwrap();
        }
        assert!(matches!(first.recv().unwrap(), Ok(7)));
        // What was asked for before it was closed is handed out, or answered when nobody takes it out.
        let second = queue.push_cut().unwrap();
        queue.close();
        assert!(matches!(queue.push_cut(), Err(SealError::ShuttingDown)));
        queue.abandon(Some("it broke".to_owned()));
        let told = second.recv().unwrap();
        assert!(matches!(told, Err(SealError::Stopped(reason)) if reason == "it broke"));
        assert!(queue.take(usize::MAX).is_none());
    }

    #[test]
    fn what_came_before_it_was_closed_is_handed_out_and_nothing_after() {
        let queue = Arc::new(Queue::default());
        push(&queue, FEWEST_GATHERED);
        assert_eq!(queue.take(usize::MAX).unwrap().jobs.len(), FEWEST_GATHERED);
        push(&queue, 1);
        queue.close();
        let (taken, thread) = taker(&queue);
        assert_eq!(taken.recv().unwrap(), 1);
        thread.join().unwrap();
        let append = Append {
            organization_id: "org".into(),
            events: Vec::new(),
            partial: false,
        };
        let late = queue.push(append, Compared::with_none(0));
        assert!(matches!(late, Err(AppendError::ShuttingDown)));
    }
}
