//! The instance's own secret, and what is kept sealed with it.
//!
//! What must be read again (second factors, providers' secrets, what viewer tokens are signed with) cannot be kept as
//! a digest. It is in the control database sealed, and the key is in a file beside it: who has one of the two has
//! nothing. What must always hold:
//!
//! - the file is whole and durable before anything is sealed with it, and only its owner may read it;
//! - each purpose has a key of its own, and what was sealed for one opens for no other;
//! - what was sealed with a file that is lost does not open with another one, and says so.

use std::path::{Path, PathBuf};

use evident_store::durable::{Durable, DurableError, FileMode};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use crate::edge::{self, NoRandomness};

/// The file's name in the data directory.
pub(crate) const FILE_NAME: &str = "instance.key";
/// Bytes of the secret.
const SECRET_BYTES: usize = 32;

/// Why there is no secret, or why something sealed does not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// The file could not be written.
    #[error(transparent)]
    Unwritten(#[from] DurableError),
    /// The file could not be read.
    #[error("{} cannot be read: {source}; restore it from a backup of this directory", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is none of ours.
    #[error("{} does not have {SECRET_BYTES} bytes: restore it from a backup of this directory", .0.display())]
    Damaged(PathBuf),
    /// No secret could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// What was sealed was sealed with another secret, for another purpose, or was altered.
    #[error(
        "what is kept sealed for {0} does not open: the file {FILE_NAME} is not the one that it was sealed with; \
         restore that from a backup of this directory, or set up anew what is sealed"
    )]
    Unopened(&'static str),
}

/// The secret. Never printed, never logged.
pub(crate) struct Secrets([u8; SECRET_BYTES]);

impl Secrets {
    /// The secret of a data directory, made at its first use.
    pub(crate) fn of(directory: &Path) -> Result<Self, SecretError> {
        let path = directory.join(FILE_NAME);
        match std::fs::read(&path) {
            Ok(bytes) => {
                let secret = bytes.try_into();
                secret.map(Self).map_err(|_| SecretError::Damaged(path))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let secret = edge::random()?;
                let directory = Durable::open(directory, None)?;
                directory.create_whole(Path::new(FILE_NAME), &secret, FileMode::Secret)?;
                Ok(Self(secret))
            }
            Err(source) => Err(SecretError::Unread { path, source }),
        }
    }

    /// A key for one purpose.
    pub(crate) fn derive(&self, purpose: &'static str) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, purpose.as_bytes());
        let mut derived = [0; 32];
        derived.copy_from_slice(tag.as_ref());
        derived
    }

    /// Seals bytes for one purpose.
    pub(crate) fn seal(&self, purpose: &'static str, bytes: &[u8]) -> Result<Vec<u8>, SecretError> {
        let nonce: [u8; NONCE_LEN] = edge::random()?;
        let mut sealed = bytes.to_vec();
        let sealing = self.key(purpose)?.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(purpose),
            &mut sealed,
        );
        sealing.map_err(|_| SecretError::Unopened(purpose))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed for this purpose.
    pub(crate) fn open(
        &self,
        purpose: &'static str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SecretError> {
        let unopened = || SecretError::Unopened(purpose);
        let (nonce, rest) = sealed
            .split_first_chunk::<NONCE_LEN>()
            .ok_or_else(unopened)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let key = self.key(purpose)?;
        let opened = key.open_in_place(nonce, Aad::from(purpose), &mut rest);
        opened.map(|opened| opened.to_vec()).map_err(|_| unopened())
    }

    fn key(&self, purpose: &'static str) -> Result<LessSafeKey, SecretError> {
        let key = UnboundKey::new(&AES_256_GCM, &self.derive(purpose));
        key.map(LessSafeKey::new)
            .map_err(|_| SecretError::Unopened(purpose))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_alone_and_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let secrets = Secrets::of(directory.path()).unwrap();
        let sealed = secrets.seal("second factors", b"hush").unwrap();
        assert!(!sealed.windows(4).any(|window| window == b"hush"));
        assert_ne!(sealed, secrets.seal("second factors", b"hush").unwrap());
        let again = Secrets::of(directory.path()).unwrap();
        assert_eq!(again.open("second factors", &sealed).unwrap(), b"hush");
        assert!(again.open("providers", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(again.open("second factors", &altered).is_err(), "{at}");
            assert!(again.open("second factors", &sealed[..at]).is_err());
        }
        let other = Secrets::of(tempfile::tempdir().unwrap().path()).unwrap();
        assert!(other.open("second factors", &sealed).is_err());
        assert_ne!(again.derive("a"), again.derive("b"));
    }

    #[test]
    fn nobody_else_may_read_the_file_and_a_damaged_one_is_not_replaced() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        Secrets::of(directory.path()).unwrap();
        let path = directory.path().join(FILE_NAME);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, "short").unwrap();
        let damaged = Secrets::of(directory.path());
        assert!(matches!(damaged, Err(SecretError::Damaged(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"short");
    }
}
