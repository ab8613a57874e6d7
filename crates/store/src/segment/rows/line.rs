//! What stands in a place of the rows' file: an event, what was left of one, or nothing.
//!
//! What must hold: an event's canonical bytes are never taken for anything else. They are an object
//! whose first member cannot be `entry`, as the members of an event stand in their order and `action`
//! is always among them; and they are not empty.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evident_ledger::entry::Entry;

use super::malformed;
use crate::layout::is_organization_id;
use crate::segment::error::SegmentError;

/// What stands before the entry in a stub.
const BEFORE_ENTRY: &str = "{\"entry\":\"";
/// What stands between the entry and the organization.
const BEFORE_ORGANIZATION: &str = "\",\"organization_id\":\"";
/// What stands behind the organization.
const BEHIND_ORGANIZATION: &str = "\"}";

/// A line of the rows' file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// An event's canonical bytes.
    Event(&'a [u8]),
    /// What was left of an event that was removed.
    Stub(Stub<'a>),
    /// An event was removed and left nothing.
    Nothing,
}

/// What was left of an event that was removed: what its leaf is the hash of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stub<'a> {
    pub(crate) organization_id: &'a str,
    pub(crate) entry: Entry,
}

impl<'a> Line<'a> {
    /// Tells what a line is, without its newline.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, SegmentError> {
        if bytes.is_empty() {
            return Ok(Self::Nothing);
        }
        if !bytes.starts_with(BEFORE_ENTRY.as_bytes()) {
            return Ok(Self::Event(bytes));
        }
        let stub = Stub::read(bytes).ok_or_else(|| malformed("a stub is none"))?;
        Ok(Self::Stub(stub))
    }

    /// Whether bytes are an event's, without a look at more than how they begin.
    pub(crate) fn is_event(bytes: &[u8]) -> bool {
        !bytes.is_empty() && !bytes.starts_with(BEFORE_ENTRY.as_bytes())
    }
}

impl<'a> Stub<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let rest = text.strip_prefix(BEFORE_ENTRY)?;
        let (entry, rest) = rest.split_once(BEFORE_ORGANIZATION)?;
        let organization_id = rest.strip_suffix(BEHIND_ORGANIZATION)?;
        let entry = Entry::from_bytes(&STANDARD.decode(entry).ok()?).ok()?;
        is_organization_id(organization_id).then_some(Self {
            organization_id,
            entry,
        })
    }

    /// The line, without its newline.
    pub(crate) fn write(&self, into: &mut Vec<u8>) {
        let entry = STANDARD.encode(self.entry.to_bytes());
        for part in [
            BEFORE_ENTRY,
            &entry,
            BEFORE_ORGANIZATION,
            self.organization_id,
            BEHIND_ORGANIZATION,
        ] {
            into.extend_from_slice(part.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn stub() -> Stub<'static> {
        Stub {
            organization_id: "org_7f3k",
            entry: Entry {
                event_id: [7; 16],
                received_at_micros: -1,
                commitment: [9; 32],
            },
        }
    }

    #[test]
    fn a_stub_is_json_and_is_read_as_it_was_written() {
        let mut line = Vec::new();
        stub().write(&mut line);
        assert_eq!(Line::read(&line).unwrap(), Line::Stub(stub()));
        let json: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(json["organization_id"], "org_7f3k");
        assert_eq!(json["entry"].as_str().unwrap().len(), 76);
        assert!(!Line::is_event(&line));
    }

    #[test]
    fn what_is_cut_or_of_no_organization_is_no_stub() {
        let mut line = Vec::new();
        stub().write(&mut line);
        for end in BEFORE_ENTRY.len()..line.len() {
            assert!(Line::read(&line[..end]).is_err(), "{end} bytes");
        }
        let text = String::from_utf8(line).unwrap();
        for id in ["", "a/b", "a\",\"x\":\"y"] {
            let other = text.replace("org_7f3k", id);
            assert!(Line::read(other.as_bytes()).is_err(), "{id}");
        }
        let longer = text.replace("{\"entry\":\"", "{\"entry\":\"AAAA");
        assert!(Line::read(longer.as_bytes()).is_err());
    }

    #[test]
    fn an_event_is_an_event_and_an_empty_line_is_nothing() {
        let event = br#"{"action":"a","metadata":{"entry":"x"}}"#;
        assert_eq!(Line::read(event).unwrap(), Line::Event(event));
        assert!(Line::is_event(event));
        assert_eq!(Line::read(b"").unwrap(), Line::Nothing);
        assert!(!Line::is_event(b""));
    }
}
