//! A proof of one event: that its entry is in the log, and that the entry is this event's.
//!
//! What must hold: the entry and the salt stand beside the proof and nobody has signed them, so the
//! entry is believed for leading to the signed root, and the salt for opening the entry's commitment.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evident_event::canonical;
use evident_event::id::EventId;
use evident_event::json::{Json, MAX_DEPTH, parse};
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use evident_ledger::entry::{Entry, Opening};
use evident_ledger::proof_text::InclusionProof;
use serde::{Deserialize, Deserializer};

use super::super::CommandError;
use super::inputs::{self, InputError, Keys};
use super::outcome::Outcome;

const KIND: &str = "proof";
/// What is to be done where a proof is not as it was given out.
const AGAIN: &str = "fetch the proof again as it is";

/// The answer of `GET /v1/events/{id}/proof`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonProof {
    origin: String,
    index: u64,
    leaf_hash: String,
    entry: String,
    /// Null once the event is erased, but there.
    #[serde(deserialize_with = "present")]
    salt: Option<String>,
    size: Option<u64>,
    root: Option<String>,
    hashes: Vec<String>,
    checkpoint: String,
}

/// A member that may be null, and may not be left out.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from)
}

/// A proof as it was read, and what it says of itself beside.
struct Read {
    proof: InclusionProof,
    origin: Option<String>,
    leaf_hash: Option<Hash>,
    size: Option<u64>,
    root: Option<Hash>,
}

/// Reads either form.
fn read(bytes: &[u8]) -> Result<Read, String> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        let proof = InclusionProof::parse(bytes).map_err(|error| error.to_string())?;
        return Ok(Read {
            proof,
            origin: None,
            leaf_hash: None,
            size: None,
            root: None,
        });
    }
    let json: JsonProof = serde_json::from_slice(bytes)
        .map_err(|error| format!("it is not the JSON of a proof ({error}): {AGAIN}"))?;
    let decode = |text: &str| {
        let decoded = STANDARD.decode(text);
        decoded.map_err(|error| format!("entry or salt is no base64 ({error}): {AGAIN}"))
    };
    let hash = |text: &str| Hash::from_base64(text).map_err(|error| error.to_string());
    let mut extra = decode(&json.entry)?;
    extra.extend(
        json.salt
            .as_deref()
            .map(decode)
            .transpose()?
            .unwrap_or_default(),
    );
    let hashes = json.hashes.iter().map(|text| hash(text));
    Ok(Read {
        proof: InclusionProof {
            extra: Some(extra),
            index: json.index,
            hashes: hashes.collect::<Result<_, _>>()?,
            checkpoint: json.checkpoint,
        },
        origin: Some(json.origin),
        leaf_hash: Some(hash(&json.leaf_hash)?),
        size: json.size,
        root: json.root.as_deref().map(hash).transpose()?,
    })
}

/// Verifies a proof, with the event if it is there.
pub(super) fn verify(
    bytes: &[u8],
    event: Option<&Path>,
    keys: &Keys<'_>,
) -> Result<Outcome, CommandError> {
    if keys.0.is_empty() {
        return Err(InputError::NoKey.into());
    }
    let event = event.map(inputs::read_file_or_standard).transpose()?;
    let mut outcome = Outcome::new(KIND);
    let read = match read(bytes) {
        Ok(read) => read,
        Err(what) => {
            outcome.find("proof", what);
            return Ok(outcome);
        }
    };
    let proof = &read.proof;
    let Some(extra) = &proof.extra else {
        return Err(format!("the proof has no entry beside it (`extra`): {AGAIN}").into());
    };
    let opening = match Opening::from_bytes(extra) {
        Ok(opening) => opening,
        Err(error) => {
            outcome.find("proof", error);
            return Ok(outcome);
        }
    };
    let key = keys.of(proof.checkpoint.as_bytes())?;
    let leaf = opening.entry.leaf_hash();
    match proof.verify(leaf, key) {
        Ok(head) => {
            let same = read.origin.is_none_or(|origin| origin == head.origin)
                && read.leaf_hash.is_none_or(|hash| hash == leaf)
                && read.size.is_none_or(|size| size == head.size)
                && read.root.is_none_or(|root| root == head.root);
            if !same {
                let what = "origin, leaf_hash, size or root are not those that the proof leads to";
                outcome.find("proof", what);
            }
            outcome.say_head(&head, key);
        }
        Err(error) => {
            outcome.find("proof", error);
            return Ok(outcome);
        }
    }
    outcome.say("index", "leaf", proof.index);
    say_entry(&mut outcome, &opening.entry);
    match event {
        Some(event) => compare(&mut outcome, &event, proof.index, &opening)?,
        None => {
            outcome
                .verified
                .insert("event_compared".to_owned(), false.into());
            outcome.lines.push(
                "  no event was compared: this entry is in the log; to see that it is your event's, \
                 name that with --event"
                    .to_owned(),
            );
        }
    }
    Ok(outcome)
}

fn say_entry(outcome: &mut Outcome, entry: &Entry) {
    let id = EventId::from_bytes(entry.event_id);
    let received_at = Timestamp::from_micros(entry.received_at_micros);
    outcome.say("event_id", "event", id.to_string());
    outcome.say("received_at", "received at", received_at.to_string());
}

/// Holds the event against the entry that was proved.
fn compare(
    outcome: &mut Outcome,
    event: &[u8],
    index: u64,
    opening: &Opening,
) -> Result<(), CommandError> {
    let mut members = match parse(event, MAX_DEPTH) {
        Ok(Json::Object(members)) => members,
        Ok(other) => {
            outcome.find(
                "event",
                format!("the event is {}, not an object", other.kind()),
            );
            return Ok(());
        }
        Err(error) => {
            outcome.find("event", format!("the event is not JSON: {error}"));
            return Ok(());
        }
    };
    // Its number is shown with the event and is not of its bytes: the leaf's place says it.
    let at = members.iter().position(|(name, _)| name == "index");
    let told = at.map(|at| members.remove(at).1);
    let same_index = matches!(told, Some(Json::Int(told)) if u64::try_from(told) == Ok(index));
    if !same_index {
        let what = format!(
            "the event's index is not {index}, which is proved: give the event as GET /v1/events/{{id}} \
             answers, and its own proof"
        );
        outcome.find("event", what);
    }
    let event = Json::Object(members);
    let text = |name| event.get(name).and_then(Json::as_str);
    let id = text("id").and_then(|id| EventId::parse(id).ok());
    let received_at = text("received_at").and_then(|time| Timestamp::parse_rfc3339(time).ok());
    let entry = &opening.entry;
    if id.map(|id| *id.as_bytes()) != Some(entry.event_id) {
        outcome.find(
            "event",
            "the event's id is not the entry's: this is another event's proof",
        );
    }
    if received_at.map(Timestamp::as_micros) != Some(entry.received_at_micros) {
        outcome.find("event", "the event's received_at is not the entry's");
    }
    let mut bytes = Vec::new();
    canonical::write(&event, &mut bytes);
    match opening.opens_to(&bytes) {
        Some(true) => {
            let is_this = outcome.findings.is_empty();
            outcome.verified.insert("event_compared".to_owned(), is_this.into());
            outcome.lines.push("  the event is the one that the leaf commits to".to_owned());
        }
        Some(false) => outcome.find(
            "event",
            "the event is not what the leaf commits to: it was changed, or the salt of the proof was",
        ),
        None => {
            return Err(
                "the proof has no salt, as of an event that was erased: no event can be compared \
                 with it; without --event the entry alone is verified"
                    .into(),
            );
        }
    }
    Ok(())
}
