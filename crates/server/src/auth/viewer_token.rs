//! The text of a viewer token: `evident_viewer_<payload>.<signature>`, both in base64url.
//!
//! The payload says who issued it, until when, and what it is limited to; nothing of it is secret. The signature is
//! HMAC-SHA256 with the issuer's secret over all that stands before it, so a token costs no row and no look-up. What
//! must always hold:
//!
//! - of a text that is not signed by its issuer nothing is believed but the issuer's id, to look for its secret;
//! - a payload of another version, or with a member that is not known, is none: a limit is never passed over;
//! - signatures are compared in constant time, and what a stranger sends is bounded before it is read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evident_event::time::Timestamp;
use ring::hmac;
use serde::{Deserialize, Serialize};

/// Begins every token, so that scanners for leaked secrets can find it.
const PREFIX: &str = "evident_viewer_";
/// The version of payloads.
const VERSION: u8 = 1;
/// Longest text that is looked at, in bytes: both limits at [`MAX_LIMIT_BYTES`] with each byte escaped, in base64.
const MAX_TEXT_BYTES: usize = 4 * 1024;
/// Longest id of an actor or target that a token is limited to, in bytes.
pub(crate) const MAX_LIMIT_BYTES: usize = 255;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ViewerClaims {
    #[serde(rename = "v")]
    version: u8,
    /// Its issuer, `vis_…`.
    #[serde(rename = "iss")]
    pub(crate) issuer_id: String,
    /// What tells it from the others of its issuer.
    #[serde(rename = "jti")]
    pub(crate) serial: String,
    /// When it ends, in microseconds.
    #[serde(rename = "exp")]
    expires_at: i64,
    /// The only project.
    #[serde(rename = "prj", skip_serializing_if = "Option::is_none")]
    pub(crate) project_id: Option<String>,
    /// The only actor.
    #[serde(rename = "act", skip_serializing_if = "Option::is_none")]
    pub(crate) actor_id: Option<String>,
    /// The only target.
    #[serde(rename = "tgt", skip_serializing_if = "Option::is_none")]
    pub(crate) target_id: Option<String>,
}

impl ViewerClaims {
    /// What a token of this issuer says that has no limits yet.
    pub(crate) fn new(issuer_id: &str, serial: &str, expires_at: Timestamp) -> Self {
        Self {
            version: VERSION,
            issuer_id: issuer_id.to_owned(),
            serial: serial.to_owned(),
            expires_at: expires_at.as_micros(),
            project_id: None,
            actor_id: None,
            target_id: None,
        }
    }

    /// When the token ends.
    pub(crate) const fn expires_at(&self) -> Timestamp {
        Timestamp::from_micros(self.expires_at)
    }

    /// The token's id: its issuer's, and its own behind it.
    pub(crate) fn id(&self) -> String {
        format!("{}.{}", self.issuer_id, self.serial)
    }

    /// The token's text.
    pub(super) fn sign(&self, key: &hmac::Key) -> serde_json::Result<String> {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self)?);
        let signed = format!("{PREFIX}{payload}");
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(key, signed.as_bytes()));
        Ok(format!("{signed}.{tag}"))
    }
}

/// A text that may be a viewer token: nothing of it is to be believed yet.
pub(super) struct Claimed<'t> {
    claims: ViewerClaims,
    signed: &'t str,
    tag: Vec<u8>,
}

/// Whether a text is meant to be a viewer token.
pub(super) fn is_meant(text: &str) -> bool {
    text.starts_with(PREFIX)
}

impl<'t> Claimed<'t> {
    /// Takes a text apart. `None` if it is no viewer token.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        let (signed, tag) = text.split_once('.')?;
        let payload = URL_SAFE_NO_PAD.decode(signed.strip_prefix(PREFIX)?).ok()?;
        let claims: ViewerClaims = serde_json::from_slice(&payload).ok()?;
        (claims.version == VERSION).then_some(Self {
            claims,
            signed,
            tag: URL_SAFE_NO_PAD.decode(tag).ok()?,
        })
    }

    /// The issuer that it names.
    pub(super) fn issuer_id(&self) -> &str {
        &self.claims.issuer_id
    }

    /// What it says, if it was signed with this key.
    pub(super) fn verified(self, key: &hmac::Key) -> Option<ViewerClaims> {
        let checked = hmac::verify(key, self.signed.as_bytes(), &self.tag);
        checked.ok().map(|()| self.claims)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn key(secret: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[secret; 32])
    }

    fn claims() -> ViewerClaims {
        ViewerClaims {
            project_id: Some("prj_1".to_owned()),
            actor_id: Some("a\"\\é".to_owned()),
            ..ViewerClaims::new("vis_1", "0a", Timestamp::from_micros(7))
        }
    }

    fn read(text: &str) -> Option<ViewerClaims> {
        Claimed::read(text)?.verified(&key(1))
    }

    /// A text of any payload, signed as it should be.
    fn signed(payload: &str) -> String {
        let signed = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(payload));
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&key(1), signed.as_bytes()));
        format!("{signed}.{tag}")
    }

    #[test]
    fn what_was_signed_reads_back_with_all_its_limits() {
        let text = claims().sign(&key(1)).unwrap();
        assert!(is_meant(&text));
        assert_eq!(read(&text).unwrap(), claims());
        assert_eq!(claims().id(), "vis_1.0a");
    }

    #[test]
    fn no_character_can_be_changed_added_or_left_out() {
        let text = claims().sign(&key(1)).unwrap();
        for at in 0..text.len() {
            for other in ["A", "B", "-", "."] {
                let mut altered = text.clone();
                altered.replace_range(at..=at, other);
                assert!(altered == text || read(&altered).is_none(), "{altered}");
            }
            assert!(read(&text[..at]).is_none());
        }
        for other in [
            format!("{text}A"),
            format!("{text}="),
            format!(" {text}"),
            format!("{text}.{text}"),
            text.replacen('.', "..", 1),
        ] {
            assert!(read(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn another_issuers_signature_is_none() {
        assert!(read(&claims().sign(&key(2)).unwrap()).is_none());
        let text = claims().sign(&key(1)).unwrap();
        let (payload, _) = text.split_once('.').unwrap();
        assert!(read(&format!("{payload}.")).is_none());
    }

    #[test]
    fn a_payload_that_is_not_all_understood_is_none_even_if_it_is_signed() {
        let good = r#"{"v":1,"iss":"vis_1","jti":"0a","exp":7}"#;
        assert!(read(&signed(good)).is_some());
        for bad in [
            good.replace("\"v\":1", "\"v\":2"),
            good.replace("\"v\":1,", ""),
            good.replace("}", r#","only":"prj_1"}"#),
            good.replace("7", "\"7\""),
            good.replace("}", r#","prj":1}"#),
            "[]".to_owned(),
            String::new(),
        ] {
            assert!(read(&signed(&bad)).is_none(), "{bad}");
        }
    }

    #[test]
    fn limits_at_their_longest_fit_and_longer_texts_are_not_looked_at() {
        let limit = || Some("\"".repeat(MAX_LIMIT_BYTES));
        let id = "f".repeat(32);
        let longest = ViewerClaims {
            project_id: Some(format!("prj_{id}")),
            actor_id: limit(),
            target_id: limit(),
            ..ViewerClaims::new(&format!("vis_{id}"), &id, Timestamp::from_micros(i64::MAX))
        };
        assert!(read(&longest.sign(&key(1)).unwrap()).is_some());
        let beyond = ViewerClaims {
            actor_id: Some("x".repeat(MAX_TEXT_BYTES)),
            ..claims()
        };
        assert!(read(&beyond.sign(&key(1)).unwrap()).is_none());
    }
}
