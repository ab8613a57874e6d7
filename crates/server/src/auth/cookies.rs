//! The console's cookies: read from a request, written into a response.
//!
//! What must always hold:
//!
//! - a cookie that comes twice with different values is none. A neighbouring site under the same domain
//!   can add cookies of our names (`Domain=`, a longer `Path=`), and the order in which browsers send
//!   them tells nothing; so it may at most make somebody sign in again, not act as somebody else;
//! - behind TLS only `__Host-` names count, which browsers take from nobody but this very host;
//! - what is written is `HttpOnly`, `SameSite=Lax`, `Path=/`, for no domain, and `Secure` behind TLS;
//! - what is read is bounded, and what lies past a bound is not merely ignored: there could be a second
//!   cookie in it.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use super::client_address::Scheme;

/// Longest `Cookie` headers that are looked at, in bytes, taken together.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Most cookies that are looked at.
const MAX_COOKIES: usize = 128;
/// Longest value that is written, in bytes. Browsers drop cookies of more than 4,096 bytes in all.
const MAX_VALUE_BYTES: usize = 1024;
/// What every cookie is written with.
const ATTRIBUTES: &str = "Path=/; HttpOnly; SameSite=Lax";

/// The value cannot be written as a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a cookie's value has at most {MAX_VALUE_BYTES} bytes of ASCII without spaces, quotes, commas, semicolons and backslashes"
)]
pub(crate) struct NotACookieValue;

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Who is signed in.
    Session,
    /// Who has signed in with this browser before.
    Device,
    /// Who has gone to an organization's provider to sign in.
    SingleSignOn,
}

impl Cookie {
    const fn name(self, scheme: Scheme) -> &'static str {
        match (self, scheme) {
            (Self::Session, Scheme::Http) => "evident_session",
            (Self::Session, Scheme::Https) => "__Host-evident_session",
            (Self::Device, Scheme::Http) => "evident_device",
            (Self::Device, Scheme::Https) => "__Host-evident_device",
            (Self::SingleSignOn, Scheme::Http) => "evident_sso",
            (Self::SingleSignOn, Scheme::Https) => "__Host-evident_sso",
        }
    }

    /// The value that a request brings. `None` without one, or if there is any doubt which it is.
    pub(crate) fn read(self, headers: &HeaderMap, scheme: Scheme) -> Option<&str> {
        let name = self.name(scheme).as_bytes();
        let lists = || headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
        if lists().map(<[u8]>::len).sum::<usize>() > MAX_HEADER_BYTES {
            return None;
        }
        let mut found = None;
        let pairs = lists().flat_map(|list| list.split(|byte| *byte == b';'));
        for (at, pair) in pairs.enumerate() {
            if at == MAX_COOKIES {
                return None;
            }
            // A cookie without `=` has a value and no name.
            let Some(equals) = pair.iter().position(|byte| *byte == b'=') else {
                continue;
            };
            let (key, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
            if key != name {
                continue;
            }
            if found.is_some_and(|found| found != value) {
                return None;
            }
            found = Some(value);
        }
        let value = found.filter(|value| is_value(value))?;
        std::str::from_utf8(value).ok()
    }

    /// The `Set-Cookie` header that gives the browser a value for as long, in whole seconds.
    pub(crate) fn set(
        self,
        scheme: Scheme,
        value: &str,
        max_age: Duration,
    ) -> Result<HeaderValue, NotACookieValue> {
        if !is_value(value.as_bytes()) {
            return Err(NotACookieValue);
        }
        let (name, seconds) = (self.name(scheme), max_age.as_secs());
        let secure = match scheme {
            Scheme::Http => "",
            Scheme::Https => "; Secure",
        };
        let text = format!("{name}={value}; Max-Age={seconds}; {ATTRIBUTES}{secure}");
        let mut header = HeaderValue::try_from(text).map_err(|_| NotACookieValue)?;
        // It holds a secret: no `Debug` of the response shows it.
        header.set_sensitive(true);
        Ok(header)
    }

    /// The `Set-Cookie` header that takes the cookie away.
    pub(crate) fn clear(self, scheme: Scheme) -> HeaderValue {
        HeaderValue::from_static(match (self, scheme) {
            (Self::Session, Scheme::Http) => {
                "evident_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
            }
            (Self::Session, Scheme::Https) => {
                "__Host-evident_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"
            }
            (Self::Device, Scheme::Http) => {
                "evident_device=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
            }
            (Self::Device, Scheme::Https) => {
                "__Host-evident_device=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"
            }
            (Self::SingleSignOn, Scheme::Http) => {
                "evident_sso=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
            }
            (Self::SingleSignOn, Scheme::Https) => {
                "__Host-evident_sso=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"
            }
        })
    }
}

/// What RFC 6265 lets a server send as a value.
fn is_value(value: &[u8]) -> bool {
    let octet = |byte: &u8| byte.is_ascii_graphic() && !b"\",;\\".contains(byte);
    !value.is_empty() && value.len() <= MAX_VALUE_BYTES && value.iter().all(octet)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const ALL: [(Cookie, Scheme); 6] = [
        (Cookie::Session, Scheme::Http),
        (Cookie::Session, Scheme::Https),
        (Cookie::Device, Scheme::Http),
        (Cookie::Device, Scheme::Https),
        (Cookie::SingleSignOn, Scheme::Http),
        (Cookie::SingleSignOn, Scheme::Https),
    ];

    fn headers(lists: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(COOKIE, HeaderValue::from_bytes(list.as_bytes()).unwrap());
        }
        headers
    }

    fn session(lists: &[&str]) -> Option<String> {
        let headers = headers(lists);
        let value = Cookie::Session.read(&headers, Scheme::Http);
        value.map(str::to_owned)
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for lists in [
            &["evident_session=abc"][..],
            &["a=b; evident_session=abc; c=d"],
            &["a=b;evident_session=abc;"],
            &["a=b", "evident_session=abc"],
            &["junk; =x; evident_session = abc ;;"],
            &["xevident_session=1; evident_session=abc; evident_session2=2"],
            &["é=é; evident_session=abc"],
            &["evident_session=abc; evident_session=abc"],
        ] {
            assert_eq!(session(lists).as_deref(), Some("abc"), "{lists:?}");
        }
        assert_eq!(session(&["evident_session=a=b"]).as_deref(), Some("a=b"));
    }

    #[test]
    fn what_is_no_cookie_of_ours_is_none() {
        for lists in [
            &[][..],
            &[""],
            &["evident_session"],
            &["evident_session="],
            &["Evident_Session=abc"],
            &["a=evident_session=abc"],
            &["evident_session=\"abc\""],
            &["evident_session=a b"],
            &["evident_session=é"],
            &["__Host-evident_session=abc"],
        ] {
            assert_eq!(session(lists), None, "{lists:?}");
        }
    }

    #[test]
    fn two_values_are_none_wherever_they_stand() {
        for lists in [
            &["evident_session=abc; evident_session=evil"][..],
            &["evident_session=evil; evident_session=abc"],
            &["evident_session=abc", "evident_session=evil"],
            &["evident_session=abc; evident_session="],
            &["evident_session=abc; evident_session=é"],
        ] {
            assert_eq!(session(lists), None, "{lists:?}");
        }
    }

    #[test]
    fn behind_tls_only_the_name_that_is_bound_to_the_host_counts() {
        let both = headers(&["evident_session=evil; __Host-evident_session=abc"]);
        assert_eq!(Cookie::Session.read(&both, Scheme::Https), Some("abc"));
        let plain = headers(&["evident_session=evil; evident_device=evil"]);
        assert_eq!(Cookie::Session.read(&plain, Scheme::Https), None);
        assert_eq!(Cookie::Device.read(&plain, Scheme::Https), None);
    }

    #[test]
    fn past_a_bound_there_is_no_cookie() {
        let many = "a=b;".repeat(MAX_COOKIES - 1);
        assert!(session(&[&format!("{many}evident_session=abc")]).is_some());
        let many = "a=b;".repeat(MAX_COOKIES);
        assert!(session(&[&format!("evident_session=abc;{many}")]).is_none());
        let long = format!("a={}", "x".repeat(MAX_HEADER_BYTES));
        assert!(session(&["evident_session=abc", &long]).is_none());
        let value = "x".repeat(MAX_VALUE_BYTES + 1);
        assert!(session(&[&format!("evident_session={value}")]).is_none());
    }

    #[test]
    fn what_is_set_has_every_attribute() {
        let hour = Duration::from_secs(3600);
        let text = |cookie: Cookie, scheme| {
            let header = cookie.set(scheme, "abc", hour).unwrap();
            assert!(header.is_sensitive());
            header.to_str().unwrap().to_owned()
        };
        assert_eq!(
            text(Cookie::Session, Scheme::Https),
            "__Host-evident_session=abc; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            text(Cookie::Device, Scheme::Http),
            "evident_device=abc; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn what_is_set_reads_back_and_clearing_differs_in_value_and_age_alone() {
        for (cookie, scheme) in ALL {
            let set = cookie.set(scheme, "abc", Duration::from_secs(60)).unwrap();
            let set = set.to_str().unwrap();
            let pair = set.split(';').next().unwrap();
            assert_eq!(cookie.read(&headers(&[pair]), scheme), Some("abc"));
            let cleared = set
                .replace("=abc;", "=;")
                .replace("Max-Age=60", "Max-Age=0");
            assert_eq!(cookie.clear(scheme).to_str().unwrap(), cleared);
        }
    }

    #[test]
    fn no_value_ends_the_cookie_or_the_header() {
        let long = "x".repeat(MAX_VALUE_BYTES + 1);
        for value in [
            "",
            "a;Domain=evil.example",
            "a\r\nSet-Cookie: b=c",
            "a b",
            "a,b",
            "a\"b",
            "a\\b",
            "é",
            "a\0",
            "a\u{7f}",
            &long,
        ] {
            let set = Cookie::Session.set(Scheme::Http, value, Duration::ZERO);
            assert_eq!(set, Err(NotACookieValue), "{value:.20?}");
        }
    }
}
