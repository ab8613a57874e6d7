//! Authentication schemes: `Bearer <token>` and `Basic <base64 of user:password>`.
//!
//! Both are English words too, so what follows must look like what the scheme asks for.

use super::Span;
use super::bytes::{self, ALNUM, BASE64, DASH, DOT, UNDERSCORE};

const BEARER: &[u8] = b"bearer";
const BASIC: &[u8] = b"basic";
/// Spaces between a scheme and its credential, at most.
const MAX_SPACES: usize = 4;
/// A bearer token with digits among its letters, in bytes, at least.
const MIN_MIXED_BYTES: usize = 8;
/// Any other bearer token.
const MIN_RANDOM_BYTES: usize = 20;
/// `user:password` in base64.
const BASIC_BYTES: std::ops::RangeInclusive<usize> = 6..=1024;

/// Schemes in front of a credential where one is expected, in small letters.
const SCHEMES: [&str; 9] = [
    "bearer",
    "basic",
    "token",
    "apikey",
    "api-key",
    "key",
    "negotiate",
    "digest",
    "aws4-hmac-sha256",
];

/// The credential of a scheme whose name begins at `at`.
pub(super) fn announced(bytes: &[u8], at: usize) -> Option<Span> {
    let rest = bytes.get(at..)?;
    let begins = |word: &[u8]| {
        let start = rest.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins(BEARER) {
        let from = skip_spaces(bytes, at + BEARER.len())?;
        let span = run(bytes, from, ALNUM | UNDERSCORE | DASH | DOT | BASE64);
        let token = bytes.get(span.clone())?;
        let fits = token.len() >= MIN_MIXED_BYTES && bytes::is_mixed(token)
            || token.len() >= MIN_RANDOM_BYTES && bytes::looks_random(token);
        return fits.then_some(span);
    }
    if begins(BASIC) {
        let from = skip_spaces(bytes, at + BASIC.len())?;
        let span = run(bytes, from, ALNUM | BASE64);
        return is_user_and_password(bytes.get(span.clone())?).then_some(span);
    }
    None
}

/// The secret in a value that is secret as a whole: without a scheme and the space around it, so that
/// it equals the same secret elsewhere.
pub(in crate::redact) fn credential(text: &str) -> &str {
    let trimmed = text.trim();
    let rest = match trimmed.split_once(' ') {
        Some((scheme, rest)) if is_scheme(scheme.as_bytes()) => rest.trim_start(),
        _ => trimmed,
    };
    if rest.is_empty() { text } else { rest }
}

pub(super) fn is_scheme(word: &[u8]) -> bool {
    let mut schemes = SCHEMES.iter();
    schemes.any(|scheme| word.eq_ignore_ascii_case(scheme.as_bytes()))
}

fn skip_spaces(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    if rest.starts_with(b"%20") {
        return Some(from + 3);
    }
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    (1..=MAX_SPACES).contains(&spaces).then_some(from + spaces)
}

fn run(bytes: &[u8], from: usize, classes: u8) -> Span {
    let mut end = bytes::run_end(bytes, from, classes);
    while end > from && bytes.get(end - 1) == Some(&b'.') {
        end -= 1;
    }
    from..end
}

/// Whether this is base64 of printable text with a colon.
fn is_user_and_password(base64: &[u8]) -> bool {
    if !BASIC_BYTES.contains(&base64.len()) {
        return false;
    }
    let (mut bits, mut held, mut has_colon) = (0_u32, 0_u32, false);
    let padded = base64
        .iter()
        .rev()
        .take_while(|byte| **byte == b'=')
        .count();
    for byte in base64.iter().take(base64.len() - padded) {
        let Some(value) = base64_value(*byte) else {
            return false;
        };
        bits = bits << 6 | value;
        held += 6;
        if held >= 8 {
            held -= 8;
            let decoded = bits >> held & 0xff;
            bits &= (1 << held) - 1;
            has_colon |= decoded == u32::from(b':');
            if decoded < u32::from(b' ') || decoded == 0x7f {
                return false;
            }
        }
    }
    has_colon && padded <= 2
}

fn base64_value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}
