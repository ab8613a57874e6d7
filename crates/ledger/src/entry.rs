//! From an event to the entry its leaf is made of.
//!
//! An entry goes out to auditors and mirrors and outlives the event, so it must
//! name nobody: it carries a commitment, SHA-256 over a secret salt and the
//! event's canonical bytes. Salts are derived from the random seed of the
//! event's group, so keeping them costs nothing, and destroying one seed
//! destroys a whole group's.
//!
//! What must always hold:
//!
//! - An entry has exactly one encoding, and [`ENTRY_BYTES`] bytes decode to an
//!   entry or to an error, never to a second reading of another entry.
//! - Seeds and salts are never printed: one in a log file would outlive the
//!   erasure that is meant to destroy it.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::hash::{self, HASH_BYTES, Hash};

/// Bytes in an event's id, a UUID in network order.
pub const EVENT_ID_BYTES: usize = 16;
/// Bytes in a salt.
pub const SALT_BYTES: usize = 16;
/// Bytes in a group's seed.
pub const SEED_BYTES: usize = 32;
/// The version this crate writes, and the only one it reads.
pub const ENTRY_VERSION: u8 = 1;

const TIME_BYTES: usize = 8;
const SHA256_BLOCK_BYTES: usize = 64;
const EVENT_ID_AT: usize = 1;
const RECEIVED_AT: usize = EVENT_ID_AT + EVENT_ID_BYTES;
const COMMITMENT_AT: usize = RECEIVED_AT + TIME_BYTES;

/// Bytes in an entry: version, event id, received time, commitment.
pub const ENTRY_BYTES: usize = COMMITMENT_AT + HASH_BYTES;

/// What a leaf says of one event: which, when received, and a commitment to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The event's id.
    pub event_id: [u8; EVENT_ID_BYTES],
    /// When the server received it, in microseconds since 1970-01-01T00:00:00Z.
    pub received_at_micros: i64,
    /// The [`commitment`] to its canonical bytes.
    pub commitment: [u8; HASH_BYTES],
}

/// Bytes that are not an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EntryError {
    /// The length is wrong.
    #[error("an entry has {ENTRY_BYTES} bytes, these are {0}: read it again from its source")]
    Length(usize),
    /// The version is none that is known here.
    #[error("entry version {0} is unknown: read it with a release of Evident that knows it")]
    Version(u8),
}

impl Entry {
    /// The entry's one encoding.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[0] = ENTRY_VERSION;
        bytes[EVENT_ID_AT..RECEIVED_AT].copy_from_slice(&self.event_id);
        bytes[RECEIVED_AT..COMMITMENT_AT].copy_from_slice(&self.received_at_micros.to_le_bytes());
        bytes[COMMITMENT_AT..].copy_from_slice(&self.commitment);
        bytes
    }

    /// Reads an entry back.
    ///
    /// # Errors
    /// When the length or the version is not that of an entry.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        let wrong_length = EntryError::Length(bytes.len());
        let (version, rest) = bytes.split_first_chunk().ok_or(wrong_length)?;
        let (event_id, rest) = rest.split_first_chunk().ok_or(wrong_length)?;
        let (received_at, rest) = rest.split_first_chunk().ok_or(wrong_length)?;
        let commitment = rest.try_into().map_err(|_| wrong_length)?;
        if *version != [ENTRY_VERSION] {
            return Err(EntryError::Version(version[0]));
        }
        Ok(Self {
            event_id: *event_id,
            received_at_micros: i64::from_le_bytes(*received_at),
            commitment,
        })
    }

    /// The hash of the leaf that holds this entry.
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        hash::leaf_hash(&self.to_bytes())
    }
}

/// What opens a leaf: its entry, and the salt of its commitment unless that was destroyed.
///
/// It goes into proofs as extra data, so its bytes are believed only as far as they lead to a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The leaf's entry.
    pub entry: Entry,
    /// What was put before the event's canonical bytes; `None` once the event is erased.
    pub salt: Option<Salt>,
}

impl Opening {
    /// The entry, and behind it the salt.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.entry.to_bytes().to_vec();
        bytes.extend(self.salt.iter().flat_map(|salt| salt.0));
        bytes
    }

    /// Reads what [`Opening::to_bytes`] writes.
    ///
    /// # Errors
    /// When it is not an entry, alone or with a salt.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        let (entry, salt) = bytes
            .split_at_checked(ENTRY_BYTES)
            .ok_or(EntryError::Length(bytes.len()))?;
        let salt = match salt {
            [] => None,
            salt => Some(Salt(
                salt.try_into()
                    .map_err(|_| EntryError::Length(bytes.len()))?,
            )),
        };
        let entry = Entry::from_bytes(entry)?;
        Ok(Self { entry, salt })
    }

    /// Whether the entry commits to these canonical bytes. Without a salt nobody can tell.
    #[must_use]
    pub fn opens_to(&self, canonical: &[u8]) -> Option<bool> {
        let commitment = commitment(self.salt.as_ref()?, canonical);
        Some(commitment == self.entry.commitment)
    }
}

/// The secret that hides one event's commitment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; SALT_BYTES]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(hidden)")
    }
}

/// The random seed of a group of positions, which all salts of the group come from.
///
/// It is wiped from memory when dropped, and so is what is derived from it here.
pub struct GroupSeed {
    seed: Zeroizing<[u8; SEED_BYTES]>,
    // HMAC after both of its key blocks. Cloning it for each event saves two
    // of the four SHA-256 compressions that a salt would otherwise cost.
    keyed: Hmac<Sha256>,
}

impl GroupSeed {
    /// Takes over a seed: 32 bytes from the system's source of randomness.
    #[must_use]
    pub fn new(seed: [u8; SEED_BYTES]) -> Self {
        let seed = Zeroizing::new(seed);
        // RFC 2104: a key shorter than the block is filled up with zeros.
        let mut key_block = Zeroizing::new([0; SHA256_BLOCK_BYTES]);
        key_block[..SEED_BYTES].copy_from_slice(seed.as_slice());
        let keyed = Hmac::new((&*key_block).into());
        Self { seed, keyed }
    }

    /// The seed itself, for the file that keeps it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; SEED_BYTES] {
        &self.seed
    }

    /// The salt of an event: HMAC-SHA-256(seed, organization id ‖ event id), its first 16 bytes.
    #[must_use]
    pub fn salt(&self, organization_id: &str, event_id: &[u8; EVENT_ID_BYTES]) -> Salt {
        // The event id has a fixed length, so no two pairs give the same bytes.
        let mut mac = self.keyed.clone();
        mac.update(organization_id.as_bytes());
        mac.update(event_id);
        let code = mac.finalize().into_bytes();
        let mut salt = [0; SALT_BYTES];
        salt.copy_from_slice(&code[..SALT_BYTES]);
        Salt(salt)
    }
}

impl fmt::Debug for GroupSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupSeed(hidden)")
    }
}

/// The commitment to an event: SHA-256(salt ‖ canonical bytes).
#[must_use]
pub fn commitment(salt: &Salt, canonical: &[u8]) -> [u8; HASH_BYTES] {
    Sha256::new()
        .chain_update(salt.0)
        .chain_update(canonical)
        .finalize()
        .into()
}
