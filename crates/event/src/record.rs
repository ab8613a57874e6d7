//! The record: what a client sends, made into the bytes that are kept.
//!
//! [`admit`] is the one door. It parses, checks every member against the shape of the record
//! (`shape`), normalizes, fills in what the server and the catalog know, and writes the canonical
//! bytes. `spec/event.md` says the same without Rust.
//!
//! It must hold that:
//!
//! - an admitted event depends on its text and the [`Door`] alone: no clock, no randomness;
//! - the canonical bytes parse back ([`crate::json::parse`]) and canonicalize to themselves;
//! - a refused event leaves every reason it can find, up to [`MAX_REFUSALS`], each with a pointer;
//! - nothing the sender wrote is dropped but `null` where a member is optional, and nothing is
//!   reworded but ids, times and IP addresses into their one form.

mod carried;
mod check;
mod fill;
mod limits;
mod refusal;
mod shape;
#[cfg(test)]
mod tests;

use crate::canonical::{self, Strings};
use crate::catalog::{Catalog, Level};
use crate::id::EventId;
use crate::json::{self, Json, MAX_DEPTH, Members};
use crate::redact::{Redactor, TooManySecrets};
use crate::time::Timestamp;

pub use carried::{Carried, Recorded, differing_fields};
pub use limits::*;
pub use refusal::{Refusal, Warning};
pub use shape::RESULTS;

use check::Check;
use refusal::Findings;

/// How many bytes an event usually grows by what is added to it.
const USUAL_GROWTH_BYTES: usize = 512;

/// All that the server knows when an event comes in.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The event types that are known.
    pub catalog: &'a Catalog,
    /// The organization that the credentials belong to.
    pub organization_id: &'a str,
    /// When the event came in.
    pub received_at: Timestamp,
    /// The event's id, should the client have given none.
    pub fallback_id: EventId,
    /// Whether unknown actions and missing metadata are refused.
    pub strict: bool,
    /// What replaces the organization's secrets.
    pub redactor: &'a Redactor,
    /// The levels of the projects that are registered, sorted by the projects' ids. Any other project has the level
    /// of projects.
    pub levels: &'a [(String, Level)],
    /// Who records.
    pub sender: Sender,
}

/// Who records an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Somebody with a key.
    Client,
    /// Evident itself, which alone may record [`crate::query::READ_ACTION`].
    Evident,
}

/// An event that may be appended.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// The client's id, or else the door's.
    pub id: EventId,
    /// Whether the client gave the id.
    pub id_given: bool,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The members that the client sent; a retry is compared in these.
    pub carried: Carried,
    /// The bytes that are kept and hashed.
    pub canonical: Vec<u8>,
    /// The project that it belongs to.
    pub project_id: Option<String>,
    /// What the client should know, though the event is accepted.
    pub warnings: Vec<Warning>,
}

/// Makes the record of one event from its JSON text.
pub fn admit(text: &[u8], door: &Door<'_>) -> Result<Admitted, Vec<Refusal>> {
    let mut members = parse_event(text).map_err(|refusal| vec![refusal])?;
    let mut findings = Findings::default();
    let checked = Check::event(&mut members, door, &mut findings);
    let entry = fill::look_up(&members, door, &mut findings);
    let warnings = findings.into_warnings()?;

    // The members are now as the client meant them, and valid. Whatever follows is derived from what
    // is kept, the description made from a template included.
    let cleaned = door.redactor.clean(&mut members, entry);
    let replaced = cleaned.map_err(|error| vec![grows_too_large(error)])?;
    // JSON has no quote, backslash or control character within a string but by a backslash, and what
    // checking puts in place of ids, times and addresses is plain too.
    let strings = match memchr::memchr(b'\\', text) {
        None if replaced == 0 => Strings::Plain,
        _ => Strings::Any,
    };

    let id = checked.id.unwrap_or(door.fallback_id);
    let occurred_at = checked.occurred_at.unwrap_or(door.received_at);
    let project_id = fill::member_text(&members, "project_id").map(str::to_owned);
    let mut canonical = Vec::with_capacity(text.len() + USUAL_GROWTH_BYTES);
    fill::write(
        &members,
        entry,
        door,
        id,
        occurred_at,
        strings,
        &mut canonical,
    );
    debug_assert!(canonical.len() <= MAX_CANONICAL_BYTES);
    Ok(Admitted {
        id,
        id_given: checked.id.is_some(),
        occurred_at,
        carried: checked.carried,
        canonical,
        project_id,
        warnings,
    })
}

/// Appends the event as the API shows it: its canonical object with the member `index` in front.
///
/// `canonical` must be the canonical bytes of an event; they are not parsed.
pub fn with_index(canonical: &[u8], index: u64, out: &mut Vec<u8>) {
    let members = canonical.strip_prefix(b"{").unwrap_or(canonical);
    debug_assert!(members.len() < canonical.len(), "an event is an object");
    out.reserve(canonical.len() + br#""index":,"#.len() + canonical::MAX_U64_DIGITS);
    out.extend_from_slice(br#"{"index":"#);
    canonical::write_u64(index, out);
    if members != b"}" {
        out.push(b',');
    }
    out.extend_from_slice(members);
}

/// Placeholders are longer than the shortest secrets, so that too many would make the event larger
/// than may be kept.
#[cold]
fn grows_too_large(error: TooManySecrets) -> Refusal {
    Refusal {
        pointer: String::new(),
        code: "event_too_large",
        message: error.to_string(),
        suggestion: None,
    }
}

fn parse_event(text: &[u8]) -> Result<Members<'_>, Refusal> {
    if text.len() > MAX_EVENT_BYTES {
        return Err(refusal::event_too_large(text.len()));
    }
    match json::parse(text, MAX_DEPTH) {
        Ok(Json::Object(members)) => Ok(members),
        Ok(other) => Err(refusal::not_an_object(other.kind())),
        Err(error) => Err(refusal::not_json(error)),
    }
}
