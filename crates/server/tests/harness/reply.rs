//! What a server answered, and what is asked of every answer.

use serde_json::Value;
use ureq::http::HeaderMap;

/// Longest answer that is read.
const MAX_REPLY_BYTES: u64 = 64 * 1024 * 1024;

/// An answer. Reading one checks what every answer must have.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub(super) fn read(response: ureq::http::Response<ureq::Body>) -> Result<Self, ureq::Error> {
        let (parts, mut body) = response.into_parts();
        let body = body.with_config().limit(MAX_REPLY_BYTES).read_to_vec()?;
        let reply = Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        };
        for name in [
            "x-request-id",
            "x-content-type-options",
            "content-security-policy",
        ] {
            assert!(reply.headers.contains_key(name), "no {name} in {reply:?}");
        }
        // Pages elsewhere read what they may by the name of their origin, and never with cookies.
        assert!(
            !reply
                .headers
                .contains_key("access-control-allow-credentials")
        );
        if let Some(origin) = reply.headers.get("access-control-allow-origin") {
            let mut vary = reply.headers.get_all("vary").iter();
            let is_for_one = vary.any(|vary| vary == "origin") && origin != "*";
            // Files that every page may embed are the same for all.
            let is_for_all = origin == "*"
                && reply
                    .header("cache-control")
                    .starts_with("public, max-age=");
            assert!(is_for_one || is_for_all, "{reply:?}");
            assert!(origin != "null", "{reply:?}");
        }
        // Pages are for people, also the one that says that there are none.
        let in_words = ["application/json", "text/html; charset=utf-8"];
        if reply.status >= 400 && !in_words.contains(&reply.header("content-type")) {
            reply.assert_is_problem();
        }
        Ok(reply)
    }

    /// A header that must be there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
            .to_str()
            .unwrap()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// The body, after checking the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self.json()
    }

    /// The problem's body, after checking status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        assert_eq!(self.status, status, "{text}");
        self.assert_is_problem();
        let body = self.json();
        assert_eq!(body["code"], code, "{text}");
        body
    }

    #[track_caller]
    fn assert_is_problem(&self) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        if self.body.is_empty() {
            return; // the answer to HEAD
        }
        let body = self.json();
        let code = body["code"].as_str().unwrap();
        assert!(
            code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{code}"
        );
        assert_eq!(body["type"], format!("urn:evident:problem:{code}"));
        assert_eq!(body["status"], self.status);
        assert!(!body["title"].as_str().unwrap().is_empty());
        assert!(body["detail"].as_str().unwrap().len() > 10);
    }
}
