//! Cursors: where an answer goes on.
//!
//! A cursor is opaque to clients. It carries the question's fingerprint, the range as the first
//! page resolved it, the log's size that all pages are cut at, the place and the direction. It
//! grants nothing: the scope is always the caller's own, and the fingerprint covers it; so its
//! checksum is there for mistakes in copying, not against forgery.
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | version, 2 |
//! | 1 | bit 0: there is a range; bit 1: backward |
//! | 32 | the question's fingerprint |
//! | 8 + 8 | the range in microseconds, its end excluded; 0 without a range |
//! | 8 | `as_of` |
//! | 8 + 8 | the place: `occurred_at` in microseconds, index |
//! | 4 | the first bytes of SHA-256 of all that precedes |
//!
//! Numbers are little-endian; the whole is written in base64url without padding. Whatever a later
//! version carries, it begins with its number and ends with the checksum: so a cursor of another
//! version is told apart from one that is not whole.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evident_event::time::Timestamp;
use evident_event::time::range::Range;
use evident_store::index::{PagePlace, Place};
use sha2::{Digest, Sha256};

const VERSION: u8 = 2;
const HAS_RANGE: u8 = 1;
const BACKWARD: u8 = 2;
const FINGERPRINT_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
const BODY_BYTES: usize = 2 + FINGERPRINT_BYTES + 5 * 8;

/// Tells one question from another.
pub(super) type Fingerprint = [u8; FINGERPRINT_BYTES];

/// Why a cursor cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CursorError {
    /// It is not whole.
    #[error("the cursor is not whole: copy it as it was given, or leave it out to begin anew")]
    Malformed,
    /// It belongs to another question.
    #[error(
        "the cursor belongs to another query: repeat the parameters that it came from, only \
         `limit` may change; or leave it out to begin anew"
    )]
    Foreign,
    /// It is of another version, or of a log that was longer than this one is.
    #[error(
        "the cursor cannot be followed any more, because Evident or its data has been replaced \
         since: leave it out to begin anew"
    )]
    Expired,
}

/// A cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) fingerprint: Fingerprint,
    /// The range that all pages have.
    pub(super) range: Option<Range>,
    /// The log's size that all pages are cut at.
    pub(super) as_of: u64,
    /// Where the page is: after a place, or before it.
    pub(super) place: PagePlace,
}

impl Cursor {
    /// Reads a cursor of the question with this fingerprint.
    pub(super) fn parse(text: &str, fingerprint: &Fingerprint) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| CursorError::Malformed)?;
        let cursor = Self::from_bytes(&bytes)?;
        if cursor.fingerprint != *fingerprint {
            return Err(CursorError::Foreign);
        }
        Ok(cursor)
    }

    /// The bytes of a cursor after or before a place; of those of a first page there are none.
    fn to_bytes(self) -> Option<Vec<u8>> {
        let (place, backward) = match self.place {
            PagePlace::After(place) => (place, 0),
            PagePlace::Before(place) => (place, BACKWARD),
            PagePlace::First | PagePlace::Around(_) => return None,
        };
        let has_range = if self.range.is_some() { HAS_RANGE } else { 0 };
        let range = self.range.map_or(0..0, |range| range.as_micros());
        let mut bytes = Vec::with_capacity(BODY_BYTES + CHECKSUM_BYTES);
        bytes.extend_from_slice(&[VERSION, has_range | backward]);
        bytes.extend_from_slice(&self.fingerprint);
        for number in [
            range.start.to_le_bytes(),
            range.end.to_le_bytes(),
            self.as_of.to_le_bytes(),
            place.occurred_at.as_micros().to_le_bytes(),
            place.index.to_le_bytes(),
        ] {
            bytes.extend_from_slice(&number);
        }
        let checksum = checksum(&bytes);
        bytes.extend_from_slice(&checksum);
        Some(bytes)
    }

    /// As clients are given it.
    pub(super) fn to_text(self) -> Option<String> {
        Some(URL_SAFE_NO_PAD.encode(self.to_bytes()?))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, CursorError> {
        let whole = bytes.split_last_chunk::<CHECKSUM_BYTES>();
        let (body, sum) = whole.ok_or(CursorError::Malformed)?;
        if *sum != checksum(body) {
            return Err(CursorError::Malformed);
        }
        match body.first() {
            Some(&VERSION) => Self::from_body(body).ok_or(CursorError::Malformed),
            Some(_) => Err(CursorError::Expired),
            None => Err(CursorError::Malformed),
        }
    }

    /// The cursor of this version that the bytes without their checksum are.
    fn from_body(body: &[u8]) -> Option<Self> {
        let ([_, flags], rest) = body.split_first_chunk::<2>()?;
        if flags & !(HAS_RANGE | BACKWARD) != 0 {
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
        let place = Place {
            occurred_at: Timestamp::from_micros(i64::from_le_bytes(*occurred_at)),
            index: u64::from_le_bytes(*index),
        };
        Some(Self {
            fingerprint: *fingerprint,
            range: (flags & HAS_RANGE != 0).then(|| Range::from_micros(range)),
            as_of: u64::from_le_bytes(*as_of),
            place: match flags & BACKWARD {
                0 => PagePlace::After(place),
                _ => PagePlace::Before(place),
            },
        })
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

    const PLACE: Place = Place {
        occurred_at: Timestamp::from_micros(-5),
        index: 7,
    };

    fn cursor(range: Option<Range>, place: PagePlace) -> Cursor {
        Cursor {
            fingerprint: [3; 32],
            range,
            as_of: 99,
            place,
        }
    }

    #[test]
    fn a_cursor_reads_back_in_both_directions_with_and_without_a_range() {
        let bounded = Range::between(
            Some(Timestamp::from_micros(1)),
            Some(Timestamp::from_micros(9)),
        );
        let open = Range::between(None, None);
        for range in [None, Some(bounded), Some(open)] {
            for place in [PagePlace::After(PLACE), PagePlace::Before(PLACE)] {
                let cursor = cursor(range, place);
                let text = cursor.to_text().unwrap();
                assert_eq!(Cursor::parse(&text, &[3; 32]), Ok(cursor));
            }
        }
    }

    #[test]
    fn another_questions_cursor_is_foreign() {
        let text = cursor(None, PagePlace::After(PLACE)).to_text().unwrap();
        assert_eq!(Cursor::parse(&text, &[4; 32]), Err(CursorError::Foreign));
    }

    #[test]
    fn a_whole_cursor_of_another_version_is_expired() {
        let mut bytes = cursor(None, PagePlace::After(PLACE)).to_bytes().unwrap();
        bytes.truncate(bytes.len() - CHECKSUM_BYTES);
        for (version, length) in [(1, bytes.len()), (VERSION + 1, 10)] {
            let mut other = bytes[..length].to_vec();
            other[0] = version;
            other.extend(checksum(&other));
            let text = URL_SAFE_NO_PAD.encode(other);
            assert_eq!(Cursor::parse(&text, &[3; 32]), Err(CursorError::Expired));
        }
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let bytes = cursor(None, PagePlace::After(PLACE)).to_bytes().unwrap();
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
