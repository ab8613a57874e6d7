//! Cursors: where an answer goes on.
//!
//! A cursor is opaque to clients. It carries the question's fingerprint, the range as the first
//! page resolved it, the log's size that all pages are cut at, the place and the direction. It
//! grants nothing: the scope is always the caller's own, and the fingerprint covers it; so its
//! checksum is there for mistakes in copying, not against forgery.
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | version, 1 |
//! | 1 | bit 0: there is a range; bit 1: backward |
//! | 32 | the question's fingerprint |
//! | 8 + 8 | the range in microseconds, its end excluded; 0 without a range |
//! | 8 | `as_of` |
//! | 8 + 8 | the place: `occurred_at` in microseconds, index |
//! | 4 | the first bytes of SHA-256 of all that precedes |
//!
//! Numbers are little-endian; the whole is written in base64url without padding.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evident_event::time::Timestamp;
use evident_event::time::range::Range;
use evident_store::index::{Direction, PageRequest, Place};
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
const HAS_RANGE: u8 = 1;
const BACKWARD: u8 = 2;
const FINGERPRINT_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
const BODY_BYTES: usize = 2 + FINGERPRINT_BYTES + 5 * 8;

/// Why a cursor cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CursorError {
    /// It is not whole, or of another version.
    #[error("the cursor is not whole: copy it as it was given, or leave it out to begin anew")]
    Malformed,
    /// It belongs to another question.
    #[error(
        "the cursor belongs to another query: repeat the parameters that it came from, only \
         `limit` may change; or leave it out to begin anew"
    )]
    Foreign,
}

/// A cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    fingerprint: [u8; FINGERPRINT_BYTES],
    range: Option<Range>,
    as_of: u64,
    place: Place,
    direction: Direction,
}

impl Cursor {
    /// A cursor of the question with this fingerprint.
    pub(super) fn new(
        fingerprint: [u8; FINGERPRINT_BYTES],
        range: Option<Range>,
        as_of: u64,
        place: Place,
        direction: Direction,
    ) -> Self {
        Self {
            fingerprint,
            range,
            as_of,
            place,
            direction,
        }
    }

    /// Reads a cursor of the question with this fingerprint.
    pub(super) fn parse(
        text: &str,
        fingerprint: &[u8; FINGERPRINT_BYTES],
    ) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| CursorError::Malformed)?;
        let cursor = Self::from_bytes(&bytes).ok_or(CursorError::Malformed)?;
        if cursor.fingerprint != *fingerprint {
            return Err(CursorError::Foreign);
        }
        Ok(cursor)
    }

    /// The range that all pages have.
    pub(super) fn range(&self) -> Option<Range> {
        self.range
    }

    /// The page that it asks for.
    pub(super) fn page(&self, limit: usize) -> PageRequest {
        PageRequest {
            as_of: Some(self.as_of),
            place: Some(self.place),
            direction: self.direction,
            limit,
        }
    }

    fn to_bytes(self) -> Vec<u8> {
        let has_range = if self.range.is_some() { HAS_RANGE } else { 0 };
        let backward = match self.direction {
            Direction::Forward => 0,
            Direction::Backward => BACKWARD,
        };
        let range = self.range.map_or(0..0, |range| range.as_micros());
        let mut bytes = Vec::with_capacity(BODY_BYTES + CHECKSUM_BYTES);
        bytes.extend_from_slice(&[VERSION, has_range | backward]);
        bytes.extend_from_slice(&self.fingerprint);
        for number in [
            range.start.to_le_bytes(),
            range.end.to_le_bytes(),
            self.as_of.to_le_bytes(),
            self.place.occurred_at.as_micros().to_le_bytes(),
            self.place.index.to_le_bytes(),
        ] {
            bytes.extend_from_slice(&number);
        }
        let checksum = checksum(&bytes);
        bytes.extend_from_slice(&checksum);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
        if *sum != checksum(body) {
            return None;
        }
        let ([version, flags], rest) = body.split_first_chunk::<2>()?;
        if *version != VERSION || flags & !(HAS_RANGE | BACKWARD) != 0 {
            return None;
        }
        let (fingerprint, rest) = rest.split_first_chunk::<FINGERPRINT_BYTES>()?;
        let (numbers, []) = rest.as_chunks::<8>() else {
            return None;
        };
        let [from, to, as_of, occurred_at, index] = numbers else {
            return None;
        };
        let range = i64::from_le_bytes(*from)..i64::from_le_bytes(*to);
        Some(Self {
            fingerprint: *fingerprint,
            range: (flags & HAS_RANGE != 0).then(|| Range::from_micros(range)),
            as_of: u64::from_le_bytes(*as_of),
            place: Place {
                occurred_at: Timestamp::from_micros(i64::from_le_bytes(*occurred_at)),
                index: u64::from_le_bytes(*index),
            },
            direction: if flags & BACKWARD == 0 {
                Direction::Forward
            } else {
                Direction::Backward
            },
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.to_bytes()))
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&digest[..CHECKSUM_BYTES]);
    sum
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn cursor(range: Option<Range>, direction: Direction) -> Cursor {
        let place = Place {
            occurred_at: Timestamp::from_micros(-5),
            index: 7,
        };
        Cursor::new([3; 32], range, 99, place, direction)
    }

    #[test]
    fn a_cursor_reads_back_in_both_directions_with_and_without_a_range() {
        let bounded = Range::between(
            Some(Timestamp::from_micros(1)),
            Some(Timestamp::from_micros(9)),
        );
        let open = Range::between(None, None);
        for range in [None, Some(bounded), Some(open)] {
            for direction in [Direction::Forward, Direction::Backward] {
                let cursor = cursor(range, direction);
                let read = Cursor::parse(&cursor.to_string(), &[3; 32]).unwrap();
                assert_eq!(read, cursor);
                assert_eq!(read.page(5).as_of, Some(99));
            }
        }
    }

    #[test]
    fn another_questions_cursor_is_foreign() {
        let text = cursor(None, Direction::Forward).to_string();
        assert_eq!(Cursor::parse(&text, &[4; 32]), Err(CursorError::Foreign));
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let bytes = cursor(None, Direction::Forward).to_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            let text = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(Cursor::parse(&text, &[3; 32]), Err(CursorError::Malformed));
        }
        for length in 0..bytes.len() {
            let text = URL_SAFE_NO_PAD.encode(&bytes[..length]);
            assert_eq!(Cursor::parse(&text, &[3; 32]), Err(CursorError::Malformed));
        }
        assert_eq!(Cursor::parse("%%%", &[3; 32]), Err(CursorError::Malformed));
    }
}
