//! Reading the log, on the log: who read what kind of thing, and whose known key was refused.
//!
//! What must always hold:
//!
//! - a read is never delayed and never fails for its record: it is put into a queue, from which a task of its own
//!   takes it ([`Recorder`]);
//! - the same credentials reading the same kind of thing in the same scope leave one record a minute, and so does
//!   one key that is refused for one reason ([`Coalescer`]): no client fills the log by reading;
//! - a record that is lost (the queue is full, the log takes nothing) is counted, and the server's log says so once
//!   each time it begins;
//! - what is in the queue when the server stops is recorded before the store closes;
//! - of a query nothing is kept but its scope: what somebody looks for is no business of other readers.

mod coalescer;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::acts::{Acts, Author, Deed};
use crate::auth::{Caller, KeyRefusal, Reach, RefusedKey, Visit};
use crate::control::{Organizations, Permission};
use crate::metrics::Metrics;

use coalescer::Coalescer;

/// Most records that wait to be written.
const QUEUE_RECORDS: usize = 1_024;
/// Most records that are written at once.
const BATCH_RECORDS: usize = 32;
/// How long writing may go on after the last answer.
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

/// What is told of once a while.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Told {
    Read {
        credential: Arc<str>,
        organization_id: Arc<str>,
        project_id: Option<Arc<str>>,
        kind: &'static str,
    },
    Refused {
        key_id: Arc<str>,
        why: &'static str,
    },
}

/// Something that is to be recorded.
struct Note {
    organization_id: Arc<str>,
    author: Author,
    deed: Deed,
}

/// Takes notes of reads and refusals.
pub(crate) struct Reads {
    notes: mpsc::Sender<Note>,
    told: Mutex<Coalescer<Told>>,
    organizations: Arc<Organizations>,
    losses: Arc<Losses>,
    /// Whether reads are recorded. Refusals are in any case.
    records_reads: bool,
}

/// Writes the notes down.
pub(crate) struct Recorder {
    notes: mpsc::Receiver<Note>,
    acts: Arc<Acts>,
    losses: Arc<Losses>,
}

impl Reads {
    /// Those who take notes, and the one who writes them down. Without `records_reads` only refusals are.
    pub(crate) fn new(
        acts: &Arc<Acts>,
        organizations: &Arc<Organizations>,
        metrics: &Arc<Metrics>,
        records_reads: bool,
    ) -> (Arc<Self>, Recorder) {
        let (sender, receiver) = mpsc::channel(QUEUE_RECORDS);
        let losses = Arc::new(Losses {
            metrics: Arc::clone(metrics),
            losing: AtomicBool::new(false),
        });
        let reads = Self {
            notes: sender,
            told: Mutex::new(Coalescer::new()),
            organizations: Arc::clone(organizations),
            losses: Arc::clone(&losses),
            records_reads,
        };
        let recorder = Recorder {
            notes: receiver,
            acts: Arc::clone(acts),
            losses,
        };
        (Arc::new(reads), recorder)
    }

    /// Somebody has read this kind of thing. `asked` is the project that the question was limited to.
    pub(crate) fn read(
        &self,
        caller: &Caller,
        visit: &Visit,
        kind: &'static str,
        asked: Option<&str>,
        now: Instant,
    ) {
        if !self.records_reads {
            return;
        }
        let organization_id = caller.organization_id();
        let reach = caller.held().reach(Permission::ReadEvents);
        let project_id = self.project(organization_id, &reach, asked);
        let told = Told::Read {
            credential: caller.credential_id(),
            organization_id: Arc::clone(organization_id),
            project_id: project_id.clone(),
            kind,
        };
        if self.is_first(told, now) {
            let deed = Deed::new("audit_log.read")
                .saying("kind", kind)
                .in_project(project_id.as_deref());
            self.note(organization_id, Author::of(caller, visit), deed);
        }
    }

    /// A known key was refused, with this status.
    pub(crate) fn refused(&self, key: &RefusedKey, visit: &Visit, status: u16, now: Instant) {
        let told = Told::Refused {
            key_id: Arc::clone(&key.key_id),
            why: key.why.as_str(),
        };
        if self.is_first(told, now) {
            let deed = Deed::new("api_key.used")
                .but("denied", key.why.as_str())
                .to("api_key", &key.key_id, "")
                .answered(status);
            // Whoever guesses need not have seen the key, whose id is in events.
            let author = match key.why {
                KeyRefusal::WrongSecret => Author::stranger(None, visit),
                _ => Author::key(&key.key_id, visit),
            };
            self.note(&key.organization_id, author, deed);
        }
    }

    /// The one project that was read, if it is one. Projects that nobody has made are none: clients could think up
    /// as many as they like, and have a record of each.
    fn project(
        &self,
        organization_id: &str,
        reach: &Reach,
        asked: Option<&str>,
    ) -> Option<Arc<str>> {
        match (reach, asked) {
            (Reach::Projects(ids), _) if ids.len() == 1 => ids.first().cloned(),
            (Reach::Projects(ids), Some(asked)) => ids.iter().find(|id| ***id == *asked).cloned(),
            (Reach::Organization, Some(asked)) => {
                let settings = self.organizations.settings(organization_id)?;
                let mut projects = settings.projects.iter();
                let known = projects.find(|project| project.id == asked)?;
                Some(Arc::from(known.id.as_str()))
            }
            _ => None,
        }
    }

    fn is_first(&self, told: Told, now: Instant) -> bool {
        let mut known = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_first(told, now)
    }

    fn note(&self, organization_id: &Arc<str>, author: Author, deed: Deed) {
        let note = Note {
            organization_id: Arc::clone(organization_id),
            author,
            deed,
        };
        if self.notes.try_send(note).is_err() {
            self.losses.lost(&"too many wait to be recorded");
        }
    }
}

impl Recorder {
    /// Writes down what comes until the last request has been answered, and what is left then.
    pub(crate) async fn run(mut self, answered: impl Future) {
        let mut answered = std::pin::pin!(answered);
        let mut batch = Vec::new();
        loop {
            tokio::select! {
                taken = self.notes.recv_many(&mut batch, BATCH_RECORDS) => {
                    if taken == 0 {
                        return; // Nobody takes notes any more.
                    }
                }
                _ = &mut answered => break,
            }
            self.record(batch.drain(..)).await;
        }
        self.notes.close();
        let drained = timeout(DRAIN_PATIENCE, async {
            while self.notes.recv_many(&mut batch, BATCH_RECORDS).await > 0 {
                self.record(batch.drain(..)).await;
            }
        });
        if drained.await.is_err() {
            self.losses.lost(&"there was no time left at the stop");
        }
    }

    /// Records some at once, so that they share what it takes to make them durable.
    async fn record(&self, notes: impl Iterator<Item = Note>) {
        let recording = notes.map(async |note| {
            let Note {
                organization_id,
                author,
                deed,
            } = note;
            match self.acts.record(&organization_id, &author, deed).await {
                Ok(()) => self.losses.none(),
                Err(error) => self.losses.lost(&error),
            }
        });
        join_all(recording).await;
    }
}

/// Records that were lost.
struct Losses {
    metrics: Arc<Metrics>,
    /// The last one was lost: the server's log has said so.
    losing: AtomicBool,
}

impl Losses {
    fn lost(&self, why: &dyn std::fmt::Display) {
        self.metrics.read_lost();
        if !self.losing.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "reads of the log and refused keys are not recorded for now, and are counted instead: {why}"
            );
        }
    }

    fn none(&self) {
        self.losing.store(false, Ordering::Relaxed);
    }
}
