//! Admission: a body cut into events, and every event through the record's door.
//!
//! A small body is worked on where it is. A large one is cut into runs of events, one task each,
//! of about [`PIECE_BYTES`], which the cores share; the verdicts come back in order.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::json::JsonErrorKind;
use evident_event::json::split::{self, Body};
use evident_event::record::{self, Door, Sender, Warning};
use evident_event::time::Timestamp;
use evident_store::append::{MAX_EVENTS_PER_APPEND, NewEvent};

use super::answer::Why;
use super::{CaptureError, Form};
use crate::auth::Reach;
use crate::control::Settings;
use crate::workers::{Abandoned, Workers};

/// Bodies up to this long are parsed where they are: about 0.2 ms.
pub(super) const INLINE_BYTES: usize = 64 * 1024;
/// Canonical bytes that the events of one request may come to. Filled in, and with placeholders for
/// secrets, they are longer than the text that was sent; this leaves room for any honest request and
/// keeps its frame within the store's bound.
pub(super) const MAX_ADMITTED_BYTES: usize = 48 << 20;
/// About how much text one task parses.
const PIECE_BYTES: usize = 256 * 1024;

/// An event that may be recorded, and what its sender should know; or why it may not.
pub(super) type Verdict = Result<(NewEvent, Vec<Warning>), Why>;

/// The texts of a request's events, as places in its body.
pub(super) struct Pieces {
    text: Bytes,
    events: Vec<Range<usize>>,
    single: bool,
}

impl Pieces {
    /// Finds the events in a body.
    pub(super) fn split(text: Bytes, form: Form) -> Result<Self, CaptureError> {
        let (slices, single) = match form {
            Form::Json => match split::envelope(&text) {
                Ok(Body::One(slice)) => (vec![slice], true),
                Ok(Body::Many(slices)) => (slices, false),
                Err(error) => {
                    return Err(match error.kind {
                        JsonErrorKind::TooManyEvents { .. } => CaptureError::TooMany,
                        _ => CaptureError::Malformed(error),
                    });
                }
            },
            Form::Ndjson => {
                // One more than the bound is enough to know that it is broken.
                let lines = split::ndjson_lines(&text).take(MAX_EVENTS_PER_APPEND + 1);
                (lines.collect(), false)
            }
        };
        if slices.is_empty() || text.iter().all(u8::is_ascii_whitespace) {
            return Err(CaptureError::Empty);
        }
        if slices.len() > MAX_EVENTS_PER_APPEND {
            return Err(CaptureError::TooMany);
        }
        let events = slices.iter().map(|slice| place(&text, slice)).collect();
        Ok(Self {
            text,
            events,
            single,
        })
    }

    /// The body is one event, not a batch.
    pub(super) fn is_single(&self) -> bool {
        self.single
    }

    /// How many events there are.
    pub(super) fn count(&self) -> usize {
        self.events.len()
    }

    /// The positions of the events, in runs of about [`PIECE_BYTES`] of text.
    fn runs(&self) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let (mut first, mut bytes) = (0, 0);
        for (position, event) in self.events.iter().enumerate() {
            bytes += event.len();
            if bytes >= PIECE_BYTES {
                runs.push(first..position + 1);
                (first, bytes) = (position + 1, 0);
            }
        }
        if first < self.events.len() {
            runs.push(first..self.events.len());
        }
        runs
    }
}

/// Where a slice of `text` lies in it.
fn place(text: &[u8], slice: &[u8]) -> Range<usize> {
    let start = slice.as_ptr().addr() - text.as_ptr().addr();
    start..start + slice.len()
}

/// What all events of a request have in common.
#[derive(Clone)]
pub(super) struct Admission {
    pub(super) settings: Arc<Settings>,
    pub(super) organization_id: Arc<str>,
    /// Canonical bytes that the request's events have come to so far.
    pub(super) admitted_bytes: Arc<AtomicUsize>,
    /// Where the caller may record.
    pub(super) reach: Reach,
    pub(super) received_at: Timestamp,
}

impl Admission {
    fn admit(&self, text: &[u8], fallback_id: EventId) -> Verdict {
        let door = Door {
            catalog: &self.settings.known.catalog,
            organization_id: &self.organization_id,
            received_at: self.received_at,
            fallback_id,
            strict: self.settings.strict,
            redactor: &self.settings.redactor,
            levels: self.settings.projects.levels(),
            sender: Sender::Client,
        };
        if self.admitted_bytes.load(Ordering::Relaxed) > MAX_ADMITTED_BYTES {
            return Err(Why::BeyondRequest);
        }
        let admitted = record::admit(text, &door).map_err(Why::Refusals)?;
        self.admitted_bytes
            .fetch_add(admitted.canonical.len(), Ordering::Relaxed);
        let is_reached = match &admitted.project_id {
            Some(id) => self.reach.includes(id),
            None => self.reach == Reach::Organization,
        };
        if !is_reached {
            return Err(Why::OutsideProject);
        }
        let event = NewEvent {
            id: admitted.id,
            received_at: self.received_at,
            occurred_at: admitted.occurred_at,
            carried: admitted.carried,
            // Copied, since the log's tail keeps it for long and there is room behind it.
            canonical: Bytes::copy_from_slice(&admitted.canonical),
        };
        Ok((event, admitted.warnings))
    }

    fn admit_run(&self, pieces: &Pieces, ids: &[EventId], run: Range<usize>) -> Vec<Verdict> {
        let events = &pieces.events[run.clone()];
        events
            .iter()
            .zip(&ids[run])
            .map(|(event, id)| self.admit(&pieces.text[event.clone()], *id))
            .collect()
    }
}

/// The verdict on every event, in their order. `ids` has one for each.
pub(super) async fn admit_all(
    admission: Admission,
    pieces: Pieces,
    ids: Vec<EventId>,
    workers: &Workers,
) -> Result<Vec<Verdict>, Abandoned> {
    debug_assert_eq!(pieces.count(), ids.len());
    if pieces.text.len() <= INLINE_BYTES {
        return Ok(admission.admit_run(&pieces, &ids, 0..pieces.count()));
    }
    let runs = pieces.runs();
    let shared = Arc::new((admission, pieces, ids));
    let tasks: Vec<_> = runs
        .into_iter()
        .map(|run| {
            let (shared, workers) = (Arc::clone(&shared), workers.clone());
            tokio::spawn(async move {
                let work = move || {
                    let (admission, pieces, ids) = &*shared;
                    admission.admit_run(pieces, ids, run)
                };
                workers.run(work).await
            })
        })
        .collect();
    let mut verdicts = Vec::with_capacity(shared.1.count());
    for task in tasks {
        verdicts.extend(task.await.map_err(|_| Abandoned)??);
    }
    Ok(verdicts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn split(text: &str, form: Form) -> Result<Vec<String>, CaptureError> {
        let pieces = Pieces::split(Bytes::from(text.to_owned()), form)?;
        let texts = pieces
            .events
            .iter()
            .map(|event| text[event.clone()].to_owned());
        Ok(texts.collect())
    }

    #[test]
    fn places_are_those_of_the_events() {
        let one = split(" {\"a\":1} ", Form::Json).unwrap();
        assert_eq!(one, [" {\"a\":1} "]);
        let many = split("{\"events\": [ {\"a\":1} ,{} ]}", Form::Json).unwrap();
        assert_eq!(many, ["{\"a\":1}", "{}"]);
        let lines = split("{\"a\":1}\r\n\n{}", Form::Ndjson).unwrap();
        assert_eq!(lines, ["{\"a\":1}", "{}"]);
    }

    #[test]
    fn no_event_is_refused_in_every_form() {
        for (text, form) in [
            ("", Form::Json),
            (" \n", Form::Json),
            ("{\"events\":[]}", Form::Json),
            ("", Form::Ndjson),
            ("\n\r\n \n", Form::Ndjson),
        ] {
            assert!(
                matches!(split(text, form), Err(CaptureError::Empty)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn one_event_too_many_is_refused_in_every_form() {
        let lines = |count| "{}\n".repeat(count);
        let batch = |count| format!("{{\"events\":[{}]}}", vec!["{}"; count].join(","));
        let most = MAX_EVENTS_PER_APPEND;
        assert_eq!(split(&lines(most), Form::Ndjson).unwrap().len(), most);
        assert_eq!(split(&batch(most), Form::Json).unwrap().len(), most);
        let beyond = split(&lines(most + 1), Form::Ndjson);
        assert!(matches!(beyond, Err(CaptureError::TooMany)));
        let beyond = split(&batch(most + 1), Form::Json);
        assert!(matches!(beyond, Err(CaptureError::TooMany)));
    }

    #[test]
    fn runs_cover_every_event_once_and_in_order() {
        let event = format!("{{\"a\":\"{}\"}}\n", "x".repeat(1000));
        let pieces = Pieces::split(Bytes::from(event.repeat(1000)), Form::Ndjson).unwrap();
        let runs = pieces.runs();
        assert!(runs.len() > 1);
        let positions: Vec<usize> = runs.into_iter().flatten().collect();
        assert_eq!(positions, (0..1000).collect::<Vec<_>>());
    }
}
