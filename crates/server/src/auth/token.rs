//! Opaque tokens: sessions, invitations, resets and set-up.
//!
//! A token is 256 random bits behind a text that scanners for leaked secrets can find. What must
//! always hold:
//!
//! - only the digest is kept, so that whoever reads the database can use none of them;
//! - the digest covers the purpose, so that a token works for nothing but what it was made for, even
//!   if a row is looked up in the wrong table;
//! - a token is never printed but where it is given to its owner: `Debug` shows the purpose alone.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::key_text::Secret;
use crate::edge::NoRandomness;

/// Begins every token, as it begins every key.
const PREFIX: &str = "evident";
/// Longest text that is looked at, in bytes.
const MAX_TEXT_BYTES: usize = 128;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A person who is signed in, in a browser.
    Session,
    /// Joining an organization.
    Invitation,
    /// Choosing a new password.
    Reset,
    /// The same, and ending the second factor.
    FullReset,
    /// Setting up an instance that has nobody yet.
    SetUp,
    /// Coming back from an organization's provider, in the browser that went there.
    SingleSignOn,
}

impl Purpose {
    /// How a token's text names it. None of them names a kind of key.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Invitation => "invitation",
            Self::Reset => "reset",
            // The page of the link tells by it what the link does: see `endsSecondFactor` in the console.
            Self::FullReset => "fullreset",
            Self::SetUp => "setup",
            Self::SingleSignOn => "sso",
        }
    }
}

/// A token, as its owner has it.
#[derive(Clone)]
pub(crate) struct Token {
    purpose: Purpose,
    secret: Secret,
}

impl Token {
    /// A fresh token.
    pub(crate) fn generate(purpose: Purpose) -> Result<Self, NoRandomness> {
        let secret = Secret::generate()?;
        Ok(Self { purpose, secret })
    }

    /// The text that is given to the token's owner: `evident_<purpose>_<64 hex digits>`.
    pub(crate) fn write(&self) -> String {
        let mut text = format!("{PREFIX}_{}_", self.purpose.as_str());
        self.secret.write_to(&mut text);
        text
    }

    /// Reads a text as a token for `purpose`. `None` if it is none, or one for another purpose.
    pub(crate) fn parse(text: &str, purpose: Purpose) -> Option<Self> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        let rest = text.strip_prefix(PREFIX)?.strip_prefix('_')?;
        let secret = rest.strip_prefix(purpose.as_str())?.strip_prefix('_')?;
        let secret = Secret::read(secret)?;
        Some(Self { purpose, secret })
    }

    /// What is kept of it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.write()).into()
    }

    /// Whether the digest was made of this token, in the same time for all tokens.
    pub(crate) fn matches(&self, digest: &[u8]) -> bool {
        self.digest().as_slice().ct_eq(digest).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::control::KeyKind;

    const ALL: [Purpose; 6] = [
        Purpose::Session,
        Purpose::Invitation,
        Purpose::Reset,
        Purpose::FullReset,
        Purpose::SetUp,
        Purpose::SingleSignOn,
    ];

    #[test]
    fn a_token_reads_back_for_its_own_purpose_alone() {
        for made_for in ALL {
            let token = Token::generate(made_for).unwrap();
            for read_for in ALL {
                let read = Token::parse(&token.write(), read_for);
                assert_eq!(read.is_some(), made_for == read_for);
                assert!(read.is_none_or(|read| read.matches(&token.digest())));
            }
        }
    }

    #[test]
    fn the_same_secret_for_another_purpose_is_another_token() {
        let reset = Token::generate(Purpose::Reset).unwrap();
        let rewritten = reset.write().replace("reset", "session");
        let session = Token::parse(&rewritten, Purpose::Session).unwrap();
        assert!(!session.matches(&reset.digest()));
    }

    #[test]
    fn no_token_is_named_like_a_key() {
        for purpose in ALL {
            assert!(KeyKind::parse(purpose.as_str()).is_none());
        }
    }

    #[test]
    fn capital_hex_digits_are_the_same_token() {
        let token = Token::generate(Purpose::Session).unwrap();
        let text = token.write();
        let (name, secret) = text.split_at("evident_session_".len());
        let shouted = format!("{name}{}", secret.to_uppercase());
        let read = Token::parse(&shouted, Purpose::Session).unwrap();
        assert!(read.matches(&token.digest()));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let good = format!("evident_session_{}", "0a".repeat(32));
        assert!(Token::parse(&good, Purpose::Session).is_some());
        let bad = [
            String::new(),
            "evident".to_owned(),
            "evident_session".to_owned(),
            "evident_session_".to_owned(),
            good.replace("evident", "Evident"),
            good.replace("session_", "session__"),
            good.replace("session", ""),
            format!(" {good}"),
            format!("{good}0a"),
            format!("{good}\0"),
            good[..good.len() - 1].to_owned(),
            good.replace("0a", "0g"),
            good.replacen("0a", "é", 1),
            good.replacen("0a", "+a", 1),
            format!("evident_session_{}", "0a".repeat(100_000)),
        ];
        for text in bad {
            let start: String = text.chars().take(40).collect();
            assert!(Token::parse(&text, Purpose::Session).is_none(), "{start}");
        }
    }

    #[test]
    fn fresh_tokens_differ_and_debug_shows_no_secret() {
        let one = Token::generate(Purpose::Session).unwrap();
        let other = Token::generate(Purpose::Session).unwrap();
        assert!(!one.matches(&other.digest()));
        assert!(!one.matches(&[]));
        assert_eq!(format!("{one:?}"), "Token { purpose: Session, .. }");
    }
}
