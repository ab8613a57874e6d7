//! A batch: events as they are sent together, and where each came from.
//!
//! What must always hold:
//!
//! - an event without an id gets one that follows from the run, the line and what is sent, so that what
//!   is sent twice is recorded once;
//! - what was read is not written anew: a line is sent byte for byte, with an id put at its end if it
//!   has none; so what the server says of a place in it holds for what was read;
//! - what was read of an event can be told until it is answered.

use std::ops::Range;

use evident_event::id::EventId;
use sha2::{Digest, Sha256};
use uuid::Builder;

use super::letters::{Letter, Reason};
use super::scan::{self, Id};

/// Begins the hash that an id is made of, so that it can be no other hash of ours.
const ID_DOMAIN: &[u8] = b"evident/ingest-id/v1";
/// What an id takes at the end of an event: `,"id":"…"`.
const ID_MEMBER_BYTES: usize = 44;

/// What makes the ids of one run other than those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run(pub(super) [u8; 32]);

impl Run {
    /// The id of an event that has none.
    fn id(&self, line: u64, event: &[u8]) -> EventId {
        let mut hash = Sha256::new();
        hash.update(ID_DOMAIN);
        hash.update(self.0);
        hash.update(line.to_le_bytes());
        hash.update(event);
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        let uuid = Builder::from_custom_bytes(bytes).into_uuid();
        EventId::from_bytes(uuid.into_bytes())
    }
}

/// A place between two records of the input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// How many bytes are before it.
    pub(super) bytes: u64,
    /// How many lines.
    pub(super) lines: u64,
}

/// Where a record was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// Its first line, from 1.
    pub(super) line: u64,
    /// Its first byte, from 0.
    pub(super) offset: u64,
}

/// An event in the body of a batch.
#[derive(Debug, Clone)]
struct Placed {
    origin: Origin,
    /// In the body, without the end of the line.
    sent: Range<usize>,
    /// What in the body was added to what was read.
    added: Range<usize>,
    /// What was read, in the originals, where it is not what is sent.
    original: Option<Range<usize>>,
}

/// Events that are sent together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Its place in the order of the batches, from 0.
    pub(super) number: u64,
    /// All before this is in it or in the batches before it.
    pub(super) end: Place,
    /// What could not even be sent.
    pub(super) letters: Vec<Letter>,
    /// NDJSON.
    body: Vec<u8>,
    originals: Vec<u8>,
    events: Vec<Placed>,
}

impl Batch {
    /// An empty one that begins at a place.
    pub(super) fn new(number: u64, at: Place) -> Self {
        Self {
            number,
            end: at,
            ..Self::default()
        }
    }

    /// How many events are to be sent.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is nothing to be sent and nothing to be told.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.letters.is_empty()
    }

    /// The bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        let letters = self.letters.iter().map(Letter::bytes).sum::<usize>();
        self.body.len() + self.originals.len() + letters
    }

    /// The body of some of its events.
    pub(super) fn body(&self, events: Range<usize>) -> &[u8] {
        let first = self.events.get(events.start).map(|event| event.sent.start);
        let last = events.end.checked_sub(1);
        let last = last.and_then(|last| Some(self.events.get(last)?.sent.end + 1));
        match (first, last) {
            (Some(first), Some(last)) => self.body.get(first..last).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The events as they are sent.
    pub(super) fn sent(&self) -> impl Iterator<Item = (Origin, &[u8])> {
        let event = |event: &Placed| (event.origin, &self.body[event.sent.clone()]);
        self.events.iter().map(event)
    }

    /// Takes an event as it was read.
    pub(super) fn push_line(&mut self, origin: Origin, text: &[u8], run: &Run) {
        let start = self.body.len();
        self.body.reserve(text.len() + ID_MEMBER_BYTES + 1);
        let mut original = None;
        let added = match scan::id(text) {
            Id::Given => {
                self.body.extend_from_slice(text);
                start..start
            }
            Id::Missing { close, is_first } => {
                self.body.extend_from_slice(&text[..close]);
                let from = self.body.len();
                self.write_id(origin.line, text, run, is_first);
                let added = from..self.body.len();
                self.body.extend_from_slice(&text[close..]);
                added
            }
            Id::Null { value } => {
                // What stands there is replaced, so what was read is kept beside it.
                let from = self.originals.len();
                self.originals.extend_from_slice(text);
                original = Some(from..self.originals.len());
                let id = run.id(origin.line, text).to_ascii();
                self.body.extend_from_slice(&text[..value.start]);
                self.body.push(b'"');
                self.body.extend_from_slice(&id);
                self.body.push(b'"');
                self.body.extend_from_slice(&text[value.end..]);
                start..start
            }
        };
        self.finish(origin, start, added, original);
    }

    /// Takes an event that was made of a row. It has its closing bracket last.
    pub(super) fn push_row(
        &mut self,
        origin: Origin,
        row: &[u8],
        event: &[u8],
        has_id: bool,
        run: &Run,
    ) {
        let from = self.originals.len();
        self.originals.extend_from_slice(row);
        let original = Some(from..self.originals.len());
        let start = self.body.len();
        let members = event.strip_suffix(b"}").unwrap_or(event);
        self.body.extend_from_slice(members);
        if !has_id {
            self.write_id(origin.line, event, run, members == b"{");
        }
        self.body.push(b'}');
        self.finish(origin, start, start..start, original);
    }

    fn write_id(&mut self, line: u64, event: &[u8], run: &Run, is_first: bool) {
        let name: &[u8] = if is_first {
            b"\"id\":\""
        } else {
            b",\"id\":\""
        };
        self.body.extend_from_slice(name);
        let id = run.id(line, event).to_ascii();
        self.body.extend_from_slice(&id);
        self.body.push(b'"');
    }

    fn finish(
        &mut self,
        origin: Origin,
        start: usize,
        added: Range<usize>,
        original: Option<Range<usize>>,
    ) {
        let sent = start..self.body.len();
        self.body.push(b'\n');
        self.events.push(Placed {
            origin,
            sent,
            added,
            original,
        });
    }

    /// What is to be told of an event that was refused.
    pub(super) fn letter(&self, event: usize, reasons: Vec<Reason>) -> Option<Letter> {
        let event = self.events.get(event)?;
        let text = match &event.original {
            Some(original) => self.originals[original.clone()].to_vec(),
            None => {
                let before = &self.body[event.sent.start..event.added.start];
                let behind = &self.body[event.added.end..event.sent.end];
                [before, behind].concat()
            }
        };
        Some(Letter::new(event.origin, &text, reasons))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const RUN: Run = Run([7; 32]);

    fn pushed(lines: &[&str]) -> Batch {
        let mut batch = Batch::default();
        for (at, line) in lines.iter().enumerate() {
            let origin = Origin {
                line: at as u64 + 1,
                offset: 0,
            };
            batch.push_line(origin, line.as_bytes(), &RUN);
        }
        batch
    }

    fn events(batch: &Batch) -> Vec<Value> {
        let parsed = |(_, text): (_, &[u8])| serde_json::from_slice(text).unwrap();
        batch.sent().map(parsed).collect()
    }

    #[test]
    fn only_what_has_no_id_is_given_one() {
        let own = r#"{"a":1,"id":"mine"}"#;
        let batch = pushed(&[own, r#" { "a" : 1 } "#, "{}", r#"{"id":null,"a":1}"#]);
        let events = events(&batch);
        assert_eq!(events[0]["id"], "mine");
        for event in &events[1..] {
            let id = event["id"].as_str().unwrap();
            assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 8);
        }
        assert_eq!(batch.body(0..1), format!("{own}\n").as_bytes());
        let whole = batch.body(0..4);
        assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 4);
        assert_eq!([batch.body(0..2), batch.body(2..4)].concat(), whole);
    }

    #[test]
    fn ids_follow_from_the_run_the_line_and_the_text() {
        let id = |batch: &Batch, at: usize| events(batch)[at]["id"].as_str().unwrap().to_owned();
        let batch = pushed(&[r#"{"a":1}"#, r#"{"a":1}"#, r#"{"a":2}"#]);
        assert_eq!(id(&batch, 0), id(&pushed(&[r#"{"a":1}"#]), 0));
        assert_ne!(id(&batch, 0), id(&batch, 1), "the same on another line");
        assert_ne!(id(&batch, 0), id(&pushed(&[r#"{"a":2}"#]), 0));
        let mut other = Batch::default();
        let origin = Origin { line: 1, offset: 0 };
        other.push_line(origin, br#"{"a":1}"#, &Run([8; 32]));
        assert_ne!(id(&batch, 0), id(&other, 0), "the same in another run");
    }

    #[test]
    fn an_event_of_a_row_gets_an_id_behind_what_it_has() {
        let mut batch = Batch::default();
        let origin = Origin { line: 2, offset: 9 };
        for (event, has_id) in [
            (r#"{"a":1}"#, false),
            ("{}", false),
            (r#"{"id":"x"}"#, true),
        ] {
            batch.push_row(origin, b"the row", event.as_bytes(), has_id, &RUN);
        }
        let events = events(&batch);
        assert!(events.iter().all(|event| event["id"].is_string()));
        assert_eq!(events[2]["id"], "x");
        let letter = batch.letter(0, Vec::new()).unwrap();
        assert_eq!(letter.text(), b"the row");
    }

    proptest! {
        #[test]
        fn what_was_read_can_be_told_again(lines in prop::collection::vec("\\PC{0,40}", 1..20)) {
            let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
            let batch = pushed(&texts);
            for (at, line) in texts.iter().enumerate() {
                let letter = batch.letter(at, Vec::new());
                let letter = letter.unwrap();
                prop_assert_eq!(letter.text(), line.as_bytes());
            }
        }

        #[test]
        fn an_id_changes_nothing_else(
            members in prop::collection::btree_map("[a-h\"\\\\{}\\[\\]:, é]{0,6}", "\\PC{0,12}", 0..6),
            pad in "[ \t]{0,2}",
        ) {
            let mut value = serde_json::json!(members);
            let text = format!("{pad}{value}{pad}");
            let mut batch = Batch::default();
            batch.push_line(Origin { line: 1, offset: 0 }, text.as_bytes(), &RUN);
            let mut sent = events(&batch).remove(0);
            if !members.contains_key("id") {
                prop_assert!(sent["id"].is_string());
                sent.as_object_mut().unwrap().remove("id");
            }
            prop_assert_eq!(sent, value.take());
            let letter = batch.letter(0, Vec::new()).unwrap();
            prop_assert_eq!(letter.text(), text.as_bytes());
        }
    }
}
