//! Sending batches, side by side, until each is answered.
//!
//! What must always hold:
//!
//! - what was not answered whole is sent again, which the ids of its events make harmless;
//! - what may pass is waited for, each time longer and at least as long as the server asks, up to a
//!   bound; what a person must mend ends the run;
//! - a batch that is too much at once is sent in halves, down to one event.

use std::io::Write;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::answer::{self, Meaning, Verdicts};
use super::batch::{Batch, Place};
use super::letters::{Letter, Reason};
use super::queue::Queue;
use super::records::ReadError;
use crate::cli::client::post::{Answered, PostError};
use crate::cli::client::{Client, ClientError};
use crate::cli::signals::Signal;
use crate::edge;

/// Where events go.
const EVENTS: &str = "/v1/events?partial=true";
const NDJSON: &str = "application/x-ndjson";
/// The first pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// How hard zstd tries: about 3 ns a byte less than gzip.
const ZSTD_LEVEL: i32 = 1;

/// How bodies are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

/// What a sender tells.
pub(super) enum Report {
    /// All of a batch is answered.
    Answered(Outcome),
    /// The server takes nothing at the moment.
    Waiting { why: String },
    /// It does again.
    GoesOn,
    /// There is no use in going on.
    Failed { why: String },
    /// Reading is over, with an error perhaps.
    Read { why: Option<ReadError> },
    /// A signal to stop came.
    Signal(Signal),
    /// A sender has ended.
    Left,
}

/// What became of a batch.
pub(super) struct Outcome {
    pub(super) number: u64,
    pub(super) end: Place,
    pub(super) events: u64,
    pub(super) verdicts: Verdicts,
    pub(super) letters: Vec<Letter>,
}

/// What all senders share.
pub(super) struct Sending {
    pub(super) client: Client,
    pub(super) queue: Queue,
    pub(super) encoding: Encoding,
    pub(super) give_up_after: Duration,
    /// Whether the server has ever answered.
    pub(super) has_answered: AtomicBool,
    /// How many senders wait.
    pub(super) waiting: AtomicU64,
}

/// Why a batch was not answered.
enum Ended {
    /// The run is over.
    Stopped,
    Failed(String),
}

impl Sending {
    /// Sends batches until there are no more.
    pub(super) fn run(&self, reports: &Sender<Report>) {
        while let Some(batch) = self.queue.pop() {
            let report = match self.deliver(batch, reports) {
                Ok(outcome) => Report::Answered(outcome),
                Err(Ended::Stopped) => return,
                Err(Ended::Failed(why)) => {
                    self.queue.stop();
                    Report::Failed { why }
                }
            };
            if reports.send(report).is_err() {
                return;
            }
        }
    }

    fn deliver(&self, mut batch: Batch, reports: &Sender<Report>) -> Result<Outcome, Ended> {
        let mut total = Verdicts::default();
        let mut letters = std::mem::take(&mut batch.letters);
        let mut left: Vec<Range<usize>> = std::iter::once(0..batch.len()).collect();
        while let Some(events) = left.pop() {
            if events.is_empty() {
                continue;
            }
            let answered = self.post(batch.body(events.clone()), reports)?;
            match answer::read(&answered, events.len()) {
                Meaning::Done(verdicts) => {
                    add(&mut total, &verdicts);
                    for (position, reasons) in verdicts.refused {
                        letters.extend(batch.letter(events.start + position, reasons));
                    }
                }
                Meaning::TooMuch { detail } if events.len() == 1 => {
                    let reason = Reason::new("", "event_too_large", detail);
                    letters.extend(batch.letter(events.start, vec![reason]));
                }
                Meaning::TooMuch { .. } => {
                    let middle = events.start + events.len() / 2;
                    left.push(middle..events.end);
                    left.push(events.start..middle);
                }
                Meaning::Refused { detail } => return Err(Ended::Failed(detail)),
                Meaning::Nonsense { what } => {
                    let error = self.client.not_evident(what);
                    return Err(Ended::Failed(error.to_string()));
                }
            }
        }
        letters.sort_by_key(|letter| letter.origin.offset);
        Ok(Outcome {
            number: batch.number,
            end: batch.end,
            events: batch.len() as u64,
            verdicts: total,
            letters,
        })
    }

    /// Sends a body until the server says something of it.
    fn post(&self, body: &[u8], reports: &Sender<Report>) -> Result<Answered, Ended> {
        let encoded =
            encoded(self.encoding, body).map_err(|error| Ended::Failed(error.to_string()))?;
        let (encoding, body) = match &encoded {
            Some((name, bytes)) => (Some(*name), bytes.as_slice()),
            None => (None, body),
        };
        let mut outage = Outage::default();
        loop {
            let (error, retry_after) = match self.client.post(EVENTS, NDJSON, encoding, body) {
                Ok(answered) => {
                    self.has_answered.store(true, Ordering::Relaxed);
                    if outage.is_begun() && self.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
                        let _ = reports.send(Report::GoesOn);
                    }
                    return Ok(answered);
                }
                Err(PostError::Lasting(error)) => return Err(Ended::Failed(error.to_string())),
                Err(PostError::Garbled(error)) => {
                    if !self.has_answered.load(Ordering::Relaxed) {
                        return Err(Ended::Failed(error.to_string()));
                    }
                    (error, None)
                }
                Err(PostError::Passing { error, retry_after }) => (error, retry_after),
            };
            if !outage.is_begun() && self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
                let why = error.to_string();
                let _ = reports.send(Report::Waiting { why });
            }
            let Some(pause) = outage.pause(retry_after, self.give_up_after) else {
                return Err(Ended::Failed(given_up(&error, self.give_up_after)));
            };
            if !self.queue.pause(pause) {
                return Err(Ended::Stopped);
            }
        }
    }
}

fn given_up(error: &ClientError, after: Duration) -> String {
    let seconds = after.as_secs();
    format!("{error} (given up after {seconds} s, as --give-up-after says)")
}

fn add(total: &mut Verdicts, verdicts: &Verdicts) {
    total.recorded += verdicts.recorded;
    total.duplicates += verdicts.duplicates;
    total.with_warnings += verdicts.with_warnings;
    total.last_index = total.last_index.max(verdicts.last_index);
}

type Encoded = Option<(&'static str, Vec<u8>)>;

fn encoded(encoding: Encoding, body: &[u8]) -> std::io::Result<Encoded> {
    match encoding {
        Encoding::Identity => Ok(None),
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(body)?;
            Ok(Some(("gzip", encoder.finish()?)))
        }
        Encoding::Zstd => {
            let bytes = zstd::bulk::compress(body, ZSTD_LEVEL)?;
            Ok(Some(("zstd", bytes)))
        }
    }
}

/// A time in which the server takes nothing.
#[derive(Debug, Default)]
struct Outage {
    since: Option<Instant>,
    failures: u32,
}

impl Outage {
    const fn is_begun(&self) -> bool {
        self.since.is_some()
    }

    /// How long to wait before the next attempt. Nothing once it has been long enough.
    fn pause(&mut self, retry_after: Option<Duration>, at_most: Duration) -> Option<Duration> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let left = at_most.checked_sub(since.elapsed())?;
        // Senders that failed together do not come again together.
        let random = edge::random::<1>().map_or(u8::MAX, |[byte]| byte);
        let pause = pause(self.failures, retry_after, random);
        self.failures = self.failures.saturating_add(1);
        Some(pause.min(left))
    }
}

/// The pause after so many failures: between half and all of what doubles each time.
fn pause(failures: u32, retry_after: Option<Duration>, random: u8) -> Duration {
    let grown = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures));
    let grown = grown.min(MAX_PAUSE);
    let jittered = grown / 2 + grown * u32::from(random) / (2 * u32::from(u8::MAX));
    let asked = retry_after.unwrap_or_default().min(MAX_PAUSE);
    jittered.max(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound_and_are_as_long_as_the_server_asks() {
        let millis = |failures, random| pause(failures, None, random).as_millis();
        assert_eq!((millis(0, 0), millis(0, 255)), (125, 250));
        assert_eq!((millis(3, 0), millis(3, 255)), (1_000, 2_000));
        assert_eq!((millis(99, 0), millis(99, 255)), (15_000, 30_000));
        let asked = |seconds| pause(0, Some(Duration::from_secs(seconds)), 0);
        assert_eq!(asked(7), Duration::from_secs(7));
        assert_eq!(asked(3_600), MAX_PAUSE);
    }

    #[test]
    fn an_outage_is_given_up_after_its_time() {
        let mut outage = Outage::default();
        let hour = Duration::from_secs(3_600);
        assert!(!outage.is_begun());
        assert!(outage.pause(None, hour).is_some() && outage.is_begun());
        outage.since = Instant::now().checked_sub(hour);
        assert_eq!(outage.pause(None, hour), None);
        let mut brief = Outage::default();
        let pause = brief.pause(Some(hour), Duration::from_millis(300));
        assert!(pause <= Some(Duration::from_millis(300)), "{pause:?}");
    }
}
