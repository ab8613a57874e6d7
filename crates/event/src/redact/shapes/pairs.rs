//! Names and values within a text: `password=…`, `"api_key": "…"`, `Cookie: …`, `--token …`.
//!
//! The text may be a query, a connection string, a command, a log line, or JSON that was put into a
//! string, once or several times. Where it is not clear how far a value goes, more is taken.

use super::bytes::{self, ALNUM, DASH, DOT, UNDERSCORE};
use super::{Span, Text, schemes};

/// A name in a text, in bytes, at most.
const MAX_NAME_BYTES: usize = 64;
/// Spaces, quotes and brackets between a name and its `=` or `:`, at most.
const MAX_CLOSING_BYTES: usize = 8;
/// Spaces between `=`, `:` or an option's name and the value, at most.
const MAX_SPACES: usize = 4;
/// An unquoted value behind an unquoted name and a colon, in bytes, at least. It must have letters
/// and digits: `token: missing` is a sentence.
const MIN_SPOKEN_BYTES: usize = 6;
/// Such a value is judged by so many of its first bytes.
const MAX_JUDGED_BYTES: usize = 256;
/// Backslashes before the quote of JSON that was put into a string five times.
const MAX_BACKSLASHES: usize = 31;

/// A name that stands before `=` or `:`.
#[derive(Debug, Clone, Copy)]
struct Name<'t> {
    text: &'t [u8],
    start: usize,
    is_quoted: bool,
}

/// The value behind the `=` at `at`, if its name is that of a secret.
pub(super) fn after_equals(text: &Text<'_>, at: usize) -> Option<Span> {
    let before = at
        .checked_sub(1)
        .and_then(|before| text.bytes.get(before))?;
    if matches!(before, b'=' | b'!' | b'<' | b'>') || text.bytes.get(at + 1) == Some(&b'=') {
        return None;
    }
    let name = secret_name(text, at)?;
    let from = skip_spaces(text.bytes, at + 1);
    if let Some(quoted) = quoted(text.bytes, from, name.is_quoted) {
        return not_empty(quoted);
    }
    let settings = text
        .bytes
        .get(..name.start)?
        .trim_ascii_end()
        .ends_with(b";");
    let end = if settings {
        setting_end(text.bytes, from)
    } else {
        value_end(text.bytes, from)
    };
    unless_literal(text.bytes, from..end)
}

/// The value behind the `:` at `at`, if its name is that of a secret.
pub(super) fn after_colon(text: &Text<'_>, at: usize) -> Option<Span> {
    let name = secret_name(text, at)?;
    let mut from = skip_spaces(text.bytes, at + 1);
    if let Some(quoted) = quoted(text.bytes, from, name.is_quoted) {
        return not_empty(quoted);
    }
    if name.is_quoted {
        let end = match text.bytes.get(from)? {
            b'{' | b'[' => container_end(text.bytes, from),
            _ => json_scalar_end(text.bytes, from),
        };
        return unless_literal(text.bytes, from..end);
    }
    if name.text.to_ascii_lowercase().ends_with(b"cookie") {
        return not_empty(from..line_end(text.bytes, from));
    }
    let word_end = bytes::run_end(text.bytes, from, ALNUM | DASH).min(from + MAX_NAME_BYTES);
    if schemes::is_scheme(text.bytes.get(from..word_end)?) {
        from = skip_spaces(text.bytes, word_end);
    }
    let start = text.bytes.get(from..)?;
    let start = start.get(..MAX_JUDGED_BYTES).unwrap_or(start);
    let start = start.get(..value_end(start, 0))?;
    let looks_secret = start.len() >= MIN_SPOKEN_BYTES && bytes::is_mixed(start);
    looks_secret.then(|| from..value_end(text.bytes, from))
}

/// The value of the option whose dashes are at `at`: `--password …`.
pub(super) fn after_option(text: &Text<'_>, at: usize) -> Option<Span> {
    let before = at.checked_sub(1).and_then(|before| text.bytes.get(before));
    if before.is_some_and(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'')) {
        return None;
    }
    let start = at + 2;
    let end = bytes::run_end(text.bytes, start, ALNUM | DASH | UNDERSCORE);
    let name = text.bytes.get(start..end)?;
    if text.bytes.get(end) != Some(&b' ') || name.len() > MAX_NAME_BYTES {
        return None;
    }
    if !text.is_secret_name(name) {
        return None;
    }
    let from = skip_spaces(text.bytes, end);
    if let Some(quoted) = quoted(text.bytes, from, false) {
        return not_empty(quoted);
    }
    let is_option = text.bytes.get(from) == Some(&b'-');
    let span = from..value_end(text.bytes, from);
    (!is_option).then(|| not_empty(span))?
}

/// The name that ends before `at`, if it is that of a secret.
fn secret_name<'t>(text: &Text<'t>, at: usize) -> Option<Name<'t>> {
    let mut end = at;
    let mut is_quoted = false;
    while let Some(byte) = end.checked_sub(1).and_then(|last| text.bytes.get(last)) {
        let closes = matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b']' | b'\\');
        if !closes || at - end >= MAX_CLOSING_BYTES.max(MAX_BACKSLASHES + 2) {
            break;
        }
        is_quoted |= matches!(byte, b'"' | b'\'');
        end -= 1;
    }
    let name = name_ending(text.bytes, end);
    let named = |span: Span| {
        let name = text.bytes.get(span.clone())?;
        text.is_secret_name(name).then_some(Name {
            text: name,
            start: span.start,
            is_quoted,
        })
    };
    if let Some(found) = named(name.clone()) {
        return Some(found);
    }
    match text.bytes.get(..name.start)? {
        // The first letters may be the end of an escape: `\npassword=`, `\u0026token=`, `%26token=`.
        [.., b'\\'] if text.bytes.get(name.start) == Some(&b'u') => {
            named(name.start + 5..name.end.max(name.start + 5))
        }
        [.., b'\\'] => named(name.start + 1..name.end.max(name.start + 1)),
        [.., b'%'] => named(name.start + 2..name.end.max(name.start + 2)),
        // Two words: `api key: …`.
        [.., before, b' '] if bytes::is(*before, ALNUM) && !is_quoted && !name.is_empty() => {
            named(name_ending(text.bytes, name.start - 1).start..name.end)
        }
        _ => None,
    }
}

/// The name that ends at `end`: of a dotted one, the last part, and without dashes before it.
fn name_ending(bytes: &[u8], end: usize) -> Span {
    let before = bytes.get(..end).unwrap_or_default();
    let length = before
        .iter()
        .rev()
        .take(MAX_NAME_BYTES)
        .take_while(|byte| bytes::is(**byte, ALNUM | DASH | UNDERSCORE))
        .count();
    end - length..end
}

fn skip_spaces(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let spaces = rest
        .iter()
        .take(MAX_SPACES)
        .take_while(|byte| matches!(byte, b' ' | b'\t'));
    from + spaces.count()
}

/// The inside of the quotes that open at `from`. In JSON within strings each level puts backslashes
/// before the quote, and more before a quote that belongs to the value. If nothing closes, the text
/// was cut off. Behind a name without quotes, a quote may close what the name stands in:
/// `{"command":"password=","n":1}`.
fn quoted(bytes: &[u8], from: usize, name_is_quoted: bool) -> Option<Span> {
    let rest = bytes.get(from..)?;
    let depth = backslashes(rest.iter());
    let quote = rest
        .get(depth)
        .filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    if depth > MAX_BACKSLASHES {
        return None;
    }
    let start = from + depth + 1;
    let inside = bytes.get(start..)?;
    if !name_is_quoted && matches!(inside.first(), None | Some(b',' | b'}' | b']' | b':')) {
        return Some(start..start);
    }
    let mut run = 0;
    for (at, byte) in inside.iter().enumerate() {
        if *byte == b'\\' {
            run += 1;
            continue;
        }
        if byte == quote && run % (2 * (depth + 1)) == depth {
            return Some(start..start + at - depth);
        }
        run = 0;
    }
    Some(start..bytes.len())
}

fn backslashes<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    // One more than is allowed, so that callers see that there are too many.
    let bounded = bytes.take(MAX_BACKSLASHES + 1);
    bounded.take_while(|byte| **byte == b'\\').count()
}

fn not_empty(span: Span) -> Option<Span> {
    (span.start < span.end).then_some(span)
}

/// The value, unless it says that there is none, or is but a switch.
fn unless_literal(bytes: &[u8], span: Span) -> Option<Span> {
    const LITERALS: [&str; 6] = ["true", "false", "null", "none", "nil", "undefined"];
    let value = bytes.get(span.clone())?;
    let is_literal = |literal: &&str| value.eq_ignore_ascii_case(literal.as_bytes());
    if LITERALS.iter().any(is_literal) {
        return None;
    }
    not_empty(span)
}

/// Where an unquoted value ends.
fn value_end(bytes: &[u8], from: usize) -> usize {
    let mut end = from;
    while let Some(byte) = bytes.get(end) {
        let ends = match byte {
            b'&' | b';' | b'"' | b'\'' | b'`' | b'<' | b'>' => true,
            b'\\' => begins_escape(bytes, end),
            b',' => is_followed_by_pair(bytes, end + 1),
            _ => byte.is_ascii_whitespace(),
        };
        if ends {
            break;
        }
        end += 1;
    }
    // What closes the sentence or the list around the value.
    while end > from
        && matches!(
            bytes.get(end - 1),
            Some(b'.' | b',' | b')' | b']' | b'}' | b':')
        )
    {
        end -= 1;
    }
    end
}

/// Where the value of a setting ends, in `Server=…;Password=…;`: it may have spaces.
fn setting_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b';' | b'"' | b'\'' | b'\n' | b'\r'));
    from + end.unwrap_or(rest.len())
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    let mut end = from;
    while let Some(byte) = bytes.get(end) {
        let ends = matches!(byte, b'"' | b'\'' | b'\n' | b'\r') || begins_escape(bytes, end);
        if ends {
            break;
        }
        end += 1;
    }
    end
}

fn begins_escape(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..).unwrap_or_default();
    let after = rest.get(backslashes(rest.iter())..).and_then(<[u8]>::first);
    rest.starts_with(b"\\") && matches!(after, Some(b'"' | b'\'' | b'n' | b'r' | b't' | b'u'))
}

/// Whether a comma parts the value from what follows: from a space, an end, or another pair.
fn is_followed_by_pair(bytes: &[u8], from: usize) -> bool {
    let end = bytes::run_end(bytes, from, ALNUM | DASH | UNDERSCORE | DOT);
    let next = bytes.get(end);
    if end == from {
        return next.is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\''));
    }
    matches!(next, Some(b'=' | b':'))
}

fn json_scalar_end(bytes: &[u8], from: usize) -> usize {
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace() || matches!(byte, b',' | b'}' | b']' | b'"' | b'\'' | b'\\')
    };
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(ends).unwrap_or(rest.len())
}

/// Where the array or object that opens at `from` closes; brackets in its strings count too, as they
/// cannot be told apart in text of which the level is not known.
fn container_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let mut open = 0_usize;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'{' | b'[' => open += 1,
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        if open == 0 {
            return from + at + 1;
        }
    }
    bytes.len()
}
