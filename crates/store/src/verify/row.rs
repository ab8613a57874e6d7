//! What a row's canonical bytes say of it: no more than its leaf needs, and fast.
//!
//! What must hold: only members of the event itself count, not those of objects in it, and their
//! names ascend as canonical bytes have them. So none comes twice, and reading ends before the rest of
//! the event. Of text that is no canonical event it gives something or an error, in linear time.

use std::ops::Range;

use evident_event::id::EventId;
use evident_event::time::Timestamp;

/// What a leaf needs of an event, beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told<'a> {
    pub(super) organization_id: &'a str,
    pub(super) id: EventId,
    pub(super) received_at: Timestamp,
}

impl<'a> Told<'a> {
    /// Reads a row; else what is wrong with it.
    pub(super) fn read(canonical: &'a [u8]) -> Result<Self, &'static str> {
        const NO_OBJECT: &str = "it is not a JSON object";
        let (mut organization_id, mut id) = (None, None);
        let mut last: &[u8] = b"";
        if canonical.first() != Some(&b'{') {
            return Err(NO_OBJECT);
        }
        let mut at = 1;
        loop {
            let (name, value) = member(canonical, at).ok_or(NO_OBJECT)?;
            at = value.end + 1;
            let follows = canonical.get(value.end).copied();
            let name = canonical.get(name).unwrap_or_default();
            let value = canonical.get(value).unwrap_or_default();
            if !is_before(last, name) {
                return Err("its members are not in their order");
            }
            last = name;
            match name {
                b"id" => id = text(value).and_then(|text| EventId::parse(text).ok()),
                b"organization_id" => organization_id = text(value),
                b"received_at" => {
                    let time = text(value).and_then(|time| Timestamp::parse_rfc3339(time).ok());
                    return Ok(Self {
                        organization_id: organization_id.ok_or("it has no organization_id")?,
                        id: id.ok_or("it has no id")?,
                        received_at: time.ok_or("its received_at is no time")?,
                    });
                }
                _ => {}
            }
            if follows != Some(b',') {
                return Err("it has no received_at");
            }
        }
    }
}

/// Whether a name sorts before another. Mostly the first bytes tell; names of an event are ASCII,
/// whose order in UTF-16 is that of the bytes.
fn is_before(last: &[u8], name: &[u8]) -> bool {
    match (last.first(), name.first()) {
        (Some(last), Some(name)) if last != name => last < name,
        (None, _) => true,
        _ => last < name,
    }
}

/// Where the name, without its quotes, and the value are of the member that begins at a place.
fn member(text: &[u8], start: usize) -> Option<(Range<usize>, Range<usize>)> {
    let name_end = string_end(text, start)?;
    if text.get(name_end) != Some(&b':') {
        return None;
    }
    let value = name_end + 1;
    let end = value_end(text, value)?;
    Some((start + 1..name_end - 1, value..end))
}

/// Where the string that begins at a place ends.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    if text.get(start) != Some(&b'"') {
        return None;
    }
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        match text.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Where the value that begins at a place ends.
fn value_end(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        match text.get(at)? {
            b'"' => {
                at = string_end(text, at)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 1 => depth -= 1,
            b'}' | b']' if depth == 1 => return Some(at + 1),
            // The end of a number or word, before what follows it.
            b',' | b'}' | b']' if depth == 0 => return (at > start).then_some(at),
            _ => {}
        }
        at += 1;
    }
}

/// A string in quotes. None of these members needs an escape.
fn text(value: &[u8]) -> Option<&str> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let is_plain = memchr::memchr(b'\\', inner).is_none();
    std::str::from_utf8(inner).ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const ROW: &str = r#"{"action":"a","actor":{"id":"not this","received_at":"nor this"},"id":"0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d","organization_id":"org_1","received_at":"2026-01-02T03:04:05.000006Z","result":"success"}"#;

    #[test]
    fn the_members_are_those_of_the_event_itself() {
        let told = Told::read(ROW.as_bytes()).unwrap();
        assert_eq!(told.organization_id, "org_1");
        assert_eq!(told.id.to_string(), "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d");
        assert_eq!(told.received_at.to_string(), "2026-01-02T03:04:05.000006Z");
    }

    #[test]
    fn it_reads_what_the_members_of_the_event_are_whatever_stands_before_them() {
        use evident_event::json::members::members;
        let values = [
            r#"1"#,
            r#"-1.5e300"#,
            r#"true"#,
            r#"{}"#,
            r#"[]"#,
            r#""""#,
            r#""\\""#,
            r#""\"id\":\"""#,
            r#""1234567""#,
            r#""12345678""#,
            r#""123456\"8""#,
            r#""ä!!!!!!\\\"ü""#,
            r#"[{"id":"}"},["]",{"received_at":"{"}]]"#,
            r#"{"a":{"b":[1,2,{"c":"\\\""}]},"id":1}"#,
        ];
        for value in values {
            let row = ROW.replace(r#""a","#, &format!("{value},"));
            let found = members(row.as_bytes());
            let first = found.clone().next().unwrap();
            assert_eq!(first.value, value.as_bytes());
            assert_eq!(
                Told::read(row.as_bytes()),
                Told::read(ROW.as_bytes()),
                "{value}"
            );
            // Cut off anywhere before the last member that is read, it is none.
            let end = row.find(r#","result""#).unwrap();
            for cut in 0..end {
                assert!(Told::read(&row.as_bytes()[..cut]).is_err(), "{value} {cut}");
            }
        }
    }

    #[test]
    fn members_that_come_twice_or_out_of_order_are_refused() {
        let twice = ROW.replace(
            r#""organization_id""#,
            r#""id":"0198c5f0-7c1e-7a3b-9f52-000000000000","organization_id""#,
        );
        let before = ROW.replace(r#""action":"a""#, r#""zone":"a""#);
        let none = ROW.replace(r#""received_at":"2"#, r#""received":"2"#);
        for row in [&twice, &before, &none] {
            assert!(Told::read(row.as_bytes()).is_err(), "{row}");
        }
    }
}
