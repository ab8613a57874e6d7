//! Whether a request that brings a cookie comes from the console, or from another site that makes the
//! browser of somebody who is signed in send it.
//!
//! The browser says so itself: in `Sec-Fetch-Site`, which no page can set, or, where it does not send
//! that (older ones; plain HTTP to another machine), in `Origin`. What must always hold:
//!
//! - a request that may change anything counts only if it is known to come from our own origin. A site
//!   under the same domain is another origin;
//! - a request that reads counts unless another site makes it behind the user's back. Other sites cannot
//!   read the answer, but how long it takes, or how big it is, tells about events; so their images, scripts
//!   and frames are answered as if there was no cookie. A link that somebody follows counts, or
//!   links in mails would lead to the sign-in page; and so does what no browser sent;
//! - requests with a key in `Authorization` are not judged here: no other site can add one.

use std::fmt;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, header};

use super::client_address::Scheme;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
/// Longest origin that is looked at, in bytes.
const MAX_ORIGIN_BYTES: usize = 300;

/// A request with a cookie that another site may have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this request does not come from the console's own pages: open the console at its own address, or send an API key instead of a cookie"
)]
pub(crate) struct CrossOrigin;

/// What to make of the cookies of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookieUse {
    /// They count.
    Counted,
    /// The request is answered as if it had none.
    Ignored,
}

/// Where pages come from: a scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    /// In small letters; IPv6 addresses in brackets.
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of `scheme://host` or `scheme://host:port`. `None` if there is anything else in it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        Self::new(Scheme::parse(scheme)?, authority)
    }

    /// The origin of a scheme and what a `Host` header says.
    pub(crate) fn new(scheme: Scheme, authority: &str) -> Option<Self> {
        if authority.len() > MAX_ORIGIN_BYTES || authority.contains('@') {
            return None;
        }
        let parsed: Authority = authority.parse().ok()?;
        let host = parsed.host();
        let port = match authority.strip_prefix(host)? {
            "" => default_port(scheme),
            rest => parse_port(rest.strip_prefix(':')?)?,
        };
        let host = host.to_ascii_lowercase();
        (!host.is_empty()).then_some(Self { scheme, host, port })
    }
}

impl std::fmt::Display for Origin {
    /// As browsers write it: a port that goes without saying is left out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        match self.port == default_port(self.scheme) {
            true => Ok(()),
            false => write!(f, ":{}", self.port),
        }
    }
}

/// Whether the cookies of a request count. `own` is the origin that the console is reached at, as it is
/// configured or as the client's address and `Host` tell; without one, `Origin` proves nothing.
pub(crate) fn judge(
    method: &Method,
    headers: &HeaderMap,
    own: Option<&Origin>,
) -> Result<CookieUse, CrossOrigin> {
    // `OPTIONS` and `TRACE` have no use for cookies, so they gain nothing from being called safe.
    let only_reads = method == Method::GET || method == Method::HEAD;
    if only_reads {
        Ok(reading(headers))
    } else if is_from_own_origin(headers, own) {
        Ok(CookieUse::Counted)
    } else {
        Err(CrossOrigin)
    }
}

fn is_from_own_origin(headers: &HeaderMap, own: Option<&Origin>) -> bool {
    if headers.contains_key(SEC_FETCH_SITE) {
        return only(headers, &SEC_FETCH_SITE) == Some("same-origin");
    }
    let origin = only(headers, &header::ORIGIN).and_then(Origin::parse);
    origin.is_some() && origin.as_ref() == own
}

/// Whether another site has led the browser here, as far as the browser says. A sign-in that another site begins would
/// put whoever follows its link into a session of somebody else's choice, in place of their own.
pub(crate) fn is_led_here(headers: &HeaderMap) -> bool {
    headers.contains_key(SEC_FETCH_SITE) && !is_own(headers)
}

fn is_own(headers: &HeaderMap) -> bool {
    // `none` is the user's own doing, such as a bookmark.
    let site = only(headers, &SEC_FETCH_SITE);
    matches!(site, Some("same-origin" | "none"))
}

fn reading(headers: &HeaderMap) -> CookieUse {
    if !headers.contains_key(SEC_FETCH_SITE) {
        return CookieUse::Counted;
    }
    let is_followed_link = only(headers, &SEC_FETCH_MODE) == Some("navigate")
        && only(headers, &SEC_FETCH_DEST) == Some("document");
    if is_own(headers) || is_followed_link {
        CookieUse::Counted
    } else {
        CookieUse::Ignored
    }
}

/// The value of a header that comes exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok()
}

const fn default_port(scheme: Scheme) -> u16 {
    match scheme {
        Scheme::Http => 80,
        Scheme::Https => 443,
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::http::HeaderValue;

    use super::*;

    const OWN: &str = "https://audit.example.com";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn judged(method: &Method, pairs: &[(&'static str, &str)]) -> Result<CookieUse, CrossOrigin> {
        let own = Origin::parse(OWN);
        judge(method, &headers(pairs), own.as_ref())
    }

    #[test]
    fn a_change_counts_from_our_own_origin() {
        for pairs in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "same-origin"), ("origin", OWN)],
            &[("origin", OWN)],
            &[("origin", "https://audit.example.com:443")],
        ] {
            let result = judged(&Method::POST, pairs);
            assert_eq!(result, Ok(CookieUse::Counted), "{pairs:?}");
        }
    }

    #[test]
    fn a_change_from_anywhere_else_is_refused() {
        for pairs in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "")],
            &[("sec-fetch-site", "Same-Origin")],
            &[("sec-fetch-site", "same-origin, cross-site")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "same-origin"),
            ],
            // What the better header says is not outvoted by the other.
            &[("sec-fetch-site", "cross-site"), ("origin", OWN)],
            &[("sec-fetch-site", "é"), ("origin", OWN)],
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "http://audit.example.com")],
            &[("origin", "https://example.com")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://audit.example.com.evil.example")],
            &[("origin", "https://audit.example.com:8443")],
            &[("origin", "https://audit.example.com@evil.example")],
            &[("origin", OWN), ("origin", "https://evil.example")],
            &[("referer", "https://audit.example.com/members")],
        ] {
            for method in [
                Method::POST,
                Method::PUT,
                Method::DELETE,
                Method::PATCH,
                Method::OPTIONS,
            ] {
                assert_eq!(
                    judged(&method, pairs),
                    Err(CrossOrigin),
                    "{method} {pairs:?}"
                );
            }
        }
    }

    #[test]
    fn without_an_own_origin_the_origin_header_proves_nothing() {
        for origin in [OWN, "null", ""] {
            let headers = headers(&[("origin", origin)]);
            assert_eq!(judge(&Method::POST, &headers, None), Err(CrossOrigin));
        }
    }

    #[test]
    fn reading_counts_for_our_pages_bookmarks_links_and_programs() {
        for pairs in [
            &[][..],
            &[("origin", "https://evil.example")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-mode", "cors"),
            ],
            &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")],
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
        ] {
            for method in [Method::GET, Method::HEAD] {
                assert_eq!(judged(&method, pairs), Ok(CookieUse::Counted), "{pairs:?}");
            }
        }
    }

    #[test]
    fn reading_behind_the_users_back_is_answered_as_if_there_was_no_cookie() {
        for pairs in [
            &[("sec-fetch-site", "cross-site")][..],
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "no-cors"),
            ],
            &[
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-mode", "no-cors"),
            ],
            &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")],
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "iframe"),
            ],
            &[
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-mode", "cors"),
                ("sec-fetch-dest", "document"),
            ],
            &[("sec-fetch-site", "new-word")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "cross-site"),
            ],
        ] {
            assert_eq!(
                judged(&Method::GET, pairs),
                Ok(CookieUse::Ignored),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn origins_are_compared_by_meaning() {
        let same = [
            ("https://Audit.Example.COM", "https://audit.example.com:443"),
            ("HTTP://localhost:80", "http://localhost"),
            ("http://[::1]:8700", "http://[::1]:8700"),
        ];
        for (one, other) in same {
            assert_eq!(Origin::parse(one).unwrap(), Origin::parse(other).unwrap());
        }
        let host = Origin::new(Scheme::Http, "127.0.0.1:8700");
        assert_eq!(host, Origin::parse("http://127.0.0.1:8700"));
        assert_ne!(host, Origin::parse("http://127.0.0.1:8701"));
        assert_ne!(host, Origin::parse("https://127.0.0.1:8700"));
    }

    #[test]
    fn what_is_no_origin_is_none() {
        let long = format!("https://{}.example", "a".repeat(1000));
        for text in [
            "",
            "null",
            "https",
            "https:",
            "https://",
            "://a",
            "ftp://a",
            "https://a/",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "https://u@a",
            "https://a:",
            "https://a:b",
            "https://a:+80",
            "https://a:99999",
            "https://a:443:443",
            "https://:443",
            "https://a b",
            "https://a\\b",
            "https://[::1",
            "https://a,https://b",
            &long,
        ] {
            assert_eq!(Origin::parse(text), None, "{text:.40}");
        }
    }
}
