//! Recovery codes: how somebody signs in whose authenticator app is gone.
//!
//! A code has 80 random bits, so a plain digest of it keeps it: nobody guesses one, even with all the
//! digests of an instance at hand. It is written to be read from paper: an alphabet without I, L, O and U,
//! in groups. What is typed may differ in case, spaces and dashes, and I, L and O are read as what
//! they look like. Each code works once; the caller forgets its digest when it is used.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::base32;
use crate::edge::{self, NoRandomness};

/// How many codes a person is given at once.
pub(crate) const CODES: usize = 10;
/// Random bytes of a code.
const CODE_BYTES: usize = 10;
/// Characters between two dashes.
const GROUP_CHARS: usize = 4;
/// Crockford's alphabet, in small letters.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Longest text that is looked at, in bytes. It leaves room for other ways to group.
const MAX_TEXT_BYTES: usize = 64;
/// Goes before what is digested, so that no other digest of the server is one of a code.
const DOMAIN: &[u8] = b"evident recovery code\0";

/// A recovery code. Shown once, never logged.
#[derive(Clone)]
pub(crate) struct RecoveryCode([u8; CODE_BYTES]);

impl RecoveryCode {
    /// Fresh codes for one person.
    pub(crate) fn generate() -> Result<[Self; CODES], NoRandomness> {
        let bytes: [u8; CODES * CODE_BYTES] = edge::random()?;
        let (chunks, _) = bytes.as_chunks::<CODE_BYTES>();
        Ok(std::array::from_fn(|at| Self(chunks[at])))
    }

    /// The text that is given to the code's owner: four groups of four characters.
    pub(crate) fn write(&self) -> String {
        let characters: Vec<char> = base32::encode(&self.0, ALPHABET).chars().collect();
        let groups = characters.chunks(GROUP_CHARS);
        let groups: Vec<String> = groups.map(|group| group.iter().collect()).collect();
        groups.join("-")
    }

    /// Reads what somebody typed. `None` if it is no code.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        let characters = text.chars().filter(|c| !is_separator(*c));
        let values: Option<Vec<u8>> = characters.map(value).collect();
        base32::decode(&values?).map(Self)
    }

    /// What is kept of it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let digest = Sha256::new().chain_update(DOMAIN).chain_update(self.0);
        digest.finalize().into()
    }

    /// Which of a person's digests was made of this code. All of them are compared, in the same time.
    pub(crate) fn find(&self, digests: &[impl AsRef<[u8]>]) -> Option<usize> {
        let own = self.digest();
        let mut found = None;
        for (at, digest) in digests.iter().enumerate() {
            if own.as_slice().ct_eq(digest.as_ref()).into() {
                found = Some(at);
            }
        }
        found
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveryCode").finish_non_exhaustive()
    }
}

/// Spaces and dashes of any kind: word processors change them.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn value(c: char) -> Option<u8> {
    let c = match c.to_ascii_lowercase() {
        'i' | 'l' => '1',
        'o' => '0',
        c => c,
    };
    let place = ALPHABET.iter().position(|known| char::from(*known) == c)?;
    u8::try_from(place).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashSet;

    use super::*;

    fn code() -> RecoveryCode {
        RecoveryCode::parse("01ab-cdef-ghjk-mnpq").unwrap()
    }

    #[test]
    fn a_code_is_four_groups_of_the_alphabet_and_reads_back() {
        for code in RecoveryCode::generate().unwrap() {
            let text = code.write();
            let groups: Vec<&str> = text.split('-').collect();
            assert_eq!(groups.len(), 4);
            assert!(groups.iter().all(|group| group.len() == 4));
            assert!(!text.contains(['i', 'l', 'o', 'u']));
            assert_eq!(RecoveryCode::parse(&text).unwrap().0, code.0);
        }
    }

    #[test]
    fn what_is_typed_may_differ_in_case_spaces_dashes_and_look_alikes() {
        for text in [
            "01abcdefghjkmnpq",
            "01AB-CDEF-GHJK-MNPQ",
            "  01ab cdef\tghjk mnpq\n",
            "oIab-cdef-ghjk-mnpq",
            "OLAB—CDEF–GHJK−MNPQ",
        ] {
            assert_eq!(RecoveryCode::parse(text).unwrap().0, code().0, "{text}");
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let long = format!("01ab-cdef-ghjk-mnpq{}", "-".repeat(100_000));
        for text in [
            "",
            "-",
            "01ab-cdef-ghjk-mnp",
            "01ab-cdef-ghjk-mnpqr",
            "01ab-cdef-ghjk-mnpu",
            "01ab-cdef-ghjk-mnp\0",
            "01ab_cdef_ghjk_mnpq",
            "０1ab-cdef-ghjk-mnpq",
            &long,
        ] {
            assert!(RecoveryCode::parse(text).is_none(), "{text:.30}");
        }
    }

    #[test]
    fn a_code_is_found_among_its_owners_digests_alone() {
        let codes = RecoveryCode::generate().unwrap();
        let digests: Vec<Vec<u8>> = codes.iter().map(|code| code.digest().to_vec()).collect();
        for (at, code) in codes.iter().enumerate() {
            assert_eq!(code.find(&digests), Some(at));
        }
        assert_eq!(code().find(&digests), None);
        let none: [[u8; 32]; 0] = [];
        assert_eq!(code().find(&none), None);
        assert_eq!(code().find(&[[]]), None);
    }

    #[test]
    fn all_codes_differ_and_debug_shows_none() {
        let mut seen = HashSet::new();
        for _ in 0..10 {
            for code in RecoveryCode::generate().unwrap() {
                assert!(seen.insert(code.0));
            }
        }
        assert_eq!(format!("{:?}", code()), "RecoveryCode { .. }");
    }
}
