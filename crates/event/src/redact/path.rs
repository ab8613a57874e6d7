//! `request.path`: a path, perhaps of a whole URL, with a query and a fragment.
//!
//! Names and values of a query are percent-encoded, and a secret is looked for in what they mean. A
//! value without a secret keeps its spelling; of one with a secret, what stays is encoded anew.

use std::borrow::Cow;

use super::placeholder::PLACEHOLDER_BYTES;
use super::shapes::Span;
use super::walk::{Place, Verdict, is_id};
use super::{Cleaning, Reading, TooManySecrets, shapes};

impl Cleaning<'_> {
    /// Cleans a request path.
    pub(super) fn path(&mut self, path: &mut Cow<'_, str>) -> Result<(), TooManySecrets> {
        let before = self.count;
        let mut out = String::with_capacity(path.len());
        let plain_end = path.find(['?', '#']).unwrap_or(path.len());
        let (plain, mut rest) = path.split_at_checked(plain_end).unwrap_or((path, ""));
        self.encoded(plain, Reading::Text, &mut out)?;
        while let Some(delimiter) = rest.chars().next() {
            out.push(delimiter);
            let behind = rest.get(delimiter.len_utf8()..).unwrap_or_default();
            let end = behind.find(['&', '#']).unwrap_or(behind.len());
            let (parameter, further) = behind.split_at_checked(end).unwrap_or((behind, ""));
            self.parameter(parameter, &mut out)?;
            rest = further;
        }
        if self.count > before {
            *path = Cow::Owned(out);
        }
        Ok(())
    }

    fn parameter(&mut self, parameter: &str, out: &mut String) -> Result<(), TooManySecrets> {
        let Some((name, value)) = parameter.split_once('=') else {
            return self.encoded(parameter, Reading::Text, out);
        };
        self.encoded(name, Reading::Identifier, out)?;
        out.push('=');
        let named = decoded(name);
        let own = own_name(&named);
        if self.is_secret_parameter(own)
            && let Some(placeholder) = self.whole(&decoded(value))?
        {
            out.push_str(&placeholder);
            return Ok(());
        }
        let reading = if is_id(own) {
            Reading::NoCards
        } else {
            Reading::Text
        };
        self.encoded(value, reading, out)
    }

    fn is_secret_parameter(&self, name: &str) -> bool {
        let request = Place::top("request");
        let path = request.member("path");
        let place = path.member(name);
        match self.redactor.judge(&place, Reading::Text) {
            Verdict::Secret => true,
            Verdict::Searched(_) => {
                self.redactor.is_secret_in_text(name) && !self.redactor.excepts(&place)
            }
        }
    }

    /// Cleans what a percent-encoded text means.
    fn encoded(
        &mut self,
        sent: &str,
        reading: Reading,
        out: &mut String,
    ) -> Result<(), TooManySecrets> {
        let before = self.count;
        let mut text = decoded(sent);
        if text == sent {
            self.text(&mut text, reading)?;
            out.push_str(&text);
            return Ok(());
        }
        self.text(&mut text, reading)?;
        if self.count == before {
            out.push_str(sent);
        } else {
            encode(&text, out);
        }
        Ok(())
    }
}

/// `password` of `user[password]`.
fn own_name(name: &str) -> &str {
    let inner = name
        .strip_suffix(']')
        .and_then(|name| name.rsplit_once('['));
    match inner {
        Some((_, inner)) if !inner.is_empty() => inner,
        Some((outer, _)) => outer,
        None => name,
    }
}

/// What a percent-encoded text means. Of bytes that are not UTF-8 it is their escapes: one of them
/// must not hide what is encoded beside it.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        match (first, behind) {
            (b'%', [high, low, after @ ..]) => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
    }
    let mut meant = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        meant.push_str(chunk.valid());
        chunk
            .invalid()
            .iter()
            .for_each(|byte| push_escape(*byte, &mut meant));
    }
    Cow::Owned(meant)
}

fn nibble(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// Percent-encodes a text for a query, but for its placeholders.
fn encode(text: &str, out: &mut String) {
    let mut from = 0;
    for wall in shapes::placeholders(text) {
        encode_plain(text, from..wall, out);
        let placeholder = wall..wall + PLACEHOLDER_BYTES;
        out.push_str(text.get(placeholder.clone()).unwrap_or_default());
        from = placeholder.end;
    }
    encode_plain(text, from..text.len(), out);
}

fn encode_plain(text: &str, span: Span, out: &mut String) {
    for byte in text.get(span).unwrap_or_default().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@!$'()*,;[]".contains(&byte) {
            out.push(char::from(byte));
        } else {
            push_escape(byte, out);
        }
    }
}

fn push_escape(byte: u8, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digits = [byte >> 4, byte & 0xf].map(|nibble| char::from(HEX[usize::from(nibble)]));
    out.push('%');
    out.extend(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_means_the_same() {
        for text in ["", "a b&c=d", "100%", "ü/€?#", "[x]:@+"] {
            let mut encoded = String::new();
            encode(text, &mut encoded);
            assert_eq!(decoded(&encoded), text);
        }
        assert_eq!(decoded("%zz%4"), "%zz%4");
        assert_eq!(decoded("%ff%C3%A9%c3"), "%FFé%C3");
    }

    #[test]
    fn nested_parameters_go_by_their_own_name() {
        assert_eq!(own_name("user[password]"), "password");
        assert_eq!(own_name("token[]"), "token");
        assert_eq!(own_name("token"), "token");
    }
}
