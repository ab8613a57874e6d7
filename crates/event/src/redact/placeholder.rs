//! What stands where a secret was: `[redacted:` + 32 hexadecimal digits + `]`.
//!
//! The digits are the first half of HMAC-SHA-256 over the secret under the organization's key. The
//! key never leaves this module: it is not shown, not compared and not copied, and it is wiped when
//! it is dropped. With it, short secrets could be guessed from their placeholders.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

pub(super) const OPENING: &str = "[redacted:";
const DIGITS: usize = 32;

/// The length of a placeholder, in bytes.
pub const PLACEHOLDER_BYTES: usize = OPENING.len() + DIGITS + 1;

/// The bytes of a SHA-256 block, which HMAC pads its key to.
const BLOCK_BYTES: usize = 64;

/// The key of an organization's placeholders. It must be kept as long as the organization's events:
/// under another key the same secret has another placeholder.
pub struct RedactionKey(Zeroizing<[u8; RedactionKey::BYTES]>);

impl RedactionKey {
    /// The length of a key, in bytes.
    pub const BYTES: usize = 32;

    /// A key of these bytes, which must come from a source of randomness.
    #[must_use]
    pub fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn placeholder(&self, secret: &str) -> String {
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        let (start, _) = block.split_at_mut(Self::BYTES);
        start.copy_from_slice(self.0.as_slice());
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        mac.update(secret.as_bytes());
        let digest = mac.finalize().into_bytes();

        let mut out = String::with_capacity(PLACEHOLDER_BYTES);
        out.push_str(OPENING);
        for byte in digest.iter().take(DIGITS / 2) {
            for nibble in [byte >> 4, byte & 0xf] {
                out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        out.push(']');
        debug_assert!(is(&out));
        out
    }
}

impl fmt::Debug for RedactionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedactionKey(hidden)")
    }
}

/// Whether the text is a placeholder and nothing else.
pub(super) fn is(text: &str) -> bool {
    text.len() == PLACEHOLDER_BYTES && starts(text.as_bytes())
}

/// Whether a placeholder begins here.
pub(super) fn starts(bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(OPENING.as_bytes());
    let Some((digits, [b']', ..])) = rest.and_then(|rest| rest.split_at_checked(DIGITS)) else {
        return false;
    };
    digits
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
