//! Recording the demo: first all that has happened already, then each event when its time has come.
//!
//! It must hold that whatever the store refuses is tried again later and never spun on, that a stop is heeded
//! within a moment, and that what is noted as recorded is on stable storage.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use evident_event::time::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use super::feed::{Batch, Feed};
use super::{Prepared, told};
use crate::auth::Keyring;
use crate::capture::{Capture, CaptureError, Form, Submission};
use crate::control::Control;
use crate::edge;

/// Between two attempts at what the store refused.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// The longest wait for an event, after which the clock is looked at again: it may have been set.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Between two lines about the filling in the log.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);
/// How often is noted up to when everything is recorded. What lies behind the note is offered again after a
/// restart, and known by its ids.
const NOTE_EVERY: Duration = Duration::from_secs(30);

/// What the demo works with.
pub(crate) struct Parts<'a> {
    /// The demo.
    pub(crate) prepared: Prepared,
    /// Who may record.
    pub(crate) keyring: Arc<Keyring>,
    /// What records.
    pub(crate) capture: Arc<Capture>,
    /// What remembers how far it came.
    pub(crate) control: &'a Control,
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// What is printed is read by programs.
    pub(crate) json: bool,
    /// Becomes true when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Records until the server stops.
pub(crate) async fn run(mut parts: Parts<'_>) {
    let mut recorder = Recorder {
        events: 0,
        noted_at: Instant::now(),
        noted: parts.prepared.recorded_until,
        recorded: parts.prepared.recorded_until,
    };
    let demo = Arc::clone(&parts.prepared.demo);
    let mut feed = Feed::from(demo, recorder.recorded.as_micros());
    let mut is_told = false;
    let (began, mut progress_at) = (Instant::now(), Instant::now());
    let mut stopping = parts.stopping.clone();
    feed.make(edge::now().as_micros()).await;
    while !*stopping.borrow_and_update() {
        let now = edge::now().as_micros();
        if let Some(batch) = feed.take(now) {
            // The next batch is made while this one is recorded.
            tokio::join!(recorder.record(&mut parts, batch), feed.make(now));
            if !is_told && progress_at.elapsed() >= PROGRESS_EVERY {
                progress_at = Instant::now();
                let at = recorder.recorded.to_string();
                tracing::info!(events = recorder.events, up_to = at, "filling the demo");
            }
            continue;
        }
        if !is_told {
            is_told = true;
            let seconds = began.elapsed().as_secs_f64();
            tracing::info!(events = recorder.events, seconds, "the demo is filled");
            recorder.note(&parts).await;
            tell(&match parts.json {
                true => told::json(&parts.prepared, parts.address),
                false => told::text(&parts.prepared, parts.address),
            });
        }
        feed.make(now).await;
        let next = feed
            .next_at()
            .map(|at| Duration::from_micros((at - now).max(0) as u64));
        let wait = next.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        wait_or_stop(wait, &mut stopping).await;
    }
    recorder.note(&parts).await;
}

/// Waits, unless the server stops before.
async fn wait_or_stop(wait: Duration, stopping: &mut watch::Receiver<bool>) {
    let stopped = stopping.wait_for(|stopping| *stopping);
    let _ = tokio::time::timeout(wait, stopped).await;
}

/// How far the recording came.
struct Recorder {
    /// Events that were recorded since the start.
    events: u64,
    /// Up to when everything is recorded, and how far that is noted, and when it was.
    recorded: Timestamp,
    noted: Timestamp,
    noted_at: Instant,
}

impl Recorder {
    /// Records a batch, however often that has to be tried, unless the server stops.
    async fn record(&mut self, parts: &mut Parts<'_>, batch: Batch) {
        while !*parts.stopping.borrow() {
            match offer(parts, &batch).await {
                Ok(events) => {
                    self.events += events;
                    self.recorded = Timestamp::from_micros(batch.until);
                    if self.noted_at.elapsed() >= NOTE_EVERY || events > 1 {
                        self.note(parts).await;
                    }
                    return;
                }
                Err(error) => {
                    tracing::warn!(
                        error,
                        events = batch.events,
                        "the demo's events are not recorded yet; it goes on in a moment"
                    );
                    wait_or_stop(RETRY_PAUSE, &mut parts.stopping).await;
                }
            }
        }
    }

    async fn note(&mut self, parts: &Parts<'_>) {
        self.noted_at = Instant::now();
        if self.noted == self.recorded {
            return;
        }
        match parts.control.demo_recorded_until(self.recorded).await {
            Ok(()) => self.noted = self.recorded,
            // Nothing is lost: a restart offers more again.
            Err(error) => {
                let error = error.to_string();
                tracing::warn!(error, "how far the demo came was not noted");
            }
        }
    }
}

/// Sends a batch the way that everybody's events go. Gives how many are on the log, or why that should be tried
/// again.
async fn offer(parts: &Parts<'_>, batch: &Batch) -> Result<u64, String> {
    let authorized = parts.prepared.authorize(&parts.keyring);
    let authorized = authorized.map_err(|error| error.to_string())?;
    let submission = Submission {
        text: batch.text.clone(),
        form: Form::Ndjson,
        idempotency_key: None,
        // Should an older version have recorded something else under an id, the others still count.
        partial: true,
        received_at: edge::now(),
    };
    let answer = match parts.capture.admit(&authorized, submission).await {
        Ok(admitted) => parts.capture.record(admitted).await,
        Err(error) => Err(error),
    };
    let refused = match answer {
        Ok(answer) if answer.refused.is_empty() => return Ok(answer.received.len() as u64),
        Ok(answer) => answer.refused.len(),
        Err(
            error @ (CaptureError::Store(_)
            | CaptureError::NoRandomness(_)
            | CaptureError::Abandoned(_)),
        ) => return Err(error.to_string()),
        Err(error) => {
            let error = error.to_string();
            tracing::warn!(error, "events of the demo were refused");
            batch.events
        }
    };
    tracing::warn!(refused, "events of the demo are left out");
    Ok((batch.events - refused) as u64)
}

/// Prints for whoever started the server. That nobody reads it is no reason not to go on.
fn tell(text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
}
