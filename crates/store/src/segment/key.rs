//! The keys of terms, as `spec/segment.md` says: organization, field, value.
//!
//! It must hold that keys of different organizations, fields or values differ, and that those of an
//! organization stand together, and in them those of a field, and in these those that begin alike.

use sha2::{Digest, Sha256};

/// All rows of an organization.
pub(crate) const ROWS: &str = "@rows";
/// All rows of an organization, as places.
pub(crate) const PLACES: &str = "@places";
/// The rows that have a value for the field of a name.
pub(crate) const NAMES: &str = "@names";
/// The rows that have a word.
pub(crate) const WORD: &str = "@word";
/// Before the path of a member whose values are folded.
pub(crate) const FOLD: &str = "@fold.";
/// Before the name of a field that means parties.
pub(crate) const SHOWN: &str = "@shown.";
/// Attempts that have no outcome in the same segment.
pub(crate) const OPEN: &str = "@open";
/// Rows some of whose terms are missing.
pub(crate) const PARTIAL: &str = "@partial";
/// What the fields of a segment's own begin with. No member of the record does.
pub(crate) const OWN: char = '@';

/// Longest value that stands in a key as it is.
pub(crate) const MAX_VALUE_BYTES: usize = 256;
/// Bytes of a longer one that stand in its key.
const CUT_VALUE_BYTES: usize = 239;
/// Bytes of its hash.
const HASH_BYTES: usize = 16;
/// Stands before the hash. No text in UTF-8 holds it.
const CUT_MARK: u8 = 0xFF;

const SEPARATOR: u8 = 0x00;
const ESCAPE: u8 = 0x01;

/// What the keys of all values of a field begin with.
pub(crate) fn of_field(ordinal: u32, field: &str) -> Vec<u8> {
    let mut key = ordinal.to_be_bytes().to_vec();
    for byte in field.bytes() {
        match byte {
            SEPARATOR | ESCAPE => key.extend([ESCAPE, byte + 1]),
            _ => key.push(byte),
        }
    }
    key.push(SEPARATOR);
    key
}

/// The key of a value.
pub(crate) fn of_value(ordinal: u32, field: &str, value: &str) -> Vec<u8> {
    let mut key = of_field(ordinal, field);
    push_value(value, &mut key);
    key
}

/// Ends a key that begins as [`of_field`] says.
pub(crate) fn push_value(value: &str, key: &mut Vec<u8>) {
    if value.len() <= MAX_VALUE_BYTES {
        key.extend_from_slice(value.as_bytes());
        return;
    }
    key.extend_from_slice(&value.as_bytes()[..CUT_VALUE_BYTES]);
    key.push(CUT_MARK);
    key.extend_from_slice(&Sha256::digest(value.as_bytes())[..HASH_BYTES]);
}

/// A key, taken apart: ordinal, field as it stands in the key, value. `None` if it is none.
pub(crate) fn parts(key: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (ordinal, rest) = key.split_first_chunk::<4>()?;
    let end = memchr::memchr(SEPARATOR, rest)?;
    Some((u32::from_be_bytes(*ordinal), &rest[..end], &rest[end + 1..]))
}

/// A value as a key holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptValue<'a> {
    /// All of it.
    Whole(&'a str),
    /// As a key has one of more than [`MAX_VALUE_BYTES`]: what it begins with, a mark, a hash.
    Cut(&'a [u8]),
}

impl<'a> KeptValue<'a> {
    /// Reads what follows the field in a key. `None` if it is no value.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        if bytes.get(CUT_VALUE_BYTES) == Some(&CUT_MARK) {
            return Some(Self::Cut(bytes));
        }
        std::str::from_utf8(bytes).ok().map(Self::Whole)
    }

    /// What the value begins with, as far as it is kept.
    pub(crate) fn start(self) -> &'a [u8] {
        match self {
            Self::Whole(value) => value.as_bytes(),
            Self::Cut(bytes) => &bytes[..CUT_VALUE_BYTES.min(bytes.len())],
        }
    }

    /// Whether this is how a key has the value.
    pub(crate) fn is_of(self, value: &str) -> bool {
        match self {
            Self::Whole(kept) => kept == value,
            Self::Cut(kept) => {
                let mut key = Vec::new();
                push_value(value, &mut key);
                key == kept
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_key_is_laid_out_as_the_format_says() {
        assert_eq!(of_value(258, "a.b", "v"), b"\x00\x00\x01\x02a.b\x00v");
        assert_eq!(of_value(0, "m.\0\x01", ""), b"\0\0\0\0m.\x01\x01\x01\x02\0");
    }

    #[test]
    fn long_values_are_told_apart_and_say_that_they_are_cut() {
        let long = "x".repeat(MAX_VALUE_BYTES + 1);
        let longer = "x".repeat(MAX_VALUE_BYTES + 2);
        let (a, b) = (of_value(1, "f", &long), of_value(1, "f", &longer));
        assert_ne!(a, b);
        assert_eq!(a.len(), 4 + 2 + CUT_VALUE_BYTES + 1 + HASH_BYTES);
        let (ordinal, field, value) = parts(&a).unwrap();
        assert_eq!((ordinal, field), (1, &b"f"[..]));
        let kept = KeptValue::read(value).unwrap();
        assert_eq!(kept, KeptValue::Cut(value));
        assert_eq!(kept.start(), &long.as_bytes()[..CUT_VALUE_BYTES]);
        assert!(kept.is_of(&long) && !kept.is_of(&longer));
        let whole = "é".repeat(MAX_VALUE_BYTES / 2);
        let key = of_value(1, "f", &whole);
        let value = KeptValue::read(parts(&key).unwrap().2);
        assert_eq!(value, Some(KeptValue::Whole(&whole)));
    }

    #[test]
    fn a_field_that_holds_the_separator_is_not_another_with_a_value() {
        assert_ne!(
            of_value(1, "metadata.a\0b", "c"),
            of_value(1, "metadata.a", "b\0c")
        );
        assert!(!of_value(1, "metadata.a\0b", "c").starts_with(&of_field(1, "metadata.a")));
    }
}
