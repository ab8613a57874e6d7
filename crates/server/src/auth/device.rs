//! Which browsers somebody has signed in with before.
//!
//! The mark is a cookie: a random device id, and an HMAC over it and the person's id by a secret of the
//! instance. It grants nothing. It only spares its holder the waits that strangers to the account are
//! given ([`Throttle`](super::throttle::Throttle)), and what is tried with it is counted by itself.
//!
//! What must always hold: nobody makes a mark without the secret, and a mark for one person is none
//! for another. So a mark is only given to a browser whose sign-in was complete. It has no end of its
//! own; a new instance secret ends all of them.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::key_text::{parse_hex, write_hex};
use crate::edge::{self, NoRandomness};

/// Random bytes of a device's id.
const ID_BYTES: usize = 16;
/// Bytes of the instance's secret.
const SECRET_BYTES: usize = 32;
/// Goes before what is authenticated, so that no other code by the same secret is a mark.
const DOMAIN: &[u8] = b"evident device 1\0";
/// Longest mark that is looked at, in bytes.
const MAX_MARK_BYTES: usize = 128;

/// A browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DeviceId([u8; ID_BYTES]);

impl DeviceId {
    /// An id for a browser that has none for this person.
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(edge::random()?))
    }

    /// What stands for the browser that has a session: what is tried with the session is counted by itself.
    pub(crate) fn of_session(digest: [u8; 32]) -> Self {
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(&digest[..ID_BYTES]);
        Self(id)
    }
}

/// Makes and recognizes marks.
#[derive(Clone)]
pub(crate) struct DeviceMarks {
    mac: Hmac<Sha256>,
}

impl DeviceMarks {
    /// Marks by a secret of the instance.
    pub(crate) fn new(secret: &[u8; SECRET_BYTES]) -> Self {
        // A key shorter than a block is filled up with zeros, so this is HMAC with the short key.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block[..SECRET_BYTES].copy_from_slice(secret);
        let mac = <Hmac<Sha256>>::new(&block).chain_update(DOMAIN);
        Self { mac }
    }

    /// The mark to set as a cookie once `user_id` has signed in with this browser.
    pub(crate) fn write(&self, user_id: &str, device: DeviceId) -> String {
        let mut text = String::with_capacity(MAX_MARK_BYTES);
        write_hex(&mut text, &device.0);
        text.push('.');
        let tag: [u8; 32] = self.over(user_id, device).finalize().into_bytes().into();
        write_hex(&mut text, &tag);
        text
    }

    /// The browser, if it carries a mark for this person. Asked with the id of nobody, such as the
    /// empty one, it takes the same time and finds none.
    pub(crate) fn recognize(&self, user_id: &str, mark: &str) -> Option<DeviceId> {
        if mark.len() > MAX_MARK_BYTES {
            return None;
        }
        let (id, tag) = mark.split_once('.')?;
        let device = DeviceId(parse_hex(id)?);
        let tag: [u8; 32] = parse_hex(tag)?;
        // The comparison takes the same time for all tags.
        let is_ours = self.over(user_id, device).verify_slice(&tag).is_ok();
        (is_ours && !user_id.is_empty()).then_some(device)
    }

    /// The id of the browser has a fixed length and goes first, so no two pairs read the same.
    fn over(&self, user_id: &str, device: DeviceId) -> Hmac<Sha256> {
        self.mac
            .clone()
            .chain_update(device.0)
            .chain_update(user_id)
    }
}

impl fmt::Debug for DeviceMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceMarks").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn marks() -> DeviceMarks {
        DeviceMarks::new(&[7; SECRET_BYTES])
    }

    #[test]
    fn the_mark_is_hmac_sha256_by_the_secret() {
        let mark = marks().write("user_1", DeviceId([0xab; ID_BYTES]));
        // Computed with another implementation.
        assert_eq!(
            mark,
            "abababababababababababababababab.e41aab58427daa6a160cdeaf8daa25693a31b7bbddc5ea1a7e1aecd85a40d429"
        );
    }

    #[test]
    fn a_mark_is_recognized_for_its_own_person_and_instance_alone() {
        let device = DeviceId::generate().unwrap();
        let mark = marks().write("user_1", device);
        assert_eq!(marks().recognize("user_1", &mark), Some(device));
        assert_eq!(marks().recognize("user_2", &mark), None);
        assert_eq!(marks().recognize("user_", &mark), None);
        let other = DeviceMarks::new(&[8; SECRET_BYTES]);
        assert_eq!(other.recognize("user_1", &mark), None);
    }

    #[test]
    fn nobody_has_no_device() {
        let mark = marks().write("", DeviceId([1; ID_BYTES]));
        assert_eq!(marks().recognize("", &mark), None);
    }

    #[test]
    fn no_changed_mark_is_recognized() {
        let mark = marks().write("user_1", DeviceId([0xab; ID_BYTES]));
        for at in 0..mark.len() {
            let mut changed = mark.clone().into_bytes();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(marks().recognize("user_1", &changed), None, "{changed}");
        }
        let endless = "a".repeat(1_000_000);
        for text in [
            "",
            ".",
            "a.b",
            &mark[1..],
            &mark[..mark.len() - 1],
            &endless,
        ] {
            assert_eq!(marks().recognize("user_1", text), None);
        }
        assert_eq!(marks().recognize("user_1", &format!("{mark}.")), None);
    }

    #[test]
    fn fresh_devices_differ_and_debug_shows_no_secret() {
        let (one, other) = (DeviceId::generate().unwrap(), DeviceId::generate().unwrap());
        assert_ne!(one, other);
        assert_eq!(format!("{:?}", marks()), "DeviceMarks { .. }");
    }
}
