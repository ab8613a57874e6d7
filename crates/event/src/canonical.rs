//! The canonical bytes of a value: RFC 8785.
//!
//! Hashes are taken over these bytes, so a value must have exactly one form, for ever and in every
//! language: members sorted by UTF-16 code units, no white space, strings escaped only where JSON
//! demands it, numbers as ECMAScript writes a double.
//!
//! It must hold that whatever [`crate::json::parse`] accepts is written so that parsing the bytes
//! gives an equal value, and writing that gives the same bytes.

use crate::json::{self, Json, MAX_SAFE_INTEGER, scan};

/// A number that JSON cannot write: NaN or an infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("NaN and infinities have no JSON form: leave the member out or send a string")]
pub struct NotFinite;

/// Appends the canonical bytes of `value` to `out`.
///
/// The value must be what [`Json`] promises: members sorted ([`json::sort_members`]), numbers
/// finite, integers within ±(2^53−1). Values from [`json::parse`] are.
pub fn write(value: &Json<'_>, out: &mut Vec<u8>) {
    write_value(value, Strings::Any, out);
}

/// What is known of the strings within a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strings {
    /// Nothing.
    Any,
    /// No string or name has anything to escape, as in values of a text without a backslash. Seeing
    /// that again would take half of the time of writing.
    Plain,
}

fn write_value(value: &Json<'_>, strings: Strings, out: &mut Vec<u8>) {
    match value {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(true) => out.extend_from_slice(b"true"),
        Json::Bool(false) => out.extend_from_slice(b"false"),
        Json::Int(number) => write_i64(*number, out),
        Json::Float(number) => {
            // Like ECMAScript's JSON.stringify, should a caller have broken the promise.
            if write_f64(*number, out).is_err() {
                debug_assert!(false, "a JSON number is finite");
                out.extend_from_slice(b"null");
            }
        }
        Json::String(text) => match strings {
            Strings::Any => write_str(text, out),
            Strings::Plain => write_plain(text.as_bytes(), out),
        },
        Json::Array(items) => write_array(items, strings, out),
        Json::Object(members) => write_object(members, strings, out),
    }
}

fn write_array(items: &[Json<'_>], strings: Strings, out: &mut Vec<u8>) {
    out.push(b'[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_value(item, strings, out);
    }
    out.push(b']');
}

fn write_object(members: &json::Members<'_>, strings: Strings, out: &mut Vec<u8>) {
    debug_assert!(json::are_sorted(members), "members are sorted, each once");
    let mut object = Object::begin(strings, out);
    for (name, value) in members {
        object.member(name, value);
    }
    object.end();
}

/// An object that is written member by member. They must come in their order, each name once.
pub(crate) struct Object<'o> {
    out: &'o mut Vec<u8>,
    strings: Strings,
    /// What stands before the next member.
    before: u8,
}

impl<'o> Object<'o> {
    /// Begins an object with members of which that is known.
    pub(crate) fn begin(strings: Strings, out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            strings,
            before: b'{',
        }
    }

    pub(crate) fn member(&mut self, name: &str, value: &Json<'_>) {
        let strings = self.strings;
        if strings == Strings::Plain || scan::is_plain(name.as_bytes()) {
            write_value(value, strings, self.plain_name(name));
            return;
        }
        self.out.push(self.before);
        self.before = b',';
        write_escaped(name.as_bytes(), self.out);
        self.out.push(b':');
        write_value(value, strings, self.out);
    }

    /// Writes a name that has nothing to escape. The caller must append the value to what it is given.
    #[inline]
    pub(crate) fn plain_name(&mut self, name: &str) -> &mut Vec<u8> {
        debug_assert!(scan::is_plain(name.as_bytes()));
        self.out.extend_from_slice(&[self.before, b'"']);
        self.before = b',';
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(crate) fn end(self) {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}

/// Appends a string in quotes. Only the quote, the backslash and controls below 0x20 are escaped.
#[inline]
pub fn write_str(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    if scan::is_plain(bytes) {
        write_plain(bytes, out);
    } else {
        write_escaped(bytes, out);
    }
}

/// Appends a string that has nothing to escape.
#[inline]
pub(crate) fn write_plain(text: &[u8], out: &mut Vec<u8>) {
    debug_assert!(scan::is_plain(text));
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

/// Appends a string that has something to escape.
#[cold]
fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    loop {
        let (plain, special) = rest.split_at(scan::plain_run(rest));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else {
            break;
        };
        write_escape(byte, out);
        rest = after;
    }
    out.push(b'"');
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xf)]];
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&digits);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Appends a double as ECMAScript's `Number::toString` writes it, as RFC 8785 asks.
pub fn write_f64(number: f64, out: &mut Vec<u8>) -> Result<(), NotFinite> {
    if !number.is_finite() {
        return Err(NotFinite);
    }
    let mut buffer = ryu_js::Buffer::new();
    out.extend_from_slice(buffer.format_finite(number).as_bytes());
    Ok(())
}

/// Appends an integer, which must lie within ±(2^53−1): beyond it this is not what RFC 8785 writes.
pub fn write_i64(number: i64, out: &mut Vec<u8>) {
    debug_assert!(number.unsigned_abs() <= MAX_SAFE_INTEGER.unsigned_abs());
    if number < 0 {
        out.push(b'-');
    }
    write_u64(number.unsigned_abs(), out);
}

/// The digits of the largest `u64`.
pub(crate) const MAX_U64_DIGITS: usize = 20;

/// Appends decimal digits.
pub(crate) fn write_u64(number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; MAX_U64_DIGITS];
    let mut start = MAX_U64_DIGITS;
    let mut left = number;
    loop {
        start -= 1;
        digits[start] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests;
