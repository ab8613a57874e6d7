//! Credentials with a structure of their own: JSON web tokens, private keys, bot tokens.

use super::Span;
use super::bytes::{self, ALNUM, DASH, UNDERSCORE};

const BASE64URL: u8 = ALNUM | UNDERSCORE | DASH;

/// Bytes of a JSON web token's header and payload, at least: `{"alg":1}` has as many.
const MIN_JWT_PART_BYTES: usize = 12;

/// The JSON web token that begins at `at`: a header, a payload, and a signature if there is one; or,
/// encrypted, five parts.
pub(super) fn jwt(bytes: &[u8], at: usize) -> Option<Span> {
    const SIGNED_PARTS: usize = 3;
    const ENCRYPTED_PARTS: usize = 5;
    // Behind `-` and `_` it is the middle of a longer text, which must not be read from each of them.
    if !bytes.get(at..)?.starts_with(b"eyJ") || !bytes::stands_alone(bytes, at) {
        return None;
    }
    let mut end = bytes::run_end(bytes, at, BASE64URL);
    let mut lengths = [end - at, 0, 0, 0, 0];
    let mut parts = 1;
    while let (Some(b'.'), Some(length)) = (bytes.get(end), lengths.get_mut(parts)) {
        let part_end = bytes::run_end(bytes, end + 1, BASE64URL);
        *length = part_end - end - 1;
        end = part_end;
        parts += 1;
    }
    let [header, payload, _, _, last] = lengths;
    let is_encrypted = parts == ENCRYPTED_PARTS && last > 0;
    let fits = header >= MIN_JWT_PART_BYTES
        && parts >= SIGNED_PARTS
        && (payload >= MIN_JWT_PART_BYTES || is_encrypted);
    // A dot behind the signature ends a sentence; without a signature it belongs to the token.
    if parts > SIGNED_PARTS && bytes.get(end - 1) == Some(&b'.') {
        end -= 1;
    }
    fits.then_some(at..end)
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// A PEM label, in bytes: `ENCRYPTED PRIVATE KEY`, `PGP PRIVATE KEY BLOCK`.
const MAX_LABEL_BYTES: usize = 40;

/// The PEM block of a private key that begins at `at`, up to the end of the text if it was cut off.
pub(super) fn private_key(bytes: &[u8], at: usize) -> Option<Span> {
    let rest = bytes.get(at..)?.strip_prefix(BEGIN)?;
    let label_end = rest
        .array_windows()
        .take(MAX_LABEL_BYTES)
        .position(|dashes: &[u8; DASHES.len()]| dashes == DASHES)?;
    let label = rest.get(..label_end)?;
    if !label.ends_with(b"PRIVATE KEY") && !label.ends_with(b"PRIVATE KEY BLOCK") {
        return None;
    }
    let body = at + BEGIN.len() + label_end + DASHES.len();
    let end = find(bytes, body, END).and_then(|end| find(bytes, end + END.len(), DASHES));
    let end = end.map_or(bytes.len(), |dashes| dashes + DASHES.len());
    Some(at..end)
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memchr::memmem::find(rest, what).map(|at| from + at)
}

/// The secret of a Telegram bot's token, `123456789:AA…`, behind the colon at `at`. The number before
/// is the bot's and no secret.
pub(super) fn bot_secret(bytes: &[u8], at: usize) -> Option<Span> {
    const NUMBER_BYTES: usize = 8;
    const SECRET_BYTES: usize = 35;
    let number = bytes.get(at.checked_sub(NUMBER_BYTES)?..at)?;
    if !bytes.get(at..)?.starts_with(b":AA") || !number.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let end = bytes::run_end(bytes, at + 1, BASE64URL);
    (end - at - 1 == SECRET_BYTES).then_some(at + 1..end)
}
