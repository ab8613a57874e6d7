//! Holding a server's events against the entries that its log committed to.
//!
//! What must always hold:
//!
//! - an event counts as well only if the salt of its proof opens its entry to its canonical bytes;
//! - an event without a salt counts as erased only if it is not served either;
//! - every checkpoint that a proof carries is handed back, to be held against the log's head: a log
//!   could show it in proofs alone.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use evident_event::time::Timestamp;
use evident_event::{canonical, json};
use evident_ledger::entry::{Entry, EntryError, Opening};
use evident_ledger::note::VerifierKey;
use evident_ledger::proof_text::{InclusionProof, MAX_PROOF_TEXT_BYTES};
use ureq::http::StatusCode;
use uuid::Uuid;

use super::super::client::{Client, ClientError};
use super::super::sanitize;
use super::trouble::{Alarm, Kind, Trouble};

/// Events that are asked for at the same time.
const EVENTS_AT_ONCE: usize = 8;
/// Events that are checked between two saves of the position.
pub(super) const CHUNK_EVENTS: u64 = 4_096;
/// Most bytes of an event as it is served: its canonical bytes and its index.
const MAX_EVENT_BYTES: u64 = 2 * 1024 * 1024;

/// What a look at some events gave.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many of them are erased.
    pub(super) erased: u64,
    /// The checkpoints that their proofs carry, each once.
    pub(super) checkpoints: HashSet<String>,
}

/// Checks the events of verified entries, the first of which has the number `first`.
pub(super) fn check(
    client: &Client,
    key: &VerifierKey,
    first: u64,
    entries: &[Result<Entry, EntryError>],
) -> Result<Seen, Trouble> {
    let next = AtomicUsize::new(0);
    let seen = Mutex::new(Ok(Seen::default()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = entries.get(at) else { return };
            let one = Event::new(client, key, first + at as u64, *entry);
            let found = one.and_then(|one| one.check());
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            match (&mut *seen, found) {
                (Ok(seen), Ok(found)) => {
                    seen.erased += u64::from(found.is_erased);
                    seen.checkpoints.insert(found.checkpoint);
                    continue;
                }
                // That the log misbehaves is said before that something else did not come.
                (Ok(_) | Err(Trouble::Unchecked(_)), Err(trouble)) => *seen = Err(trouble),
                (Err(_), _) => {}
            }
            // The others find nothing more to do.
            next.store(entries.len(), Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        for _ in 0..EVENTS_AT_ONCE {
            scope.spawn(work);
        }
    });
    seen.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// An event that holds.
struct Found {
    is_erased: bool,
    checkpoint: String,
}

/// An event that is looked at.
struct Event<'a> {
    client: &'a Client,
    key: &'a VerifierKey,
    index: u64,
    entry: Entry,
    path: String,
}

impl<'a> Event<'a> {
    fn new(
        client: &'a Client,
        key: &'a VerifierKey,
        index: u64,
        entry: Result<Entry, EntryError>,
    ) -> Result<Self, Trouble> {
        let entry = entry.map_err(|error| {
            Alarm::new(Kind::Entry, format!("entry {index} is no event's: {error}"))
        })?;
        let id = Uuid::from_bytes(entry.event_id);
        Ok(Self {
            client,
            key,
            index,
            entry,
            path: format!("/v1/events/{}", id.as_hyphenated()),
        })
    }

    /// The proof is asked for first: of an event that is erased meanwhile it still has the salt.
    fn check(&self) -> Result<Found, Trouble> {
        let (opening, checkpoint) = self.proof()?;
        let event = self.ask("", |path| {
            let media_type = "application/json";
            self.client.document(path, media_type, MAX_EVENT_BYTES)
        })?;
        let is_erased = match event {
            Some(event) => {
                self.check_opens(&opening, &event)?;
                false
            }
            // It may have been erased since.
            None if opening.salt.is_some() && self.proof()?.0.salt.is_some() => {
                return Err(self.wrong("is missing, and it was not erased"));
            }
            None => true,
        };
        Ok(Found {
            is_erased,
            checkpoint,
        })
    }

    /// What the proof opens the entry with, and the checkpoint that it leads to.
    fn proof(&self) -> Result<(Opening, String), Trouble> {
        let text = self.ask("/proof", |path| {
            let at_most = MAX_PROOF_TEXT_BYTES as u64;
            self.client.document(path, "text/plain", at_most)
        })?;
        let Some(text) = text else {
            return Err(self.wrong("is missing: the server has no proof of it"));
        };
        let refused = |why: String| self.wrong(&format!("has a proof that does not hold: {why}"));
        let proof =
            InclusionProof::parse(text.as_bytes()).map_err(|error| refused(error.to_string()))?;
        let verified = proof.verify(self.entry.leaf_hash(), self.key);
        verified.map_err(|error| refused(error.to_string()))?;
        let opening = Opening::from_bytes(proof.extra.as_deref().unwrap_or_default());
        let opening = opening.map_err(|error| refused(error.to_string()))?;
        if proof.index != self.index || opening.entry != self.entry {
            return Err(refused("it is another leaf's".to_owned()));
        }
        Ok((opening, proof.checkpoint))
    }

    /// Checks that the entry commits to an event as it is served.
    fn check_opens(&self, opening: &Opening, event: &str) -> Result<(), Trouble> {
        let Some(canonical) = self.canonical(event) else {
            return Err(self.wrong("is not served as an event of this index, id and time"));
        };
        match opening.opens_to(&canonical) {
            Some(true) => Ok(()),
            Some(false) => Err(self.wrong("was altered: the log committed to another one")),
            None => Err(self.wrong("is served, and yet what opens its commitment is withheld")),
        }
    }

    /// The canonical bytes of an event that says of itself what the entry says of it.
    fn canonical(&self, event: &str) -> Option<Vec<u8>> {
        let mut event = json::parse(event.as_bytes(), json::MAX_DEPTH).ok()?;
        let text = |name| event.get(name).and_then(json::Json::as_str);
        let id = Uuid::try_parse(text("id")?).ok()?;
        let received_at = Timestamp::parse_rfc3339(text("received_at")?).ok()?;
        let index = event.get("index").cloned();
        let is_it = id.as_bytes() == &self.entry.event_id
            && received_at.as_micros() == self.entry.received_at_micros
            && index
                .is_some_and(|index| index.scalar_text() == Some(self.index.to_string().into()));
        // The leaf's number says the index.
        if let json::Json::Object(members) = &mut event {
            members.retain(|(name, _)| name != "index");
        }
        let mut bytes = Vec::new();
        canonical::write(&event, &mut bytes);
        is_it.then_some(bytes)
    }

    /// Asks for something of the event; `None` if the server says that there is no such event.
    fn ask(
        &self,
        what: &str,
        get: impl FnOnce(&str) -> Result<String, ClientError>,
    ) -> Result<Option<String>, Trouble> {
        match get(&format!("{}{what}", self.path)) {
            Ok(text) => Ok(Some(text)),
            Err(ClientError::Refused {
                status: StatusCode::NOT_FOUND | StatusCode::GONE,
                ..
            }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn wrong(&self, what: &str) -> Trouble {
        let id = Uuid::from_bytes(self.entry.event_id);
        let what = format!("event {} ({}) {what}", self.index, id.as_hyphenated());
        Alarm::new(Kind::Entry, sanitize::message(&what)).into()
    }
}
