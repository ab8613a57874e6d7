//! What a row's canonical bytes say of it, read without relying on any index.

use evident_event::id::EventId;
use evident_event::json::members::members;
use evident_event::time::Timestamp;

/// What the check needs of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowFacts<'a> {
    pub(crate) organization_id: &'a str,
    pub(crate) id: EventId,
    pub(crate) received_at: Timestamp,
    pub(crate) occurred_at: Timestamp,
}

impl<'a> RowFacts<'a> {
    /// Reads a row; else what is missing.
    pub(crate) fn read(canonical: &'a [u8]) -> Result<Self, &'static str> {
        let (mut organization_id, mut id, mut received_at, mut occurred_at) =
            (None, None, None, None);
        for member in members(canonical) {
            match member.name {
                b"organization_id" => organization_id = text(member.value),
                b"id" => id = text(member.value).and_then(|text| EventId::parse(text).ok()),
                b"received_at" => received_at = time(member.value),
                b"occurred_at" => occurred_at = time(member.value),
                _ => {}
            }
        }
        Ok(Self {
            organization_id: organization_id.ok_or("it has no organization_id")?,
            id: id.ok_or("it has no id")?,
            received_at: received_at.ok_or("it has no received_at")?,
            occurred_at: occurred_at.ok_or("it has no occurred_at")?,
        })
    }
}

fn text(value: &[u8]) -> Option<&str> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    // None of these members needs an escape.
    std::str::from_utf8(inner)
        .ok()
        .filter(|text| !text.contains('\\'))
}

fn time(value: &[u8]) -> Option<Timestamp> {
    text(value).and_then(|text| Timestamp::parse_rfc3339(text).ok())
}
