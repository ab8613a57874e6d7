//! Passwords in URLs: `scheme://user:password@host`.

use super::Span;
use super::bytes::{self, ALNUM};

/// How far behind `://` the `@` may stand.
const MAX_USERINFO_BYTES: usize = 1024;
/// A user without a password that is a token, in bytes, at least.
const MIN_TOKEN_BYTES: usize = 20;

/// The password in the URL whose scheme ends at `at`, a colon; or the user, if that is a token and
/// there is no password.
pub(super) fn password(bytes: &[u8], at: usize) -> Option<Span> {
    let rest = bytes.get(at..)?;
    // JSON may write a slash as `\/`.
    let opening = [b"://".as_slice(), br":\/\/".as_slice()];
    let opening = opening.iter().find(|opening| rest.starts_with(opening))?;
    if !at
        .checked_sub(1)
        .and_then(|before| bytes.get(before))
        .is_some_and(|byte| bytes::is(*byte, ALNUM))
    {
        return None;
    }
    let start = at + opening.len();
    let rest = bytes.get(start..)?;
    let rest = rest.get(..MAX_USERINFO_BYTES).unwrap_or(rest);

    let authority_end = position(rest, |byte| {
        ends_url(byte) || matches!(byte, b'/' | b'?' | b'#')
    });
    let authority = rest.get(..authority_end)?;
    if let Some(userinfo_end) = memchr::memrchr(b'@', authority) {
        return in_userinfo(start, authority.get(..userinfo_end)?);
    }
    // A password may hold a slash that should have been escaped. What follows the colon is then no
    // port. (A literal IPv6 address begins with a bracket.)
    let (host, port) = authority.split_at_checked(memchr::memchr(b':', authority)?)?;
    let is_port = port.get(1..)?.iter().all(u8::is_ascii_digit);
    if is_port || host.first() == Some(&b'[') {
        return None;
    }
    let whole = rest.get(..position(rest, ends_url))?;
    let userinfo_end = memchr::memrchr(b'@', whole)?;
    in_userinfo(start, whole.get(..userinfo_end)?)
}

fn in_userinfo(start: usize, userinfo: &[u8]) -> Option<Span> {
    let end = start + userinfo.len();
    match memchr::memchr(b':', userinfo) {
        Some(colon) if start + colon + 1 < end => Some(start + colon + 1..end),
        Some(_) => None,
        None => {
            let is_token = userinfo.len() >= MIN_TOKEN_BYTES && bytes::is_mixed(userinfo);
            is_token.then_some(start..end)
        }
    }
}

fn position(bytes: &[u8], is_end: impl Fn(u8) -> bool) -> usize {
    let found = bytes.iter().position(|byte| is_end(*byte));
    found.unwrap_or(bytes.len())
}

fn ends_url(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')
}
