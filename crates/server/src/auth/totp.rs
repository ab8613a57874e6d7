//! Codes of an authenticator app: TOTP of RFC 6238, with the parameters that every app knows
//! (SHA-1, 6 digits, 30 seconds).
//!
//! What must always hold:
//!
//! - a code is accepted once: the caller keeps the step that was accepted last, in the transaction
//!   that lets the person in, and hands it back;
//! - every candidate is computed and compared, in the same time, whether it fits or not;
//! - the secret shows nowhere but in the text that its owner is given.

use std::fmt;

use evident_event::time::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::base32;
use crate::edge::{self, NoRandomness};

/// Bytes of a secret: as many as SHA-1 gives, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// The alphabet of RFC 4648, which apps read.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// How long a code is shown, in microseconds.
const STEP_MICROS: i64 = 30_000_000;
/// How many steps a clock may be off, each way.
const SKEW_STEPS: i64 = 1;
/// Digits of a code.
const DIGITS: usize = 6;
/// One more than the largest code.
const CODES: u32 = 1_000_000;
/// Longest text that is looked at as a code, in bytes. It leaves room for the spaces that apps show.
const MAX_CODE_BYTES: usize = 16;
/// What a part of a URI spells out.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a person's authenticator app and the server share.
#[derive(Clone)]
pub(crate) struct TotpSecret([u8; SECRET_BYTES]);

impl TotpSecret {
    /// A fresh secret.
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(edge::random()?))
    }

    /// The secret that was kept. `None` if it has another length.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// What to keep. It cannot be a digest: the server computes codes with it.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret for those who type it into their app.
    pub(crate) fn to_base32(&self) -> String {
        base32::encode(&self.0, ALPHABET)
    }

    /// The secret for those who scan it. It names who it is for and is never logged.
    pub(crate) fn uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (uri_part(issuer), uri_part(account));
        format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={}",
            self.to_base32(),
            STEP_MICROS / 1_000_000,
        )
    }

    /// Whether a code is right now. If so, the step that it stands for, which the caller keeps and
    /// passes as `last_step` from then on: no code of that step or an earlier one is right again.
    pub(crate) fn verify(&self, code: &str, now: Timestamp, last_step: Option<i64>) -> Option<i64> {
        let code = parse_code(code)?;
        let current = now.as_micros().div_euclid(STEP_MICROS);
        let mut accepted = None;
        // Should two steps have the same code, the later one counts: it uses up both.
        for step in current - SKEW_STEPS..=current + SKEW_STEPS {
            let fits: bool = self.code(step, CODES).ct_eq(&code).into();
            let is_fresh = step >= 0 && last_step.is_none_or(|last| step > last);
            if fits && is_fresh {
                accepted = Some(step);
            }
        }
        accepted
    }

    /// The code of a step, below `codes`: the dynamic truncation of RFC 4226.
    fn code(&self, step: i64, codes: u32) -> u32 {
        let tag = tag(&self.0, &step.to_be_bytes());
        let at = usize::from(tag[tag.len() - 1] & 0x0f);
        let word = [tag[at], tag[at + 1], tag[at + 2], tag[at + 3]];
        (u32::from_be_bytes(word) & 0x7fff_ffff) % codes
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TotpSecret").finish_non_exhaustive()
    }
}

fn tag(key: &[u8; SECRET_BYTES], message: &[u8]) -> [u8; 20] {
    // A key shorter than a block is filled up with zeros, so this is HMAC with the short key.
    let mut block = hmac::digest::Key::<Hmac<Sha1>>::default();
    block[..SECRET_BYTES].copy_from_slice(key);
    let mut mac = <Hmac<Sha1>>::new(&block);
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A name within the URI. A colon would end it early, even spelled out.
fn uri_part(name: &str) -> String {
    let name = name.replace(':', " ");
    utf8_percent_encode(&name, ESCAPED).to_string()
}

fn parse_code(text: &str) -> Option<u32> {
    if text.len() > MAX_CODE_BYTES {
        return None;
    }
    let digits: String = text.chars().filter(|c| *c != ' ').collect();
    let is_code = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    if is_code { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret(*b"12345678901234567890")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        let vectors = [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ];
        for (seconds, code) in vectors {
            assert_eq!(secret().code(seconds / 30, 100_000_000), code);
            let shown = format!("{:06}", code % CODES);
            let step = secret().verify(&shown, at(seconds), None);
            assert_eq!(step, Some(seconds / 30));
        }
    }

    #[test]
    fn the_vectors_of_rfc_4226_hold() {
        let codes = [
            755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871,
            520_489,
        ];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(secret().code(step, CODES), code);
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off_and_no_more() {
        // 287082 is the code of seconds 30 to 59.
        for (seconds, accepted) in [
            (-1, None),
            (0, Some(1)),
            (30, Some(1)),
            (59, Some(1)),
            (60, Some(1)),
            (89, Some(1)),
            (90, None),
        ] {
            let step = secret().verify("287082", at(seconds), None);
            assert_eq!(step, accepted, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_accepted_once_and_no_earlier_one_after_it() {
        let step = secret().verify("287082", at(59), None);
        assert_eq!(step, Some(1));
        assert_eq!(secret().verify("287082", at(60), step), None);
        // The code of the step before, which is still within the skew.
        assert_eq!(secret().verify("755224", at(59), Some(1)), None);
        // The next one is fine.
        assert_eq!(secret().verify("359152", at(60), step), Some(2));
    }

    #[test]
    fn no_time_is_out_of_reach() {
        for micros in [i64::MIN, -1, 0, i64::MAX] {
            let step = secret().verify("000000", Timestamp::from_micros(micros), None);
            assert_eq!(step, None, "{micros}");
        }
        // Before 1970 there are no steps, even if a code should fit.
        let code = format!("{:06}", secret().code(-5, CODES));
        assert_eq!(secret().verify(&code, at(-150), None), None);
    }

    #[test]
    fn spaces_are_forgiven_and_nothing_else_is() {
        for good in ["287082", "287 082", " 287082 ", "2 8 7 0 8 2"] {
            assert!(secret().verify(good, at(59), None).is_some(), "{good}");
        }
        let long = format!("{}287082", " ".repeat(100_000));
        for bad in [
            "",
            " ",
            "28708",
            "2870820",
            "0287082",
            "+87082",
            "-87082",
            "287\u{a0}082",
            "２８７０８２",
            "287082\n",
            "28708\0",
            "287,082",
            &long,
        ] {
            assert!(secret().verify(bad, at(59), None).is_none(), "{bad:.20?}");
        }
    }

    #[test]
    fn the_uri_spells_names_out() {
        let uri = secret().uri("Acme & Söhne: audit", "ada+x@example.com?secret=A/%");
        assert_eq!(
            uri,
            "otpauth://totp/Acme%20%26%20S%C3%B6hne%20%20audit:ada%2Bx%40example.com%3Fsecret%3DA%2F%25\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20S%C3%B6hne%20%20audit\
             &algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn a_secret_reads_back_differs_from_others_and_is_not_shown() {
        let fresh = TotpSecret::generate().unwrap();
        assert_ne!(fresh.0, TotpSecret::generate().unwrap().0);
        let read = TotpSecret::from_bytes(fresh.as_bytes()).unwrap();
        assert_eq!(read.0, fresh.0);
        assert_eq!(fresh.to_base32().len(), 32);
        assert!(TotpSecret::from_bytes(&[0; 19]).is_none());
        assert_eq!(format!("{:?}", secret()), "TotpSecret { .. }");
    }
}
