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

/// Whether it is worth to look closer.
#[inline]
pub(super) fn may_have(text: &str, reading: Reading) -> bool {
    next_lead(text.as_bytes(), 0, reading).is_some()
}

/// The first place from `at` on where a secret may begin or be announced. Nearly all texts have none,
/// and most time goes into seeing that.
#[inline]
fn next_lead(bytes: &[u8], mut at: usize, reading: Reading) -> Option<usize> {
    loop {
        let byte = *bytes.get(at)?;
        if bytes::is(byte, ALNUM) {
            if leads_word(bytes, at, byte, reading) {
                return Some(at);
            }
            at = bytes::run_end(bytes, at + 1, ALNUM);
            continue;
        }
        let leads = match byte {
            b'=' => reading != Reading::Identifier,
            b':' => true,
            b'-' => bytes.get(at + 1) == Some(&b'-'),
            _ => false,
        };
        if leads {
            return Some(at);
        }
        at += 1;
    }
}

/// Whether the letters and digits at `at` may begin a secret, or end an escape in front of one.
#[inline]
fn leads_word(bytes: &[u8], at: usize, first: u8, reading: Reading) -> bool {
    if first.is_ascii_digit() && reading == Reading::Text {
        return true;
    }
    prefixes::may_begin(bytes, at) || follows_escape(bytes, at).is_some()
}

/// The byte that begins an escape, if it stands before `at`.
#[inline]
fn follows_escape(bytes: &[u8], at: usize) -> Option<u8> {
    let before = *bytes.get(at.checked_sub(1)?)?;
    matches!(before, b'\\' | b'%').then_some(before)
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
    let may_hold = bytes.len() >= PLACEHOLDER_BYTES;
    let searched = if may_hold { bytes } else { &[] };
    memchr::memchr_iter(b'[', searched)
        .filter(|at| bytes.get(*at..).is_some_and(placeholder::starts))
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
    while let Some(lead) = next_lead(bytes, at, reading) {
        let byte = bytes.get(lead).copied().unwrap_or_default();
        let (found, next) = if bytes::is(byte, ALNUM) {
            let end = bytes::run_end(bytes, lead + 1, ALNUM);
            (text.in_word(lead, end), end)
        } else {
            (text.behind_mark(lead, byte), lead + 1)
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
        let starts: &[usize] = match follows_escape(self.bytes, at) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redact::{RedactionKey, Rules};

    /// Pieces that lead to secrets, and pieces of what they lead to.
    fn piece() -> impl Strategy<Value = String> {
        let pieces = [
            "token=",
            "pwd: ",
            "\"api_key\":",
            "--secret ",
            "://u:",
            "@h",
            "Bearer ",
            "ghp_",
            "AKIA",
            "sk-",
            "eyJ",
            "4111 1111 1111 1111",
            "4111111111111111",
            "\\n",
            "\\u0026",
            "%3D",
            "%",
            "-",
            "=",
            " ",
            "abcdefghij0123456789ABCDEFGHIJ",
            "xoxb-",
        ];
        prop_oneof![
            3 => prop::sample::select(pieces.map(str::to_owned).to_vec()),
            1 => ".{0,4}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Every word and mark is tried here, as if all were leads.
        #[test]
        fn whatever_is_found_begins_at_a_lead(pieces in prop::collection::vec(piece(), 0..10)) {
            let redactor = Redactor::new(RedactionKey::new([7; 32]), &Rules::default());
            let text = pieces.concat();
            let bytes = text.as_bytes();
            for reading in [Reading::Text, Reading::NoCards, Reading::Identifier] {
                let read = Text { bytes, reading, redactor: &redactor };
                let mut at = 0;
                while let Some(byte) = bytes.get(at) {
                    let (found, next) = if bytes::is(*byte, ALNUM) {
                        let end = bytes::run_end(bytes, at + 1, ALNUM);
                        (read.in_word(at, end), end)
                    } else {
                        (read.behind_mark(at, *byte), at + 1)
                    };
                    if found.is_some() {
                        prop_assert_eq!(next_lead(bytes, at, reading), Some(at));
                    }
                    at = next;
                }
            }
        }
    }
}
