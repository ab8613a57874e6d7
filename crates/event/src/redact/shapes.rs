//! Secrets that are known by their shape, in a text of any kind.
//!
//! A text is read once, from left to right, word by word: a secret begins with a word, or is announced
//! by one, or by a mark (`=`, `:`, `--`). Placeholders are walls: a text is read in the pieces between
//! them.
//!
//! It must hold that:
//!
//! - spans ascend, do not overlap, are not empty and hold no placeholder;
//! - every scanner looks a bounded way back, and forth either a bounded way, or no further than the
//!   span it returns or the next place that leads to it: time is linear;
//! - spans begin and end at the ends of a text or beside ASCII, never within a character.

mod bytes;
mod cards;
mod credentials;
mod pairs;
mod prefixes;
mod schemes;
mod urls;

use std::ops::Range;

use super::placeholder::{self, PLACEHOLDER_BYTES};
use super::{Reading, Redactor};

use bytes::ALNUM;

pub(super) use schemes::credential;

/// Where a secret stands in its text, in bytes.
pub(super) type Span = Range<usize>;

/// Texts shorter than this have no secret that nothing announces.
const MIN_BARE_BYTES: usize = 14;

/// Whether it is worth to look closer.
#[inline]
pub(super) fn may_have(text: &[u8]) -> bool {
    let announces = |byte: &u8| matches!(byte, b'=' | b':' | b'-' | b' ');
    text.len() >= MIN_BARE_BYTES || text.iter().any(announces)
}

/// The secrets in a text.
pub(super) fn find(text: &str, reading: Reading, redactor: &Redactor) -> Vec<Span> {
    let mut spans = Vec::new();
    let bytes = text.as_bytes();
    let mut from = 0;
    for wall in placeholders(text) {
        read_piece(bytes, from..wall, reading, redactor, &mut spans);
        from = wall + PLACEHOLDER_BYTES;
    }
    read_piece(bytes, from..bytes.len(), reading, redactor, &mut spans);
    spans
}

/// Where placeholders begin. No two overlap, as none has a bracket inside.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'[', bytes).filter(|at| bytes.get(*at..).is_some_and(placeholder::starts))
}

fn read_piece(
    bytes: &[u8],
    piece: Range<usize>,
    reading: Reading,
    redactor: &Redactor,
    spans: &mut Vec<Span>,
) {
    let Some(bytes) = bytes.get(piece.clone()) else {
        return;
    };
    let text = Text {
        bytes,
        reading,
        redactor,
    };
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let (found, next) = if bytes::is(*byte, ALNUM) {
            let end = bytes::run_end(bytes, at + 1, ALNUM);
            (text.in_word(at, end), end)
        } else {
            (text.behind_mark(at, *byte), at + 1)
        };
        at = next;
        if let Some(span) = found {
            debug_assert!(span.start < span.end && span.end <= bytes.len());
            at = span.end;
            spans.push(piece.start + span.start..piece.start + span.end);
        }
    }
}

/// A text without placeholders, and how it is read.
#[derive(Debug, Clone, Copy)]
struct Text<'t> {
    bytes: &'t [u8],
    reading: Reading,
    redactor: &'t Redactor,
}

impl Text<'_> {
    /// The secret in the letters and digits from `at` to `end`, before which there are none. It begins
    /// with them, or behind an escape that ends among them: `\nAKIA…`, `\u0026sk-…`, `%3Dghp_…`.
    #[inline]
    fn in_word(&self, at: usize, end: usize) -> Option<Span> {
        let before = at.checked_sub(1).and_then(|before| self.bytes.get(before));
        let starts: &[usize] = match before {
            Some(b'\\') => &[0, 1, 5],
            Some(b'%') => &[0, 2],
            _ => return self.word(at),
        };
        let starts = starts.iter().map(|start| at + start);
        starts
            .filter(|start| *start < end && bytes::begins_word(self.bytes, *start))
            .find_map(|start| self.word(start))
    }

    /// The token, or the credential of the scheme, or the card that begins at `at`.
    #[inline]
    fn word(&self, at: usize) -> Option<Span> {
        let first = *self.bytes.get(at)?;
        if first.is_ascii_digit() {
            let is_searched = self.reading == Reading::Text;
            return is_searched.then(|| cards::number(self.bytes, at)).flatten();
        }
        if !prefixes::may_begin(self.bytes, at) {
            return None;
        }
        prefixes::token(self.bytes, at)
            .or_else(|| credentials::jwt(self.bytes, at))
            .or_else(|| schemes::announced(self.bytes, at))
    }

    /// The secret that the mark at `at` announces.
    #[inline]
    fn behind_mark(&self, at: usize, mark: u8) -> Option<Span> {
        match mark {
            b'=' if self.reading != Reading::Identifier => pairs::after_equals(self, at),
            b':' => self.after_colon(at),
            b'-' => self.dashes(at),
            _ => None,
        }
    }

    fn after_colon(&self, at: usize) -> Option<Span> {
        let certain = urls::password(self.bytes, at);
        let certain = certain.or_else(|| credentials::bot_secret(self.bytes, at));
        if certain.is_some() {
            return certain;
        }
        if self.reading == Reading::Identifier {
            return None;
        }
        pairs::after_colon(self, at)
    }

    #[inline]
    fn dashes(&self, at: usize) -> Option<Span> {
        if self.bytes.get(at + 1) != Some(&b'-') {
            return None;
        }
        if let Some(span) = credentials::private_key(self.bytes, at) {
            return Some(span);
        }
        if self.reading == Reading::Identifier {
            return None;
        }
        pairs::after_option(self, at)
    }

    /// Whether a name in the text announces a secret.
    fn is_secret_name(&self, name: &[u8]) -> bool {
        let name = std::str::from_utf8(name);
        name.is_ok_and(|name| self.redactor.is_secret_in_text(name))
    }
}
