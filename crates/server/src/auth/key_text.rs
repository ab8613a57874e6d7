//! The text of an API key: `evident_<kind>_<key id>_<secret>`.
//!
//! The kind and the id are for people and for look-up; only the secret counts, 256 random bits in
//! hex. What is kept of it is its SHA-256: with that many bits there is nothing to guess, so a slow
//! hash would only cost time on every request. The text is shown once, when the key is made.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::control::KeyKind;
use crate::edge::{self, NoRandomness};

/// Begins every key, so that scanners for leaked secrets can find it.
const PREFIX: &str = "evident";
/// Begins the id of a key; left out in its text.
const ID_PREFIX: &str = "key_";
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;
/// Longest text that is looked at.
const MAX_TEXT_BYTES: usize = 256;

/// The secret of a key. Never printed but once, never logged.
#[derive(Clone)]
pub(crate) struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// A fresh secret.
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(edge::random()?))
    }

    /// What is kept of it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// Whether this is the secret that the digest was made of, in the same time for all secrets.
    pub(crate) fn matches(&self, digest: &[u8]) -> bool {
        self.digest().as_slice().ct_eq(digest).into()
    }

    /// Writes it at the end of a text that is given to its owner, in hex.
    pub(super) fn write_to(&self, text: &mut String) {
        write_hex(text, &self.0);
    }

    /// Reads what [`Secret::write_to`] wrote. The caller bounds the text.
    pub(super) fn read(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

/// A key's text, taken apart.
pub(crate) struct KeyText {
    /// The key's id, `key_…`.
    pub(crate) id: String,
    /// Its secret.
    pub(crate) secret: Secret,
}

impl KeyText {
    /// The text that is given to the key's owner.
    pub(crate) fn write(&self, kind: KeyKind) -> String {
        let id = self.id.strip_prefix(ID_PREFIX).unwrap_or(&self.id);
        let mut text = format!("{PREFIX}_{}_{id}_", kind.as_str());
        self.secret.write_to(&mut text);
        text
    }

    /// Takes a text apart. `None` if it is no key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        let mut parts = text.split('_');
        let (prefix, kind) = (parts.next()?, parts.next()?);
        let (id, secret) = (parts.next()?, parts.next()?);
        if prefix != PREFIX || parts.next().is_some() || id.is_empty() {
            return None;
        }
        KeyKind::parse(kind)?;
        Some(Self {
            id: format!("{ID_PREFIX}{id}"),
            secret: Secret::read(secret)?,
        })
    }
}

/// Writes bytes in hex at the end of a text.
pub(super) fn write_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
}

/// Exactly `N` bytes in hex.
pub(super) fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn key() -> KeyText {
        KeyText {
            id: "key_0198c5f07c1e".to_owned(),
            secret: Secret([0xab; SECRET_BYTES]),
        }
    }

    #[test]
    fn the_text_reads_back() {
        let text = key().write(KeyKind::Ingest);
        assert_eq!(
            text,
            format!("evident_ingest_0198c5f07c1e_{}", "ab".repeat(32))
        );
        let read = KeyText::parse(&text).unwrap();
        assert_eq!(read.id, "key_0198c5f07c1e");
        assert!(read.secret.matches(&key().secret.digest()));
    }

    #[test]
    fn another_secret_does_not_match() {
        let mut other = key();
        other.secret.0[31] ^= 1;
        assert!(!other.secret.matches(&key().secret.digest()));
        assert!(!key().secret.matches(&[]));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let good = key().write(KeyKind::Read);
        let bad = [
            String::new(),
            "evident".to_owned(),
            good.replace("evident", "vident"),
            good.replace("read", "write"),
            good.replace("0198c5f07c1e", ""),
            format!("{good}00"),
            format!("{good}_"),
            good[..good.len() - 1].to_owned(),
            good.replace("ab", "zz"),
            good.replace("ab", "é"),
            "evident_read_".repeat(1000),
        ];
        for text in bad {
            assert!(KeyText::parse(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn fresh_secrets_differ() {
        let (one, other) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert!(!one.matches(&other.digest()));
    }
}
