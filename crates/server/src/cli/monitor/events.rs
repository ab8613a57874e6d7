//! Holding a server's events against the entries that its log committed to.
//!
//! What must always hold:
//!
//! - an event counts as well only if the salt of its proof opens its entry to its canonical bytes;
//! - an event without a salt counts as erased only if it is not served either;
//! - that the server knows nothing of an event is only called a fault of the log once its key was shown
//!   another one;
//! - every checkpoint that a proof carries is handed back, to be held against the log's head: a log
//!   could show it in proofs alone.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use evident_event::time::Timestamp;
use evident_event::{canonical, json};
use evident_ledger::entry::{Entry, EntryError, Opening};
use evident_ledger::note::VerifierKey;
use evident_ledger::proof_text::{InclusionProof, MAX_PROOF_TEXT_BYTES};
use serde::Deserialize;
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

/// The server that has a log's events, and what is known of the key that it is asked with.
pub(super) struct Events {
    client: Client,
    /// Whether the key was seen to be of the log's organization.
    is_met: bool,
    /// Whether the key was shown any event.
    has_shown: bool,
}

/// What a look at some events gave.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many were looked at, from the first on. It means nothing where there is trouble.
    pub(super) checked: u64,
    /// The ids of those that are erased, by index.
    pub(super) erased: BTreeMap<u64, Uuid>,
    /// The checkpoints that their proofs carry, each once.
    pub(super) checkpoints: HashSet<String>,
    /// The first trouble that was met.
    pub(super) trouble: Option<Trouble>,
    /// An event of which the server knows nothing.
    unknown: Option<String>,
}

/// What the server says of itself.
#[derive(Deserialize)]
struct LogName {
    origin: String,
}

impl Events {
    pub(super) const fn of(client: Client) -> Self {
        Self {
            client,
            is_met: false,
            has_shown: false,
        }
    }

    /// Makes sure that the key is one of the log's organization: to another one's no event is shown.
    pub(super) fn meet(&mut self, origin: &str) -> Result<(), Trouble> {
        if self.is_met {
            return Ok(());
        }
        let client = &self.client;
        let log: LogName = serde_json::from_str(&client.json("/v1/log", &[])?)
            .map_err(|_| client.not_evident("/v1/log names no log"))?;
        if log.origin != origin {
            let other = sanitize::message(&log.origin);
            return Err(Trouble::Unchecked(format!(
                "the API key is of the log {other}: give one of {origin}'s organization"
            )));
        }
        self.is_met = true;
        Ok(())
    }

    /// Checks the events of verified entries, the first of which has the number `first`. After `until` no
    /// more are begun than the first few. `has_shown` says that the key was shown events in earlier runs,
    /// `may_go` that events may be gone.
    pub(super) fn check(
        &mut self,
        key: &VerifierKey,
        (first, entries): (u64, &[Result<Entry, EntryError>]),
        until: Instant,
        (has_shown, may_go): (bool, bool),
    ) -> Seen {
        self.has_shown |= has_shown;
        let next = AtomicUsize::new(0);
        let cut_at = AtomicUsize::new(entries.len());
        let has_shown = AtomicBool::new(self.has_shown);
        let seen = Mutex::new(Seen::default());
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(entry) = entries.get(at) else { return };
                if at >= EVENTS_AT_ONCE && Instant::now() >= until {
                    cut_at.fetch_min(at, Ordering::Relaxed);
                    return;
                }
                let one = Event::new(&self.client, key, first + at as u64, *entry);
                let found = one.and_then(|one| one.check());
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                has_shown.fetch_or(matches!(found, Ok(Found::Shown { .. })), Ordering::Relaxed);
                seen.add(found, may_go);
                let is_missing = seen.unknown.is_some() && has_shown.load(Ordering::Relaxed);
                if is_missing || seen.trouble.is_some() {
                    // The others find nothing more to do.
                    next.store(entries.len(), Ordering::Relaxed);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..EVENTS_AT_ONCE {
                scope.spawn(work);
            }
        });
        self.has_shown = has_shown.into_inner();
        let mut seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        seen.checked = cut_at.into_inner() as u64;
        // Those behind are looked at again.
        seen.erased
            .retain(|index, _| *index < first.saturating_add(seen.checked));
        seen.judge_unknown(self.has_shown);
        seen
    }
}

impl Seen {
    fn add(&mut self, found: Result<Found, Trouble>, may_go: bool) {
        match found {
            Ok(Found::Shown { erased, checkpoint }) => {
                self.erased.extend(erased);
                self.checkpoints.insert(checkpoint);
            }
            // Of one that was removed nothing but its entry is left.
            Ok(Found::Unknown { index, id, .. }) if may_go => drop(self.erased.insert(index, id)),
            Ok(Found::Unknown { name, .. }) => self.unknown = Some(name),
            Err(trouble) => self.meet(trouble),
        }
    }

    /// That the log misbehaves is said before that something else did not come.
    fn meet(&mut self, trouble: Trouble) {
        if !matches!(self.trouble, Some(Trouble::Alarm(_))) {
            self.trouble = Some(trouble);
        }
    }

    /// A key that is limited to a project is shown nothing of the others' events, and that cannot be told
    /// from events that are missing: so whoever was shown none yet cannot say.
    fn judge_unknown(&mut self, has_shown: bool) {
        let Some(name) = self.unknown.take() else {
            return;
        };
        let what = format!("{name} is missing: the server has neither it nor a proof of it");
        self.meet(match has_shown {
            true => {
                let what = format!(
                    "{what}; unless its API key is limited to a project, ask its operator; if events are removed when their time is over, give --erasures"
                );
                Alarm::new(Kind::Entry, what).into()
            }
            false => Trouble::Unchecked(format!(
                "{what}, and the API key was shown no event yet: give one that is not limited to a project"
            )),
        });
    }
}

/// What is found of an event.
enum Found {
    /// It holds, or is erased: then its index and id.
    Shown {
        erased: Option<(u64, Uuid)>,
        checkpoint: String,
    },
    /// The server knows nothing of the event with this name.
    Unknown { name: String, index: u64, id: Uuid },
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
        let proof = self.proof()?;
        let event = self.ask("", |path| {
            let media_type = "application/json";
            self.client.document(path, media_type, MAX_EVENT_BYTES)
        })?;
        let (opening, checkpoint) = match (proof, &event) {
            (Some(proof), _) => proof,
            (None, Some(_)) => {
                return Err(self.wrong("is served, and yet the server has no proof of it"));
            }
            (None, None) => {
                return Ok(Found::Unknown {
                    name: self.name(),
                    index: self.index,
                    id: Uuid::from_bytes(self.entry.event_id),
                });
            }
        };
        let erased = match event {
            Some(event) => {
                self.check_opens(&opening, &event)?;
                None
            }
            // It may have been erased since.
            None if opening.salt.is_some() && !self.is_salt_gone()? => {
                return Err(self.wrong("is missing, and it was not erased"));
            }
            None => Some((self.index, Uuid::from_bytes(self.entry.event_id))),
        };
        Ok(Found::Shown { erased, checkpoint })
    }

    /// Whether the proof is without the salt by now.
    fn is_salt_gone(&self) -> Result<bool, Trouble> {
        match self.proof()? {
            Some((opening, _)) => Ok(opening.salt.is_none()),
            None => Err(self.wrong("is missing: the server has no proof of it any more")),
        }
    }

    /// What the proof opens the entry with, and the checkpoint that it leads to, if there is a proof.
    fn proof(&self) -> Result<Option<(Opening, String)>, Trouble> {
        let text = self.ask("/proof", |path| {
            let at_most = MAX_PROOF_TEXT_BYTES as u64;
            self.client.document(path, "text/plain", at_most)
        })?;
        let Some(text) = text else {
            return Ok(None);
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
        Ok(Some((opening, proof.checkpoint)))
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

    fn name(&self) -> String {
        let id = Uuid::from_bytes(self.entry.event_id);
        format!("event {} ({})", self.index, id.as_hyphenated())
    }

    fn wrong(&self, what: &str) -> Trouble {
        let what = format!("{} {what}", self.name());
        Alarm::new(Kind::Entry, sanitize::message(&what)).into()
    }
}
