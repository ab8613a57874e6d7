//! Event ids: UUIDs of any version, kept as sixteen bytes.
//!
//! A client may give the id; that is what makes its retry recognizable. An `Idempotency-Key` makes
//! ids for a whole request, as UUIDv8; otherwise the server makes a UUIDv7. Neither a clock nor
//! randomness is here: the caller brings both. `spec/event.md` has the byte layout and vectors.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Begins the hash of an idempotency key, so that it can be no other hash of ours.
const IDEMPOTENCY_DOMAIN: &[u8] = b"evident/event-id/v1";
/// Longer texts are no UUID in any form; they are refused unread.
const MAX_TEXT_BYTES: usize = 64;
/// `0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d`
const TEXT_BYTES: usize = 36;
const MICROS_PER_MILLI: i64 = 1000;
/// A UUIDv7 has 48 bits of milliseconds.
const MAX_V7_MILLIS: i64 = (1 << 48) - 1;

/// The id of an event, unique in its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

/// A text that is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a UUID such as 0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d, found other text: correct it, or leave it out to have one made"
)]
pub struct InvalidEventId;

impl EventId {
    /// Reads a UUID of any version: hyphenated or not, in braces or as a URN, in either case.
    pub fn parse(text: &str) -> Result<Self, InvalidEventId> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(InvalidEventId);
        }
        match Uuid::try_parse(text) {
            Ok(uuid) => Ok(Self(uuid.into_bytes())),
            Err(_) => Err(InvalidEventId),
        }
    }

    /// The id made of these sixteen bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its sixteen bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Its text in lower case with hyphens, without allocating.
    pub fn to_ascii(&self) -> [u8; TEXT_BYTES] {
        let mut text = [0; TEXT_BYTES];
        Uuid::from_bytes_ref(&self.0)
            .as_hyphenated()
            .encode_lower(&mut text);
        text
    }

    /// The id of the event at `position` of a request with an idempotency key: a UUIDv8 of
    /// SHA-256 over the domain, the organization, the key and the position. Lengths and the
    /// position are little-endian `u64`, so that no two inputs run together.
    pub fn from_idempotency_key(organization_id: &str, key: &str, position: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(IDEMPOTENCY_DOMAIN);
        for part in [organization_id, key] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.update(position.to_le_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(Builder::from_custom_bytes(bytes).into_uuid().into_bytes())
    }

    /// A UUIDv7 of the millisecond that `unix_micros` lies in, with the caller's randomness.
    /// Times that 48 bits cannot hold become the nearest that they can.
    pub fn v7(unix_micros: i64, random: [u8; 10]) -> Self {
        let millis = unix_micros
            .div_euclid(MICROS_PER_MILLI)
            .clamp(0, MAX_V7_MILLIS);
        let builder = Builder::from_unix_timestamp_millis(millis.unsigned_abs(), &random);
        Self(builder.into_uuid().into_bytes())
    }
}

/// Lower case, with hyphens, as [`EventId::to_ascii`].
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(Uuid::from_bytes_ref(&self.0).as_hyphenated(), f)
    }
}

impl std::str::FromStr for EventId {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use proptest::prelude::*;

    const VECTORS: &str = include_str!("../../../spec/vectors/event-id.tsv");

    #[test]
    fn idempotency_keys_make_the_ids_of_the_vectors() {
        let mut rows = 0;
        for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [organization, key, position, expected] = columns[..] else {
                panic!("a vector has four columns: {line}");
            };
            let id = EventId::from_idempotency_key(organization, key, position.parse().unwrap());
            assert_eq!(id.to_string(), expected, "{line}");
            rows += 1;
        }
        assert!(rows >= 5, "vectors were read");
    }

    #[test]
    fn idempotency_keys_do_not_run_together() {
        let a = EventId::from_idempotency_key("ab", "c", 0);
        let b = EventId::from_idempotency_key("a", "bc", 0);
        assert_ne!(a, b);
        assert_ne!(a, EventId::from_idempotency_key("ab", "c", 1));
        assert_eq!(Uuid::from_bytes(a.0).get_version_num(), 8);
    }

    #[test]
    fn v7_has_its_version_and_the_milliseconds() {
        let id = EventId::v7(1_771_000_000_123_456, [0xff; 10]);
        let uuid = Uuid::from_bytes(id.0);
        assert_eq!(uuid.get_version_num(), 7);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(id.to_string(), "019c57d3-6e7b-7fff-bfff-ffffffffffff");
        assert_eq!(&EventId::v7(-1, [0; 10]).0[..6], &[0; 6]);
        assert_eq!(&EventId::v7(i64::MAX, [0; 10]).0[..6], &[0xff; 6]);
    }

    #[test]
    fn every_form_of_a_uuid_reads_as_the_same_id() {
        let plain = "0198c5f07c1e7a3b9f523d1e5a6b7c8d";
        let id = EventId::parse(plain).unwrap();
        assert_eq!(id.to_string(), "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d");
        for form in [
            id.to_string().to_uppercase(),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
        ] {
            assert_eq!(EventId::parse(&form), Ok(id), "{form}");
        }
        for bad in ["", "evt_1", "0198c5f0-7c1e-7a3b-9f52", &"0".repeat(65)] {
            assert_eq!(EventId::parse(bad), Err(InvalidEventId), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_displayed_parses_back(bytes: [u8; 16]) {
            let id = EventId::from_bytes(bytes);
            prop_assert_eq!(EventId::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(id.to_string(), id.to_string().to_lowercase());
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = EventId::parse(&text);
        }
    }
}
